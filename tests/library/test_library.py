from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sdtui.errors import ModelError
from sdtui.library.library import Library
from sdtui.spec.model import ModelRecord
from sdtui.weights.hashes import HashStore
from tests.weights.synthetic import VAE, Shapes, kohya_lora, sd1, sd2, write_folder, write_model

EMBEDDING: Shapes = {"emb_params": (2, 768)}
HYPERNETWORK: Shapes = {"768.0.linear.0.weight": (1536, 768)}
CONTROLNET: Shapes = {"control_model.input_hint_block.0.weight": (16, 3, 3, 3)}
UPSCALER: Shapes = {"conv_first.weight": (64, 3, 3, 3)}
CONTENTS: dict[str, Shapes] = {
    "checkpoint": sd1(),
    "lora": kohya_lora(768),
    "embedding": EMBEDDING,
    "hypernetwork": HYPERNETWORK,
    "vae": VAE,
    "controlnet": CONTROLNET,
    "upscaler": UPSCALER,
}
A1111 = {
    "checkpoint": "models/Stable-diffusion",
    "lora": "models/Lora",
    "embedding": "embeddings",
    "hypernetwork": "models/hypernetworks",
    "vae": "models/VAE",
    "controlnet": "models/ControlNet",
    "upscaler": "models/ESRGAN",
}
A1111_WITH_EXTENSIONS = {**A1111, "lora": "models/LyCORIS", "controlnet": "extensions/sd-webui-controlnet/models"}
FORGE = {**A1111, "upscaler": "models/RealESRGAN", "embedding": "models/embeddings"}
COMFYUI = {
    "checkpoint": "models/checkpoints",
    "lora": "models/loras",
    "embedding": "models/embeddings",
    "hypernetwork": "models/hypernetworks",
    "vae": "models/vae",
    "controlnet": "models/controlnet",
    "upscaler": "models/upscale_models",
}
TREES = {"A1111": A1111, "A1111 with extensions": A1111_WITH_EXTENSIONS, "Forge": FORGE, "ComfyUI": COMFYUI}


def library(tmp_path: Path, *folders: Path, cache: Path | None = None) -> Library:
    return Library(folders, HashStore(tmp_path / "hashes.json"), cache=cache)


def own(records: tuple[ModelRecord, ...]) -> list[ModelRecord]:
    """What lies in the folders, and does not ship."""
    return [record for record in records if not record.builtin]


def names(records: tuple[ModelRecord, ...]) -> list[str]:
    return [record.name for record in own(records)]


@pytest.mark.parametrize("name", TREES)
def test_tree_of_another_program_is_understood_from_its_root(name: str, tmp_path: Path) -> None:
    root = tmp_path / "program"
    for kind, folder in TREES[name].items():
        write_model(root / folder / "sub" / f"my {kind}.safetensors", CONTENTS[kind])
    (root / "venv" / "lib").mkdir(parents=True)
    write_model(root / "venv" / "lib" / "stray.safetensors", sd1())
    write_model(root / "outputs" / "stray.safetensors", sd1())
    first, *_ = scanned = library(tmp_path, root).scan()
    records = own(scanned)
    assert first.builtin
    assert {record.kind: record.name for record in records} == {kind: f"sub/my {kind}" for kind in CONTENTS}
    assert len(records) == len(CONTENTS)
    assert all(not record.problem for record in records)


@pytest.mark.parametrize("name", ["A1111", "ComfyUI"])
def test_models_folder_itself_is_understood_and_all_of_it_is_read(name: str, tmp_path: Path) -> None:
    root = tmp_path / "program"
    for kind, folder in TREES[name].items():
        write_model(root / folder / f"my {kind}.safetensors", CONTENTS[kind])
    write_model(root / "models" / "loose.safetensors", sd1())
    write_model(root / "models" / "other" / "deep.safetensors", sd1())
    found = names(library(tmp_path, root / "models").scan())
    inside = {f"my {kind}" for kind, folder in TREES[name].items() if folder.startswith("models/")}
    assert set(found) == inside | {"loose", "other/deep"}


def test_plain_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_model(folder / "a.safetensors", sd1())
    write_model(folder / "b" / "c" / "d.SAFETENSORS", kohya_lora(768))
    write_model(folder / ".trash" / "x.safetensors", sd1())
    (folder / "notes.txt").write_text("no model")
    records = own(library(tmp_path, folder).scan())
    assert [(record.name, record.kind) for record in records] == [("a", "checkpoint"), ("b/c/d", "lora")]


def test_pickles_take_their_kind_from_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "program"
    pickles = ["models/Lora/l.pt", "embeddings/e.pt", "models/ESRGAN/u.pth", "models/Stable-diffusion/m.vae.pt"]
    for path in pickles:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"\x80\x02.")
    records = own(library(tmp_path, root).scan())
    assert {record.name: record.kind for record in records} == {
        "l": "lora",
        "e": "embedding",
        "u": "upscaler",
        "m.vae": "vae",
    }
    assert all(record.problem for record in records)


def test_diffusers_folder_is_one_model_and_its_parts_are_none(tmp_path: Path) -> None:
    write_folder(tmp_path / "mine" / "models" / "Stable-diffusion" / "sd-v1.5")
    write_folder(tmp_path / "alone")
    records = own(library(tmp_path, tmp_path / "mine", tmp_path / "alone").scan())
    assert [(record.name, record.layout, record.problem) for record in records] == [
        ("alone", "diffusers", ""),
        ("sd-v1.5", "diffusers", ""),
    ]


def test_symlinked_folders_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_model(tmp_path / "elsewhere" / "far.safetensors", sd1())
    write_model(folder / "near.safetensors", sd1())
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "twice").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "dangling.safetensors").symlink_to(tmp_path / "gone")
    shelf = library(tmp_path, folder)
    assert names(shelf.scan()) == ["link/far", "near"]
    assert [note.split(": ")[0].rpartition("/")[2] for note in shelf.notes] == ["dangling.safetensors", "self"]


def test_folder_that_is_missing_or_a_file_is_a_note(tmp_path: Path) -> None:
    file = write_model(tmp_path / "m.safetensors", sd1())
    shelf = library(tmp_path, tmp_path / "gone", file)
    assert names(shelf.scan()) == []
    assert [note.split(": ")[1] for note in shelf.notes] == [
        "There is no such model folder.",
        "This model folder is a file; name the folder it is in.",
    ]


def test_unreadable_folder_is_a_note_and_the_rest_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine"
    write_model(folder / "a.safetensors", sd1())
    (folder / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: Path) -> object:
        # root may read everything, so the refusal is played
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    shelf = library(tmp_path, folder)
    assert names(shelf.scan()) == ["a"]
    assert shelf.notes == (f"{folder / 'closed'}: The folder may not be read: permission denied.",)


def test_file_name_that_is_no_text_is_a_note_and_nothing_breaks(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_model(folder / "a.safetensors", sd1())
    (folder / os.fsdecode(b"b\xff.safetensors")).write_bytes(b"")
    shelf = library(tmp_path, folder)
    records = shelf.scan()
    assert names(records) == ["a"]
    assert "not UTF-8" in shelf.notes[0]
    msgspec.json.encode((records, shelf.notes))


def test_broken_and_foreign_files_are_listed_with_their_problem(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    write_model(folder / "flux.safetensors", {"double_blocks.0.img_attn.proj.weight": (8, 8)})
    (folder / "cut.safetensors").write_bytes(b"\x10")
    records = {record.name: record for record in library(tmp_path, folder).scan()}
    assert "Flux" in records["flux"].problem
    assert records["cut"].kind == "checkpoint"
    assert "too few" in records["cut"].problem


def test_equal_names_stay_distinct_and_the_usable_file_keeps_the_plain_one(tmp_path: Path) -> None:
    first, second = tmp_path / "one" / "checkpoints", tmp_path / "two" / "Stable-diffusion"
    for folder in (first, second):
        write_model(folder / "model.safetensors", sd1())
    (first / "model.ckpt").write_bytes(b"\x80\x02.")
    write_model(first / "shapes-64.safetensors", sd1())
    write_model(first / "sub" / "model.safetensors", sd1())
    records = library(tmp_path, first, second).scan()
    paths = {record.name: record.path for record in records}
    assert len(paths) == len(records)
    assert len(own(records)) == 5
    assert records[0].name == "shapes-64"
    assert paths["model"] == str(first / "model.safetensors")
    assert paths["model.ckpt"] == str(first / "model.ckpt")
    assert paths["model.safetensors"] == str(second / "model.safetensors")
    assert paths["shapes-64.safetensors"] == str(first / "shapes-64.safetensors")
    assert paths["sub/model"] == str(first / "sub" / "model.safetensors")


def test_unchanged_files_are_not_read_again(tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine" / "a.safetensors", sd1())
    shelf = library(tmp_path, tmp_path / "mine", cache=tmp_path / "state" / "records.json")
    before = shelf.scan()
    state = path.stat()
    path.write_bytes(b"\0" * state.st_size)
    os.utime(path, ns=(state.st_mtime_ns, state.st_mtime_ns))
    assert shelf.scan() == before
    anew = library(tmp_path, tmp_path / "mine", cache=tmp_path / "state" / "records.json")
    assert anew.scan() == before
    os.utime(path, ns=(1, 1))
    assert anew.scan()[1].problem


def test_new_yaml_beside_a_model_is_noticed(tmp_path: Path) -> None:
    write_model(tmp_path / "mine" / "two.safetensors", sd2())
    shelf = library(tmp_path, tmp_path / "mine")
    assert [record.prediction for record in shelf.scan() if record.name == "two"] == ["unknown"]
    (tmp_path / "mine" / "two.yaml").write_text('parameterization: "v"\n')
    assert [record.prediction for record in shelf.scan() if record.name == "two"] == ["v_prediction"]


def test_new_side_file_is_noticed(tmp_path: Path) -> None:
    write_model(tmp_path / "mine" / "a.safetensors", sd1())
    shelf = library(tmp_path, tmp_path / "mine")
    assert shelf.scan()[1].defaults == {}
    (tmp_path / "mine" / "a.json").write_text('{"sdtui": {"steps": 9}}')
    assert shelf.scan()[1].defaults == {"steps": 9}
    (tmp_path / "mine" / "a.json").unlink()
    assert shelf.scan()[1].defaults == {}


def test_removed_file_is_gone_after_a_scan(tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine" / "a.safetensors", sd1())
    shelf = library(tmp_path, tmp_path / "mine", cache=tmp_path / "records.json")
    assert names(shelf.scan()) == ["a"]
    path.unlink()
    assert names(shelf.scan()) == []
    assert str(path) not in (tmp_path / "records.json").read_text()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"made_by": "0", "records": {}}', b"\xff", b"[" * 100_000])
def test_corrupt_or_foreign_record_cache_is_an_empty_one(content: bytes, tmp_path: Path) -> None:
    write_model(tmp_path / "mine" / "a.safetensors", sd1())
    cache = tmp_path / "records.json"
    cache.write_bytes(content)
    assert names(library(tmp_path, tmp_path / "mine", cache=cache).scan()) == ["a"]


def test_unwritable_record_cache_does_no_harm(tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine" / "a.safetensors", sd1())
    assert names(library(tmp_path, tmp_path / "mine", cache=path / "records.json").scan()) == ["a"]


def test_hash_is_in_the_record_once_it_is_known(tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine" / "a.safetensors", kohya_lora(768))
    hashes = HashStore(tmp_path / "hashes.json")
    shelf = Library((tmp_path / "mine",), hashes)
    assert shelf.scan()[1].sha256 == ""
    HashStore(tmp_path / "hashes.json").sha256(path)
    assert shelf.scan()[1].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_built_in_model_is_found_before_the_first_scan(tmp_path: Path) -> None:
    shelf = library(tmp_path, tmp_path / "gone")
    assert shelf.find_checkpoint("").builtin
    assert shelf.find_checkpoint("shapes-64").problem == ""
    assert len(shelf.records) == 1


def test_checkpoint_replaced_since_the_scan_is_found_as_it_is_now(tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine" / "a.safetensors", sd1())
    shelf = library(tmp_path, tmp_path / "mine")
    shelf.scan()
    write_model(path, {**sd1(), "extra": (7,)}, {"sdtui.defaults": '{"steps": 4}'})
    record = shelf.find_checkpoint("a")
    assert (record.size, record.defaults) == (path.stat().st_size, {"steps": 4})
    write_model(path, kohya_lora(768))
    with pytest.raises(ModelError, match="no checkpoint any more"):
        shelf.find_checkpoint("a")
    path.unlink()
    with pytest.raises(ModelError, match="no such file"):
        shelf.find_checkpoint("a")


def test_unusable_checkpoint_is_refused_with_its_problem(tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine" / "xl.safetensors", {"joint_blocks.0.context_block.attn.qkv.weight": (4, 4)})
    shelf = library(tmp_path, tmp_path / "mine")
    shelf.scan()
    with pytest.raises(ModelError, match="SD 3 checkpoints cannot be rendered yet") as caught:
        shelf.find_checkpoint("xl")
    assert caught.value.where == str(path)


def test_library_needs_no_torch_numpy_or_safetensors() -> None:
    program = (
        "import sys, sdtui.library.library;"
        "heavy = {'torch', 'numpy', 'safetensors', 'diffusers', 'transformers', 'PIL', 'textual'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def _vae(path: Path) -> Path:
    return write_model(path, {"decoder.conv_in.weight": (8, 4, 3, 3), "decoder.conv_out.weight": (3, 8, 3, 3)})


def test_the_vae_is_the_jobs_else_the_side_file_else_the_configured_one_else_the_checkpoints(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    write_model(folder / "checkpoints" / "dream.safetensors", sd1())
    write_model(folder / "checkpoints" / "other.safetensors", sd1())
    _vae(folder / "checkpoints" / "dream.vae.safetensors")
    _vae(folder / "vae" / "clear.safetensors")
    shelf = library(tmp_path, folder)
    shelf.scan()
    dream, other = (shelf.find_checkpoint(name) for name in ("dream", "other"))

    def found(name: str, checkpoint: ModelRecord, default: str = "") -> str | None:
        vae = shelf.find_vae(name, checkpoint, default)
        return vae.name if vae else None

    assert found("clear", dream) == "clear"
    assert found("clear.safetensors", dream) == "clear"
    assert found("", dream) == "dream.vae"
    assert found("Automatic", dream, "clear") == "dream.vae"
    assert found("", other) is None
    assert found("", other, "clear") == "clear"
    assert found("None", dream, "clear") is None
    with pytest.raises(ModelError, match="There is no VAE named 'claer'"):
        found("claer", dream)
    with pytest.raises(ModelError, match="'dream' is no VAE but a checkpoint"):
        found("dream", other)


def test_a_side_file_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    write_model(tmp_path / "checkpoints" / "dream.safetensors", sd1())
    (tmp_path / "checkpoints" / "dream.vae.safetensors").write_bytes(b"x")
    shelf = library(tmp_path, tmp_path / "checkpoints")
    shelf.scan()
    with pytest.raises(ModelError, match="too few"):
        shelf.find_vae("", shelf.find_checkpoint("dream"))


def test_names_are_put_in_order_once_a_scan_however_many_jobs_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sdtui.prompt import calling

    made = []
    index = calling.stem_of
    monkeypatch.setattr(calling, "stem_of", lambda record: made.append(record) or index(record))
    library = Library([tmp_path], HashStore(tmp_path / "hashes.json"))
    library.scan()
    once = len(made)
    loras = [record for record in library.records if record.kind == "lora"]

    for _ in range(3):
        assert [library.find_model("lora", record.name).path for record in loras] == [record.path for record in loras]
        library.find_checkpoint("shapes-64")

    assert once == len(library.records)
    assert len(made) == once
