"""Traffic out of a file."""

from __future__ import annotations

import json

import pytest

from dreamc.cost.mix import of_scenario, read_mix
from dreamc.cost.types import Work
from dreamc.diagnostics.types import Source
from dreamc.knowledge.scenarios import scenario, scenario_names

YAML = """\
requests_per_day: 50
input: 4k
output: 300
actions: {read: 20%, spawn: {share: 5%, input: 8k}}
"""


def test_a_file_has_the_shape_and_the_scalars_of_costs_traffic() -> None:
    traffic, _, findings = read_mix(Source("mix.yaml", YAML))
    assert findings == ()
    assert traffic is not None
    assert traffic.per_day == 50
    assert traffic.kinds == (
        Work("read", 0.2, 4096, 300),
        Work("spawn", 0.05, 8192, 300),
        Work(None, 0.75, 4096, 300),
    )


def test_json_is_read_as_well() -> None:
    text = json.dumps({"requests_per_day": 1, "input": 10, "output": 5, "actions": {"a": "100%"}}, indent=2)
    traffic, _, findings = read_mix(Source("mix.json", text))
    assert findings == ()
    assert traffic is not None
    assert traffic.kinds == (Work("a", 1.0, 10, 5),)


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("requests_per_day: 1\ninput: 1\noutput: 1\nactions: {a: 60%, b: 50%}\n", "DRM437", ("actions", "b")),
        (
            "requests_per_day: 1\ninput: 1\noutput: 1\nactions: {a: {share: 101%}}\n",
            "DRM107",
            ("actions", "a", "share"),
        ),
        ("requests_per_day: -1\ninput: 1\noutput: 1\n", "DRM107", ("requests_per_day",)),
        ("requests_per_day: 1\ninput: 1\n", "DRM102", ("output",)),
        ("requests_per_day: 1\ninput: 1\noutput: 1\nrequest: 3\n", "DRM101", ("request",)),
        ("- 1\n", "DRM013", ()),
        ("", "DRM", ()),
        ("a: [", "DRM0", ()),
    ],
)
def test_what_is_wrong_has_its_place(text: str, code: str, path: tuple[str, ...]) -> None:
    traffic, _, findings = read_mix(Source("mix.yaml", text))
    assert traffic is None
    assert findings[0].code.startswith(code), findings
    assert findings[0].path == path


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_is_a_traffic_that_says_what_it_assumes(name: str) -> None:
    found = scenario(name)
    assert found is not None
    traffic = of_scenario(found)
    assert sum(kind.share for kind in traffic.kinds) == pytest.approx(1)
    assert found.source in traffic.source
    assert any("token sizes" in one for one in traffic.assumed)
