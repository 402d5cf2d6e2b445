#!/bin/sh
# Runs the inference tests on released versions of ONNX Runtime with the one build there is, and states the outcome of each.
# usage: tests/Inference.Tests/compatibility.sh [REPORT.md]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
report=${1:-}
versions="1.23.0 1.23.2 1.24.1 1.24.3 1.25.1 1.26.0 1.27.0 1.29.0 1.30.0"

dotnet build "$here" -v q -nologo >&2
tests=$here/bin/Debug/net10.0/EdgeFleet.Inference.Tests
rows=""
status=0
run() {
  if output=$(EDGEFLEET_RUNTIME_PACK="$2" "$tests" -noColor 2>&1); then
    outcome=$(echo "$output" | sed -n 's/.*Total: \([0-9]*\), Errors: 0, Failed: 0, Skipped: \([0-9]*\),.*/\1 run, none failed, \2 skipped/p')
  else
    outcome="failed: $(echo "$output" | sed -n 's/.*Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\),.*/\3 of \1/p')"
    status=1
    echo "$output" >&2
  fi
  echo "$1: $outcome"
  rows="$rows| $1 | $outcome |
"
}

for version in $versions; do
  run "$version (npm onnxruntime-node)" "$("$here/../fetch-onnxruntime.sh" "$version")"
done
run "$(sed -n 's|.*<OnnxRuntimeVersion[^>]*>\(.*\)</OnnxRuntimeVersion>|\1|p' "$here/../../Directory.Build.props") (NuGet, bundled)" ""

if [ -n "$report" ]; then
  {
    echo "# One program on ONNX Runtime 1.23 to 1.31"
    echo
    echo "Command: \`tests/Inference.Tests/compatibility.sh docs/reports/runtime-compatibility.md\`. It runs all tests of"
    echo "\`tests/Inference.Tests\` (the function table, runtime packs, decoders against a double-precision reference, every exported"
    echo "fixture against its reference logits with the operator library, profiles, termination) from one build against each release's CPU"
    echo "library, chosen by \`EDGEFLEET_RUNTIME_PACK\`. linux-arm64 was not run."
    echo
    echo "Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(uname -sr), $(date -u +%Y-%m-%d)."
    echo
    echo "| ONNX Runtime | tests |"
    echo "|---|---|"
    printf '%s' "$rows"
  } >"$report"
fi
exit $status
