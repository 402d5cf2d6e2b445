#!/bin/sh
# Repeatability of TPOT against the noise reference, without and with a noisy neighbour.
# repeatability.sh AGENT DIRECTORY quiet|noisy: writes JSON Lines; summarise.py makes the tables.
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
*)
  echo "usage: repeatability.sh AGENT DIRECTORY quiet|noisy" >&2
  exit 2
  ;;
esac
