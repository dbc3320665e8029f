"""Completion scripts for three shells, written from the grammar."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from sdtui.cli.words import Grammar, Word

TOLD = frozenset({"checkpoints", "vaes", "unfinished", "again"})
"""What only the server knows."""
_ZSH_TOLD = r"""_sdtui_told() {
    local -a lines
    lines=(${(f)"$(sdtui completion --list $1 $place 2>/dev/null)"})
    compadd -- ${lines%%$'\t'*}
}
"""
_FISH_PLACE = r"""function __sdtui_place
    set -l words (commandline -opc)
    for at in (seq (count $words))
        if contains -- $words[$at] -C --workspace --config; and test $at -lt (count $words)
            echo -- $words[$at]
            echo -- $words[(math $at + 1)]
        end
    end
end"""
_BASH = r"""# completion of sdtui for bash
_sdtui_lines() {
    # candidates on standard input, one a line; they may hold spaces, so each is quoted for the command line
    local line typed
    typed=$(eval "printf %s $1" 2>/dev/null) || typed=$1
    while IFS= read -r line; do
        [[ $line == "$typed"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done
}

_sdtui() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i place=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -C | --workspace | --config) place+=("${COMP_WORDS[i]}" "${COMP_WORDS[++i]}") ;;
            -*) ;;
            *)
                command=${COMP_WORDS[i]}
                break
                ;;
        esac
    done
    case $command:$before in
@VALUES@
    esac
    case $command in
@TOLD@
    esac
    case $command in
        '') _sdtui_lines "$current" <<< @TOP@ ;;
@OPTIONS@
    esac
}

complete -F _sdtui sdtui
"""


def _asked(word: Word) -> str:
    return f"sdtui completion --list {word.takes}"


def bash(grammar: Grammar) -> str:
    """Needs nothing but bash itself."""
    values, told, options = [], [], []
    for command, words in (("", grammar.top), *((name, words) for name, _, words in grammar.commands)):
        for word in words:
            if word.names and word.takes != "nothing":
                patterns = " | ".join(f"{command}:{name}" for name in word.names)
                values.append(f"        {patterns}) {_bash_value(word)} return ;;")
            elif word.takes in TOLD:
                told.append(f"        {command}) [[ $current == -* ]] || {{ {_bash_value(word)} return; }} ;;")
        free = [word for word in words if not word.names]
        candidates = [name for word in words for name in word.names] + [c for word in free for c in word.choices]
        if command:
            options.append(f'        {command}) _sdtui_lines "$current" <<< {_ansi(candidates)} ;;')
    top = [name for word in grammar.top for name in word.names] + [name for name, _, _ in grammar.commands]
    return (
        _BASH.replace("@VALUES@", "\n".join(values))
        .replace("@TOLD@", "\n".join(told))
        .replace("@OPTIONS@", "\n".join(options))
        .replace("@TOP@", _ansi(top))
    )


def _bash_value(word: Word) -> str:
    if word.takes in TOLD:
        return f'_sdtui_lines "$current" < <({_asked(word)} "${{place[@]}}" 2>/dev/null | cut -f1);'
    if word.takes == "choice":
        return f'_sdtui_lines "$current" <<< {_ansi(word.choices)};'
    flag = {"file": "-f", "folder": "-d"}.get(word.takes)
    if flag is None:
        return ""
    return f'compopt -o filenames; mapfile -t COMPREPLY < <(compgen {flag} -- "$current");'


def _ansi(lines: Iterable[str]) -> str:
    return "$'" + "\\n".join(line.replace("\\", "\\\\").replace("'", "\\'") for line in lines) + "'"


def zsh(grammar: Grammar) -> str:
    """For a file named _sdtui in a folder of $fpath."""
    commands = " ".join(_zsh_quote(f"{name}:{text}") for name, text, _ in grammar.commands)
    cases = [
        f"        {name}) _arguments -s {' '.join(_zsh_spec(word) for word in words)} ;;"
        for name, _, words in grammar.commands
    ]
    top = " ".join(_zsh_spec(word) for word in grammar.top)
    return (
        "#compdef sdtui\n\n" + _ZSH_TOLD + "\n_sdtui() {\n    local context state state_descr line\n"
        "    typeset -A opt_args\n    local -a place\n"
        f"    _arguments -C {top} '1: :->command' '*:: :->rest' && return\n"
        "    for option in -C --workspace --config; do\n"
        "        [[ -n ${opt_args[$option]} ]] && place+=($option ${(Q)opt_args[$option]})\n    done\n"
        "    case $state in\n"
        f"    command) local -a commands; commands=({commands}); _describe command commands ;;\n"
        "    rest)\n        case $line[1] in\n" + "\n".join(cases) + "\n        esac ;;\n    esac\n}\n\n"
        'if [[ $funcstack[1] == _sdtui ]]; then _sdtui "$@"; else compdef _sdtui sdtui; fi\n'
    )


def _zsh_spec(word: Word) -> str:
    if word.takes in TOLD:
        action = f":{word.takes}:_sdtui_told {word.takes}"
        return _zsh_quote(f"1{action}") if not word.names else _zsh_named(word, action)
    action = {"file": ":file:_files", "folder": ":folder:_files -/", "text": ":value:"}.get(word.takes, "")
    if word.takes == "choice":
        action = ":value:(" + " ".join(choice.replace(" ", "\\ ") for choice in word.choices) + ")"
    if not word.names:
        return _zsh_quote(f"*:{action.removeprefix(':')}")
    return _zsh_named(word, action)


def _zsh_named(word: Word, action: str) -> str:
    text = word.help
    for sign in "\\[]:":
        text = text.replace(sign, "\\" + sign)
    if len(word.names) == 1:
        return _zsh_quote(f"{word.names[0]}[{text}]{action}")
    return f"{_zsh_quote('(' + ' '.join(word.names) + ')')}{{{','.join(word.names)}}}{_zsh_quote(f'[{text}]{action}')}"


def _zsh_quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def fish(grammar: Grammar) -> str:
    """For ~/.config/fish/completions/."""
    lines = [_FISH_PLACE, "complete -c sdtui -f"]
    lines += [_fish_line("__fish_use_subcommand", word) for word in grammar.top]
    for name, text, words in grammar.commands:
        lines.append(f"complete -c sdtui -n __fish_use_subcommand -a {name} -d {_fish_quote(text)}")
        lines += [_fish_line(f"__fish_seen_subcommand_from {name}", word) for word in words]
    return "\n".join(line for line in lines if line) + "\n"


def _fish_line(condition: str, word: Word) -> str:
    line = f"complete -c sdtui -n {_fish_quote(condition)}"
    for name in word.names:
        line += f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}"
    if word.takes in TOLD:
        line += f" -x -a {_fish_quote(f'({_asked(word)} (__sdtui_place) 2>/dev/null)')}"
    elif word.takes == "choice":
        line += f" -x -a {_fish_quote(' '.join(shlex.quote(choice) for choice in word.choices))}"
    elif not word.names:
        return ""
    else:
        line += {"file": " -r -F", "folder": " -x -a '(__fish_complete_directories)'", "text": " -x"}.get(
            word.takes, ""
        )
    return f"{line} -d {_fish_quote(word.help)}"


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
