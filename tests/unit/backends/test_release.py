"""release.json says of a bundle what an apply has to know."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest
import yaml

from dreamc.artifact.release import Release, read_release, release_of
from dreamc.artifact.types import Bundle
from dreamc.compiler import Request, emit, resolve

ROOT = Path(__file__).parents[3]


def compiled(name: str) -> dict[str, Bundle]:
    result = resolve(Request(ROOT / "examples" / name / "dream.yaml", None, {}, date(2026, 11, 20)))
    assert result.stack is not None
    return {bundle.host: bundle for bundle in emit(result.stack)}


@pytest.fixture(scope="module")
def desk() -> Bundle:
    return compiled("hybrid-4070")["desk"]


def compose(bundle: Bundle, mode: str) -> dict[str, dict[str, object]]:
    text = next(one.text for one in bundle.artifacts if one.path == f"docker-compose.{mode}.yml")
    services: dict[str, dict[str, object]] = yaml.safe_load(text)["services"]
    return services


@pytest.mark.parametrize("mode", ["cloud", "local", "hybrid"])
def test_every_container_carries_the_definition_that_the_release_names(desk: Bundle, mode: str) -> None:
    services = compose(desk, mode)
    named = {one.name: one.definition for one in release_of(desk).mode(mode).services}
    labels = {name: service["labels"] for name, service in services.items()}
    assert {name: label["dev.dreamc.service"] for name, label in labels.items()} == named  # type: ignore[index]


def test_a_mode_that_was_not_compiled_says_why() -> None:
    facts = release_of(compiled("fleet")["desk"]).mode("cloud")
    assert "embed" in facts.reason
    assert facts.services == ()


def test_the_gateway_names_the_deployments_that_may_answer_each_alias(desk: Bundle) -> None:
    found = {alias.name: alias.deployments for alias in release_of(desk).mode("local").aliases}
    assert found["code"] == ("quality@desk.0", "fast@desk.0")


def test_a_gateway_waits_for_the_hosts_whose_models_it_asks() -> None:
    bundles = compiled("fleet")
    assert release_of(bundles["desk"]).after == ("h200-a", "h200-b")
    assert release_of(bundles["h200-a"]).after == ()


def test_the_worst_month_is_the_limit_and_nothing_in_local_mode(desk: Bundle) -> None:
    release = release_of(desk)
    assert release.mode("hybrid").worst_month == 50.0
    assert release.mode("local").worst_month == 0.0


def with_costs(tmp_path: Path, more: str) -> Release:
    file = tmp_path / "dream.yaml"
    text = (ROOT / "examples" / "daemon-tiers" / "dream.yaml").read_text(encoding="utf-8")
    file.write_text(
        text.replace("    models:\n      claude-sonnet", f"{more}    models:\n      claude-sonnet") + TRAFFIC
    )
    result = resolve(Request(file, None, {}, date(2026, 11, 20)))
    assert result.stack is not None
    return release_of(emit(result.stack)[0])


TRAFFIC = """
costs:
  traffic: {requests_per_day: 100, input: 1500, output: 300, actions: {spawn_daemon: 10%, read_file: 90%}}
"""


def test_the_expected_month_is_there_where_traffic_is_stated(tmp_path: Path, desk: Bundle) -> None:
    release = with_costs(tmp_path, "")
    assert release.mode("hybrid").expected_month == pytest.approx(30 * 10 * (1500 * 2 + 300 * 10) / 1e6)
    assert release.mode("local").expected_month == 0.0
    assert "expected_month" not in next(one.text for one in desk.artifacts if one.path == "release.json")


def test_the_worst_month_is_no_more_than_the_providers_may_cost_together(tmp_path: Path) -> None:
    assert with_costs(tmp_path, "    budget: {daily: 2 USD}\n").mode("hybrid").worst_month == 62.0


def test_the_oldest_driver_is_that_of_the_newest_image(desk: Bundle) -> None:
    needs = release_of(desk).mode("local").needs
    assert (needs.gpus, needs.capability, needs.cuda) == (1, "8.9", "13.0")
    assert needs.driver == "580.65"


def test_a_release_without_its_root_is_refused_with_the_place() -> None:
    with pytest.raises(msgspec.ValidationError, match="root"):
        read_release('{"version": 1, "tool": "x", "stack": "s", "host": "h", "project": "p"}')


def test_a_bundle_of_an_older_version_says_so() -> None:
    with pytest.raises(ValueError, match=r"release\.json"):
        release_of(Bundle("gpu01", ()))


def test_reading_gives_back_what_was_written(desk: Bundle) -> None:
    release = release_of(desk)
    assert msgspec.convert(msgspec.to_builtins(release), Release) == release
