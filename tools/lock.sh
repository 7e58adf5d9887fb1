#!/usr/bin/env bash
# Resolves requirements/*.in into lock files with exact versions and hashes, for Python 3.11 and newer
# on any machine. Names neither a registry nor a path of this machine.
#
#   tools/lock.sh [--upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."
uv_version=0.13.9

if [ "$(.venv-lock/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
  echo "[1/2] making .venv-lock with uv $uv_version ..."
  python3 -m venv .venv-lock
  .venv-lock/bin/pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi

compile() { # INPUT OUTPUT [OPTIONS]
  local input=$1 output=$2
  shift 2
  echo "      $output"
  .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url "$input" --output-file "$output" "$@"
}

echo "[2/2] resolving ..."
compile requirements/dev.in requirements/dev.lock "$@"
compile requirements/sam.in requirements/sam.lock "$@"
compile requirements/ministack.in requirements/ministack.lock "$@"
# The parts take the versions that the whole took, so that tests prove what is deployed.
compile requirements/bench.in requirements/bench.lock --constraint requirements/dev.lock "$@"
compile requirements/runtime.in requirements/runtime.lock --constraint requirements/dev.lock "$@"
compile requirements/rendering.in requirements/rendering.lock --constraint requirements/dev.lock "$@"
# Lambda's Python brings the AWS SDK.
compile requirements/runtime.in layers/dependencies/requirements.txt --constraint requirements/dev.lock \
  --no-emit-package boto3 --no-emit-package botocore --no-emit-package s3transfer \
  --no-emit-package urllib3 "$@"
cp requirements/rendering.lock layers/rendering/requirements.txt
