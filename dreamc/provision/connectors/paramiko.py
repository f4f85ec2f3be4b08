"""What fabric and paramiko need to know of an address, and what their exceptions mean. They are imported when used."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamc.provision.types import Address
from dreamc.provision.unreachable import Unreachable, classify, target

if TYPE_CHECKING:
    from paramiko import SSHConfig

TIMEOUT = 10
"""Seconds for a connection, and for each of the steps of a login."""
_SYSTEM = "/etc/ssh/ssh_config"
_USER = "~/.ssh/config"
_KNOWN = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
_KNOWN_TO_ALL = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
_FLAGS = {"-J": "ProxyJump", "-i": "IdentityFile", "-l": "User", "-p": "Port"}


def connection(address: Address, password: str | None) -> Any:
    """A fabric Connection that is not open yet. A host whose key is not known is refused, jump hosts included."""
    import logging

    from fabric import Config, Connection

    # Without a handler Python would print paramiko's own log to stderr.
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    keys: dict[str, Any] = {"banner_timeout": TIMEOUT, "auth_timeout": 3 * TIMEOUT}
    keys["transport_factory"] = _noting_transport
    if address.key:
        keys["key_filename"] = str(Path(address.key).expanduser())
    if password is not None:
        # The keys were refused: to offer them again would use up the attempts that the host allows.
        keys |= {"password": password, "allow_agent": False, "look_for_keys": False}
    config = Config(ssh_config=ssh_config(address), lazy=True)
    port = address.port or None
    made = Connection(
        address.host, user=address.user or None, port=port, config=config, connect_timeout=TIMEOUT, connect_kwargs=keys
    )
    one: Any = made
    while isinstance(one, Connection):
        _check_keys(one)
        one = one.gateway
    return made


def _check_keys(one: Any) -> None:
    from paramiko import RejectPolicy

    one.client.set_missing_host_key_policy(RejectPolicy())
    files = one.ssh_config.get("userknownhostsfile", _KNOWN), one.ssh_config.get("globalknownhostsfile", _KNOWN_TO_ALL)
    for name in " ".join(files).split():
        path = Path(name).expanduser()
        if name != "none" and path.is_file():
            one.client.load_system_host_keys(str(path))


def ssh_config(address: Address) -> SSHConfig:
    """The options of the address first, then the user's configuration: the first value of each option counts."""
    from paramiko import SSHConfig

    lines, files = _option_lines(address.options)
    text = "\n".join((f"Host {address.host}", *(f"  {line}" for line in lines), "Host *", ""))
    for name in files or (_USER, _SYSTEM):
        path = Path(name).expanduser()
        if path.is_file():
            text += f"\n{path.read_text(encoding='utf-8', errors='replace')}\n"
    config: SSHConfig = SSHConfig.from_text(text)
    return config


def _option_lines(options: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """ssh's words as lines of a configuration, and the files that `-F` names. Switches without a value are left out."""
    lines: list[str] = []
    files: list[str] = []
    words = iter(options)
    for word in words:
        flag, value = word[:2], word[2:]
        if flag in ("-o", "-F", *_FLAGS):
            value = value or next(words, "")
        if flag == "-o":
            lines.append(value.strip().replace("=", " ", 1) if " " not in value.split("=")[0].strip() else value)
        elif flag == "-F":
            files.append(value)
        elif flag in _FLAGS:
            lines.append(f"{_FLAGS[flag]} {value}")
    return lines, files


def key_exchange(transport: Any) -> str:
    """The name of the key exchange that both sides agreed on; paramiko itself forgets it."""
    return str(getattr(transport, "agreed", "") or "an unknown key exchange")


def _noting_transport(*words: Any, **settings: Any) -> Any:
    """A paramiko Transport that remembers what was agreed on."""
    from paramiko import Transport

    class Noting(Transport):  # type: ignore[misc]
        def _parse_kex_init(self, message: Any) -> None:
            super()._parse_kex_init(message)
            kind = type(self.kex_engine)
            self.agreed = next((name for name, known in self._kex_info.items() if known is kind), kind.__name__)

    return Noting(*words, **settings)


def explain(address: Address, error: Exception, connection: Any, has_password: bool) -> Unreachable:
    """What an exception of paramiko means, in the words for OpenSSH's messages."""
    from paramiko import AuthenticationException, PasswordRequiredException

    gateway = getattr(connection, "gateway", None)
    if isinstance(error, PasswordRequiredException):
        what = "the key is encrypted and no agent holds it"
        return Unreachable(address.name, "key-file", what, f"ssh-add {address.key or 'KEY'}")
    if isinstance(error, AuthenticationException) and has_password and (not gateway or _is_open(gateway)):
        what = f"{address.user or 'the user'} may not log in with that password"
        return Unreachable(address.name, "denied", what, f"try it by hand: {target(address)}")
    said = _said(address, error)
    if gateway and not _is_open(gateway):
        said += "\nConnection closed by UNKNOWN port 65535"
    return classify(address, said)


def _is_open(gateway: Any) -> bool:
    return bool(getattr(gateway, "is_connected", False))


def _said(address: Address, error: Exception) -> str:
    """What OpenSSH would say."""
    import paramiko as p

    if isinstance(error, socket.gaierror | UnicodeError):
        return f"Could not resolve hostname {address.host}: {error}"
    if isinstance(error, p.BadHostKeyException):
        kind, key = error.key.get_name(), error.key.fingerprint
        return f"REMOTE HOST IDENTIFICATION HAS CHANGED\nfingerprint for the {kind} key is {key}"
    if isinstance(error, p.BadAuthenticationType):
        return f"Permission denied ({','.join(error.allowed_types)})."
    if isinstance(error, p.AuthenticationException):
        return "Permission denied (publickey,password)."
    if isinstance(error, p.ssh_exception.NoValidConnectionsError):
        error = next(iter(error.errors.values()))
    if isinstance(error, ConnectionRefusedError):
        return f"connect to host {address.host} port {address.port or 22}: Connection refused"
    if isinstance(error, TimeoutError):
        return "timed out"
    if "not found in known_hosts" in str(error):
        return "Host key verification failed."
    return str(error) or type(error).__name__
