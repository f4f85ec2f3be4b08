"""Which variables `.env` holds, each as the salted sha256 of its value: the value itself never leaves the host."""

from __future__ import annotations

import re

from dreamc.provision.facts.types import Fact, Found, Lines

# printf is part of the shell, so a value stands on no command line. Quotes are read as compose reads them: nothing
# changes inside '…'; inside "…" there are \n, \r, \t, and \ before a quote, a dollar or itself (compose-go, dotenv/
# parser.go); a value may span lines inside quotes.
SCRIPT = r"""
file=$root/.env
[ -e "$file" ] || exit 0
[ -r "$file" ] || { echo unreadable; exit 0; }
return=$(printf '\r')
unescaped() {
    rest=$1
    value=
    while :; do
        case $rest in
        *\\?*) value=$value${rest%%\\*}; rest=${rest#*\\} ;;
        *) value=$value$rest; break ;;
        esac
        after=${rest#?}
        case $rest in
        n*) value=$value$nl ;;
        r*) value=$value$return ;;
        t*) value=$value$tab ;;
        [\"\\\$]*) value=$value${rest%"$after"} ;;
        *) value=$value\\${rest%"$after"} ;;
        esac
        rest=$after
    done
}
closed() {
    case $1 in *"$quote") ;; *) return 1 ;; esac
    [ "$quote" = \" ] || return 0
    rest=${1%?}
    odd=0
    while case $rest in *\\) true ;; *) false ;; esac; do rest=${rest%?}; odd=$((1 - odd)); done
    [ $odd = 0 ]
}
while IFS= read -r line || [ -n "$line" ]; do
    line=${line#export }
    case $line in
    '' | '#'*) continue ;;
    *=*) name=${line%%=*}; value=${line#*=} ;;
    *) continue ;;
    esac
    case $name in *[!A-Za-z0-9_]* | '') continue ;; esac
    quote=
    case $value in
    \'*) quote=\' ;;
    \"*) quote=\" ;;
    esac
    if [ -n "$quote" ]; then
        value=${value#?}
        until closed "$value"; do
            IFS= read -r line || [ -n "$line" ] || break
            value=$value$nl$line
        done
        value=${value%"$quote"}
        [ "$quote" = \' ] || unescaped "$value"
    fi
    digest=$(printf '%s' "$salt$value" | sha256sum)
    printf '%s %s\n' "$name" "${digest%% *}"
done <"$file"
"""

_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*) ([0-9a-f]{64})", re.ASCII)


def parse(lines: Lines) -> Found:
    """By name; of a variable that is given twice the last counts, as for compose."""
    found = {match[1]: match[2] for match in map(_LINE.fullmatch, lines) if match}
    return {"env": tuple(sorted(found.items()))}


ENV = Fact("env", SCRIPT, parse)
