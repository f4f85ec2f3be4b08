from __future__ import annotations

import pytest

from dreamc.document.scalars import SecretRef
from dreamc.stack.clouds import Clouds, clouds, secret
from tests.unit.stack.files import BOX, HEAD, dream


def made(providers: str) -> Clouds:
    return clouds(dream(f"{HEAD}{BOX}providers: {{{providers}}}\n"))


def test_kind_address_price_window_and_abilities_come_from_the_tables() -> None:
    found = made("anthropic: {key: env://ANTHROPIC_API_KEY, models: {claude: {id: claude-sonnet-5-5}}}")
    (account,), (model,) = found.providers, found.models
    assert (account.kind, account.prefix, account.domain) == ("anthropic", "anthropic/", "anthropic.com")
    assert model.rates is not None
    assert (model.rates.input, model.rates.output, model.context) == (2, 10, 1_000_000)
    assert {"tools", "vision"} <= set(model.abilities)


def test_the_name_of_the_entry_is_the_id_where_none_is_given() -> None:
    (model,) = made("anthropic: {key: env://K, models: {claude-haiku-5-5: }}").models
    assert model.id == "claude-haiku-5-5"


def test_a_stated_price_wins_over_the_table() -> None:
    price = "usd_per_mtok: {input: 1.5, output: 6}"
    (model,) = made(f"anthropic: {{key: env://K, models: {{c: {{id: claude-sonnet-5-5, {price}}}}}}}").models
    assert model.rates is not None
    assert (model.rates.input, model.rates.output, model.rates.source) == (1.5, 6, "dream.yaml")


def test_what_is_switched_off_is_not_there() -> None:
    found = made(
        "anthropic: {key: env://K, enabled: false, models: {a: {id: claude-sonnet-5-5}}}, "
        "openai: {key: env://K2, models: {b: {id: gpt-5.4, enabled: false}, c: {id: gpt-5.4}}}"
    )
    assert [one.name for one in found.providers] == ["openai"]
    assert [one.name for one in found.models] == ["c"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("groq: {key: env://K}", "DRM213"),
        ("groq: {kind: openai-compatible, key: env://K}", "DRM214"),
        ("openai: {}", "DRM502"),
    ],
)
def test_an_account_that_cannot_be_used_says_what_to_add(entry: str, code: str) -> None:
    (one,) = made(entry).findings
    assert (one.code, one.path, one.on_key) == (code, ("providers", entry.partition(":")[0]), True)
    assert "write" in one.help


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://api.acme.example/v1", "api.acme.example"),
        ("http://192.168.1.20:8000/v1/", "192.168.1.20"),
        ("http://[fd00::7]:8000/v1", "fd00::7"),
        ("https://API.Acme.example/v1", "api.acme.example"),
    ],
)
def test_the_domain_of_an_own_address(url: str, domain: str) -> None:
    (account,) = made(f'a: {{kind: openai-compatible, base_url: "{url}", key: env://K}}').providers
    assert account.domain == domain
    assert not account.base_url.endswith("/")


@pytest.mark.parametrize(
    ("reference", "variable"),
    [
        (SecretRef("env", "OPENAI_API_KEY"), "DREAM_OPENAI_API_KEY"),
        (SecretRef("env", "DREAM_OPENAI_API_KEY"), "DREAM_OPENAI_API_KEY"),
        (SecretRef("file", "/run/secrets/openai"), "DREAM_OPENAI_KEY"),
    ],
)
def test_the_variable_of_a_secret_is_never_the_standard_one(reference: SecretRef, variable: str) -> None:
    found = secret(reference, "OPENAI_KEY", "key")
    assert (found.variable, found.reference) == (variable, str(reference))
