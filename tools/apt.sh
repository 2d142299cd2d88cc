# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# Debian packages by a private apt: what tools/guests and tools/debian share; sourced, never run.
#
# A script sets `arch`, `home` (its folder), `tree`, `stamp`, `apt` and `wanted` (the stamp's first line) and sources
# tools/lib.sh before it calls these. Sources, lists, cache and package database are private ones below `$apt`; from
# the machine come the mirror's address, the network settings and Debian's public keys.

suite=trixie

# Prints the first Debian archive among the machine's apt sources, in both of apt's file formats.
machine_mirror() {
    local files=()
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] && files+=("$file")
    done
    [ ${#files[@]} -gt 0 ] || return 0
    awk '
        /^[ \t]*#/ { next }
        FILENAME ~ /\.sources$/ && tolower($1) == "uris:" { for (i = 2; i <= NF; i++) take($i) }
        FILENAME ~ /\.list$/ && $1 == "deb" { sub(/\[[^]]*\]/, ""); take($2) }
        function take(uri) {
            sub(/\/+$/, "", uri)
            # Only the main archive has the suite: not security, not a third party.
            if (!found && uri ~ /^(https?|file):.*\/debian$/) { print uri; found = 1 }
        }
    ' "${files[@]}"
}

find_keyring() {
    local candidate
    for candidate in "${STRATA_DEBIAN_KEYRING:-}" \
        /usr/share/keyrings/debian-archive-keyring.gpg \
        /usr/share/keyrings/debian-archive-keyring.pgp; do
        if [ -n "$candidate" ] && [ -r "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    die "Debian's public keys are not on this machine: install the package debian-archive-keyring, or name a key file in STRATA_DEBIAN_KEYRING"
}

# Writes the private configuration. `#clear` cannot be given on apt's command line and the machine's
# own configuration may hold hooks that need root, so that only its network settings are taken over.
write_configuration() {
    local mirror=$1 keyring=$2
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,none/partial,etc}
    : >"$apt/status"
    echo "deb [arch=$arch signed-by=$keyring] $mirror $suite main" >"$apt/etc/sources.list"
    {
        # A mirror that does not answer should cost seconds; the machine's own settings come after.
        echo 'Acquire::http::Timeout "20";'
        echo 'Acquire::Retries "2";'
        apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-|Proxy|ForceIPv)' || true
        cat <<CONFIGURATION
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
Debug::NoLocking "true";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
CONFIGURATION
    } >"$apt/etc/apt.conf"
    export APT_CONFIG=$apt/etc/apt.conf
}

# Runs apt-get with its output kept in a file: a failure is told in one sentence that names it.
quietly() { apt-get "$@" >"$apt/last.log" 2>&1; }

update_lists() {
    local mirror=$1
    say "reading the package lists of $suite for $arch from $mirror"
    quietly -q update && return
    if grep -qE 'NO_PUBKEY|Missing key' "$apt/last.log"; then
        die "the keys on this machine do not cover Debian $suite: update the package debian-archive-keyring, or name a key file in STRATA_DEBIAN_KEYRING"
    fi
    die "the mirror $mirror cannot be read: check the network, or name another mirror in STRATA_DEBIAN_MIRROR (details in ${apt#"$root"/}/last.log)"
}

# Prints, one a line, archive file name and bytes of each package and of the closure of their dependencies.
resolve() {
    # Archives that are in the cache already would not be named.
    apt-get -qq --print-uris -o "Dir::Cache::archives=$apt/none" install "${packages[@]}" 2>"$apt/last.log" |
        awk -v without="^($without)_" '$2 !~ without { print $2, $3 }'
}

# Downloads archives by their file names, NAME_VERSION_ARCH.deb, where they are not complete yet.
download() {
    local mebibytes=$1 names=() file rest
    shift
    for file in "$@"; do
        rest=${file#*_}
        rest=${rest%_*}
        names+=("${file%%_*}=${rest//%3a/:}")
    done
    say "downloading what is missing of $# packages, $mebibytes MiB in all"
    cd "$apt/cache/archives"
    if [ -t 2 ]; then
        apt-get -q download "${names[@]}" >&2 && cd "$root" && return
    else
        quietly -q download "${names[@]}" && cd "$root" && return
    fi
    die "a download failed: run tools/$self again, what has arrived is kept (details in ${apt#"$root"/}/last.log)"
}

# Ends the script where a tool is missing.
need_apt() {
    local tool
    for tool in apt-get apt-config dpkg-deb flock gpgv "$@"; do
        # apt from 3.0 on verifies with sqv instead of gpgv.
        have "$tool" || { [ "$tool" = gpgv ] && have sqv; } ||
            die "$tool is missing: the guests come as Debian packages, so this needs a Debian or Ubuntu machine with apt, dpkg, util-linux and gpgv"
    done
}

# Has one run at a time work in `$home`.
lock_home() {
    mkdir -p "$home"
    exec 9>"$home/lock"
    flock -n 9 || { say "waiting for another run to finish" && flock 9; }
}

# Makes the private apt ready to answer.
open_archive() {
    local mirror keyring
    mirror=${STRATA_DEBIAN_MIRROR:-$(machine_mirror)}
    mirror=${mirror:-http://deb.debian.org/debian}
    keyring=$(find_keyring)
    write_configuration "$mirror" "$keyring"
    update_lists "$mirror"
}

# Puts the staged tree in the place of the old one by two renames.
swap_in() {
    local stage=$1
    shift
    rm -f "$stamp"
    rm -rf "$tree.old"
    [ ! -e "$tree" ] || mv "$tree" "$tree.old"
    mv "$stage" "$tree"
    { echo "$wanted" && printf '%s\n' "$@"; } >"$stamp.new"
    mv "$stamp.new" "$stamp"
    rm -rf "$tree.old"
}

