#!/usr/bin/env bash
# Makes sure that what a build needs is on this machine (Debian 12, Ubuntu 22.04 or 24.04): installs missing packages when run as root or
# where sudo asks nothing, and otherwise says which command to run.
# usage: scripts/prerequisites.sh [managed|native|cross|tests]      without one: native
# "managed": for the collector and the command line, which need no compiler; "native": for the agent; "cross" adds the compiler for arm64, "tests" what only the tests need
set -euo pipefail

if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
  echo "The .NET 10 SDK is needed (dotnet --list-sdks shows none): https://learn.microsoft.com/dotnet/core/install/linux" >&2
  exit 2
fi

[ "${1:-}" != managed ] || exit 0

packages=()
command -v cmake >/dev/null || packages+=(cmake)
command -v g++ >/dev/null || packages+=(g++)
command -v ninja >/dev/null || packages+=(ninja-build)
# NativeAOT links with clang or gcc, and against zlib.
echo 'int main(){}' | "$(command -v g++ || echo true)" -x c++ - -lz -o /dev/null 2>/dev/null || packages+=(zlib1g-dev)
if [ "${1:-}" = cross ]; then
  command -v aarch64-linux-gnu-g++ >/dev/null || packages+=(g++-aarch64-linux-gnu gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu libc6-dev-arm64-cross)
fi
if [ "${1:-}" = tests ]; then
  [ -e /usr/src/googletest/CMakeLists.txt ] || packages+=(libgtest-dev)
  # Metrics, rules and dashboards are tested against a real Prometheus.
  command -v promtool >/dev/null || packages+=(prometheus)
fi

[ ${#packages[@]} -gt 0 ] || exit 0
install=(apt-get install -y --no-install-recommends "${packages[@]}")
if ! command -v apt-get >/dev/null; then
  echo "Missing: ${packages[*]} (Debian's names). Install them with this system's package manager." >&2
  exit 2
fi
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo)
else
  echo "Missing packages. Run: sudo ${install[*]}" >&2
  exit 2
fi
echo "installing ${packages[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" "${install[@]}" >&2
