from __future__ import annotations

from msgspec.structs import replace

from dreamc.sizing.ledger import Entry, Ledger
from dreamc.sizing.types import GIB
from dreamc.stack.types import CardLedger, Instance
from dreamc.workloads.ollama import ollama
from dreamc.workloads.types import DependsOn
from tests.unit.backends.stacks import claim, fleet, host, ledger, stack
from tests.unit.backends.stacks import ollama as model


def test_several_models_share_one_server_and_its_cards() -> None:
    there = stack(locals=(model("a"), model("b")), ledgers=(ledger("desk", ("a", GIB), ("b", GIB)),))
    (server,) = ollama(there, "desk", "local")
    assert server.service == "ollama"
    assert server.gpus == (0,)
    assert dict(server.environment)["OLLAMA_MAX_LOADED_MODELS"] == "2"


def test_models_that_take_turns_count_as_one() -> None:
    plain = ledger("desk")
    entries = (Entry("a", "ollama", GIB, "turns"), Entry("b", "ollama", GIB, "turns"))
    turns = CardLedger("desk", plain.card, Ledger(plain.ledger.card, entries))
    (server,) = ollama(stack(locals=(model("a"), model("b")), ledgers=(turns,)), "desk", "local")
    assert dict(server.environment)["OLLAMA_MAX_LOADED_MODELS"] == "1"


def test_nothing_is_left_to_defaults_that_depend_on_the_card() -> None:
    two = (model("a"), model("b", size=claim(context=4096, kv_type="q8_0", parallel=2)))
    (server,) = ollama(stack(locals=two), "desk", "local")
    environment = dict(server.environment)
    assert environment["OLLAMA_CONTEXT_LENGTH"] == "4096"
    assert environment["OLLAMA_NUM_PARALLEL"] == "2"
    assert environment["OLLAMA_KV_CACHE_TYPE"] == "f16"
    assert environment["OLLAMA_FLASH_ATTENTION"] == "1"


def test_the_server_has_no_cloud_of_its_own() -> None:
    (server,) = ollama(stack(), "desk", "hybrid")
    assert dict(server.environment)["OLLAMA_NO_CLOUD"] == "1"
    assert (server.publish, server.networks) == ((), ("inner",))


def test_a_model_without_keep_alive_stays_for_ever() -> None:
    brief = model("brief", keep_alive=300.0)
    (both,) = ollama(stack(locals=(model("fast"), brief)), "desk", "local")
    (one,) = ollama(stack(locals=(brief,)), "desk", "local")
    assert dict(both.environment)["OLLAMA_KEEP_ALIVE"] == "-1"
    assert dict(one.environment)["OLLAMA_KEEP_ALIVE"] == "300s"


def test_it_starts_after_vllm_on_the_same_card_only() -> None:
    (beside,) = ollama(stack(), "desk", "local")
    assert beside.depends_on == (DependsOn("vllm-quality", "healthy"),)
    other = model("fast", Instance(0, "desk", (1,), "ollama", 11434, ""))
    apart = stack(hosts=(host(cards=2),), locals=(stack().locals[0], other))
    (alone,) = ollama(apart, "desk", "local")
    assert alone.depends_on == ()


def test_other_cards_mean_another_server() -> None:
    other = replace(model("b"), instances=(Instance(0, "desk", (1,), "ollama-1", 11435, ""),))
    servers = ollama(stack(hosts=(host(cards=2),), locals=(model("a"), other)), "desk", "local")
    assert [(server.service, server.gpus) for server in servers] == [("ollama", (0,)), ("ollama-1", (1,))]


def test_hosts_without_ollama_models_run_none() -> None:
    assert ollama(fleet(), "gpu01", "local") == ()
    assert ollama(stack(), "desk", "cloud") == ()
