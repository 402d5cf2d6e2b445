#!/usr/bin/env bash
# Builds one of the programs when its sources have changed since the last build, then runs it.
# usage: scripts/launch.sh PROGRAM [ARGUMENT...]      e.g. scripts/launch.sh edgefleet-agent bench --help
set -euo pipefail
# shellcheck source=scripts/programs.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs.sh"
program=$1
shift
use_programs "$program"
exec "${directories[$program]}/$program" "$@"
