"""What a starter dream.yaml proposes: models that fit the card, a model of each cloud, and the text of the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic, Source
from dreamc.errors import DreamError
from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge import shapes
from dreamc.knowledge.ollama import OllamaModel, ollama_model, ollama_tags
from dreamc.knowledge.prices import CloudModel, cloud_model, cloud_model_ids
from dreamc.knowledge.providers import provider
from dreamc.knowledge.vllm import NEWEST
from dreamc.sizing.fit import solve
from dreamc.sizing.ollama import claim, facts_of
from dreamc.sizing.types import GIB, Fit, FitRequest
from dreamc.sizing.units import gib, tokens
from dreamc.sizing.weights import parameters

CONTEXTS = (32768, 16384, 8192, 4096)
"""Windows to ask for, the best first: a source file, a long chat, a chat, what Ollama gives on small cards."""
TOGETHER = 2
"""Requests at once that a suggestion must hold at full length."""
COMFORT = 8192
"""A shorter window is proposed only where nothing else fits."""
ENOUGH = 0.4
"""vLLM serves several requests at once, so it is proposed unless Ollama holds a model 2.5 times the size."""

BAND = 2
"""How many times dearer or cheaper than most a proposed cloud model may be."""

_CHATS = re.compile(r"instruct|chat|-it$|qwq|gpt-oss|-r1|kimi-k2|qwen3-\d", re.IGNORECASE)
_NO_CHATS = re.compile(r"embedding|bge|coder-base", re.IGNORECASE)
_UNSTABLE = re.compile(r"latest|preview|audio|search|realtime|image|tts|codex|\d{4}-?\d{2}-?\d{2}", re.IGNORECASE)


class Card(Struct, frozen=True):
    """One kind of card as the file says it: `written` is the text behind `gpus:`, memory in bytes."""

    written: str
    title: str
    count: int
    total: int
    capability: tuple[int, int]


class Pick(Struct, frozen=True):
    """A model and why: `source` as in dream.yaml, `billions` of parameters, `context` in tokens."""

    source: str
    billions: float
    context: int
    why: str

    @property
    def name(self) -> str:
        """What clients call it."""
        tail = self.source.partition(":")[2].rpartition("/")[2]
        return re.sub(r"[^a-z0-9.]+", "-", tail.lower()).strip("-.")


class CloudPick(Struct, frozen=True):
    """A provider, the reference to its key, and one of its models."""

    provider: str
    key: str
    name: str
    id: str
    why: str


class Starter(Struct, frozen=True):
    """Everything that the template reads."""

    name: str
    profile: str
    mode: str
    card: Card | None
    models: tuple[Pick, ...]
    clouds: tuple[CloudPick, ...]
    services: tuple[str, ...]

    @property
    def chain(self) -> tuple[str, ...]:
        """Everybody, local models first."""
        return (*(one.name for one in self.models), *(one.name for one in self.clouds))

    @property
    def routed(self) -> bool:
        """Whether there is a profile and both sides that it chooses between."""
        return bool(self.profile and self.models and self.clouds)


def text(starter: Starter) -> str:
    """The file."""
    from dreamc.backends.render import render

    return render("dream.yaml.j2", starter)


def errors(written: str, today: date) -> tuple[Diagnostic, ...]:
    """What `dreamc check` would call an error in it."""
    from dreamc.diagnostics.codes import severity
    from dreamc.document.merge import merge
    from dreamc.document.read import read
    from dreamc.document.validate import validate
    from dreamc.inputs import profile
    from dreamc.spec import Dream
    from dreamc.stack.checks import check
    from dreamc.stack.inputs import Inputs
    from dreamc.stack.lower import lower

    document, found = read(Source("dream.yaml", written))
    if document is None:
        return found
    under, _, problems = profile(document, document, Path(), 1)
    dream, more = validate(Dream, merge(under, document) if under else document)
    found += (*problems, *more)
    if dream is not None:
        inputs = Inputs(today, "", {})
        stack, lowered = lower(dream, inputs)
        found += (*lowered, *(check(stack, dream, inputs) if stack else ()))
    return tuple(one for one in found if severity(one.code) == "error")


def picks(card: Card, most: int = 3) -> tuple[Pick, ...]:
    """The largest models that fit one such card, the one to take first; empty where nothing does."""
    served, held = _best(_vllm, card, most), _best(_ollama, card, most)
    if served and held and served[0].billions < held[0].billions * ENOUGH:
        return (*held, *served)
    return (*served, *held)


def pick(source: str, card: Card) -> Pick:
    """The model that the user names; the check says whether it fits."""
    if source.startswith("ollama:"):
        known = ollama_model(source.removeprefix("ollama:"))
        found = _held(known, card) if known else None
    else:
        found = _served(source.removeprefix("hf:").partition("@")[0], card)
    return found or Pick(source, 0, CONTEXTS[-1], "as asked for")


def cloud_pick(kind: str, wanted: str = "") -> CloudPick:
    """A model of a provider: the one named, else that in the middle of its price list; DreamError without one."""
    known = provider(kind)
    chosen = cloud_model(kind, wanted) if wanted else _middle(kind)
    if known is None or (chosen is None and not wanted):
        raise DreamError(f"no model of {kind} is known", "nothing was written", f"name one: --provider {kind}=MODEL")
    key = f"env://{known.key_env[0]}" if known.key_env else ""
    if chosen is None:
        return CloudPick(kind, key, _alias(kind, wanted), wanted, "as asked for")
    if chosen.price is None:
        why = "a subscription, no price per token"
    else:
        why = f"{chosen.price.input} USD in, {chosen.price.output} USD out per million tokens"
    return CloudPick(kind, key, _alias(kind, chosen.id), chosen.id, why)


def _alias(kind: str, id_: str) -> str:
    """The id itself where it can be a name."""
    return id_ if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,60}", id_) else kind


def _middle(kind: str) -> CloudModel | None:
    """The newest of those that cost about what most do."""
    rows = [row for name in cloud_model_ids(kind) if (row := cloud_model(kind, name)) is not None]
    kept = [row for row in rows if row.mode == "chat" and not row.deprecated and not _UNSTABLE.search(row.id)]
    kept = [row for row in kept if "tools" in row.abilities] or kept
    prices = sorted(row.price.output for row in kept if row.price)
    if prices:
        middle = prices[len(prices) // 2]
        kept = [row for row in kept if row.price and middle / BAND <= row.price.output <= middle * BAND]
    return max(kept, key=lambda row: (_version(row.id), row.context or 0, row.id), default=None)


def _version(id_: str) -> tuple[int, ...]:
    """`claude-sonnet-5-5` is newer than `claude-opus-4-6`."""
    return tuple(int(digits) for digits in re.findall(r"(?<![0-9])[0-9]{1,2}(?![0-9bB])", id_))


def _best(fitting: Callable[[Card], Iterator[Pick]], card: Card, most: int) -> tuple[Pick, ...]:
    roomy = tuple(islice((one for one in fitting(card) if one.context >= COMFORT), most))
    return roomy or tuple(islice(fitting(card), most))


def _vllm(card: Card) -> Iterator[Pick]:
    """Chat models of the shape table that fit, by parameters; of several builds of the same weights the first."""
    seen: set[str] = set()
    for _, repo in _by_size():
        row = shapes.find(repo)
        weights = (row.base if row else None) or repo
        found = _served(repo, card) if weights not in seen else None
        if found is not None:
            seen.add(weights)
            yield found


@cache
def _by_size() -> tuple[tuple[int, str], ...]:
    """(billions of parameters, repository), the largest first; of one size, those made for instructions first."""
    found = []
    for repo in shapes.names():
        shape = _shape(repo)
        if shape is not None and not shape.encoder and _CHATS.search(repo) and not _NO_CHATS.search(repo):
            found.append((round(parameters(shape) / 1e9), repo))
    return tuple(sorted(found, key=lambda pair: (-pair[0], "instruct" not in pair[1].lower(), len(pair[1]), pair[1])))


def _shape(repo: str) -> ModelShape | None:
    shape = shape_of(repo)
    return shape if isinstance(shape, ModelShape) else None


def _served(repo: str, card: Card) -> Pick | None:
    """The longest window of which the card holds enough at once without giving up speed."""
    shape = _shape(repo)
    if shape is None or card.capability == (0, 0):
        return None
    for context in (one for one in CONTEXTS if one <= shape.max_len):
        asked = FitRequest(
            shape, card.total, card.total, card.capability, NEWEST, context, context, TOGETHER, last_resorts=False
        )
        found = solve(asked)
        if isinstance(found, Fit) and found.full_requests >= TOGETHER:
            size = parameters(shape) / 1e9
            why = (
                f"{size:.0f} billion parameters, weights {gib(found.weights)} of {gib(card.total)}, "
                f"room for {TOGETHER} requests of {tokens(context)} tokens at once"
            )
            return Pick(f"hf:{repo}", size, context, why)
    return None


def _ollama(card: Card) -> Iterator[Pick]:
    rows = [row for tag in ollama_tags() if (row := ollama_model(tag)) is not None and "embed" not in row.abilities]
    ordered = sorted(rows, key=lambda row: (-row.params_b, len(row.tag), row.tag))
    return (found for row in ordered if (found := _held(row, card)) is not None)


def _held(row: OllamaModel, card: Card) -> Pick | None:
    facts = facts_of(row)
    for context in (one for one in CONTEXTS[1:] if one <= row.context):
        size = claim(facts, context)
        if size.claim <= card.total:
            takes = f"takes {size.claim / GIB:.1f} of {gib(card.total)} at {tokens(context)} tokens"
            why = f"{row.params_b:g} billion parameters, {takes}"
            return Pick(f"ollama:{row.tag}", row.params_b, context, why)
    return None
