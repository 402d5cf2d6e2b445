# shellcheck shell=bash
# What the install scripts of deploy/desktop and deploy/jetson share. Sourced.
root_directory=""
dry_run=0

fail() {
  echo "$(basename "$0"): $1" >&2
  exit "${2:-2}"
}

# run COMMAND...: does it, or says what it would do.
run() {
  if [ "$dry_run" = 1 ]; then
    printf 'would: %s\n' "$*"
  else
    "$@"
  fi
}

# live COMMAND...: what changes the running system, and therefore not a staging root.
live() {
  if [ -n "$root_directory" ]; then
    printf 'left out under --root: %s\n' "$*"
  else
    run "$@"
  fi
}

# need OPTION VALUE WHAT: that an option has its value.
need() {
  [ -n "$2" ] || fail "$1 needs $3"
}

require_root() {
  if [ -z "$root_directory" ] && [ "$dry_run" = 0 ] && [ "$(id -u)" != 0 ]; then fail "run it as root, or with --root DIR or --dry-run"; fi
}

# put MODE SOURCE TARGET: installs a file; the target is replaced in one step, and an equal file stays as it is.
put() {
  local target="$root_directory$3"
  if [ -f "$target" ] && cmp -s "$2" "$target"; then return; fi
  run install -D -m "$1" "$2" "$target.new"
  run mv -f "$target.new" "$target"
}

# put_directory SOURCE TARGET: installs a program's directory beside the old one and switches, so that a running program keeps its files.
put_directory() {
  local target="$root_directory$2"
  if [ -d "$target" ] && diff -rq "$1" "$target" > /dev/null 2>&1; then return; fi
  run mkdir -p "$(dirname "$target")"
  run rm -rf "$target.new" "$target.old"
  run cp -r "$1" "$target.new"
  run chmod -R go-w,a+rX "$target.new"
  if [ -e "$target" ]; then run mv -T "$target" "$target.old"; fi
  run mv -T "$target.new" "$target"
  run rm -rf "$target.old"
}

make_user() {
  if [ -z "$root_directory" ] && id "$1" > /dev/null 2>&1; then return; fi
  live useradd --system --home-dir "$2" --shell /usr/sbin/nologin "$1"
}

# The directory of a program for this machine: as given, or made from this checkout.
# program_directory GIVEN NAME PROJECT RID
program_directory() {
  local given=$1 name=$2 project=$3 rid=$4 checkout
  if [ -n "$given" ]; then
    [ -x "$given/$name" ] || fail "$given holds no program $name"
    echo "$given"
    return
  fi
  checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  [ -e "$checkout/EdgeFleet.sln" ] || fail "there is no checkout to build $name from; give its directory"
  run "$checkout/scripts/package.sh" "$name" "$project" "$rid" >&2 || fail "$name could not be built" 1
  echo "$checkout/.edgefleet/packages/$name-$rid"
}

machine_rid() {
  case "$(uname -m)" in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) fail "EdgeFleet is built for x86-64 and arm64; this machine is $(uname -m)" ;;
  esac
}

# put_options NAME VARIABLE VALUE COMMENT: a service's options in /etc/edgefleet/NAME. Without a value the file that is there stays; one that was changed by hand
# is kept beside the new one.
put_options() {
  local target="$root_directory/etc/edgefleet/$1" options
  if [ -z "$3" ] && [ -e "$target" ]; then return; fi
  options=$(mktemp)
  printf '# %s\n%s="%s"\n' "$4" "$2" "$3" > "$options"
  if [ -e "$target" ] && ! cmp -s "$options" "$target"; then
    run cp -p "$target" "$target.previous"
    [ "$dry_run" = 1 ] || echo "$target is written anew; what it held is in $target.previous"
  fi
  put 0644 "$options" "/etc/edgefleet/$1"
  rm -f "$options"
}

# require_join JOIN_FILE: that an agent's join string is given, or there from before.
require_join() {
  local join=$1
  if [ -n "$join" ]; then
    [ -r "$join" ] || fail "$join cannot be read"
    grep -Eq '^edgefleet://[^@]+@[^#]+#[0-9a-f]{64}$' "$join" || fail "$join does not hold a join string (edgefleet://TOKEN@HOST:PORT#FINGERPRINT)"
  elif [ ! -e "$root_directory/etc/edgefleet/join-string" ]; then
    fail "give the collector's join string with --join-file FILE (the collector writes it as join-string into its data directory)"
  fi
}

# install_agent DIRECTORY JOIN_FILE LABELS UNIT: program, join string, options and unit.
install_agent() {
  local directory=$1 join=$2 labels=$3 unit=$4
  make_user edgefleet-agent /var/lib/edgefleet-agent
  put_directory "$directory" /opt/edgefleet/agent
  if [ -n "$join" ]; then put 0600 "$join" /etc/edgefleet/join-string; fi
  put_options agent.conf EDGEFLEET_AGENT_OPTIONS "$labels" "Options of edgefleet-agent run beside --join, e.g. --label site=lab --cache-size 16GiB"
  put 0644 "$unit" /etc/systemd/system/edgefleet-agent.service
}

# join_groups USER GROUP...: those that this machine has; they open GPUs and sensors.
join_groups() {
  local user=$1 group
  shift
  for group in "$@"; do
    if getent group "$group" > /dev/null; then live usermod -aG "$group" "$user"; fi
  done
}

start_agent() {
  live systemctl daemon-reload
  live systemctl enable edgefleet-agent.service
  live systemctl restart edgefleet-agent.service
  echo "The agent's log: journalctl -u edgefleet-agent"
}

remove_agent() {
  live systemctl disable --now edgefleet-agent.service
  run rm -f "$root_directory/etc/systemd/system/edgefleet-agent.service" "$root_directory/etc/edgefleet/join-string" "$root_directory/etc/edgefleet/agent.conf" \
    "$root_directory/etc/edgefleet/agent.conf.previous"
  run rm -rf "$root_directory/opt/edgefleet/agent"
}
