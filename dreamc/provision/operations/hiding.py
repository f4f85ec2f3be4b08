"""Shell that takes every value of the host's `.env` out of a text before that text leaves the host."""

from __future__ import annotations

LEAST = 4
"""Characters; a shorter value is hidden only where it stands alone and is ours, or half of a log would be gone."""

# An awk program: `.env` as docker compose reads it (compose-go, dotenv/parser.go) to rules for sed, the longest first.
# A value is hidden as it stands in the file, as it is meant, as JSON escapes it, as a URL does, and line by line.
_RULES = r"""
function escaped(text,   i, c, out) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (index("][\\/.*^$", c) ? "\\" : "") c
    }
    return out
}
function quoted(text,   i, c, out) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c == "\n" ? "\\n" : (index("\"\\", c) ? "\\" : "") c)
    }
    return out
}
function addressed(text,   i, c, out) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c ~ /[A-Za-z0-9_.~-]/ ? c : sprintf("%%%02X", code[c]))
    }
    return out
}
function meant(text,   i, c, out) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\\" && i < length(text)) {
            c = substr(text, ++i, 1)
            c = c == "n" ? "\n" : c == "r" ? "\r" : c == "t" ? "\t" : index("\"\\$", c) ? c : "\\" c
        }
        out = out c
    }
    return out
}
function rule(text,   r) {
    r = escaped(text)
    if (length(text) >= least) printf "%d\ts/%s/***/g\n", length(text), r
    else if (length(text) && name ~ /^DREAM_/) {
        printf "0\ts/^%s$/***/\n0\ts/^%s\\([^A-Za-z0-9_]\\)/***\\1/\n", r, r
        printf "0\ts/\\([^A-Za-z0-9_]\\)%s$/\\1***/\n", r
        printf "0\ts/\\([^A-Za-z0-9_]\\)%s\\([^A-Za-z0-9_]\\)/\\1***\\2/g\n", r
    }
}
function hide(text,   n, i, lines) {
    n = split(text, lines, "\n")
    for (i = 1; i <= n; i++) { gsub(/^[ \t]+|[ \t\r]+$/, "", lines[i]); rule(lines[i]) }
    rule(quoted(text))
    rule(addressed(text))
}
function done() {
    if (quote == "\"") hide(meant(value))
    hide(value)
    if (quote == "" && index(value, " #")) hide(substr(value, 1, index(value, " #") - 1))
    open = 0
}
function closed(text,   i, odd) {
    if (substr(text, length(text)) != quote) return 0
    if (quote == "\047") return 1
    odd = 0
    for (i = length(text) - 1; i > 0 && substr(text, i, 1) == "\\"; i--) odd = 1 - odd
    return !odd
}
function more() { if (closed(value)) { value = substr(value, 1, length(value) - 1); done() } else open = 1 }
BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
FNR == 1 && open { done() }
{ sub(/\r$/, "") }
open { value = value "\n" $0; more(); next }
{ sub(/^[ \t]*(export[ \t]+)?/, "") }
/^[A-Za-z_][A-Za-z0-9_]*[ \t]*[=:]/ {
    match($0, /[=:]/)
    name = substr($0, 1, RSTART - 1)
    value = substr($0, RSTART + 1)
    sub(/^[ \t]+/, "", value)
    quote = substr(value, 1, 1)
    if (quote != "\"" && quote != "\047") quote = ""
    if (quote == "") done()
    else { value = substr(value, 2); sub(/[ \t]+$/, "", value); more() }
}
END { if (open) done() }
"""

# The rules stand in a variable of the shell and in a pipe: on no command line, in no file.
HIDING = r"""
can_hide() {
    command -v awk >/dev/null 2>&1 || return 1
    for env in "$root/.env" "$root/.env.next" "$root/.env.previous"; do
        [ ! -e "$env" ] || [ -r "$env" ] || return 1
    done
}
rules_of() {
    program=$(cat <<'AWK'
@rules@
AWK
)
    for env in "$root/.env" "$root/.env.next" "$root/.env.previous"; do
        [ ! -e "$env" ] || LC_ALL=C awk -v least=@least@ "$program" "$env"
    done | LC_ALL=C sort -u | LC_ALL=C sort -rn | cut -f2-
}
rules=$(rules_of)
hide() {
    LC_ALL=C sed "$@" -f /dev/fd/9 9<<RULES
$rules
RULES
}
""".replace("@rules@", _RULES.strip()).replace("@least@", str(LEAST))

BLIND = "what stands in .env cannot be read there, so nothing that could hold a secret is shown"
"""Why logs stay on a host: without the values nobody can take them out."""
