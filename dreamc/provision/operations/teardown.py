"""Nothing of ours runs any more; data, models, releases and `.env` stay where they are."""

from __future__ import annotations

from shlex import quote

from dreamc.provision.session import Step

_DOWN = """
cd -- {root} || exit 1
[ -x current/dream ] || {{ echo "there is no current release in {shown}"; exit 1; }}
exec ./current/dream down </dev/null 2>&1
"""

_TEARDOWN = """
cd -- {root} || exit 1
if [ -x current/dream ]; then
    ./current/dream down </dev/null 2>&1 || exit 1
    [ "$(id -u)" != 0 ] || ./current/dream unit remove </dev/null 2>&1 || exit 1
fi
rm -f current mode .current-mode
"""


def down(root: str) -> Step:
    """Stops the stack; the release stays current, so that `dream up` starts it again."""
    return Step("down", _DOWN.format(root=quote(root), shown=root))


def teardown(root: str) -> Step:
    """Takes the stack off the host: containers, systemd unit and the link to the current release."""
    return Step("teardown", _TEARDOWN.format(root=quote(root)))
