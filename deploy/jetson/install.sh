#!/usr/bin/env bash
# Puts the EdgeFleet agent on a Jetson (JetPack 6) and points it at a collector. Running it again updates.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib.sh
. "$here/../lib.sh"

usage() {
  cat << EOT
usage: deploy/jetson/install.sh --directory DIR --join-file FILE [--label KEY=VALUE]... [--root DIR] [--dry-run]
       deploy/jetson/install.sh uninstall [--root DIR] [--dry-run]

--directory DIR      the agent's directory for linux-arm64; made on a desktop by: scripts/package.sh edgefleet-agent src/Agent linux-arm64
--join-file FILE     the collector's join string (join-string in its data directory)
--label KEY=VALUE    a label of the device; may be repeated
--root DIR           install into this staging root and leave the running system alone
--dry-run            say what would be done
uninstall            removes program, unit and configuration; data in /var/lib/edgefleet-agent stays

Power mode and clocks stay as they are set; results carry them.
EOT
}

what=install
join=""
labels=""
directory=""
while [ $# -gt 0 ]; do
  case "$1" in
    --help | -h) usage; exit 0 ;;
    --join-file) need "$1" "${2:-}" "a file"; join=$2; shift ;;
    --label)
      [[ "${2:-}" =~ ^[A-Za-z0-9_.-]+=[A-Za-z0-9_.:/-]+$ ]] || fail "--label needs KEY=VALUE of letters, digits and _ . : / -"
      labels="${labels:+$labels }--label $2"
      shift
      ;;
    --directory) need "$1" "${2:-}" "a directory"; directory=$2; shift ;;
    --root) need "$1" "${2:-}" "a directory"; root_directory=$(realpath -m "$2"); shift ;;
    --dry-run) dry_run=1 ;;
    uninstall) what=uninstall ;;
    *) usage >&2; fail "'$1' is not known" ;;
  esac
  shift
done
require_root
if [ "$what" = uninstall ]; then
  remove_agent
  live systemctl daemon-reload
  exit 0
fi

[ -n "$directory" ] || fail "give the agent's directory with --directory DIR"
[ -x "$directory/edgefleet-agent" ] || fail "$directory holds no program edgefleet-agent"
require_join "$join"

# Byte 18 of an ELF file is its machine; 183 is AArch64.
[ "$(od -An -tu1 -j18 -N1 "$directory/edgefleet-agent" | tr -d ' ')" = 183 ] || fail "$directory/edgefleet-agent is no program for arm64"
if [ -z "$root_directory" ] && [ ! -e /etc/nv_tegra_release ]; then fail "this is no Jetson (there is no /etc/nv_tegra_release); deploy/desktop is for other machines"; fi
install_agent "$directory" "$join" "$labels" "$here/systemd/edgefleet-agent.service"
join_groups edgefleet-agent video render i2c
start_agent
