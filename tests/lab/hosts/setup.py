"""Builds once what every host and image starts from: file systems, keys, downloads. Needs root and a Debian mirror."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.compose.obtain import default_cache, obtain
from tests.lab.hosts.place import CONTROL, LabError, Place
from tests.lab.hosts.shell import run

SUITE = "bookworm"
_STUBS = Path(__file__).resolve().parents[1] / "stubs"
_TOOLS = {
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
    "mkfs.ext4": "e2fsprogs",
    "nsenter": "util-linux",
    "dpkg": "dpkg",
}
_HOST = (
    "systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,iptables,docker.io,python3-minimal,libpython3.11-stdlib,"
    "rsync,curl,sudo,ca-certificates"
)
_IMAGES = "python3,redis-server,socat,curl,ca-certificates"
_UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt/archives", "var/lib/apt/lists")
_MASKED = ("console-getty.service", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer")
_SSHD = """\
PermitRootLogin prohibit-password
UseDNS no
MaxStartups 100
"""
# People that a host knows: name, group, a rule of sudo, a password. `root` has the key as well.
_PEOPLE = (
    ("ops", "users", "ops ALL=(ALL) NOPASSWD: ALL", ""),
    ("docky", "docker", "", ""),
    ("asked", "users", "asked ALL=(ALL) ALL", "correct horse"),
    ("plain", "users", "", ""),
)


def why_not() -> str:
    """Why no lab can run here; "" where one can."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return f"hosts are made of Linux namespaces on x86_64, this is {platform.system()} on {platform.machine()}"
    if os.geteuid() != 0:
        return "hosts are made of namespaces, which needs root"
    if not Path("/sys/fs/cgroup").is_dir():
        return "there are no control groups in /sys/fs/cgroup"
    return ""


def is_ready(place: Place) -> bool:
    return (place.cache / "ready").exists()


def setup(place: Place) -> None:
    """Everything, or nothing where it is there already. LabError says what could not be had."""
    if reason := why_not():
        raise LabError(reason)
    with alone(place):
        _tools()
        _bootstrap(place, place.base, _HOST)
        _bootstrap(place, place.tools, _IMAGES)
        _registry(place)
        if not place.key.exists():
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", place.key)
        _common(place)
        (place.cache / "ready").touch()


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """One at a time: others wait for what the first one builds."""
    place.cache.mkdir(parents=True, exist_ok=True)
    with (place.cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tools() -> None:
    missing = [package for program, package in _TOOLS.items() if shutil.which(program) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise LabError(f"missing here: {', '.join(missing)}")
    run("apt-get", "update", "-qq")
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")
    run("env", "DEBIAN_FRONTEND=noninteractive", *install, *missing)


def mirror() -> str:
    """The Debian mirror of this machine, or $DREAM_LAB_MIRROR."""
    if given := os.environ.get("DREAM_LAB_MIRROR"):
        return given
    if shutil.which("apt-get") is None:
        raise LabError("this machine has no apt; set DREAM_LAB_MIRROR to a Debian mirror")
    form = "$(REPO_URI) $(ORIGIN) $(LABEL)"
    found = [
        line.split() for line in run("apt-get", "indextargets", "--format", form, "Created-By: Packages").splitlines()
    ]
    ours = next((line[0] for line in found if line[1:] == ["Debian", "Debian"]), None)
    if ours is None:
        raise LabError("apt names no Debian mirror; set DREAM_LAB_MIRROR to one, or run apt-get update")
    return ours


def _bootstrap(place: Place, target: Path, packages: str) -> None:
    stamp = target.with_name(f"{target.name}.packages")
    wanted = f"{packages}\n{_PEOPLE if 'openssh-server' in packages else ''}\n"
    if target.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    archives = place.downloads / "debs"
    archives.mkdir(parents=True, exist_ok=True)
    options = ("--variant=minbase", f"--include={packages}", f"--cache-dir={archives}")
    run("debootstrap", *options, SUITE, fresh, mirror(), timeout=1200)
    for unused in _UNUSED:
        shutil.rmtree(fresh / unused, ignore_errors=True)
    (fresh / "etc/apt/sources.list").unlink(missing_ok=True)
    for key in (fresh / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    if "openssh-server" in packages:
        _people(fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    stamp.write_text(wanted)


def _people(root: Path) -> None:
    for name, group, rule, password in _PEOPLE:
        run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", "-G", group, name)
        if password:
            run("chroot", root, "chpasswd", stdin=f"{name}:{password}\n")
        if rule:
            (root / "etc/sudoers.d" / name).write_text(f"{rule}\n")


def _registry(place: Place) -> None:
    target = place.downloads / "registry"
    if (target / "usr/bin/docker-registry").exists():
        return
    place.downloads.mkdir(parents=True, exist_ok=True)
    run("sh", "-c", 'cd "$0" && apt-get download -qq docker-registry', place.downloads)
    package = next(place.downloads.glob("docker-registry_*.deb"), None)
    if package is None:
        raise LabError("apt-get download brought no docker-registry")
    run("dpkg", "-x", package, target)


def _common(place: Place) -> None:
    """The layer that makes a file system a host of the lab; hosts that run keep the one they booted with."""
    files = (*_files(), *_stubs())
    parts = (*(f"{path} {text}" for path, text in files), place.key.with_suffix(".pub").read_text(), str(_PEOPLE))
    root = place.cache / f"common-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"
    if not root.exists():
        fresh = root.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        _fill(place, fresh, files)
        fresh.rename(root)
    link = place.common.with_suffix(".link")
    link.unlink(missing_ok=True)
    link.symlink_to(root.name)
    link.replace(place.common)


def _fill(place: Place, root: Path, files: tuple[tuple[str, str], ...]) -> None:
    for path, text in files:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if path.startswith("usr/bin/") else 0o644)
    plugins = root / "usr/libexec/docker/cli-plugins"
    plugins.mkdir(parents=True)
    shutil.copy2(obtain(default_cache()), plugins / "docker-compose")
    (root / "etc/systemd/system").mkdir(parents=True)
    for unit in _MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    _keys(place, root)


def _stubs() -> tuple[tuple[str, str], ...]:
    return tuple((f"usr/bin/{stub.name}", stub.read_text()) for stub in sorted(_STUBS.iterdir()) if stub.is_file())


def _files() -> tuple[tuple[str, str], ...]:
    return (
        ("etc/docker/daemon.json", json.dumps(_daemon())),
        ("etc/ssh/sshd_config.d/lab.conf", _SSHD),
        ("etc/resolv.conf", f"nameserver {CONTROL}\n"),
    )


def _daemon() -> dict[str, object]:
    """The engine's configuration: our registry is its mirror; every container goes through the stub runtime."""
    runtime = {"path": "/usr/bin/nvidia-container-runtime"}
    return {
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "registry-mirrors": [f"http://{CONTROL}:5000"],
        "insecure-registries": [f"{CONTROL}/24"],
        "default-runtime": "lab",
        "runtimes": {"lab": runtime, "nvidia": runtime},
    }


def _keys(place: Place, root: Path) -> None:
    """The key lets everyone in."""
    public = place.key.with_suffix(".pub").read_text()
    for home, user in _homes(place):
        folder = root / home / ".ssh"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "authorized_keys").write_text(public)
        (folder / "authorized_keys").chmod(0o600)
        folder.chmod(0o700)
        for path in (folder.parent, folder, folder / "authorized_keys"):
            os.chown(path, user, user)


def _homes(place: Place) -> tuple[tuple[str, int], ...]:
    """(home, number) of everyone who may log in."""
    names = {"root", *(name for name, *_ in _PEOPLE)}
    rows = [line.split(":") for line in (place.base / "etc/passwd").read_text().splitlines()]
    return tuple((row[5].lstrip("/"), int(row[2])) for row in rows if row[0] in names)
