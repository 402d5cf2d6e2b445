#!/usr/bin/env bash
# Builds one of the programs when its sources are newer than the last build, then runs it.
# usage: scripts/launch.sh PROJECT PROGRAM [ARGUMENT...]      e.g. scripts/launch.sh src/Agent edgefleet-agent bench --help
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project=$1
program=$2
shift 2

case "$(uname -m)" in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) echo "$program is built for x86-64 and arm64; this machine is $(uname -m)." >&2; exit 2 ;;
esac

out="$root/.edgefleet/$program"
stamp="$out/.built"
is_current() {
  [ -x "$out/$program" ] && [ -e "$stamp" ] &&
    [ -z "$(cd "$root" && find src models Directory.Build.props Directory.Packages.props global.json \
      \( -name bin -o -name obj -o -name build \) -prune -o -type f -newer "$stamp" -print -quit)" ]
}

if ! is_current; then
  mkdir -p "$out"
  exec 9> "$root/.edgefleet/lock"
  flock 9
  if ! is_current; then
    "$root/scripts/prerequisites.sh"
    echo "building $program for $rid (a minute or two, once)" >&2
    started="$out/.started"
    touch "$started"
    log="$root/.edgefleet/$program.log"
    if ! DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 \
      dotnet publish "$root/$project" -c Release -r "$rid" -o "$out" -v q -nologo > "$log" 2>&1; then
      grep -E 'error' "$log" | sort -u | head -20 >&2
      echo "The build failed; $log has all of it." >&2
      exit 2
    fi
    mv "$started" "$stamp"
  fi
  exec 9>&-
fi
exec "$out/$program" "$@"
