"""The graphics cards of a host as users write them: 'rtx-4070', '2 x h200', a mapping, or a list of these."""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import Struct
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from dreamc.document.mistake import mistake
from dreamc.document.quantities import SomeSize

_EXPECTED = "a card such as rtx-4070, or several such as 2 x h200"
_LARGEST = 9999
_MANY = re.compile(r"([0-9]+) *(?:[xX×*] *| )([^ ].*)")
_AFTER = re.compile(r"([A-Za-z0-9].*?) *(?: [xX×*]|[×*]) *([0-9]{1,4})")
_MODEL = r"[A-Za-z0-9][A-Za-z0-9.+_ -]{0,79}"

_VERSION = r"[0-9]{1,2}\.[0-9]"


def _capability(value: object) -> object:
    # 8.9 without quotes is a number to YAML, and what everyone writes.
    text = str(value) if isinstance(value, float) else value
    if isinstance(text, str) and re.fullmatch(_VERSION, text):
        return text
    raise mistake("DRM110", value, "a compute capability such as '8.9'")


_Capability = Annotated[
    str,
    BeforeValidator(_capability),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_VERSION}$"}]}),
]


class GpuEntry(BaseModel):
    """The long form of one entry of `gpus`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    model: str = Field(pattern=f"^{_MODEL}$", description="Name of the card, such as `rtx-4070`.")
    count: int = Field(default=1, ge=1, le=_LARGEST, strict=True, description="How many of them.")
    memory: SomeSize | None = Field(
        default=None, description="Memory of one card as nvidia-smi shows it, such as `11.6 GiB`. Default: the table's."
    )
    capability: _Capability | None = Field(
        default=None, description="CUDA compute capability, such as `8.9`. Default: the table's."
    )


class GpuRequest(Struct, frozen=True):
    """`count` cards of one `model`; `memory` (bytes) and compute `capability` where the user knows better."""

    count: int
    model: str
    memory: int | None = None
    capability: str | None = None

    def __str__(self) -> str:
        return self.model if self.count == 1 else f"{self.count} x {self.model}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.no_info_before_validator_function(_long_form, handler.generate_schema(GpuEntry))
        return core_schema.no_info_after_validator_function(
            _request, written, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {
            "type": "string",
            "pattern": rf"^([0-9]{{1,4}} *[xX×*]? *)?{_MODEL}$",
            "examples": ["rtx-4070", "2 x h200"],
        }
        return {"anyOf": [text, handler(schema)]}


def _long_form(value: object) -> object:
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, GpuRequest):
        memory = None if value.memory is None else f"{value.memory} B"
        return {"count": value.count, "model": value.model, "memory": memory, "capability": value.capability}
    if not isinstance(value, dict):
        raise mistake("DRM114", value, _EXPECTED)
    return value


def _from_text(text: str) -> dict[str, object]:
    many = _MANY.fullmatch(text)
    if many and len(many[1].lstrip("0")) > len(str(_LARGEST)):
        raise mistake("DRM107", text, f"at most {_LARGEST} cards")
    count, model = (int(many[1]), many[2]) if many else (1, text)
    if count < 1:
        raise mistake("DRM114", text, "at least one card", "leave out `gpus` for a host without any")
    if not many and (after := _AFTER.fullmatch(text)):
        raise mistake("DRM114", text, _EXPECTED, f"write {after[2]} x {after[1].strip()}")
    if re.fullmatch(_MODEL, model) is None:
        raise mistake("DRM114", text, _EXPECTED, _as_list(text))
    return {"count": count, "model": model}


def _as_list(text: str) -> str:
    cards = [part.strip() for part in re.split(r"[,+;&]", text)]
    return f"write [{', '.join(cards)}]" if len(cards) > 1 and all(cards) else ""


def _request(entry: GpuEntry) -> GpuRequest:
    return GpuRequest(entry.count, entry.model, entry.memory, entry.capability)


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _one_or_many(schema: dict[str, Any]) -> None:
    one = schema.pop("items")
    schema.pop("type")
    schema["anyOf"] = [one, {"type": "array", "items": one}]


Gpus = Annotated[tuple[GpuRequest, ...], BeforeValidator(_as_tuple), Field(json_schema_extra=_one_or_many)]
