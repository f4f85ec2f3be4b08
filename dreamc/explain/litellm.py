"""config/litellm/<mode>-config.yaml: the deployments."""

from __future__ import annotations

from dreamc.backends.litellm.deployments import COSTS
from dreamc.backends.litellm.groups import NEXT_TO_NOTHING
from dreamc.explain import sized
from dreamc.explain.cast import account, of_deployment, source_path
from dreamc.explain.known import cloud_row, model_row, provider_row
from dreamc.explain.types import Explain, Rule, Scene, Spot, Told
from dreamc.explain.words import chosen, env, fixed
from dreamc.stack.types import Cloud, Local, Member

HERE = "backends/litellm/deployments.py"


def _member(spot: Spot, scene: Scene) -> Member | None:
    entry = spot.above(2)
    return of_deployment(scene, entry.get("model_info")) if isinstance(entry, dict) else None


def _of(local: Explain, cloud: Explain) -> Explain:
    """One rule for models here, another for models of a provider."""

    def explain(scene: Scene, spot: Spot) -> Told | None:
        one = _member(spot, scene)
        return None if one is None else (local if isinstance(one, Local) else cloud)(scene, spot)

    return explain


def _named(why: str, key: str = "") -> Explain:
    """Something that the member's entry in dream.yaml gives, or the entry itself."""

    def explain(scene: Scene, spot: Spot) -> Told | None:
        one = _member(spot, scene)
        return Told(why, ((*one.at, key) if key else one.at,)) if one else None

    return explain


def _local_model(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if not isinstance(one, Local):
        return None
    if one.engine == "vllm":
        why = (
            "hosted_vllm/ and the served name; openai/ would be bridged to /v1/responses and counted in OpenAI's budget"
        )
    else:
        why = "Ollama's own API and the tag: over the OpenAI one num_ctx cannot be set"
    return chosen(HERE, why, one.at, (*one.at, "source"), what="what LiteLLM calls the model")


def _cloud_model(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if not isinstance(one, Cloud):
        return None
    home = account(scene, one)
    why = "LiteLLM's prefix of the provider and the id that its API takes"
    return Told(why, (source_path(one), (*home.at, "kind")), (*provider_row(home), *cloud_row(scene, one)))


def _local_base(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if not isinstance(one, Local):
        return None
    far = tuple(each for each in one.instances if each.host != spot.host)
    why = "the service's name on the inner network, and the engine's own port"
    if far:
        why = "a server on another host: its address and port, in local mode through a relay of this host"
    paths = ((*one.at, "port"), *(("hardware", each.host, "address") for each in far[:1]))
    return chosen("workloads/reach.py", why, *(paths if far else ()), what="where the gateway reaches the server")


def _cloud_base(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if not isinstance(one, Cloud):
        return None
    home = account(scene, one)
    return Told(
        "where the provider's API is, with or without /v1 as LiteLLM wants it",
        ((*home.at, "base_url"),),
        provider_row(home),
    )


def _timeout(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    why = "seconds until the next member is asked; without it LiteLLM waits 6,000 (BerriAI/litellm#7001)"
    return Told(why, ((*one.at, "timeout"), ("fallbacks", "timeout"))) if one else None


def _free(_scene: Scene, spot: Spot) -> Told | None:
    if spot.value != NEXT_TO_NOTHING:
        return chosen(HERE, "a model on your own card costs nothing per token")
    why = "LiteLLM takes 0 for no price and assumes 5, so where the cheapest is asked first a free model needs a price"
    what = "next to nothing: a model on your own card is free, but a capability asks the cheapest member first"
    return chosen("backends/litellm/groups.py", why, what=what)


def _price(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if not isinstance(one, Cloud):
        return None
    formula = "US dollars per million tokens / 1,000,000; both directions or none, or LiteLLM takes the other for 0"
    return Told("price per token", ((*one.at, "usd_per_mtok"),), cloud_row(scene, one), formula)


def _limit(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if not isinstance(one, Cloud):
        return None
    key = "requests_per_minute" if spot.keys[-1] == "rpm" else "tokens_per_minute"
    formula = "the provider's limit / (models of the provider x gateways that do not count together)"
    return Told(
        "this deployment's share of the provider's limit", ((*account(scene, one).at, "rate_limits", key),), (), formula
    )


def _window(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if isinstance(one, Local):
        return sized.context(scene, one)
    if one is None:
        return None
    return Told("longest prompt; longer ones skip this member", ((*one.at, "context"),), cloud_row(scene, one))


def _num_ctx(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    return sized.context(scene, one) if isinstance(one, Local) else None


def _tier(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    return (
        Told("the tier that the policy knows the member by", ((*one.at, "tier"), ("routing", "tiers"))) if one else None
    )


def _mode(scene: Scene, spot: Spot) -> Told | None:
    one = _member(spot, scene)
    if one is None:
        return None
    rows = model_row(one) if isinstance(one, Local) else cloud_row(scene, one)
    return Told("chat, or embedding where the model's task is embed", ((*one.at, "task"),), rows)


FILE = "config/litellm/*-config.yaml"
PARAMS = ("model_list", "*", "litellm_params")
INFO = ("model_list", "*", "model_info")
RULES: tuple[Rule, ...] = (
    Rule(
        FILE,
        ("model_list", "*", "model_name"),
        _named("member@place: a name that no client can ask for, as aliases hold no @"),
    ),
    Rule(FILE, (*PARAMS, "model"), _of(_local_model, _cloud_model)),
    Rule(FILE, (*PARAMS, "api_base"), _of(_local_base, _cloud_base)),
    Rule(FILE, (*PARAMS, "api_key"), env),
    Rule(FILE, (*PARAMS, "timeout"), _timeout),
    Rule(FILE, (*PARAMS, "stream_timeout"), _timeout),
    Rule(FILE, (*PARAMS, "num_ctx"), _num_ctx),
    Rule(
        FILE,
        (*PARAMS, "keep_alive"),
        _named("seconds an unused model stays in GPU memory; negative is for ever", "keep_alive"),
    ),
    Rule(FILE, (*PARAMS, "rpm"), _limit),
    Rule(FILE, (*PARAMS, "tpm"), _limit),
    Rule(
        FILE, (*PARAMS, "weight"), fixed(HERE, "LiteLLM takes limits for weights where there are none, so each has one")
    ),
    *(Rule(FILE, (*place, name), _of(_free, _price)) for place in (PARAMS, INFO) for name in COSTS),
    Rule(FILE, (*INFO, "id"), _named("member@host.number: what the logs and the x-litellm-model-id header say")),
    Rule(FILE, (*INFO, "mode"), _mode),
    Rule(FILE, (*INFO, "max_input_tokens"), _window),
    Rule(FILE, (*INFO, "litellm_provider"), fixed(HERE, "so that LiteLLM finds the window of a model of Ollama")),
    Rule(
        FILE,
        (*INFO, "allowed_fails"),
        fixed(
            HERE,
            "left alone after the second failure: one slow answer must not close a "
            "model for all; here and not in the router, because it then spares a member without a stand-in",
        ),
    ),
    Rule(FILE, (*INFO, "dream_member"), _named("the model's name in dream.yaml, for the policy")),
    Rule(FILE, (*INFO, "dream_location"), _named("local or cloud: what the policy's budget and whitelist ask")),
    Rule(FILE, (*INFO, "dream_tier"), _tier),
)
