# Pieces of files, one after another, as they are. Standard input: offset (from 1)|length|path, one a line.
while IFS='|' read -r offset length path; do
    have=$(stat -L -c %s "$path") || exit 1
    [ "$have" -ge "$((offset - 1 + length))" ] || { echo "$path has only $have bytes" >&2; exit 1; }
    if [ "$length" -eq "$have" ]; then cat "$path"; else tail -c "+$offset" "$path" | head -c "$length"; fi
done
