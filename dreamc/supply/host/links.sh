# "TARGET|./PATH" of every link of a snapshot. Wants: folder.
cd "$folder" || exit 1
find . -type l | while IFS= read -r path; do printf '%s|%s\n' "$(readlink "$path")" "$path"; done
