# Takes blobs from standard input and makes a model of them. Wants: store, folder, spare, needed, commit, manifest,
# manifest_base64 (both empty for a repository of the hub).
# Standard input: a plan, a line with a dot, then the bytes that are wanting, one blob after another.
#   P|name|size|offset|algorithm|digest   a blob, of which `offset` bytes are there
#   L|blob|target|path                    a link in the snapshot
#   R|name|commit|keep or replace         a ref
take_store
room "$needed" "$spare"
mkdir -p "$folder/blobs" || exit 1
exec 4>&1

parts='' links='' refs=''
while IFS= read -r line && [ "$line" != . ]; do
    case $line in
    P\|*) parts="$parts${line#P|}
" ;;
    L\|*) links="$links${line#L|}
" ;;
    R\|*) refs="$refs${line#R|}
" ;;
    esac
done

# Where it can, tee ends with the disk; else it would take the rest of the file for nothing.
early=--output-error=exit
tee "$early" </dev/null >/dev/null 2>&1 || early=

exactly() { # BYTES of standard input; head of busybox reads further
    [ "$1" -lt 1048576 ] || dd bs=1048576 count="$(($1 / 1048576))" iflag=fullblock 2>/dev/null
    [ "$(($1 % 1048576))" -eq 0 ] || dd bs="$(($1 % 1048576))" count=1 iflag=fullblock 2>/dev/null
}

append() { # the bytes that are wanting; prints the digest of the whole, which is made while they come
    {
        [ "$offset" -eq 0 ] || cat "$part"
        # shellcheck disable=SC2086  # an option or none
        exactly "$length" | tee $early -a "$part" || say "@failed $name" >&4
    } | digest "$algorithm" "$size"
}

bad=0 keeping=''
accept() { # after the last byte of a blob: the right content, or gone
    if [ "$got" = "$digest" ]; then
        # on its way to the disk while the next one comes
        { flush "$part" && mv -f "$part" "$folder/blobs/$name"; } &
        keeping="$keeping $!"
        say "@ok $name"
    else
        rm -f "$part"
        say "@bad $name $got"
        bad=1
    fi
}

kept() { # returns when every blob that came has its name
    for one in $keeping; do wait "$one" || exit 1; done
}

while IFS='|' read -r name size offset algorithm digest <&3; do
    [ -n "$name" ] || continue
    length=$((size - offset))
    part=$folder/blobs/$name.dreamc.incomplete
    if [ "$(size_of "$part")" != "$offset" ]; then
        say "@changed $name"
        kept
        exit 1
    fi
    got=$(append)
    have=$(size_of "$part")
    if [ "$have" -ne "$size" ]; then
        say "@short $name $have"
        kept
        exit 1
    fi
    accept
done 3<<LIST
$parts
LIST
kept
[ "$bad" -eq 0 ] || exit 1

# A link appears complete: made beside, then renamed.
link() { # TARGET PATH
    mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2.$$" && mv -f "$2.$$" "$2"
}

# The whole snapshot appears at once where there was none.
if [ -n "$links" ]; then
    fresh=$folder/.dreamc-snapshot.$$
    goal=$folder/snapshots/$commit
    [ -d "$goal" ] || { rm -rf "$folder"/.dreamc-snapshot.*; mkdir -p "$fresh" "$folder/snapshots" || exit 1; }
    here=$goal
    [ -d "$goal" ] || here=$fresh
    while IFS='|' read -r blob target path <&3; do
        [ -n "$blob" ] || continue
        [ -f "$folder/blobs/$blob" ] || { say "@gone $blob"; exit 1; }
        link "$target" "$here/$path" || exit 1
    done 3<<LIST
$links
LIST
    [ "$here" = "$goal" ] || mv -T "$fresh" "$goal" || exit 1
    # hub clients from 1.30 on compare a snapshot with this list; ours is what the lock names, no more
    rm -f "$folder/trees/$commit.json"
fi
while IFS='|' read -r name value policy <&3; do
    [ -n "$name" ] || continue
    if [ "$policy" = keep ] && [ -e "$folder/refs/$name" ]; then continue; fi
    mkdir -p "$(dirname "$folder/refs/$name")"
    printf '%s' "$value" >"$folder/refs/$name.$$" && mv -f "$folder/refs/$name.$$" "$folder/refs/$name" || exit 1
done 3<<LIST
$refs
LIST
if [ -n "$manifest" ]; then
    mkdir -p "$(dirname "$manifest")" || exit 1
    printf '%s' "$manifest_base64" | base64 -d >"$manifest.$$" || exit 1
    flush "$manifest.$$"
    mv -f "$manifest.$$" "$manifest" || exit 1
else
    rm -f "$folder"/blobs/*.incomplete
fi
say "@done"
