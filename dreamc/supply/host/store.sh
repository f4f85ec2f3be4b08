# Shared by every script that writes to a store of models. Wants: store, who. One writer at a time per store: a
# directory, because mkdir is atomic; its owner is known to be gone after another boot, or when its process is.
set -u
umask 022
LC_ALL=C
export LC_ALL
lock=$store/.dreamc-lock
# our own process: $$ is the shell that started this one, which may live longer or shorter
IFS=' ' read -r me _ 2>/dev/null </proc/self/stat || me=$$

say() { printf '%s\n' "$*"; }

size_of() { stat -L -c %s "$1" 2>/dev/null || say 0; }

# start time of a process in ticks since boot, so that a reused number is not taken for the owner
started() {
    IFS= read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
    # shellcheck disable=SC2086  # fields, split on purpose
    set -- ${stat##*) }
    case $1 in Z | X) return 0 ;; esac # killed, and its parent has not asked yet
    shift 19
    say "$1"
}

boot() { cat /proc/sys/kernel/random/boot_id 2>/dev/null || say unknown; }

owner() { # FIELD [LOCK]
    while IFS='=' read -r field value; do
        [ "$field" != "$1" ] || say "$value"
    done 2>/dev/null <"${2:-$lock}/owner"
}

is_stale() {
    pid=$(owner pid)
    [ -n "$pid" ] || return 1
    [ "$(owner boot)" = "$(boot)" ] || return 0
    [ "$(started "$pid")" != "$(owner started)" ]
}

# Puts a lock back that is not the one that was judged, because someone was faster.
remove_stale() { # JUDGED
    mv "$lock" "$lock.$me" 2>/dev/null || return 0
    if [ "$(owner token "$lock.$me")" = "$1" ]; then rm -rf "$lock.$me"; else mv "$lock.$me" "$lock"; fi
}

take_store() {
    mkdir -p "$store" || exit 1
    if ! mkdir "$lock" 2>/dev/null; then
        judged=$(owner token)
        if is_stale; then remove_stale "$judged"; fi
        if ! mkdir "$lock" 2>/dev/null; then
            [ -d "$lock" ] || { say "@denied $store"; exit 1; }
            say "@locked $(owner who) $(owner since)"
            exit 5
        fi
    fi
    trap 'rm -rf "$lock"' EXIT
    trap 'exit 1' INT TERM HUP PIPE
    {
        say "token=$me.$(started "$me")"
        say "pid=$me"
        say "started=$(started "$me")"
        say "boot=$(boot)"
        say "since=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
        say "who=$who"
    } >"$lock/owner"
}

# Bytes free for us where a directory is or is to be.
free_bytes() {
    at=$1
    while [ ! -e "$at" ]; do at=$(dirname "$at"); done
    df -Pk "$at" | {
        read -r _
        read -r _ _ _ blocks _
        say $((blocks * 1024))
    }
}

# room BYTES SPARE: refuses before anything is written
room() {
    free=$(free_bytes "$store")
    if [ "$free" -lt $(($1 + $2)) ]; then
        say "@full $(($1 + $2)) $free"
        exit 1
    fi
}

# Hex digest of standard input: sha256, or the id of a Git blob (git hash-object: "blob SIZE\0" and the content).
# OpenSSL uses the instructions that processors have for it; sha256sum is three times slower where it is built without.
digest() { # ALGORITHM SIZE
    case $1 in
    git) { printf 'blob %s\000' "$2"; cat; } | sha1sum ;;
    *) openssl dgst -sha256 -r 2>/dev/null || sha256sum ;;
    esac | {
        read -r value _
        say "$value"
    }
}

digest_of() { # FILE ALGORITHM
    digest "$2" "$(size_of "$1")" <"$1"
}

flush() { sync "$1" 2>/dev/null || sync; }
