#!/bin/sh
# Bundles the browser libraries named in scripts/vendor/package.json into static/vendor. A development-time tool: the result
# is committed, so that neither `make` nor a running site needs node. After raising a version in package.json, run
# `scripts/vendor.sh --update` once (it renews the lock file), adapt the {% static %} paths and run the tests.
set -eu

cd "$(dirname "$0")/vendor"
vendor_folder="../../static/vendor"
# The lock file keeps integrity hashes but no registry address, so any mirror will do.
npm_options="--ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved"

if [ "${1:-}" = "--update" ]; then
  # shellcheck disable=SC2086
  npm install $npm_options
else
  # shellcheck disable=SC2086
  npm ci $npm_options
fi

version="$(node -p 'require("./node_modules/regl-scatterplot/package.json").version')"
rm -rf "$vendor_folder"/regl-scatterplot-*
output="$vendor_folder/regl-scatterplot-$version"
mkdir -p "$output"
node_modules/.bin/esbuild regl-scatterplot.entry.js --bundle --minify --format=esm --target=es2022 --legal-comments=none \
  --outfile="$output/regl-scatterplot.js"
node manifest.mjs "$output"
