#!/usr/bin/env bash
# Builds one of the programs when its sources have changed since the last build, then runs it.
# usage: scripts/launch.sh PROJECT PROGRAM [ARGUMENT...]      e.g. scripts/launch.sh src/Agent edgefleet-agent bench --help
set -euo pipefail
# shellcheck source=scripts/programs.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs.sh"
project=$1
program=$2
shift 2
use_program "$project" "$program" "a minute or two"
exec "$program_directory/$program" "$@"
