from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sdtui.errors import ConfigError
from sdtui.workspace.config import Config, load_config, load_config_leniently, load_layers, user_file
from sdtui.workspace.config_page import show
from sdtui.workspace.schema import leaves
from sdtui.workspace.yaml_reader import parse_yaml


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("SDTUI_CONFIG", raising=False)
    (tmp_path / "config" / "sdtui").mkdir(parents=True)
    return tmp_path


def write_user(home: Path, text: str) -> Path:
    file = home / "config" / "sdtui" / "config.yaml"
    file.write_text(text)
    return file


def write_workspace(home: Path, text: str) -> Path:
    (home / "sdtui.yaml").write_text(text)
    return home


def test_without_files_everything_has_its_default(home: Path) -> None:
    assert load_config(home) == Config()


def test_the_workspace_file_counts_over_the_user_file(home: Path) -> None:
    write_user(home, "checkpoint: mine\noutputs:\n  folder: ~/pictures\nkeys: {generate: f5, cancel: f8}\n")
    root = write_workspace(home, "checkpoint: theirs\noutputs: {pattern: '[seed]'}\nkeys: {cancel: f9}\n")
    config = load_config(root)
    assert config.checkpoint == "theirs"
    assert config.outputs.folder == "~/pictures"
    assert config.outputs.pattern == "[seed]"
    assert config.keys == {"generate": "f5", "cancel": "f9"}
    assert load_config(None).checkpoint == "mine"


@pytest.mark.parametrize(
    ("text", "line", "what", "todo"),
    [
        ("chekpoint: a", 1, "no key 'chekpoint'", "'checkpoint'"),
        ("outputs:\n  foldr: a", 2, "no key 'outputs.foldr'", "'outputs.folder'"),
        ("models:\n  zzz: a", 2, "no key 'models.zzz'", "tree, folders"),
        ("# x\nin_flight: many", 2, "'in_flight' must be a whole number from 1 to 64, not 'many'", ""),
        ("in_flight: 0", 1, "from 1 to 64, not 0", ""),
        ("devices: gpu", 1, "'devices' must be auto or a list", ""),
        ("devices: [gpu]", 1, r"'devices' must be auto or a list.*not \['gpu'\]", ""),
        ("preview:\n  protocol: kity", 2, "'preview.protocol' must be one of auto, kitty", ""),
        ("outputs: here", 1, "'outputs' must be lines of `key: value`, not 'here'", ""),
        ("keys:\n  generate: 5", 2, "'keys.generate' must be", ""),
        ("- a", 1, "The file must be lines", ""),
        ("a: [", 1, "not YAML", ""),
        ("outputs: {folder: ~nobody/x}", 1, "'outputs.folder' must be a folder such as outputs", ""),
        ("models: {folders: [~nobody]}", 1, "'models.folders' must be a list of folders", ""),
        ("workspace: here", 1, "'workspace' must be an absolute folder", ""),
        ("server: {idle_exit_s: -1}", 1, "'server.idle_exit_s' must be a number", ""),
    ],
)
def test_a_problem_names_file_line_key_and_what_would_do(
    home: Path, text: str, line: int, what: str, todo: str
) -> None:
    file = write_user(home, text)
    with pytest.raises(ConfigError, match=what) as caught:
        load_config()
    assert caught.value.where in (f"{file}:{line}", f"{file}:{line + 1}")
    assert todo in caught.value.todo


def test_the_lenient_form_keeps_what_is_fine(home: Path) -> None:
    write_user(home, "checkpoint: a\nin_flight: no\noutputs: {folder: b, pattren: c}\nkeys: {a: b, c: 1}\n")
    config, problems = load_config_leniently()
    assert (config.checkpoint, config.outputs.folder, config.keys) == ("a", "b", {"a": "b"})
    assert config.in_flight == Config().in_flight
    assert len(problems) == 3


def test_a_file_that_is_no_yaml_costs_only_itself(home: Path) -> None:
    write_user(home, "a: [")
    config, problems = load_config_leniently(write_workspace(home, "checkpoint: b"))
    assert config.checkpoint == "b"
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("workspace", "/tmp/evil"), ("viewer", "evil"), ("tokens", "{a.example: x}"), ("allow_pickles", "true")],
)
def test_a_workspace_cannot_choose_programs_or_homes_for_its_visitor(home: Path, key: str, value: str) -> None:
    config, problems = load_config_leniently(write_workspace(home, f"{key}: {value}"))
    assert config == Config()
    assert f"'{key}' cannot be set" in problems[0].what


def test_a_config_file_that_was_named_must_be_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDTUI_CONFIG", str(home / "none.yaml"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config()


def test_a_relative_config_home_is_ignored() -> None:
    assert user_file({"XDG_CONFIG_HOME": "here"}) == Path.home() / ".config/sdtui/config.yaml"


def test_two_cpu_workers_can_be_asked_for(home: Path) -> None:
    write_user(home, "devices: [cpu, cpu]")
    assert load_config().devices == ("cpu", "cpu")


def test_every_key_has_a_help_and_is_shown(home: Path) -> None:
    page = show(home)
    for leaf in leaves(Config):
        assert leaf.help.endswith("."), leaf.name
        assert f"{leaf.path[-1]}:" in page


def test_the_page_is_a_config_file_that_says_the_same(home: Path) -> None:
    write_user(
        home,
        "checkpoint: 'yes: no'\ndevices: [cpu, 'cuda:1']\nviewer: 'feh -F'\nkeys: {a: 'ctrl+k', b: ' '}\n"
        "models: {folders: [a b, '#c']}\noutputs: {folder: \"caf\\u00e9\"}\n",
    )
    page = show(home)
    again = msgspec.convert(parse_yaml(page).value, Config)
    assert again == load_config(home)


def test_the_page_says_where_a_value_comes_from(home: Path) -> None:
    user = write_user(home, "checkpoint: a\noutputs:\n  folder: b\n")
    page = show(write_workspace(home, "checkpoint: c\n"))
    assert f"checkpoint: c  # {home}/sdtui.yaml:1" in page
    assert f"folder: b  # {user}:3" in page
    assert "in_flight: 16  # default" in page


def test_each_changed_key_is_known_by_the_line_that_set_it(home: Path) -> None:
    user = write_user(home, "keys:\n  generate: f5\n  quit: f3\n")
    root = write_workspace(home, "keys: {quit: f4}\n")
    sources = load_layers(root).sources
    assert (sources["keys.generate"], sources["keys.quit"]) == (f"{user}:2", f"{root}/sdtui.yaml:1")


def test_a_token_is_shown_to_nobody(home: Path) -> None:
    write_user(home, "tokens: {a.example: s3cret, b.example: $MINE, c.example: 8675309, d.example: [8675309]}")
    config, problems = load_config_leniently(home)
    assert config.tokens == {"a.example": "s3cret", "b.example": "$MINE"}
    page = show(home)
    assert "s3cret" not in page
    assert "b.example: $MINE" in page or '"$MINE"' in page
    assert len(problems) == 2
    assert not any("8675309" in str(problem) for problem in problems)
