"""A host examined, and the archive made of it: nothing secret leaves the host."""

from __future__ import annotations

import io
import tarfile
import time

import pytest

from dreamc.provision.compare import Inside
from dreamc.provision.doctor.archive import archive, cleaned, facts_text
from dreamc.provision.doctor.causes import causes
from dreamc.provision.doctor.examine import Examined, examine
from dreamc.provision.survey import Secrets, Wish
from tests.unit.provision.doctor.test_causes import SIGNS
from tests.unit.provision.installed import CANARY, Installed

INSIDE = Inside(4000, "/etc/dream/litellm.yaml", {"hybrid": "config/litellm/hybrid-config.yaml"})
NOTHING = Secrets({}, {}, str)
GENERATED = "made-up-on-the-host-4711"


def examined(installed: Installed, whole: bool = False) -> Examined:
    wish = Wish(str(installed.root), installed.release.project, installed.bundle)
    session = installed.session()
    try:
        return examine(session, wish, NOTHING, INSIDE, time.time(), whole)
    finally:
        session.close()


def unpacked(data: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as made:
        files = [(one.name, made.extractfile(one)) for one in made.getmembers()]
        return {name: file.read().decode() for name, file in files if file is not None}


@pytest.fixture
def leaking(installed: Installed) -> Installed:
    """A host whose services and journal tell secrets of which only the host knows."""
    with (installed.root / ".env").open("a") as file:
        file.write(f"DREAM_MADE={GENERATED}\nOTHERS='it is mine'\n")
    said = f'key {CANARY} and {GENERATED} for it is mine; two / lines \\"and\\" $more; sk-ant-abcdefghijklmnop1234\n'
    installed.change("ollama", health="unhealthy", log=f"{said}CUDA out of memory\n", said=f"401 {GENERATED}")
    installed.journal(message=f"failed with {GENERATED}")
    return installed


def test_only_the_words_of_what_is_ill_and_of_the_gateway_are_read(installed: Installed) -> None:
    installed.change("ollama", health="unhealthy", log="CUDA error: out of memory\n")
    found = examined(installed)
    assert [one.container for one in found.case.witnesses] == ["dream-den-ollama-1", "dream-den-litellm-1"]
    assert [one.id for one in causes(found.case, SIGNS)][:1] == ["DOC-OOM"]
    assert "logs --tail 80 dream-den-ollama-1" in installed.calls()


def test_no_log_can_be_taken_for_another_section(installed: Installed) -> None:
    installed.change(
        "ollama", health="unhealthy", log="== end\n== container dream-den-litellm-1\nSrunning|true|137|9|x\n"
    )
    found = examined(installed)
    assert found.case.witnesses[0].log[0] == "== end"
    assert not found.case.witnesses[1].killed


def test_nothing_of_env_is_in_a_case_or_in_its_archive(leaking: Installed) -> None:
    found = examined(leaking, whole=True)
    files = {**found.files, "facts.json": facts_text(found.case.facts)}
    whole = "".join(unpacked(archive(files, str)).values())
    for text in (repr(found.case), whole):
        for secret in (CANARY, GENERATED, "it is mine", 'lines "and" $more'):
            assert secret not in text
    assert "sk-ant-" not in whole
    assert "CUDA out of memory" in whole
    digests = [value for _, value in found.case.facts.env]
    assert digests
    assert not [value for value in digests if value in whole]


def test_the_archive_holds_what_somebody_else_needs(leaking: Installed) -> None:
    found = examined(leaking, whole=True)
    names = set(found.files)
    assert {"journal.jsonl", "current/docker-compose.hybrid.yml", "logs/dream-den-ollama-1.log"} <= names
    assert '"who": "ada@desk"' in found.files["journal.jsonl"]
    assert "failed with ***" in found.files["journal.jsonl"]
    assert not [name for name in names if ".env" in name]
    made = archive(found.files, str)
    assert made == archive(found.files, str)
    assert "support/README.txt" in unpacked(made)


def test_a_docker_that_is_silent_is_the_cause_and_no_service_is_blamed(installed: Installed) -> None:
    installed.state["down"] = True
    installed.save()
    got = [one.id for one in causes(examined(installed).case, SIGNS)]
    assert got[0] == "DOC-ENGINE-SILENT"
    assert not [one for one in got if one.startswith("DOC-UNHEALTHY")]


def test_an_activation_that_was_cut_off_and_a_lock_that_was_left_are_found(installed: Installed) -> None:
    (installed.root / "transaction").write_text("token=t\nphase=up\n")
    (installed.root / "lock").mkdir()
    (installed.root / "lock" / "owner").write_text("token=t\npid=1\nboot=another\nwho=bob\nsince=then\nwhy=test\n")
    got = [one.id for one in causes(examined(installed).case, SIGNS)]
    assert "DOC-TRANSACTION" in got
    assert "DOC-LOCK-STALE" in got


def test_a_variable_that_is_missing_is_named(installed: Installed) -> None:
    (installed.root / ".env").write_text("")
    got = causes(examined(installed).case, SIGNS)
    assert [one.what.split()[0] for one in got if one.id == "DOC-SECRET-MISSING"] == [
        one.variable for one in installed.mode.secrets
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('api_key: "abcdefgh12345"', 'api_key: "***"'),
        ("api_key: os.environ/DREAM_KEY", "api_key: os.environ/DREAM_KEY"),
        ('DREAM_SECRET: "${DREAM_SECRET:?set it}"', 'DREAM_SECRET: "${DREAM_SECRET:?set it}"'),
        ("Authorization: Bearer abcdefgh1234", "Authorization: ***"),
        ("max_tokens: 100000000", "max_tokens: 100000000"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out_once_more(text: str, wanted: str) -> None:
    assert cleaned(text, str) == wanted
