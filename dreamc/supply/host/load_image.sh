# Standard input: what docker save wrote. Wants: image.
docker load >/dev/null || exit 1
docker image inspect "$image" >/dev/null </dev/null || { echo "the archive does not hold $image" >&2; exit 1; }
