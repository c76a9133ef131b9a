# shellcheck shell=bash
# What the project needs on a machine: one check and one need per program.
#
# `has_X` answers whether X is there and good enough. `need_X` is silent if so, else notes what to install. Needs
# never install by themselves (packages.sh does, once for all), except Rust, cargo-deny and cargo-fuzz, which are no packages.
# A need that is covered otherwise (an own broker, an own database) is no need.

OLDEST_JAVA=17
OLDEST_NODE=20.19
CARGO_DENY_VERSION=0.20.2
CARGO_FUZZ_VERSION=0.13.1

# --- building ---------------------------------------------------------------------------------------------------------

has_curl() {
    have curl && [ -e /etc/ssl/certs/ca-certificates.crt ]
}
need_curl() {
    has_curl || want curl ca-certificates
}

# librdkafka is C and C++; its Makefile builds both.
has_compilers() {
    have cc && have c++ && echo 'int main(void){return 0;}' | cc -x c -o /dev/null - 2>/dev/null
}
need_compilers() {
    has_compilers || want gcc g++ libc6-dev
}

need_make() {
    have make || want make
}

need_pkg_config() {
    have pkg-config || want pkg-config
}

rust_channel() {
    sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml
}

has_rust() {
    have cargo && have rustc && [ "$(rustc --version 2>/dev/null | cut -d' ' -f2)" = "$(rust_channel)" ] \
        && cargo --version >/dev/null 2>&1
}

# Installs rustup and the toolchain of rust-toolchain.toml for this user; needs curl.
install_rust() {
    local channel by_hand
    channel=$(rust_channel)
    by_hand="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain $channel"
    if ! have rustup; then
        say "installing rustup"
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs \
            | RUSTUP_INIT_SKIP_PATH_CHECK=yes sh -s -- -y --no-modify-path --profile minimal --default-toolchain none >&2 \
            || die "rustup could not be installed; run this, then start again:
    $by_hand"
        hash -r
    fi
    say "installing Rust $channel"
    rustup toolchain install "$channel" --profile minimal --component clippy --component rustfmt >&2 \
        || die "Rust $channel could not be installed; run this, then start again:
    rustup toolchain install $channel --profile minimal --component clippy --component rustfmt"
}

# --- the web app ------------------------------------------------------------------------------------------------------

has_node() {
    has_npm && [ "$(printf '%s\nv%s\n' "$(node --version)" "$OLDEST_NODE" | sort -V | head -n 1)" = "v$OLDEST_NODE" ]
}
need_node() {
    has_node || want nodejs npm
}

# --- running: Kafka and PostgreSQL as children of `candor dev` and of the tests ---------------------------------------

# The same order as the embedded crate: JAVA_HOME, then PATH.
java_program() {
    if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
        printf '%s\n' "$JAVA_HOME/bin/java"
    else
        command -v java
    fi
}

java_major() {
    # 17.0.15 -> 17, 1.8.0_402 -> 1 (too old in any case)
    "$(java_program)" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1
}

has_java() {
    java_program >/dev/null && [ "$(java_major)" -ge "$OLDEST_JAVA" ] 2>/dev/null
}

# Java runs Kafka and Maven; nothing is compiled with it, so the run-time package is enough.
need_java() {
    [ -z "${CANDOR_KAFKA_BROKERS:-}" ] || return 0
    if ! has_java; then
        want "$(first_known_package openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless default-jre-headless)"
    fi
}

need_maven() {
    [ -z "${CANDOR_KAFKA_BROKERS:-}" ] || return 0
    have mvn || want maven
}

# The same places as the embedded crate: PG_BIN_DIR, Debian's folders, PATH.
has_postgresql() {
    local folder
    for folder in "${PG_BIN_DIR:-}" /usr/lib/postgresql/*/bin; do
        if [ -n "$folder" ] && [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            return 0
        fi
    done
    have initdb && have postgres
}

need_postgresql() {
    [ -z "${CANDOR_DATABASE_URL:-}" ] || return 0
    has_postgresql || want postgresql
}

# --- testing ----------------------------------------------------------------------------------------------------------

# The browser of the gateway's tests: pages load the SDK's loader in it. Ubuntu's chromium is a snap, which does not run
# everywhere; a browser of another name is found through a link called chromium in the PATH.
has_chromium() {
    have chromium
}
need_chromium() {
    has_chromium || want chromium
}

# --- checking: what .ci/run uses beside the above ---------------------------------------------------------------------

need_shellcheck() {
    have shellcheck || want shellcheck
}

# Compose version 2 is a plugin of the docker command, version 1 a program of its own; either can check a file.
has_compose() {
    docker compose version >/dev/null 2>&1 || have docker-compose
}
need_compose() {
    has_compose || want "$(first_known_package docker-compose-v2 docker-compose)"
}

# `nginx -t` checks the proxy's configuration.
has_nginx() {
    have nginx || [ -x /usr/sbin/nginx ]
}
need_nginx() {
    has_nginx || want nginx-light
}

# schemathesis asks the API; it lives in an environment of its own.
has_python() {
    have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null
}
need_python() {
    has_python || want python3 python3-venv
}

has_cargo_deny() {
    [ "$(cargo deny --version 2>/dev/null)" = "cargo-deny $CARGO_DENY_VERSION" ]
}

# Built without optimisation: it runs for seconds, and so takes a third of the time to build.
install_cargo_deny() {
    say "building cargo-deny $CARGO_DENY_VERSION (once, a few minutes)"
    cargo install --locked --debug "cargo-deny@$CARGO_DENY_VERSION" >&2 \
        || die "cargo-deny could not be installed; run: cargo install --locked cargo-deny@$CARGO_DENY_VERSION"
}

has_cargo_fuzz() {
    [ "$(cargo fuzz --version 2>/dev/null)" = "cargo-fuzz $CARGO_FUZZ_VERSION" ]
}

# libFuzzer itself comes with the targets, as a crate.
install_cargo_fuzz() {
    say "building cargo-fuzz $CARGO_FUZZ_VERSION (once, a minute)"
    cargo install --locked --debug "cargo-fuzz@$CARGO_FUZZ_VERSION" >&2 \
        || die "cargo-fuzz could not be installed; run: cargo install --locked cargo-fuzz@$CARGO_FUZZ_VERSION"
}

# Checks of the AsyncAPI document run the official parser, which npm brings.
has_npm() {
    have node && have npm
}
need_npm() {
    has_npm || want nodejs npm
}
