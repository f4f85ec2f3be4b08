"""Keys of providers: a reference is kept as one, a key that stands written is never copied."""

from __future__ import annotations

from dreamc.diagnostics.types import Path
from dreamc.knowledge.providers import provider
from dreamc.moving import kinds
from dreamc.moving.draft import Draft
from dreamc.moving.notes import Notes
from dreamc.moving.scalars import text

REVOKE = "stands in the file: revoke it, and put the new one into the environment"


def usual(kind: str) -> str:
    """The variable that usually holds a provider's key."""
    known = provider(kind)
    return known.key_env[0] if known and known.key_env else "PROVIDER_API_KEY"


def variable(account: str) -> str:
    """The variable for the key of a provider of dream.yaml."""
    known = provider(account)
    return usual(account) if known and known.key_env else f"{account.upper().replace('-', '_')}_API_KEY"


def key(draft: Draft, notes: Notes, source: Path, target: Path, value: object, name: str) -> None:
    """A key, or what names one, goes to `target` as a reference; one that is written out becomes env://`name`."""
    written = text(value)
    named = kinds.secret_name(written)
    if named is None and kinds.is_no_key(written):
        notes.take(source, "", "a placeholder; no key is wanted")
    elif named is None:
        draft.claim(notes, source, target, f"env://{name}", f"the key {REVOKE}; it was not copied")
    elif named[1]:
        draft.claim(notes, source, target, f"env://{named[0]}")
    else:
        why = f"LiteLLM does not fill in ${{{named[0]}}}, it sends the text as the key; env://{named[0]} is read"
        draft.claim(notes, source, target, f"env://{named[0]}", why)
