"""Inventory files from disk: several of them, whole directories, and the variables that stand beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from dreamc.diagnostics.types import Diagnostic, Ignore, Source
from dreamc.document.load import load
from dreamc.document.read import read
from dreamc.document.types import Document
from dreamc.provision.inventory.parts import Part
from dreamc.provision.inventory.resolve import addresses
from dreamc.provision.inventory.tree import join
from dreamc.provision.types import Address

_YAML = (".yaml", ".yml", ".json")
# What Ansible leaves out of a directory (INVENTORY_IGNORE_EXTS), and its own directories beside an inventory.
_SKIPPED = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry")
_BESIDE = ("group_vars", "host_vars")
_VAULT = b"$ANSIBLE_VAULT"
_CONVERT = "ansible-inventory -i FILE --list --yaml > inventories/hosts.yaml turns any inventory into a YAML file"


class Inventory(Struct, frozen=True):
    """What the files say. `document` holds their texts and comments for a report; it has no values and no places."""

    addresses: tuple[Address, ...]
    document: Document


class _Texts:
    """The texts read so far: each has an index that spans refer to."""

    def __init__(self, first: int) -> None:
        self.sources: list[Source] = [Source("", "")] * first
        self.ignores: list[Ignore] = []
        self.findings: list[Diagnostic] = []


def read_inventory(paths: Sequence[Path], first: int = 0) -> tuple[Inventory, tuple[Diagnostic, ...]]:
    """The hosts of all files and directories in `paths`, and what is wrong with them; later files win.

    Spans number the texts from `first` on. Hosts are returned beside errors too: whoever asked decides.
    """
    texts = _Texts(first)
    groups = [part for path in paths for part in _inventories(texts, path)]
    beside = [part for folder in _folders(paths) for part in _variables(texts, folder)]
    tree = join((*groups, *beside))
    known = addresses(tree)
    if groups and not known and not texts.findings and not tree.findings.found:
        tree.findings.add(groups[0], Diagnostic("DRM713", (), "the inventory names no host", help=_EMPTY))
    document = Document({}, {}, tuple(texts.sources), tuple(texts.ignores))
    return Inventory(known, document), (*texts.findings, *tree.findings.found)


_EMPTY = "write the hosts below all: hosts:"


def _inventories(texts: _Texts, path: Path) -> Iterator[Part]:
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            if inner.name.startswith(".") or inner.name.endswith(_SKIPPED) or inner.name in _BESIDE:
                continue
            if inner.is_dir() or inner.suffix in _YAML:
                yield from _inventories(texts, inner)
            else:
                _refuse(texts, inner, "DRM702", "it is no YAML file and not read")
    elif path.suffix == ".ini" or (path.suffix not in _YAML and _is_ini(path)):
        _refuse(texts, path, "DRM701", "this is not an inventory in YAML")
    else:
        part = _part(texts, path, "groups", "")
        if part is not None:
            yield part


def _is_ini(path: Path) -> bool:
    try:
        begin = path.read_bytes()[:4096].lstrip()
    except OSError:
        return False
    return begin.startswith((b"[", b"#!")) or (b"\n[" in begin and b":\n" not in begin)


def _refuse(texts: _Texts, path: Path, code: str, message: str) -> None:
    text = Source(path.as_posix(), "")
    finding = Diagnostic(code, (), f"{path.as_posix()}: {message}", help=_CONVERT)
    texts.sources.append(text)
    texts.findings.append(finding)


def _part(texts: _Texts, path: Path, kind: str, name: str) -> Part | None:
    index = len(texts.sources)
    source, found = load(path, index=index, remedy="name a file or a directory with -i")
    texts.sources.append(source)
    texts.findings += (_in_our_words(one) for one in found)
    if found or (kind != "groups" and not source.text.strip()):
        return None
    document, findings = read(source, index)
    encrypted = frozenset(one.path for one in findings if one.code == "DRM017" and one.message.endswith("'!vault'"))
    texts.findings += (_in_our_words(one) for one in findings if not _is_ansibles(one))
    if document is None:
        return None
    texts.ignores += document.ignores
    return Part(kind, name, document, encrypted)  # type: ignore[arg-type]


def _is_ansibles(finding: Diagnostic) -> bool:
    return finding.code == "DRM017" and finding.message.endswith(("'!vault'", "'!unsafe'"))


def _in_our_words(finding: Diagnostic) -> Diagnostic:
    """What the reader says of dream.yaml, said of an inventory."""
    if finding.code == "DRM005":
        return replace(finding, label="expected 'all:'", help=_EMPTY)
    if finding.code == "DRM013":
        return replace(finding, label="expected a group such as 'all:'", help=_CONVERT)
    return replace(finding, help="remove the tag") if finding.code == "DRM017" else finding


def _folders(paths: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path if path.is_dir() else path.parent for path in paths))


def _variables(texts: _Texts, folder: Path) -> Iterator[Part]:
    """`group_vars/NAME.yml`, `group_vars/NAME/*.yml`, and the same for hosts; those of `all` come with the others."""
    for kind, place in zip(("group", "host"), _BESIDE, strict=True):
        for path in sorted((folder / place).glob("*")):
            name = path.stem if path.suffix in _YAML else path.name
            files = sorted(path.rglob("*")) if path.is_dir() else (path,)
            for file in files:
                if _is_variables(file) and (part := _opened(texts, file, kind, name)):
                    yield part


def _is_variables(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".") and file.suffix in (*_YAML, "")


def _opened(texts: _Texts, file: Path, kind: str, name: str) -> Part | None:
    with file.open("rb") as stream:
        is_encrypted = stream.read(len(_VAULT)) == _VAULT
    if not is_encrypted:
        return _part(texts, file, kind, name)
    texts.sources.append(Source(file.as_posix(), ""))
    message = f"{file.as_posix()} is encrypted with Ansible's vault and not read"
    texts.findings.append(Diagnostic("DRM710", (), message))
    return None
