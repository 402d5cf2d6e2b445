#!/usr/bin/env bash
# Makes a runtime pack (docs/runtime-packs.md): a directory with ONNX Runtime, its providers, EdgeFleet's operators and pack.json.
# usage: scripts/runtime-pack.sh OUT FROM [--operators DIR] [--architecture A]...
#   OUT           directory to make; it must not exist
#   FROM          where ONNX Runtime is: a NuGet package (.nupkg), a wheel (.whl), a release (.tgz) or a directory
#   --operators   directory of libedgefleet_ops*.so; without it, operators are taken from beside the program
#   --architecture  what the pack is for besides this machine's processor, e.g. sm_87; repeatable
set -euo pipefail
usage() { sed -n '2,7s/^# //p' "$0" >&2; exit 2; }
fail() { echo "runtime-pack.sh: $1" >&2; exit 1; }
[ $# -ge 2 ] || usage
out=$1 from=$2
shift 2
operators="" architectures=()
while [ $# -gt 0 ]; do
  case "$1" in
    --operators) operators=${2:?--operators needs a directory}; shift ;;
    --architecture) architectures+=("${2:?--architecture needs a name}"); shift ;;
    *) usage ;;
  esac
  shift
done
[ ! -e "$out" ] || fail "$out exists; name a directory that does not"
case "$(uname -m)" in
  x86_64) processor=x64 ;;
  aarch64) processor=arm64 ;;
  *) fail "no ONNX Runtime is known for $(uname -m)" ;;
esac

next=$(mktemp -d)
trap 'rm -rf "$next"' EXIT
mkdir "$next/from" "$next/pack"
case "$from" in
  *.nupkg) unzip -q "$from" "runtimes/linux-$processor/native/*" -d "$next/from" || fail "$from has no libraries for linux-$processor" ;;
  *.whl) unzip -q "$from" 'onnxruntime/capi/*' -d "$next/from" || fail "$from is no wheel of ONNX Runtime" ;;
  *.tgz | *.tar.gz) tar -xzf "$from" -C "$next/from" ;;
  *) [ -d "$from" ] || fail "$from is no directory, .nupkg, .whl or .tgz"; cp -rL "$from/." "$next/from/" ;;
esac

core=$(find "$next/from" \( -name 'libonnxruntime.so' -o -name 'libonnxruntime.so.*' \) -type f | sort | head -1)
[ -n "$core" ] || fail "$from holds no libonnxruntime.so (some wheels keep the core inside their Python module: build with --build_shared_lib)"
cp "$core" "$next/pack/libonnxruntime.so"
find "$next/from" -name 'libonnxruntime_providers_*.so' -exec cp {} "$next/pack/" \;
if [ -n "$operators" ]; then
  cp "$operators"/libedgefleet_ops*.so "$next/pack/" 2> /dev/null || fail "$operators holds no libedgefleet_ops*.so"
fi

# The core states its version; the provider's needs state the CUDA it was built for.
version=$(grep -aoE 'VERS_[0-9]+\.[0-9]+\.[0-9]+' "$core" | sort -u | sed 's/VERS_//' || true)
[ "$(wc -l <<< "$version")" = 1 ] && [ -n "$version" ] || fail "$core does not state one version"
providers=("cpu") cuda=null
if [ -e "$next/pack/libonnxruntime_providers_cuda.so" ]; then
  providers+=("cuda")
  command -v readelf > /dev/null || fail "readelf is missing, which tells the CUDA version of the provider; install binutils"
  cuda=$(readelf -d "$next/pack/libonnxruntime_providers_cuda.so" | sed -n 's/.*NEEDED.*\[libcudart\.so\.\([0-9]*\)\]/\1/p')
  [ -n "$cuda" ] || fail "libonnxruntime_providers_cuda.so is not linked with a CUDA runtime, so that its version is not known"
fi
[ ! -e "$next/pack/libonnxruntime_providers_tensorrt.so" ] || providers+=("tensorrt")

quoted() { printf '%s\n' "$@" | sed 's/.*/"&"/' | paste -sd,; }
{
  printf '{"schema": 1, "onnx_runtime": "%s", "providers": [%s], "cuda_major": %s,\n "architectures": [%s],\n "files": [' \
    "$version" "$(quoted "${providers[@]}")" "$cuda" "$(quoted "$processor" ${architectures[@]+"${architectures[@]}"})"
  separator=""
  for file in "$next"/pack/*.so; do
    printf '%s\n  {"path": "%s", "bytes": %s, "sha256": "%s"}' "$separator" "$(basename "$file")" "$(stat -c %s "$file")" \
      "$(sha256sum "$file" | cut -d' ' -f1)"
    separator=,
  done
  printf '\n]}\n'
} > "$next/pack.json"
mv "$next/pack.json" "$next/pack/pack.json"
mkdir -p "$(dirname "$out")"
mv "$next/pack" "$out"
chmod 755 "$out"
echo "$out: ONNX Runtime $version, providers ${providers[*]}, CUDA $cuda"
