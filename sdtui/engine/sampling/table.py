"""SAMPLERS, a row for each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from sdtui.engine.sampling import ddim, dpm, dpmpp, euler, multistep, unipc
from sdtui.engine.sampling.steps import Sample
from sdtui.spec.params import Params

CFGPP_SHARE = 1 / 12.5
"""CFG++ guides by 0..1; A1111's scale stands for so much of it, so that 12.5 is 1."""


class Sampler(NamedTuple):
    """A row of SAMPLERS.

    `preserves_variance`: starts from noise of the variance that training saw at the first sigma, sqrt(sigma² + 1) in these
    coordinates, and is scaled back at the last one (DDIM as CompVis and A1111 run it); the others start from sigma times noise.
    `eta`: which of the two eta parameters counts, if any. `cfg_share`: what the cfg scale is multiplied with.
    `wants_unconditional`: asks for the guess without the prompt. `restarts`: its sigmas rise now and then.
    """

    sample: Sample
    preserves_variance: bool = False
    eta: Literal["", "eta", "eta_ddim"] = ""
    cfg_share: float = 1.0
    wants_unconditional: bool = False
    restarts: bool = False

    def start(self, sigma: float) -> float:
        """What unit noise is multiplied with to begin at this sigma."""
        return math.sqrt(sigma**2 + 1.0) if self.preserves_variance else sigma

    def end(self, sigma: float) -> float:
        """What the final latents are multiplied with when the last sigma is this one."""
        return 1.0 / math.sqrt(sigma**2 + 1.0) if self.preserves_variance else 1.0

    def eta_of(self, params: Params) -> float:
        """How much of its noise it adds in this run."""
        return params.eta_ddim if self.eta == "eta_ddim" else params.eta if self.eta else 0.0


SAMPLERS: Mapping[str, Sampler] = MappingProxyType(
    {
        "DPM++ 2M": Sampler(dpmpp.dpmpp_2m),
        "DPM++ SDE": Sampler(dpmpp.dpmpp_sde, eta="eta"),
        "DPM++ 2M SDE": Sampler(dpmpp.dpmpp_2m_sde, eta="eta"),
        "DPM++ 2M SDE Heun": Sampler(dpmpp.dpmpp_2m_sde_heun, eta="eta"),
        "DPM++ 2S a": Sampler(dpmpp.dpmpp_2s_ancestral, eta="eta"),
        "DPM++ 3M SDE": Sampler(dpmpp.dpmpp_3m_sde, eta="eta"),
        "Euler": Sampler(euler.euler),
        "Euler a": Sampler(euler.euler_ancestral, eta="eta"),
        "LMS": Sampler(multistep.lms),
        "Heun": Sampler(euler.heun),
        "DPM2": Sampler(dpm.dpm2),
        "DPM2 a": Sampler(dpm.dpm2_ancestral, eta="eta"),
        "DPM fast": Sampler(dpm.dpm_fast, eta="eta"),
        "DPM adaptive": Sampler(dpm.dpm_adaptive, eta="eta"),
        "Restart": Sampler(euler.restart, restarts=True),
        "DDIM": Sampler(ddim.ddim, preserves_variance=True, eta="eta_ddim"),
        "DDIM CFG++": Sampler(
            ddim.ddim_cfgpp,
            preserves_variance=True,
            eta="eta_ddim",
            cfg_share=CFGPP_SHARE,
            wants_unconditional=True,
        ),
        "PLMS": Sampler(multistep.plms, preserves_variance=True),
        "UniPC": Sampler(unipc.unipc, preserves_variance=True),
        "LCM": Sampler(ddim.lcm),
    }
)
