#!/usr/bin/env bash
# Builds the CUDA kernels with nvcc, checks them against double precision and times them. Run from anywhere on a machine with a GPU:
#   bench/gpu/run.sh OUT [--sanitize] [--library ONNXRUNTIME_INCLUDE] [ARGUMENT...]
# OUT receives build.log (registers, shared memory and spills of each kernel), kernels.log, kernels.jsonl and the program.
# --sanitize also runs the small checks under compute-sanitizer (memcheck and racecheck). --library also builds the library for
# ONNX Runtime with CMake. The remaining arguments go to the program (kernels/main.cu says which there are).
# Environment: NVCC (nvcc), EDGEFLEET_CUDA_ARCH (what the GPU says, for example 90), EDGEFLEET_COMMIT (what git says).
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
operators="$here/../../src/Operators"
out="${1:?usage: run.sh OUT [--sanitize] [--library ONNXRUNTIME_INCLUDE] [ARGUMENT...]}"
shift
sanitize=0
library=""
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --sanitize) sanitize=1 ;;
    --library) library="${2:?--library needs the folder of onnxruntime_c_api.h}"; shift ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

mkdir -p "$out"
out="$(cd "$out" && pwd)"
build="$(mktemp -d)"
trap 'rm -rf "$build"' EXIT
nvcc="${NVCC:-nvcc}"
arch="${EDGEFLEET_CUDA_ARCH:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)}"
commit="${EDGEFLEET_COMMIT:-$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)}"
# Products of four warps (wgmma) are part of 90a alone.
if [ "$arch" = 90 ]; then arch=90a; fi
target="-gencode=arch=compute_$arch,code=sm_$arch"
flags=(-std=c++17 -O3 "$target" -ftz=true -lineinfo -Xptxas -v -Xcompiler -Wall,-Wextra -I "$operators/cuda" -I "$here")

date -u +"%FT%TZ start"
"$nvcc" --version | tail -2 | head -1
nvidia-smi --query-gpu=name,driver_version,clocks.max.sm --format=csv,noheader
find "$operators/cuda" "$here/kernels" -name '*.cu' > "$build/sources"
printf "%s\n" "$operators"/cuda/common/*.cc >> "$build/sources"
# Sources compile side by side; the name of an object tells its folder as well.
compile() {
  local object
  object="$build/$(basename "$(dirname "$1")")_$(basename "$1").o"
  if ! "$nvcc" "${flags[@]}" -c "$1" -o "$object" > "$object.log" 2>&1; then
    touch "$build/failed"
  fi
}
jobs_running=0
while read -r source; do
  compile "$source" &
  jobs_running=$((jobs_running + 1))
  if [ "$jobs_running" -ge "$(nproc)" ]; then
    wait -n || true
    jobs_running=$((jobs_running - 1))
  fi
done < "$build/sources"
wait
cat "$build"/*.log > "$out/build.log"
if [ -e "$build/failed" ]; then
  grep -hE 'error|Error' "$build"/*.log | head -60
  echo "the build failed; $out/build.log has all of it"
  exit 2
fi
grep -hE 'warning' "$build"/*.log | sort | uniq -c | head -10 || true
grep -hE 'spill' "$build"/*.log | grep -v ' 0 bytes spill stores, 0 bytes spill loads' | sort | uniq -c | head -20 || true
"$nvcc" "$target" "$build"/*.o -o "$out/edgefleet_gpu_kernels"
date -u +"%FT%TZ built"

if [ -n "$library" ]; then
  if cmake -S "$operators" -B "$build/library" -DEDGEFLEET_CUDA=ON "-DONNXRUNTIME_INCLUDE=$library" \
    "-DEDGEFLEET_CUDA_ARCHITECTURES=$arch-real" "-DCMAKE_CUDA_COMPILER=$(command -v "$nvcc")" > "$out/library.log" 2>&1 &&
    cmake --build "$build/library" -j "$(nproc)" >> "$out/library.log" 2>&1; then
    cp "$build"/library/cuda/libedgefleet_ops_cuda*.so "$out/"
  else
    echo "the library did not build; $out/library.log has all of it:"
    grep -E 'rror' "$out/library.log" | head -20
  fi
  date -u +"%FT%TZ library"
fi

status=0
"$out/edgefleet_gpu_kernels" --report "$out/kernels.jsonl" --commit "$commit" ${arguments[@]+"${arguments[@]}"} 2>&1 |
  tee "$out/kernels.log" || status=$?
if [ "$sanitize" = 1 ]; then
  for tool in memcheck racecheck; do
    echo "compute-sanitizer $tool"
    compute-sanitizer --tool "$tool" --error-exitcode 3 "$out/edgefleet_gpu_kernels" --check --small 2>&1 |
      tee "$out/$tool.log" | tail -8 || status=$?
  done
fi
date -u +"%FT%TZ end"
exit "$status"
