"""`dreamc facts`: what a host is, and into the file with it."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.verbs import run
from tests.unit.provision.installed import CANARY, Installed

Capture = pytest.CaptureFixture[str]


def test_what_a_host_is_is_told_in_a_paragraph(installed: Installed, capsys: Capture) -> None:
    said = run(capsys, "facts")
    assert said.code == 0
    for words in (
        "GPU 0    NVIDIA GeForce RTX 4070, 12.0 GiB",
        "hardware: rtx-4070",
        "docker   29.0.1, compose 2.40.3",
    ):
        assert words in said.out
    assert f"release  {installed.current.name} in hybrid mode" in said.out


def test_programs_get_all_facts_but_nothing_that_could_be_guessed_back(installed: Installed, capsys: Capture) -> None:
    said = run(capsys, "facts", "--json")
    (host,) = json.loads(said.out)["hosts"]
    assert (host["gpus"][0]["card"], host["mode"]) == ("rtx-4070", "hybrid")
    assert "DREAM_GATEWAY_KEY" in host["variables"]
    assert "env" not in host
    assert CANARY not in said.out


def card(installed: Installed, line: str) -> None:
    (installed.folder / "bin/nvidia-smi").write_text(f"#!/bin/sh\necho '{line}'\n")


def test_writing_changes_what_differs_and_keeps_the_rest(installed: Installed, capsys: Capture) -> None:
    card(installed, "0, NVIDIA GeForce RTX 4090, 24564, 1, 580.95.05, 8.9, [N/A]")
    before = installed.file.read_text()
    said = run(capsys, "facts", "--write", "-y")
    after = installed.file.read_text()
    assert said.code == 0
    assert "gpus: rtx-4090" in after
    assert "# under the desk" in after
    assert "# quiet" in after
    assert after.partition("hardware:")[0] == before.partition("hardware:")[0]
    assert after.partition("models:")[2] == before.partition("models:")[2]
    assert "-  box: {gpus: rtx-4070" in said.err
    assert run(capsys, "facts", "--write", "-y").err.strip().endswith("says so already")


def test_without_a_terminal_and_y_nothing_is_written(installed: Installed, capsys: Capture) -> None:
    card(installed, "0, NVIDIA GeForce RTX 4090, 24564, 1, 580.95.05, 8.9, [N/A]")
    before = installed.file.read_text()
    assert run(capsys, "facts", "--write").code == 64
    assert installed.file.read_text() == before


def test_a_host_of_the_inventory_that_is_not_in_the_file_is_added(installed: Installed, capsys: Capture) -> None:
    with (installed.folder / "inventory.yaml").open("a") as file:
        file.write("    fresh: {ansible_connection: local}\n")
    assert run(capsys, "facts", "--host", "fresh", "--write", "-y").code == 0
    after = installed.file.read_text()
    assert "  fresh: {gpus: rtx-4070, ram: " in after
    assert after.index("box:") < after.index("fresh:") < after.index("models:")


def test_a_file_whose_models_do_not_fit_can_be_put_right(installed: Installed, capsys: Capture) -> None:
    text = installed.file.read_text()
    installed.file.write_text(text.replace("gpus: rtx-4070", "gpus: no-such-card"))
    assert run(capsys, "check").code == 1
    assert run(capsys, "facts", "--write", "-y").code == 0
    assert run(capsys, "check").code == 0


def test_a_driver_that_is_silent_is_told_and_leaves_the_cards_alone(installed: Installed, capsys: Capture) -> None:
    card(installed, "NVIDIA-SMI has failed")
    said = run(capsys, "facts", "--write", "-y")
    assert "box shows no GPU (NVIDIA-SMI has failed); gpus: stays as it is" in said.err
    assert "gpus: rtx-4070" in installed.file.read_text()


def test_an_overlay_is_not_written_to(installed: Installed, capsys: Capture) -> None:
    assert run(capsys, "facts", "--write", "--env", "prod").code == 64
