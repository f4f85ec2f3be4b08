"""`gateway:`, `images:`, `data:`, `usage:` — how the stack is run."""

from collections.abc import Iterator

from pydantic import Field

from dreamc.document.scalars import Duration, SecretRef, Size
from dreamc.spec.base import Address, Bind, FileName, Folder, McpLabel, Registry, Spec, Switch, Tool, Version, Whole


class GatewayRedis(Spec):
    """Redis that several gateways share."""

    memory: Size | None = Field(default=None, description="Memory limit, such as `512 MiB`. Default: from the table.")


class McpServer(Spec):
    """An MCP server elsewhere that the gateway offers at /mcp; not in local mode."""

    url: Address = Field(description="Where it is, streamable HTTP, such as `https://mcp.example.com/mcp`.")
    key: SecretRef | None = Field(
        default=None, description="Reference to the bearer token that the gateway presents to it."
    )
    allowed_tools: tuple[Tool, ...] = Field(default=(), description="The only tools that are offered. Default: all.")
    disallowed_tools: tuple[Tool, ...] = Field(default=(), description="Tools that are not offered.")


class Gateway(Spec):
    """The LiteLLM proxy that clients talk to."""

    hosts: tuple[str, ...] = Field(default=(), description="Hosts that run it. Default: the first host.")
    replicas: Whole = Field(default=1, ge=1, le=16, description="Proxies per host.")
    port: Whole = Field(default=4000, ge=1024, le=65535, description="TCP port on the host.")
    bind: Bind = Field(
        default="127.0.0.1",
        description="Address that the gateway and the web UI listen on. Beyond loopback, put TLS in front.",
    )
    key: SecretRef | None = Field(
        default=None, description="Reference to the key that clients present. Default: `env://GATEWAY_KEY`."
    )
    redis: GatewayRedis | None = Field(default=None, description="Share cool-downs and budgets over all gateways.")
    mcp_servers: dict[McpLabel, McpServer] = Field(
        default={},
        description="MCP servers elsewhere that it offers at /mcp, beside those under `services`: as `memory` and as "
        "`whitelist`. With a whitelist, only those under its `mcp_servers`.",
    )


class Images(Spec):
    """Versions of the container images. What is not named has the version of the image table."""

    registry: Registry | None = Field(
        default=None,
        description="Private registry that holds copies of all images, such as `registry.example.com/mirror`.",
    )
    litellm: Version | None = Field(default=None, description="The gateway, and mcp-whitelist-manager.")
    vllm: Version | None = Field(default=None, description="vLLM, such as `0.33.0`; sizing and options follow it.")
    ollama: Version | None = Field(default=None, description="Ollama.")
    open_webui: Version | None = Field(default=None, alias="open-webui", description="Open WebUI.")
    qdrant: Version | None = Field(default=None, description="Qdrant.")
    whisper: Version | None = Field(default=None, description="Speech to text on the CPU.")
    whisper_cuda: Version | None = Field(default=None, alias="whisper-cuda", description="Speech to text on a GPU.")
    kokoro: Version | None = Field(default=None, description="Text to speech, for tts.")
    redis: Version | None = Field(default=None, description="Redis.")
    searxng: Version | None = Field(default=None, description="SearXNG.")
    n8n: Version | None = Field(default=None, description="n8n.")
    node: Version | None = Field(default=None, description="Node.js, for mcp-memory.")
    socat: Version | None = Field(
        default=None, description="Doors and relays, through which ports are published and reached in local mode."
    )

    def pins(self) -> Iterator[tuple[str, str]]:
        """Every version of the file, by the name that it is written under."""
        for name, field in type(self).model_fields.items():
            if name != "registry" and (pin := getattr(self, name)) is not None:
                yield field.alias or name, pin


class Data(Spec):
    """Where conversations, vectors and weights live on the hosts. The same in every mode."""

    root: Folder = Field(
        default="/opt/dream",
        description="Absolute directory on the host; `data/` and `models/` are below it.",
    )


class Rotation(Spec):
    """When the usage log is put aside under the name of the moment, and a new one begun."""

    size: Size = Field(default=67_108_864, ge=4096, description="At this size. Default: `64 MiB`.")
    age: Duration = Field(default=2_592_000.0, ge=60, description="When its first line is this old. Default: `30d`.")


class Usage(Spec):
    """What is written down about requests."""

    log: FileName | None = Field(
        default=None,
        description="File name of the usage log, one JSON line per call, without prompt text.",
    )
    rotate: Rotation = Field(default=Rotation(), description="When the log is put aside.")
    keep: Whole = Field(default=12, ge=1, le=1000, description="Logs put aside that are kept; older ones are deleted.")
    prompts: Switch = Field(default=False, description="`true`: the last message of every request stands in the log.")
