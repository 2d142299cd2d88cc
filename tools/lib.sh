# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# What every script of this folder shares; sourced, never run.
#
# A script names itself in `self` before it sources this file.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Progress goes to stderr, so that a script's stdout stays its result.
say() { printf '%s: %s\n' "$self" "$*" >&2; }

# Ends the script with one sentence and exit status 1.
die() {
    say "$*"
    exit 1
}

# Ends the script for wrong usage: exit status 2, as in the strata program itself.
wrong_usage() {
    say "$*"
    exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# Writes one line into the list of skipped checks that `make test` prints and counts.
# Without a list (a script run by hand) the line goes to stderr.
skip() {
    if [ -n "${STRATA_SKIPS:-}" ]; then
        printf '%s\n' "$*" >>"$STRATA_SKIPS"
    fi
    printf 'skip: %s\n' "$*" >&2
}
