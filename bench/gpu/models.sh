#!/usr/bin/env bash
# Measures whole models on a GPU: times, memory, energy and operator shares over context length, chunked prefill, parity, graph steps
# against plain steps, the frontier in a memory budget. usage: models.sh AGENT PACK OUT [PART...]
#   AGENT  the program edgefleet-agent     PACK  a runtime pack with CUDA (docs/runtime-packs.md)     OUT  receives JSON Lines by part
#   PART   context small logits chunk int4 batch graph frontier parity tensorrt few; default: all but few, which needs NVIDIA's multi-process service. models_report.py makes tables of OUT.
# Environment: EDGEFLEET_CACHE (where artifacts are kept; default OUT/cache).
set -uo pipefail
agent=${1:?usage: models.sh AGENT PACK OUT [PART...]} pack=${2:?} out=${3:?}
shift 3
parts=("$@")
[ $# -gt 0 ] || parts=(context small logits chunk int4 batch graph frontier parity tensorrt)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$out"
common=(--runtime-pack "$pack" --cache "${EDGEFLEET_CACHE:-$out/cache}")

# bench PART ARGUMENT...: appends rows to OUT/PART.jsonl; a scenario that fails does not end the rest.
bench() {
  local part=$1
  shift
  "$agent" bench "${common[@]}" --provider cuda -o jsonl -q "$@" >> "$out/$part.jsonl" 2>> "$out/$part.err"
  echo "$(date -u +%T) $part ${*: -6} status $?"
}
timed=(--warmup-iterations 3)
sensed=(-p fp16 --iterations 5 --sample-period 0.05 --profile)
plain=(-p fp16 --iterations 3 --sample-period 0)

context() {
  bench context "${timed[@]}" "${sensed[@]}" -m mamba2-780m -c 1024,8192,32768,57344,220000 -n 64
  bench context "${timed[@]}" "${sensed[@]}" -m qwen2.5-0.5b -c 1024,8192,32768,57344,131072 -n 64
  bench context "${timed[@]}" "${sensed[@]}" -m falcon-h1-0.5b -c 1024,8192,32768,57344 -n 64
  bench context "${timed[@]}" "${sensed[@]}" -m mamba-1.4b -c 1024,8192,57344 -n 64
}
# Operator shares of the small SSMs that the published study profiles.
small() { bench small "${timed[@]}" -p fp16 --iterations 5 --sample-period 0 --no-memory --no-warm-load --profile -m mamba-130m,mamba2-130m -c 1024,8192,32768 -n 33; }

# Logits of every position, as that study's memory includes.
logits() { bench logits -p fp16 --warmup-iterations 1 --iterations 1 --sample-period 0 --no-warm-load --logits all -m mamba2-780m,qwen2.5-0.5b -c 57344 -n 1; }
chunk() {
  bench chunk "${timed[@]}" "${plain[@]}" -m mamba2-780m -c 220000 --chunk 8192,16384 -n 16
  bench chunk "${timed[@]}" "${plain[@]}" -m qwen2.5-0.5b -c 131072 --chunk 8192 -n 16
  bench chunk "${timed[@]}" "${plain[@]}" -m falcon-h1-0.5b,mamba-1.4b -c 57344 --chunk 8192 -n 16
}
int4() { bench int4 "${timed[@]}" -p int4 --iterations 5 --sample-period 0 --no-memory --no-warm-load -m mamba2-780m,qwen2.5-0.5b -c 1024 -n 64; }
batch() { bench batch "${timed[@]}" "${plain[@]}" --no-warm-load -m qwen2.5-0.5b,mamba2-780m -b 4 -c 4096 --chunk 0,1024 -n 16; }

# The tokens of 512 steps, as a hash of all, with a CUDA graph and without.
graph() {
  local without
  for without in 0 1; do
    EDGEFLEET_PLAIN_STEPS=$without bench "graph$without" -p fp16 --no-memory --no-warm-load --sample-period 0 --warmup-iterations 1 --iterations 1 \
      -m mamba2-780m,qwen2.5-0.5b,falcon-h1-0.5b -c 256 -n 513
  done
}

# The longest context within 24 and 8 GiB, prefill in one piece. The searches start where the memory of shorter contexts, carried on, comes close.
frontier() {
  local budget step
  for budget in 24 8; do
    step=$((budget == 24 ? 16384 : 8192))
    local search=(-p fp16 --no-memory --no-warm-load --sample-period 0 --warmup-iterations 1 --iterations 1 --gpu-mem-limit "${budget}G" -n 2)
    bench "frontier$budget" "${search[@]}" --frontier 4194304 --frontier-step $step -m mamba2-780m -c $((budget == 24 ? 491520 : 131072))
    bench "frontier$budget" "${search[@]}" --frontier 1048576 --frontier-step $step -m falcon-h1-0.5b -c $((budget == 24 ? 344064 : 98304))
    bench "frontier$budget" "${search[@]}" --frontier 1048576 --frontier-step $step -m qwen2.5-0.5b -c $((budget == 24 ? 393216 : 106496))
  done
}

# Every position's logits of the checkpoint fixtures against transformers': prefill alone, prefill of 40 tokens with decode behind it, in chunks.
parity_of() {
  local fixture=$here/../../tests/Fixtures/$1 precision=$2 way=$3 result
  # shellcheck disable=SC2086  # the way is a list of words
  result=$("$agent" verify "$fixture" --reference "$fixture/reference.safetensors" "${common[@]}" --provider cuda -p "$precision" -o json $way \
    2>> "$out/parity.err" | tail -1)
  [[ $result == {* ]] || result=null
  echo "{\"fixture\": \"$1\", \"precision\": \"$precision\", \"way\": \"$way\", \"result\": $result}" >> "$out/parity.jsonl"
}
parity() {
  local name precision way
  for name in qwen2 llama phi3 gpt_neo mamba mamba2 falcon_mamba falcon_h1 zamba2; do
    for precision in fp32 fp16 bf16; do
      for way in "" "--prefill 40" "--prefill 40 --chunk 17"; do
        parity_of "$name" "$precision" "$way" &
      done
    done
    wait
  done
}
tensorrt() {
  "$agent" bench "${common[@]}" -p fp16 -o jsonl -q --provider tensorrt --sample-period 0 -m qwen2.5-0.5b -c 512 -n 8 >> "$out/tensorrt.jsonl" 2>> "$out/tensorrt.err"
  "$agent" bench "${common[@]}" -p fp16 -o jsonl -q --provider tensorrt --sample-period 0 --allow-provider-fallback -m qwen2.5-0.5b -c 512 -n 8 \
    >> "$out/tensorrt.jsonl" 2>> "$out/tensorrt.err"
  "$agent" doctor --runtime-pack "$pack" > "$out/doctor.txt" 2>&1
}

# As many multiprocessors as a small board has: 12 and 6 % of the GPU's, by NVIDIA's multi-process service. Its memory is not as slow as theirs.
few() {
  local share
  # Of its own and short, as sockets' paths are.
  CUDA_MPS_PIPE_DIRECTORY=$(mktemp -d) CUDA_MPS_LOG_DIRECTORY=$(mktemp -d)
  export CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
  nvidia-cuda-mps-control -d || return
  for share in 12 6; do
    CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=$share bench "few$share" "${plain[@]}" --warmup-iterations 1 --no-memory --no-warm-load \
      -m mamba2-780m,qwen2.5-0.5b,falcon-h1-0.5b -c 1024,8192 -n 33
  done
  echo quit | nvidia-cuda-mps-control
  rm -rf "$CUDA_MPS_PIPE_DIRECTORY" "$CUDA_MPS_LOG_DIRECTORY"
  unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
}

for part in "${parts[@]}"; do
  "$part"
done
