# shellcheck shell=bash
# Builds programs on first use. Sourced by the commands at the repository's root; scripts/launch.sh is the usual way in.
#
# Every build goes into a directory of its own under .edgefleet/builds, and .edgefleet/PROGRAM is a link that is switched to it when it is whole. Nothing is ever
# written over: a program that runs keeps its files. It holds a shared lock on its directory (a descriptor that it and its children inherit), and a later build
# removes the directories that nobody holds any more.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
declare -A projects=([edgefleet]=src/Cli [edgefleet-agent]=src/Agent [edgefleet-collector]=src/Collector)

# What a build depends on, as one hash: path, size and time of every source. Sees files that are gone, which a comparison of times does not.
sources_hash() {
  (cd "$root" && find src models Directory.Build.props Directory.Packages.props EdgeFleet.Programs.slnf global.json scripts/programs.sh \
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

# build_programs SOURCES PROGRAM...: several are one build, so that they share the projects below them and fill the processors. Some of its processes only wait for
# others (the compilers of C++ and of native code), hence more of them than processors. A step that fails is looked at by hand: 'set -e' does not reach into a
# function whose status is looked at.
build_programs() {
  local sources=$1 rid target program published next link prerequisites=managed time="half a minute" log="$root/.edgefleet/build.log"
  shift
  rid=$(runtime_identifier) || return 2
  for program; do
    rm -rf "$root/${projects[$program]}/bin/Release/net10.0/$rid/publish"
    if [ "$program" = edgefleet-agent ]; then prerequisites=native time="a minute or two"; fi
  done
  "$root/scripts/prerequisites.sh" "$prerequisites" || return 2
  target=${projects[$1]}
  if [ $# -gt 1 ]; then target=EdgeFleet.Programs.slnf time="a few minutes"; fi
  echo "building $* for $rid ($time, once; $log follows it)" >&2
  trap 'interrupted=1' INT
  if ! without_locks env DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 \
    dotnet publish "$root/$target" -c Release "-p:RuntimeIdentifier=$rid" -v m -nologo -nodeReuse:false "-m:$(($(nproc) + 2))" "${build_options[@]}" > "$log" 2>&1 < /dev/null; then
    if [ -n "${interrupted:-}" ]; then
      echo "The build was interrupted; the next start goes on with it." >&2
      exit 130
    fi
    grep -E 'error' "$log" | sort -u | head -20 >&2
    echo "The build failed; $log has all of it." >&2
    return 2
  fi
  trap - INT
  for program; do
    published="$root/${projects[$program]}/bin/Release/net10.0/$rid/publish"
    next=$(mktemp -d "$root/.edgefleet/builds/$program.XXXXXX") || return 2
    mv -T "$published" "$next" || return 2
    chmod 755 "$next"
    echo "$sources" > "$next/.sources" || return 2
    : > "$next/.hold"
    link="$root/.edgefleet/$program"
    if [ -d "$link" ] && [ ! -L "$link" ]; then mv -T "$link" "$root/.edgefleet/builds/$program.earlier"; fi
    ln -sfn "builds/$(basename "$next")" "$link.next"
    mv -T "$link.next" "$link"
    remove_old_builds "$program" "$next"
  done
}
# What a developer's build checks, and what only a debugger reads, is left out.
build_options=(-p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:NuGetAudit=false -p:GenerateDocumentationFile=false -p:NativeDebugSymbols=false)

# use_programs PROGRAM...: builds those whose sources have changed since the last build, and sets directories[PROGRAM] to where each is, held.
use_programs() {
  local program sources stale
  sources=$(sources_hash)
  mkdir -p "$root/.edgefleet/builds"
  until hold_built "$sources" "$@"; do
    exec 9> "$root/.edgefleet/lock"
    flock 9
    # Somebody else may have built them while this one waited.
    stale=()
    for program; do
      if [ "$(cat "$root/.edgefleet/$program/.sources" 2>/dev/null)" != "$sources" ]; then stale+=("$program"); fi
    done
    if [ ${#stale[@]} -gt 0 ]; then build_programs "$sources" "${stale[@]}" || exit 2; fi
    exec 9>&-
  done
}
declare -A directories=()

# hold_built SOURCES PROGRAM...: fails when one of them is not built from these sources.
hold_built() {
  local sources=$1 program directory
  shift
  for program; do
    if [ -n "${directories[$program]:-}" ]; then continue; fi
    directory=$(readlink -f "$root/.edgefleet/$program" || true)
    if [ ! -L "$root/.edgefleet/$program" ] || [ "$(cat "$directory/.sources" 2>/dev/null)" != "$sources" ] || ! hold "$directory"; then return 1; fi
    directories[$program]=$directory
  done
}
