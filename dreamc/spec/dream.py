"""The root of dream.yaml."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dreamc.document.scalars import mistake
from dreamc.spec.base import Label, Name, Spec
from dreamc.spec.costs import Costs
from dreamc.spec.hardware import Host
from dreamc.spec.models import Model
from dreamc.spec.operation import Data, Gateway, Images, Usage
from dreamc.spec.providers import Provider
from dreamc.spec.routing import Budget, Capability, Fallbacks, Mode, Routing, Test, Whitelist
from dreamc.spec.services import Services


def _is_whole(value: object) -> object:
    """Python takes True and 1.0 for 1; a file does not mean that."""
    if isinstance(value, bool | float) or value == "1":
        raise mistake("DRM105", value, "1", "write 1 without quotes" if value == "1" else "")
    return value


Version = Annotated[Literal[1], BeforeValidator(_is_whole)]


class Dream(Spec):
    """One stack: hardware, models, clouds, and the policy that joins them."""

    dream: Version = Field(description="Version of this language. Always 1.")
    name: Label = Field(description="Name of the stack; the compose project is named after it.")
    profile: str | None = Field(
        default=None,
        description="Profile merged underneath this file: `conservative`, `balanced`, `performance`, or a path.",
    )
    mode: Mode = Field(default="hybrid", description="Mode in which a new host starts.")
    hardware: dict[Label, Host] = Field(min_length=1, description="Machines, by name.")
    models: dict[Name, Model] = Field(default={}, description="Models on the own GPUs, by name.")
    providers: dict[Label, Provider] = Field(default={}, description="Clouds, by name.")
    fallbacks: Fallbacks = Field(
        default=Fallbacks(), description="Chains: which model answers when another does not, and when."
    )
    capabilities: dict[Name, Capability] = Field(default={}, description="Skills that clients may ask for by name.")
    routing: Routing = Field(default=Routing(), description="How a tier is chosen for requests of a routed chain.")
    budget: Budget = Field(default=Budget(), description="Limits on what the clouds may cost.")
    whitelist: Whitelist | None = Field(default=None, description="What may leave the machine.")
    services: Services = Field(default=Services(), description="What runs beside the models.")
    gateway: Gateway = Field(default=Gateway(), description="The proxy that clients talk to.")
    images: Images = Field(default=Images(), description="Versions and registry of the container images.")
    data: Data = Field(default=Data(), description="Where data and weights live on the hosts.")
    usage: Usage = Field(default=Usage(), description="The log of requests.")
    costs: Costs | None = Field(
        default=None,
        description="What machines and electricity cost and which traffic is expected; `dreamc cost` reads it.",
    )
    tests: tuple[Test, ...] = Field(default=(), description="Requests and the routes they must take.")
