#!/usr/bin/env bash
# Takes the README's screenshot: the real studio in a real xterm (sixel) on a virtual screen, prompts typed, pictures made.
# Debian packages: xterm xvfb xauth xdotool imagemagick fonts-dejavu-core
#
#   tools/screenshot.sh OUT.png [SDTUI]
set -euo pipefail
out=$(realpath -m "$1")
sdtui=$(realpath "${2:-.venv/bin/sdtui}")
folder=$(mktemp -d)
export DISPLAY=:${DISPNO:-96} XDG_STATE_HOME=$folder/state XDG_CONFIG_HOME=$folder/config SDTUI_TMPDIR=$folder COLORTERM=truecolor
mkdir -p "$folder/shapes/presets" "$folder/shapes/wildcards"
cleanup() {
  "$sdtui" -C "$folder/shapes" stop --now >/dev/null 2>&1 || true
  kill "${terminal:-}" "${screen:-}" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
Xvfb "$DISPLAY" -screen 0 1000x680x24 -nolisten tcp >/dev/null 2>&1 & screen=$!
for _ in $(seq 50); do xdotool getdisplaygeometry >/dev/null 2>&1 && break; sleep .1; done
xterm -ti vt340 -tn xterm-256color -xrm 'XTerm*decTerminalID: vt340' -xrm 'XTerm*numColorRegisters: 256' \
  -xrm 'XTerm*maxGraphicSize: 2000x2000' -xrm 'XTerm*metaSendsEscape: true' -fa 'DejaVu Sans Mono' -fs 10 \
  -b 0 -bw 0 +sb -bg '#121212' -geometry 124x40+0+0 -e "$sdtui" -C "$folder/shapes" & terminal=$!
window=$(xdotool search --sync --onlyvisible --class xterm | head -n 1)
xdotool windowfocus "$window"
sleep 4
made=0
for prompt in 'a large yellow star on a night sky' 'a green cross on a white checkered background' 'a small pink ring at the top, purple background' \
  'a red circle on the left and a (blue:1.2) square on the right, yellow background'; do
  xdotool key ctrl+t
  xdotool type --delay 40 "$prompt"
  xdotool key F5
  made=$((made + 1))
  for _ in $(seq 300); do [ "$(find "$folder/shapes/outputs" -name '*.png' 2>/dev/null | wc -l)" -ge "$made" ] && break; sleep .2; done
done
sleep 4
import -window root "$out"
