"""The host fetches a repository itself: `host/fetch_hub.py` in a container of an image that the release runs anyway."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dreamc.artifact.release import Release
from dreamc.errors import DreamError
from dreamc.supply.deliver import spare
from dreamc.supply.hub import Elsewhere, Hub, job, refusal
from dreamc.supply.talk import Answer, Session, raise_refusal, script, step
from dreamc.supply.types import Errand, Gap, Progress
from dreamc.supply.want import label_of

PYTHON_IMAGES = ("vllm-openai", "litellm")
"""Words of image names that bring Python with huggingface_hub, the most fitting first."""
OLLAMA_IMAGES = ("ollama/ollama", "ollama")


def image_for(release: Release, words: Sequence[str]) -> str:
    """The first image of any mode of the release whose name holds one of the words; empty where there is none."""
    names = sorted({image.name for mode in release.modes for image in mode.images})
    return next((name for word in words for name in names if word in name), "")


def fetch(session: Session, gap: Gap, image: str, hub: Hub, errand: Errand) -> None:
    """Downloads what the host lacks, on the host, and verifies it there; DreamError with the hub's reason."""
    weights, host = gap.weights, session.address.name
    code = (script("fetch_hub.py") + "\nraise SystemExit(main())\n").encode()
    task = json.dumps(job(hub, weights, _cache(weights.path))).encode() + b"\n"
    data = b"%d\n" % len(code) + code + task
    needed = gap.needed or 0
    one = step(
        f"fetch {label_of(weights)}",
        ("store.sh", "pull_hub.sh"),
        len(data),
        store=weights.store,
        who=errand.who,
        needed=str(needed),
        spare=str(spare(needed, errand.spare)),
        image=image,
    )
    heard = _Heard(host, gap, errand.progress)
    answer = session.run(one, (data,), heard)
    if heard.refused:
        raise refusal(host, weights, *heard.refused)
    refuse_container(answer, host, image)
    raise_refusal(answer, host, weights.store)


def refuse_container(answer: Answer, host: str, image: str) -> None:
    """Elsewhere where Docker could not start the container (docker-run(1), exit status 125 to 127)."""
    if answer.code in (125, 126, 127):
        said = [line for line in answer.err.splitlines() if line.strip()]
        why = said[-1].strip()[:300] if said else f"exit code {answer.code}"
        raise Elsewhere(f"{host}: {image} does not start: {why}", "nothing was stopped", "use --via push")


def _cache(path: str) -> str:
    return path.rpartition("/")[0]


class _Heard:
    """Listens to the JSON lines of the container."""

    def __init__(self, host: str, gap: Gap, progress: Progress) -> None:
        self.refused: tuple[str, str] | None = None
        self._host, self._label, self._progress = host, label_of(gap.weights), progress
        self._total = gap.total

    def __call__(self, line: str) -> None:
        if not line.startswith("{"):
            return
        try:
            value = json.loads(line)
        except ValueError as error:
            raise DreamError(f"{self._host}: the container said {line[:80]!r}") from error
        self._total = value.get("total", self._total)
        if "done" in value:
            self._progress(self._host, self._label, value["done"], self._total)
        if "error" in value:
            self.refused = (value["error"], value["text"])
