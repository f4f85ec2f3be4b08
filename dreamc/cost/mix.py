"""The traffic to simulate: of a file in the shape of `costs: traffic:`, or as somebody described theirs."""

from __future__ import annotations

from dreamc.cost.types import Traffic, Work
from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.document.validate import validate
from dreamc.knowledge.scenarios import Scenario
from dreamc.spec.costs import ActionTraffic
from dreamc.spec.costs import Traffic as Spec

Found = tuple[Diagnostic, ...]
SLACK = 1e-9
"""What adding decimal shares may be off by."""


def read_mix(source: Source) -> tuple[Traffic | None, Document | None, Found]:
    """The traffic that a YAML or JSON file states; or None, and why it states none."""
    document, findings = read(source)
    if document is None or findings:
        return None, document, findings
    spec, findings = validate(Spec, document)
    if spec is None:
        return None, document, findings
    over = _over(spec)
    return (None if over else _traffic(spec, source.name)), document, over


def of_scenario(scenario: Scenario) -> Traffic:
    """The traffic of a scenario, with what was assumed."""
    kinds = tuple(Work(one.action, one.share, one.input, one.output, one.score) for one in scenario.kinds)
    assumed = (f"token sizes: {scenario.sizes}", scenario.mixed)
    return Traffic(scenario.per_day, kinds, f"{scenario.title} ({scenario.source})", assumed=assumed)


def _traffic(spec: Spec, name: str) -> Traffic:
    found = [_work(action, one, spec) for action, one in spec.actions.items()]
    rest = round(1.0 - sum(one.share for one in found), 9)
    if rest > 0:
        found.append(Work(None, rest, spec.input, spec.output))
    return Traffic(spec.requests_per_day, tuple(one for one in found if one.share > 0), name)


def _work(action: str, one: float | ActionTraffic, spec: Spec) -> Work:
    if isinstance(one, ActionTraffic):
        return Work(action, one.share, one.input or spec.input, one.output or spec.output)
    return Work(action, one, spec.input, spec.output)


def _over(spec: Spec) -> Found:
    """Where the shares pass 100 %."""
    total = 0.0
    for action, one in spec.actions.items():
        total += one.share if isinstance(one, ActionTraffic) else one
        if total > 1 + SLACK:
            at = ("actions", action, "share") if isinstance(one, ActionTraffic) else ("actions", action)
            message = f"the shares of the actions add up to {100 * total:.4g} % of all requests and pass 100 % here"
            remedy = "they are shares of all requests; what is left to 100 % names no action"
            return (Diagnostic("DRM437", at, message, "more than 100 %", remedy),)
    return ()
