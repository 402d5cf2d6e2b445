#!/usr/bin/env bash
# A collector within a memory control group (version 1 or 2; as root): MEMORY_LIMIT=512M COLLECTOR=PROGRAM, and this script as the benchmark's collector. The collector takes this process,
# so that it is what is measured. The group stays: its figures can be read there.
set -euo pipefail
if [ -d /sys/fs/cgroup/memory ]; then
  group=/sys/fs/cgroup/memory/edgefleet-bench limit=memory.limit_in_bytes
else
  group=/sys/fs/cgroup/edgefleet-bench limit=memory.max
fi
mkdir -p "$group"
echo "${MEMORY_LIMIT:?}" > "$group/$limit"
echo $$ > "$group/cgroup.procs"
exec "${COLLECTOR:?}" "$@"
