from __future__ import annotations

from dreamc.stack.locals import slug
from tests.unit.stack.files import local, stack

AWQ = 'source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", context: 4k, concurrency: 2'
TWO = "hardware: {box: {gpus: 2 x rtx-3090}}\n"


def instances(text: str) -> list[tuple[str, str, int]]:
    return [(model.name, each.service, each.port) for model in stack(text).locals for each in model.instances]


def test_ports_begin_at_8001_and_pass_over_those_that_the_file_names() -> None:
    text = local(f"  a: {{{AWQ}}}\n  b: {{{AWQ}, port: 8001}}\n  c: {{{AWQ}}}\n", TWO, "gateway: {port: 8002}\n")
    assert [(name, port) for name, _, port in instances(text)] == [("a", 8003), ("b", 8001), ("c", 8004)]


def test_a_replica_on_the_same_host_has_a_name_and_a_port_of_its_own() -> None:
    text = local(f"  my.Model: {{{AWQ}, replicas: 2, port: 9000}}\n", TWO)
    assert instances(text) == [("my.Model", "vllm-my-model", 9000), ("my.Model", "vllm-my-model-1", 8001)]


def test_ollama_models_of_the_same_cards_share_a_service() -> None:
    three = 'source: "ollama:qwen2.5-coder:3b", context: 4k'
    text = local(f"  a: {{{three}, gpu: 1}}\n  b: {{{three}, gpu: 0}}\n  c: {{{three}, gpu: 1}}\n", TWO)
    assert [(name, service) for name, service, _ in instances(text)] == [
        ("a", "ollama-1"),
        ("b", "ollama"),
        ("c", "ollama-1"),
    ]


def test_a_name_becomes_part_of_a_host_name() -> None:
    assert slug("Llama3.1:latest") == "llama3-1-latest"


def test_names_that_differ_in_signs_only_have_services_of_their_own() -> None:
    services = [service for _, service, _ in instances(local(f"  a/b: {{{AWQ}}}\n  a.b: {{{AWQ}}}\n", TWO))]
    assert len(set(services)) == 2
    assert all(service.startswith("vllm-a-b-") for service in services)


def test_a_name_that_reads_like_a_replica_of_another_model() -> None:
    four = "hardware: {box: {gpus: 4 x rtx-3090}}\n"
    services = [service for _, service, _ in instances(local(f"  a: {{{AWQ}, replicas: 2}}\n  a-1: {{{AWQ}}}\n", four))]
    assert services[:2] == ["vllm-a", "vllm-a-1"]
    assert services[2] not in services[:2]


def test_a_service_is_a_label_of_a_host_name_however_long_the_model_is_called() -> None:
    long = [f"{'x' * 90}{end}" for end in ("a", "b")]
    text = local("".join(f"  {name}: {{{AWQ}, replicas: 2}}\n" for name in long), "hardware: {box: {gpus: 4 x l4}}\n")
    services = [service for _, service, _ in instances(text)]
    assert len(set(services)) == 4
    assert all(len(f"door-{service}") <= 63 for service in services)
