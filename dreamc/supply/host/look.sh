# What is there of the models named on standard input, one `kind|folder|revision|manifest` a line.
set -u
LC_ALL=C
export LC_ALL

sizes() { # WORD DIRECTORY: "WORD SIZE ./NAME" of every file below it that can be read
    cd "$2" 2>/dev/null || return 0
    find -L . -type f -exec stat -L -c "$1 %s %n" {} + 2>/dev/null
}

commit_of() { # the revision itself where it is one, else what the branch or tag pointed to when it was fetched
    case $revision in
    *[!0-9a-f]*) ;;
    *) if [ "${#revision}" -eq 40 ]; then printf '%s' "$revision"; return; fi ;;
    esac
    cat "$folder/refs/$revision" 2>/dev/null
}

while IFS='|' read -r kind folder revision manifest; do
    printf '== %s\n' "$kind"
    (sizes blob "$folder/blobs")
    if [ "$kind" = hf ]; then
        commit=$(commit_of)
        printf 'commit %s\n' "$commit"
        [ -n "$commit" ] || continue
        (sizes file "$folder/snapshots/$commit")
        find -L "$folder/snapshots/$commit" -type l 2>/dev/null | sed 's/^/broken /'
    elif [ -f "$manifest" ]; then
        base64 "$manifest" | sed 's/^/manifest /'
    fi
done
