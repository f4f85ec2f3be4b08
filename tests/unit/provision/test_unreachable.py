"""What ssh and sudo say, as reasons with remedies. The texts are theirs, word for word."""

from __future__ import annotations

import pytest

from dreamc.provision.types import Address
from dreamc.provision.unreachable import Lost, TimedOut, classify, target

BOX = Address("box", "192.0.2.7", "ssh", "dream", 2222, "/keys/id", ("-J", "bastion"))

CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:b6GBOs6TSuYnVbYVzB8CJ0VLWcGG0VmmDkAXxxSRqbU.
Please contact your system administrator.
Offending ED25519 key in /home/me/.ssh/known_hosts:3
Host key for [192.0.2.7]:2222 has changed and you have requested strict checking.
Host key verification failed.
"""


JUMP = (
    "ssh: connect to host bastion port 22: Connection refused\r\n"
    "kex_exchange_identification: Connection closed by remote host\r\n"
    "Connection closed by UNKNOWN port 65535"
)


@pytest.mark.parametrize(
    ("said", "reason", "what", "remedy"),
    [
        (CHANGED, "key-changed", "it showed ED25519 SHA256:b6GBOs6TSuYnVbYVzB8CJ0VLWcGG0VmmDkAXxxSRqbU)",
         "ssh-keygen -f /home/me/.ssh/known_hosts -R '[192.0.2.7]:2222'"),
        ("Host key verification failed.\r\n", "key-unknown", "its host key is not known here", "ssh -p 2222"),
        ("No ED25519 host key is known for [192.0.2.7]:2222 and you have requested strict checking.",
         "key-unknown", "not known", "compare the fingerprint"),
        ("ssh: Could not resolve hostname box.invalid: Name or service not known", "unknown-host",
         "no address is known for box.invalid", "ansible_host of box"),
        ("ssh: connect to host 192.0.2.7 port 2222: Connection refused", "refused",
         "192.0.2.7 port 2222 refuses connections", "sshd runs there"),
        ("ssh: connect to host 192.0.2.7 port 2222: No route to host", "no-route", "no route to 192.0.2.7", "VPN"),
        ("ssh: connect to host 192.0.2.7 port 22: Connection timed out", "timed-out", "does not answer", "firewalls"),
        ("Connection timed out during banner exchange", "timed-out", "does not answer", "switched on"),
        ("dream@192.0.2.7: Permission denied (publickey,password).", "denied",
         "dream may not log in with the keys that were offered (it takes publickey,password)", "--ask-pass"),
        ("dream@192.0.2.7: Permission denied (publickey).", "denied", "it takes publickey",
         "~dream/.ssh/authorized_keys there, and load /keys/id with ssh-add"),
        ("Received disconnect from 192.0.2.7 port 22:2: Too many authentication failures", "too-many-keys",
         "too many keys", "IdentitiesOnly"),
        ("Warning: Identity file /keys/id not accessible: No such file or directory.\ndream@x: Permission denied (x).",
         "key-file", "the key /keys/id cannot be used: No such file or directory", "ansible_ssh_private_key_file"),
        ("Permissions 0644 for '/keys/id' are too open.", "key-file", "others can read it", "chmod 600 /keys/id"),
        ('Load key "/keys/id": error in libcrypto\r\nx: Permission denied (publickey).', "key-file",
         "error in libcrypto", "box"),
        ("Unable to negotiate with 192.0.2.7 port 22: no matching key exchange method found. Their offer: a,b",
         "no-common-algorithm", "no key exchange method that both sides accept; it offers a,b", "update sshd"),
        ("/home/me/.ssh/config: line 3: Bad configuration option: hots\r\n", "configuration",
         "line 3: Bad configuration option: hots", "~/.ssh/config"),
        ("Bad owner or permissions on /home/me/.ssh/config", "configuration", "Bad owner", "~/.ssh/config"),
        (JUMP, "jump",
         "jump host or ProxyCommand failed: ssh: connect to host bastion port 22: Connection refused", "ssh -p 2222"),
        ("kex_exchange_identification: read: Connection reset by peer", "closed", "hung up before", "MaxStartups"),
        ("sudo: a password is required", "sudo-password", "sudo wants a password", "--ask-become-pass"),
        ("Sorry, try again.", "sudo-refused", "did not take the password", "try again"),
        ("dream is not in the sudoers file.", "sudo-refused", "dream may not use sudo", "group sudo or wheel"),
        ("sudo: sorry, you must have a tty to run sudo", "sudo-refused", "wants a terminal", "requiretty"),
        ("sh: 1: exec: sudo: not found", "sudo-missing", "there is no sudo", "without ansible_become"),
        ("This account is currently not available.", "no-shell", "dream has no shell there", "chsh"),
        ("something new\n\n", "other", "something new", "try it by hand: ssh -p 2222 -i /keys/id"),
        ("", "other", "ended without a word", "try it by hand"),
    ],
)  # fmt: skip
def test_what_ssh_says_is_a_reason_with_a_remedy(said: str, reason: str, what: str, remedy: str) -> None:
    error = classify(BOX, said)
    assert error.reason == reason
    assert error.what.startswith("box cannot be reached: ")
    assert what in error.what
    assert remedy in error.remedy
    assert error.said == said


def test_the_way_by_hand_can_be_typed() -> None:
    assert target(BOX) == "ssh -p 2222 -i /keys/id -J bastion dream@192.0.2.7"
    assert target(Address("box", "box")) == "ssh box"


def test_a_lost_connection_says_where_it_was_lost() -> None:
    lost = Lost("box", "upload", "Broken pipe")
    assert str(lost) == (
        "the connection to box was lost during upload: Broken pipe; whether the step ended on the host is not known; "
        "try again"
    )
    slow = TimedOut("box", "gather", 30)
    assert str(slow) == "gather took longer than 30 s on box; it may still run there; try again"
