"""A crowd of clients against a real proxy and a fake cloud that fails at random, with the gateway killed in the middle.

What the cloud charged stands in its own books, which are compared with the ledger to the nano-dollar.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from dreamc.runtime.ledger import Settle, open_ledger
from dreamc.runtime.money import nano
from tests.runtime.crowd import Ask, Got, crowd
from tests.runtime.policies import desk
from tests.runtime.proxy import CONFIG, config, free_port, lay_out, litellm

PROGRAM = litellm()
pytestmark = [
    pytest.mark.gateway,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no litellm beside this interpreter, and DREAMC_LITELLM is not set"),
]
CLOUD = ("gpt", "claude", "gemini")
CLIENTS = 32
MAX_TOKENS = 40
SEED = "race"


def stack(size: int) -> dict[str, Any]:
    """Budgets that run out on the way: the stack's after some two thirds, that of one provider before."""
    raw = desk()
    raw["aliases"] = ["auto", "code", "mixed", "paid"]
    raw["members"]["foreign"] = {**raw["members"]["gpt"], "domain": "api.foreign.example", "provider": "foreign"}
    for mode, served in raw["modes"].items():
        clouds = [] if mode == "local" else ["gpt", "claude"]
        chains = {
            "paid": [*clouds, "fast"],
            "mixed": [*clouds[:1], "quality"] if mode == "local" else ["foreign", "gemini", "quality"],
        }
        served["aliases"] |= {name: {"routed": False, "members": chain} for name, chain in chains.items()}
    raw["complexity"] = [{"tier": tier, "up_to": up} for tier, up in zip(raw["tiers"], (0.3, 0.6, 0.8, 1), strict=True)]
    raw["budget"] = {"daily_usd": None, "monthly_usd": 0.03 + size * 0.000_06, "alert_at": 0.5}
    raw["budget"]["providers"] = {"google": {"daily_usd": 0.002 + size * 0.000_002, "monthly_usd": None}}
    raw["timeout_s"] = 2
    return raw


@dataclass
class Scene:
    folder: Path
    port: int
    environment: dict[str, str]
    gateway: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def books(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "books.jsonl").read_text().splitlines()]

    def start(self) -> None:
        assert PROGRAM is not None
        self.starts += 1
        command = [PROGRAM, "--config", str(self.folder / CONFIG), "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "proxy.log").open("ab") as log:
            self.gateway = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder
            )
        while not self.alive():
            assert self.gateway.poll() is None, (self.folder / "proxy.log").read_text()[-4_000:]
            time.sleep(0.1)

    def alive(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health/liveliness", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def wait(self) -> None:
        while not self.alive():
            time.sleep(0.1)

    def kill_halfway(self, size: int) -> None:
        """When half as many calls have been made as there are requests; then it is started again."""
        while len((self.folder / "books.jsonl").read_bytes().splitlines()) < size // 2:
            time.sleep(0.05)
        assert self.gateway is not None
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait(20)
        self.start()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "ledger.sqlite", timeout=10)) as database:
            return database.execute(statement).fetchall()


@pytest.fixture(params=[600, pytest.param(10_000, marks=pytest.mark.race)])
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def scene(tmp_path: Path, size: int) -> Iterator[Scene]:
    cloud, raw = free_port(), stack(size)
    settings = config(raw, "hybrid", cloud)
    settings["router_settings"]["allowed_fails"] = 1_000_000
    made = Scene(tmp_path, free_port(), lay_out(tmp_path, settings, json.dumps(raw), "hybrid"))
    (tmp_path / "books.jsonl").touch()
    program = [
        sys.executable,
        str(Path(__file__).with_name("cloud.py")),
        str(cloud),
        str(tmp_path / "books.jsonl"),
        SEED,
    ]
    with subprocess.Popen(program) as provider:
        try:
            made.start()
            yield made
        finally:
            if made.gateway is not None and made.gateway.poll() is None:
                made.gateway.terminate()
                made.gateway.wait(20)
            provider.terminate()


def asks(size: int) -> list[Ask]:
    return [_ask(mark, random.Random(f"{SEED}{mark}")) for mark in range(size)]


def _ask(mark: int, chance: random.Random) -> Ask:
    """What a client may do: stream, steer, name deployments, ask for local models, hang up."""
    words = " ".join(
        chance.choice(("redesign", "fix", "explain", "the", "parser", "now")) for _ in range(chance.randint(3, 60))
    )
    body: dict[str, Any] = {"messages": [{"role": "user", "content": f"mark-{mark} {words}"}], "max_tokens": MAX_TOKENS}
    kind = chance.choices(("open", "local", "kept", "forced", "steered"), (70, 8, 8, 8, 6))[0]
    headers: dict[str, str] = {}
    body["model"] = chance.choice(("auto", "code", "mixed", "paid", "paid"))
    if kind == "open" and chance.random() < 0.5:
        headers["x-dream-action"] = chance.choice(("architecture_design", "code_review"))
    if kind == "local":
        headers["x-dream-force"] = "local"
    if kind == "kept":
        headers["x-dream-action"] = "simple_completion"
    if kind == "forced":
        body["model"] = chance.choice(
            ("gpt@openai.0", "claude@anthropic.0", "foreign", "hosted_vllm/gpt", "tier:api_premium")
        )
    if kind == "steered":
        body |= {"specific_deployment": True, "num_retries": 3}
        body |= {"fallbacks": ["claude@anthropic"]} if chance.random() < 0.5 else {"fallbacks": ["paid"]}
        body["metadata"] = {"dream": {"members": ["foreign"]}, "dream_holds": {"gpt@openai.0": "none"}}
    stream = chance.random() < 0.4
    body["stream"] = stream
    return Ask("/v1/chat/completions", body, headers, kind, leaves=stream and chance.random() < 0.05)


def test_no_call_beyond_the_reserve_and_the_ledger_equals_the_clouds_own_books(scene: Scene, size: int) -> None:
    wanted = asks(size)
    started = time.monotonic()
    got = asyncio.run(_run(scene, wanted))
    seconds = time.monotonic() - started
    books = [row for row in scene.books if row["model"] in CLOUD or row["model"] == "foreign"]
    _wait_until_settled(scene)

    _everybody_was_answered_or_told_why(wanted, got)
    _no_request_has_two_outcomes(scene)
    _nobody_left_the_whitelist(wanted, books)
    _every_call_was_reserved_once(books)
    _within_the_budget(scene, books, size)
    left = _equal(scene, books)
    _tell(size, seconds, got, books, left)


async def _run(scene: Scene, wanted: list[Ask]) -> list[Got]:
    """The crowd, and halfway through it the end of the gateway and its new start."""
    back = asyncio.Lock()

    async def again() -> None:
        async with back:
            await asyncio.to_thread(scene.wait)

    ending = asyncio.create_task(asyncio.to_thread(scene.kill_halfway, len(wanted)))
    found = await crowd(scene.port, wanted, CLIENTS, again)
    await ending
    return found


def _wait_until_settled(scene: Scene) -> None:
    """LiteLLM logs in the background. What stays in flight had no end: its client left before a word was said."""
    deadline = time.monotonic() + 15
    while scene.query("SELECT 1 FROM reserved WHERE why = ''") and time.monotonic() < deadline:
        time.sleep(0.1)


def _everybody_was_answered_or_told_why(wanted: list[Ask], got: list[Got]) -> None:
    cut = [ask for ask, one in zip(wanted, got, strict=True) if one.status == 0]
    assert len(cut) <= CLIENTS
    for ask, one in zip(wanted, got, strict=True):
        if one.status in (0, 200) or ask.leaves:
            continue
        assert json.loads(_body(one.text))["error"]["message"], (ask, one)
        assert one.status != 500, (ask, one)
        assert ask.kind in ("forced", "steered") or one.status in (408, 429) or one.status >= 500, (ask, one)
    honest = [one for ask, one in zip(wanted, got, strict=True) if ask.kind not in ("forced", "steered") and one.status]
    assert sum(one.status == 200 for one in honest) > 0.95 * len(honest)


def _no_request_has_two_outcomes(scene: Scene) -> None:
    lines = (scene.folder / "llm_usage.jsonl").read_text().splitlines()
    rows = (json.loads(line) for line in lines if line.endswith("}"))
    ended = Counter(row["id"] for row in rows if row["served"] or row["status"].startswith(("failed", "refused")))
    assert ended
    assert max(ended.values()) == 1


def _body(text: str) -> str:
    """The JSON of an answer, out of its chunks where it came in such."""
    return text[text.index("{") : text.rindex("}") + 1]


def _nobody_left_the_whitelist(wanted: list[Ask], books: list[dict[str, Any]]) -> None:
    assert not [row for row in books if row["model"] == "foreign"]
    asked = {int(row["mark"]) for row in books}
    kinds = Counter(wanted[mark].kind for mark in asked)
    assert not kinds.keys() & {"local", "kept", "forced"}
    assert kinds["open"]


def _every_call_was_reserved_once(books: list[dict[str, Any]]) -> None:
    assert all(row["id"] for row in books)
    assert max(Counter(row["id"] for row in books).values()) == 1


def _within_the_budget(scene: Scene, books: list[dict[str, Any]], size: int) -> None:
    limits = stack(size)["budget"]
    taken = dict(scene.query("SELECT provider, SUM(settled + doubt + held) FROM days GROUP BY provider"))
    assert sum(taken.values()) <= nano(limits["monthly_usd"])
    assert nano(0.9 * limits["monthly_usd"]) < sum(taken.values()), "the budget was never tried"
    assert taken["google"] <= nano(limits["providers"]["google"]["daily_usd"])
    assert sum(row["nano"] for row in books) <= nano(limits["monthly_usd"])
    assert sum(row["nano"] for row in books if row["model"] == "gemini") <= taken["google"]


def _equal(scene: Scene, books: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """The calls without a known end, at their worst; with what the cloud's books say of them, the sums are equal."""
    rows = scene.query("SELECT id, nano, why FROM reserved")
    left = {id_: (most, why) for id_, most, why in rows}
    charged = {row["id"]: row["nano"] for row in books}
    assert _settled(scene) == sum(charged[id_] for id_ in charged if id_ not in left)
    assert all(charged.get(id_, 0) <= most for id_, (most, _) in left.items())
    ledger = open_ledger(str(scene.folder / "ledger.sqlite"), "hybrid")
    ledger.apply([Settle(id_, charged.get(id_, 0)) for id_ in left])
    ledger.close()
    assert _settled(scene) == sum(charged.values())
    assert scene.query("SELECT SUM(doubt), SUM(held) FROM days") == [(0, 0)]
    return left


def _settled(scene: Scene) -> int:
    return int(scene.query("SELECT COALESCE(SUM(settled), 0) FROM days")[0][0])


def _tell(
    size: int, seconds: float, got: list[Got], books: list[dict[str, Any]], left: dict[str, tuple[int, str]]
) -> None:
    """Figures for whoever runs it with -s."""
    usd, most = sum(row["nano"] for row in books) / 1e9, sum(most for most, _ in left.values()) / 1e9
    lines = (
        f"{size} requests in {seconds:.0f} s, statuses {dict(Counter(one.status for one in got))}",
        f"cloud: {len(books)} calls, {usd:.6f} USD, {dict(Counter(row['happens'] for row in books))}",
        f"without a known end: {len(left)}, at most {most:.6f} USD, {dict(Counter(why for _, why in left.values()))}",
        f"refused: {dict(Counter(_reason(one) for one in got if one.status not in (0, 200)).most_common(12))}",
    )
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def _reason(one: Got) -> str:
    return f"{one.status} {one.text.partition('message')[2][3:130]}"
