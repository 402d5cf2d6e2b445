# shellcheck shell=bash
# Builds programs on first use. Sourced by the commands at the repository's root; scripts/launch.sh is the usual way in.
#
# Every build goes into a directory of its own under .edgefleet/builds, and .edgefleet/PROGRAM is a link that is switched to it when it is whole. Nothing is ever
# written over: a program that runs keeps its files. It holds a shared lock on its directory (a descriptor that it and its children inherit), and a later build
# removes the directories that nobody holds any more.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What a build depends on, as one hash: path, size and time of every source. Sees files that are gone, which a comparison of times does not.
sources_hash() {
  (cd "$root" && find src models Directory.Build.props Directory.Packages.props global.json scripts/programs.sh \
    \( -name bin -o -name obj -o -name build -o -name .vs \) -prune -o -type f -printf '%p %s %T@\n' | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
}

runtime_identifier() {
  case "$(uname -m)" in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) echo "EdgeFleet is built for x86-64 and arm64; this machine is $(uname -m)." >&2; return 2 ;;
  esac
}

# hold DIRECTORY: takes a shared lock on a build for as long as this process and its children live. Fails when the build was removed meanwhile.
hold() {
  local descriptor
  { exec {descriptor}< "$1/.hold"; } 2>/dev/null || return 1
  flock -s "$descriptor"
  if [ ! -e "$1/.hold" ]; then
    exec {descriptor}<&-
    return 1
  fi
  held+=("$descriptor")
}
held=()

# Without the locks: what a build leaves running (the compiler's server) must not hold them.
without_locks() (
  exec 9>&-
  for descriptor in "${held[@]}"; do exec {descriptor}<&-; done
  exec "$@"
)

remove_old_builds() {
  local directory descriptor
  for directory in "$root/.edgefleet/builds/$1".*; do
    if [ ! -d "$directory" ] || [ "$directory" = "$2" ]; then continue; fi
    if { exec {descriptor}< "$directory/.hold"; } 2>/dev/null; then
      if flock -n -x "$descriptor"; then rm -rf "$directory"; fi
      exec {descriptor}<&-
    else
      rm -rf "$directory" # A build that did not come to its end.
    fi
  done
}

build_program() {
  local project=$1 program=$2 sources=$3 rid next log link options=()
  rid=$(runtime_identifier)
  if [ "$project" = src/Agent ]; then
    "$root/scripts/prerequisites.sh"
  else
    "$root/scripts/prerequisites.sh" managed
    options=(-p:PublishReadyToRun=true) # Compiled ahead where the agent's own kind of compilation is not used: less to do at each start.
  fi
  echo "building $program for $rid ($4, once)" >&2
  next=$(mktemp -d "$root/.edgefleet/builds/$program.XXXXXX")
  log="$root/.edgefleet/$program.log"
  if ! without_locks env DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 \
    dotnet publish "$root/$project" -c Release -r "$rid" -o "$next" -v q -nologo -nodeReuse:false \
    -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false "${options[@]}" > "$log" 2>&1 < /dev/null; then
    grep -E 'error' "$log" | sort -u | head -20 >&2
    rm -rf "$next"
    echo "The build failed; $log has all of it." >&2
    return 2
  fi
  chmod 755 "$next"
  echo "$sources" > "$next/.sources"
  : > "$next/.hold"
  link="$root/.edgefleet/$program"
  if [ -d "$link" ] && [ ! -L "$link" ]; then mv -T "$link" "$root/.edgefleet/builds/$program.earlier"; fi
  ln -sfn "builds/$(basename "$next")" "$link.next"
  mv -T "$link.next" "$link"
  remove_old_builds "$program" "$next"
}

# use_program PROJECT PROGRAM [TIME]: builds the program if a source has changed since, and sets program_directory to where it is, held.
use_program() {
  local project=$1 program=$2 link="$root/.edgefleet/$2" sources
  sources=$(sources_hash)
  mkdir -p "$root/.edgefleet/builds"
  while true; do
    program_directory=$(readlink -f "$link" || true)
    if [ -L "$link" ] && [ "$(cat "$program_directory/.sources" 2>/dev/null)" = "$sources" ] && hold "$program_directory"; then return; fi
    exec 9> "$root/.edgefleet/lock"
    flock 9
    # Somebody else may have built it while this one waited.
    if [ "$(cat "$link/.sources" 2>/dev/null)" != "$sources" ]; then build_program "$project" "$program" "$sources" "${3:-half a minute}" || exit 2; fi
    exec 9>&-
  done
}
