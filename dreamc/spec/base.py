"""What every part of the dream.yaml model shares: strict keys, frozen values, names."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Spec(BaseModel):
    """A mapping of dream.yaml: unknown keys are errors and the value never changes after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, defer_build=True)


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
"""A model, chain or capability: what clients type. `@` is reserved for deployments (`model@host`)."""

Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")]
"""A stack, host or provider: part of file names, DNS names and container names."""

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""A tier or a kind of action."""
