#!/bin/sh
# Prints a directory to put on PYTHONPATH, in which schemathesis is: it tries out an API by its OpenAPI document.
# It comes from PyPI, once, into $ROBOTWIKI_TEST_CACHE (default: .cache/ in the checkout).
#   PYTHONPATH="$(tests/tools/schemathesis.sh)" python3 -c 'from schemathesis.cli import schemathesis; schemathesis()'
set -eu

version=4.32.5
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${ROBOTWIKI_TEST_CACHE:-$root/.cache}
home=$cache/schemathesis-$version

if [ ! -d "$home" ]; then
    mkdir -p "$cache"
    fresh=$(mktemp -d "$cache/schemathesis.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    python3 -m pip install --quiet --disable-pip-version-check --target "$fresh/home" "schemathesis==$version" >&2
    mv "$fresh/home" "$home"
fi
printf '%s\n' "$home"
