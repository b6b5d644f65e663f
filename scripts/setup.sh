#!/bin/sh
# Makes the virtual environment that every other command runs in, or brings it up to date. uv installs the packages, and
# is itself installed into the environment where it is not on PATH: pip takes two minutes of computing for the same.
# usage: scripts/setup.sh FOLDER
set -eu
venv=$1
ready=$venv/.ready
begun=$venv/.begun # there while packages are installed: what an interrupted setup left behind is not built upon

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

python=
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
  if is_recent "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "setup: no Python 3.10 or newer found; install one, or name it: make PYTHON=/path/to/python3 …" >&2
  exit 1
fi

# One setup at a time. The lock is the folder's, and goes with the last process that was started here, however it ends.
if [ -z "${SETUP_HAS_LOCK:-}" ]; then
  SETUP_HAS_LOCK=1 exec "$python" -c '
import fcntl, os, sys
folder = os.open(".", os.O_RDONLY)
fcntl.flock(folder, fcntl.LOCK_EX)
os.set_inheritable(folder, True)
os.execv("/bin/sh", ["sh", *sys.argv[1:]])' "$0" "$venv"
fi

# Another setup may have done it all meanwhile.
if [ -e "$ready" ] && [ -z "$(find requirements*.txt constraints.txt pyproject.toml scripts -newer "$ready")" ]; then
  exit 0
fi

has_uv() { command -v uv >/dev/null || [ -x "$venv/bin/uv" ]; }
has_pip() { "$venv/bin/python" -m pip --version >/dev/null 2>&1; }
if [ -e "$begun" ] || ! is_recent "$venv/bin/python" || ! { has_uv || has_pip; }; then
  rm -rf "$venv"
  "$python" -m venv "$venv" || {
    rm -rf "$venv"
    echo "setup: $python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
  }
fi

echo "setup: installing packages into $venv (once; about ten seconds, and what the network takes)" >&2
touch "$begun"
. "$(dirname "$0")/uv.sh"
"$uv" pip install --quiet --python "$venv/bin/python" --requirement requirements-dev.txt --constraint constraints.txt
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --editable .
rm "$begun"
touch "$ready"
