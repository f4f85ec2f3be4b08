"""The extra `dreamc[gateway]` holds no proprietary part."""

from __future__ import annotations

import importlib.metadata
import importlib.util

import pytest

pytestmark = pytest.mark.gateway


def test_the_proprietary_part_of_litellm_is_not_installed() -> None:
    assert importlib.util.find_spec("litellm") is not None
    assert importlib.util.find_spec("litellm_enterprise") is None


def test_litellms_own_image_holds_what_the_ledgers_need() -> None:
    """Its Dockerfile installs these two extras (LiteLLM 1.106.2); rq brings redis."""
    extras: dict[str, set[str]] = {"proxy": set(), "extra-proxy": set()}
    for line in importlib.metadata.requires("litellm") or ():
        for extra, names in extras.items():
            if f'extra == "{extra}"' in line.replace("'", '"'):
                names.add(line.partition(">")[0].partition("=")[0].partition("[")[0].strip())
    assert "rq" in extras["proxy"]
    assert {"psycopg", "psycopg-binary"} <= extras["extra-proxy"]


def test_the_installed_litellm_is_the_one_the_extra_pins() -> None:
    wanted = [line for line in importlib.metadata.requires("dreamc") or () if line.startswith("litellm==")]
    assert [line.partition(";")[0].strip() for line in wanted] == [f"litellm=={importlib.metadata.version('litellm')}"]
