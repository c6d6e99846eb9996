#!/usr/bin/env bash
# Draws boards from the data of a Prometheus with Grafana's own panel components, in a headless Chromium:
#   dashboards/pictures/draw.sh http://127.0.0.1:9090 shop overview:light canary:dark
# Needs node with npm, and chromium. END=1700000000 draws a past moment. The pictures are not taken from a Grafana.
set -euo pipefail
cd "$(dirname "$0")"

prometheus=$1 namespace=$2
shift 2
port=${PORT:-4173}

[ -d node_modules ] || npm install --ignore-scripts --no-package-lock --no-audit --no-fund
node_modules/.bin/vite build --logLevel error
cp ../*.json dist/
node_modules/.bin/vite preview --host 127.0.0.1 --port "$port" --strictPort >/dev/null &
server=$!
trap 'kill $server' EXIT
until curl -sf "http://127.0.0.1:$port/" >/dev/null; do sleep 0.2; done

for picture in "$@"; do
    board=${picture%:*} theme=${picture#*:}
    page="http://127.0.0.1:$port/?board=$board.json&prometheus=$prometheus&theme=$theme"
    page+="&set=namespace=$namespace&set=app=order-service&minutes=${MINUTES:-10}&window=${WINDOW:-1m}&end=${END:-}"
    # A heading is 70 high, and a row of the grid 38.
    height=$(node -p "Math.max(...require('../$board.json').panels.map(p => p.gridPos.y + p.gridPos.h)) * 38 + 70")
    chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size="1424,$height" \
        --virtual-time-budget=60000 --screenshot="$PWD/$board-$theme.png" "$page" 2>/dev/null
    echo "$board-$theme.png"
done
