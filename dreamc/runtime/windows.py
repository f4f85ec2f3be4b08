"""Which members' windows hold a prompt: known without counting it, wherever a token a byte still fits.

LiteLLM's own check before a call reads everything that it knows of every member and counts the tokens of every prompt,
at half a millisecond of processor time and a change of threads (1.106.2 router.py:12920, 13570).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .asks import texts
from .engine import count, window_error
from .money import prompt_bound

Deployment = dict[str, Any]


async def fitting(deployments: list[Deployment], call: Mapping[str, Any], model: str) -> list[Deployment]:
    """The deployments that hold the prompt. One that does not state its window may; so may all where nobody can count.

    Where none does, the error is raised after which LiteLLM asks the members with a larger window.
    """
    windows = [_window(one) for one in deployments]
    least = min((window for window in windows if window is not None), default=None)
    if least is None or prompt_bound(call) <= least:
        return deployments
    tokens = await _tokens(call)
    if tokens is None:
        return deployments
    found = [one for one, window in zip(deployments, windows, strict=True) if window is None or tokens <= window]
    if not found:
        raise window_error(f"{tokens} tokens do not fit the window of any model that may answer", model)
    return found


async def _tokens(call: Mapping[str, Any]) -> int | None:
    """Of a chat with its tools, of the longest of several inputs, or of the text; None where nobody can count them."""
    messages, tools = call.get("messages"), call.get("tools")
    if isinstance(messages, list):
        system = [{"role": "system", "content": text} for text in (call.get("system"),) if isinstance(text, str)]
        return await count(messages=[*system, *messages], tools=tools if isinstance(tools, list) else None)
    given = call.get("input") or call.get("prompt")
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return await count(text=max(given, key=len, default=""))
    return await count(text="\n".join(texts(call)))


def _window(deployment: Deployment) -> int | None:
    found = (deployment.get("model_info") or {}).get("max_input_tokens")
    return found if isinstance(found, int) else None
