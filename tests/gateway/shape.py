"""A LiteLLM configuration in the shape that the compiler writes, by hand and without a plug-in."""

from __future__ import annotations

from typing import Any

from dreamc.gateway.reach import Config

CHAINS = {
    "code": ("quality@local", "fast@local", "claude@anthropic"),
    "cheap": ("gemini@google", "gpt@openai"),
    "qwen2.5-coder:3b": ("fast@local", "llama@together"),
    "tier:local_fast": ("fast@local", "quality@local"),
    "search": ("embed@local", "small@local"),
}


# A deployment may fail once; it is rested from its second failure on.
RESTING = {"allowed_fails": 1, "cooldown_time": 30}


def config(**cooldowns: object) -> Config:
    """Six providers, five groups, names with dots and colons; addresses are those of a compose network.

    Without RESTING no member is ever rested, so that a test leaves nothing behind for the next one.
    """
    return {
        "model_list": [
            _deployment("fast@local", "ollama_chat/qwen2.5-coder:3b", "http://ollama:11434", num_ctx=8192),
            _deployment("quality@local", "hosted_vllm/quality", "http://vllm-quality:8000/v1"),
            _deployment("gpt@openai", "openai/gpt-5.4", "", api_key="os.environ/DREAM_OPENAI_API_KEY"),
            _deployment(
                "claude@anthropic", "anthropic/claude-sonnet-5-5", "", api_key="os.environ/DREAM_ANTHROPIC_KEY"
            ),
            _deployment("gemini@google", "gemini/gemini-3.8-flash", "", api_key="os.environ/DREAM_GOOGLE_KEY"),
            _deployment("llama@together", "together_ai/meta-llama/Llama-3.3-70B", "", api_key="os.environ/DREAM_T_KEY"),
            _deployment("embed@local", "hosted_vllm/bge-m3", "http://vllm-embed:8000/v1", mode="embedding"),
            _deployment("small@local", "ollama/nomic-embed-text", "http://ollama:11434", mode="embedding"),
        ],
        "router_settings": {
            "num_retries": 0,
            "timeout": 20,
            **(cooldowns or {"disable_cooldowns": True}),
            "routing_groups": [_group(name, members) for name, members in CHAINS.items()],
        },
        "litellm_settings": {"disable_hf_tokenizer_download": True, "drop_params": True},
        "general_settings": {"master_key": "os.environ/DREAM_GATEWAY_KEY"},
    }


def _deployment(name: str, model: str, api_base: str, mode: str = "", **params: object) -> dict[str, Any]:
    member, _, place = name.partition("@")
    info = {"id": f"{member}@{'desk' if place == 'local' else place}.0", "dream_member": member}
    info["dream_location"] = "local" if place == "local" else "cloud"
    address = {"api_base": api_base} if api_base else {}
    return {
        "model_name": name,
        "litellm_params": {"model": model, **address, **params},
        "model_info": info | ({"mode": mode} if mode else {}),
    }


def _group(name: str, members: tuple[str, ...]) -> dict[str, Any]:
    order = {member: place for place, member in enumerate(members, 1)}
    return {"group_name": name, "models": list(members), "routing_strategy": "priority", "model_priorities": order}
