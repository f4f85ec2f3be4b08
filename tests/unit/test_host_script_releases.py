"""`dream activate`, `rollback`, `recover`: one release or the other, never a mixture, whatever goes wrong and when."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake_host import CLOUD, HYBRID, LOCAL, SCRIPT, SECRET, Host, T, make_host, render

OLD = "0123456789ab"
NEW = "ba9876543210"
OTHER = "cccccccccccc"
KEYS = f"DREAM_MASTER_KEY={SECRET}\nDREAM_OPENAI_API_KEY='{SECRET}'\n"
ALIASES = (
    T.Alias("chat", "code", ("quality@desk.0", "claude@anthropic.0"), ("claude@anthropic.0",)),
    T.Alias("embeddings", "embed"),
)


@dataclasses.dataclass
class Machine(Host):
    """A host whose current release is OLD in hybrid mode, with NEW beside it, not yet active."""

    units: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | ({"DREAM_UNITS": self.units} if self.units else {})

    def release(self, name: str, **changed: Any) -> Path:
        folder = self.root / "releases" / name
        folder.mkdir(exist_ok=True)
        modes = tuple(dataclasses.replace(one, aliases=ALIASES) for one in (CLOUD, LOCAL, HYBRID))
        (folder / "dream").write_text(render(dataclasses.replace(SCRIPT, **({"modes": modes} | changed))))
        for one in (CLOUD, LOCAL, HYBRID):
            (folder / f"docker-compose.{one.name}.yml").write_text("")
            rows = dict.fromkeys(one.services, "same") | {"litellm": name, "ollama": name}
            text = "".join(f"{service} {hash_}\n" for service, hash_ in rows.items() if service in one.services)
            (folder / f"hashes-{one.name}").write_text(text)
        return folder

    def environment_file(self, name: str, version: str) -> None:
        (self.root / name).write_text(f"{KEYS}VERSION={version}\n")
        (self.root / name).chmod(0o600)

    def do(self, release: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs the script of a release as a process of a known number."""
        script = self.root / "releases" / release / "dream"
        line = f'echo $$ >"$FAKE/main"; exec sh {script} "$@"'
        result = subprocess.run(
            ["sh", "-c", line, "sh", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        told = result.stdout + result.stderr + self.log + self.text("journal.jsonl")
        assert SECRET not in told
        return result

    def activate(self, *more: str, release: str = NEW, mode: str = "local") -> subprocess.CompletedProcess[str]:
        return self.do(release, "activate", mode, "--release", release, *more)

    def recover(self) -> subprocess.CompletedProcess[str]:
        return self.do(NEW if self.current == "-" else self.current, "recover")

    @property
    def current(self) -> str:
        link = self.root / "current"
        return link.readlink().name if link.is_symlink() else "-"

    def text(self, name: str) -> str:
        return (self.root / name).read_text() if (self.root / name).is_file() else ""

    @property
    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text("journal.jsonl").splitlines()]

    @property
    def state(self) -> str:
        """What is current, recorded and running: release, mode, version of .env."""
        version = re.search(r"VERSION=(.*)", self.text(".env"))
        running = (self.fake / "running").read_text() if (self.fake / "running").exists() else "nothing"
        alive = {row.split("|")[1] for row in (self.fake / "containers").read_text().splitlines()}
        pointers = f"{self.current} {self.text('mode').strip() or '-'} {version[1] if version else '-'}"
        return f"{pointers}; runs {running.strip()}" + ("" if alive <= {"running"} else f" {sorted(alive)}")

    @property
    def leftovers(self) -> list[str]:
        known = {"releases", "current", "mode", ".current-mode", ".env", "journal.jsonl", "data", "models"}
        return sorted(name for name in os.listdir(self.root) if name not in known)


BEFORE = f"{OLD} hybrid 1; runs {OLD} hybrid 1"
AFTER = f"{NEW} local 2; runs {NEW} local 2"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = make_host(tmp_path, "release")
    host = Machine(made.root, made.fake, made.bundle)
    host.release(OLD)
    host.release(NEW)
    (host.root / "mode").write_text("hybrid\n")
    (host.root / ".current-mode").symlink_to("mode")
    host.environment_file(".env", "1")
    host.environment_file(".env.next", "2")
    rows = (host.root / "releases" / OLD / "hashes-hybrid").read_text().splitlines()
    host.put("containers", "".join("{}|running|Up (healthy)|{}\n".format(*row.split()) for row in rows))
    host.put("running", f"{OLD} hybrid 1\n")
    host.put("cards", "litellm|0\nvllm-qwen|1\nollama|1\nold-model|1\n")
    return host


@pytest.fixture
def fresh(machine: Machine) -> Machine:
    """The same before anything was ever active."""
    for name in ("current", "mode", ".current-mode", ".env"):
        (machine.root / name).unlink()
    machine.put("containers")
    (machine.fake / "running").unlink()
    return machine


def phases(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in result.stdout.splitlines() if line.startswith("@")]


def names(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.split()[0][1:] for line in phases(result)]


def test_an_activation_says_each_phase_and_ends_in_the_new_release(machine: Machine) -> None:
    result = machine.activate("--who", "ann", "--why", "faster", "--git", "abc123")
    assert result.returncode == 0, result.stderr
    told = phases(result)
    assert told[:5] == [
        f"@check release={NEW} mode=local",
        f"@begin from={OLD} from_mode=hybrid to={NEW} to_mode=local",
        "@stop ollama",
        "@switch",
        "@up mode=local",
    ]
    assert told[5:7] == ["@healthy", "@gate code ok - 0 answers (canned)"]
    assert f"@data open-webui {machine.root}/data/webui unchanged" in told
    assert told[-2] == "@mode local"
    assert re.fullmatch(rf"@done release={NEW} mode=local seconds=\d+", told[-1])
    assert (machine.state, machine.leftovers) == (AFTER, [])
    (line,) = machine.journal
    assert (line["action"], line["outcome"]) == ("apply", "done")
    assert (line["release"], line["mode"], line["from_release"], line["from_mode"]) == (NEW, "local", OLD, "hybrid")
    assert (line["who"], line["why"], line["git"], line["message"]) == ("ann", "faster", "abc123", "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"])
    assert (machine.root / ".env").stat().st_mode & 0o777 == 0o600


def test_the_old_service_that_holds_a_card_is_stopped_though_the_new_release_does_not_know_it(machine: Machine) -> None:
    with (machine.fake / "containers").open("a") as file:
        file.write("old-model|running|Up (healthy)|x\n")
    result = machine.activate()
    assert "@stop old-model" in phases(result)
    assert machine.changed[:2] == ["stop id-ollama", "stop id-old-model"]


def test_a_first_activation_makes_everything(fresh: Machine) -> None:
    result = fresh.activate()
    assert result.returncode == 0, result.stderr
    assert f"@begin from=- from_mode=- to={NEW} to_mode=local" in phases(result)
    assert (fresh.state, fresh.leftovers) == (AFTER, [])
    assert fresh.text(".current-mode") == "local\n"


def test_what_is_current_is_activated_again_to_repair_it(machine: Machine) -> None:
    (machine.root / ".env.next").unlink()
    machine.put("containers", "litellm|exited|Exited (1)|x\n")
    result = machine.activate(release=OLD, mode="hybrid")
    assert result.returncode == 0, result.stderr
    assert (machine.state, machine.leftovers) == (BEFORE, [])
    assert "gate" in names(result)


# --- what is refused before anything changes ---


def test_a_refused_activation_changes_nothing_and_is_in_the_journal(machine: Machine) -> None:
    machine.put("missing-images", "registry/qdrant:1\n")
    result = machine.activate()
    assert (result.returncode, names(result)) == (1, ["check"])
    assert "registry/qdrant:1 is not here" in result.stderr
    assert (machine.state, machine.changed, machine.leftovers) == (BEFORE, [], [])
    (line,) = machine.journal
    assert (line["outcome"], line["release"], line["from_release"]) == ("refused", NEW, OLD)
    assert "registry/qdrant:1" in line["message"]


def test_secrets_are_looked_up_in_the_values_that_came_with_the_release(machine: Machine) -> None:
    (machine.root / ".env.next").write_text("DREAM_MASTER_KEY=\n")
    result = machine.activate()
    assert result.returncode == 1
    assert f"DREAM_MASTER_KEY has no value in {machine.root}/.env.next" in result.stderr
    assert machine.state == BEFORE


def test_a_directory_that_cannot_be_made_refuses(machine: Machine) -> None:
    (machine.root / "file").write_text("")
    one = T.Directory(str(machine.root / "file"), 0, 0, "0755")
    machine.release(NEW, directories=(one,))
    result = machine.activate()
    assert (result.returncode, machine.state, machine.changed) == (1, BEFORE, [])
    assert machine.journal[0]["outcome"] == "refused"


@pytest.mark.parametrize(
    "words",
    [
        ("activate",), ("activate", "turbo"), ("activate", "local", "--release", OLD), ("activate", "local", "--why"),
        ("activate", "local", "--keep", "x"), ("activate", "local", "cloud"), ("activate", "local", "--force"),
    ],
)  # fmt: skip
def test_wrong_usage_changes_nothing(machine: Machine, words: tuple[str, ...]) -> None:
    result = machine.do(NEW, *words)
    assert result.returncode == 64
    assert (machine.state, machine.journal) == (BEFORE, [])


def test_a_bundle_that_is_used_in_place_has_no_activation(tmp_path: Path) -> None:
    host = make_host(tmp_path, "plain")
    assert host.run("activate", "local").returncode == 64
    assert host.run("rollback").returncode == 64


# --- the lock ---


def locked(machine: Machine, token: str) -> Path:
    lock = machine.root / "lock"
    lock.mkdir()
    stat = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    owner = (
        f"token={token}\npid={os.getpid()}\nstarted={stat}\nboot={boot}\nsince=2026-11-20T12:00:00Z\nwho=ann\nwhy=x\n"
    )
    (lock / "owner").write_text(owner)
    return lock


def test_a_lock_of_another_is_respected(machine: Machine) -> None:
    locked(machine, "theirs")
    for more in ((), ("--token", "mine")):
        result = machine.activate(*more)
        assert result.returncode == 5
        assert "who=ann" in result.stderr
    assert machine.do(OLD, "recover").returncode == 5
    assert (machine.state, machine.changed) == (BEFORE, [])
    assert (machine.root / "lock").is_dir()


def test_a_token_without_a_lock_is_refused(machine: Machine) -> None:
    assert machine.activate("--token", "mine").returncode == 5
    assert machine.state == BEFORE


def test_a_lock_is_adopted_by_its_token_and_its_owner_named(machine: Machine) -> None:
    lock = locked(machine, "mine")
    os.mkfifo(machine.fake / "slow-up")
    script = machine.root / "releases" / NEW / "dream"
    process = subprocess.Popen(
        ["sh", script, "activate", "local", "--token", "mine"], env=machine.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    with (machine.fake / "slow-up").open("w"):
        owner = dict(line.split("=", 1) for line in (lock / "owner").read_text().splitlines())
        transaction = dict(line.split("=", 1) for line in machine.text("transaction").splitlines())
    assert process.wait(30) == 0
    assert (owner["pid"], owner["token"], owner["who"], owner["since"]) == (
        str(process.pid), "mine", "ann", "2026-11-20T12:00:00Z"
    )  # fmt: skip
    assert (transaction["token"], transaction["from_release"], transaction["to_release"]) == ("mine", OLD, NEW)
    assert (transaction["from_mode"], transaction["to_mode"], transaction["phase"]) == ("hybrid", "local", "up")
    assert not lock.exists()
    assert machine.journal[0]["who"] == "ann"


def test_a_lock_that_a_power_cut_left_without_its_owner_is_taken_over(machine: Machine) -> None:
    (machine.root / "lock").mkdir()
    assert machine.activate().returncode == 5
    os.utime(machine.root / "lock", (1, 1))
    assert machine.activate().returncode == 0


# --- what fails after the beginning ---


def rolled_back(machine: Machine, result: subprocess.CompletedProcess[str], failure: str) -> None:
    assert result.returncode == 3, result.stdout + result.stderr
    assert f"@failed {failure}" in phases(result)
    assert f"@back to={OLD} mode=hybrid" in phases(result)
    assert phases(result)[-1] == "@rolled-back"
    assert (machine.state, machine.leftovers) == (BEFORE, [])
    assert (machine.journal[-1]["outcome"], machine.journal[-1]["message"]) == ("rolled-back", failure)


def test_a_service_that_cannot_be_stopped(machine: Machine) -> None:
    machine.put("no-stop")
    rolled_back(machine, machine.activate(), "what holds the cards could not be stopped")


def test_services_that_do_not_come_up(machine: Machine) -> None:
    (machine.root / "releases" / NEW / "no-up").write_text("")
    result = machine.activate()
    rolled_back(machine, result, "the services did not become healthy")
    back = names(result)[names(result).index("back") :]
    assert back == ["back", "stop", "up", "healthy", "gate", "gate", "data", "data", "rolled-back"]


def test_an_alias_that_does_not_answer(machine: Machine) -> None:
    (machine.root / "releases" / NEW / "mute").write_text("embed\n")
    result = machine.activate()
    assert "@gate embed failed - 0 HTTP 500: boom" in phases(result)
    rolled_back(machine, result, "the gateway does not answer for every alias")


def answered(machine: Machine, by: str) -> subprocess.CompletedProcess[str]:
    (machine.root / "releases" / NEW / "answered-by").write_text(f"code|{by}\nembed|anything\n")
    return machine.activate()


def test_the_deployment_that_answers_is_told(machine: Machine) -> None:
    result = answered(machine, "quality@desk.0")
    assert "@gate code ok quality@desk.0 12 answers (canned)" in phases(result)
    assert result.returncode == 0


def test_a_stand_in_passes_and_is_called_one(machine: Machine) -> None:
    result = answered(machine, "claude@anthropic.0")
    assert "@gate code ok claude@anthropic.0 12 stand-in for quality@desk.0" in phases(result)
    assert result.returncode == 0


def test_a_deployment_that_the_alias_does_not_list_fails_the_gate(machine: Machine) -> None:
    result = answered(machine, "quality@desk.9")
    wrong = "@gate code failed quality@desk.9 12 answered by quality@desk.9, which is none of its deployments"
    assert wrong in phases(result)
    rolled_back(machine, result, "the gateway does not answer for every alias")


def moved(machine: Machine) -> None:
    good = (machine.fake / "mounts").read_text()
    (machine.root / "data/other").mkdir()
    machine.put("mounts-local", good.replace("data/webui", "data/other"))
    machine.put("mounts-hybrid", good)


def test_data_that_would_change(machine: Machine) -> None:
    moved(machine)
    result = machine.activate()
    assert any(line.endswith("CHANGED: open-webui now uses other storage") for line in phases(result))
    rolled_back(machine, result, "a service would use other data")


def test_data_may_change_where_that_was_allowed(machine: Machine) -> None:
    moved(machine)
    result = machine.activate("--allow-data-loss")
    assert (result.returncode, machine.state) == (0, AFTER)


def test_a_failure_on_the_way_back_is_told_with_the_state(machine: Machine) -> None:
    for release in (OLD, NEW):
        (machine.root / "releases" / release / "no-up").write_text("")
    result = machine.activate()
    assert result.returncode == 4
    assert phases(result)[-1].startswith(f"@stuck current={OLD} mode=hybrid running=")
    assert machine.journal[-1]["outcome"] == "stuck"
    assert machine.leftovers == []
    for release in (OLD, NEW):
        (machine.root / "releases" / release / "no-up").unlink()
    machine.environment_file(".env.next", "2")
    assert machine.activate().returncode == 0
    assert machine.state == AFTER


def test_a_first_activation_that_fails_leaves_nothing_but_data(fresh: Machine) -> None:
    (fresh.root / "releases" / NEW / "no-up").write_text("")
    result = fresh.activate()
    assert result.returncode == 3
    assert "@back to=- mode=-" in phases(result)
    assert (fresh.state, fresh.leftovers) == ("- - -; runs nothing", [])
    assert (fresh.root / "data/webui").is_dir()
    assert not re.search(r"down.* (-v|--volumes)|volume rm", fresh.log)


def test_a_host_that_was_down_is_down_again(machine: Machine) -> None:
    assert machine.do(OLD, "down").returncode == 0
    (machine.root / "releases" / NEW / "no-up").write_text("")
    assert machine.activate().returncode == 3
    assert machine.state == f"{OLD} hybrid 1; runs nothing"
    assert machine.recover().returncode == 0
    assert machine.state == f"{OLD} hybrid 1; runs nothing"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_leads_back(machine: Machine, name: str) -> None:
    os.mkfifo(machine.fake / "slow-up")
    process = subprocess.Popen(
        ["sh", machine.root / "releases" / NEW / "dream", "activate", "local"],
        env=machine.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with (machine.fake / "slow-up").open("w"):
        process.send_signal(signal.Signals[name])
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, machine.state, machine.leftovers) == (3, BEFORE, [])
    assert b"@failed interrupted" in output


# --- a full disk, a kill: each step in turn ---

STEPS = ("mv", "ln", "cp", "rm", "docker")
HOOK = r"""#!/bin/sh
case "{name} $*" in
docker\ ps* | docker\ inspect* | docker\ image* | docker\ info* | docker\ compose\ version* | docker*config*) ;;
*)
    n=$(($(cat "$FAKE/count" 2>/dev/null || echo 0) + 1))
    echo "$n" >"$FAKE/count"
    if [ "$n" = "$(cat "$FAKE/fail-at" 2>/dev/null)" ]; then
        echo "{name} $*" >"$FAKE/failed"
        exit 1
    fi
    like=$(cat "$FAKE/kill-like" 2>/dev/null)
    case "{name} $*" in $like) like=yes ;; esac
    if [ "$n" = "$(cat "$FAKE/kill-at" 2>/dev/null)" ] || [ "$like" = yes ]; then
        echo "{name} $*" >"$FAKE/failed"
        kill -9 "$(cat "$FAKE/main")"
        exit 1
    fi ;;
esac
exec "{real}" "$@"
"""


def hooked(machine: Machine) -> None:
    """Every step that changes something is counted, and one of them can be made to fail, or to be the last."""
    shutil.copy(machine.fake / "bin/docker", machine.fake / "docker")
    (machine.fake / "docker").chmod(0o755)
    for name in STEPS:
        real = str(machine.fake / "docker") if name == "docker" else shutil.which(name)
        (machine.fake / "bin" / name).unlink()
        machine.tool(name, HOOK.replace("{name}", name).replace("{real}", str(real)))


def count(machine: Machine) -> int:
    return int((machine.fake / "count").read_text())


def disarm(machine: Machine) -> None:
    for name in ("fail-at", "kill-at", "kill-like", "failed", "count"):
        (machine.fake / name).unlink(missing_ok=True)


EACH = range(1, 27)
"""Steps of an activation; `test_an_activation_has_as_many_steps` keeps the number true."""


def test_an_activation_has_as_many_steps(machine: Machine) -> None:
    hooked(machine)
    assert machine.activate().returncode == 0
    assert count(machine) == EACH.stop - 1


@pytest.mark.parametrize("step", EACH)
def test_a_step_that_fails_leaves_the_old_or_the_new_release(machine: Machine, step: int) -> None:
    hooked(machine)
    machine.put("fail-at", str(step))
    result = machine.activate()
    failed = (machine.fake / "failed").read_text()
    expected = {0: AFTER, 1: BEFORE, 3: BEFORE}
    assert result.returncode in expected, (failed, result.stderr)
    disarm(machine)
    assert machine.state == expected[result.returncode], failed
    if machine.leftovers:
        machine.environment_file(".env.next", "3")
        assert machine.activate(release=OLD, mode="local").returncode == 0, failed
        assert (machine.state, machine.leftovers) == (f"{OLD} local 3; runs {OLD} local 3", []), failed


def old_lock(machine: Machine) -> None:
    """A lock that was left before its owner was written is taken over after a minute."""
    lock = machine.root / "lock"
    if lock.is_dir() and not (lock / "owner").exists():
        os.utime(lock, (1, 1))


@pytest.mark.parametrize("step", EACH)
def test_a_kill_at_any_step_leaves_the_old_or_the_new_release(machine: Machine, step: int) -> None:
    hooked(machine)
    machine.put("kill-at", str(step))
    assert machine.activate().returncode == -signal.SIGKILL
    killed = (machine.fake / "failed").read_text()
    expected = BEFORE if (machine.root / "transaction").exists() or machine.text("mode") == "hybrid\n" else AFTER
    disarm(machine)
    old_lock(machine)
    result = machine.recover()
    assert result.returncode == 0, killed + result.stderr
    assert (machine.state, machine.leftovers) == (expected, []), killed


def killed(machine: Machine, call: str) -> None:
    """An activation that ends by a kill in place of the first step that begins like `call`."""
    hooked(machine)
    machine.put("kill-like", call)
    assert machine.activate("--who", "ann").returncode == -signal.SIGKILL
    assert (machine.fake / "failed").exists()
    disarm(machine)


@pytest.mark.parametrize("step", range(1, 13))
def test_a_recovery_may_itself_be_killed_at_any_step(machine: Machine, step: int) -> None:
    killed(machine, "docker*exec*")
    machine.put("kill-at", str(step))
    first = machine.recover()
    disarm(machine)
    old_lock(machine)
    if first.returncode:
        assert machine.recover().returncode == 0
    assert machine.state == BEFORE
    assert [name for name in machine.leftovers if not name.startswith("lock.stale.")] == []


def test_a_recovery_has_no_more_steps(machine: Machine) -> None:
    killed(machine, "docker*exec*")
    assert machine.recover().returncode == 0
    assert count(machine) == 12


def test_a_recovery_is_in_the_journal_with_what_was_interrupted(machine: Machine) -> None:
    killed(machine, "docker*exec*")
    assert machine.state == f"{NEW} hybrid 2; runs {NEW} local 2"
    result = machine.recover()
    assert f"an interrupted apply (release {NEW} in local mode, phase gate) is taken back" in result.stderr
    (line,) = machine.journal
    assert (line["action"], line["outcome"], line["release"], line["mode"]) == ("recover", "recovered", OLD, "hybrid")
    assert (line["from_release"], line["from_mode"], line["who"]) == (NEW, "local", "ann")


def test_a_first_activation_that_was_killed_is_taken_back_to_nothing(fresh: Machine) -> None:
    killed(fresh, "docker*exec*")
    assert fresh.recover().returncode == 0
    assert (fresh.state, fresh.leftovers) == ("- - -; runs nothing", [])


@pytest.mark.parametrize(
    ("words", "after"),
    [
        (("mode", "cloud", "-y"), f"{OLD} cloud 1; runs {OLD} cloud 1"),
        (("up",), BEFORE),
        (("down",), f"{OLD} hybrid 1; runs nothing"),
    ],
)
def test_whatever_is_asked_next_an_interrupted_activation_is_taken_back_first(
    machine: Machine, words: tuple[str, ...], after: str
) -> None:
    killed(machine, "docker*exec*")
    (machine.root / ".env.next").unlink(missing_ok=True)
    result = machine.do(NEW, *words)
    assert result.returncode == 0, result.stderr
    assert machine.state == after
    assert set(machine.leftovers) <= {"down"}
    assert machine.journal[0]["outcome"] == "recovered"


def test_the_next_activation_takes_an_interrupted_one_back_and_goes_on(machine: Machine) -> None:
    killed(machine, "docker*exec*")
    machine.release(OTHER)
    machine.environment_file(".env.next", "3")
    result = machine.activate(release=OTHER, mode="cloud")
    assert f"@begin from={OLD} from_mode=hybrid to={OTHER} to_mode=cloud" in phases(result)
    assert (machine.state, machine.leftovers) == (f"{OTHER} cloud 3; runs {OTHER} cloud 3", [])
    assert [line["outcome"] for line in machine.journal] == ["recovered", "done"]


def test_a_refused_activation_ends_an_interrupted_one_all_the_same(machine: Machine) -> None:
    killed(machine, "docker*exec*")
    machine.put("missing-images", "registry/qdrant:1\n")
    assert machine.activate().returncode == 1
    assert (machine.state, machine.leftovers) == (BEFORE, [])


def test_compose_that_outlives_a_kill_is_ended_before_anything_goes_back(machine: Machine) -> None:
    os.mkfifo(machine.fake / "slow-up")
    process = subprocess.Popen(
        ["sh", machine.root / "releases" / NEW / "dream", "activate", "local"],
        env=machine.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with (machine.fake / "slow-up").open("w"):
        process.kill()
        process.wait()
        (machine.fake / "slow-up").unlink()
        result = machine.recover()
    assert "ending docker compose of the interrupted run" in result.stderr
    assert (result.returncode, machine.state, machine.leftovers) == (0, BEFORE, [])


def test_a_recovery_under_the_lock_of_a_controller_leaves_it_to_the_controller(machine: Machine) -> None:
    killed(machine, "docker*exec*")
    shutil.rmtree(machine.root / "lock")
    lock = locked(machine, "mine")
    assert machine.do(NEW, "recover", "--token", "theirs").returncode == 5
    assert machine.do(NEW, "recover", "--token", "mine").returncode == 0
    assert machine.state == BEFORE
    assert lock.is_dir()


def test_services_are_made_anew_where_that_is_asked(machine: Machine) -> None:
    assert machine.activate("--recreate", "open-webui gone").returncode == 0
    ups = [line.partition(".yml ")[2] for line in machine.changed if " up " in line]
    assert ups[0] == "up --no-start --no-deps --force-recreate open-webui"
    assert ups[1].startswith("up -d ")


def test_a_start_of_the_machine_brings_the_recorded_mode_up(machine: Machine) -> None:
    machine.put("containers")
    (machine.fake / "running").unlink()
    assert machine.recover().returncode == 0
    assert machine.state == BEFORE
    assert " exec " not in machine.log
    assert machine.journal == []


def test_a_recovery_that_does_not_come_up_says_so(machine: Machine) -> None:
    (machine.root / "releases" / OLD / "no-up").write_text("")
    result = machine.recover()
    assert result.returncode == 1
    assert "hybrid mode did not come up" in result.stderr
    killed(machine, "docker*exec*")
    assert machine.recover().returncode == 4
    assert machine.journal[-1]["outcome"] == "stuck"


def test_what_was_taken_down_stays_down_over_a_start_of_the_machine_until_it_is_up_again(machine: Machine) -> None:
    assert machine.do(OLD, "down").returncode == 0
    assert (machine.journal[-1]["action"], machine.journal[-1]["outcome"]) == ("down", "done")
    assert machine.recover().returncode == 0
    assert machine.state == f"{OLD} hybrid 1; runs nothing"
    assert machine.do(OLD, "up").returncode == 0
    assert machine.recover().returncode == 0
    assert (machine.state, machine.leftovers) == (BEFORE, [])


# --- rollback and old releases ---


def test_a_rollback_goes_to_the_release_before_in_the_mode_it_had(machine: Machine) -> None:
    assert machine.activate(release=OLD, mode="cloud").returncode == 0
    machine.environment_file(".env.next", "2")
    assert machine.activate().returncode == 0
    assert machine.do(NEW, "rollback").returncode == 64
    result = machine.do(NEW, "rollback", "-y", "--why", "slow")
    assert result.returncode == 0, result.stderr
    assert machine.state == f"{OLD} cloud 2; runs {OLD} cloud 2"
    assert [(line["action"], line["why"]) for line in machine.journal] == [
        ("apply", ""),
        ("apply", ""),
        ("rollback", "slow"),
    ]
    assert machine.do(OLD, "rollback", NEW, "-y").returncode == 0
    assert machine.state == f"{NEW} local 2; runs {NEW} local 2"


def test_a_rollback_to_what_is_not_there_is_refused(machine: Machine) -> None:
    assert machine.do(OLD, "rollback", "-y").returncode == 1
    result = machine.do(OLD, "rollback", "feedfeedfeed", "-y")
    assert result.returncode == 1
    assert NEW in result.stderr
    assert machine.do(OLD, "rollback", "../x", "-y").returncode == 64
    assert machine.state == BEFORE


def aged(machine: Machine, *names: str) -> None:
    for age, name in enumerate(names):
        machine.release(name)
        os.utime(machine.root / "releases" / name, (1000 - age, 1000 - age))


def test_old_releases_go_but_not_the_one_before(machine: Machine) -> None:
    aged(machine, "a1", "a2", "a3")
    os.utime(machine.root / "releases" / OLD, (1, 1))
    assert machine.activate("--keep", "2").returncode == 0
    kept = sorted(path.name for path in (machine.root / "releases").iterdir())
    assert kept == [f".running.{OLD}", OLD, "a1", NEW]


def test_a_release_that_a_running_container_may_read_stays(machine: Machine) -> None:
    assert machine.activate("--keep", "0").returncode == 0
    machine.release(OTHER)
    machine.environment_file(".env.next", "3")
    assert machine.activate("--keep", "0", release=OTHER).returncode == 0
    # open-webui and qdrant run since before, unchanged: what they have mounted belongs to the first release
    kept = {path.name for path in (machine.root / "releases").iterdir() if not path.name.startswith(".")}
    assert kept == {OLD, NEW, OTHER}


# --- the journal ---


def test_the_journal_is_json_whatever_the_reason_says(machine: Machine) -> None:
    why = 'he said "no\\n"\nand\tleft \x07 \u00e9\U0001f600 \\'
    assert machine.activate("--why", why, "--who", "it's", "--git", '"').returncode == 0
    (line,) = machine.journal
    assert line["why"] == why.replace("\t", " ").replace("\x07", " ")
    assert (line["who"], line["git"]) == ("it's", '"')


def test_bytes_that_are_no_text_are_left_out(machine: Machine) -> None:
    script = machine.root / "releases" / NEW / "dream"
    words = [b"sh", os.fsencode(script), b"activate", b"local", b"--why", b"a\xff\xc3b"]
    subprocess.run(words, env=machine.environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert json.loads((machine.root / "journal.jsonl").read_bytes().decode())["why"] == "ab"


def test_a_journal_that_cannot_be_written_breaks_nothing(machine: Machine) -> None:
    (machine.root / "journal.jsonl").mkdir()
    result = machine.activate()
    assert (result.returncode, machine.state) == (0, AFTER)
    assert "journal.jsonl; this run is not in it" in result.stderr


def test_half_a_line_of_a_full_disk_does_not_spoil_the_next(machine: Machine) -> None:
    (machine.root / "journal.jsonl").write_text('{"time":"20')
    assert machine.activate().returncode == 0
    half, whole = machine.text("journal.jsonl").splitlines()
    assert half == '{"time":"20'
    assert json.loads(whole)["outcome"] == "done"


def test_a_mode_that_cannot_be_recorded_leads_back(machine: Machine) -> None:
    (machine.root / "mode").unlink()
    (machine.root / "mode").mkdir()
    (machine.root / "mode" / "x").write_text("")
    result = machine.activate()
    assert result.returncode == 4  # nobody knows the mode to go back to
    assert "cannot write" in result.stderr
    assert machine.current == OLD


def test_what_compose_shows_of_an_unreadable_env_file_is_masked(machine: Machine) -> None:
    machine.put("complain", f'failed to read .env: line 2: unexpected character near "{SECRET}"\n')
    result = machine.activate()
    assert result.returncode == 4
    assert 'near "***"' in result.stderr


def test_odd_characters_in_a_secret_are_masked_too(machine: Machine) -> None:
    odd = r"a/b\c.*[d]&^e$" + "'\"x"
    (machine.root / ".env.next").write_text(f"{KEYS}ODD={odd}\n")
    machine.put("complain", f"line 3: {odd}!\n")
    result = machine.activate()
    assert "line 3: ***!" in result.stderr


# --- the mode switch is the same transaction ---


def test_a_switch_of_mode_is_in_the_journal_and_leaves_the_release(machine: Machine) -> None:
    assert machine.do(OLD, "mode", "local", "-y").returncode == 0
    assert machine.state == f"{OLD} local 1; runs {OLD} local 1"
    (line,) = machine.journal
    assert (line["action"], line["outcome"], line["mode"], line["from_mode"]) == ("mode", "done", "local", "hybrid")
    assert line["release"] == line["from_release"] == OLD
    assert machine.leftovers == [".env.next"]


def test_a_switch_that_was_killed_is_taken_back(machine: Machine) -> None:
    hooked(machine)
    machine.put("kill-like", "docker*exec*")
    assert machine.do(OLD, "mode", "local", "-y").returncode == -signal.SIGKILL
    disarm(machine)
    assert machine.recover().returncode == 0
    assert (machine.state, machine.leftovers) == (BEFORE, [])


def test_a_bundle_in_place_recovers_and_keeps_a_journal_too(tmp_path: Path) -> None:
    made = make_host(tmp_path, "plain")
    host = Machine(made.root, made.fake, made.bundle)
    host.is_in("cloud")
    hooked(host)
    host.put("kill-like", "docker*exec*")
    killed = 'echo $$ >"$FAKE/main"; exec sh "$0" mode local -y'
    subprocess.run(["sh", "-c", killed, host.script], env=host.environment, capture_output=True, check=False)
    assert (host.root / ".dream-transaction").exists()
    disarm(host)
    assert host.run("recover").returncode == 0
    assert (host.fake / "running").read_text() == "root cloud \n"
    assert host.run("mode", "local", "-y").returncode == 0
    outcomes = [json.loads(line)["outcome"] for line in host.text(".dream-journal.jsonl").splitlines()]
    assert outcomes == ["recovered", "done"]
    assert [name for name in os.listdir(host.root) if name.startswith(".dream-")] == [".dream-journal.jsonl"]


# --- for programs and for the machine ---


def test_status_is_one_json_object(machine: Machine) -> None:
    result = machine.do(OLD, "status", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["stack"], told["release"], told["mode"], told["down"]) == ("lab", OLD, "hybrid", False)
    assert (told["lock"], told["transaction"], told["engine"]) == (None, None, "")
    assert {"name": "ollama", "state": "running", "health": "healthy", "wanted": True} in told["services"]
    assert told["gateway"] == {"url": "http://127.0.0.1:4000", "answers": True, "text": "answers (canned)"}


def test_status_tells_what_is_wrong(machine: Machine) -> None:
    locked(machine, "t")
    (machine.root / "transaction").write_text('token=t\nto_release=x"y\nphase=up\n')
    machine.put("containers", "litellm|running|Up 1 second (health: starting)|x\nold|exited|Exited (1)|x\n")
    result = machine.do(OLD, "status", "--json")
    assert result.returncode == 1
    told = json.loads(result.stdout)
    assert (told["lock"]["who"], told["lock"]["stale"], told["transaction"]["to_release"]) == ("ann", False, 'x"y')
    assert {"name": "litellm", "state": "running", "health": "starting", "wanted": True} in told["services"]
    assert {"name": "old", "state": "exited", "health": "", "wanted": False} in told["services"]
    assert {"name": "qdrant", "state": "", "health": "", "wanted": True} in told["services"]
    machine.put("no-engine")
    assert "Docker does not answer" in json.loads(machine.do(OLD, "status", "--json").stdout)["engine"]


def test_the_unit_starts_the_stack_of_whatever_release_is_current(machine: Machine) -> None:
    text = machine.do(OLD, "unit", "print").stdout
    assert f"ExecStart={machine.root}/current/dream recover\n" in text
    assert "Requires=docker.service\n" in text
    assert "ExecStop" not in text
    assert machine.do(OLD, "unit").returncode == 64


def test_the_unit_is_installed_once_and_removed(machine: Machine, tmp_path: Path) -> None:
    machine.tool("systemctl", '#!/bin/sh\necho "systemctl $*" >>"$FAKE/log"\n')
    machine.units = str(tmp_path)
    assert machine.do(OLD, "unit", "install").returncode == 0
    unit = tmp_path / "dream-lab.service"
    assert unit.read_text() == machine.do(OLD, "unit", "print").stdout
    assert machine.log.splitlines() == ["systemctl daemon-reload", "systemctl enable -q dream-lab.service"]
    assert "is installed" in machine.do(OLD, "unit", "install").stdout
    assert machine.log.count("daemon-reload") == 1
    assert machine.do(OLD, "unit", "remove").returncode == 0
    assert not unit.exists()
    assert machine.do(OLD, "unit", "remove").returncode == 0


def test_where_the_unit_cannot_be_written_the_command_is_named(machine: Machine, tmp_path: Path) -> None:
    assert machine.do(OLD, "unit", "install").returncode == 1
    machine.tool("systemctl", "#!/bin/sh\n")
    machine.units = str(tmp_path / "missing")
    result = machine.do(OLD, "unit", "install")
    assert result.returncode == 1
    assert f"run as root: {machine.root}/releases/{OLD}/dream unit install" in result.stderr


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_every_posix_shell_activates_goes_back_and_recovers(machine: Machine, shell: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    (machine.fake / "bin/sh").unlink()
    (machine.fake / "bin/sh").symlink_to(found)
    (machine.root / "releases" / NEW / "mute").write_text("embed\n")
    assert machine.activate("--why", 'a "b"\nc').returncode == 3
    assert (machine.state, machine.leftovers) == (BEFORE, [])
    (machine.root / "releases" / NEW / "mute").unlink()
    machine.environment_file(".env.next", "2")
    killed(machine, "docker*exec*")
    assert machine.recover().returncode == 0
    assert machine.state == BEFORE
    machine.environment_file(".env.next", "2")
    assert machine.activate().returncode == 0
    assert (machine.state, machine.leftovers) == (AFTER, [])
    assert [line["outcome"] for line in machine.journal] == ["rolled-back", "recovered", "done"]
    assert json.loads(machine.do(NEW, "status", "--json").stdout)["release"] == NEW
