"""The programs with which docker keeps credentials: `docker-credential-NAME get`, the registry on standard input.

The protocol: https://github.com/docker/docker-credential-helpers, "Development". What a helper says is never shown.
"""

from __future__ import annotations

import re
import subprocess

from dreamc.hub.logins import Login, read_login

PATIENCE = 30.0
"""Seconds for a helper: it may ask its user to unlock a keychain."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# docker-credential-helpers credentials/error.go: said on standard output, with exit code 1
_NONE = b"credentials not found in native keychain"


def ask(name: str, registry: str, patience: float = PATIENCE) -> Login:
    """What the helper `name` has for a registry; `trouble` where it cannot say."""
    program = f"docker-credential-{name}"
    if not _NAME.fullmatch(name):
        return Login(trouble=f"{name!r} in docker's configuration cannot be the name of a credential helper")
    try:
        done = subprocess.run(
            (program, "get"), input=registry.encode(), capture_output=True, timeout=patience, check=False
        )
    except FileNotFoundError:
        return Login(trouble=f"docker keeps its credentials with {program}, which is not on PATH")
    except subprocess.TimeoutExpired:
        return Login(trouble=f"{program} did not answer within {patience:g} s")
    except OSError as error:
        return Login(trouble=f"{program} cannot be run: {(error.strerror or 'no reason given').lower()}")
    if done.returncode:
        is_none = done.stdout.strip() == _NONE
        return Login() if is_none else Login(trouble=f"{program} ended with exit code {done.returncode}")
    return read_login(done.stdout, program)
