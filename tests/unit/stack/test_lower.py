from __future__ import annotations

from dreamc.knowledge.vllm import NEWEST
from tests.unit.stack.files import BOX, lowered, stack, usual


def test_every_default_is_applied() -> None:
    made = stack(usual())
    assert (made.mode, made.vllm, made.root, made.registry) == ("hybrid", NEWEST, "/opt/dream", None)
    assert (made.gateway.hosts, made.gateway.port, made.gateway.bind) == (("box",), 4000, "127.0.0.1")


def test_the_first_host_carries_the_gateway_and_the_services() -> None:
    two = "hardware: {desk: {}, box: {gpus: rtx-3090}}\n"
    made = stack(usual("services: {qdrant: {}}\n").replace(BOX, two).replace("context: 4k", "context: 4k").replace(
        'source: "ollama:qwen2.5-coder:3b"', 'source: "hf:Qwen/Qwen2.5-7B-Instruct-AWQ", concurrency: 2'))  # fmt: skip
    assert made.gateway.hosts == ("desk",)
    assert [(one.name, one.host) for one in made.services] == [("qdrant", "desk")]


def test_pins_of_the_file_win_over_the_table_and_a_digest_is_kept() -> None:
    digest = "sha256:" + "b" * 64
    images = dict(stack(usual(f"images: {{vllm: 0.30.0, redis: 7.4.1, qdrant: {digest}}}\n")).images)
    assert images["vllm"].endswith(":v0.30.0")
    assert images["redis"].endswith(":7.4.1")
    assert images["qdrant"].endswith(f"@{digest}")


def test_an_unknown_vllm_stops_before_anything_is_sized() -> None:
    made, findings = lowered(usual("images: {vllm: 0.31.5}\n"))
    assert made is None
    assert [one.code for one in findings] == ["DRM609"]


def test_all_findings_of_a_phase_come_at_once() -> None:
    text = usual("gateway: {hosts: [nowhere]}\n", "images: {vllm: 9.9.9}\n").replace("gpus: rtx-3090", "gpus: nonesuch")
    assert {one.code for one in lowered(text)[1]} == {"DRM201", "DRM208", "DRM609"}


def test_options_of_a_service_travel_and_a_port_is_the_tables_or_the_files() -> None:
    made = stack(usual("services: {open-webui: {auth: false}, whisper: {model: small}, n8n: {port: 5000}}\n"))
    extras = {one.name: one for one in made.services}
    assert dict(extras["open-webui"].options) == {"auth": False}
    assert dict(extras["whisper"].options) == {"model": "small"}
    assert (extras["n8n"].port, extras["whisper"].port) == (5000, None)


def test_redis_of_the_gateway_is_a_service_once() -> None:
    both = stack(usual("gateway: {redis: {}}\n", "services: {redis: {memory: 1 GiB}}\n"))
    assert [one.name for one in both.services] == ["redis"]
