"""Whom the gate of an activation accepts is whom the gateway can ask."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from dreamc.backends.litellm.emit import config
from dreamc.backends.litellm.ids import deployment_ids, stand_in_ids
from dreamc.compiler import Request, resolve
from dreamc.stack.types import ModeRoutes, Route, Stack, Tier
from tests.unit.backends.stacks import fleet, stack

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/dream.yaml"))


def resolved(path: Path) -> Stack:
    result = resolve(Request(path, None, {}, date(2026, 11, 20)))
    assert result.stack is not None
    return result.stack


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_they_are_the_deployments_of_the_groups_that_the_gateway_walks(path: Path) -> None:
    there = resolved(path)
    for routes in there.modes:
        value = config(there, there.gateway.hosts[0], routes)
        groups = {group["group_name"]: group["models"] for group in value["router_settings"]["routing_groups"]}
        for route in routes.routes:
            tiers = [name for name in groups if name.startswith("tier:")] if route.kind == "routed" else []
            models = {model for name in (route.alias, *tiers) for model in groups.get(name, ())}
            wanted = {one["model_info"]["id"] for one in value["model_list"] if one["model_name"] in models}
            assert set(deployment_ids(there, routes)[route.alias]) == wanted, (routes.mode, route.alias)


def one_route(route: Route, *tiers: Tier) -> tuple[Stack, ModeRoutes]:
    routes = ModeRoutes("hybrid", (route,), tiers)
    return stack(modes=(routes,)), routes


def test_later_members_of_a_chain_stand_in() -> None:
    there, routes = one_route(Route("code", "chain", "priority", ("quality", "fast", "claude"), "", ()))
    assert deployment_ids(there, routes) == {"code": ("quality@desk.0", "fast@desk.0", "claude@anthropic.0")}
    assert stand_in_ids(there, routes) == {"code": ("fast@desk.0", "claude@anthropic.0")}


def test_members_that_share_the_work_stand_in_for_nobody() -> None:
    there, routes = one_route(Route("code", "chain", "fastest", ("quality", "fast"), "", ()))
    assert stand_in_ids(there, routes) == {"code": ()}


def test_behind_a_routed_alias_stand_the_members_of_every_tier_also_without_fallbacks() -> None:
    tiers = (Tier("small", ("fast", "quality")), Tier("large", ("quality", "fast")))
    there, routes = one_route(Route("auto", "routed", "priority", ("fast", "quality"), "", ()), *tiers)
    there = replace(there, policy=replace(there.policy, fallbacks_enabled=False))
    assert set(deployment_ids(there, routes)["auto"]) == {"fast@desk.0", "quality@desk.0"}
    assert stand_in_ids(there, routes) == {"auto": ()}


def test_a_member_that_a_group_has_for_itself_is_named_as_the_gateway_names_it() -> None:
    chains = tuple(Route(name, "chain", "fastest", ("big", "quality"), "", ()) for name in ("one", "two"))
    routes = ModeRoutes("local", chains, ())
    there = fleet(modes=(routes,))
    assert deployment_ids(there, routes) == {
        "one": ("big@gpu01.0", "quality@gpu02.0"),
        "two": ("big@gpu01.0/two", "quality@gpu02.0/two"),
    }
