"""The host fetches an Ollama model itself: `ollama pull` in a container of the image that it runs anyway."""

from __future__ import annotations

from dreamc.errors import DreamError
from dreamc.supply.deliver import spare
from dreamc.supply.hub import Elsewhere
from dreamc.supply.look import gaps
from dreamc.supply.pull_hub import refuse_container
from dreamc.supply.talk import Answer, Session, marks, raise_refusal, step
from dreamc.supply.types import Errand, Gap
from dreamc.supply.want import label_of


def fetch(session: Session, gap: Gap, image: str, errand: Errand) -> None:
    """Pulls the model on the host. One that is not the pinned one is refused, and the manifest put back that was there.

    Ollama itself compares every blob with its digest while it pulls.
    """
    weights, host = gap.weights, session.address.name
    needed = gap.needed or 0
    one = step(
        f"fetch {label_of(weights)}",
        ("store.sh", "pull_ollama.sh"),
        store=weights.store,
        who=errand.who,
        image=image,
        needed=str(needed),
        spare=str(spare(needed, errand.spare)),
        model=weights.name,
        manifest=weights.path,
        digest=weights.digest.removeprefix("sha256:"),
    )

    def line(text: str) -> None:
        word, _, count = text.partition(" ")
        if word == "@size" and count.isdigit():
            errand.progress(host, label_of(weights), min(int(count), gap.total) if gap.total else int(count), gap.total)

    answer = session.run(one, (), line)
    refuse_container(answer, host, image)
    _refuse(answer, host, gap)
    (after,) = gaps(session, (weights,))
    if not after.complete:
        raise DreamError(f"{host}: {label_of(weights)} was pulled, but {after.why}", "nothing was stopped", "repeat")


def _refuse(answer: Answer, host: str, gap: Gap) -> None:
    label = label_of(gap.weights)
    for (got,) in marks(answer, "other"):
        raise DreamError(
            f"{host}: the registry's {label} is sha256:{got[:12]}… by now, the lock says {gap.weights.digest[:19]}…",
            "the model that was there is untouched",
            "run dreamc lock to take the new one, or bring the pinned one: --via neighbour, --via push",
        )
    if marks(answer, "pull"):
        said = [one for one in answer.err.splitlines() if one.startswith("Error")] or answer.err.splitlines()[-1:]
        raise Elsewhere(
            f"{host}: ollama pull {gap.weights.name} failed: {''.join(said).strip()[:300]}",
            "nothing was stopped; what arrived is kept",
            "check the tag and the host's way out, or bring it from elsewhere: --via push, --via neighbour",
        )
    raise_refusal(answer, host, gap.weights.store)
