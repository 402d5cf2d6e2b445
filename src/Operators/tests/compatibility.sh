#!/bin/sh
# Runs the operators' tests inside released versions of ONNX Runtime, and states the outcome of each.
# Old builds come from the npm package onnxruntime-node (network); the newest is the restored NuGet package's.
# usage: tests/compatibility.sh BUILD_FOLDER [REPORT.md]
#   BUILD_FOLDER: configured with -DEDGEFLEET_TESTS=ON and built
set -eu
build=$(cd "$1" && pwd)
report=${2:-}
versions="1.23.0 1.23.2 1.24.1 1.24.3 1.25.1 1.26.0 1.27.0 1.29.0 1.30.0"
fetch=$(cd "$(dirname "$0")/../../../tests" && pwd)/fetch-onnxruntime.sh

rows=""
status=0
run() {
  label=$1
  library=$2
  if output=$(EDGEFLEET_ONNXRUNTIME="$library" EDGEFLEET_OPS="$build/libedgefleet_ops.so" \
    "$build/tests/edgefleet_ops_runtime_tests" 2>&1); then
    outcome="$(echo "$output" | sed -n 's/^\[  PASSED  \] \([0-9]*\) tests\{0,1\}\.$/\1 passed/p; s/^\[  SKIPPED \] \([0-9]*\) tests\{0,1\}, .*/, \1 skipped (float16)/p' | tr -d '\n')"
  else
    outcome="failed"
    status=1
    echo "$output" >&2
  fi
  echo "$label: $outcome"
  rows="$rows| $label | $outcome |
"
}

for version in $versions; do
  run "$version (npm onnxruntime-node)" "$("$fetch" "$version")/libonnxruntime.so.1"
done
newest=$(sed -n 's/^ONNXRUNTIME_INCLUDE:PATH=//p' "$build/CMakeCache.txt")/../../../runtimes/linux-x64/native/libonnxruntime.so
run "$(echo "$newest" | sed -n 's|.*/microsoft.ml.onnxruntime/\([^/]*\)/.*|\1|p') (NuGet)" "$newest"

if [ -n "$report" ]; then
  {
    echo "# The operator library inside ONNX Runtime 1.23 and newer"
    echo
    echo "Command: \`src/Operators/tests/compatibility.sh BUILD_FOLDER docs/reports/operators-runtime-versions.md\`, which runs"
    echo "\`edgefleet_ops_runtime_tests\` (each operator loaded, its shapes, its numbers against the double-precision reference, in"
    echo "place and packed, float32 and float16, and its error messages) against each build."
    echo
    echo "Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(uname -sr), $(date -u +%Y-%m-%d)."
    echo
    echo "| ONNX Runtime | tests |"
    echo "|---|---|"
    printf '%s' "$rows"
  } >"$report"
fi
exit $status
