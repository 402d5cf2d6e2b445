#!/bin/sh
# Lists weak symbols (inline functions kept out of line) of kernel objects that are not in an instruction set's namespace.
# usage: shared_inline_code.sh NM OBJECT...
nm=$1
shift
found=$("$nm" -A --defined-only "$@" | awk '$2 ~ /^[WVu]$/ || $3 ~ /^[WVu]$/' | c++filt |
  grep -vE 'edgefleet::(baseline|avx2|avx512|avx512_vnni|neon|neon_dot)::' | grep -v 'DW.ref')
if [ -n "$found" ]; then
  echo "Inline code shared between instruction sets:"
  echo "$found"
  exit 1
fi
