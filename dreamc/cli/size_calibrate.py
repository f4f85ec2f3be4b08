"""`dreamc size --calibrate`: a start-up of the user's own becomes a row that every later compile reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from msgspec import Struct
from msgspec.structs import replace

from dreamc.cli import size_asked
from dreamc.cli.options import request
from dreamc.diagnostics.codes import has_error
from dreamc.errors import DreamError
from dreamc.hub.shape import ModelShape
from dreamc.inputs import calibration_path, own_rows
from dreamc.knowledge.gpus import gpu as known_gpu
from dreamc.sizing import started
from dreamc.sizing.band import Total
from dreamc.sizing.boot import Start
from dreamc.sizing.calibrate import Calibrated, calibrate
from dreamc.sizing.own_rows import merged, rows_text
from dreamc.sizing.started import Arguments, CardFacts, Unasked
from dreamc.sizing.startup_log import Facts, read_log, read_metrics
from dreamc.sizing.types import GIB
from dreamc.spec.dream import Dream
from dreamc.stack.types import Local, Stack

LARGEST = 256 * 2**20
"""Bytes of a log, or of an answer."""
SECONDS = 10.0
NEAR = 0.02
"""Share by which the total of a log may differ from what is known of a card."""
PARTS = ("weights", "activation", "non_torch", "graphs", "taken")


class Known(Struct, frozen=True):
    """What the dream.yaml says, as far as it can be read."""

    dream: Dream | None
    stack: Stack | None


def run(where: str, model: str | None, gpu: str | None, file: Path, today: str | None, given: Mapping[str, Any]) -> str:
    """Read, compare, write the row; the text that says so."""
    wanted = request(file, None, today)
    is_url = "://" in where
    text = fetched(where) if is_url else read(where)
    facts = read_metrics(text) if is_url else read_log(text)
    source = _named(where)
    if isinstance(facts, tuple):
        lines = "\n  ".join(facts)
        raise DreamError(f"{source} lacks what has to be read:\n  {lines}\ngive the log of a whole start of vLLM")
    known = _known(wanted)
    facts = _completed(facts, where, known, given)
    start, name = _start(facts, model, gpu, known, file, given)
    found = calibrate(facts, start, name, source, wanted.today.isoformat())
    if isinstance(found, str):
        raise DreamError(f"{source} is of no use: {found}")
    return "\n".join((*_told(found, facts, source), _written(found, file)))


def read(name: str) -> str:
    """A log, or standard input."""
    if name == "-":
        return sys.stdin.buffer.read(LARGEST).decode("utf-8", "replace")
    try:
        with Path(name).open("rb") as stream:
            return stream.read(LARGEST).decode("utf-8", "replace")
    except OSError as error:
        raise DreamError(f"{name} cannot be read: {(error.strerror or 'unknown error').lower()}") from None


def fetched(url: str) -> str:
    """What the address answers."""
    import urllib.request
    from http.client import HTTPException

    if urlsplit(url).scheme not in ("http", "https"):
        raise click.BadParameter("an address begins with http:// or https://", param_hint="--calibrate")
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - http and https only, see above
            return str(answer.read(LARGEST).decode("utf-8", "replace"))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise DreamError(f"{_named(url)} does not answer: {str(reason).lower()}") from None


def _named(where: str) -> str:
    """The name of the log, or the address without user and query."""
    parts = urlsplit(where)
    if "://" in where:
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return "standard input" if where == "-" else Path(where).name


def _known(wanted: Any) -> Known:
    from dreamc.compiler import resolve

    if not wanted.file.exists():
        return Known(None, None)
    result = resolve(wanted)
    return Known(result.dream, result.stack)


def _completed(facts: Facts, where: str, known: Known, given: Mapping[str, Any]) -> Facts:
    """What `/metrics` leaves out, from the dream.yaml whose model it serves, and from `/version`."""
    if facts.strange:
        raise DreamError(f"this start cannot be compared: {facts.strange}")
    if facts.pp > 1:
        raise DreamError("this start has pipeline stages, whose ranks differ", remedy="start it without them")
    if facts.kind == "log":
        return facts
    served = _local(facts.model, known)
    version = _version(where) or given["vllm"]
    if served is None:
        return replace(facts, version=version, tp=given["gpus"], seqs=given["concurrency"])
    args = dict(served.engine_args)
    fit: Any = served.size
    return replace(
        facts,
        version=version,
        model=served.source,
        tp=served.tensor_parallel,
        seqs=fit.max_num_seqs,
        batched=fit.max_num_batched_tokens,
        length=fit.max_model_len,
        eager=fit.enforce_eager or args.get("enforce-eager") is True,
    )


def _version(url: str) -> str:
    try:
        text = fetched(url.removesuffix("/").removesuffix("/metrics") + "/version")
    except DreamError:
        return ""
    said = re.search(r'"version"\s*:\s*"v?([^"]+)"', text)
    return said[1] if said else ""


def _local(name: str, known: Known) -> Local | None:
    """The vLLM model of the file that is served under this name, or comes from this repository."""
    locals_ = [one for one in (known.stack.locals if known.stack else ()) if one.engine == "vllm"]
    return next((one for one in locals_ if name in (one.name, one.source)), None)


def _start(
    facts: Facts, model: str | None, gpu: str | None, known: Known, file: Path, given: Mapping[str, Any]
) -> tuple[Start, str]:
    name = model or _repository(facts.model)
    shape = _shape(name, known, file)
    card = _card(facts, gpu, known, given)
    total = facts.total or card.total.low
    asked = started.start(
        Arguments(
            total_gib=total / GIB,
            capability=".".join(map(str, card.capability)),
            tp=facts.tp,
            share=facts.share,
            length=min(facts.length, shape.max_len) if facts.length else None,
            seqs=facts.seqs,
            batched=facts.batched,
            dtype=facts.dtype or None,
            quantization=facts.quantization or None if shape.quant.method == "none" else None,
            kv_cache_dtype=None if facts.kv_cache_dtype == "auto" else facts.kv_cache_dtype,
            eager=facts.eager,
            block=facts.block,
            version=facts.version,
        ),
        shape,
    )
    if isinstance(asked, Unasked):
        raise DreamError(asked.reason)
    return replace(asked, asked=replace(asked.asked, gpu=card.name), total=Total(total, total)), name


def _repository(name: str) -> str:
    """A repository also where it was started from a folder that holds it."""
    cached = re.search(r"models--([^/]+)--([^/]+)", name)
    if cached:
        return f"{cached[1]}/{cached[2]}"
    return "/".join(name.rstrip("/").split("/")[-2:]) if name.startswith("/") else name


def _shape(name: str, known: Known, file: Path) -> ModelShape:
    specs = known.dream.models.values() if known.dream else ()
    named = ((one.config, one.source.removeprefix("hf:").partition("@")[0]) for one in specs)
    own = next((config for config, source in named if config and source == name), None)
    try:
        return size_asked.shape_named(str(file.parent / own) if own else name)
    except DreamError as error:
        what = f"the model '{name}' of this start is not known: {error.what}"
        raise DreamError(what, remedy="name it: dreamc size MODEL --calibrate …") from None


def _card(facts: Facts, gpu: str | None, known: Known, given: Mapping[str, Any]) -> CardFacts:
    """The card that is named, that the log names, or that the file has, if it can only be one."""
    if gpu is not None or given["memory"] is not None:
        return size_asked.card(gpu, given)
    named = known_gpu(facts.device) if facts.device else None
    found = started.named(named.name) if named else None
    if isinstance(found, CardFacts):
        return found
    here = tuple(dict.fromkeys(_cards(facts, known)))
    if len(here) == 1:
        return here[0]
    several = f"; the file has {', '.join(card.name for card in here)}" if here else ""
    raise click.UsageError(f"the start does not say on which card it ran{several}: add --gpu NAME")


def _cards(facts: Facts, known: Known) -> Iterator[CardFacts]:
    """Cards of the file that may be the one: where the log says a total, those that have it."""
    from dreamc.stack.machines import machines

    served = _local(facts.model, known)
    on = {one.host for one in served.instances} if served else set()
    for host in machines(known.dream).hosts if known.dream else ():
        for card in host.cards if not on or host.name in on else ():
            if facts.total is None or abs(card.total / facts.total - 1) < NEAR:
                yield CardFacts(card.name, Total(card.total, card.total), card.capability)


def _written(found: Calibrated, file: Path) -> str:
    """Put the row in the place of one of its key."""
    path = calibration_path(file)
    rows, source, problems = own_rows(file, 0)
    if has_error(problems):
        first = problems[0]
        line = f":{first.span.start_line}" if first.span else ""
        raise DreamError(f"{source.name}{line}: {first.message}", "no row was written", "mend or remove the file")
    new = merged(rows, found.row)
    try:
        path.write_text(rows_text(new), encoding="utf-8", newline="\n")
    except OSError as error:
        raise DreamError(f"{path} cannot be written: {(error.strerror or 'unknown error').lower()}") from None
    what = "added to" if len(new) > len(rows) else "replaced in"
    return f"{what} {path.as_posix()}; the next compile of {file.as_posix()} reads it"


def _told(found: Calibrated, facts: Facts, source: str) -> Iterator[str]:
    row = found.row
    yield (
        f"{source}: {row.model} on {facts.tp} x {row.gpu} with vLLM {row.vllm}, {row.seqs} sequences, "
        f"{row.batched:,} batched tokens"
    )
    yield ""
    yield f"{'part':<11} {'modelled':>9} {'now':>9}  {'confidence':<25} log says"
    for name in ("weights", "rope", "activation", "buffers", "graphs", "non_torch", "margin"):
        yield _part(name, found)
    yield ""
    says = f", the log says {found.reported / GIB:.2f}" if found.reported is not None else ""
    before, now = (f"{one.available / GIB:.2f} GiB" for one in (found.without, found.using))
    yield f"KV cache of this start: {before} before, {now} now{says}"
    if facts.pinned:
        yield "its KV cache is pinned: vLLM measures activation only in a start without --kv-cache-memory-bytes"


def _part(name: str, found: Calibrated) -> str:
    old, new = (getattr(one, name) / GIB for one in (found.before, found.after))
    was, now = ((getattr(one.sure, name, "") if name != "margin" else "") for one in (found.before, found.after))
    said = getattr(found.row, name, None) if name in PARTS else None
    sure = was if was == now else f"{was} -> {now}"
    shown = f"{said / GIB:.2f}" if said is not None else ""
    shown += " with the rotary cache" if name == "weights" and shown else ""
    return f"{name:<11} {old:>9.2f} {new:>9.2f}  {sure:<25} {shown}".rstrip()
