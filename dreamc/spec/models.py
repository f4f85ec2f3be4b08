"""`models:` — what is served on the user's own GPUs."""

from typing import Literal

from pydantic import Field

from dreamc.document.scalars import Duration, Size, SomeSize, TokenRange
from dreamc.spec.base import Origin, Spec, Switch, Wait, Whole, Word

Ability = Literal["tools", "vision", "json", "reasoning"]
EngineArg = bool | int | float | str | tuple[str, ...] | None


class Model(Spec):
    """One model that runs on a host of this file."""

    source: Origin = Field(
        description="Where the weights come from: `hf:ORG/REPO` or `hf:ORG/REPO@REVISION` (Hugging Face), "
        "`ollama:TAG` (Ollama library).",
    )
    engine: Literal["vllm", "ollama"] | None = Field(
        default=None, description="What serves it. Default: `ollama` for an ollama source, `vllm` for an hf source."
    )
    enabled: Switch = Field(default=True, description="`false` keeps the entry in the file but serves nothing.")
    host: str | None = Field(default=None, description="Host to run on. Default: placed by the compiler.")
    gpu: Whole | tuple[Whole, ...] | None = Field(
        default=None,
        description="GPU index, or several, counted from 0 in the order of the host's `gpus`. Default: placed by the "
        "compiler.",
    )
    gpus: Whole | None = Field(
        default=None, ge=1, le=64, description="GPUs per replica (tensor parallel size). Default: the fewest that fit."
    )
    port: Whole | None = Field(
        default=None, ge=1024, le=65535, description="TCP port of the server on its host. Default: 8001 and up."
    )
    context: TokenRange | None = Field(
        default=None,
        description="Context window: `16k`, or at least and at most, `4k..16k`; the compiler takes the largest that "
        "fits. Default: what fits, up to the model's own limit.",
    )
    concurrency: Whole | None = Field(
        default=None, ge=1, le=4096, description="Requests served at the same time. Default: 8 (vLLM), 1 (Ollama)."
    )
    replicas: Whole = Field(
        default=1, ge=1, le=256, description="Copies of the server, placed on different machines where possible."
    )
    tier: Word | None = Field(default=None, description="Tier of `routing.tiers` that this model belongs to.")
    task: Literal["generate", "embed"] = Field(
        default="generate", description="`generate` answers chats; `embed` turns text into vectors."
    )
    quantization: str | None = Field(
        default=None, description="Quantisation method handed to vLLM. Default: what the checkpoint says."
    )
    dtype: Literal["auto", "half", "float16", "bfloat16", "float32"] = Field(
        default="auto", description="Number format of weights and activations. `auto` is right for the card."
    )
    kv_cache_dtype: Literal["auto", "fp8", "fp8_e4m3", "fp8_e5m2", "int8_per_token_head", "f16", "q8_0", "q4_0"] = (
        Field(
            default="auto",
            description="Number format of the KV cache. vLLM: `fp8`, `int8_per_token_head`; Ollama: `f16`, `q8_0`, "
            "`q4_0`.",
        )
    )
    abilities: tuple[Ability, ...] | None = Field(
        default=None, description="What the model can do beyond plain chat. Default: from the model tables."
    )
    timeout: Wait | None = Field(default=None, description="Longest wait for this model. Default: `fallbacks.timeout`.")
    keep_alive: Duration | None = Field(
        default=None, description="Ollama only: how long an unused model stays in GPU memory. Default: for ever."
    )
    engine_args: dict[str, EngineArg] = Field(
        default={},
        description="Further vLLM options by name without dashes in front, such as `enable-prefix-caching: true`; "
        "checked against the options of the pinned vLLM.",
    )
    config: str | None = Field(
        default=None,
        min_length=1,
        description="Path of the model's config.json, beside this file; for a model that the tables do not know.",
    )
    weights: SomeSize | None = Field(
        default=None,
        description="Size of the GGUF file, such as `4.7 GiB`; for an Ollama tag that the tables do not know.",
    )
    offload: Size | None = Field(
        default=None,
        description="vLLM only: how much of the weights may stay in main memory, per GPU, such as `8 GiB`. The last "
        "thing that is traded, because every token then waits for them. Default: nothing.",
    )
    description: str | None = Field(default=None, description="One line for people; copied to the catalogue.")
