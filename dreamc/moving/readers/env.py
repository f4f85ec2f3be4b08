"""`.env` files: names of keys become references, switches become settings, the rest fills in other files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dreamc.diagnostics.types import Path
from dreamc.knowledge.providers import provider, provider_kinds, secret_in
from dreamc.moving import words
from dreamc.moving.draft import Draft
from dreamc.moving.notes import Notes
from dreamc.moving.scalars import mapping, number, switch, text

SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|SALT|DATABASE_URL|DSN", re.IGNORECASE)
GATEWAY = ("LITELLM_MASTER_KEY", "LITELLM_KEY", "MASTER_KEY", "GATEWAY_KEY", "DREAM_GATEWAY_KEY")
HUB = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
UNREAD = "no other file reads it"


def read(notes: Notes, draft: Draft) -> None:
    """Every variable of the file."""
    variables(notes, draft, mapping(notes.given.value), ())


def variables(notes: Notes, draft: Draft, values: Mapping[str, object], under: Path) -> None:
    """Variables by name; a value that may be a secret is not looked at further."""
    for name, value in values.items():
        at = (*under, name)
        if not variable(notes, draft, at, name, text(value)):
            draft.variables[name] = text(value)
            notes.leave(at, UNREAD)


def variable(notes: Notes, draft: Draft, at: Path, name: str, value: str) -> bool:
    """Whether it is a secret or a setting, which then is noted."""
    if is_secret(name, value):
        _secret(notes, draft, at, name)
        return True
    return _setting(notes, draft, at, name, value)


def is_secret(name: str, value: str) -> bool:
    """By its name or by its looks."""
    return SECRET.search(name) is not None or secret_in(value) is not None


def kind_of_key(name: str) -> str | None:
    """The provider whose key a variable usually holds."""
    plain = name.removeprefix("DREAM_")
    return next((kind for kind in provider_kinds() if (known := provider(kind)) and plain in known.key_env), None)


def _secret(notes: Notes, draft: Draft, at: Path, name: str) -> None:
    draft.secrets.setdefault(name, []).append((notes, at))
    if name in HUB:
        notes.take(at, "", "dreamc reads it where it fetches models, for gated ones")
    elif name in GATEWAY:
        reference = name.removeprefix("DREAM_")
        draft.claim(notes, at, ("gateway", "key"), f"env://{reference}")
    elif kind_of_key(name):
        notes.leave(at, "a key of a provider of which no file names a model")
    else:
        notes.leave(at, "a secret that nothing here asks for; its value was not read")


def _setting(notes: Notes, draft: Draft, at: Path, name: str, value: str) -> bool:
    """Variables that say what dream.yaml says."""
    amount, on = number(value), switch(value)
    if name == "HYBRID_FALLBACK_TIMEOUT" and amount:
        draft.claim(notes, at, ("fallbacks", "timeout"), words.seconds(amount))
    elif name == "HYBRID_FALLBACK_ENABLED" and on is not None:
        draft.claim(notes, at, ("fallbacks", "enabled"), on)
    elif name in ("MONTHLY_BUDGET", "DAILY_BUDGET") and amount:
        draft.claim(notes, at, ("budget", name.partition("_")[0].lower()), words.money(amount))
    elif name in ("DREAM_MODE", "CURRENT_MODE") and value in ("cloud", "local", "hybrid"):
        draft.claim(notes, at, ("mode",), value)
    else:
        return False
    return True
