#!/bin/sh
# Repeatability of TPOT against the noise reference, without and with a noisy neighbour, and the cost of sampling the sensors.
# repeatability.sh AGENT DIRECTORY [quiet|noisy|cost]: writes JSON Lines; summarise.py makes the tables.
set -eu
agent=$1 out=$2 part=${3:-all}
mkdir -p "$out"
scenario="--model mamba-130m --precision int4 --context 32 --decode 48 --iterations 10 --measure-time 2 --warmup-time 1 --no-memory --no-warm-load -q -o jsonl"

if [ "$part" = all ] || [ "$part" = quiet ]; then
  "$agent" bench $scenario --repeats 10 > "$out/quiet.jsonl"
fi

if [ "$part" = all ] || [ "$part" = noisy ]; then
  # The neighbour copies memory in bursts, as a build or a database would.
  (while :; do head -c 2000000000 /dev/zero | tail -c 1 > /dev/null; sleep 0.2; done) &
  neighbour=$!
  trap 'kill $neighbour' EXIT
  "$agent" bench $scenario --repeats 10 > "$out/noisy.jsonl"
  kill $neighbour
  trap - EXIT
fi

if [ "$part" = all ] || [ "$part" = cost ]; then
  : > "$out/sampled.jsonl"
  : > "$out/unsampled.jsonl"
  for pair in 1 2 3 4 5 6 7 8; do
    "$agent" bench $scenario >> "$out/sampled.jsonl"
    "$agent" bench $scenario --sample-period 0 >> "$out/unsampled.jsonl"
  done
fi
