"""What the whitelist allows an agent: listed things and nothing else, from a file that may change or break."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dreamc.runtime.allowed import LARGEST, RESOURCE_TYPES, WhitelistFile, check, listed, load
from dreamc.runtime.reading import PolicyError

GIVEN: dict[str, Any] = {
    "cloud_apis": ["openai.com", "Anthropic.com"],
    "domains": ["github.com", "docs.microsoft.com"],
    "mcp_servers": ["memory", "git"],
    "allowed_for_cloud": {"code_review": True, "inline_completion": False},
}
LIST = load(json.dumps(GIVEN))


def write(path: Path, **changed: Any) -> None:
    path.write_text(json.dumps({**GIVEN, **changed}))


@pytest.mark.parametrize(
    ("resource_type", "name"),
    [
        ("cloud_apis", "openai.com"),
        ("cloud_apis", "api.openai.com"),
        ("cloud_apis", "API.anthropic.com."),
        ("domains", "raw.github.com"),
        ("mcp_servers", "memory"),
        ("allowed_for_cloud", "code_review"),
    ],
)
def test_what_is_listed_is_allowed_with_its_subdomains(resource_type: str, name: str) -> None:
    found = check(LIST, resource_type, name)
    assert found["allowed"], found
    assert resource_type in found["reason"]


@pytest.mark.parametrize(
    ("resource_type", "name"),
    [
        ("cloud_apis", "github.com"),
        ("cloud_apis", "evilopenai.com"),
        ("cloud_apis", "openai.com.evil.net"),
        ("domains", "com"),
        ("domains", "microsoft.com"),
        ("domains", ""),
        ("mcp_servers", "Memory"),
        ("mcp_servers", "sub.memory"),
        ("mcp_servers", "memory "),
        ("allowed_for_cloud", "unheard_of"),
        ("allowed_for_cloud", "inline_completion"),
    ],
)
def test_what_is_not_listed_is_denied_with_the_reason(resource_type: str, name: str) -> None:
    found = check(LIST, resource_type, name)
    assert not found["allowed"]
    assert found["reason"]


@pytest.mark.parametrize(
    "name",
    [
        "https://github.com/x",
        "github.com/x",
        "github.com:443",
        "user@github.com",
        "evil.net\\.github.com",
        "evil.net#.github.com",
        "evil.net/.github.com",
        " github.com",
        "github.com\n",
        "..github.com",
        "*.github.com",
        "ｇithub.com",
    ],
)
def test_only_a_bare_host_name_is_judged_so_that_no_url_is_read_in_two_ways(name: str) -> None:
    found = check(LIST, "domains", name)
    assert not found["allowed"]
    assert "not a host name" in found["reason"]


def test_a_task_that_the_file_forbids_has_another_reason_than_one_it_does_not_name() -> None:
    assert "away from the cloud" in check(LIST, "allowed_for_cloud", "inline_completion")["reason"]
    assert "not listed" in check(LIST, "allowed_for_cloud", "unheard_of")["reason"]


def test_an_unknown_resource_type_is_denied_and_the_known_ones_are_named() -> None:
    found = check(LIST, "files", "/etc/passwd")
    assert not found["allowed"]
    assert all(name in found["reason"] for name in RESOURCE_TYPES)
    assert listed(LIST, "files") == ()


def test_a_list_holds_what_is_allowed_and_leaves_out_what_is_forbidden() -> None:
    assert listed(LIST, "domains") == ("github.com", "docs.microsoft.com")
    assert listed(LIST, "allowed_for_cloud") == ("code_review",)


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES)
def test_everything_listed_is_allowed_when_asked(resource_type: str) -> None:
    assert listed(LIST, resource_type)
    assert all(check(LIST, resource_type, name)["allowed"] for name in listed(LIST, resource_type))


def test_an_empty_whitelist_allows_nothing() -> None:
    empty = load('{"cloud_apis": [], "domains": [], "mcp_servers": [], "allowed_for_cloud": {}}')
    assert not any(check(empty, kind, name)["allowed"] for kind in RESOURCE_TYPES for name in ("", "github.com", "git"))


def test_an_edit_counts_at_once_even_when_size_and_time_stay_the_same(tmp_path: Path) -> None:
    path = tmp_path / "whitelist.json"
    write(path, mcp_servers=["alpha"])
    before = path.stat()
    file = WhitelistFile(path)
    assert file.check("mcp_servers", "alpha")["allowed"]

    write(path, mcp_servers=["gamma"])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert file.check("mcp_servers", "gamma")["allowed"]
    assert not file.check("mcp_servers", "alpha")["allowed"]


def test_a_file_put_in_place_of_the_old_one_counts_at_once(tmp_path: Path) -> None:
    path, new = tmp_path / "whitelist.json", tmp_path / "whitelist.json.new"
    write(path)
    file = WhitelistFile(path)
    assert not file.check("domains", "example.org")["allowed"]
    write(new, domains=["example.org"])
    new.replace(path)
    assert file.check("domains", "www.example.org")["allowed"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b'{"cloud_apis": ["openai.com"', "not JSON"),
        (b"[]", "expected an object"),
        (b"\xff\xfe", "not UTF-8"),
        (json.dumps({**GIVEN, "domains": "github.com"}).encode(), "$.domains"),
        (json.dumps({**GIVEN, "domains": [""]}).encode(), "$.domains[0]"),
        (json.dumps({**GIVEN, "allowed_for_cloud": {"code_review": "yes"}}).encode(), "$.allowed_for_cloud"),
        (json.dumps({**GIVEN, "domain": []}).encode(), "unknown key"),
        (json.dumps({key: GIVEN[key] for key in GIVEN if key != "mcp_servers"}).encode(), "'mcp_servers' is missing"),
        (b" " * (LARGEST + 1), "larger than"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_file_denies_everything_says_so_and_recovers(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "whitelist.json"
    write(path)
    file = WhitelistFile(path)
    assert file.check("mcp_servers", "git")["allowed"]

    path.write_bytes(content)
    for kind in RESOURCE_TYPES:
        found = file.check(kind, listed(LIST, kind)[0])
        assert not found["allowed"]
        assert "everything is denied" in found["reason"]
        assert says in found["reason"]
        assert file.listing(kind)["allowed"] == []
        assert says in file.listing(kind)["reason"]

    write(path)
    assert file.check("mcp_servers", "git")["allowed"]


def test_a_missing_file_denies_everything_and_is_named(tmp_path: Path) -> None:
    file = WhitelistFile(tmp_path / "whitelist.json")
    assert not file.check("mcp_servers", "git")["allowed"]
    assert str(file.path) in file.listing("mcp_servers")["reason"]
    with pytest.raises(PolicyError):
        file.read()
