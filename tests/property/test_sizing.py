"""Properties of sizing that hold for any card, budget and setting."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dreamc.sizing.fit import solve
from dreamc.sizing.ledger import Card, Entry, Ledger
from dreamc.sizing.measured import architecture
from dreamc.sizing.place import Demand, HostSlots, Slot, place
from dreamc.sizing.types import GIB, MIB, Fit, FitRequest, Measured, Refusal
from tests.unit.sizing.asks import shape

REPOS = st.sampled_from(
    [
        "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ",
        "meta-llama/Llama-3.1-8B-Instruct",
        "google/gemma-3-4b-it",
        "BAAI/bge-m3",
        "mistralai/Mistral-7B-Instruct-v0.1",
        "Qwen/Qwen3-30B-A3B",
        "deepseek-ai/DeepSeek-V2-Lite-Chat",
        "openai/gpt-oss-20b",
    ]
)


@st.composite
def rows(draw: st.DrawFn, repo: str) -> tuple[Measured, ...]:
    """A start-up log that speaks of the model, with any of the figures."""
    size = st.none() | st.integers(1, 6 * GIB)
    version = draw(st.sampled_from(["0.11", "0.19", "0.24", "0.33"]))
    seqs = draw(st.sampled_from([1, 16, 256]))
    row = Measured(architecture(shape(repo)), repo, "card", version, 1, seqs, 2048, False, "boot.log", "2026-11-20")
    return (replace(row, activation=draw(size), non_torch=draw(size), graphs=draw(size), taken=draw(size)),)


@st.composite
def requests(draw: st.DrawFn) -> FitRequest:
    repo = draw(REPOS)
    total = draw(st.integers(4 * GIB, 200 * GIB))
    floor = draw(st.integers(1, 8000))
    return FitRequest(
        shape(repo),
        total,
        draw(st.integers(total // 3, total)),
        draw(st.sampled_from([(8, 0), (8, 9), (9, 0)])),
        draw(st.sampled_from(["0.11.2", "0.19.1", "0.24.0", "0.33.0"])),
        floor,
        floor + draw(st.integers(0, 150_000)),
        concurrency=draw(st.none() | st.integers(1, 64)),
        tp=draw(st.sampled_from([1, 2])),
        task="embed" if repo == "BAAI/bge-m3" else "generate",
        goal=draw(st.sampled_from(["largest", "smallest"])),
        gpu="card",
        measured=draw(st.just(()) | rows(repo)),
        offload=draw(st.sampled_from([0, 0, 3 * GIB])),
    )


@settings(max_examples=150, deadline=None)
@given(requests())
def test_the_parts_never_exceed_the_budget_nor_the_card(request: FitRequest) -> None:
    found = solve(request)
    if isinstance(found, Refusal):
        assert found.reason
        assert found.deficit >= 0
        return
    parts = (
        found.weights,
        found.rope,
        found.activation,
        found.buffers,
        found.graphs,
        found.non_torch,
        found.context,
        found.margin,
        found.kv_cache_bytes,
    )
    assert min(parts) >= 0
    assert sum(parts) == found.claim <= request.budget <= request.card_total
    assert min(request.context_floor, request.shape.max_len) <= found.max_model_len <= request.context_ceiling
    assert found.full_requests >= 1
    assert found.max_num_batched_tokens >= found.max_num_seqs


@settings(max_examples=150, deadline=None)
@given(requests(), st.integers(0, 60 * GIB))
def test_more_memory_never_means_less_context(request: FitRequest, more: int) -> None:
    small = replace(request, budget=request.card_total, goal="largest")
    large = replace(small, card_total=small.card_total + more, budget=small.card_total + more)
    before, after = solve(small), solve(large)
    if isinstance(before, Fit):
        assert isinstance(after, Fit)
        assert after.max_model_len >= before.max_model_len


@settings(max_examples=100, deadline=None)
@given(requests(), st.integers(0, 20 * GIB))
def test_a_larger_budget_on_one_card_never_means_less_context(request: FitRequest, less: int) -> None:
    large = replace(request, goal="largest")
    before, after = solve(replace(large, budget=max(1, large.budget - less))), solve(large)
    if isinstance(before, Fit):
        assert isinstance(after, Fit)
        assert after.max_model_len >= before.max_model_len


@settings(max_examples=100, deadline=None)
@given(requests())
def test_the_deficit_is_enough(request: FitRequest) -> None:
    found = solve(request)
    if isinstance(found, Refusal) and found.kind == "memory":
        total = request.card_total + 2 * found.deficit
        assert isinstance(
            solve(replace(request, card_total=total, budget=min(total, request.budget + found.deficit + total // 999))),
            Fit,
        )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 20 * GIB), st.sampled_from(["", "a", "b"])), max_size=6), st.integers(1, 3 * GIB)
)
def test_a_ledger_is_balanced(sizes: list[tuple[int, str]], reserve: int) -> None:
    entries = tuple(Entry(f"m{at}", "vllm", size, group or None) for at, (size, group) in enumerate(sizes))
    ledger = Ledger(Card("card", 24 * GIB, reserve), entries)
    assert ledger.card.total + ledger.deficit == ledger.used + ledger.free
    assert ledger.used <= reserve + sum(entry.bytes for entry in entries)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 30_000), st.sampled_from([1, 1, 2, 4]), st.integers(1, 3), st.booleans()), max_size=12
    ),
    st.randoms(use_true_random=False),
)
def test_placement_books_no_card_twice_and_does_not_care_for_order(
    models: list[tuple[int, int, int, bool]], random: object
) -> None:
    hosts = tuple(HostSlots(f"h{at}", (Slot("card", 24_000 * MIB),) * 4) for at in range(3))

    def demand(at: int, size: int, gpus: int, replicas: int, *, ollama: bool) -> Demand:
        return Demand(f"m{at}", "ollama" if ollama else "vllm", lambda _: size * MIB, gpus, replicas)

    demands = [
        demand(at, size, gpus, replicas, ollama=ollama) for at, (size, gpus, replicas, ollama) in enumerate(models)
    ]
    found = place(tuple(demands), hosts)
    random.shuffle(demands)  # type: ignore[attr-defined]
    assert place(tuple(demands), hosts) == found
    for host in hosts:
        for gpu in range(4):
            here = tuple(
                Entry(f"{item.name}/{item.replica}", "x", item.claim, item.exclusive_group)
                for item in found.assignments
                if item.host == host.name and gpu in item.gpus
            )
            assert Ledger(Card("card", 24_000 * MIB), here).deficit == 0
