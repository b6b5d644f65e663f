# Sourced, with `venv` set to a virtual environment: sets `uv` to the program, which it installs there if it is not on PATH.
uv_version=0.13.9
uv=uv
if ! command -v uv >/dev/null; then
  uv=$venv/bin/uv
  pip="$venv/bin/python -m pip --disable-pip-version-check"
  [ -x "$uv" ] || $pip install --quiet --no-compile "uv==$uv_version"
  # uv does not read pip's settings: where they name a package index of one's own, uv is told.
  setting() { $pip config list | sed -n "s/^.*\.$1='\(.*\)'$/\1/p" | tail -n 1 | sed 's/\\n/ /g'; }
  index=$(setting index-url)
  more=$(setting extra-index-url)
  [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
  [ -z "$more" ] || export UV_INDEX="${UV_INDEX:-$more}"
fi
