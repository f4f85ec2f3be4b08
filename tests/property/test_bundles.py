"""What holds for the files of every example, and for whatever else the compiler accepts."""

from __future__ import annotations

import re
from pathlib import Path as FilePath
from typing import Any

import pytest
import yaml

from dreamc.compiler import emit
from dreamc.diagnostics.types import Path
from dreamc.document.write import yaml_text
from dreamc.knowledge.providers import provider, provider_kinds
from dreamc.stack.types import Stack
from tests.property.examples import TEXTS, document, emitted, resolved, stack_of

CONFIGS = {"cloud": "cloud", "hybrid": "hybrid", "local": "offline"}
DOMAINS = tuple(found.domain for kind in provider_kinds() if (found := provider(kind)) and found.domain)


@pytest.fixture(params=TEXTS)
def stack(request: pytest.FixtureRequest, tmp_path: FilePath) -> Stack:
    return stack_of(TEXTS[request.param], tmp_path)


@pytest.fixture
def made(stack: Stack) -> dict[str, str]:
    return emitted(stack)


def composes(made: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {path: yaml.safe_load(text) for path, text in made.items() if "/docker-compose." in path}


def test_clients_see_the_same_names_in_every_mode(stack: Stack, made: dict[str, str]) -> None:
    seen = {}
    for mode in stack.modes:
        for host in stack.gateway.hosts:
            config = yaml.safe_load(made[f"{host}/config/litellm/{CONFIGS[mode.mode]}-config.yaml"])
            groups = [group["group_name"] for group in config["router_settings"]["routing_groups"]]
            seen[host, mode.mode] = [name for name in groups if not name.startswith("tier:")]
    assert set(map(tuple, seen.values())) == {stack.aliases}


def test_a_mode_that_is_not_compiled_has_no_file_and_the_others_have_all(stack: Stack, made: dict[str, str]) -> None:
    for mode, config in CONFIGS.items():
        compiled = mode in {one.mode for one in stack.modes}
        for host in stack.hosts:
            assert (f"{host.name}/docker-compose.{mode}.yml" in made) is compiled
        for host_name in stack.gateway.hosts:
            assert (f"{host_name}/config/litellm/{config}-config.yaml" in made) is compiled


def test_the_files_of_local_mode_name_no_cloud(stack: Stack, made: dict[str, str]) -> None:
    secrets = [one.secret.variable for one in stack.providers if one.secret]
    for path, text in made.items():
        if path.endswith(("docker-compose.local.yml", "offline-config.yaml")):
            body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
            assert [word for word in (*secrets, *DOMAINS) if word in body] == [], path


def test_every_mount_is_the_same_in_every_mode(made: dict[str, str]) -> None:
    mounts: dict[tuple[str, str, str], set[str]] = {}
    for path, value in composes(made).items():
        for name, service in value["services"].items():
            for volume in service.get("volumes", ()):
                if "config/" not in volume["source"]:
                    key = (path.partition("/")[0], name, volume["target"])
                    mounts.setdefault(key, set()).add(volume["source"])
    assert {key: sources for key, sources in mounts.items() if len(sources) > 1} == {}


def test_every_project_of_a_host_has_one_name(made: dict[str, str]) -> None:
    for host in {path.partition("/")[0] for path in made}:
        assert len({value["name"] for path, value in composes(made).items() if path.startswith(f"{host}/")}) == 1


def test_nothing_that_the_source_names_is_lost(stack: Stack, made: dict[str, str]) -> None:
    text = "\n".join(text for path, text in made.items() if not path.endswith((".py", "/dream", "README.md")))
    names = [*stack.aliases, *stack.policy.tiers, *(action for action, _ in stack.policy.actions)]
    names += [*stack.members(), *(one.name for one in stack.providers), *(one.name for one in stack.services)]
    assert [name for name in names if not re.search(rf"(?<![\w.:-]){re.escape(name)}(?![\w.-]|:\S)", text)] == []


def test_no_card_holds_more_than_it_has(stack: Stack) -> None:
    for one in stack.ledgers:
        assert one.ledger.free >= 0, (one.host, one.card.index)


def without(value: Any, path: Path) -> Any:
    """The value without one of its entries."""
    if len(path) == 1:
        if isinstance(value, list):
            return [item for index, item in enumerate(value) if index != path[0]]
        return {key: item for key, item in value.items() if key != path[0]}
    if isinstance(value, list):
        return [without(item, path[1:]) if index == path[0] else item for index, item in enumerate(value)]
    return {key: without(item, path[1:]) if key == path[0] else item for key, item in value.items()}


@pytest.mark.parametrize("name", TEXTS)
def test_an_example_without_any_one_entry_is_an_error_or_compiles(name: str, tmp_path: FilePath) -> None:
    read = document(TEXTS[name])
    compiled = 0
    for path in read.places:
        if not path:
            continue
        result = resolved(yaml_text(without(read.value, path)), tmp_path)
        if result.failed:
            continue
        assert result.stack is not None, path
        emit(result.stack)
        assert all(one.ledger.free >= 0 for one in result.stack.ledgers), path
        compiled += 1
    assert compiled > 10
