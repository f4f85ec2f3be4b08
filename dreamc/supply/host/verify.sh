# Reads files in full and compares them. Standard input: number|algorithm|digest|path, one a line. Wants: remove.
# Answers "ok N SIZE", "bad N DIGEST" or "gone N"; with remove=yes a wrong file is taken away, and only that.
while IFS='|' read -r number algorithm digest path; do
    if [ ! -f "$path" ]; then
        say "gone $number"
        continue
    fi
    got=$(digest_of "$path" "$algorithm")
    if [ "$got" = "$digest" ]; then
        say "ok $number $(size_of "$path")"
    else
        [ "$remove" != yes ] || rm -f "$(readlink -f "$path")"
        say "bad $number $got"
    fi
done
