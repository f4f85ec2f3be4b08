# Removes the paths on standard input, all below the store. A ref to a snapshot that is gone goes with it.
take_store
while IFS= read -r path; do
    case $path in
    "$store"/*/../* | "$store"/../*) say "@denied $path"; exit 1 ;;
    "$store"/*) rm -rf "$path" || exit 1 ;;
    *) say "@denied $path"; exit 1 ;;
    esac
    case $path in */snapshots/*)
        repo=${path%/snapshots/*}
        rm -f "$repo/trees/${path##*/}.json"
        find "$repo/refs" -type f 2>/dev/null | while IFS= read -r ref; do
            [ "$(cat "$ref")" != "${path##*/}" ] || rm -f "$ref"
        done
        ;;
    esac
done
find "$store" -depth -mindepth 1 -type d ! -path "$lock" -empty -exec rmdir {} \; 2>/dev/null
exit 0
