#!/bin/sh
# Repeatability of TPOT against the noise reference, without and with a noisy neighbour, and the cost of sampling the sensors.
# repeatability.sh AGENT DIRECTORY quiet|noisy|cost: writes JSON Lines, `cost` adds to those that are there; summarise.py makes the tables.
set -eu
agent=$1 out=$2 part=$3
mkdir -p "$out"
scenario="--model mamba-130m --precision int4 --context 32 --decode 64 --measure-time 2 --warmup-time 1 --no-memory --no-warm-load -q -o jsonl"

case $part in
quiet)
  "$agent" bench $scenario --repeats 10 > "$out/quiet.jsonl"
  ;;
noisy)
  # The neighbour copies memory in bursts, as a build or a database would.
  (while :; do head -c 2000000000 /dev/zero | tail -c 1 > /dev/null; sleep 0.2; done) &
  neighbour=$!
  trap 'kill $neighbour' EXIT
  "$agent" bench $scenario --repeats 10 > "$out/noisy.jsonl"
  ;;
cost)
  # Pairs, each in the other order than the one before, so that a machine that drifts favours neither.
  pair=0
  while [ $pair -lt "${PAIRS:-20}" ]; do
    if [ $((pair % 2)) = 0 ]; then
      "$agent" bench $scenario >> "$out/sampled.jsonl"
      "$agent" bench $scenario --sample-period 0 >> "$out/unsampled.jsonl"
    else
      "$agent" bench $scenario --sample-period 0 >> "$out/unsampled.jsonl"
      "$agent" bench $scenario >> "$out/sampled.jsonl"
    fi
    pair=$((pair + 1))
  done
  ;;
*)
  echo "usage: repeatability.sh AGENT DIRECTORY quiet|noisy|cost" >&2
  exit 2
  ;;
esac
