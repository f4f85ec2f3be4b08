# Runs the program on standard input in a container that sees the store and nothing else. Wants: store, needed, spare,
# image. The token is in the program's input: in no argument, no environment, no file.
take_store
room "$needed" "$spare"
name=dreamc-fetch-$(say "$store" | cksum | cut -d' ' -f1)
# what a killed predecessor left behind would write beside us
docker rm -f "$name" >/dev/null 2>&1 </dev/null
trap 'docker rm -f "$name" >/dev/null 2>&1 </dev/null; rm -rf "$lock"' EXIT
docker run --rm -i --name "$name" \
    --env HF_HUB_DISABLE_PROGRESS_BARS=1 --env HF_HUB_DISABLE_TELEMETRY=1 --env HF_HOME=/tmp/dreamc-hub \
    --env HF_HUB_OFFLINE=0 --env HOME=/tmp --user "$(id -u):$(id -g)" --volume "$store:$store" \
    --entrypoint python3 "$image" -u -c \
    'import sys; n = int(sys.stdin.buffer.readline()); exec(compile(sys.stdin.buffer.read(n), "fetch_hub.py", "exec"))'
