"""`services:` — what runs beside the models."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from dreamc.document.scalars import Size
from dreamc.spec.base import Spec, Switch, Tool, Whole


class Service(Spec):
    """What every service has."""

    host: str | None = Field(default=None, description="Host to run on. Default: the gateway's first host.")
    memory: Size | None = Field(default=None, description="Memory limit, such as `2 GiB`. Default: from the table.")


class Published(Service):
    """A service that people open in a browser."""

    port: Whole | None = Field(
        default=None, ge=1024, le=65535, description="TCP port on the host. Default: see the service."
    )


class OpenWebui(Published):
    """Chat in the browser."""

    auth: Switch = Field(default=True, description="Whether people have to sign in.")


class Whisper(Service):
    """Speech to text."""

    model: Literal["tiny", "base", "small", "medium", "large-v3", "large-v3-turbo"] = Field(
        default="base", description="Whisper model."
    )


class Tts(Service):
    """Text to speech."""

    voice: str | None = Field(default=None, description="Default voice.")


class McpService(Service):
    """An MCP server, which the gateway beside it also offers at /mcp, under the key of the gateway."""

    allowed_tools: tuple[Tool, ...] = Field(
        default=(), description="The only tools that the gateway offers of it. Default: all, or the table's."
    )
    disallowed_tools: tuple[Tool, ...] = Field(default=(), description="Tools that the gateway does not offer.")


class WhitelistManager(McpService):
    """The server that agents ask. What changes the whitelist is another, for people."""

    admin_port: Whole | None = Field(
        default=None,
        ge=1024,
        le=65535,
        description="TCP port on loopback of the host where people edit the whitelist, over MCP and with a key of its "
        "own (`DREAM_WHITELIST_ADMIN_KEY`). Default: no such server runs.",
    )


class Services(Spec):
    """Everything that can run beside the models. `redis:` without more is `redis: {}`."""

    @model_validator(mode="before")
    @classmethod
    def _bare_means_defaults(cls, value: Any) -> Any:
        return {key: {} if one is None else one for key, one in value.items()} if isinstance(value, dict) else value

    open_webui: OpenWebui | None = Field(
        default=None, alias="open-webui", description="Open WebUI: chat in the browser."
    )
    qdrant: Service | None = Field(default=None, description="Qdrant: vector database.")
    whisper: Whisper | None = Field(default=None, description="Speech to text on the CPU.")
    tts: Tts | None = Field(default=None, description="Text to speech on the CPU.")
    redis: Service | None = Field(default=None, description="Redis: cache and shared state of several gateways.")
    searxng: Service | None = Field(default=None, description="SearXNG: web search; not in local mode.")
    mcp_memory: McpService | None = Field(default=None, alias="mcp-memory", description="MCP server that remembers.")
    mcp_whitelist_manager: WhitelistManager | None = Field(
        default=None, alias="mcp-whitelist-manager", description="MCP server through which agents ask the whitelist."
    )
    n8n: Published | None = Field(
        default=None, description="n8n: workflows. Its page is published, on loopback, only where `port:` is given."
    )

    def given(self) -> Iterator[tuple[str, Service]]:
        """Every service of the file, by the name that it is written under."""
        for name, field in type(self).model_fields.items():
            if (service := getattr(self, name)) is not None:
                yield field.alias or name, service
