"""Small hand-made Stacks, so that back ends are tested without reading a file or sizing a model."""

from __future__ import annotations

from msgspec.structs import replace

from dreamc.sizing.ledger import Card as LedgerCard
from dreamc.sizing.ledger import Entry, Ledger
from dreamc.sizing.ollama import OllamaClaim
from dreamc.sizing.types import GIB, MIB, Fit
from dreamc.stack.spending import Limits, Rates
from dreamc.stack.types import (
    Card,
    CardLedger,
    Cloud,
    Extra,
    Gateway,
    Host,
    Instance,
    Local,
    Mode,
    ModeRoutes,
    Policy,
    Provider,
    Route,
    Secret,
    Skipped,
    Stack,
)

VLLM = "0.33.0"


def fit(**changed: object) -> Fit:
    """A 7B model in 4 bits on a 12 GB card."""
    one = Fit(
        weights=5 * GIB,
        rope=32 * MIB,
        activation=300 * MIB,
        buffers=0,
        graphs=200 * MIB,
        non_torch=250 * MIB,
        context=400 * MIB,
        margin=150 * MIB,
        kv_bytes_per_token=57344,
        kv_cache_bytes=1879048192,
        num_blocks=2048,
        block_size=16,
        max_model_len=16384,
        max_num_seqs=2,
        max_num_batched_tokens=2048,
        dtype="float16",
        kv_cache_dtype="auto",
        quantization=None,
        utilization="0.71",
        claim=8 * GIB,
        tokens=32768,
        full_requests=2.0,
        enforce_eager=False,
        trades=(),
        figures=(),
    )
    return replace(one, **changed)


def claim(**changed: object) -> OllamaClaim:
    """A 3B model of the Ollama library."""
    one = OllamaClaim(
        weights=2 * GIB,
        kv_cache=300 * MIB,
        compute=300 * MIB,
        overhead=457 * MIB,
        margin=100 * MIB,
        claim=3 * GIB,
        context=8192,
        parallel=1,
        kv_type="f16",
        figures=(),
    )
    return replace(one, **changed)


def host(name: str = "desk", cards: int = 1, address: str = "") -> Host:
    card = [Card(index, "rtx-4070", "RTX 4070", int(11.6 * GIB), (8, 9), "assumed") for index in range(cards)]
    return Host(name, address or name, tuple(card), 32 * GIB, 500 * GIB, False, 0, ("hardware", name))


def vllm(name: str = "quality", *instances: Instance, **changed: object) -> Local:
    one = Local(
        name=name,
        engine="vllm",
        source="Qwen/Qwen2.5-Coder-7B-Instruct-AWQ",
        revision=None,
        task="generate",
        tier=None,
        abilities=(),
        context=16384,
        concurrency=2,
        timeout=30.0,
        keep_alive=None,
        size=fit(),
        tensor_parallel=1,
        kv_cache_dtype="auto",
        engine_args=(),
        instances=instances or (Instance(0, "desk", (0,), f"vllm-{name}", 8001, ""),),
        description="",
        at=("models", name),
    )
    return replace(one, **changed)


def ollama(name: str = "fast", *instances: Instance, **changed: object) -> Local:
    one = replace(
        vllm(name),
        engine="ollama",
        source="qwen2.5-coder:3b",
        size=claim(),
        context=8192,
        kv_cache_dtype="f16",
        instances=instances or (Instance(0, "desk", (0,), "ollama", 11434, ""),),
    )
    return replace(one, **changed)


def secret(name: str) -> Secret:
    return Secret(f"DREAM_{name}", f"env://{name}", f"API key, {name}")


ANTHROPIC = Provider(
    name="anthropic",
    kind="anthropic",
    prefix="anthropic/",
    base_url="https://api.anthropic.com",
    domain="anthropic.com",
    secret=secret("ANTHROPIC_API_KEY"),
    requests_per_minute=None,
    tokens_per_minute=None,
    custom_price=True,
    description="",
    at=("providers", "anthropic"),
)
CLAUDE = Cloud(
    name="claude",
    provider="anthropic",
    id="claude-sonnet-5-5",
    task="generate",
    tier=None,
    abilities=("tools",),
    context=200_000,
    timeout=30.0,
    rates=Rates(3, 15, None, None, "https://example.com"),
    description="",
    at=("providers", "anthropic", "models", "claude"),
)
POLICY = Policy(
    tiers=(),
    actions=(),
    bounds=(),
    prefer="local",
    when_cut="local",
    quality=None,
    consensus=None,
    cache_ttl=None,
    budget=Limits(10.0, 50.0),
    alert_at=0.8,
    whitelist=None,
    fallbacks_enabled=True,
    triggers=("timeout",),
    timeout=30.0,
    cooldown=30.0,
    client_timeout=600.0,
)
MEMBERS: dict[Mode, tuple[str, ...]] = {
    "cloud": ("claude",),
    "local": ("quality", "fast"),
    "hybrid": ("quality", "fast", "claude"),
}


def extra(name: str, **options: object) -> Extra:
    ports = {"open-webui": 3000, "n8n": 5678}
    return Extra(name, "desk", ports.get(name), None, tuple(options.items()), ("services", name))


def routes(mode: Mode) -> ModeRoutes:
    chat = Route("chat", "chain", "priority", MEMBERS[mode], "", ("fallbacks", "chains", "chat"))
    return ModeRoutes(mode, (chat,), ())


def ledger(name: str, *models: tuple[str, int]) -> CardLedger:
    card = host(name).cards[0]
    entries = tuple(Entry(model, "vllm", size) for model, size in models)
    return CardLedger(name, card, Ledger(LedgerCard("RTX 4070", card.total), entries))


def stack(**changed: object) -> Stack:
    """One desk with a vLLM and an Ollama model on one card, a cloud behind it, all three modes."""
    one = Stack(
        name="demo",
        mode="hybrid",
        vllm=VLLM,
        images=(),
        registry=None,
        root="/opt/dream",
        hosts=(host(),),
        locals=(vllm(), ollama()),
        clouds=(CLAUDE,),
        providers=(ANTHROPIC,),
        modes=(routes("cloud"), routes("local"), routes("hybrid")),
        skipped=(),
        policy=POLICY,
        gateway=Gateway(("desk",), 1, 4000, "127.0.0.1", secret("GATEWAY_KEY"), False),
        services=(),
        ledgers=(ledger("desk", ("quality", 8 * GIB), ("fast", 3 * GIB)),),
        usage_log=None,
        input_sha256="0" * 64,
    )
    return replace(one, **changed)


PLAIN = ("qdrant", "tts", "redis", "searxng", "mcp-memory", "mcp-whitelist-manager", "n8n")
ASSISTANT = (extra("open-webui", auth=True), extra("whisper", model="base"), *(extra(name) for name in PLAIN))


def assistant(**changed: object) -> Stack:
    """The desk with every service beside the models."""
    return replace(stack(services=ASSISTANT), **changed)


def fleet(**changed: object) -> Stack:
    """A gateway on one host, two cards of another for one model, and two instances on one card of a third."""
    big = vllm("big", Instance(0, "gpu01", (0, 1), "vllm-big", 8001, ""), tensor_parallel=2, source="org/big")
    a = vllm("quality", Instance(0, "gpu02", (0,), "vllm-quality", 8001, ""))
    b = vllm("embed", Instance(0, "gpu02", (0,), "vllm-embed", 8002, ""), task="embed", size=fit(claim=GIB))
    one = stack(
        hosts=(host("desk", 0), host("gpu01", 2, "10.0.0.11"), host("gpu02", 1, "10.0.0.12")),
        locals=(big, a, b),
        gateway=Gateway(("desk",), 2, 4000, "127.0.0.1", secret("GATEWAY_KEY"), True),
        services=(extra("redis"),),
        modes=(routes("hybrid"),),
        skipped=(Skipped("cloud", "nothing answers `embed` there"),),
        ledgers=(),
    )
    fixed = ModeRoutes(
        "hybrid",
        (
            Route("chat", "chain", "priority", ("big", "quality", "claude"), "", ()),
            Route("embed", "chain", "priority", ("embed",), "", ()),
        ),
        (),
    )
    local = ModeRoutes(
        "local",
        (
            Route("chat", "chain", "priority", ("big", "quality"), "", ()),
            Route("embed", "chain", "priority", ("embed",), "", ()),
        ),
        (),
    )
    return replace(one, **{"modes": (local, fixed), **changed})
