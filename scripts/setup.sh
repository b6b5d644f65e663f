#!/bin/sh
# Makes the virtual environment that every other command runs in: with uv where it is there, with venv and pip otherwise.
# usage: scripts/setup.sh FOLDER
set -eu
venv=$1

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

# An environment that an interrupted setup left behind has a Python, and no pip.
is_whole() { is_recent "$1/bin/python" && { command -v uv >/dev/null 2>&1 || "$1/bin/python" -m pip --version >/dev/null 2>&1; }; }

if ! is_whole "$venv"; then
  python=
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    if is_recent "$candidate"; then python=$candidate; break; fi
  done
  if [ -z "$python" ]; then
    echo "setup: no Python 3.10 or newer found; install one, or name it: make PYTHON=/path/to/python3 …" >&2
    exit 1
  fi
  rm -rf "$venv"
  "$python" -m venv "$venv" || {
    rm -rf "$venv"
    echo "setup: $python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
  }
fi

echo "setup: installing packages into $venv (once; about a minute with pip, seconds with uv)" >&2
if command -v uv >/dev/null 2>&1; then
  uv pip install --quiet --python "$venv/bin/python" --requirement requirements-dev.txt --constraint constraints.txt
  uv pip install --quiet --python "$venv/bin/python" --no-deps --editable .
else
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement requirements-dev.txt --constraint constraints.txt
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
fi
