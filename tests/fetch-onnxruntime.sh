#!/bin/sh
# Fetches a released ONNX Runtime for linux-x64 (CPU) from the npm package onnxruntime-node, once, and prints its directory.
# usage: tests/fetch-onnxruntime.sh VERSION
set -eu
directory=${EDGEFLEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/edgefleet}/onnxruntime/$1
if [ ! -e "$directory/libonnxruntime.so.1" ]; then
  staging=$(mktemp -d)
  trap 'rm -rf "$staging"' EXIT
  (
    cd "$staging"
    npm pack --silent "onnxruntime-node@$1" >/dev/null
    tar -xzf onnxruntime-node-*.tgz
  )
  mkdir -p "$directory"
  cp "$staging"/package/bin/napi-v*/linux/x64/libonnxruntime.so.1 "$directory/.partial"
  mv "$directory/.partial" "$directory/libonnxruntime.so.1"
fi
echo "$directory"
