"""The file system of a real LiteLLM image: the extra `gateway` of the project, at the versions of the lock."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tomllib
from pathlib import Path

from tests.lab.hosts.layers import Layer, pack, read
from tests.lab.hosts.place import LabError, Place
from tests.lab.hosts.shell import run

_ROOT = Path(__file__).resolve().parents[3]
_PACKAGES = "usr/local/lib/{python}/dist-packages"
_PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_ENTRY = "#!/usr/bin/python3\nfrom litellm import run_server\n\nrun_server()\n"
# redis wants it below Python 3.11.3, which Debian 12 has; pip judges by the Python that runs it.
_OLDER = ("async-timeout",)
_UNUSED = ("*/tests", "*/*/tests")


def layer(place: Place) -> Layer:
    """From the cache, when nothing that it is made of has changed."""
    target = place.layers / f"gateway-{_inputs(place)}.tar"
    if target.exists():
        return read(target)
    place.layers.mkdir(parents=True, exist_ok=True)
    for old in place.layers.glob("gateway-*.tar"):
        old.unlink()
    root = place.layers / "gateway.new"
    shutil.rmtree(root, ignore_errors=True)
    _install(root, _python(place))
    _compile(place, root)
    made = pack(root, target)
    shutil.rmtree(root)
    return made


def requirements() -> tuple[str, ...]:
    """What pyproject.toml asks for to run a gateway."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    return (*project["optional-dependencies"]["gateway"], *_OLDER)


def constraints() -> str:
    """The lock's versions, without its hashes: pip takes hashes only for all or for none."""
    lines = (_ROOT / "requirements.lock").read_text().splitlines()
    return "".join(line.rstrip(" \\") + "\n" for line in lines if re.match(r"[A-Za-z0-9]", line))


def _install(root: Path, python: str) -> None:
    packages = root / _PACKAGES.format(python=python)
    packages.mkdir(parents=True)
    given = root.with_suffix(".constraints")
    given.write_text(constraints())
    only = ("--only-binary", ":all:", "--implementation", "cp", "--python-version", python.removeprefix("python"))
    platforms = tuple(word for name in _PLATFORMS for word in ("--platform", name))
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    run(*pip, *only, *platforms, "--target", packages, "-c", given, *requirements(), timeout=1200)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for pattern in _UNUSED:
        for folder in list(packages.glob(pattern)):
            shutil.rmtree(folder, ignore_errors=True)
    entry = root / "usr/local/bin/litellm"
    entry.parent.mkdir(parents=True)
    entry.write_text(_ENTRY)
    entry.chmod(0o755)


def _compile(place: Place, root: Path) -> None:
    """Byte code by the image's own Python; it is never checked against a time, because archives here have none."""
    lib = root / "usr/local/lib"
    work = place.tools / "tmp/lab-compile"
    work.mkdir(parents=True, exist_ok=True)
    command = "python3 -m compileall -q -j 2 --invalidation-mode unchecked-hash -s /tmp/lab-compile -p /usr/local/lib"
    script = f'mount --bind "$0" "$1" && chroot "$2" {command} /tmp/lab-compile || :'
    run("unshare", "--mount", "sh", "-c", script, lib, work, place.tools)
    work.rmdir()


def _python(place: Place) -> str:
    """python3.11 and the like."""
    found = sorted(path.name for path in (place.tools / "usr/bin").glob("python3.*[0-9]"))
    if not found:
        raise LabError(f"no Python in {place.tools}")
    return found[0]


def _inputs(place: Place) -> str:
    parts = (*requirements(), constraints(), _python(place), _ENTRY, *_UNUSED)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
