#!/usr/bin/env bash
# Makes a virtual environment from a lock file; a second call with the same lock does nothing.
#
#   tools/setup.sh FOLDER LOCK
#
# Needs Python 3.11 or newer with pip. The environment named .venv also gets this project itself, editable.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
lock=$2

# Of pyproject.toml only its first part, up to the tools' settings, changes what is installed. The path
# belongs to it too: an environment does not work from another place.
project=
[ "$folder" != .venv ] || project=$(sed '/^# --- Tests/,$d' pyproject.toml)
wanted="$({ cat "$lock" tools/setup.sh && echo "$project"; } | cksum) $PWD"
stamp=$folder/.made-from
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$folder/bin/python" -c '' 2>/dev/null; then
  exit 0
fi

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# The environment itself, when it is active, is about to be removed.
PATH=$(printf %s "$PATH" | sed "s|$PWD/$folder/bin:||g")

# The first that runs, is 3.11 or newer and can make an environment. 3.13 is what runs on AWS.
python=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
  if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "No Python 3.11 or newer with its venv module was found." \
  "Install one (on Debian: apt-get install python3 python3-venv python3-pip), or name it: make PYTHON=/path/to/python3 ..."

echo "[1/3] making the virtual environment $folder with $("$python" --version) ..."
rm -rf "$folder"
if "$python" -c 'import ensurepip' 2>/dev/null; then
  "$python" -m venv "$folder"
  pip=("$folder/bin/python" -m pip)
elif "$python" -m pip --version >/dev/null 2>&1; then
  # Debian ships ensurepip apart, in python3-venv. The pip outside can fill the environment as well.
  "$python" -m venv --without-pip "$folder"
  pip=("$python" -m pip --python "$folder/bin/python")
else
  fail "$python can make no virtual environment with pip in it." \
    "Install pip for it (on Debian: apt-get install python3-venv python3-pip) and call again."
fi

total=$(grep -c '^[a-zA-Z0-9].*==' "$lock")
echo "[2/3] installing up to $total locked packages from $lock ..."
export PIP_DISABLE_PIP_VERSION_CHECK=1
# Byte code is made at first use: most of what is installed is never imported.
log=$folder/install.log
if ! "${pip[@]}" install --no-compile --no-deps --require-hashes --progress-bar off -r "$lock" 2>&1 |
  tee "$log" |
  awk -v total="$total" '
    /^(Collecting|Processing) / { n++; if (n % 20 == 0) { printf "      %d of %d fetched\n", n, total; fflush() } }
    /^Installing collected/ { print "      unpacking"; fflush() }'; then
  fail "The installation failed. The end of $log:" "$(tail -n 20 "$log")"
fi

if [ "$folder" = .venv ]; then
  echo "[3/3] installing msp-billing itself, editable ..."
  "${pip[@]}" install --quiet --no-deps --no-build-isolation --editable .
else
  echo "[3/3] looking it over ..."
fi
"${pip[@]}" check >/dev/null || fail "$lock does not fit together:" "$("${pip[@]}" check 2>&1)"
echo "$wanted" >"$stamp"
echo "      $folder is ready."
