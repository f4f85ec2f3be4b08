"""Lints of `model_list`; codes as in the module `lint`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from dreamc.backends.litellm.deployments import COSTS
from dreamc.backends.litellm.lint_view import View, info, is_local, label, params, prefix
from dreamc.stack.types import VLLM_KEY

PREFIXES = ("anthropic", "gemini", "hosted_vllm", "ollama", "ollama_chat", "openai", "together_ai", "auto_router")
OLLAMA = ("ollama", "ollama_chat")
OWN_KEYS = "os.environ/DREAM_"
NEVER_COOLED = ("gemini", *OLLAMA)
WAITS = ("timeout", "stream_timeout")
NUMBERS = (*WAITS, "rpm", "tpm", "weight")


def unknown_provider(view: View) -> Iterator[str]:
    """LiteLLM drops such a deployment and starts; a bare gemini-* goes to Vertex AI."""
    for one in view.deployments:
        if prefix(one) not in PREFIXES:
            yield f"{label(one)}: {params(one).get('model')!r} begins with no provider that LiteLLM knows"


def wrong_base(view: View) -> Iterator[str]:
    """LiteLLM appends the rest of the path itself, /v1 included for Anthropic and Ollama and not for the others."""
    for one in view.deployments:
        base = str(params(one).get("api_base") or "").rstrip("/")
        bare = urlsplit(base).path == ""
        if prefix(one) in ("anthropic", *OLLAMA) and base.endswith("/v1"):
            yield f"{label(one)}: {base} must not end in /v1"
        if prefix(one) in ("openai", "hosted_vllm") and base and (bare or (is_local(one) and not base.endswith("/v1"))):
            yield f"{label(one)}: {base} must end in /v1"


def no_base(view: View) -> Iterator[str]:
    """Without an address LiteLLM starts `ollama serve` in its own container."""
    for one in view.deployments:
        if "ollama" in str(params(one).get("model")) and not params(one).get("api_base"):
            yield f"{label(one)}: an Ollama model without api_base"


def foreign_key(view: View) -> Iterator[str]:
    """A key under the provider's usual name would be used by LiteLLM's pass-through routes, past policy and budget."""
    for one in view.deployments:
        key = str(params(one).get("api_key", OWN_KEYS))
        if not key.startswith(OWN_KEYS):
            yield f"{label(one)}: the key is not read from a variable DREAM_*"


def in_the_cloud(view: View) -> Iterator[str]:
    """Local mode has no cloud deployment, no provider's key, and no Ollama tag that leaves the machine."""
    if view.mode != "local":
        return
    for one in view.deployments:
        tag = str(params(one).get("model"))
        if not is_local(one) or tag.endswith(("-cloud", ":cloud")):
            yield f"{label(one)}: a cloud deployment in local mode"
        if params(one).get("api_key", f"os.environ/{VLLM_KEY}") != f"os.environ/{VLLM_KEY}":
            yield f"{label(one)}: a provider's key in local mode"


def same_id(view: View) -> Iterator[str]:
    """LiteLLM accepts it and mixes up cool-downs, limits and the log."""
    seen: set[str] = set()
    for identity in (str(info(one).get("id")) for one in view.deployments):
        if identity in seen:
            yield f"{identity}: two deployments have this id"
        seen.add(identity)
        if identity in view.callable:
            yield f"{identity}: the id is also the name of a model or group"


def bridged(view: View) -> Iterator[str]:
    """LiteLLM bridges /v1/messages to /v1/responses for openai/ deployments, and counts them as OpenAI's."""
    for one in view.deployments:
        if is_local(one) and prefix(one) == "openai":
            yield f"{label(one)}: a local server must be hosted_vllm/"


def no_timeout(view: View) -> Iterator[str]:
    """LiteLLM waits 6,000 seconds by default."""
    for one in view.deployments:
        missing = [key for key in WAITS if not params(one).get(key)]
        if missing:
            yield f"{label(one)}: no {' and no '.join(missing)}"
    if not view.router.get("timeout"):
        yield "router_settings: no timeout"


def half_a_price(view: View) -> Iterator[str]:
    """Together's own prices are ignored, and one direction without the other makes the other free."""
    for one in view.deployments:
        for place in (params(one), info(one)):
            given = [key for key in COSTS[:2] if key in place]
            if len(given) == 1:
                yield f"{label(one)}: {given[0]} alone"
        if any(key in {**params(one), **info(one)} for key in COSTS[:2]) and prefix(one) == "together_ai":
            yield f"{label(one)}: LiteLLM ignores prices of together_ai/"


def other_window(view: View) -> Iterator[str]:
    """Ollama cuts prompts off silently at num_ctx."""
    for one in view.deployments:
        asked, stated = params(one).get("num_ctx"), info(one).get("max_input_tokens")
        if asked is not None and stated is not None and stated > asked:
            yield f"{label(one)}: {stated} tokens are let in, the server reads {asked}"


def wrong_number(view: View) -> Iterator[str]:
    """LiteLLM takes anything and fails later."""
    for one in view.deployments:
        numbers = [(key, params(one).get(key, 0)) for key in NUMBERS]
        numbers += [(key, place[key]) for place in (params(one), info(one)) for key in COSTS if key in place]
        for key, given in numbers:
            if isinstance(given, bool) or not isinstance(given, (int, float)) or given < 0:
                yield f"{label(one)}: {key} is {given!r}"
    cooldown = view.router.get("cooldown_time", 0)
    if not isinstance(cooldown, (int, float)) or cooldown < 0:
        yield f"router_settings: cooldown_time is {cooldown!r}"


def refused_again(view: View) -> Iterator[str]:
    """These are never cooled down when they refuse the connection; with retries every request would wait for them."""
    for one in view.deployments:
        if prefix(one) in NEVER_COOLED and (view.router.get("num_retries") or params(one).get("num_retries")):
            yield f"{label(one)}: retried although LiteLLM never cools it down"


def budget_without_period(view: View) -> Iterator[str]:
    """Neither is enforced without the other."""
    for one in view.deployments:
        if ("max_budget" in params(one)) != ("budget_duration" in params(one)):
            yield f"{label(one)}: max_budget and budget_duration go together"


LINTS: tuple[tuple[str, Callable[[View], Iterator[str]]], ...] = (
    ("E03", unknown_provider),
    ("E04", wrong_base),
    ("E05", no_base),
    ("E18", foreign_key),
    ("E10", in_the_cloud),
    ("E13", same_id),
    ("E19", bridged),
    ("E15", wrong_number),
    ("E09", budget_without_period),
    ("W05", refused_again),
    ("W06", no_timeout),
    ("W07", half_a_price),
    ("W13", other_window),
)
