#!/usr/bin/env bash
# Publishes the agent for linux-arm64 on an x86-64 machine: program, operator library and ONNX Runtime in .edgefleet/linux-arm64.
# What can be run of it here: qemu-aarch64 -L /usr/aarch64-linux-gnu .edgefleet/linux-arm64/edgefleet-agent --help
# (ONNX Runtime's arm64 library does not run under user-mode emulation.)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/prerequisites.sh"
if ! command -v aarch64-linux-gnu-g++ >/dev/null; then
  echo "The cross compiler is missing. Run: apt-get install g++-aarch64-linux-gnu gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu" >&2
  exit 2
fi

out="$root/.edgefleet/linux-arm64"
next=$(mktemp -d "$root/.edgefleet.XXXXXX")
trap 'rm -rf "$next"' EXIT
DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet publish "$root/src/Agent" -c Release -r linux-arm64 -o "$next" -v q -nologo \
  -p:CppCompilerAndLinker=aarch64-linux-gnu-gcc -p:LinkerFlavor=bfd -p:ObjCopyName=aarch64-linux-gnu-objcopy
mkdir -p "$root/.edgefleet"
rm -rf "$out"
mv "$next" "$out"
chmod 755 "$out"
trap - EXIT
echo "$out"
