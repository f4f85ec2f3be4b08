"""`hardware:` to hosts and cards: what each GPU is, and how many bytes CUDA shows of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from dreamc.diagnostics.types import Diagnostic, Path, Related
from dreamc.document.scalars import GpuRequest
from dreamc.knowledge.gpus import Gpu, gpu, nearest_gpus, of_another_maker
from dreamc.knowledge.vllm_capabilities import capability
from dreamc.sizing.types import GIB
from dreamc.spec.dream import Dream
from dreamc.spec.hardware import Host as HostSpec
from dreamc.stack.types import Card, Host

FAR_OFF = 0.12
"""A stated memory further than this share from the table's is reported: labels and CUDA totals differ by 3 to 9 %."""


class Machines(Struct, frozen=True):
    """All hosts, and what was found wrong on the way."""

    hosts: tuple[Host, ...]
    findings: tuple[Diagnostic, ...]


def machines(dream: Dream) -> Machines:
    """Resolve every host; an unknown card leaves the host without it and is an error."""
    findings: list[Diagnostic] = []
    hosts = tuple(_host(name, spec, findings) for name, spec in dream.hardware.items())
    return Machines(hosts, tuple(findings))


def _host(name: str, spec: HostSpec, findings: list[Diagnostic]) -> Host:
    path: Path = ("hardware", name)
    cards: list[Card] = []
    for index, request in enumerate(spec.gpus):
        cards.extend(_cards(request, (*path, "gpus"), index, len(cards), findings))
    findings.extend(_desktop(spec, cards, path))
    return Host(
        name=name,
        address=spec.address or name,
        cards=tuple(cards),
        ram=spec.ram,
        disk=spec.disk,
        nvlink=spec.nvlink,
        desktop=spec.desktop or 0,
        at=path,
    )


def _cards(request: GpuRequest, path: Path, index: int, first: int, findings: list[Diagnostic]) -> list[Card]:
    known = gpu(request.model)
    at = (*path, index)
    foreign = known is None and of_another_maker(request.model)
    if known is None and (request.memory is None or request.capability is None or foreign):
        findings.append(_unknown(request, at))
        return []
    total, confidence = _total(request, known, at, findings)
    grade = known.capability if known else (0, 0)
    if request.capability:
        grade = capability(request.capability)
    label = known.title if known else request.model
    name = known.name if known else request.model
    return [Card(first + n, name, label, total, grade, confidence) for n in range(request.count)]


def _total(request: GpuRequest, known: Gpu | None, at: Path, findings: list[Diagnostic]) -> tuple[int, str]:
    if request.memory is None:
        assert known is not None
        return int(known.visible_gib * GIB), "exact" if known.confidence == "measured" else "assumed"
    if known is not None and abs(request.memory / GIB / known.memory_gib - 1) > FAR_OFF:
        findings.append(
            Diagnostic(
                "DRM615",
                (*at, "memory"),
                f"{known.title} has {known.memory_gib:g} GiB, the file says {request.memory / GIB:.1f} GiB",
                "far from the card's own memory",
                f"CUDA shows {known.visible_gib:g} GiB of this card; remove `memory` to use that",
            )
        )
    return request.memory, "exact"


def _desktop(spec: HostSpec, cards: list[Card], path: Path) -> Iterator[Diagnostic]:
    """What a desktop holds must be there."""
    if spec.desktop and cards and spec.desktop >= cards[0].total:
        yield Diagnostic(
            "DRM306",
            (*path, "desktop"),
            f"the desktop is to hold {spec.desktop / GIB:.1f} GiB of GPU memory, but the first card has "
            f"{cards[0].total / GIB:.1f} GiB",
            "more than the card has",
            "write what nvidia-smi shows as used while no model runs, such as desktop: 1 GiB",
            related=(Related((*path, "gpus"), f"{cards[0].total / GIB:.1f} GiB"),),
        )


def _unknown(request: GpuRequest, at: Path) -> Diagnostic:
    model = request.model
    message = f"no card named '{model}' is known"
    if of_another_maker(model):
        help_ = (
            "vLLM and Ollama are started from images for CUDA here; leave the card out, or serve it elsewhere and add "
        )
        help_ += "it as a provider of kind: openai-compatible"
        return Diagnostic(
            "DRM208", at, f"'{model}' is not an NVIDIA card", "expected the name of an NVIDIA card", help_
        )
    if request.memory is not None:
        help_ = "add its compute capability, such as capability: '8.9', as nvidia-smi shows it"
        return Diagnostic("DRM208", at, message, "what it can compute is not said", help_)
    close = nearest_gpus(model, 3)
    own = f"describe it, with the memory that nvidia-smi shows: {{model: {model}, memory: 16 GiB, capability: '8.9'}}"
    advice = f"did you mean {' or '.join(repr(name) for name in close)}? Or {own}" if close else own
    return Diagnostic("DRM208", at, message, "expected the name of a GPU", advice)
