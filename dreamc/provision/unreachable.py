"""Why a host cannot be reached or was lost, in words with a remedy; read from what OpenSSH and sudo say."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from dreamc.errors import DreamError
from dreamc.provision.types import Address

Reason = Literal[
    "unknown-host", "no-route", "refused", "timed-out", "closed", "jump", "key-unknown", "key-changed", "key-revoked",
    "denied", "key-file", "too-many-keys", "no-common-algorithm", "configuration", "no-shell", "no-ssh",
    "sudo-password", "sudo-refused", "sudo-missing", "other",
]  # fmt: skip


class Unreachable(DreamError):
    """No step could be run. `said` is what ssh said, for those who want it word for word."""

    def __init__(self, host: str, reason: Reason, what: str, remedy: str, said: str = "") -> None:
        super().__init__(f"{host} cannot be reached: {what}", "nothing was changed", remedy)
        self.host, self.reason, self.said = host, reason, said


class Lost(DreamError):
    """The connection ended while a step ran. The session connects again with the next step."""

    def __init__(self, host: str, step: str, why: str) -> None:
        state = "whether the step ended on the host is not known"
        super().__init__(f"the connection to {host} was lost during {step}: {why}", state, "try again")
        self.host, self.step, self.why = host, step, why


class TimedOut(Lost):
    """A step took longer than it may; what it started may still run on the host."""

    def __init__(self, host: str, step: str, seconds: float) -> None:
        super().__init__(host, step, f"it took longer than {seconds:g} s")
        self.what, self.state = f"{step} took longer than {seconds:g} s on {host}", "it may still run there"


def target(address: Address) -> str:
    """How a person reaches the host by hand: `ssh -p 2222 dream@192.0.2.10`."""
    port = ("-p", str(address.port)) if address.port else ()
    key = ("-i", address.key) if address.key else ()
    name = f"{address.user}@{address.host}" if address.user else address.host
    return " ".join(("ssh", *port, *key, *address.options, name))


def classify(address: Address, said: str) -> Unreachable:
    """The reason in `said`, everything that ssh wrote to stderr before the loop answered."""
    for kind in _KINDS:
        found = re.search(kind.pattern, said)
        if found:
            fields = {**_fields(address, said), **{name: _short(text) for name, text in found.groupdict().items()}}
            what, remedy = kind.what.format_map(fields), kind.remedy.format_map(fields)
            return Unreachable(address.name, kind.reason, what, remedy, said)
    what = spoke(said, "the connection ended without a word")
    return Unreachable(address.name, "other", what, f"try it by hand: {target(address)}", said)


def spoke(said: str, nothing: str = "the other side hung up") -> str:
    """The last line that ssh said, or `nothing`."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else nothing


def _short(text: str | None) -> str:
    return (text or "").strip().rstrip(".")


def _fields(address: Address, said: str) -> dict[str, str]:
    """What the words of a kind may name."""
    user = address.user or "the user"
    asks = re.search(r"Permission denied \([^)]*(password|keyboard)", said)
    return {
        "name": address.name,
        "host": address.host,
        "user": user,
        "home": f"~{address.user}",
        "key": address.key or "the key",
        "ssh": target(address),
        "known": f"[{address.host}]:{address.port}" if address.port not in (None, 22) else address.host,
        "before": spoke(re.sub(r"(?m)^.*(UNKNOWN port|kex_exchange_identification).*$", "", said), "it ended"),
        "asking": "; or run on a terminal with --ask-pass" if asks else "",
        **_new_key(said),
    }


def _new_key(said: str) -> dict[str, str]:
    """What a host with another key has shown, and where the known one stands."""
    sent = re.search(r"SHA256:\S+", said)
    kind = re.search(r"fingerprint for the (\S+) key", said)
    place = re.search(r"Offending \S+ key in (\S+):\d+", said)
    return {
        "sent": " ".join(filter(None, (kind and kind[1], sent and sent[0].rstrip(".")))) or "another key",
        "file": f"-f {place[1]} " if place else "",
    }


class _Kind(NamedTuple):
    """A message of OpenSSH or sudo; the names in braces are groups of the pattern and those of `_fields`."""

    reason: Reason
    pattern: str
    what: str
    remedy: str


# The words are those of OpenSSH 9.2 and 10 (ssh.c, sshconnect.c, sshconnect2.c, misc.c) and of sudo 1.9. The first that
# is found counts, so what other messages contain as well stands below them.
_KINDS = (
    _Kind("key-changed", r"REMOTE HOST IDENTIFICATION HAS CHANGED",
          "its host key is not the one that is known (it showed {sent}): set up anew, or another machine answers",
          "compare the fingerprint on its console, and only if it is the same: ssh-keygen {file}-R '{known}'"),
    _Kind("key-revoked", r"REVOKED HOST KEY|[Hh]ost key .*(is|was) revoked",
          "its host key was revoked", "do not connect; ask who revoked it (RevokedHostKeys)"),
    _Kind("key-unknown", r"Host key verification failed|No \S+ host key is known",
          "its host key is not known here",
          "log in once by hand and compare the fingerprint with the one on its console: {ssh}"),
    _Kind("configuration", r"(?m)^(?P<line>.*(Bad configuration option|Bad owner or perm|extra arguments).*)$",
          "ssh refuses its own configuration: {line}", "correct ~/.ssh/config or the options in the inventory"),
    _Kind("jump", r"UNKNOWN port 65535|stdio forwarding failed|jumphost loop",
          "the way through its jump host or ProxyCommand failed: {before}", "try it by hand: {ssh}"),
    _Kind("unknown-host", r"Could not resolve hostname (?P<which>[^:]+):",
          "no address is known for {which}",
          "check ansible_host of {name} in the inventory, or its Host entry in ~/.ssh/config"),
    _Kind("refused", r"connect to host (?P<where>\S+ port \d+): Connection refused",
          "{where} refuses connections", "check that sshd runs there, and ansible_port"),
    _Kind("no-route", r"No route to host|Network is unreachable|Address family not supported",
          "there is no route to {host}", "check the network, a VPN, and whether it needs a jump host (-J)"),
    _Kind("timed-out", r"timed out|Timeout, server",
          "{host} does not answer", "check that it is switched on, and the firewalls in between"),
    _Kind("no-common-algorithm", r"no matching (?P<which>.+?) found. Their offer:(?P<theirs>.*)",
          "there is no {which} that both sides accept; it offers {theirs}",
          "update sshd on the host; weakening the client is not the remedy"),
    _Kind("too-many-keys", r"Too many authentication failures",
          "the agent offered too many keys",
          "name the right one with ansible_ssh_private_key_file, and add IdentitiesOnly yes to ~/.ssh/config"),
    _Kind("key-file", r"Identity file (?P<which>.+?) not accessible: (?P<why>.+)",
          "the key {which} cannot be used: {why}", "check ansible_ssh_private_key_file of {name}"),
    _Kind("key-file", r"Permissions \d+ for '(?P<which>[^']+)' are too open",
          "the key {which} is not used: others can read it", "chmod 600 {which}"),
    _Kind("key-file", r"Load key \"(?P<which>[^\"]+)\": (?P<why>[^\r\n]+)",
          "the key {which} cannot be used: {why}", "check ansible_ssh_private_key_file of {name}"),
    _Kind("denied", r"Permission denied \((?P<ways>[^)]*)\)",
          "{user} may not log in with the keys that were offered (it takes {ways})",
          "put the public key into {home}/.ssh/authorized_keys there, and load {key} with ssh-add{asking}"),
    _Kind("sudo-password", r"sudo: a (terminal|password) is required",
          "sudo wants a password",
          "run on a terminal with --ask-become-pass, or allow {user} on the host: ALL=(ALL) NOPASSWD: ALL"),
    _Kind("sudo-refused", r"incorrect password attempt|try again",
          "sudo did not take the password", "try again"),
    _Kind("sudo-refused", r"you must have a tty",
          "sudo wants a terminal", "remove 'Defaults requiretty' from the host's sudoers"),
    _Kind("sudo-refused", r"not in the sudoers file|is not allowed to (execute|run)|may not run sudo",
          "{user} may not use sudo", "add the user to the group sudo or wheel, or log in as root"),
    _Kind("sudo-missing", r"sudo: (command )?not found|exec: sudo",
          "there is no sudo", "install it, or log in as root without ansible_become"),
    _Kind("no-shell", r"account is (currently )?not available",
          "{user} has no shell there", "give another user, or a shell (chsh)"),
    _Kind("closed", r"kex_exchange_identification|Connection (closed|reset) by|banner line contains",
          "{host} hung up before the login",
          "its sshd may be overloaded (MaxStartups) or ban this address (fail2ban, hosts.deny): read its log"),
)  # fmt: skip
