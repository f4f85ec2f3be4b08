"""OpenSSH's own client as a process: configuration, agents, jump hosts, host keys and key exchange are the user's."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path

from dreamc.provision.connectors.channel import Channel, Process, plain_environment
from dreamc.provision.framing import Sudo, command
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Unreachable

LONGEST_DIRECTORY = 104 - len("/") - 40 - len(".") - 16 - 1
"""Bytes of the sockets' directory: macOS has 104 for the path of a socket, %C is 40 long, and ssh adds a dot and 16
random letters while it makes one (mux.c, muxserver_listen)."""

# What must hold whatever the user's configuration says: no questions, no terminal, nothing forwarded, messages to read.
_ALWAYS = (
    "-T", "-x", "-a", "-o", "BatchMode=yes", "-o", "RemoteCommand=none", "-o", "ClearAllForwardings=yes",
    "-o", "EscapeChar=none", "-o", "LogLevel=INFO",
)  # fmt: skip
_DEFAULTS = (("ConnectTimeout", "10"), ("ServerAliveInterval", "15"), ("ServerAliveCountMax", "4"))
_KEPT = (("ControlMaster", "auto"), ("ControlPersist", "60s"))
_SYSTEM = "/etc/ssh/ssh_config"


def connect(address: Address, nonce: str, sudo: Sudo, keep: bool = True, fresh: bool = False) -> Channel:
    """Starts ssh and returns at once; the handshake goes on meanwhile. Raises Unreachable where there is no ssh.

    `keep` leaves the connection open for a minute after the last use, for the next run. `fresh` uses none that is
    open: it may lead to a machine that is gone.
    """
    line = command_line(address, command(nonce, sudo), socket_directory() if keep and not fresh else None, fresh)
    try:
        return Process(line, plain_environment())
    except FileNotFoundError as error:
        remedy = "install OpenSSH's client, or set ansible_connection: paramiko_ssh"
        raise Unreachable(address.name, "no-ssh", "there is no ssh on this machine", remedy) from error


def command_line(address: Address, remote: str, directory: Path | None, fresh: bool = False) -> tuple[str, ...]:
    """The words of the ssh command. With a `directory` what the user's configuration does not say comes from a file
    there, so that the user's own ControlPath, timeouts and keep-alives stay in force."""
    options, config = _split_config(address.options)
    if config not in ("", "none") and not Path(config).expanduser().is_file():
        directory = None  # ssh itself says best what is wrong with it
    words = ["ssh", *_ALWAYS]
    if directory is not None:
        words += ["-F", str(_defaults_file(directory, config))]
    else:
        words += ["-F", config] if config else []
        words += ["-o", "ControlPath=none"] if fresh else []
    words += options
    if directory is None:
        words += [word for name, value in _DEFAULTS for word in ("-o", f"{name}={value}")]
    words += ["-l", address.user] if address.user else []
    words += ["-p", str(address.port)] if address.port else []
    words += ["-i", address.key] if address.key else []
    return (*words, "--", address.host, remote)


def _split_config(options: tuple[str, ...]) -> tuple[list[str], str]:
    """The options without `-F FILE`, and the file."""
    kept: list[str] = []
    config, words = "", iter(options)
    for word in words:
        if word == "-F":
            config = next(words, "")
        elif word.startswith("-F"):
            config = word[2:]
        else:
            kept.append(word)
    return kept, config


def _defaults_file(directory: Path, config: str) -> Path:
    """A configuration that begins with the user's: of each option ssh takes the first value that it reads.

    A file given by `-F` is copied rather than included, because ssh asks more of the owner and mode of an included one.
    """
    begin = _read(config) if config else f"Include ~/.ssh/config\nInclude {_SYSTEM}\n"
    rows = (*_DEFAULTS, *_KEPT, ("ControlPath", f'"{directory}/%C"'))
    text = f"{begin}\nHost *\n" + "".join(f"  {name} {value}\n" for name, value in rows)
    path = directory / f"{sha256(text.encode()).hexdigest()[:12]}.conf"
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    return path


def _read(config: str) -> str:
    return "" if config == "none" else Path(config).expanduser().read_text(encoding="utf-8", errors="surrogateescape")


def socket_directory() -> Path | None:
    """Where open connections are kept: of this user alone, and short enough for a socket; None where there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    home = Path.home() if os.environ.get("HOME") else None
    places = [Path(runtime, "dreamc")] if runtime else []
    places += [home / ".cache" / "dreamc" / "ssh"] if home else []
    return next((place for place in places if _is_ours(place)), None)


def _is_ours(place: Path) -> bool:
    if len(os.fsencode(place)) > LONGEST_DIRECTORY or not place.is_absolute() or '"' in str(place) or "%" in str(place):
        return False
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700
