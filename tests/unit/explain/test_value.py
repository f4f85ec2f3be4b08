"""Every emitted value has an origin, and the numbers of it are the ones that were used."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dreamc.explain import value
from dreamc.explain.types import Explanation, Origin, Spot
from dreamc.sizing.types import Fit
from tests.unit.explain.scenes import NAMES, is_text, scalars, scene


def no_experiment(_place: Spot) -> tuple[tuple[Origin, ...], str]:
    raise AssertionError("a rule should know this")


def explained(name: str, thing: str) -> Explanation:
    found = value.explain(scene(name), thing, no_experiment)
    assert isinstance(found, Explanation)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nine_values_in_ten_are_explained_by_a_rule_and_none_raises(name: str) -> None:
    places = [place for place in scalars(name) if not is_text(place.path)]
    silent = [place for place in places if value.at(scene(name), place) is None]
    assert len(silent) * 10 <= len(places), [(place.path, place.keys) for place in silent[:20]]


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_a_text_is_explained(name: str) -> None:
    assert all(value.at(scene(name), place) for place in scalars(name) if is_text(place.path))


@pytest.mark.parametrize("name", NAMES)
def test_an_explanation_has_an_origin_and_gives_the_value_back(name: str) -> None:
    for place in scalars(name):
        found = value.at(scene(name), place)
        if found is not None:
            assert found.origins, (place.path, place.keys)
            assert found.why
            assert found.value == place.value


def test_the_context_of_a_vllm_model_shows_the_line_the_formula_and_every_part_with_its_confidence() -> None:
    found = explained("hybrid-4070", "desk/docker-compose.hybrid.yml:services.vllm-quality.command[--max-model-len]")
    local = next(one for one in scene("hybrid-4070").stack.locals if one.name == "quality")
    assert isinstance(local.size, Fit)
    assert found.value == str(local.size.max_model_len)
    assert any(one.text == "context: 8k..32k" and one.where.endswith("dream.yaml:18:14") for one in found.origins)
    assert {one.name for one in local.size.figures} <= {one.name for one in found.inputs}
    assert all(one.confidence for one in found.inputs if one.name in {"weights", "activation", "kv_cache"})
    assert f"{local.size.num_blocks} blocks" in found.formula
    assert len(found.notes) == len(local.size.trades)


def test_a_value_of_the_profile_points_into_the_profile() -> None:
    found = explained("hybrid-4070", "desk/config/policy.json:budget.alert_at")
    assert found.origins[0].where.endswith("dream.yaml:48:13")
    bound = explained("daemon-tiers", "box/config/policy.json:complexity[0].up_to")
    assert bound.formula


def test_an_image_names_its_table_row_with_source_and_day() -> None:
    found = explained("hybrid-4070", "desk/docker-compose.hybrid.yml:services.litellm.image")
    row = next(one for one in found.origins if one.kind == "table")
    assert row.where == "images: litellm"
    assert row.source.startswith("https://")
    assert row.checked


def test_a_price_names_the_price_table() -> None:
    place = "desk/config/litellm/cloud-config.yaml:model_list[claude@anthropic].model_info.input_cost_per_token"
    found = explained("hybrid-4070", place)
    assert any(one.where == "prices: anthropic claude-sonnet-5-5" for one in found.origins)


def test_a_fixed_choice_says_who_chose_and_why() -> None:
    retries = explained("hybrid-4070", "desk/config/litellm/hybrid-config.yaml:router_settings.num_retries")
    assert retries.origins[0].kind == "chosen"
    assert "the next member is the retry" in retries.why
    privileges = explained("hybrid-4070", "desk/docker-compose.hybrid.yml:services.litellm.security_opt[0]")
    assert "set-uid" in privileges.why


def test_a_default_is_said_to_be_one() -> None:
    found = explained("hybrid-4070", "desk/docker-compose.hybrid.yml:services.litellm.ports[0].published")
    assert found.origins[0].kind == "default"
    assert "4000" in found.origins[0].text


def test_a_secret_is_a_reference_and_its_value_never_appears() -> None:
    found = explained(
        "hybrid-4070", "desk/config/litellm/cloud-config.yaml:model_list[claude@anthropic].litellm_params.api_key"
    )
    assert found.value == "os.environ/DREAM_ANTHROPIC_API_KEY"
    assert "env://ANTHROPIC_API_KEY" in found.why


def test_a_mapping_lists_what_is_in_it_as_things_to_ask_for() -> None:
    found = explained("hybrid-4070", "desk/config/policy.json:budget")
    assert found.by == "parts"
    assert "desk/config/policy.json:budget.monthly_usd" in found.notes


def test_a_door_in_local_mode_is_explained_as_one() -> None:
    places = [place for place in scalars("hybrid-4070") if "door-litellm" in place.keys]
    assert places
    assert all(value.at(scene("hybrid-4070"), place) for place in places)


@pytest.mark.parametrize(
    ("pattern", "keys", "fits"),
    [
        (("a", "*"), ("a", 3), True),
        (("a", "*"), ("a", "b", "c"), False),
        (("a", "**"), ("a",), True),
        (("a", "**"), ("b", "c"), False),
        (("disable_*",), ("disable_x",), True),
        (("disable_*",), ("enable_x",), False),
    ],
)
def test_patterns_fit_keys(pattern: tuple[str, ...], keys: tuple[str | int, ...], fits: bool) -> None:
    assert value.matches(pattern, keys) is fits


@pytest.mark.parametrize(("price", "said"), [(1e-12, "assumes 5"), (0, "costs nothing")])
def test_a_price_of_next_to_nothing_says_why_it_is_not_0(price: float, said: str) -> None:
    free = next(
        place
        for place in scalars("hybrid-4070")
        if place.keys[-1] == "input_cost_per_token" and place.path.endswith("offline-config.yaml")
    )
    found = value.at(scene("hybrid-4070"), replace(free, value=price))
    assert found is not None
    assert said in str(found.origins)
