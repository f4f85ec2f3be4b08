"""The variables of an inventory that say how to connect: which we read, what they may hold, which are refused."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from msgspec import Struct

from dreamc.diagnostics.nearest import nearest
from dreamc.document.words import describe
from dreamc.provision.inventory.names import PLAIN

Value = str | int | bool | tuple[str, ...] | None


class Trouble(Struct, frozen=True):
    """What is wrong with a variable, as the parts of a Diagnostic."""

    code: str
    message: str
    label: str = ""
    help: str = ""
    secret: bool = False
    on_key: bool = False


HOST = ("ansible_host", "ansible_ssh_host")
USER = ("ansible_user", "ansible_ssh_user")
PORT = ("ansible_port", "ansible_ssh_port")
KEY = ("ansible_private_key_file", "ansible_ssh_private_key_file")
OPTIONS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
CONNECTION = "ansible_connection"
BECOME = "ansible_become"
PRIORITY = "ansible_group_priority"

_KEYS_OR_ASK = "use keys or an agent; where there are none, dreamc asks"
_PASSWORD = re.compile(r"ansible_(\w+_)?(pass|password|passphrase|pin)")
_CHECKING = ("ansible_host_key_checking", "ansible_ssh_host_key_checking")
_WRITTEN_BY_ANSIBLE = re.compile(r"\{\{|\{%")
_TRUE = frozenset(("y", "yes", "on", "1", "true", "t"))
_FALSE = frozenset(("n", "no", "off", "0", "false", "f"))
_TRANSPORTS = {
    "ssh": "ssh", "smart": "ssh", "openssh": "ssh", "paramiko": "fabric", "paramiko_ssh": "fabric", "local": "local",
}  # fmt: skip
_LOOSE = re.compile(r"(-o\s*)?StrictHostKeyChecking[= ](no|off|accept-new)", re.IGNORECASE)


def read_variable(name: str, value: object, encrypted: bool = False) -> tuple[Value, Trouble | None]:
    """The value of one variable in our terms, None where it is not ours or cannot be used, and what is wrong with it.

    `encrypted`: its value is tagged `!vault`. A password is refused without being repeated.
    """
    is_ours = name in _READERS or name in _CHECKING
    if _PASSWORD.fullmatch(name):
        return None, _password(name, value, encrypted)
    if encrypted:
        return None, _for_ansible(name, "is encrypted", "its key is with Ansible") if is_ours else _unread(name)
    if not is_ours:
        return None, _misspelt(name)
    if isinstance(value, str) and _WRITTEN_BY_ANSIBLE.search(value):
        return None, _for_ansible(name, "is a template", "only Ansible can fill it in")
    if value is None:
        return None, None
    return _checking(name, value) if name in _CHECKING else _READERS[name](name, value)


def _password(name: str, value: object, encrypted: bool) -> Trouble | None:
    if value is None or value == "":
        return None
    if encrypted or (isinstance(value, str) and _WRITTEN_BY_ANSIBLE.search(value)):
        return Trouble("DRM710", f"{name} is not read: only Ansible has its value", "", _KEYS_OR_ASK, secret=True)
    return Trouble("DRM707", f"{name} holds a password", "must not stand in a file", _KEYS_OR_ASK, secret=True)


def _unread(name: str) -> Trouble:
    return Trouble("DRM710", f"{name} is encrypted with Ansible's vault and not read", on_key=True)


def _for_ansible(name: str, what: str, label: str) -> Trouble:
    return Trouble("DRM709", f"{name} {what}", label, "write the value as it is")


def _misspelt(name: str) -> Trouble | None:
    word = name.removeprefix("ansible_")
    known = [one.removeprefix("ansible_") for one in _READERS]
    near = nearest(word, known) if word != name else None
    if near is None or word.startswith(near) or name in _OTHERS:
        return None
    return Trouble("DRM712", f"{name} is no variable of Ansible's", "", f"did you mean ansible_{near}?", on_key=True)


def _text(name: str, value: object) -> tuple[Value, Trouble | None]:
    # A user or a host may be written as a bare number.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value), None
    if not isinstance(value, str) or not PLAIN.fullmatch(value):
        return None, _wrong(name, value, "a name without spaces, quotes and signs of a shell")
    return value, None


def _path(name: str, value: object) -> tuple[Value, Trouble | None]:
    if not isinstance(value, str) or not value.isprintable() or value.startswith("-"):
        return None, _wrong(name, value, "the path of a key file")
    return value, None


def _port(name: str, value: object) -> tuple[Value, Trouble | None]:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 65536:
        return None, _wrong(name, value, "a port from 1 to 65535")
    return number, None


def _words(name: str, value: object) -> tuple[Value, Trouble | None]:
    # An option such as -4 is a number to YAML.
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None, _wrong(name, value, "options of ssh in one text")
    value = str(value)
    try:
        words = tuple(shlex.split(value))
    except ValueError as error:
        return None, _wrong(name, value, f"options of ssh: {str(error).lower()}")
    loose = _LOOSE.search(value)
    if loose is None:
        return words, None
    help = "remove it, and put the hosts' keys into known_hosts once"
    return words, Trouble("DRM711", f"{name} lets a host with an unknown key pass", loose[0].strip(), help)


def _truth(name: str, value: object) -> tuple[Value, Trouble | None]:
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE, None
    return None, _wrong(name, value, "true or false")


def _checking(name: str, value: object) -> tuple[Value, Trouble | None]:
    answer, trouble = _truth(name, value)
    if trouble or answer:
        return None, trouble
    help = "put the hosts' keys into known_hosts; a host with an unknown key is refused"
    return None, Trouble("DRM711", f"{name}: false is not followed", "host keys are always checked", help)


def _connection(name: str, value: object) -> tuple[Value, Trouble | None]:
    transport = _TRANSPORTS.get(str(value).removeprefix("ansible.builtin.").removeprefix("ansible.netcommon."))
    return (transport, None) if transport else (None, _wrong(name, value, "ssh, paramiko_ssh or local"))


def _root(name: str, value: object) -> tuple[Value, Trouble | None]:
    return (None, None) if value in ("root", 0, "0") else (None, _wrong(name, value, "root: nobody else is become"))


def _sudo(name: str, value: object) -> tuple[Value, Trouble | None]:
    is_sudo = str(value).removeprefix("ansible.builtin.") == "sudo"
    return (None, None) if is_sudo else (None, _wrong(name, value, "sudo: there is no other way to become root"))


def _priority(name: str, value: object) -> tuple[Value, Trouble | None]:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return (number, None) if isinstance(number, int) and is_number else (None, _wrong(name, value, "a whole number"))


def _wrong(name: str, value: object, expected: str) -> Trouble:
    return Trouble("DRM708", f"{name} cannot be {describe(value)}", f"expected {expected}")


_READERS: dict[str, Callable[[str, object], tuple[Value, Trouble | None]]] = {
    **dict.fromkeys((*HOST, *USER), _text), **dict.fromkeys(PORT, _port), **dict.fromkeys(KEY, _path),
    **dict.fromkeys(OPTIONS, _words), CONNECTION: _connection, BECOME: _truth, "ansible_become_user": _root,
    "ansible_become_method": _sudo, PRIORITY: _priority,
}  # fmt: skip
_OTHERS = frozenset(
    "ansible_" + word
    for word in (
        "python_interpreter", "shell_type", "shell_executable", "become_exe", "become_flags", "pipelining", "timeout",
        "ssh_pipelining", "ssh_executable", "ssh_timeout", "ssh_retries", "ssh_transfer_method", "ssh_use_tty",
        "scp_extra_args", "sftp_extra_args", "network_os", "remote_tmp", "control_path",
        "hostname", "nodename", "fqdn", "domain", "user_id", "user_uid", "user_gid",
    )
)  # fmt: skip
"""Variables and facts of Ansible that look like ours and are none of our business."""
