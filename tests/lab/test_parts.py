"""What the lab is made of, as far as it needs neither root nor hosts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamc.knowledge.images import image_names
from tests.lab.hosts import images, layers, setup
from tests.lab.hosts.control_groups import Hierarchy, hierarchies
from tests.lab.hosts.gateway_layer import constraints, requirements
from tests.lab.hosts.place import here
from tests.lab.hosts.weights import put_repository, put_tag
from tests.lab.images import names, vllm
from tests.lab.images.faults import Faults
from tests.lab.images.ollama_store import Store, parts

V1 = """\
tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,nodev,noexec,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,nosuid,xattr,release_agent=/lib/systemd/agent,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime,nsdelegate 0 0
"""
V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0\n"


def test_every_image_of_the_table_has_a_recipe() -> None:
    assert {recipe.name for recipe in images.RECIPES} == set(image_names())


def test_control_groups_of_version_1_are_mounted_again_with_their_controllers() -> None:
    root = Path("/sys/fs/cgroup")
    assert hierarchies(V1) == (
        Hierarchy("cgroup", root / "cpu,cpuacct", "cpu,cpuacct"),
        Hierarchy("cgroup", root / "systemd", "none,name=systemd"),
        Hierarchy("cgroup2", root / "unified", "defaults"),
    )


def test_control_groups_of_version_2_are_one_hierarchy() -> None:
    assert hierarchies(V2) == (Hierarchy("cgroup2", Path("/sys/fs/cgroup"), "defaults"),)


def test_a_lab_says_that_it_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert "root" in setup.why_not()
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert "Darwin" in setup.why_not()


def test_each_worker_has_a_lab_of_its_own_and_shares_what_was_built() -> None:
    one = here({"DREAM_LAB": "/cache", "PYTEST_XDIST_WORKER": "gw0"})
    two = here({"DREAM_LAB": "/cache", "PYTEST_XDIST_WORKER": "gw1"})
    assert (one.cache, one.base) == (two.cache, two.base)
    assert one.running != two.running
    assert one.namespace != two.namespace


def test_the_gateway_image_has_what_the_extra_asks_for_at_locked_versions() -> None:
    locked = {line.partition("==")[0] for line in constraints().splitlines()}
    names = {name.split("[")[0].split(">")[0].split("=")[0] for name in requirements()}
    assert "litellm" in names
    assert {name.lower() for name in names} <= locked


def test_a_layer_has_the_same_digest_whatever_the_time_is(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/text").write_text("same")
    first = layers.pack(folder, tmp_path / "first.tar")
    (folder / "sub/text").write_text("same")
    assert layers.pack(folder, tmp_path / "second.tar").digest == first.digest
    (folder / "sub/text").write_text("else")
    assert layers.pack(folder, tmp_path / "third.tar").digest != first.digest


def test_a_manifest_names_its_layers_and_configuration(tmp_path: Path) -> None:
    layer = layers.pack_files([("etc/x", b"x", 0o644)], tmp_path / "x.tar")
    image = layers.image((layer,), {"Cmd": ["true"]})
    manifest, config = json.loads(image.manifest), json.loads(image.config)
    assert manifest["layers"][0]["digest"] == config["rootfs"]["diff_ids"][0] == layer.digest
    assert manifest["config"]["digest"] == layers.digest_of(image.config)


def test_vllm_finds_a_repository_of_the_cache_and_misses_a_damaged_one(tmp_path: Path) -> None:
    snapshot = put_repository(tmp_path, "org/model")
    environment = {"HF_HUB_CACHE": str(tmp_path)}
    assert vllm.missing("org/model", "main", environment) == ""
    assert vllm.missing("org/model", snapshot.name, environment) == ""
    assert "org/other" in vllm.missing("org/other", "main", environment)
    for link in snapshot.glob("*.safetensors"):
        link.resolve().unlink()
    assert "model weights" in vllm.missing("org/model", "main", environment)


def test_vllm_wants_its_share_of_each_of_its_cards_free() -> None:
    environment = {"LAB_CARDS_FREE": "24576/24576,1024/24576", "NVIDIA_VISIBLE_DEVICES": "0"}
    assert vllm.crowded({"gpu-memory-utilization": "0.9"}, environment) == ""
    assert "cuda:1" in vllm.crowded({"gpu-memory-utilization": "0.9"}, environment | {"NVIDIA_VISIBLE_DEVICES": "0,1"})


def test_vllm_reads_options_in_both_spellings() -> None:
    words = ["--port=8000", "--served-model-name", "a", "b", "--enforce-eager"]
    assert vllm.read_options(words) == {"port": "8000", "served-model-name": "a b", "enforce-eager": ""}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("qwen2.5:3b", ("registry.ollama.ai", "library", "qwen2.5", "3b")),
        ("llama3", ("registry.ollama.ai", "library", "llama3", "latest")),
        ("someone/model:x", ("registry.ollama.ai", "someone", "model", "x")),
        ("10.78.0.1:5000/library/model:x", ("10.78.0.1:5000", "library", "model", "x")),
    ],
)
def test_ollama_reads_names_as_ollama_does(name: str, expected: tuple[str, ...]) -> None:
    assert parts(name) == expected


def test_an_ollama_model_without_one_of_its_blobs_is_not_there(tmp_path: Path) -> None:
    put_tag(tmp_path, "model:x")
    models = Store(tmp_path, "")
    assert models.has("model:x")
    assert [row["name"] for row in models.rows()] == ["model:x"]
    next((tmp_path / "blobs").iterdir()).unlink()
    assert not models.has("model:x")


def test_a_fault_is_for_everyone_or_for_one_model(tmp_path: Path) -> None:
    file = tmp_path / "fault"
    assert not Faults(file).has("error", "a")
    file.write_text("error a\nslow 2\n")
    assert Faults(file).has("error", "a")
    assert not Faults(file).has("error", "b")
    assert Faults(file).seconds("slow") == 2


def test_the_name_server_says_that_there_is_no_such_name() -> None:
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" + b"\x04gone\x00\x00\x01\x00\x01" + b"opt"
    told = names.answer(question)
    assert told[:2] == b"\x12\x34"
    assert told[3] & 0x0F == 3
    assert told.endswith(b"\x04gone\x00\x00\x01\x00\x01")
    assert names.answer(b"") == b""
