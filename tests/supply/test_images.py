"""Images on a host: what is there, pulled by digest, or loaded from an archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamc.artifact.release import Image
from dreamc.errors import DreamError
from dreamc.supply.images import images, look_images
from tests.supply.here import Here

DIGEST = "sha256:" + "d" * 64


def put(docker: Path, name: str, digest: str = "") -> None:
    path = docker / "images" / name.replace("/", "_").replace(":", "_")
    path.write_text(name)
    if digest:
        path.with_name(f"{path.name}.digest").write_text(digest)


def test_one_round_trip_tells_which_images_are_there(docker: Path) -> None:
    put(docker, "ollama/ollama:0.9.0", DIGEST)
    session = Here()
    found = look_images(session, (Image("ollama/ollama:0.9.0", DIGEST), Image("a/b:1")))
    assert [one.complete for one in found] == [True, False]
    assert found[0].digests == (DIGEST,)
    assert len(session.steps) == 1


def test_an_image_of_another_digest_is_pulled_anew_by_the_pinned_one(docker: Path) -> None:
    put(docker, "a/b:1", "sha256:" + "0" * 64)
    wanted = (Image("a/b:1", DIGEST, 1000),)
    counts: list[tuple[int, int]] = []
    done = images(
        Here(), look_images(Here(), wanted), progress=lambda host, model, done, total: counts.append((done, total))
    )
    assert done == ("a/b:1",)
    assert f"pull a/b@{DIGEST}" in (docker / "calls").read_text()
    assert look_images(Here(), wanted)[0].complete
    assert counts == [(500, 1000), (1000, 1000)]


def test_what_is_there_is_not_pulled(docker: Path) -> None:
    put(docker, "a/b:1")
    assert images(Here(), look_images(Here(), (Image("a/b:1"),))) == ()
    assert "pull" not in (docker / "calls").read_text()


@pytest.mark.parametrize(
    ("name", "words", "remedy"),
    [("a/full:1", "no space left", "docker system df"), ("a/gone:1", "manifest unknown", "check the name and tag")],
)
def test_a_pull_that_fails_says_why_and_what_to_do(docker: Path, name: str, words: str, remedy: str) -> None:
    with pytest.raises(DreamError, match=words) as caught:
        images(Here(), look_images(Here(), (Image(name),)))
    assert remedy in caught.value.remedy
    assert caught.value.state == "nothing was stopped"


def test_an_image_is_loaded_from_a_source_with_a_known_length(docker: Path) -> None:
    class Source:
        label = "the archive x"

        def has_image(self, image: Image) -> bool:
            return True

        def read_image(self, image: Image) -> tuple[int, Iterator[bytes]]:
            return 14, iter((b"a/b:1 la", b"yers  "))

    wanted = (Image("a/b:1", DIGEST),)
    assert images(Here(), look_images(Here(), wanted), Source()) == ("a/b:1",)
    assert look_images(Here(), wanted)[0].complete
