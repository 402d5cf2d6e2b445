#!/usr/bin/env bash
# What an idle agent costs, beside Debian's prometheus-node-exporter: size of the program, time from start to link, resident memory, processor time.
# Both are asked for something every 10 s: the agent sends its heartbeat, the exporter is scraped.
# usage: bench/agent-idle/measure.sh AGENT_DIRECTORY COLLECTOR_PROGRAM [SECONDS]
#   AGENT_DIRECTORY    what `dotnet publish src/Agent` made (edgefleet-agent and its libraries)
#   COLLECTOR_PROGRAM  edgefleet-collector
#   SECONDS            how long the idle time is watched; default 60
set -euo pipefail
agent=$(realpath "$1")/edgefleet-agent
collector=$(realpath "$2")
seconds=${3:-60}
starts=10
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT

until_says() { # FILE TEXT
  for _ in $(seq 600); do
    grep -q "$2" "$1" 2> /dev/null && return
    sleep 0.1
  done
  echo "'$2' was not said within 60 s:" >&2
  cat "$1" >&2
  exit 1
}
processor_ms() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/^.*\) /, ""); print ($12 + $13) * 1000 / hz }' "/proc/$1/stat"; }
field_kib() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/$3"; }

"$collector" --data "$work/collector" --port 0 --listen 127.0.0.1 --host localhost > "$work/collector.log" 2>&1 &
pids+=($!)
until_says "$work/collector.log" "tokens "

# The first start probes the machine and makes a key; those after it are what a restart costs.
times=()
for i in $(seq 0 "$starts"); do
  begin=$(date +%s%N)
  "$agent" run --join "@$work/collector/join-string" --state "$work/agent" --log-format json > "$work/agent-$i.log" 2>&1 &
  pid=$!
  until_says "$work/agent-$i.log" "Connected to"
  stamp=$(grep "Connected to" "$work/agent-$i.log" | head -1 | sed -E 's/.*"@t":"([^"]+)".*/\1/')
  times+=($((($(date -d "$stamp" +%s%N) - begin) / 1000000)))
  [ "$i" = "$starts" ] && break
  kill -TERM "$pid"
  wait "$pid"
done
pids+=("$pid")
first=${times[0]}
sorted=$(printf '%s\n' "${times[@]:1}" | sort -n)
median=$(sed -n "$(((starts + 1) / 2))p" <<< "$sorted")

exporter=
if command -v prometheus-node-exporter > /dev/null; then
  prometheus-node-exporter --web.listen-address=127.0.0.1:19100 > "$work/exporter.log" 2>&1 &
  exporter=$!
  pids+=("$exporter")
fi

sleep 15
agent_before=$(processor_ms "$pid")
[ -z "$exporter" ] || exporter_before=$(processor_ms "$exporter")
for _ in $(seq $((seconds / 10))); do
  [ -z "$exporter" ] || curl -s -o /dev/null http://127.0.0.1:19100/metrics
  sleep 10
done
share() { awk -v a="$1" -v b="$2" -v s="$((seconds / 10 * 10))" 'BEGIN { printf "%.3f", (b - a) / 1000 / s * 100 }'; }

echo "machine           $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(nproc) processors, $(awk '$1 == "MemTotal:" { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo), kernel $(uname -r)"
echo "program           $(awk -v b="$(stat -c %s "$agent")" 'BEGIN { printf "%.1f MB", b / 1e6 }') (without native libraries)"
echo "first start       $first ms to the link (key, probes)"
echo "start             $median ms to the link: median of $starts; $(head -1 <<< "$sorted") to $(tail -1 <<< "$sorted")"
echo "idle resident     $(field_kib "$pid" VmRSS status) KiB, of which $(field_kib "$pid" RssFile status) KiB are files; $(field_kib "$pid" Pss smaps_rollup) KiB proportional"
echo "idle processor    $(share "$agent_before" "$(processor_ms "$pid")") % of a core over $((seconds / 10 * 10)) s; $(ls "/proc/$pid/task" | wc -l) threads"
if [ -n "$exporter" ]; then
  echo "node exporter     $(dpkg-query -W -f '${Version}' prometheus-node-exporter): $(field_kib "$exporter" VmRSS status) KiB resident, $(field_kib "$exporter" Pss smaps_rollup) KiB proportional, $(share "$exporter_before" "$(processor_ms "$exporter")") % of a core, program $(awk -v b="$(stat -L -c %s "$(command -v prometheus-node-exporter)")" 'BEGIN { printf "%.1f MB", b / 1e6 }')"
else
  echo "node exporter     not installed (apt-get install prometheus-node-exporter)"
fi
