"""release.json: facts that an apply acts on; most repeat what another file of the bundle says, and lead there."""

from __future__ import annotations

from dreamc.diagnostics.types import Path
from dreamc.explain.cast import alias_path, role, source_path
from dreamc.explain.types import Rule, Scene, Spot, Told
from dreamc.explain.words import chosen, fixed, key, secret

HERE = "backends/release.py"
FILE = "release.json"


def _service(scene: Scene, spot: Spot) -> Told | None:
    entry, what = spot.above(4), spot.text(4)
    name = str(entry.get("name")) if isinstance(entry, dict) else ""
    mode = spot.above(2)
    compiled = mode.get("mode") if isinstance(mode, dict) else ""
    found = role(scene, spot.host, name)
    paths: tuple[Path, ...] = tuple(source_path(local) for local in found.locals) if found else ()
    if found and found.extra:
        paths = (found.extra.at,)
    if what == "definition":
        return chosen("backends/compose.py", f"sha256 of the service {name} as docker-compose.{compiled}.yml has it")
    why = f"{what} of the service {name}, as docker-compose.{compiled}.yml has it"
    return chosen(HERE, why, *paths)


def _alias(scene: Scene, spot: Spot) -> Told:
    entry = spot.above(4)
    name = str(entry.get("name")) if isinstance(entry, dict) else ""
    why = f"who may answer {name}: the gate of an apply compares the deployment that answered with these"
    return chosen(HERE, why, *alias_path(scene, name))


def _secret(scene: Scene, spot: Spot) -> Told:
    entry = spot.above(4)
    known = secret(scene, str(entry.get("variable"))) if isinstance(entry, dict) else None
    return known or chosen("workloads/secrets.py", "made up once for this host and kept in its .env", ("services",))


def _weights(scene: Scene, spot: Spot) -> Told:
    entry = spot.above(4)
    users = entry.get("used_by", []) if isinstance(entry, dict) else []
    paths = tuple((*local.at, "source") for local in scene.stack.locals if local.name in users)
    return chosen(HERE, "model files that must lie on the host before the mode starts", *paths)


def _mode(why: str, *paths: Path) -> Rule:
    """A figure of a mode itself."""
    return Rule(FILE, ("modes", "*", why, "**"), key(MODE_KEYS[why], *paths))


MODE_KEYS = {
    "mode": "one of the three modes",
    "reason": "why the mode is not compiled",
    "images": "every image that the mode starts",
    "cards": "the ledger of the host's cards in this mode",
    "needs": "what the mode asks of the host; CUDA and driver are those of the newest GPU image",
    "worst_month": "the most that the clouds can cost in a month under the budget, in US dollars; null: no limit",
    "expected_month": "what the clouds cost in a month of 30 days on the traffic of `costs:`, in US dollars",
}

RULES: tuple[Rule, ...] = (
    Rule(FILE, ("version",), fixed("artifact/release.py", "version of the format")),
    Rule(FILE, ("tool",), fixed(HERE, "the compiler that made the bundle")),
    Rule(FILE, ("stack",), key("name of the stack", ("name",))),
    Rule(FILE, ("project",), key("the compose project: the stack's name behind `dream-`", ("name",))),
    Rule(FILE, ("host",), key("the host", ("hardware",))),
    Rule(FILE, ("root",), key("where releases, data and models lie on the host", ("data", "root"))),
    Rule(FILE, ("input_sha256",), fixed("compiler.py", "sha256 over everything that decides the output")),
    Rule(FILE, ("default_mode",), key("the mode that a first apply starts", ("mode",))),
    Rule(FILE, ("directories", "**"), key("a directory that must exist before the first start", ("data", "root"))),
    Rule(FILE, ("gateway",), key("the service that answers clients", ("gateway", "hosts"))),
    Rule(FILE, ("gateway_url",), key("where clients find the gateway", ("gateway", "port"), ("gateway", "bind"))),
    Rule(FILE, ("after", "*"), key("a host whose models this gateway asks: it is applied first", ("gateway", "hosts"))),
    Rule(FILE, ("modes", "*", "services", "*", "**"), _service),
    Rule(FILE, ("modes", "*", "aliases", "*", "**"), _alias),
    Rule(FILE, ("modes", "*", "secrets", "*", "**"), _secret),
    Rule(FILE, ("modes", "*", "weights", "*", "**"), _weights),
    _mode("mode", ("mode",)),
    _mode("reason", ("mode",)),
    _mode("images", ("images",)),
    _mode("cards", ("hardware",)),
    _mode("needs", ("hardware",)),
    _mode("worst_month", ("budget",)),
    _mode("expected_month", ("costs", "traffic")),
)
