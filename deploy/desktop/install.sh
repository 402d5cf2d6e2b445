#!/usr/bin/env bash
# Puts EdgeFleet on this machine: the agent, or the collector with the configuration of Prometheus and Grafana. Running it again updates.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib.sh
. "$here/../lib.sh"

usage() {
  cat << EOT
usage: deploy/desktop/install.sh agent --join-file FILE [OPTION...]
       deploy/desktop/install.sh collector [--host NAME] [OPTION...]
       deploy/desktop/install.sh uninstall agent|collector [OPTION...]

agent       the agent as a service, pointed at a collector
collector   the collector and the command line as a service, with units and configuration of Prometheus and Grafana; those two themselves are
            this system's packages (apt-get install prometheus; grafana from grafana.com) and are not installed here
uninstall   removes programs, units and configuration; data in /var/lib stays

--join-file FILE     the collector's join string (join-string in its data directory)
--label KEY=VALUE    a label of the device; may be repeated
--directory DIR      the program's directory (from scripts/package.sh); default: built from this checkout
--host NAME          name or address under which agents reach the collector; default the host name
--root DIR           install into this staging root and leave the running system alone
--dry-run            say what would be done
EOT
}

what=""
join=""
labels=""
directory=""
host=""
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
    --host)
      [[ "${2:-}" =~ ^[A-Za-z0-9_.:-]+$ ]] || fail "--host needs a name or an address"
      host=$2
      shift
      ;;
    --root) need "$1" "${2:-}" "a directory"; root_directory=$(realpath -m "$2"); shift ;;
    --dry-run) dry_run=1 ;;
    agent | collector | uninstall) what="${what:+$what }$1" ;;
    *) usage >&2; fail "'$1' is not known" ;;
  esac
  shift
done

install_collector() {
  local program tools
  program=$(program_directory "$directory" edgefleet-collector src/Collector "$(machine_rid)")
  make_user edgefleet /var/lib/edgefleet
  put_directory "$program" /opt/edgefleet/collector
  if [ -z "$directory" ]; then
    tools=$(program_directory "" edgefleet src/Cli "$(machine_rid)")
    put_directory "$tools" /opt/edgefleet/cli
    run mkdir -p "$root_directory/usr/local/bin"
    run ln -sfn /opt/edgefleet/cli/edgefleet "$root_directory/usr/local/bin/edgefleet"
  fi
  put_options collector.conf EDGEFLEET_COLLECTOR_OPTIONS "${host:+--host $host}" "Options of edgefleet-collector beside --data and --port."
  local file
  for file in prometheus/prometheus.yml prometheus/rules/alerts.yml prometheus/rules/recording.yml grafana/provisioning/dashboards/edgefleet.yml \
    grafana/provisioning/datasources/prometheus.yml; do
    put 0644 "$here/$file" "/etc/edgefleet/$file"
  done
  for file in "$here"/grafana/dashboards/*.json; do put 0644 "$file" "/etc/edgefleet/grafana/dashboards/$(basename "$file")"; done
  for file in collector prometheus grafana; do put 0644 "$here/systemd/edgefleet-$file.service" "/etc/systemd/system/edgefleet-$file.service"; done
  live systemctl daemon-reload
  live systemctl enable edgefleet-collector.service
  live systemctl restart edgefleet-collector.service
  if [ -x /usr/bin/prometheus ]; then live systemctl enable --now edgefleet-prometheus.service; else echo "Prometheus is not here (apt-get install prometheus): its unit was put there and not started."; fi
  if [ -x /usr/share/grafana/bin/grafana ]; then live systemctl enable --now edgefleet-grafana.service; else echo "Grafana is not here: its unit was put there and not started."; fi
  echo "Agents join with /var/lib/edgefleet/collector/join-string, operators with operator-string beside it."
}

require_root
case "$what" in
  agent)
    require_join "$join"
    directory=$(program_directory "$directory" edgefleet-agent src/Agent "$(machine_rid)")
    install_agent "$directory" "$join" "$labels" "$here/systemd/edgefleet-agent.service"
    join_groups edgefleet-agent video render
    start_agent
    ;;
  collector) install_collector ;;
  "uninstall agent") remove_agent; live systemctl daemon-reload ;;
  "uninstall collector")
    live systemctl disable --now edgefleet-grafana.service edgefleet-prometheus.service edgefleet-collector.service
    for unit in collector prometheus grafana; do run rm -f "$root_directory/etc/systemd/system/edgefleet-$unit.service"; done
    run rm -rf "$root_directory/opt/edgefleet/collector" "$root_directory/opt/edgefleet/cli" "$root_directory/etc/edgefleet/prometheus" \
      "$root_directory/etc/edgefleet/grafana" "$root_directory/etc/edgefleet/collector.conf" \
      "$root_directory/etc/edgefleet/collector.conf.previous" "$root_directory/etc/edgefleet/server-certificate.pem"
    if [ -L "$root_directory/usr/local/bin/edgefleet" ]; then run rm -f "$root_directory/usr/local/bin/edgefleet"; fi
    live systemctl daemon-reload
    ;;
  *) usage >&2; fail "say what: agent, collector, or uninstall with one of them" ;;
esac
