# Pulls a model with the image's own Ollama. Wants: store, needed, spare, image, model, manifest, digest ("" for any).
take_store
room "$needed" "$spare"
name=dreamc-fetch-$(say "$store" | cksum | cut -d' ' -f1)
docker rm -f "$name" >/dev/null 2>&1 </dev/null
watcher=
clean() {
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
    docker rm -f "$name" >/dev/null 2>&1 </dev/null
    rm -rf "$lock" "$store/.dreamc-manifest"
}
trap clean EXIT
docker run --detach --rm --name "$name" --env OLLAMA_MODELS="$store" --env OLLAMA_NOPRUNE=1 \
    --user "$(id -u):$(id -g)" --env HOME=/tmp \
    --volume "$store:$store" "$image" >/dev/null </dev/null || exit 125
tries=0
until docker exec "$name" ollama list >/dev/null 2>&1 </dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { say "@pull"; exit 1; }
    sleep 1
done
rm -f "$store/.dreamc-manifest"
[ ! -f "$manifest" ] || cp -p "$manifest" "$store/.dreamc-manifest"
before=$(du -sk "$store/blobs" 2>/dev/null | cut -f1)
(
    while sleep 1; do
        now=$(du -sk "$store/blobs" 2>/dev/null | cut -f1)
        say "@size $(((${now:-0} - ${before:-0}) * 1024))"
    done
) &
watcher=$!
docker exec "$name" ollama pull "$model" >/dev/null </dev/null || { say "@pull"; exit 1; }
if [ -n "$digest" ]; then
    got=$(digest_of "$manifest" sha256)
    if [ "$got" != "$digest" ]; then
        if [ -f "$store/.dreamc-manifest" ]; then mv -f "$store/.dreamc-manifest" "$manifest"; else rm -f "$manifest"; fi
        say "@other $got"
        exit 1
    fi
fi
say "@done"
