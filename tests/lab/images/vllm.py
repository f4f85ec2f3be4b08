"""Stands in for vLLM: `vllm serve MODEL …` over the OpenAI dialect, with vLLM's reasons not to start.

Like vLLM 0.33.0 it ends when the weights are not in the Hugging Face cache while that is offline, and when a card has
less memory free than its share asks for (v1/worker/utils.py:716). Faults: the file `fault` in $VLLM_CACHE_ROOT.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from dreamc.gateway.dialects import Answer, Request, as_json, respond
from tests.lab.images.faults import Faults
from tests.lab.images.server import Question, serve

_OPEN = ("/health", "/ping", "/version", "/metrics")


def main(words: list[str]) -> str | None:
    """Serves until it is killed; else why it does not start."""
    if words[:1] != ["serve"] or len(words) < 2:
        return "usage: vllm serve MODEL [OPTIONS]"
    model, options = words[1], read_options(words[2:])
    if problem := missing(model, options.get("revision", "main"), os.environ) or crowded(options, os.environ):
        return problem
    served = options.get("served-model-name", model)
    answering = Server(served, model, os.environ.get("VLLM_API_KEY", ""), int(options.get("max-model-len", "4096")))
    faults = Faults(Path(os.environ.get("VLLM_CACHE_ROOT", "/tmp")) / "fault")
    serve(options.get("host", "0.0.0.0"), int(options.get("port", "8000")), faults, answering.answer)
    return None


def read_options(words: list[str]) -> dict[str, str]:
    """`--name=value`, `--name value` and switches, without their dashes."""
    found: dict[str, str] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name, _, value = word.removeprefix("--").partition("=")
            found[name] = value
        elif name:
            found[name] = f"{found[name]} {word}".strip()
    return found


def missing(model: str, revision: str, environment: os._Environ[str] | dict[str, str]) -> str:
    """Why the weights cannot be read; "" when they can."""
    if model.startswith("/"):
        return "" if Path(model, "config.json").exists() else f"{model} holds no model"
    default = Path(environment.get("HF_HOME", "/root/.cache/huggingface")) / "hub"
    folder = Path(environment.get("HF_HUB_CACHE", default)) / f"models--{model.replace('/', '--')}"
    pointer = folder / "refs" / revision
    snapshot = folder / "snapshots" / (pointer.read_text().strip() if pointer.exists() else revision)
    if not (snapshot / "config.json").exists():
        said = "Cannot find an appropriate cached snapshot folder for the specified revision on the local disk"
        return f"LocalEntryNotFoundError: {said}: {model} at {revision} in {folder}"
    if not any(path.exists() for path in snapshot.glob("*.safetensors")):
        return f"RuntimeError: Cannot find any model weights with `{model}`"
    return ""


def crowded(options: dict[str, str], environment: os._Environ[str] | dict[str, str]) -> str:
    """Why a card is too full; "" when none is. The runtime of a lab host says what is free, `FREE/TOTAL` a card."""
    share = float(options.get("gpu-memory-utilization", "0.9"))
    visible = environment.get("NVIDIA_VISIBLE_DEVICES", "").split(",")
    for index, card in enumerate(environment.get("LAB_CARDS_FREE", "").split(",")):
        free, _, total = card.partition("/")
        if total and (str(index) in visible or "all" in visible) and int(free) < int(int(total) * share):
            sizes = f"({int(free) / 1024:.2f}/{int(total) / 1024:.2f} GiB)"
            return (
                f"ValueError: Free memory on device cuda:{index} {sizes} on startup is less than desired GPU memory "
                f"utilization ({share}, {int(total) * share / 1024:.2f} GiB)."
            )
    return ""


class Server:
    """Answers for one model."""

    def __init__(self, served: str, model: str, key: str, length: int) -> None:
        self._names = served.split()
        self._model, self._key, self._length = model, key, length
        self._questions = 0

    def answer(self, question: Question) -> Answer:
        if self._key and question.path not in _OPEN and question.key != self._key:
            return as_json(401, {"error": "Unauthorized"})
        if question.body is None:
            return self._read(question.path)
        if question.model not in self._names:
            text = f"The model `{question.model}` does not exist."
            return as_json(404, {"error": {"message": text, "type": "NotFoundError", "code": 404}})
        self._questions += 1
        text = f"This is {question.model}, {self._model} on {os.uname().nodename}."
        return respond(Request(question.path, question.body), text)

    def _read(self, path: str) -> Answer:
        if path == "/metrics":
            line = f'vllm:request_success_total{{model_name="{self._names[0]}"}} {self._questions}\n'
            return Answer(200, "text/plain; version=0.0.4", (line.encode(),))
        if path == "/v1/models":
            rows = [
                {"id": name, "object": "model", "root": self._model, "max_model_len": self._length}
                for name in self._names
            ]
            return as_json(200, {"object": "list", "data": rows})
        if path in _OPEN:
            return Answer(200, "application/json", (json.dumps({"version": "0.33.0"}).encode(),))
        return as_json(404, {"detail": "Not Found"})
