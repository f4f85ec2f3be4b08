"""The script itself, run by real shells on directories made for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from dreamc.artifact.types import sha256
from dreamc.document.write import env_text
from dreamc.provision.facts import Asked, Question, ask, gather, parse, script
from dreamc.provision.secrets import env_lines
from dreamc.provision.session import Answer, Step
from dreamc.provision.types import Address, HostFacts

SHELLS = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]


def question(root: Path, **more: object) -> Question:
    return Question(str(root), "dream-home", "s4lt", **more)  # type: ignore[arg-type]


def run(asked: Question, shell: str = "sh", path: str = "", **environment: str) -> str:
    settings = {"PATH": f"{path}:{os.environ['PATH']}", "LANG": "de_DE.UTF-8", **environment}
    done = subprocess.run([shell, "-c", script(asked)], capture_output=True, text=True, env=settings, check=False)
    assert done.stderr == ""
    return done.stdout


def facts(asked: Question, shell: str = "sh", path: str = "") -> HostFacts:
    return parse(run(asked, shell, path), "here")


def programs(folder: Path, **bodies: str) -> str:
    """Programs of these names, to stand first on PATH."""
    folder.mkdir()
    for name, body in bodies.items():
        file = folder / name.replace("_", "-")
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_machine_that_never_saw_dreamc_answers_in_full(shell: str, tmp_path: Path) -> None:
    host = facts(question(tmp_path / "opt" / "dream"), shell)
    assert host.root == str(tmp_path / "opt" / "dream")
    assert (host.release, host.mode, host.releases, host.env) == ("", "", (), ())
    assert host.writable
    assert host.ram > 2**28
    assert abs(host.clock - time.time()) < 600
    assert host.uid == os.getuid()
    assert host.disks[0].total > host.disks[0].free > 0


@pytest.mark.parametrize("shell", SHELLS)
def test_every_way_to_write_a_value_gives_the_digest_of_the_value(shell: str, tmp_path: Path) -> None:
    values = {
        "DREAM_PLAIN": "sk-ant-one",
        "DREAM_SPACES": "a b  c",
        "DREAM_SINGLE": 'it\'s $HOME \\ "x"',
        "DREAM_ENDS": "back\\",
        "DREAM_LINES": "one\ntwo\n",
        "DREAM_MANY": "o'ne\r\ntwo\tx",
        "DREAM_CODE": "\\n \\x `date` #",
        "DREAM_EQUALS": "a=b==",
        "DREAM_EMPTY": "",
        "DREAM_UMLAUT": "schlüssel",
        "DREAM_PERCENT": "100%s%n",
    }
    digests = {name: sha256(f"s4lt{value}".encode()) for name, value in values.items()}
    for written in (env_lines(values), env_text({**values, "DREAM_MANY": "x"}, "a comment = none")):
        (tmp_path / ".env").write_bytes(written.encode())
        text = run(question(tmp_path), shell)
        assert dict(parse(text, "here").env) | {"DREAM_MANY": digests["DREAM_MANY"]} == digests
        assert not [value for value in values.values() if len(value) > 3 and value in text]
    (tmp_path / ".env").write_bytes(env_lines(values).encode())
    assert dict(facts(question(tmp_path), shell).env) == digests


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_edited_added_or_missing_in_the_current_release_is_named(shell: str, tmp_path: Path) -> None:
    folder = tmp_path / "releases" / "1a2b3c4d5e6f"
    folder.mkdir(parents=True)
    (folder / "same").write_text("same\n")
    (folder / "edited").write_text("by hand\n")
    (folder / "own notes").write_text("x\n")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "same").chmod(0o644)
    files = [{"path": name, "mode": "0644", "sha256": sha256(b"same\n")} for name in ("same", "edited", "gone")]
    (folder / "MANIFEST.json").write_text(json.dumps({"files": files}, indent=2))
    (tmp_path / "current").symlink_to("releases/1a2b3c4d5e6f")
    (tmp_path / "mode").write_text("hybrid\n")
    host = facts(question(tmp_path), shell)
    assert (host.release, host.mode, host.releases) == ("1a2b3c4d5e6f", "hybrid", ("1a2b3c4d5e6f",))
    assert host.edited == ("edited", "gone")
    assert host.strangers == ("link", "own notes")


def test_the_lock_of_a_process_that_is_gone_is_stale_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    started = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    (tmp_path / "lock").mkdir()
    owner = f"token=t\npid={os.getpid()}\nstarted={started}\nboot={boot}\nsince=s\nwho=ada@laptop\nwhy=apply a=b\n"
    (tmp_path / "lock" / "owner").write_text(owner)
    held = facts(question(tmp_path)).lock
    assert held is not None
    assert (held.who, held.why, held.token, held.stale) == ("ada@laptop", "apply a=b", "t", False)
    for gone in (owner.replace(f"started={started}", "started=1"), owner.replace(boot, "another")):
        (tmp_path / "lock" / "owner").write_text(gone)
        after = facts(question(tmp_path)).lock
        assert after is not None
        assert after.stale


def test_models_are_complete_only_with_all_their_files(tmp_path: Path) -> None:
    whole, begun = tmp_path / "hub" / "models--a--whole", tmp_path / "hub" / "models--a--begun"
    for folder in (whole, begun):
        (folder / "blobs").mkdir(parents=True)
        (folder / "refs").mkdir()
        (folder / "refs" / "main").write_text("c0ffee")
        (folder / "snapshots" / "c0ffee").mkdir(parents=True)
        (folder / "blobs" / "x").write_text("12345")
        (folder / "snapshots" / "c0ffee" / "model.safetensors").symlink_to("../../blobs/x")
    (begun / "blobs" / "y.incomplete").write_text("1")
    store, tag = tmp_path / "ollama", tmp_path / "ollama" / "manifests" / "q" / "3b"
    (store / "blobs").mkdir(parents=True)
    tag.parent.mkdir(parents=True)
    digest = sha256(b"layer")
    tag.write_text(f'{{"config": {{"digest": "sha256:{digest}", "size": 5}}, "layers": []}}')
    (store / "blobs" / f"sha256-{digest}").write_text("layer")
    right, wrong = f"sha256:{sha256(tag.read_bytes())}", f"sha256:{'0' * 64}"
    asked = (
        Asked("hf", str(whole), str(tmp_path), "main"),
        Asked("hf", str(begun), str(tmp_path), "main"),
        Asked("hf", str(whole), str(tmp_path), "deadbeef"),
        Asked("ollama", str(tag), str(store), digest=right),
        Asked("ollama", str(tag), str(store), digest=wrong),
        Asked("ollama", str(tag) + "-not", str(store)),
    )
    found = facts(question(tmp_path, weights=asked)).weights
    assert [(size, complete) for _, size, complete in found] == [
        (5, True), (5, False), (0, False), (5, True), (5, False), (0, False)
    ]  # fmt: skip


def test_directories_say_whose_they_are_and_files_in_their_place_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir(mode=0o750)
    (tmp_path / "file").write_text("")
    names = tuple(str(tmp_path / name) for name in ("a b", "file", "missing"))
    found = facts(question(tmp_path, directories=names)).directories
    assert found == ((names[0], f"0750 {os.getuid()} {os.getgid()}"),)


def test_docker_is_asked_for_containers_ports_and_mounts_of_this_project_only(tmp_path: Path) -> None:
    ps = ("a1|dream-home|False|127.0.0.1:4000->4000/tcp", "b2|dream-home|True|0.0.0.0:5000->5000/tcp")
    inspected = r"container\tlitellm\t/x\trunning\thealthy\timg\tsha256:1\td\th\t0\t0\tnow"
    docker = rf"""
case $1 in
ps) printf '{ps[0]}\n{ps[1]}\nc3|||0.0.0.0:80->80/tcp\n' ;;
inspect) shift 3; printf '{inspected}\nmount\tlitellm\tbind\t/d\t/var\nmount\t%s\tbind\t/d\t/x\n' "$*" ;;
image) printf 'img|1|<none>|sha256:1\n' ;;
info) printf 'server=27.0\nroot=/\nruntimes=runc \nplugin=compose 2.30.0-desktop.1\n' ;;
esac"""
    host = facts(question(tmp_path), path=programs(tmp_path / "bin", docker=docker))
    assert [one.service for one in host.containers] == ["litellm"]
    assert [one.service for one in host.mounts] == ["litellm", "a1"], "only our own container was inspected"
    assert host.published == ("127.0.0.1:4000",)
    assert {"0.0.0.0:5000", "0.0.0.0:80"} <= set(host.ports)
    assert (host.engine, host.compose, host.docker_root) == ("27.0", "2.30.0-desktop.1", "/")


def test_an_engine_that_cannot_list_its_containers_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    docker = "case $1 in info) printf 'server=27.0\\n' ;; *) exit 1 ;; esac"
    host = facts(question(tmp_path), path=programs(tmp_path / "bin", docker=docker))
    assert host.engine_problem == "Docker did not list its containers"


def test_why_docker_does_not_answer_is_told_and_not_what_it_warns_of(tmp_path: Path) -> None:
    docker = (
        "echo 'WARNING: Error loading config file' >&2; echo server=; echo 'Cannot connect to the daemon' >&2; exit 1"
    )
    host = facts(question(tmp_path), path=programs(tmp_path / "bin", docker=docker))
    assert host.engine_problem == "Cannot connect to the daemon"


def test_an_old_driver_is_asked_again_without_what_it_does_not_know(tmp_path: Path) -> None:
    smi = """case $1 in *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2 ;;
*) echo '0, Tesla T4, 15109, 312, 450.80.02' ;; esac"""
    (gpu,) = facts(question(tmp_path), path=programs(tmp_path / "bin", nvidia_smi=smi)).gpus
    assert (gpu.name, gpu.capability, gpu.driver, gpu.used) == ("Tesla T4", "", "450.80.02", 312 * 2**20)


def test_names_with_blanks_quotes_and_globs_are_only_names(tmp_path: Path) -> None:
    root = tmp_path / "it's *a* $(touch pwned) root"
    root.mkdir()
    (root / "mode").write_text("local\n")
    host = facts(Question(str(root), "dream-'x*", "s", directories=(str(root), f"{root}/*")))
    assert (host.root, host.mode) == (str(root), "local")
    assert [path for path, _ in host.directories] == [str(root)]
    assert not (root / "pwned").exists()
    assert not Path("pwned").exists()


def test_gathering_is_one_step(tmp_path: Path) -> None:
    class Session:
        address = Address("gpu01", "10.0.0.1")
        execs = 0
        steps: tuple[str, ...] = ()

        def run(self, step: Step, *args: object, **kwargs: object) -> Answer:
            self.steps += (step.name,)
            return Answer(0, run(question(tmp_path)), "")

        def close(self) -> None: ...

    session = Session()
    assert gather(session, question(tmp_path)).host == "gpu01"
    assert session.steps == ("gather",)


def test_a_host_that_is_only_looked_at_needs_no_release() -> None:
    assert ask("/opt/dream", "dream-home", "s") == Question("/opt/dream", "dream-home", "s")
