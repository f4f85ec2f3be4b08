# A piece of a file as lines of base64. Wants: path, offset (from 1), length.
tail -c "+$offset" "$path" | head -c "$length" | base64 -w 65536
