"""The architectures of the small checkpoints: each a family's own, with few and narrow layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Configs = dict[str, dict[str, Any]]

CLIP_WIDTH, OPENCLIP_WIDTH, PROJECTION = 32, 48, 40
TIME_WIDTH = 8

_UNET: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": [32, 64],
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "layers_per_block": 1,
    "attention_head_dim": 2,
    "cross_attention_dim": CLIP_WIDTH,
    "norm_num_groups": 8,
}
_VAE: dict[str, Any] = {
    "_class_name": "AutoencoderKL",
    "in_channels": 3,
    "out_channels": 3,
    "block_out_channels": [8, 8, 16, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 4,
    "sample_size": 64,
    "scaling_factor": 0.18215,
}
_CLIP: dict[str, Any] = {
    "model_type": "clip_text_model",
    "hidden_act": "quick_gelu",
    "hidden_size": CLIP_WIDTH,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "layer_norm_eps": 1e-5,
    "max_position_embeddings": 77,
    "vocab_size": 49408,
}
_OPENCLIP_H = _CLIP | {"hidden_act": "gelu", "hidden_size": OPENCLIP_WIDTH, "num_attention_heads": 3}
_OPENCLIP_G = _OPENCLIP_H | {
    "architectures": ["CLIPTextModelWithProjection"],
    "num_hidden_layers": 3,
    "projection_dim": PROJECTION,
}
_XL_UNET = _UNET | {
    "block_out_channels": [32, 64, 64],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 1, 2],
    "attention_head_dim": [2, 4, 4],
    "use_linear_projection": True,
    "cross_attention_dim": CLIP_WIDTH + OPENCLIP_WIDTH,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": TIME_WIDTH,
    "projection_class_embeddings_input_dim": PROJECTION + 6 * TIME_WIDTH,
}
_XL_VAE = _VAE | {"scaling_factor": 0.13025, "force_upcast": True}

SMALL: Mapping[str, Configs] = {
    "sd1": {"unet": _UNET, "vae": _VAE, "text_encoder": _CLIP},
    "sd1-inpaint": {"unet": _UNET | {"in_channels": 9}, "vae": _VAE, "text_encoder": _CLIP},
    "sd2": {
        "unet": _UNET
        | {"cross_attention_dim": OPENCLIP_WIDTH, "use_linear_projection": True, "attention_head_dim": [2, 4]},
        "vae": _VAE,
        "text_encoder": _OPENCLIP_H,
    },
    "sdxl": {"unet": _XL_UNET, "vae": _XL_VAE, "text_encoder": _CLIP, "text_encoder_2": _OPENCLIP_G},
    "sdxl-refiner": {
        "unet": _XL_UNET
        | {
            "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
            "transformer_layers_per_block": 2,
            "cross_attention_dim": OPENCLIP_WIDTH,
            "projection_class_embeddings_input_dim": PROJECTION + 5 * TIME_WIDTH,
        },
        "vae": _XL_VAE,
        "text_encoder_2": _OPENCLIP_G,
    },
}
ARCHITECTURE: Mapping[str, str] = {
    "sd1": "stable-diffusion-v1",
    "sd1-inpaint": "stable-diffusion-v1-inpainting",
    "sd2": "stable-diffusion-v2-512",
    "sdxl": "stable-diffusion-xl-v1-base",
    "sdxl-refiner": "stable-diffusion-xl-v1-refiner",
}
PIPELINES: Mapping[str, str] = {
    "sd1": "StableDiffusionPipeline",
    "sd1-inpaint": "StableDiffusionInpaintPipeline",
    "sd2": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sdxl-refiner": "StableDiffusionXLImg2ImgPipeline",
}
