"""Reading the log of a proxy."""

from __future__ import annotations

from dreamc.gateway.log import complaints, last_error

LOG = """\
\x1b[32mLiteLLM: Proxy initialized with Config, Set models:\x1b[0m
WARNING: proxy_server.py:7249 - Key 'alowed_fails' is not a valid argument for Router.__init__(). Ignoring this key.
ERROR: router.py:9445 - Error creating deployment: x, ignoring and continuing with other deployments.
INFO:     Application startup complete.
"""


def test_ignored_keys_and_dropped_deployments_are_complaints() -> None:
    assert [line.split(" ")[0] for line in complaints(LOG)] == ["WARNING:", "ERROR:"]


def test_a_good_start_has_no_complaints() -> None:
    assert complaints("INFO:     Application startup complete.\n") == ()


def test_the_last_error_is_found_behind_later_lines() -> None:
    assert last_error("Traceback\nValueError: \x1b[31mbad strategy\x1b[0m\n\nbye\n") == "ValueError: bad strategy"
    assert last_error("") == ""
