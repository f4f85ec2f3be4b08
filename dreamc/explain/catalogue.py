"""config/providers.yaml and config/model-mappings.yaml: the catalogue, which the gateway itself does not read."""

from __future__ import annotations

from dreamc.diagnostics.types import Path
from dreamc.explain import sized
from dreamc.explain.cast import account, alias_path, cards, member
from dreamc.explain.known import cloud_row, gpu_row, model_row, provider_row
from dreamc.explain.types import Rule, Scene, Spot, Told
from dreamc.explain.words import chosen, fixed, key
from dreamc.stack.types import Local, Provider

PROVIDERS = "config/providers.yaml"
MAPPINGS = "config/model-mappings.yaml"
HERE = "backends/catalogue"
SIZED = ("context_length", "max_model_len", "kv_cache_available_gb")
CLOUD_KEYS: tuple[tuple[str, str], ...] = (
    ("env_var", "key"), ("requires_api_key", "key"), ("base_url", "base_url"), ("description", "description"),
    ("rate_limits", "rate_limits"), ("type", "kind"), ("api_format", "kind"),
)  # fmt: skip


def _entry(scene: Scene, spot: Spot) -> Told | None:
    """Anything in an entry of `providers`."""
    home = next((one for one in scene.stack.providers if one.name == spot.text(1)), None)
    local = _served(scene, spot)
    if len(spot.keys) > 4 and spot.keys[2] == "models":
        return _model(scene, spot)
    if home is not None and local is None:
        return _cloud(scene, home, spot)
    return _server(scene, local, spot) if local else None


def _model(scene: Scene, spot: Spot) -> Told | None:
    entry = spot.above(4)
    one = member(scene, str(entry.get("name"))) if isinstance(entry, dict) else None
    if one is None:
        return None
    what = spot.text(4)
    if isinstance(one, Local):
        if what in SIZED:
            return (
                sized.kv_cache(scene, one)
                if what.startswith("kv") and one.engine == "vllm"
                else sized.context(scene, one)
            )
        if what == "model_size_gb":
            return sized.figure(scene, one, "weights", "GiB of weights on each card; the catalogue's keys call them gb")
        return Told(f"{what} of a model on your own card", _keys(one.at, what, "source"), model_row(one))
    return Told(f"{what} of a cloud model", _keys(one.at, what, "id"), cloud_row(scene, one))


def _keys(at: Path, what: str, source: str) -> tuple[Path, ...]:
    own = {"tags": ("tier", "task", "abilities"), "context_length": ("context",), "description": ("description",)}
    return tuple((*at, one) for one in (*own.get(what, ()), source)) if what != "name" else (at,)


def _cloud(scene: Scene, home: Provider, spot: Spot) -> Told:
    what = spot.text(2)
    if what == "cost_per_1k_tokens":
        one = member(scene, spot.text(3))
        rows = cloud_row(scene, one) if one is not None and not isinstance(one, Local) else ()
        path = (*one.at, "usd_per_mtok") if one else home.at
        return Told("US dollars per thousand tokens", (path,), rows, "US dollars per million tokens / 1,000")
    if what == "notes":
        return Told("the provider's own budget", ((*home.at, "budget"),))
    name = dict(CLOUD_KEYS).get(what)
    return Told(f"{what} of the account", ((*home.at, name) if name else home.at,), provider_row(home))


def _server(scene: Scene, local: Local, spot: Spot) -> Told:
    what = spot.text(2)
    if what == "max_model_len" or "n_ctx" in spot.keys:
        return sized.context(scene, local)
    if what == "gpu_memory_utilization":
        return sized.utilization(scene, local)
    if what == "hardware_requirements":
        return _hardware(scene, local, spot)
    if what == "configuration":
        return Told("requests served at the same time", ((*local.at, "concurrency"),))
    paths: tuple[Path, ...] = (
        ((*local.at, "host"), (*local.at, "gpu")) if what in ("location", "description") else (local.at,)
    )
    why = f"{what} of the model server, as the gateway reaches it in hybrid mode; asking it costs nothing"
    return chosen(f"{HERE}/providers.py", why, *paths)


def _hardware(scene: Scene, local: Local, spot: Spot) -> Told:
    if spot.keys[-1] == "gpu_vram_gb":
        return sized.claim(scene, local, "GiB that the largest model of the server takes on each card")
    instance = local.instances[0]
    rows = tuple(dict.fromkeys(row for card in cards(scene, instance) for row in gpu_row(card)))
    return Told("the card under the server", (("hardware", instance.host, "gpus"),), rows)


def _served(scene: Scene, spot: Spot) -> Local | None:
    """The first model of a local server's entry."""
    name = spot.text(1).partition("@")[0]
    found = (one for one in scene.stack.locals if any(each.service == name for each in one.instances))
    return next(found, None)


def _match(scene: Scene, spot: Spot) -> Told | None:
    one, what = member(scene, spot.text(1)), spot.text(2)
    if one is None:
        return None
    if what in ("priority", "fallback"):
        why = "its best place in a chain" if what == "priority" else "the model that is asked after it in that chain"
        return Told(why, (("fallbacks", "chains"),))
    if isinstance(one, Local):
        return Told(f"{what} of a model on your own card", (one.at, (*one.at, "source")), model_row(one))
    home = account(scene, one)
    return Told(f"{what} of a cloud model", (one.at, home.at), (*provider_row(home), *cloud_row(scene, one)))


def _alias(scene: Scene, spot: Spot) -> Told:
    name = spot.text(1)
    if spot.keys[-1] in ("retry_attempts", "retry_delay_ms"):
        return chosen(f"{HERE}/mappings.py", "nothing is retried: the next model is the retry")
    if spot.text(2) == "complexity_thresholds":
        return _bound(scene, spot.text(3))
    paths = alias_path(scene, name) or (("models", name.partition("@")[0], "replicas"),)
    return Told(f"{spot.text(2)} of {name}: who answers, over all modes", paths)


def _rule(scene: Scene, spot: Spot) -> Told:
    if len(spot.keys) < 3:
        return Told("the first model of the first chain, and the last local one", (("fallbacks", "chains"),))
    name = spot.text(2)
    if name.startswith("complexity:"):
        return _bound(scene, name.partition(":")[2])
    return Told("the kind of action decides first", (("routing", "actions", name),))


def _bound(scene: Scene, tier: str) -> Told:
    path: Path = ("routing", "complexity", tier)
    written = path in scene.document.places
    return Told("a bound of the complexity score", (path if written else ("routing", "cloud_from"),))


def _special(_scene: Scene, spot: Spot) -> Told:
    names = {"timeout_seconds": "timeout", "cooldown_seconds": "cooldown", "triggers": "triggers"}
    return Told("what happens when a model does not answer", (("fallbacks", names.get(spot.text(2), "enabled")),))


RULES: tuple[Rule, ...] = (
    Rule(PROVIDERS, ("providers", "*", "*", "**"), _entry),
    Rule(PROVIDERS, ("metadata", "**"), fixed(f"{HERE}/providers.py", "counted and collected from the entries above")),
    Rule(
        PROVIDERS,
        ("health_checks", "**"),
        fixed(f"{HERE}/providers.py", "local servers only: asking a cloud costs money"),
    ),
    Rule(MAPPINGS, ("exact_matches", "*", "*", "**"), _match),
    Rule(MAPPINGS, ("capabilities", "*", "*", "**"), _alias),
    Rule(MAPPINGS, ("load_balancing", "*", "*", "**"), _alias),
    Rule(MAPPINGS, ("fallback_chains", "*", "*", "**"), _alias),
    Rule(MAPPINGS, ("routing_rules", "**"), _rule),
    Rule(MAPPINGS, ("special_cases", "**"), _special),
    Rule(MAPPINGS, ("metadata", "**"), fixed(f"{HERE}/mappings.py", "what the other parts of this file speak of")),
    Rule(
        MAPPINGS,
        ("notes", "**"),
        key("what limits all of it, in words", ("budget",), ("routing", "tiers"), ("whitelist",)),
    ),
)
