#!/usr/bin/env bash
# Makes a self-contained directory of one program, which needs no .NET on the machine it goes to.
# usage: scripts/package.sh [PROGRAM [PROJECT]] RID      RID: linux-x64 or linux-arm64; default program: edgefleet-agent of src/Agent
# The directory: .edgefleet/packages/PROGRAM-RID. For linux-arm64 on an x86-64 machine the cross compiler is needed (installed where allowed).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
usage() { sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"; }
case $# in
  1) program=edgefleet-agent project=src/Agent rid=$1 ;;
  2) program=$1 project=src/Agent rid=$2 ;;
  3) program=$1 project=$2 rid=$3 ;;
  *) usage >&2; exit 2 ;;
esac
case "$rid" in
  linux-x64) machine=x86_64 ;;
  linux-arm64) machine=aarch64 ;;
  --help | -h) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
options=(--self-contained)
if [ "$project" = src/Agent ]; then
  "$root/scripts/prerequisites.sh"
  if [ "$(uname -m)" != "$machine" ]; then
    if [ "$rid" != linux-arm64 ]; then
      echo "Building for $rid works on $machine alone." >&2
      exit 2
    fi
    "$root/scripts/prerequisites.sh" cross
    options+=(-p:CppCompilerAndLinker=aarch64-linux-gnu-gcc -p:LinkerFlavor=bfd -p:ObjCopyName=aarch64-linux-gnu-objcopy)
  fi
else
  "$root/scripts/prerequisites.sh" managed
fi
out="$root/.edgefleet/packages/$program-$rid"
mkdir -p "$root/.edgefleet/packages"
next=$(mktemp -d "$root/.edgefleet/packages/.next.XXXXXX")
trap 'rm -rf "$next"' EXIT
DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet publish "$root/$project" -c Release -r "$rid" -o "$next" -v q -nologo -nodeReuse:false \
  -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:NativeDebugSymbols=false "${options[@]}" < /dev/null
find "$next" -name '*.dbg' -o -name '*.pdb' -o -name '*.xml' | while read -r file; do rm -f "$file"; done
cp "$root/LICENSE" "$next/"
rm -rf "$out"
mv "$next" "$out"
chmod 755 "$out"
trap - EXIT
echo "$out"
