"""From the controller's cache to a host: real huggingface_hub here, real sh there."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dreamc.artifact.release import Weights
from dreamc.errors import DreamError
from dreamc.supply.deliver import deliver
from dreamc.supply.hub import Hub
from dreamc.supply.look import gaps
from dreamc.supply.shelf_hub import HubShelf
from dreamc.supply.talk import Answer, Locked, Step, step
from dreamc.supply.types import Errand, Gap
from dreamc.supply.verify import verify
from tests.hub_server.server import HubServer
from tests.supply.here import Cut, Here
from tests.supply.made import FILES, PINNED, hf

LITTLE = Errand(spare=0)


def gap_of(session: Here, weights: Weights) -> Gap:
    (found,) = gaps(session, (weights,))
    return found


def push(session: Here, weights: Weights, shelf: HubShelf, errand: Errand = LITTLE) -> int:
    return deliver(session, shelf.parcel(weights, errand.progress), shelf, errand)


def push_cut_off(weights: Weights, shelf: HubShelf) -> None:
    """A push that breaks off after 700,000 bytes, and the receiver has ended with what was under way."""
    with pytest.raises(Cut):
        push(Here(cut_after=700_000), weights, shelf)
    end = time.monotonic() + 30
    while (Path(weights.store) / ".dreamc-lock").exists() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.fixture
def shelf(hub: HubServer, tmp_path: Path) -> HubShelf:
    return HubShelf(Hub(endpoint=hub.url), tmp_path / "cache")


def snapshot_of(weights: Weights) -> Path:
    return Path(weights.path) / "snapshots" / weights.revision


def test_a_pushed_model_is_complete_and_byte_for_byte_the_hubs(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights, session = hf(hub, host), Here()
    before = gap_of(session, weights)
    assert (before.why, before.needed) == ("not there", weights.size)
    assert push(session, weights, shelf) == weights.size
    assert gap_of(session, weights).complete
    snapshot = snapshot_of(weights)
    assert {path: (snapshot / path).read_bytes() for path in PINNED} == {path: FILES[path] for path in PINNED}
    assert not (snapshot / "original").exists()


def test_huggingface_hub_takes_the_pushed_layout_for_its_own_without_a_network(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    from huggingface_hub import snapshot_download, try_to_load_from_cache

    weights = hf(hub, host)
    push(Here(), weights, shelf)
    cache = str(Path(weights.path).parent)
    offline = {"cache_dir": cache, "local_files_only": True, "endpoint": "http://127.0.0.1:9"}
    assert snapshot_download(weights.name, revision=weights.revision, **offline) == str(snapshot_of(weights))
    assert snapshot_download(weights.name, **offline) == str(snapshot_of(weights))
    assert snapshot_download(weights.name, allow_patterns=["*.safetensors"], **offline) == str(snapshot_of(weights))
    for path in PINNED:
        found = try_to_load_from_cache(weights.name, path, cache_dir=cache)
        assert found == str(snapshot_of(weights) / path)


def test_links_are_relative_and_named_as_the_hub_client_names_them(
    hub: HubServer, shelf: HubShelf, host: Path, tmp_path: Path
) -> None:
    weights = hf(hub, host)
    push(Here(), weights, shelf)
    own, theirs = snapshot_of(weights), tmp_path / "cache" / "models--acme--tiny" / "snapshots" / weights.revision
    links = {path: str((own / path).readlink()) for path in PINNED}
    assert links == {path: str((theirs / path).readlink()) for path in PINNED}


def test_what_is_there_is_not_sent_again(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights, session = hf(hub, host), Here()
    push(session, weights, shelf)
    large = next(file for file in weights.files if file.path.startswith("model-00002"))
    (Path(weights.path) / "blobs" / large.sha256).unlink()
    assert gap_of(session, weights).why == "1 of 6 files are not there"
    assert push(session, weights, shelf) == large.size


def test_a_cut_transfer_goes_on_from_the_byte_where_it_stopped(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights = hf(hub, host)
    push_cut_off(weights, shelf)
    left = gap_of(Here(), weights)
    assert not left.complete
    assert left.needed is not None
    assert 0 < left.needed < weights.size - 600_000
    assert push(Here(), weights, shelf) == left.needed
    assert gap_of(Here(), weights).complete
    assert [path.name for path in Path(weights.path).rglob("*.incomplete")] == []


def test_a_damaged_copy_of_the_controller_is_refused_and_only_that_file_is_removed(
    hub: HubServer, shelf: HubShelf, host: Path, tmp_path: Path
) -> None:
    weights = hf(hub, host)
    parcel = shelf.parcel(weights, LITTLE.progress)
    wrong = tmp_path / "cache" / "models--acme--tiny" / "snapshots" / weights.revision / PINNED[4]
    wrong.write_bytes(b"x" * len(FILES[PINNED[4]]))
    with pytest.raises(DreamError, match="arrives with other content than the lock file says") as caught:
        deliver(Here(), parcel, shelf, LITTLE)
    assert "the wrong file was removed, the others are kept" in str(caught.value)
    blobs = {path.name for path in (Path(weights.path) / "blobs").iterdir()}
    assert blobs == {file.sha256 or file.sha1 for file in weights.files} - {weights.files[4].sha256}
    assert not snapshot_of(weights).exists()


def test_a_disk_that_is_too_small_is_refused_before_the_first_byte(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights = hf(hub, host)
    with pytest.raises(DreamError, match=r"are needed in .*huggingface, .* are free") as caught:
        push(Here(), weights, shelf, Errand(spare=1 << 60))
    assert "nothing was written" in str(caught.value)
    assert not (Path(weights.path) / "blobs").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system is mounted")
def test_a_disk_that_fills_up_meanwhile_says_so_and_keeps_what_arrived(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    weights = hf(hub, host)
    host.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(host)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        filler = host / "filler"

        class Filling(Here):
            """Someone else fills the disk after the check."""

            def run(self, step: Step, *rest: Any, **more: Any) -> Answer:
                if step.name.startswith("receive"):
                    late = step.script.replace('room "$needed" "$spare"', f"head -c 700k /dev/zero >{filler}")
                    step = Step(step.name, late, step.size)
                return super().run(step, *rest, **more)

        with pytest.raises(DreamError, match=r"the disk of .* is full") as caught:
            push(Filling(), weights, shelf)
        assert "what arrived is kept" in str(caught.value)
        assert not snapshot_of(weights).exists()
        assert not (Path(weights.store) / ".dreamc-lock").exists()
    finally:
        subprocess.run(["umount", str(host)], check=True)


def test_of_two_writers_at_once_the_second_is_told_who_the_first_is(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    weights = hf(hub, host)
    arrived, go_on = threading.Event(), threading.Event()

    def hold(host: str, model: str, done: int, total: int) -> None:
        if host == "gpu01" and done and not arrived.is_set():
            while not (Path(weights.store) / ".dreamc-lock" / "owner").exists() and not go_on.is_set():
                go_on.wait(0.01)
            arrived.set()
            go_on.wait(20)

    first = threading.Thread(target=push, args=(Here(), weights, shelf, Errand("ann", hold, spare=0)))
    first.start()
    try:
        assert arrived.wait(20)
        with pytest.raises(Locked, match="ann writes to"):
            push(Here(), weights, shelf, Errand("bob", spare=0))
    finally:
        go_on.set()
        first.join()
    assert gap_of(Here(), weights).complete


def test_the_lock_of_a_writer_that_was_killed_is_taken_over(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights = hf(hub, host)
    lock = Path(weights.store) / ".dreamc-lock"
    lock.mkdir(parents=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (lock / "owner").write_text(f"token=1\npid=4194304\nstarted=1\nboot={boot}\nsince=x\nwho=ann\n")
    push(Here(), weights, shelf)
    assert gap_of(Here(), weights).complete
    assert not lock.exists()


def test_progress_counts_every_byte_once_and_ends_at_the_total(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights = hf(hub, host)
    parcel = shelf.parcel(weights, LITTLE.progress)
    seen: list[tuple[str, str, int, int]] = []
    deliver(Here(), parcel, shelf, Errand(progress=lambda *told: seen.append(told), spare=0))
    assert {one[:2] for one in seen} == {("gpu01", "acme/tiny")}
    counts = [one[2] for one in seen]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert seen[-1][2:] == (weights.size, weights.size)


def test_an_unpinned_model_is_pushed_as_the_hub_has_it_and_said_to_be_unpinned(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    commit = hub.add_model("acme/tiny", FILES)
    weights, session = hf(None, host, revision="main"), Here()
    before = gap_of(session, weights)
    assert before.needed is None
    assert "not pinned" in before.why
    parcel = shelf.parcel(weights, LITTLE.progress)
    assert not parcel.pinned
    deliver(session, parcel, shelf, LITTLE)
    assert gap_of(session, weights).complete
    assert (Path(weights.path) / "refs" / "main").read_text() == commit


def test_a_new_pinned_revision_leaves_the_old_one_and_the_ref_alone(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    old = hf(hub, host)
    push(Here(), old, shelf)
    new = hf(hub, host, {**FILES, "config.json": b'{"model_type": "llama", "v": 2}'})
    sent = push(Here(), new, shelf)
    assert sent == len(b'{"model_type": "llama", "v": 2}')
    assert gap_of(Here(), old).complete
    assert gap_of(Here(), new).complete
    assert (Path(old.path) / "refs" / "main").read_text() == old.revision


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gated", "is gated"),
        ("missing", "the hub has no acme/tiny, or it is private"),
        ("forbidden", "refuses the token"),
    ],
)
def test_what_the_hub_refuses_is_said_with_what_to_do(
    hub: HubServer, shelf: HubShelf, host: Path, fault: str, words: str
) -> None:
    weights = hf(hub, host)
    hub.fail("tree", fault, 9)  # type: ignore[arg-type]
    hub.fail("resolve", fault, 9)  # type: ignore[arg-type]
    with pytest.raises(DreamError, match=words) as caught:
        shelf.parcel(weights, LITTLE.progress)
    assert caught.value.state == "nothing was stopped"
    assert "HF_TOKEN" in caught.value.remedy


def test_a_gated_model_comes_with_the_right_token(hub: HubServer, tmp_path: Path, host: Path) -> None:
    weights = hf(hub, host)
    hub.gated.add("acme/tiny")
    with pytest.raises(DreamError, match="is gated"):
        HubShelf(Hub("hf_bad", hub.url), tmp_path / "a").parcel(weights, LITTLE.progress)
    shelf = HubShelf(Hub("hf_good", hub.url), tmp_path / "b")
    push(Here(), weights, shelf)
    assert gap_of(Here(), weights).complete
    assert {one.authorization for one in hub.requests if one.path.startswith("/cdn")} == {""}


def test_a_download_with_the_wrong_content_is_fetched_once_more_and_then_right(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    weights = hf(hub, host)
    hub.fail("/cdn/acme/tiny/" + weights.revision + "/model-00001", "wrong")
    push(Here(), weights, shelf)
    assert gap_of(Here(), weights).complete


def test_a_download_that_stays_wrong_is_refused_and_its_file_is_gone(
    hub: HubServer, shelf: HubShelf, host: Path, tmp_path: Path
) -> None:
    weights = hf(hub, host)
    hub.fail("/cdn/acme/tiny/" + weights.revision + "/model-00001", "wrong", 9)
    with pytest.raises(DreamError, match="arrives with other content than the lock file says") as caught:
        shelf.parcel(weights, LITTLE.progress)
    assert "model-00001-of-00002.safetensors" in caught.value.what
    snapshot = tmp_path / "cache" / "models--acme--tiny" / "snapshots" / weights.revision
    assert sorted(path.name for path in snapshot.iterdir() if path.name.startswith("model")) == [
        "model-00002-of-00002.safetensors"
    ]


def test_a_download_that_is_cut_in_the_middle_goes_on(hub: HubServer, shelf: HubShelf, host: Path) -> None:
    weights = hf(hub, host)
    hub.fail("/cdn/acme/tiny/" + weights.revision + "/model-00001", "cut")
    push(Here(), weights, shelf)
    assert gap_of(Here(), weights).complete
    asked = [one for one in hub.requests if one.method == "GET" and "/cdn/" in one.path and "model-00001" in one.path]
    assert len(asked) == 2


def test_a_file_name_that_could_leave_the_directory_is_refused(host: Path) -> None:
    from dreamc.artifact.release import ModelFile
    from dreamc.supply.want import hub_parcel

    for path in ("../x", "a/../../x", "/etc/passwd", "a\nb", "a//b", ""):
        weights = Weights("hf", "a/b", f"{host}/m", str(host), "c" * 40, files=(ModelFile(path, 1, "0" * 64),))
        with pytest.raises(ValueError, match="cannot be the name of a file"):
            hub_parcel(weights)


def test_a_receiver_that_is_killed_leaves_nothing_that_the_next_one_cannot_use(
    hub: HubServer, shelf: HubShelf, host: Path
) -> None:
    weights = hf(hub, host)
    parcel = shelf.parcel(weights, LITTLE.progress)
    killed: list[int] = []

    def kill(host: str, model: str, done: int, total: int) -> None:
        owner = Path(weights.store) / ".dreamc-lock" / "owner"
        if done and not killed:
            while "who=" not in (owner.read_text() if owner.exists() else ""):
                threading.Event().wait(0.01)
            killed.append(int(owner.read_text().split("pid=")[1].split()[0]))
            for _ in range(2):
                killed.append(int(Path(f"/proc/{killed[-1]}/stat").read_text().split()[3]))
            for pid in reversed(killed):
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(DreamError):
        deliver(Here(), parcel, shelf, Errand(progress=kill, spare=0))
    assert (Path(weights.store) / ".dreamc-lock").exists()
    assert not gap_of(Here(), weights).complete
    deliver(Here(), parcel, shelf, LITTLE)
    assert gap_of(Here(), weights).complete


@pytest.mark.parametrize("lacking", ["openssl", "strict-tee"])
def test_a_host_with_fewer_tools_takes_and_verifies_the_same(
    hub: HubServer, shelf: HubShelf, host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    poor = tmp_path / "poor"
    poor.mkdir()
    name, text = {
        "openssl": ("openssl", "#!/bin/sh\nexit 127\n"),
        "strict-tee": ("tee", '#!/bin/sh\ncase $1 in --*) exit 1 ;; esac\nexec /usr/bin/tee "$@"\n'),
    }[lacking]
    (poor / name).write_text(text)
    (poor / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{poor}:{os.environ['PATH']}")
    weights = hf(hub, host)
    push_cut_off(weights, shelf)
    push(Here(), weights, shelf)
    (one,) = verify(Here(), (weights,))
    assert one.right
    assert (one.files, one.size) == (len(weights.files), weights.size)


@pytest.mark.parametrize("shell", ["sh", "busybox sh", "dash", "bash --posix"])
def test_files_that_come_one_after_another_are_told_apart_by_every_shell(shell: str, host: Path) -> None:
    if shutil.which(shell.split(maxsplit=1)[0]) is None:
        pytest.skip(f"there is no {shell} here")
    contents = (b"a" * 3_000_000, b"b" * 1_999_999, b"", b"c")
    names = [hashlib.sha256(one).hexdigest() for one in contents]
    rows = "".join(f"P|{name}|{len(one)}|0|sha256|{name}\n" for name, one in zip(names, contents, strict=True))
    one = step(
        "receive", ("store.sh", "receive.sh"), store=str(host), folder=f"{host}/f", who="ann", needed="1", spare="0",
        commit="", manifest="", manifest_base64="",
    )  # fmt: skip
    sent = f"{rows}.\n".encode() + b"".join(contents)
    done = subprocess.run([*shell.split(), "-c", one.script], input=sent, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [(host / "f" / "blobs" / name).read_bytes() for name in names] == list(contents)
