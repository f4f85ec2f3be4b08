"""`gateway:`, `images:`, `data:`, `usage:` — how the stack is run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from dreamc.document.scalars import SecretRef, Size
from dreamc.spec.base import Spec, Whole

Version = Annotated[str, StringConstraints(pattern=r"^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9._-]{0,127})$")]
"""An image version or digest; `latest` and other moving tags are refused by a check."""


class GatewayRedis(Spec):
    """Redis that several gateways share."""

    memory: Size | None = Field(default=None, description="Memory limit, such as `512 MiB`. Default: from the table.")


class Gateway(Spec):
    """The LiteLLM proxy that clients talk to."""

    hosts: tuple[str, ...] = Field(default=(), description="Hosts that run it. Default: the first host.")
    replicas: Whole = Field(default=1, ge=1, le=16, description="Proxies per host.")
    port: Whole = Field(default=4000, ge=1024, le=65535, description="TCP port on the host.")
    bind: str = Field(
        default="127.0.0.1",
        pattern=r"^[0-9A-Fa-f.:]+$",
        description="Address that the gateway and the web UI listen on. Beyond loopback, put TLS in front.",
    )
    key: SecretRef | None = Field(
        default=None, description="Reference to the key that clients present. Default: `env://GATEWAY_KEY`."
    )
    redis: GatewayRedis | None = Field(default=None, description="Share cool-downs and budgets over all gateways.")


class Images(Spec):
    """Versions of the container images. What is not named has the version of the image table."""

    registry: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]+)?$",
        description="Private registry that holds copies of all images, such as `registry.example.com/mirror`.",
    )
    litellm: Version | None = Field(default=None, description="The gateway.")
    vllm: Version | None = Field(default=None, description="vLLM, such as `0.33.0`; sizing and options follow it.")
    ollama: Version | None = Field(default=None, description="Ollama.")
    open_webui: Version | None = Field(default=None, alias="open-webui", description="Open WebUI.")
    qdrant: Version | None = Field(default=None, description="Qdrant.")
    whisper: Version | None = Field(default=None, description="Speech to text.")
    tts: Version | None = Field(default=None, description="Text to speech.")
    redis: Version | None = Field(default=None, description="Redis.")
    searxng: Version | None = Field(default=None, description="SearXNG.")
    n8n: Version | None = Field(default=None, description="n8n.")
    node: Version | None = Field(default=None, description="Node.js, for mcp-memory.")
    python: Version | None = Field(default=None, description="Python, for mcp-whitelist-manager.")
    socat: Version | None = Field(
        default=None, description="The relay through which a gateway in local mode reaches other hosts."
    )


class Data(Spec):
    """Where conversations, vectors and weights live on the hosts. The same in every mode."""

    root: str = Field(
        default="/opt/dream",
        pattern=r"^/[A-Za-z0-9._/-]+$",
        description="Absolute directory on the host; `data/` and `models/` are below it.",
    )


class Usage(Spec):
    """What is written down about requests."""

    log: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        description="File name of the usage log, one JSON line per request, without prompt text.",
    )
