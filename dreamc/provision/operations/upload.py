"""A release onto the host: one tar stream, verified there, then one rename. What is there already is not sent again."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from dreamc.artifact.types import Bundle, sha256
from dreamc.provision.session import Step

_UPLOAD = """
set -u
umask 022
fail() {{ echo "$1"; rm -rf "releases/.incoming.{token}"; exit 1; }}
cd -- {root} && mkdir -p releases || {{ echo "{shown} cannot be written"; exit 1; }}
for left in releases/.incoming.* releases/.replaced.*; do
    if [ -e "$left" ]; then rm -rf "$left"; fi
done
in=releases/.incoming.{token}
mkdir "$in" || fail "{shown}/releases cannot be written"
tar -xzpf - --no-same-owner -C "$in" || fail "the release could not be unpacked: is the disk full?"
(cd "$in" && sha256sum -c --quiet --strict >/dev/null) <<'SUMS' || fail "the release did not arrive as it was sent"
{sums}
SUMS
sync -f "$in" 2>/dev/null || sync
if [ -e releases/{id} ]; then mv -T releases/{id} "releases/.replaced.{token}" || fail "releases/{id} is in the way"; fi
mv -T "$in" releases/{id} || {{
    mv -T "releases/.replaced.{token}" releases/{id} 2>/dev/null
    fail "releases/{id} cannot be put in place"
}}
sync -f releases 2>/dev/null || sync
rm -rf "releases/.replaced.{token}"
"""


def upload(root: str, token: str, release: str, bundle: Bundle) -> tuple[Step, bytes]:
    """The step and what stands on its standard input; afterwards `root/releases/<release>` is exactly the bundle.

    A directory of that name whose files were edited by hand is replaced whole.
    """
    data = archive((one.path, one.mode, one.content) for one in bundle.artifacts)
    sums = "\n".join(f"{sha256(one.content)}  {one.path}" for one in bundle.artifacts)
    text = _UPLOAD.format(root=quote(root), shown=root, token=token, sums=sums, id=release)
    return Step("upload", text, len(data)), data


def archive(files: Iterable[tuple[str, str, bytes]]) -> bytes:
    """Paths, modes in octal digits and contents as a tar: the same bytes for the same files, no clock, no user."""
    import gzip
    import io
    import tarfile

    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, mode, content in files:
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), int(mode, 8)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), 1, mtime=0)
