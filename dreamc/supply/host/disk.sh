# "@disk FREE DEVICE" for each directory on standard input, there or not yet.
while IFS= read -r at; do
    free=$(free_bytes "$at")
    while [ ! -e "$at" ]; do at=$(dirname "$at"); done
    say "@disk $free $(stat -c %d "$at")"
done
