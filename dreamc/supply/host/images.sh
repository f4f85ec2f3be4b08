# "@image ID DIGEST…" of each image named on standard input, "@image -" for one that is not there.
docker version --format . >/dev/null </dev/null || exit 1
while IFS= read -r image; do
    docker image inspect --format '@image {{.Id}}{{range .RepoDigests}} {{.}}{{end}}' "$image" 2>/dev/null </dev/null ||
        echo '@image -'
done
