"""A host compared with what was applied to it, its gateway asked inside its container."""

from __future__ import annotations

from typing import Any

import pytest

from dreamc.provision.compare import Compared, Inside, compare
from dreamc.provision.survey import Secrets, Wish
from tests.unit.provision.gateway import gateway
from tests.unit.provision.installed import CANARY, CLOUD_KEY, Installed

CONFIG = "config/litellm/hybrid-config.yaml"
INSIDE = Inside(4000, "/etc/dream/litellm.yaml", {"hybrid": CONFIG})
VALUES = Secrets({"DREAM_GATEWAY_KEY": CANARY, "DREAM_CLOUD_KEY": CLOUD_KEY}, {}, str)


def compared(installed: Installed, secrets: Secrets = VALUES) -> Compared:
    wish = Wish(str(installed.root), installed.release.project, installed.bundle)
    session = installed.session()
    try:
        return compare(session, wish, secrets, INSIDE)
    finally:
        session.close()


def asked(installed: Installed, status: int = 200, change: dict[str, Any] | None = None) -> Compared:
    """With a gateway that answers."""
    text = (installed.current / CONFIG).read_text()
    with gateway(text, CANARY, status, change) as port:
        installed.state |= {"port": port, "config": str(installed.current / CONFIG)}
        installed.save()
        return compared(installed)


def ids(found: Compared) -> list[str]:
    return [one.id for one in found.differences]


def test_a_host_as_it_was_applied_has_no_differences(installed: Installed) -> None:
    found = asked(installed)
    assert (ids(found), found.notes) == ([], ())


def test_the_key_stands_on_no_command_line(installed: Installed) -> None:
    asked(installed)
    assert "exec -i dream-den-litellm-1 python3 - 4000 /etc/dream/litellm.yaml" in installed.calls()
    assert CANARY not in installed.calls()


def test_a_model_that_was_changed_in_the_running_gateway_is_seen(installed: Installed) -> None:
    found = asked(installed, change={"api_base": "http://192.0.2.66:1"})
    assert ids(found) == ["DRIFT-MODEL-CHANGED"]
    assert "api_base http://192.0.2.66:1" in found.differences[0].what


def test_a_gateway_that_keeps_the_path_closed_is_compared_by_its_configuration(installed: Installed) -> None:
    found = asked(installed, status=403)
    assert ids(found) == []
    assert "by the configuration in its container: /model/info answers 403" in found.notes[0]


def test_a_gateway_that_runs_and_says_nothing_is_a_difference(installed: Installed) -> None:
    assert ids(compared(installed)) == ["DRIFT-UNKNOWN"]


def test_a_gateway_that_does_not_run_is_missed_once(installed: Installed) -> None:
    installed.change("litellm", state="exited", health="")
    assert ids(compared(installed)) == ["DRIFT-CONTAINER-STOPPED"]


def test_files_and_env_changed_by_hand_are_found_on_a_real_disk(installed: Installed) -> None:
    (installed.current / "README.md").write_text("mine\n")
    (installed.current / "notes.txt").write_text("mine\n")
    (installed.root / ".env").write_text("DREAM_GATEWAY_KEY=other\n")
    found = asked(installed)
    wanted = ["DRIFT-FILE-EDITED", "DRIFT-FILE-STRANGER", "DRIFT-ENV-MISSING", "DRIFT-ENV-CHANGED"]
    assert sorted(ids(found)) == sorted(wanted)


def test_secrets_that_cannot_be_had_here_are_said_to_be_uncompared(installed: Installed) -> None:
    secrets = Secrets({}, {"DREAM_CLOUD_KEY": "CLOUD_KEY is not set here"}, str)
    found = compared(installed, secrets)
    assert found.notes == ("not compared, because their values cannot be had here: DREAM_CLOUD_KEY",)


@pytest.mark.parametrize("release_json", ["", "{torn"])
def test_a_release_that_does_not_describe_itself_is_unknown(installed: Installed, release_json: str) -> None:
    (installed.current / "release.json").write_text(release_json)
    assert "DRIFT-UNKNOWN" in ids(compared(installed))
