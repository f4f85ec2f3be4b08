# Wants: image, reference. By its digest where one is pinned; then it gets the name that compose asks for.
docker pull "$reference" </dev/null || exit 1
[ "$reference" = "$image" ] || docker tag "$reference" "$image" </dev/null
