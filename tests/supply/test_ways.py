"""Which way a model takes to a host, and that each of them ends with the same files."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from dreamc.artifact.release import Release, Weights
from dreamc.errors import DreamError
from dreamc.supply.hub import Hub
from dreamc.supply.look import gaps, missing
from dreamc.supply.shelf_hub import HubShelf
from dreamc.supply.shelf_neighbour import AHEAD, CHUNK, NeighbourShelf
from dreamc.supply.shelf_ollama import OllamaShelf
from dreamc.supply.supply import Brought, Sources, supply, ways
from dreamc.supply.talk import Answer, Step
from dreamc.supply.types import Errand, Via
from tests.hub_server.server import HubServer
from tests.supply.here import Here
from tests.supply.made import FILES, LAYERS, PINNED, content, hf, ollama, place, release

IMAGES = ("ollama/ollama:0.9.0", "vllm/vllm-openai:v0.11.0")


class Told:
    """What was said and counted."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.counts: list[tuple[str, str, int, int]] = []

    @property
    def errand(self) -> Errand:
        return Errand("ann", lambda *one: self.counts.append(one), lambda _host, text: self.sentences.append(text), 0)


@pytest.fixture
def told() -> Told:
    return Told()


def sources(hub: HubServer, tmp_path: Path, **more: object) -> Sources:
    return Sources(
        hub_shelf=HubShelf(Hub(endpoint=hub.url), tmp_path / "cache"),
        ollama_shelf=OllamaShelf(tmp_path / "ollama", registry=hub.url),
        hub=Hub(endpoint=hub.url),
        **more,  # type: ignore[arg-type]
    )


def bring(
    given: Sources, made: Release, told: Told, via: Via = "auto", session: Here | None = None
) -> tuple[Brought, ...]:
    session = session or Here()
    return supply(session, made, missing(session, made, "local"), given, via, told.errand)


def complete(*weights: Weights) -> bool:
    return all(one.complete for one in gaps(Here(), weights))


def test_the_host_fetches_a_repository_itself_with_an_image_that_it_runs_anyway(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = hf(hub, host)
    (done,) = bring(sources(hub, tmp_path), release(host, weights, images=IMAGES), told)
    assert complete(weights)
    assert done == Brought("acme/tiny", "the host fetches it, with vllm/vllm-openai:v0.11.0", 0, pinned=True)
    assert told.sentences == ["acme/tiny: not there; the host fetches it, with vllm/vllm-openai:v0.11.0"]
    assert told.counts[-1] == ("gpu01", "acme/tiny", weights.size, weights.size)
    snapshot = Path(weights.path) / "snapshots" / weights.revision
    assert content(snapshot).keys() == set(PINNED)
    assert not (tmp_path / "cache").exists()


def test_every_way_leaves_the_same_files(hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told) -> None:
    a, b, c = (hf(hub, tmp_path / name) for name in "abc")
    given = sources(hub, tmp_path)
    bring(given, release(tmp_path / "a", a, images=IMAGES), told, "host")
    bring(given, release(tmp_path / "b", b), told, "push")
    place(tmp_path / "c", c)
    snapshots = [content(Path(one.path) / "snapshots") for one in (a, b, c)]
    assert snapshots[0] == snapshots[1] == snapshots[2]
    assert [(Path(one.path) / "refs/main").read_text() for one in (a, b)] == [a.revision, a.revision]


def test_a_neighbour_comes_first_and_nothing_is_downloaded(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = hf(hub, host)
    place(host, weights)
    moved = host.rename(tmp_path / "other")
    given = sources(
        hub,
        tmp_path,
        neighbours=(
            NeighbourShelf("dead", unreachable),
            NeighbourShelf("gpu02", lambda: Elsewhere(str(host), str(moved))),
        ),
    )
    (done,) = bring(given, release(host, weights, images=IMAGES), told)
    assert done.way == "copied from host gpu02"
    assert done.sent == weights.size
    assert complete(weights)
    assert hub.requests == []


def unreachable() -> Here:
    """A host that is down."""
    raise DreamError("dead: no route to host")


class Elsewhere(Here):
    """Another host, whose files lie in another directory of this machine."""

    def __init__(self, there: str, here: str) -> None:
        super().__init__("gpu02")
        self._there, self._here = there, here

    def run(
        self,
        step: Step,
        data: Iterable[bytes] = (),
        on_line: Callable[[str], None] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """The same step with other paths."""
        moved, whole = self._moved(step, data)
        return super().run(moved, whole, on_line, timeout)

    def read(self, step: Step, take: Callable[[bytes], None], data: Iterable[bytes] = ()) -> Answer:
        """The same step with other paths."""
        moved, whole = self._moved(step, data)
        return super().read(moved, take, whole)

    def _moved(self, step: Step, data: Iterable[bytes]) -> tuple[Step, tuple[bytes, ...]]:
        script = step.script.replace(self._there, self._here)
        whole = b"".join(data).replace(self._there.encode(), self._here.encode())
        return Step(step.name, script, len(whole)), (whole,) if whole else ()


def test_a_neighbour_with_half_a_model_is_passed_over(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = hf(hub, host)
    snapshot = place(host, weights)
    (snapshot / PINNED[4]).unlink()
    moved = host.rename(tmp_path / "other")
    given = sources(hub, tmp_path, neighbours=(NeighbourShelf("gpu02", lambda: Elsewhere(str(host), str(moved))),))
    (gap,) = gaps(Here(), (weights,))
    names = [way.name for way in ways(gap, release(host, weights, images=IMAGES), given)]
    assert names == [
        "the host fetches it, with vllm/vllm-openai:v0.11.0",
        "fetched to the controller's Hugging Face cache and pushed",
    ]


def test_an_unpinned_model_of_a_neighbour_is_copied_with_its_names(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    pinned = hf(hub, host)
    place(host, pinned)
    (Path(pinned.path) / "refs").mkdir()
    (Path(pinned.path) / "refs" / "main").write_text(pinned.revision)
    weights = hf(None, host, revision="main")
    moved = host.rename(tmp_path / "other")
    given = Sources(neighbours=(NeighbourShelf("gpu02", lambda: Elsewhere(str(host), str(moved))),))
    (done,) = bring(given, release(host, weights), told)
    assert not done.pinned
    assert content(Path(weights.path) / "snapshots") == content(
        moved / "models/huggingface/hub/models--acme--tiny/snapshots"
    )


def test_a_damaged_neighbour_is_found_out_where_its_bytes_arrive(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    weights = hf(hub, host)
    snapshot = place(host, weights)
    (snapshot / PINNED[4]).write_bytes(b"y" * len(FILES[PINNED[4]]))
    moved = host.rename(tmp_path / "other")
    given = Sources(neighbours=(NeighbourShelf("gpu02", lambda: Elsewhere(str(host), str(moved))),))
    with pytest.raises(DreamError, match="arrives with other content than the lock file says"):
        bring(given, release(host, weights), told)
    assert not complete(weights)


def near(host: Path, moved: Path) -> tuple[Elsewhere, Sources]:
    """The only source is a host whose files were moved away from the one that lacks them."""
    session = Elsewhere(str(host), str(moved))
    return session, Sources(neighbours=(NeighbourShelf("gpu02", lambda: session),))


def test_a_copy_from_a_neighbour_that_broke_off_goes_on_from_its_last_byte(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    weights = hf(hub, host)
    place(host, weights)
    other, given = near(host, host.rename(tmp_path / "other"))
    other.read_cut_after = 900_000
    with pytest.raises(DreamError, match="the connection to gpu02 was lost during read"):
        bring(given, release(host, weights), told)
    (left,) = gaps(Here(), (weights,))
    assert left.needed is not None
    assert 0 < left.needed < weights.size
    before = other.received
    (done,) = bring(given, release(host, weights), told)
    assert (done.sent, other.received - before) == (left.needed, left.needed)
    assert complete(weights)


def test_a_copy_from_a_neighbour_is_one_step_there_and_counts_every_byte(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    weights = hf(hub, host)
    place(host, weights)
    other, given = near(host, host.rename(tmp_path / "other"))
    bring(given, release(host, weights), told)
    assert [one.name for one in other.steps] == ["look for models", "read acme/tiny"]
    counts = [done for _, _, done, _ in told.counts]
    assert counts == sorted(counts)
    assert told.counts[-1] == ("gpu01", "acme/tiny", weights.size, weights.size)


def test_a_neighbour_whose_file_shrank_since_it_was_looked_at_is_said(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    weights = hf(hub, host)
    place(host, weights)
    moved = host.rename(tmp_path / "other")
    _, given = near(host, moved)
    assert given.neighbours[0].offers(weights)
    large = next((moved / "models").rglob(f"blobs/{weights.files[4].sha256}"))
    large.write_bytes(b"short")
    with pytest.raises(DreamError, match=r"gpu02: acme/tiny cannot be read: .* has only 5 bytes"):
        bring(given, release(host, weights), told)


def test_a_neighbour_is_not_read_further_than_the_receiver_takes(hub: HubServer, host: Path, tmp_path: Path) -> None:
    large = {"weights.bin": bytes(64 << 20)}
    weights = hf(None, host, large)
    place(host, weights, large)
    other, given = near(host, host.rename(tmp_path / "other"))
    shelf = given.neighbours[0]
    parcel = shelf.parcel(weights, Told().errand.progress)
    taken = shelf.read(parcel, tuple((blob, 0, blob.size) for blob in parcel.blobs))
    assert len(next(taken)) <= 2 * CHUNK
    taken.close()  # type: ignore[attr-defined]
    assert other.received <= (AHEAD + 3) * 2 * CHUNK
    assert b"".join(shelf.read(parcel, ((parcel.blobs[0], 1000, 5000),))) == bytes(5000)


def test_what_the_controller_has_is_pushed_before_the_host_fetches(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = hf(hub, host)
    given = sources(hub, tmp_path)
    assert given.hub_shelf
    given.hub_shelf.parcel(weights, told.errand.progress)
    (done,) = bring(given, release(host, weights, images=IMAGES), told)
    assert done.way == "pushed from the controller's Hugging Face cache"


@pytest.mark.parametrize("lacks", ["FAKE_NO_HUB", "FAKE_NO_RUN"])
def test_a_host_that_cannot_fetch_gets_it_from_the_controller(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    monkeypatch.setenv(lacks, "1")
    weights = hf(hub, host)
    (done,) = bring(sources(hub, tmp_path), release(host, weights, images=IMAGES), told)
    assert done.way == "fetched to the controller's Hugging Face cache and pushed"
    assert "the next way is tried" in told.sentences[1]
    assert complete(weights)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("gated", "gpu01: acme/tiny is gated"), ("missing", "gpu01: the hub has no acme/tiny")],
)
def test_a_refusal_on_the_host_is_told_in_the_same_words(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told, fault: str, words: str
) -> None:
    weights = hf(hub, host)
    hub.fail("tree", fault, 9)  # type: ignore[arg-type]
    with pytest.raises(DreamError, match=words) as caught:
        bring(sources(hub, tmp_path), release(host, weights, images=IMAGES), told)
    assert caught.value.state == "nothing was stopped"


def test_a_wrong_download_on_the_host_leaves_the_right_files_alone(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = hf(hub, host)
    hub.fail("/cdn/acme/tiny/" + weights.revision + "/model-00001", "wrong", 9)
    with pytest.raises(DreamError, match="arrives with other content") as caught:
        bring(sources(hub, tmp_path), release(host, weights, images=IMAGES), told, "host")
    assert "the wrong files were removed, the others are kept" in str(caught.value)
    hub.heal()
    bring(sources(hub, tmp_path), release(host, weights, images=IMAGES), told, "host")
    assert complete(weights)
    assert not [one for one in hub.requests if "/cdn/" in one.path and "model-00002" in one.path]


def test_a_token_is_in_no_argument_no_environment_no_output_and_no_error(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    canary = "hf_canary_8f2c1d77"
    weights = hf(hub, host)
    hub.gated.add("acme/tiny")
    seen: set[str] = set()
    stop = threading.Event()
    watcher = threading.Thread(target=_sample, args=(seen, stop))
    watcher.start()
    session = Here()
    given = Sources(hub=Hub(canary, hub.url))
    try:
        with pytest.raises(DreamError, match="is gated") as caught:
            bring(given, release(host, weights, images=IMAGES), told, session=session)
    finally:
        stop.set()
        watcher.join()
    assert any(one.authorization == f"Bearer {canary}" for one in hub.requests)
    everything = [
        *seen, str(caught.value), repr(caught.value.args), repr(given), *told.sentences, json.dumps(told.counts),
        *(step.script + step.name for step in session.steps), (docker / "calls").read_text(),
    ]  # fmt: skip
    assert any("fetch_hub.py" in one for one in seen), "the container's command line was not seen"
    assert not [one for one in everything if canary in one]
    assert not [path for path in host.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]


def _sample(seen: set[str], stop: threading.Event) -> None:
    """Command lines of every process, as often as goes."""
    while not stop.is_set():
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue


def test_ollama_models_come_by_the_hosts_own_ollama(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = ollama(hub, host)
    (done,) = bring(sources(hub, tmp_path), release(host, weights, images=IMAGES), told)
    assert done.way == "the host fetches it, with ollama/ollama:0.9.0"
    assert complete(weights)


def test_ollama_models_come_by_push(hub: HubServer, host: Path, tmp_path: Path, told: Told) -> None:
    weights = ollama(hub, host)
    (done,) = bring(sources(hub, tmp_path), release(host, weights), told, "push")
    assert done.sent == weights.size
    assert complete(weights)
    assert Path(weights.path).read_bytes() == hub.manifests["library/tiny", weights.digest][1]
    assert content(Path(weights.store)).keys() >= {file.path for file in weights.files}
    assert bring(sources(hub, tmp_path), release(host, weights), told, "push") == ()


def test_an_unpinned_ollama_model_comes_as_the_registry_has_it(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    weights = ollama(hub, host, pinned=False)
    (done,) = bring(sources(hub, tmp_path), release(host, weights), told, "push")
    assert not done.pinned
    assert complete(weights)


def test_an_ollama_download_that_was_cut_goes_on_from_its_last_byte(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    weights = ollama(hub, host)
    large = max(weights.files, key=lambda file: file.size)
    hub.fail(large.sha256, "cut")
    with pytest.raises(DreamError, match="broke off"):
        bring(sources(hub, tmp_path), release(host, weights), told, "push")
    begun = (tmp_path / "ollama" / f"{large.path}.dreamc.incomplete").stat().st_size
    assert begun == large.size // 2
    bring(sources(hub, tmp_path), release(host, weights), told, "push")
    assert [one.range for one in hub.requests if one.range] == [f"bytes={begun}-"]
    assert complete(weights)


def test_an_ollama_tag_that_has_moved_on_is_refused_and_the_old_one_stays(
    hub: HubServer, host: Path, tmp_path: Path, docker: Path, told: Told
) -> None:
    weights = ollama(hub, host)
    made = release(host, weights, images=IMAGES)
    bring(sources(hub, tmp_path), made, told, "host")
    before = content(host)
    hub.add_ollama("tiny:1b", {**LAYERS, "application/vnd.ollama.image.system": b"new"})
    (Path(weights.store) / weights.files[1].path).rename(host / "kept")
    with pytest.raises(DreamError, match=r"the registry's ollama:tiny:1b is sha256:.* by now"):
        bring(sources(hub, tmp_path), made, told, "host")
    (host / "kept").rename(Path(weights.store) / weights.files[1].path)
    assert {path: digest for path, digest in content(host).items() if path in before} == before
    other = release(tmp_path / "b", ollama_at(weights, host, tmp_path / "b"))
    with pytest.raises(DreamError, match="the lock file says sha256"):
        bring(sources(hub, tmp_path), other, told, "push")


def ollama_at(weights: Weights, old: Path, new: Path) -> Weights:
    from msgspec.structs import replace

    return replace(
        weights, path=weights.path.replace(str(old), str(new)), store=weights.store.replace(str(old), str(new))
    )


def test_all_that_is_to_come_must_fit_before_the_first_byte(
    hub: HubServer, host: Path, tmp_path: Path, told: Told
) -> None:
    made = release(host, hf(hub, host), ollama(hub, host))
    session = Here()
    with pytest.raises(DreamError, match=r"are needed in .* are free"):
        supply(session, made, missing(session, made, "local"), sources(hub, tmp_path), "push", Errand(spare=1 << 60))
    assert not hub.requests
    assert not host.exists()


def test_no_way_at_all_says_which_there_could_be(hub: HubServer, host: Path, told: Told) -> None:
    with pytest.raises(DreamError, match="gpu01: there is no way to bring acme/tiny") as caught:
        bring(Sources(offline=True), release(host, hf(hub, host)), told)
    assert "--via neighbour" in caught.value.remedy


def test_one_look_asks_for_all_models_in_one_round_trip(hub: HubServer, host: Path) -> None:
    made = release(host, hf(hub, host), ollama(hub, host))
    session = Here()
    assert [one.why for one in missing(session, made, "local")] == ["not there", "not there"]
    assert len(session.steps) == 1
    assert missing(session, made, "cloud") == ()
