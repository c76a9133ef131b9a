# shellcheck shell=bash
# What every script starts with: the repository as working folder, rustup's programs in the PATH, and two ways to
# speak. Progress goes to stderr, so that a script's stdout stays the output of the program it runs.
#
# Sourced, never run. It changes nothing but the working folder and the PATH of the script that sources it.

set -euo pipefail

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$REPOSITORY"

# A shell that was open before rustup was installed does not know its folder yet. It goes first because
# rust-toolchain.toml is only obeyed by rustup's cargo, not by a distribution's.
CARGO_PROGRAMS="${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"
case ":$PATH:" in
    *":$CARGO_PROGRAMS:"*) ;;
    *) PATH="$CARGO_PROGRAMS:$PATH" ;;
esac
export PATH

# One line about what happens now.
say() {
    printf '==> %s\n' "$*" >&2
}

# The reason why it cannot go on; ends the script.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}
