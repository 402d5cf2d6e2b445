#!/usr/bin/env bash
# Measures the models that llama.cpp's rows are compared with (models.md), over the same points: pp512, pp2048, tg64, tg64 at depth 2048.
# usage: bench/models/run.sh OUT [MODEL...]      leaves OUT/MODEL.jsonl; MODEL defaults to the four of the report
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
out=${1:?usage: bench/models/run.sh OUT [MODEL...]}
shift
[ $# -gt 0 ] || set -- qwen2.5-0.5b mamba-130m mamba2-130m falcon-h1-0.5b
mkdir -p "$out"
for model in "$@"; do
  bench=("$root/edgefleet-agent" bench --model "$model" --precision int4,fp32 --threads 2 --output jsonl)
  "${bench[@]}" --context 512 --decode 64 > "$out/$model.jsonl"
  "${bench[@]}" --context 2k --decode 0 >> "$out/$model.jsonl"
  "${bench[@]}" --context 1 --depth 2k --decode 64 --no-memory >> "$out/$model.jsonl"
done
