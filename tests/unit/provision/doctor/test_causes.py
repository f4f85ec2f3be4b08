"""From what is known of a host to causes, the likeliest first."""

from __future__ import annotations

import json

import msgspec
import pytest

from dreamc.knowledge.symptoms import symptoms
from dreamc.provision.doctor.causes import causes
from dreamc.provision.doctor.types import Case, Cause, Sign, Witness
from dreamc.provision.drift import Difference
from dreamc.provision.plan.types import Finding
from dreamc.provision.types import Disk, HostFacts
from tests.unit.provision.world import LITELLM, QUALITY, REDIS, ROOT, VLLM, after, bundle, container, release

HERE = release()
FACTS = after(HERE, bundle(HERE))
SIGNS = tuple(Sign(one.id, one.rank, one.pattern, one.of, one.what, one.remedy) for one in symptoms())
NAME = "dream-home-vllm-quality-1"


def found(facts: HostFacts = FACTS, **more: object) -> tuple[Cause, ...]:
    return causes(Case(facts, HERE, **more), SIGNS)  # type: ignore[arg-type]


def ids(facts: HostFacts = FACTS, **more: object) -> list[str]:
    return [one.id for one in found(facts, **more)]


def changed(**more: object) -> HostFacts:
    return msgspec.structs.replace(FACTS, **more)


def ill(**more: object) -> HostFacts:
    return changed(containers=(container(LITELLM), container(VLLM, **more), container(REDIS)))


def test_a_host_that_is_well_has_no_causes() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "DOC-OOM"),
        ("ValueError: No available memory for the cache blocks. Try increasing", "DOC-KV-CACHE"),
        ("(65536) is larger than the maximum number of tokens that can be stored in KV cache (9)", "DOC-KV-CACHE"),
        ("(4.00 GiB KV cache is needed, which is larger than the available KV cache memory (0.65 GiB)", "DOC-KV-CACHE"),
        ("OSError: [Errno 98] Address already in use", "DOC-PORT-TAKEN"),
        ("OSError: [Errno 28] No space left on device", "DOC-DISK-FULL"),
        ("huggingface_hub.errors.GatedRepoError: 401 Client Error.", "DOC-WEIGHTS-GATED"),
        ("safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge", "DOC-WEIGHTS-DAMAGED"),
        ("LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder", "DOC-WEIGHTS-MISSING"),
        ("Free memory on device cuda:0 (3/23 GiB) on startup is less than desired GPU memory utilization",
         "DOC-GPU-OCCUPIED"),
        ("RuntimeError: No CUDA GPUs are available", "DOC-GPU-MISSING"),
        ("nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0", "DOC-DRIVER-OLD"),
    ],
)  # fmt: skip
def test_the_last_words_of_a_service_say_why(line: str, id_: str) -> None:
    witness = Witness(NAME, log=("INFO starting", line))
    first, second = found(ill(state="restarting", health="", restarts=4), witnesses=(witness,))
    assert (first.id, second.id) == (id_, "DOC-UNHEALTHY-vllm-quality")
    assert first.rank < second.rank
    assert line.strip()[:200] in first.evidence[-1]
    assert "gpu01" in first.remedy or NAME in first.remedy
    assert "started again 4 times" in second.what


def test_what_docker_says_of_a_container_counts_as_its_words() -> None:
    witness = Witness(NAME, error='could not select device driver "nvidia" with capabilities: [[gpu]]')
    assert ids(ill(state="created", health=""), witnesses=(witness,))[0] == "DOC-GPU-MISSING"


def test_a_key_that_a_cloud_refuses_is_found_in_the_log_of_a_healthy_gateway() -> None:
    line = "litellm.AuthenticationError: AnthropicException - invalid x-api-key"
    (one,) = found(witnesses=(Witness("dream-home-litellm-1", log=(line,)),))
    assert (one.id, one.remedy.endswith("dreamc apply --host gpu01")) == ("DOC-KEY-REFUSED", True)


def test_a_sign_of_one_engine_is_not_looked_for_in_another() -> None:
    line = "litellm.AuthenticationError: x"
    assert ids(ill(health="unhealthy"), witnesses=(Witness(NAME, log=(line,)),)) == ["DOC-UNHEALTHY-vllm-quality"]


def test_a_machine_that_is_broken_comes_before_its_services() -> None:
    findings: tuple[Finding, ...] = (
        Finding("engine-silent", "Docker does not work: no answer", "systemctl status docker"),
    )
    got = found(changed(engine_problem="no answer", containers=(), transaction="phase=up"), findings=findings)
    assert [one.id for one in got] == ["DOC-ENGINE-SILENT"]
    findings = (
        Finding("gpu-none", "1 GPU needed", "driver"),
        Finding("clock", "off", "ntp"),
        Finding("lock-stale", "x"),
    )
    got = found(ill(state="exited", health="", exit_code=1), findings=findings)
    assert [one.id for one in got] == ["DOC-GPU-MISSING", "DOC-CLOCK", "DOC-UNHEALTHY-vllm-quality", "DOC-LOCK-STALE"]
    assert "rm -r /opt/dream/lock" in got[-1].remedy


def test_disk_images_and_weights_are_looked_at() -> None:
    full = Disk(ROOT, 10**12, 10**6, "/dev/sda1")
    facts = changed(disks=(full,), images=FACTS.images[:1], weights=((QUALITY.path, 5, False),))
    got = ids(facts)
    assert got[:2] == ["DOC-DISK-FULL", "DOC-WEIGHTS-DAMAGED"]
    assert set(got[2:]) == {"DOC-IMAGE-MISSING"}
    assert ids(changed(weights=((QUALITY.path, 0, False),))) == ["DOC-WEIGHTS-MISSING"]


def test_the_kernel_is_heard() -> None:
    assert ids(kernel=("NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",)) == ["DOC-GPU-FAULT"]
    got = ids(ill(state="exited", health="", exit_code=137), witnesses=(Witness(NAME, killed=True),))
    assert got == ["DOC-KILLED", "DOC-UNHEALTHY-vllm-quality"]


def test_a_service_that_still_starts_is_no_fault_yet() -> None:
    assert ids(ill(health="starting")) == ["DOC-STARTING"]
    assert ids(ill(health="starting", restarts=3)) == ["DOC-UNHEALTHY-vllm-quality"]


def test_what_was_stopped_on_purpose_is_one_cause() -> None:
    down = (Difference("DRIFT-DOWN", "stopped", "apply"),)
    assert ids(changed(containers=()), differences=down) == ["DOC-DOWN"]


def test_drift_is_a_cause_with_its_differences_as_evidence() -> None:
    other = Difference("DRIFT-FILE-EDITED", "config/policy.json was edited by hand, or is gone", "apply")
    gone_on = Difference("DRIFT-RELEASE", "the file compiles to another", "plan")
    (one,) = found(differences=(other, gone_on))
    assert (one.id, one.evidence) == ("DOC-DRIFT", (other.what,))


def test_the_last_change_is_remembered_when_it_went_wrong() -> None:
    entry = {"action": "apply", "outcome": "stuck", "release": "abc", "message": "the disk is full"}
    (one,) = found(changed(journal=json.dumps(entry)))
    assert (one.id, one.evidence) == ("DOC-STUCK", ("the disk is full",))
    assert ids(changed(journal=json.dumps(entry | {"outcome": "rolled-back"}))) == ["DOC-ROLLED-BACK"]
    assert ids(changed(journal=json.dumps(entry | {"outcome": "done"}))) == []


def test_a_host_without_a_release_and_one_that_hides_its_logs_say_so() -> None:
    assert [one.id for one in causes(Case(changed(release=""), None), SIGNS)] == ["DOC-NOT-APPLIED"]
    assert ids(blind=True) == ["DOC-LOGS-HIDDEN"]


def test_every_symptom_has_a_remedy_that_can_be_filled_in() -> None:
    for one in SIGNS:
        said = one.remedy.format(host="box", service="s", container="c")
        assert "{" not in said
        assert one.id.startswith("DOC-")


def test_a_full_disk_is_told_once_however_many_paths_lie_on_it() -> None:
    disks = tuple(Disk(path, 10**12, 10**6, "/dev/sda1") for path in (ROOT, f"{ROOT}/models"))
    (one,) = found(changed(disks=disks), findings=(Finding("disk-low", "0.0 GiB will be left"),))
    assert (one.id, one.what) == ("DOC-DISK-FULL", f"0 MiB are free on the disk of {ROOT}")
