"""Lints of the settings around the models; codes as in the module `lint`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dreamc.backends.litellm.lint_view import View, is_local, params, prefix
from dreamc.backends.litellm.settings import HOOKS, RUNTIME

ENVIRONMENT = re.compile(r"os\.environ/DREAM_[A-Z0-9_]+\Z")
PERIOD = re.compile(r"[1-9][0-9]*(s|m|h|d|w|mo)\Z")
POLICIES = ("retry_policy", "model_group_retry_policy")
CALLBACKS = ("callbacks", "success_callback", "failure_callback")


def unknown_variable(view: View) -> Iterator[str]:
    """A variable that is not set reads as nothing, and the first request fails."""
    for where, value in _texts(view.config, ""):
        if value.startswith("os.environ/") and not ENVIRONMENT.match(value):
            yield f"{where}: {value} is no variable that the bundle sets"


def no_master_key(view: View) -> Iterator[str]:
    """Without a key, or with a weak one, LiteLLM refuses to start."""
    if not str(view.general.get("master_key", "")).startswith("os.environ/"):
        yield "general_settings: master_key must be read from a variable"


def counted_as_openai(view: View) -> Iterator[str]:
    """LiteLLM counts a local openai/ server in OpenAI's budget and cuts it with it."""
    if "openai" in (view.router.get("provider_budget_config") or {}) and any(
        is_local(one) and prefix(one) == "openai" for one in view.deployments
    ):
        yield "provider_budget_config: openai covers local servers too"


def wrong_budget(view: View) -> Iterator[str]:
    """LiteLLM does not enforce these, or takes 0 for unlimited."""
    for provider, budget in (view.router.get("provider_budget_config") or {}).items():
        limit, period = budget.get("budget_limit"), str(budget.get("time_period", ""))
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit <= 0 or not PERIOD.match(period):
            yield f"provider_budget_config {provider}: {limit!r} in {period!r} is not enforced"


def foreign_plugin(view: View) -> Iterator[str]:
    """A module beside the configuration is loaded once per reference, so that its parts share nothing."""
    named = [name for key in CALLBACKS for name in view.settings.get(key) or () if "." in str(name)]
    named.append(str(view.general.get("custom_auth", f"{RUNTIME}.")))
    yield from (f"{name} is not in the package {RUNTIME}" for name in named if not str(name).startswith(f"{RUNTIME}."))


def dead_budget(view: View) -> Iterator[str]:
    """Without a database LiteLLM prints a warning and blocks nothing."""
    if "max_budget" in view.settings:
        yield "litellm_settings: max_budget does nothing without a database"


def stacked_retries(view: View) -> Iterator[str]:
    """LiteLLM sleeps between retries and after the last one; its own default is 2."""
    if view.router.get("num_retries") != 0 or any(view.router.get(key) for key in POLICIES):
        yield "router_settings: num_retries must be 0 and no retry policy set"
    for one in view.deployments:
        if params(one).get("num_retries") or params(one).get("max_retries"):
            yield f"{one.get('model_name')}: retries of its own"


def never_cooled(view: View) -> Iterator[str]:
    """Without it a model that is the only one of its name is never left alone."""
    if view.router.get("allowed_fails") is None or view.router.get("disable_cooldowns"):
        yield "router_settings: no allowed_fails"


def costly_probe(view: View) -> Iterator[str]:
    """LiteLLM's health checks call every model, and clouds charge for it."""
    if view.general.get("background_health_checks") or view.router.get("enable_health_check_routing"):
        yield "health checks that call the models are on"


def no_client(view: View) -> Iterator[str]:
    """The image has no prometheus_client; LiteLLM does not start."""
    if any("prometheus" in (view.settings.get(key) or ()) for key in CALLBACKS):
        yield "litellm_settings: prometheus needs a package that the image does not have"


def downloads(view: View) -> Iterator[str]:
    """For names that look like Llama or Cohere, LiteLLM asks huggingface.co for a tokenizer at the end of a stream."""
    if view.settings.get("disable_hf_tokenizer_download") is not True:
        yield "litellm_settings: disable_hf_tokenizer_download is not set"


def no_policy(view: View) -> Iterator[str]:
    """Nothing else decides, filters and books; nothing else keeps clients to the aliases."""
    wanted = [f"{RUNTIME}.plugin.{hook}" for hook in HOOKS]
    if [name for name in view.settings.get("callbacks") or () if name in wanted] != wanted:
        yield f"litellm_settings: callbacks must hold {', '.join(wanted)} in this order"
    checks = (view.general.get("custom_auth_run_common_checks"), view.settings.get("enable_post_custom_auth_checks"))
    if view.general.get("custom_auth") != f"{RUNTIME}.auth.check" or checks != (True, True):
        yield "custom_auth: needs custom_auth_run_common_checks and enable_post_custom_auth_checks"


def rules_after(view: View) -> Iterator[str]:
    """On streams such a rule sees an empty text first, and every stream fails."""
    if "post_call_rules" in view.settings:
        yield "litellm_settings: post_call_rules break streams"


def sticky_plugins(view: View) -> Iterator[str]:
    """What a router plugin filters away stays away for the local fallback too."""
    if view.router.get("plugins"):
        yield "router_settings: plugins filter fallbacks away"


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{place}.{key}" if place else str(key))
    if isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{place}[{index}]")


LINTS: tuple[tuple[str, Callable[[View], Iterator[str]]], ...] = (
    ("E06", unknown_variable),
    ("E07", no_master_key),
    ("E08", counted_as_openai),
    ("E09", wrong_budget),
    ("E14", foreign_plugin),
    ("E17", dead_budget),
    ("W03", stacked_retries),
    ("W04", never_cooled),
    ("W10", costly_probe),
    ("W11", no_client),
    ("W12", downloads),
    ("W16", no_policy),
    ("W17", rules_after),
    ("W18", sticky_plugins),
)
