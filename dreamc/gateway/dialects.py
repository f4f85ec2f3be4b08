"""What a model server says in each dialect that LiteLLM speaks: OpenAI, Ollama, Anthropic, Gemini. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
SSE = "text/event-stream"
NDJSON = "application/x-ndjson"
_VECTOR = (0.6, 0.8, 0.0)
_DAY = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; more than one chunk is a stream."""

    status: int
    content_type: str
    chunks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its HTTP: the path below the base address, and the parsed body."""

    path: str
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model asked for; Gemini names it in the path, everyone else in the body."""
        if ":" in self.path and "/models/" in self.path:
            return self.path.rpartition("/models/")[2].rpartition(":")[0]
        return str(self.body.get("model") or self.body.get("name") or "")

    @property
    def stream(self) -> bool:
        """Whether a stream is wanted; Ollama streams unless told not to."""
        if self.path.endswith(":streamGenerateContent"):
            return True
        return bool(self.body.get("stream", self.path.endswith("/api/chat")))


def respond(request: Request, text: str) -> Answer:
    """The answer of a healthy model server: `text` in the dialect of the path, 404 for a path nobody speaks."""
    for ending, dialect in _DIALECTS:
        if request.path.endswith(ending):
            return dialect(request, text)
    return as_json(404, {"error": {"message": f"no such path: {request.path}", "type": "not_found"}})


def as_json(status: int, value: object) -> Answer:
    return Answer(status, JSON, (_dump(value),))


def listing(path: str, models: tuple[str, ...]) -> Answer:
    """The answer to a GET: the models this server has been asked for so far."""
    if path.endswith("/models"):
        rows = [{"id": model, "object": "model", "created": 0, "owned_by": "dream"} for model in models]
        return as_json(200, {"object": "list", "data": rows})
    if path.endswith("/api/tags"):
        return as_json(200, {"models": [{"name": model, "model": model, "size": 0} for model in models]})
    if path.endswith(("/health", "/api/version")) or path == "/":
        return as_json(200, {"version": "0", "status": "ok"})
    return as_json(404, {"error": {"message": f"no such path: {path}", "type": "not_found"}})


def _openai_chat(request: Request, text: str) -> Answer:
    model, usage = request.model, _openai_usage(request, text)
    base = {"id": "chatcmpl-dream", "created": 0, "model": model}
    if not request.stream:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return as_json(200, base | {"object": "chat.completion", "choices": [choice], "usage": usage})
    base |= {"object": "chat.completion.chunk"}
    deltas = ({"role": "assistant", "content": ""}, *({"content": part} for part in _parts(text)))
    chunks = [base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append(base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append(base | {"choices": [], "usage": usage})
    return Answer(200, SSE, (*(_event(chunk) for chunk in chunks), b"data: [DONE]\n\n"))


def _openai_completion(request: Request, text: str) -> Answer:
    choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
    base = {"id": "cmpl-dream", "object": "text_completion", "created": 0, "model": request.model, "choices": [choice]}
    if request.stream:
        return Answer(200, SSE, (_event(base), b"data: [DONE]\n\n"))
    return as_json(200, base | {"usage": _openai_usage(request, text)})


def _openai_embeddings(request: Request, _text: str) -> Answer:
    rows = [{"object": "embedding", "index": n, "embedding": list(_VECTOR)} for n in range(_inputs(request))]
    usage = {"prompt_tokens": _tokens(request), "total_tokens": _tokens(request)}
    return as_json(200, {"object": "list", "data": rows, "model": request.model, "usage": usage})


def _ollama_chat(request: Request, text: str) -> Answer:
    base = {"model": request.model, "created_at": _DAY}
    counts = {"prompt_eval_count": _tokens(request), "eval_count": len(text.split()), "total_duration": 1}
    end = base | {"done": True, "done_reason": "stop"} | counts
    if not request.stream:
        return as_json(200, end | {"message": {"role": "assistant", "content": text}})
    said = [base | {"message": {"role": "assistant", "content": part}, "done": False} for part in _parts(text)]
    end |= {"message": {"role": "assistant", "content": ""}}
    return Answer(200, NDJSON, tuple(_dump(line) + b"\n" for line in (*said, end)))


def _ollama_embed(request: Request, _text: str) -> Answer:
    vectors = [list(_VECTOR)] * _inputs(request)
    return as_json(200, {"model": request.model, "embeddings": vectors, "prompt_eval_count": _tokens(request)})


def _ollama_show(_request: Request, _text: str) -> Answer:
    return as_json(200, {"modelfile": "", "template": "", "details": {"family": "dream"}, "model_info": {}})


def _anthropic(request: Request, text: str) -> Answer:
    usage = {"input_tokens": _tokens(request), "output_tokens": len(text.split())}
    message: dict[str, Any] = {"id": "msg_dream", "type": "message", "role": "assistant", "model": request.model}
    message |= {"stop_sequence": None, "usage": usage}
    if not request.stream:
        content = [{"type": "text", "text": text}]
        return as_json(200, message | {"content": content, "stop_reason": "end_turn"})
    start = {"message": message | {"content": [], "stop_reason": None}}
    events: list[tuple[str, dict[str, Any]]] = [("message_start", start)]
    events.append(("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}))
    events += [("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": p}}) for p in _parts(text)]
    events.append(("content_block_stop", {"index": 0}))
    events.append(("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage}))
    events.append(("message_stop", {}))
    return Answer(200, SSE, tuple(b"event: %s\n" % kind.encode() + _event({"type": kind} | e) for kind, e in events))


def _gemini(request: Request, text: str) -> Answer:
    spent, said = _tokens(request), len(text.split())
    usage = {"promptTokenCount": spent, "candidatesTokenCount": said, "totalTokenCount": spent + said}
    content = {"role": "model", "parts": [{"text": text}]}
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    reply = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": request.model}
    if request.path.endswith(":streamGenerateContent"):
        return Answer(200, SSE, (_event(reply),))
    return as_json(200, reply)


_DIALECTS: tuple[tuple[str, Callable[[Request, str], Answer]], ...] = (
    ("/chat/completions", _openai_chat),
    ("/completions", _openai_completion),
    ("/embeddings", _openai_embeddings),
    ("/api/chat", _ollama_chat),
    ("/api/embed", _ollama_embed),
    ("/api/show", _ollama_show),
    ("/v1/messages", _anthropic),
    (":generateContent", _gemini),
    (":streamGenerateContent", _gemini),
)


def _openai_usage(request: Request, text: str) -> dict[str, int]:
    spent, said = _tokens(request), len(text.split())
    return {"prompt_tokens": spent, "completion_tokens": said, "total_tokens": spent + said}


def _tokens(request: Request) -> int:
    """Words stand for tokens: enough to see usage counted, and always the same."""
    asked = request.body.get("messages") or request.body.get("contents") or request.body.get("input") or ""
    return len(json.dumps(asked, ensure_ascii=False).split())


def _inputs(request: Request) -> int:
    asked = request.body.get("input", "")
    return len(asked) if isinstance(asked, list) else 1


def _parts(text: str) -> tuple[str, ...]:
    middle = len(text) // 2
    return tuple(part for part in (text[:middle], text[middle:]) if part)


def _event(value: object) -> bytes:
    return b"data: " + _dump(value) + b"\n\n"


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
