# All that lies in the two stores: snapshots with the blobs they point to, blobs and manifests. Standard input: the hub
# cache, then Ollama's store.
set -u
IFS= read -r hub
IFS= read -r ollama
for repo in "$hub"/models--*; do
    [ -d "$repo" ] || continue
    name=${repo##*/}
    for snapshot in "$repo"/snapshots/*; do
        [ -d "$snapshot" ] || continue
        printf 'snapshot|%s|%s' "$name" "${snapshot##*/}"
        find "$snapshot" -type l -exec readlink {} \; | while IFS= read -r target; do printf '|%s' "${target##*/}"; done
        printf '\n'
    done
    (cd "$repo/blobs" 2>/dev/null && find . -type f -exec stat -c "hub|$name|%n|%s" {} +) | sed 's#|\./#|#'
done
find "$ollama/manifests" -type f 2>/dev/null | while IFS= read -r path; do
    printf 'manifest|%s|%s\n' "$path" "$(base64 "$path" | tr -d '\n')"
done
(cd "$ollama/blobs" 2>/dev/null && find . -type f -exec stat -c 'blob|%n|%s' {} +) | sed 's#|\./#|#'
exit 0
