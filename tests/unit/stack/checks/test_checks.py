"""Each check on the smallest file that it speaks of, and on the nearest one that it does not."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.stack.files import BOX, HEAD, found, local, one, stack, tiered, usual

Path = tuple[str | int, ...]
AWQ = 'source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k, concurrency: 2'
TWO = "hardware: {box: {gpus: 2 x rtx-3090}}\n"


def codes(text: str) -> set[str]:
    made = stack(text)
    assert made.modes
    return {each.code for code in ALL for each in found(text, code)}


ALL = ("DRM207", "DRM211", "DRM404", "DRM405", "DRM406", "DRM407", "DRM408", "DRM409", "DRM410", "DRM412", "DRM413",
       "DRM414", "DRM415", "DRM416", "DRM417", "DRM418", "DRM419", "DRM503", "DRM504", "DRM505", "DRM506", "DRM507",
       "DRM601", "DRM602", "DRM603", "DRM604", "DRM605", "DRM606", "DRM607", "DRM608", "DRM610", "DRM613",
       "DRM614")  # fmt: skip


def clouds(entry: str, more: str = "", chain: str = "c") -> str:
    """A file in cloud mode with these providers."""
    return f"{HEAD}mode: cloud\n{BOX}providers:\n{entry}fallbacks: {{chains: {{chat: [{chain}]}}}}\n{more}"


def anthropic(model: str, more: str = "") -> str:
    return clouds(f"  anthropic: {{key: env://K, models: {{c: {{{model}}}}}}}\n", more)


def test_a_good_file_passes_every_check() -> None:
    assert codes(usual()) == set()
    assert codes(tiered("actions: {design: dear}", more="budget: {daily: 5 USD}\n")) == set()


# ports
def test_a_port_belongs_to_one_server_of_a_host_and_may_be_used_on_another() -> None:
    text = local(f"  a: {{{AWQ}, gpu: 0, port: 8001}}\n  b: {{{AWQ}, gpu: 1, port: 8001}}\n", TWO)
    assert one(text, "DRM207").path == ("models", "b", "port")
    hosts = "hardware: {box: {gpus: rtx-3090}, den: {gpus: rtx-3090}}\n"
    text = local(f"  a: {{{AWQ}, host: box, port: 8001}}\n  b: {{{AWQ}, host: den, port: 8001}}\n", hosts)
    assert found(text, "DRM207") == []


def test_a_port_that_only_a_default_takes_is_named_and_not_marked() -> None:
    finding = one(local(f"  a: {{{AWQ}, port: 4000}}\n"), "DRM207")
    assert "the gateway by default" in finding.message
    assert finding.related == ()


def test_every_replica_of_the_gateway_takes_a_port() -> None:
    text = local(f"  a: {{{AWQ}, port: 4001}}\n", BOX, "gateway: {port: 4000, replicas: 2, redis: {}}\n")
    assert one(text, "DRM207").path == ("models", "a", "port")


# unused
def test_a_model_in_a_capability_or_a_tier_is_used() -> None:
    more = "capabilities: {code: {models: [n]}}\n"
    text = usual(more).replace("  m: {", '  n: {source: "ollama:qwen2.5-coder:1.5b", context: 2k}\n  m: {')
    assert found(text, "DRM211") == []
    assert one(text.replace("[n]", "[m]"), "DRM211").path == ("models", "n")


# tiers
@pytest.mark.parametrize(
    ("routing", "key"),
    [("tiers: [fast, dear]", "tiers"), ("cloud_from: 0.9", "cloud_from"), ("tiers: [a], actions: {x: a}", "actions")],
)
def test_a_policy_that_no_chain_asks_decides_nothing(routing: str, key: str) -> None:
    assert one(usual(f"routing: {{{routing}}}\n"), "DRM422").path == ("routing", key)
    assert found(usual("routing: {cache: {ttl: 1h}}\n"), "DRM422") == []
    assert found(tiered(), "DRM422") == []


def test_tiers_without_a_model_and_tiers_that_nobody_reaches() -> None:
    text = tiered().replace("tiers: [fast, dear]", "tiers: [fast, good, dear]")
    assert one(text, "DRM405").path == ("routing", "tiers", 1)
    text = text.replace("tiers: [fast, good, dear]", "tiers: [fast, good, dear], complexity: {fast: 0.5, dear: 1}")
    assert one(text, "DRM406").path == ("routing", "tiers", 1)


@pytest.mark.parametrize("chains", ["auto: routed", "chat: [m, claude]"])
def test_conditions_that_lead_back_to_where_they_began(chains: str) -> None:
    routing = "complexity: {fast: {up_to: 0.5, budget_left: 1 USD, else: dear}, dear: {budget_left: 2 USD, else: fast}}"
    assert one(tiered(routing, chains), "DRM404").path[:2] == ("routing", "complexity")


# chains
def test_a_window_may_shrink_where_a_later_member_has_a_larger_one() -> None:
    text = usual().replace("[m, claude]", "[claude, m]")
    assert one(text, "DRM408").path == ("fallbacks", "chains", "chat", 1)
    assert found(usual(), "DRM408") == []


def test_windows_within_ten_percent_are_equal() -> None:
    text = usual().replace("[m, claude]", "[claude, m]").replace("sonnet-5-5}", "sonnet-5-5, context: 4500}")
    assert found(text, "DRM408") == []


def test_an_ability_that_a_later_member_lacks() -> None:
    text = usual().replace("[m, claude]", "[claude, m]").replace("context: 4k", "context: 4k, abilities: [tools]")
    assert "vision" in one(text, "DRM409").message


def test_a_chain_that_takes_longer_than_its_clients_wait() -> None:
    text = usual().replace("{chains:", "{timeout: 40s, client_timeout: 60s, chains:")
    assert "80 s" in one(text, "DRM410").message
    assert found(text.replace("40s", "30s"), "DRM410") == []


def test_a_budget_that_can_cut_the_only_members_of_a_chain() -> None:
    text = usual("budget: {daily: 5 USD}\n").replace("chat: [m, claude]", "chat: [m, claude], think: [claude]")
    assert one(text, "DRM407").path == ("fallbacks", "chains", "think")
    assert found(text.replace("budget: {daily: 5 USD}\n", ""), "DRM407") == []


def test_models_that_are_measured_are_in_one_group_only() -> None:
    more = "capabilities:\n  a: {models: [m], strategy: fastest}\n  b: {models: [m], strategy: cheapest}\n"
    assert one(usual(more), "DRM417").path == ("capabilities", "b", "models", 0)
    assert found(usual(more.replace("cheapest", "load_balance")), "DRM417") == []


# money
@pytest.mark.parametrize("amount", ["0 USD", "0.00 USD"])
def test_a_budget_of_nothing(amount: str) -> None:
    assert one(usual(f"budget: {{monthly: {amount}}}\n"), "DRM418").path == ("budget", "monthly")


def test_nothing_left_is_a_fine_thing_to_test() -> None:
    tests = "tests: [{ask: hello, budget_left: 0 USD, expect: {location: local}}]\n"
    assert found(tiered(more=tests), "DRM418") == []


@pytest.mark.parametrize(
    ("price", "factor"),
    [
        ("input: 2000, output: 10", "1,000 times too high"),
        ("input: 0.002, output: 10", "1,000 times too low"),
        ("input: 20, output: 10", "10 times too high"),
        ("input: 0, output: 10", "free"),
    ],
)
def test_a_price_ten_times_off(price: str, factor: str) -> None:
    finding = one(anthropic(f"id: claude-sonnet-5-5, usd_per_mtok: {{{price}}}"), "DRM603")
    assert finding.path == ("providers", "anthropic", "models", "c", "usd_per_mtok", "input")
    assert factor in finding.message


def test_a_price_of_ones_own_contract_is_accepted() -> None:
    assert found(anthropic("id: claude-sonnet-5-5, usd_per_mtok: {input: 1.2, output: 15}"), "DRM603") == []


def test_a_model_without_a_price_matters_only_where_a_budget_counts() -> None:
    entry = '  acme: {kind: openai-compatible, base_url: "https://a.example/v1", key: env://K, models: {c: {}}}\n'
    assert found(clouds(entry), "DRM604") == []
    assert one(clouds(entry, "budget: {daily: 1 USD}\n"), "DRM604").on_key


# cloud models
@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 8, 1), None),
        (date(2026, 9, 1), "ends on 2026-11-30, in 90 days"),
        (date(2026, 11, 29), "in 1 days"),
        (date(2026, 11, 30), "ended on 2026-11-30"),
    ],
)
def test_the_end_of_a_model_depends_on_the_day_that_is_given(day: date, words: str | None) -> None:
    findings = found(anthropic("id: claude-sonnet-4-5"), "DRM602", today=day)
    assert [words in each.message for each in findings if words] == ([True] if words else [])
    assert bool(findings) is bool(words)


def test_a_misspelt_id_is_marked_where_it_is_written() -> None:
    assert one(anthropic("id: claude-sonet-5-5"), "DRM601").path[-1] == "id"
    entry = "  anthropic: {key: env://K, models: {claude-sonet-5-5: }}\n"
    finding = one(clouds(entry, chain="claude-sonet-5-5"), "DRM601")
    assert (finding.path[-1], finding.on_key) == ("claude-sonet-5-5", True)
    assert "claude-sonnet-5-5" in finding.help


@pytest.mark.parametrize("id_", ["qwen3-coder:480b-cloud", "gpt-oss:120b-cloud"])
def test_ollamas_cloud_tags_are_known(id_: str) -> None:
    assert found(clouds(f'  ollama-cloud: {{key: env://K, models: {{c: {{id: "{id_}"}}}}}}\n'), "DRM601") == []


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ('  a: {kind: openai-compatible, base_url: "https://a.example", key: env://K, models: {c: }}\n', "DRM614"),
        ('  anthropic: {base_url: "https://a.example/v1", key: env://K, models: {c: }}\n', "DRM614"),
        ('  a: {kind: openai-compatible, base_url: "http://a.example/v1", key: env://K, models: {c: }}\n', "DRM505"),
        ('  a: {kind: openai-compatible, base_url: "http://172.32.0.1/v1", key: env://K, models: {c: }}\n', "DRM505"),
    ],
)
def test_an_address_that_cannot_be_right(entry: str, code: str) -> None:
    assert one(clouds(entry), code).path[-1] == "base_url"


@pytest.mark.parametrize(
    "host", ["localhost:8000", "192.168.1.2:8000", "172.20.0.1", "10.1.2.3", "[fd00::1]:80", "nas.lan"]
)
def test_a_private_address_needs_no_tls(host: str) -> None:
    entry = f'  a: {{kind: openai-compatible, base_url: "http://{host}/v1", key: env://K, models: {{c: }}}}\n'
    assert found(clouds(entry), "DRM505") == []


# whitelist
def test_a_whitelist_allows_a_domain_and_what_is_below_it_and_nothing_that_only_ends_like_it() -> None:
    assert found(usual("whitelist: {cloud_apis: [anthropic.com]}\n"), "DRM413") == []
    assert one(usual("whitelist: {cloud_apis: [thropic.com]}\n"), "DRM413").path == ("providers", "anthropic")


# exposure
@pytest.mark.parametrize(
    ("bind", "codes_"), [("127.0.0.1", []), ("'::1'", []), ("0.0.0.0", ["DRM503"]), ("1.2.3.999", ["DRM507"])]
)
def test_the_address_that_the_gateway_listens_on(bind: str, codes_: list[str]) -> None:
    text = usual(f"gateway: {{bind: {bind}}}\n")
    assert [each.code for code in ("DRM503", "DRM507") for each in found(text, code)] == codes_


def test_a_page_without_sign_in_is_an_error_beyond_loopback_only() -> None:
    page = "services: {open-webui: {auth: false}}\n"
    assert found(usual(page), "DRM504") == []
    assert one(usual(page, "gateway: {bind: 0.0.0.0}\n"), "DRM504").path == ("services", "open-webui", "auth")


def test_ollama_is_not_reached_over_the_network() -> None:
    hosts = "hardware: {box: {gpus: rtx-3090}, den: {gpus: rtx-3090}}\n"
    three = 'source: "ollama:qwen2.5-coder:3b", context: 4k'
    text = local(f"  m: {{{three}, host: den}}\n", hosts, "gateway: {hosts: [box]}\n")
    assert one(text, "DRM506").path == ("models", "m")
    assert found(text.replace("host: den", "host: box"), "DRM506") == []


# engine arguments
@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ("enable-prefix-cachin: true", "DRM606", "did you mean 'enable-prefix-caching'?"),
        ("swap-space: 4", "DRM606", "had it"),
        ("max_model_len: 4096", "DRM607", "use `context:`"),
        ("seed: lucky", "DRM608", ""),
        ("enforce-eager: 3", "DRM608", "write true or false"),
    ],
)
def test_an_engine_argument_that_cannot_be_passed_on(args: str, code: str, words: str) -> None:
    finding = one(local(f"  m: {{{AWQ}, engine_args: {{{args}}}}}\n"), code)
    assert finding.path[:3] == ("models", "m", "engine_args")
    assert words in finding.help


@pytest.mark.parametrize("args", ["enable-prefix-caching: true", "seed: 7", "enable_prefix_caching: false"])
def test_an_engine_argument_of_the_pinned_version_is_passed_on(args: str) -> None:
    text = local(f"  m: {{{AWQ}, engine_args: {{{args}}}}}\n")
    assert [each for code in ("DRM606", "DRM607", "DRM608") for each in found(text, code)] == []


# images
@pytest.mark.parametrize("tag", ["latest", "main", "nightly", "main-stable"])
def test_a_tag_that_moves_is_refused(tag: str) -> None:
    assert one(usual(f"images: {{open-webui: {tag}}}\n"), "DRM610").path == ("images", "open-webui")


def test_a_version_or_a_digest_is_a_pin() -> None:
    digest = "sha256:" + "a" * 64
    assert found(usual(f"images: {{open-webui: v0.6.5, ollama: {digest}}}\n"), "DRM610") == []


@pytest.mark.parametrize(
    ("rules", "services", "said"),
    [
        ("domains: [github.com]", "", "no mcp-whitelist-manager runs"),
        ("mcp_servers: [git]", "searxng: {}", "no mcp-whitelist-manager runs"),
        ("domains: [github.com]", "searxng: {}", ""),
        ("domains: [github.com]", "mcp-whitelist-manager: {}", ""),
        ("domains: []", "searxng: {}", "web search is not limited"),
    ],
)
def test_what_of_the_whitelist_nobody_asks_is_said(rules: str, services: str, said: str) -> None:
    text = usual(f"whitelist: {{cloud_apis: [anthropic.com], {rules}}}\nservices: {{{services}}}\n")
    notes = [finding.message for finding in found(text, "DRM419")]
    assert any(said in note for note in notes) if said else notes == []
