"""Which domains a whitelist allows, and what a request may cost at most."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from dreamc.runtime.types import Price, Whitelist
from dreamc.runtime.whitelist import Ask, domain_allowed, estimated_usd

LIST = Whitelist(("openai.com", "Anthropic.com"), (), (), MappingProxyType({}))


@pytest.mark.parametrize("domain", ["openai.com", "api.openai.com", "API.OpenAI.com", "api.anthropic.com."])
def test_a_domain_allows_itself_and_its_subdomains(domain: str) -> None:
    assert domain_allowed(LIST, domain)


@pytest.mark.parametrize("domain", [None, "", "evilopenai.com", "openai.com.evil.net", "com", ".openai.org"])
def test_a_domain_that_only_looks_alike_is_denied(domain: str | None) -> None:
    assert not domain_allowed(LIST, domain)


def test_an_estimate_prices_the_prompt_and_a_full_answer() -> None:
    assert estimated_usd(Price(3, 15), Ask("auto", "x" * 4_000, max_output_tokens=1_000)) == pytest.approx(0.018)
    assert estimated_usd(Price(3, 15), Ask("auto", "", tokens=1_000, max_output_tokens=1)) == pytest.approx(0.003015)
