"""Facts about a repository of Hugging Face, asked through huggingface_hub: commit, files with digests, headers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from dreamc.errors import DreamError
from dreamc.hub import safetensors, web
from dreamc.hub.pins import File, ModelPin
from dreamc.hub.refusals import refusal
from dreamc.hub.safetensors import HeaderError, Tensor
from dreamc.hub.selection import INDEX, chosen, weight_files
from dreamc.hub.web import Internet

CONFIG = "config.json"
LARGEST_CONFIG = 1024 * 1024
"""Bytes that a config.json may have."""
LARGEST_INDEX = 100_000_000
"""Bytes that an index of shards may have: as many as a header."""
FIRST = 100_000
"""Bytes asked for at first; nearly every header ends within them (huggingface/huggingface_hub#1855)."""
AT_ONCE = 8
"""Headers asked for at the same time."""


def hub_model(net: Internet, repo: str, revision: str | None) -> ModelPin:
    """Everything that pins `repo`, at the commit that `revision` (None: the default branch) names now."""
    commit, files = _listing(net, repo, revision)
    read = partial(_content, net, repo, commit)
    if CONFIG not in files:
        raise DreamError(f"{repo} has no config.json", "", "name a repository of a transformers model")
    config = _json(repo, read(files[CONFIG], LARGEST_CONFIG))
    indexed = _index(repo, read(files[INDEX], LARGEST_INDEX)) if INDEX in files else None
    missing = sorted(set(indexed or ()) - set(files))
    if missing:
        raise DreamError(f"{repo} has no {missing[0]}, which its {INDEX} names", "", "choose another revision")
    weights = weight_files(files, indexed)
    if not weights:
        raise DreamError(f"{repo} has no weights that vLLM loads", "", "name a repository with safetensors files")
    tensors = _tensors(net, repo, commit, tuple(files[name] for name in weights), indexed)
    kept = tuple(files[name] for name in chosen(files, indexed))
    return ModelPin(sum(one.size for one in kept), kept, revision=commit, config=config, tensors=tensors)


def _listing(net: Internet, repo: str, revision: str | None) -> tuple[str, dict[str, File]]:
    """The commit and its files by path."""
    found = _info(net, repo, revision)
    rows = [_file(one) for one in found.siblings or ()]
    files = {one.path: one for one in rows if one is not None}
    if not re.fullmatch(r"[0-9a-f]{40}", found.sha or "") or not files or len(files) < len(rows):
        what = f"{web.host(net.hub)} does not say the commit, sizes and digests of {repo}"
        raise DreamError(what, "", "ask huggingface.co itself: unset HF_ENDPOINT")
    return str(found.sha), files


def _info(net: Internet, repo: str, revision: str | None) -> Any:
    import httpx
    from huggingface_hub import HfApi

    api = HfApi(endpoint=net.hub, token=net.token)
    for attempt in range(web.TRIES):
        try:
            return api.model_info(repo, revision=revision, files_metadata=True, timeout=net.timeout)
        except httpx.TransportError as error:
            if attempt == web.TRIES - 1:
                raise refusal(net, repo, revision, error) from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise refusal(net, repo, revision, error) from None
    raise AssertionError(web.TRIES)


def _file(row: Any) -> File | None:
    """None where the server does not say what pins the file."""
    lfs = row.lfs
    if lfs is not None and re.fullmatch(r"[0-9a-f]{64}", lfs.sha256 or "") and lfs.size is not None:
        return File(row.rfilename, lfs.size, sha256=lfs.sha256)
    if lfs is None and re.fullmatch(r"[0-9a-f]{40}", row.blob_id or "") and row.size is not None:
        return File(row.rfilename, row.size, sha1=row.blob_id)
    return None


def _content(net: Internet, repo: str, commit: str, file: File, most: int) -> bytes:
    """A small file, compared with its digest."""
    if file.size > most:
        what = f"{file.path} of {repo} has {file.size:,} bytes; at most {most:,} are read"
        raise DreamError(what, "", "choose another revision")
    data = _bytes(net, repo, commit, file.path, file.size + 1)
    found = hashlib.sha256(data) if file.sha256 else hashlib.sha1(b"blob %d\0" % len(data) + data)  # noqa: S324 - git's
    if found.hexdigest() != (file.sha256 or file.sha1):
        what = f"{file.path} of {repo} is not what the repository lists: its digest is another"
        raise DreamError(what, "", "try again; if it stays so, the mirror or the proxy in between changes files")
    return data


def _tensors(
    net: Internet, repo: str, commit: str, weights: tuple[File, ...], indexed: Mapping[str, frozenset[str]] | None
) -> dict[str, int]:
    """Bytes by dtype; nothing for pickled weights, which have no header."""
    files = tuple(one for one in weights if one.path.endswith(".safetensors"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        headers = tuple(pool.map(partial(_header, net, repo, commit), files))
    try:
        found = safetensors.checkpoint({one.path: rows for one, rows in zip(files, headers, strict=True)}, indexed)
    except HeaderError as error:
        raise DreamError(f"{repo}: {error}", "", "choose another revision") from None
    return dict(found.by_dtype)


def _header(net: Internet, repo: str, commit: str, file: File) -> tuple[Tensor, ...]:
    try:
        start = _bytes(net, repo, commit, file.path, min(FIRST, file.size))
        wanted = safetensors.PREFIX + safetensors.header_length(start, file.size)
        if wanted > len(start):
            start = _bytes(net, repo, commit, file.path, wanted)
        return safetensors.parse(start, file.size)
    except HeaderError as error:
        remedy = "try again; if it stays so, the file is damaged at its source: choose another revision"
        raise DreamError(f"{file.path} of {repo} {error}", "", remedy) from None


def _bytes(net: Internet, repo: str, commit: str, path: str, most: int) -> bytes:
    """The first `most` bytes; a server that ignores `Range` sends more, which is not read."""
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repo, path, revision=commit, endpoint=net.hub)
    headers = {**build_hf_headers(token=net.token), "Range": f"bytes=0-{most - 1}", "Accept-Encoding": "identity"}
    try:
        answer = web.get(get_session(), url, headers, most, net.timeout)
    except ConnectionError as error:  # HF_HUB_OFFLINE
        raise refusal(net, repo, commit, error) from None
    if answer.status not in (200, 206):
        raise refusal(net, repo, commit, answer)
    return answer.body


def _json(repo: str, data: bytes) -> dict[str, object]:
    """YAML has no number for what is not finite, so it stays the word that the file has."""
    try:
        value = json.loads(data, parse_constant=str)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DreamError(f"config.json of {repo} is not a JSON object", "", "choose another revision")
    return value


def _index(repo: str, data: bytes) -> Mapping[str, frozenset[str]]:
    try:
        return safetensors.shards(data)
    except HeaderError as error:
        raise DreamError(f"{INDEX} of {repo} {error}", "", "choose another revision") from None
