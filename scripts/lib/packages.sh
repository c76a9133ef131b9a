# shellcheck shell=bash
# Debian packages: the list of what is missing, and its installation in one go.
#
# Needs (scripts/lib/needs.sh) only say `want PACKAGE...`; nothing is installed and no package list is fetched until
# `install_wanted`, and then only if something is wanted. Where packages cannot be installed, the exact command is
# printed and the script ends with 1.

WANTED=()

want() {
    WANTED+=("$@")
}

# The words that run a command as root: none for root, `sudo -n` if that asks no password. Fails otherwise.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 126
    fi
}

can_be_root() {
    as_root true
}

apt() {
    # The lock is waited for, because a fresh machine often runs its unattended upgrades right now.
    # needrestart would otherwise ask which services to restart.
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >&2
}

# The first of several packages that this release has, else the last.
first_known_package() {
    local package
    for package in "$@"; do
        if [ -n "$(apt-cache show --no-all-versions "$package" 2>/dev/null)" ]; then
            break
        fi
    done
    printf '%s\n' "$package"
}

# Fetches the package lists, once per run.
PACKAGE_LISTS_FRESH=no
update_package_lists() {
    if [ "$PACKAGE_LISTS_FRESH" = no ]; then
        say "fetching the package lists"
        apt update || die "apt-get update failed; see its message above"
        PACKAGE_LISTS_FRESH=yes
    fi
}

# PostgreSQL's package makes a database cluster and starts it when it is installed. Only its programs are needed here,
# so that is switched off for the installation, and the setting is put back as it was, whatever happens.
CLUSTER_SETTING=/etc/postgresql-common/createcluster.conf

restore_cluster_setting() {
    as_root mv -f "$CLUSTER_SETTING.before-candor" "$CLUSTER_SETTING"
}

install_postgresql() {
    apt install --no-install-recommends postgresql-common || return
    as_root cp -a "$CLUSTER_SETTING" "$CLUSTER_SETTING.before-candor" || return
    trap restore_cluster_setting EXIT
    printf 'create_main_cluster = false\n' | as_root tee "$CLUSTER_SETTING" >/dev/null || return
    apt install --no-install-recommends postgresql || return
    trap - EXIT
    restore_cluster_setting
}

print_how_to_install() {
    local prefix='sudo '
    [ "$(id -u)" -ne 0 ] || prefix=''
    printf 'error: missing and not installable from here (%s). Run this, then start again:\n' "$1" >&2
    printf '    %sapt-get update && %sapt-get install -y --no-install-recommends %s\n' \
        "$prefix" "$prefix" "${WANTED[*]}" >&2
    exit 1
}

# Installs everything wanted; `postgresql` apart from the rest because of its cluster.
install_wanted() {
    [ "${#WANTED[@]}" -gt 0 ] || return 0
    have apt-get || die "missing: ${WANTED[*]} (names of Debian packages; this system has no apt-get, install their equivalents)"
    can_be_root || print_how_to_install "neither root nor sudo without a password"
    update_package_lists
    say "installing ${WANTED[*]}"
    local package plain=()
    for package in "${WANTED[@]}"; do
        [ "$package" = postgresql ] || plain+=("$package")
    done
    if [ "${#plain[@]}" -gt 0 ]; then
        apt install --no-install-recommends "${plain[@]}" || print_how_to_install "apt-get failed"
    fi
    if [ "${#plain[@]}" -lt "${#WANTED[@]}" ]; then
        install_postgresql || print_how_to_install "apt-get failed"
    fi
    WANTED=()
}
