"""The stand-ins refuse what the real servers refuse, so that a host without weights or memory is not healthy."""

from __future__ import annotations

import json

import pytest

from tests.lab.hosts.images import FAULTS, reference
from tests.lab.hosts.lab import Lab
from tests.lab.hosts.machine import Machine, Shape
from tests.lab.hosts.weights import push_tag, put_repository
from tests.lab.stack.stack import Stack

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("stand-ins")]

NUMBER = 7
MODEL = "Qwen/Qwen2.5-7B-Instruct-AWQ"
RUN = "docker run -d --gpus device=0 -e HF_HUB_OFFLINE=1 -e HF_HUB_CACHE=/hub -v /opt/hub:/hub"


@pytest.fixture(scope="module")
def machine(lab: Lab, stack: Stack) -> Machine:
    machine = lab.fresh(NUMBER, Shape(gpus=("NVIDIA GeForce RTX 3090:24576",)))
    put_repository(stack.folder / "hub", MODEL)
    machine.run("mkdir -p /opt/hub")
    stack.copy_to(stack.folder / "hub", machine, "/opt/hub")
    return machine


def logs_of_ended(machine: Machine, name: str) -> tuple[int, str]:
    code = int(machine.run(f"docker wait {name}"))
    log = machine.run(f"docker logs {name} 2>&1; docker rm {name} >/dev/null")
    return code, log


def wait_for(machine: Machine, name: str, path: str) -> str:
    script = f"for i in $(seq 50); do docker exec {name} curl -fsS http://127.0.0.1:8000{path} && exit; sleep 0.1; done"
    return machine.run(f"{script} 2>/dev/null")


def test_vllm_does_not_start_without_the_weights(machine: Machine) -> None:
    machine.run(f"{RUN} --name bare {reference('vllm')} Qwen/Qwen3-8B")
    code, log = logs_of_ended(machine, "bare")
    assert code == 1
    assert "LocalEntryNotFoundError" in log
    assert "Qwen/Qwen3-8B" in log


def test_vllm_answers_with_its_model_once_weights_are_there(machine: Machine) -> None:
    machine.run(f"{RUN} --name full {reference('vllm')} {MODEL} --served-model-name=chat --gpu-memory-utilization=0.5")
    models = json.loads(wait_for(machine, "full", "/v1/models"))
    assert [row["id"] for row in models["data"]] == ["chat"]
    assert int(machine.run("nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits")) == 12288
    machine.run("docker rm -f full")


def test_two_servers_do_not_fit_where_one_takes_most_of_the_card(machine: Machine) -> None:
    machine.run(f"{RUN} --name first {reference('vllm')} {MODEL} --gpu-memory-utilization=0.7")
    wait_for(machine, "first", "/health")
    machine.run(f"{RUN} --name second {reference('vllm')} {MODEL} --gpu-memory-utilization=0.5")
    code, log = logs_of_ended(machine, "second")
    machine.run("docker rm -f first")
    assert code == 1
    assert "Free memory on device cuda:0" in log


@pytest.mark.parametrize("fault", FAULTS)
def test_there_is_a_bad_version_of_each_kind(machine: Machine, fault: str) -> None:
    machine.run(f"docker pull -q {reference('vllm', fault)}; docker pull -q {reference('ollama', fault)}")


def test_an_unhealthy_version_runs_and_says_503(machine: Machine) -> None:
    machine.run(f"{RUN} --name sick {reference('vllm', 'unhealthy')} {MODEL} --served-model-name=chat")
    wait_for(machine, "sick", "/v1/models")
    status = "curl -s -o /dev/null -w %{http_code} http://127.0.0.1:8000/health"
    assert machine.run(f"docker exec sick {status}") == "503"
    machine.run("docker rm -f sick")


def test_ollama_pulls_a_tag_from_the_registry_and_lists_it(lab: Lab, machine: Machine) -> None:
    with lab.inside():
        push_tag("qwen2.5-coder:3b")
    machine.run(f"docker run -d --name ol -e OLLAMA_MODELS=/models -v /opt/ollama:/models {reference('ollama')}")
    machine.run("for i in $(seq 50); do docker exec ol ollama list >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1")
    assert "success" in machine.run("docker exec ol ollama pull qwen2.5-coder:3b")
    assert "qwen2.5-coder:3b" in machine.run("docker exec ol ollama list")
    assert machine.run("ls /opt/ollama/manifests/registry.ollama.ai/library/qwen2.5-coder") == "3b\n"
    missing = machine.try_run("docker exec ol ollama pull no-such-model:1b")
    assert missing.returncode == 1
    assert "file does not exist" in missing.stderr
    machine.run("docker rm -f ol")
