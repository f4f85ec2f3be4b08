"""What every part of the dream.yaml model shares: strict keys and scalars, frozen values, names.

The modules of this room keep their annotations as values: pydantic would evaluate each of them again at start-up.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Strict, WithJsonSchema

from dreamc.document.core_schema import plain_scalar
from dreamc.document.scalars import Duration, mistake, wrong


class Spec(BaseModel):
    """A mapping of dream.yaml: unknown keys are errors and the value never changes after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, defer_build=True)


def _unquoted(value: object) -> object:
    """Inside { } a `${NAME}` must stand between quotes; what it stands for is meant without them."""
    if isinstance(value, str) and _SCALAR.fullmatch(value):
        return plain_scalar(value)
    return value


_SCALAR = re.compile(r"true|false|[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_UNQUOTED = BeforeValidator(_unquoted)

Switch = Annotated[bool, Strict(), _UNQUOTED]
"""true or false; `yes` and 1 are neither in YAML 1.2."""

Whole = Annotated[int, Strict(), _UNQUOTED]
"""A whole number; neither true nor 1.0."""

Number = Annotated[float, Strict(), _UNQUOTED]
"""A number, whole or not."""


def _some_time(seconds: float) -> float:
    if seconds <= 0:
        raise wrong("DRM107", "expected more than 0s", "no time at all", "write 30s")
    return seconds


Wait = Annotated[Duration, AfterValidator(_some_time)]
"""A duration in seconds that is not nothing."""


def _matching(pattern: str, expected: str, mend: Callable[[str], str]) -> tuple[AfterValidator, WithJsonSchema]:
    """Text that `pattern` matches, described as `expected`; `mend` gives the text that was probably meant, or ''."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value):
            return value
        mended = mend(value)
        help_ = f"write {mended}" if mended and compiled.fullmatch(mended) else ""
        raise mistake("DRM110", value, expected, help_)

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _dashed(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._:/-]+", "-", text).strip("-")


_NAME = _matching(
    r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}", "a name of letters, digits and . _ : / - (at most 100)", _dashed
)
Name = Annotated[str, *_NAME]
"""A model, chain or capability: what clients type. `@` is reserved for deployments (`model@host`)."""

_LABEL = _matching(
    r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?",
    "a name of small letters, digits, - and _ (at most 63)",
    lambda text: _dashed(text).lower().replace(".", "-").replace("/", "-").replace(":", "-"),
)
Label = Annotated[str, *_LABEL]
"""A stack, host or provider: part of file names, DNS names and container names."""

_WORD = _matching(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}",
    "a word of letters, digits and _ . - (at most 100)",
    lambda text: _dashed(text).replace(":", "-").replace("/", "-"),
)
Word = Annotated[str, *_WORD]
"""A tier or a kind of action."""

_DOMAIN = _matching(
    r"(?!-)(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*",
    "a host name such as api.example.com, without scheme, port, path and *",
    lambda text: text.rpartition("://")[2].partition("/")[0].partition(":")[0].removeprefix("*.").strip("."),
)
Domain = Annotated[str, *_DOMAIN]
"""A host name, which stands for its subdomains too."""

_MCP_NAME = _matching(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "the name of an MCP server: letters, digits and . _ - (at most 63)", _dashed
)
McpName = Annotated[str, *_MCP_NAME]
"""An MCP server, as agents call it."""

_MCP_LABEL = _matching(
    r"[a-z0-9][a-z0-9_]{0,62}",
    "a name of small letters, digits and _ (at most 63): LiteLLM puts `-` between a server and its tools",
    lambda text: _dashed(text).lower().replace("-", "_").replace(".", "_"),
)
McpLabel = Annotated[str, *_MCP_LABEL]
"""An MCP server that the gateway offers."""

_TOOL = _matching(r"[A-Za-z0-9_./-]{1,128}", "the name of a tool: letters, digits and _ . / -", _dashed)
Tool = Annotated[str, *_TOOL]
"""A tool of an MCP server, as the server names it."""

_OWN_CHECK = "[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*"
ANSWER_CHECKS = (
    *("not_empty", "not_refused", "valid_json", "parses_as_code"),
    *("complete", "not_repetitive", "not_hedging"),
)
_ANSWER_CHECK, _ = _matching(
    f"({'|'.join(ANSWER_CHECKS)}|{_OWN_CHECK})",
    f"{', '.join(ANSWER_CHECKS)}, or package.module:function",
    lambda text: next(iter(get_close_matches(text, ANSWER_CHECKS, 1)), ""),
)
_CHECK_SCHEMA = {"anyOf": [{"enum": [*ANSWER_CHECKS]}, {"type": "string", "pattern": f"^{_OWN_CHECK}$"}]}
AnswerCheck = Annotated[str, _ANSWER_CHECK, WithJsonSchema(_CHECK_SCHEMA)]
"""A check of answers by name, or a function of the user's own by import path."""

_ADDRESS = _matching(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[^\s?#@]*)?",
    "an address such as https://api.example.com/v1",
    lambda text: f"https://{text}" if "://" not in text else re.sub("//[^/@]*@", "//", text),
)
Address = Annotated[str, *_ADDRESS]
"""Where an API is; without a user, a query or a fragment."""

_SOURCE = _matching(
    r"(ollama:[^\s@]+|hf:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(@[A-Za-z0-9._-]+)?)",
    "hf:ORG/REPO, hf:ORG/REPO@REVISION or ollama:TAG",
    lambda text: _origin(text.rpartition("://")[2]),
)
Origin = Annotated[str, *_SOURCE]
"""Where weights come from."""


def _origin(text: str) -> str:
    """A page of Hugging Face or Ollama, or a name without its scheme, as a source."""
    if text.startswith(("huggingface.co/", "hf.co/")):
        return "hf:" + "/".join(text.split("/")[1:3])
    if text.startswith("ollama.com/"):
        return "ollama:" + text.removeprefix("ollama.com/").removeprefix("library/")
    return f"{'hf' if '/' in text else 'ollama'}:{text}"


_BIND = _matching(
    r"[0-9A-Fa-f.:]+",
    "an IP address such as 127.0.0.1",
    lambda text: {"localhost": "127.0.0.1", "*": "0.0.0.0"}.get(text, ""),  # noqa: S104 - a suggestion
)
Bind = Annotated[str, *_BIND]
"""An IP address to listen on; whether it is one is looked at later."""

_PEER = _matching(
    r"[A-Za-z0-9.:_-]+",
    "a host name or an IP address, without scheme and path",
    lambda text: text.rpartition("://")[2].partition("/")[0],
)
Peer = Annotated[str, *_PEER]
"""A host as others reach it."""

_REGISTRY = _matching(
    r"[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]+)?",
    "a registry such as registry.example.com/mirror, without https://",
    lambda text: text.rpartition("://")[2].rstrip("/"),
)
Registry = Annotated[str, *_REGISTRY]
"""A registry of container images."""

_VERSION = _matching(
    r"(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9._-]{0,127})",
    "a version such as 1.2.3 or a digest sha256:…, without the image's name",
    lambda text: text.rpartition("@")[2] if "@" in text else text.rpartition(":")[2],
)
Version = Annotated[str, *_VERSION]
"""An image version or digest; `latest` and other moving tags are refused by a check."""

_FOLDER = _matching(
    r"/[A-Za-z0-9._/-]+",
    "an absolute path of letters, digits and . _ - /",
    lambda text: re.sub(r"[^A-Za-z0-9._/-]+", "-", text) if text.startswith("/") else "",
)
Folder = Annotated[str, *_FOLDER]
"""A directory on the hosts."""

_FILE = _matching(
    r"[A-Za-z0-9_-][A-Za-z0-9._-]*",
    "a file name without a directory, such as usage.jsonl",
    lambda text: text.rpartition("/")[2],
)
FileName = Annotated[str, *_FILE]
"""A file in a directory that the compiler chooses."""
