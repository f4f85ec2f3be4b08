"""How right the sizing is, against public vLLM start-up reports where they are at hand, and against vLLM's own code.

Every report is asked as a line of `dreamc size --batch`: its own arguments, and that version's defaults for the rest.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamc.hub.known import shape_of
from dreamc.hub.shape import ModelShape
from dreamc.knowledge.gpus import Gpu, gpu
from dreamc.sizing import calibration
from dreamc.sizing.question import Answer, answer
from dreamc.sizing.types import GIB
from dreamc.sizing.weights import rank_weights

ROOT = Path(__file__).parents[1]
REPORTS = ROOT.parent / "shared" / "data" / "vllm" / "boot_reports.jsonl"
sys.path.insert(0, str(ROOT))

from tests.oracle.ours import capacity, unaligned  # noqa: E402 - the checkout is not installed

ORACLE = ROOT / "tests" / "unit" / "sizing" / "vllm_0_32_oracle.json"
# Most of the measured constants come from here, so that its reports are in-sample.
FITTED = "llm-d-incubation/llm-d-planner"
Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """A report, our answer, and what its own pool holds by our count of tokens."""

    report: Report
    answer: Answer
    tokens: int | None

    @property
    def error(self) -> float | None:
        """Predicted minus reported GiB for the KV cache; None where none was reported."""
        said, ours = self.pool, self.answer.available_kv_gib
        return None if said is None or ours is None else ours - said

    @property
    def pool(self) -> float | None:
        """GiB reported. A pipeline's log names the pool of its first stage; its number of blocks, which the stage with
        the least decides, says the pool that counts."""
        said, answer = self.report["reported"], self.answer
        blocks = said["num_gpu_blocks"] if (self.report["pp"] or 1) > 1 else None
        if blocks and answer.num_gpu_blocks and answer.available_kv_gib:
            return float(blocks * answer.available_kv_gib / answer.num_gpu_blocks)
        return None if said["available_kv_gib"] is None else float(said["available_kv_gib"])

    @property
    def token_error(self) -> float | None:
        """As a share of the tokens reported; None where pool or tokens were not."""
        said = self.report["reported"]["kv_cache_tokens"]
        return self.tokens / said - 1 if self.tokens and said else None

    @property
    def in_band(self) -> bool:
        """Whether the reported pool lies within the band of our answer."""
        said, reach = self.pool, self.answer.band_gib
        return reach is not None and said is not None and bool(reach[0] <= said <= reach[1])

    @property
    def verdict_right(self) -> bool:
        """Fits where it started, refused where it did not (refused or out of memory)."""
        return (self.answer.verdict == "fits") is (self.report["reported"]["outcome"] == "started")

    @property
    def held_out(self) -> bool:
        """From another source than the one that most constants were measured on."""
        return not str(self.report["source"]).startswith(FITTED)


def card_of(text: str) -> Gpu | None:
    """The card that a report names, with or without its memory and remarks in brackets."""
    plain = re.sub(r"\s*\(.*\)", "", text)
    shorter = (text, plain, re.sub(r"[\s-]\d+ ?GB$", "", plain), plain.removeprefix("DGX Spark "))
    return next((found for name in shorter if (found := gpu(name))), None)


def excluded(report: Report) -> str:
    """Why a report is not measured, empty where it is. What was asked decides, never how far off we are."""
    reasons = (
        (report["engine"] != "V1", "not the V1 engine"),
        (not report["model"], "model not stated"),
        (not report["gpu"], "GPU not stated"),
        (not report["gpu_memory_utilization"], "utilisation not stated"),
        (not report["max_model_len"], "length not stated"),
        (card_of(report["gpu"] or "") is None, "GPU not in the table: another maker, a mix, or only a size"),
        (not isinstance(shape_of(report["model"] or ""), ModelShape), "shape not in the table"),
        ("Free memory on device" in (report["note"] or ""), "another process held the card"),
    )
    return next((reason for bad, reason in reasons if bad), "")


def question(report: Report) -> dict[str, object]:
    """The report's own arguments as a line of --batch."""
    card, shape = card_of(report["gpu"]), shape_of(report["model"])
    assert card is not None
    plain = isinstance(shape, ModelShape) and shape.quant.method == "none"
    kept = {"max_model_len", "max_num_seqs", "max_num_batched_tokens", "dtype", "kv_cache_dtype", "enforce_eager"}
    return {
        "id": report["id"],
        "model": report["model"],
        "gpu": card.name,
        "tensor_parallel": report["tp"],
        "pipeline_parallel": report["pp"],
        "gpu_memory_utilization": report["gpu_memory_utilization"],
        "quantization": report["quantization"] if plain else None,
        "block_size": report["block_size"],
        "vllm_version": report["vllm_version"],
        **{name: report[name] for name in sorted(kept)},
    }


def measured(report: Report) -> Measured:
    """Asked twice: as it was started, and with the pool that it reported."""
    asked = question(report)
    first = Measured(report, answer(asked), None)
    pool = first.pool
    pinned = answer({**asked, "kv_cache_memory_bytes": int(pool * GIB)}) if pool and pool > 0 else None
    return Measured(report, first.answer, pinned.kv_cache_tokens if pinned else None)


def spread(name: str, found: Iterable[Measured]) -> None:
    """Median, ninth decile (nearest rank) and largest of the absolute errors, and how many lie within their band."""
    there = [one for one in found if one.error is not None]
    sizes = sorted(abs(one.error or 0.0) for one in there)
    if not sizes:
        print(f"  {name:42} no reports")
        return
    band = sum(one.in_band for one in there)
    print(f"  {name:42} {quantiles(sizes)}  n {len(sizes)}, of which in their band {band}")


def quantiles(sizes: list[float]) -> str:
    """Median, ninth decile by nearest rank, largest."""
    ninth = sizes[-(-9 * len(sizes) // 10) - 1]
    return f"median {statistics.median(sizes):.2f}  p90 {ninth:.2f}  largest {sizes[-1]:.2f}"


def left_out(one: Measured, every: list[Measured]) -> float | None:
    """The error, had the activation peak and the non-torch part been fitted without any build of this model.

    Both are scaled by what other models' reports of the same constants say beside ours; None where there are none.
    """
    peers = [other for other in every if other.report["config_key"] != one.report["config_key"] and alike(one, other)]
    peaks = ratios(peers, "activation_peak_gib", "activation_gib")
    rest = ratios(
        [other for other in peers if other.report["tp"] == one.report["tp"]], "non_torch_gib", "non_torch_gib"
    )
    ours = one.answer
    if one.error is None or not peaks or not rest or ours.activation_gib is None or ours.non_torch_gib is None:
        return None
    peak = ours.activation_gib * (statistics.median(peaks) - 1)
    return one.error - peak - ours.non_torch_gib * (statistics.median(rest) - 1)


def alike(one: Measured, other: Measured) -> bool:
    """Whether the sampler's constant of both is the same row."""
    rows = [calibration.at("sampler_bytes", calibration.version(each.report["vllm_version"])) for each in (one, other)]
    return rows[0] is rows[1]


def ratios(found: list[Measured], said: str, ours: str) -> list[float]:
    """Reported beside ours, where it was reported."""
    return [one.report["reported"][said] / getattr(one.answer, ours) for one in found if one.report["reported"][said]]


def share(name: str, right: list[bool], bound: str) -> None:
    """How many of them, in per cent."""
    print(f"  {name:42} {sum(right)} of {len(right)}, {100 * sum(right) / max(1, len(right)):.1f} %   ({bound})")


def reports() -> None:
    """Everything that can be said of the public start-up reports."""
    if not REPORTS.is_file():
        print(f"start-up reports: skipped, ../{REPORTS.relative_to(ROOT.parent)} is not there")
        return
    every = [json.loads(line) for line in REPORTS.read_text(encoding="utf-8").splitlines()]
    why = Counter(reason for report in every if (reason := excluded(report)))
    both = [measured(report) for report in every if not excluded(report)]
    found = [one for one in both if one.report["vllm_version"]]
    nameless = [one for one in both if not one.report["vllm_version"]]
    print(f"start-up reports: {len(both)} of {len(every)} measured, {len(nameless)} without their version; left out:")
    for reason, count in why.most_common():
        print(f"  {count:4} {reason}")
    print("available KV cache, error in GiB (bounds: median 0.25, p90 0.75):")
    spread("version stated", found)
    spread("version not stated, newest taken", nameless)
    spread("both", both)
    spread(f"{FITTED}: in-sample", [one for one in found if not one.held_out])
    spread("other sources", [one for one in found if one.held_out])
    folds = sorted(abs(error) for one in found if (error := left_out(one, found)) is not None)
    print(f"  {'each model left out of its constants':42} {quantiles(folds)}  n {len(folds)}")
    print("tokens and verdicts:")
    off = [one.token_error for one in found if one.token_error is not None]
    share("tokens within 1 % of the reported pool's", [abs(error) <= 0.01 for error in off], "every one")
    share("fit or refused, as it happened", [one.verdict_right for one in found], "95 %")
    share("the same, with those without a version", [one.verdict_right for one in both], "95 %")
    for one in both:
        far = one.error is not None and abs(one.error) > 0.75
        if far or not one.verdict_right or abs(one.token_error or 0.0) > 0.01:
            told = "none" if one.error is None else f"{one.error:+.2f} GiB"
            said = one.report["reported"]["outcome"]
            print(f"  off: {one.report['id']}: {told}, tokens {one.token_error or 0:+.2%}, {one.answer.verdict}/{said}")


def oracle() -> None:
    """Our figures against the committed answers of vLLM's own code."""
    rows = json.loads(ORACLE.read_text(encoding="utf-8"))
    weights, pools = [], []
    for row in rows:
        shape = shape_of(row["repo"])
        assert isinstance(shape, ModelShape)
        if unaligned(shape, row["tp"]):
            continue
        weights.append(rank_weights(shape, row["tp"]) == row["weight_bytes"])
        pools += [capacity(shape, row["tp"], held[0]) == held for held in row["capacity"]]
    print(f"vLLM 0.32's own code, {len({row['repo'] for row in rows})} models:")
    share("weight bytes of a rank, exact", weights, "every one")
    share("blocks, tokens and requests, exact", pools, "every one")


def batch() -> None:
    """1,000 questions through the command line."""
    lines = [
        json.dumps({"id": number, "model": "Qwen/Qwen3-8B", "gpu": "h100", "max_model_len": 1024 + 8 * number})
        for number in range(1000)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        start = time.perf_counter()
        command = [sys.executable, "-m", "dreamc", "size", "--batch", str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        seconds = time.perf_counter() - start
    answered = len(done.stdout.splitlines()) if done.returncode == 0 else 0
    print(f"dreamc size --batch: {answered} of {len(lines)} answers in {seconds:.2f} s   (bound 5 s)")


def main() -> None:
    """All figures."""
    reports()
    oracle()
    batch()


if __name__ == "__main__":
    main()
