# "ID BASE64" of the release.json of every release that is kept. Wants: root.
for file in "$root"/releases/*/release.json; do
    [ -f "$file" ] || continue
    name=${file%/release.json}
    printf '%s %s\n' "${name##*/}" "$(base64 "$file" | tr -d '\n')"
done
