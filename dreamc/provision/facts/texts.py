"""The text of files of a release, for the diffs of a plan: one more step, and only where files changed."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Session, Step

# Every line of a file gets a blank in front, so that no text can be taken for the head of the next file.
_SCRIPT = """
cd -- {root}/{folder}/ || exit 0
for file in {paths}; do
    if [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ]; then
        printf '=%s\\n' "$file"
        sed 's/^/ /' "./$file"
        [ -z "$(tail -c 1 "./$file")" ] || printf '\\n-\\n'
    fi
done
"""


def texts(session: Session, root: str, paths: tuple[str, ...], folder: str = "current") -> dict[str, str]:
    """Text by path; what is not there or cannot be read is left out. Asks nothing where no path is given.

    `folder` is `current`, or `releases/<id>`.
    """
    if not paths:
        return {}
    words = " ".join(map(quote, paths))
    step = Step("texts", _SCRIPT.format(root=quote(root), folder=quote(folder), paths=words))
    return parse_texts(session.run(step, timeout=60.0).out)


def parse_texts(said: str) -> dict[str, str]:
    """What the script printed: `=path`, the lines with a blank in front, `-` where the last line has no end."""
    found: dict[str, str] = {}
    path = ""
    for line in said.split("\n"):
        if line.startswith("="):
            path = line[1:]
            found[path] = ""
        elif line.startswith(" ") and path:
            found[path] += f"{line[1:]}\n"
        elif line == "-" and path:
            found[path] = found[path].removesuffix("\n")
    return found
