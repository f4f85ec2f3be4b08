from __future__ import annotations

from msgspec.structs import replace

from dreamc.stack.types import Secret
from dreamc.workloads.gateway import gateway, secrets
from dreamc.workloads.types import DependsOn, Publish, SecretUse
from tests.unit.backends.stacks import ANTHROPIC, POLICY, fleet, secret, stack


def test_each_replica_has_a_port_of_its_own_and_all_share_one_name_inside() -> None:
    first, second = gateway(fleet(), "desk", "hybrid")
    assert (first.service, first.publish) == ("litellm", (Publish("127.0.0.1", 4000, 4000),))
    assert (second.service, second.publish) == ("litellm-1", (Publish("127.0.0.1", 4001, 4000),))
    assert first.aliases == second.aliases == ("gateway",)


def test_replicas_share_the_ledger_so_that_a_budget_is_spent_once() -> None:
    first, second = gateway(fleet(), "desk", "hybrid")
    assert [mount for mount in first.mounts if not mount.config] == [m for m in second.mounts if not m.config]


def test_other_hosts_run_no_gateway() -> None:
    assert gateway(fleet(), "gpu01", "hybrid") == ()


def test_local_mode_knows_no_cloud_key() -> None:
    (here,) = gateway(stack(), "desk", "local")
    assert here.secrets == (SecretUse("DREAM_GATEWAY_KEY", "DREAM_GATEWAY_KEY"),)


def test_cloud_and_hybrid_mode_know_the_keys_of_the_clouds_that_are_asked() -> None:
    idle = replace(ANTHROPIC, name="openai", secret=secret("OPENAI_API_KEY"))
    there = stack(providers=(ANTHROPIC, idle))
    for mode in ("cloud", "hybrid"):
        names = [one.variable for one in secrets(there, mode)]
        assert names == ["DREAM_GATEWAY_KEY", "DREAM_ANTHROPIC_API_KEY"]


def test_the_key_of_model_servers_elsewhere_is_known_where_they_run() -> None:
    assert "DREAM_VLLM_KEY" in [one.variable for one in secrets(fleet(), "local")]
    assert "DREAM_VLLM_KEY" not in [one.variable for one in secrets(fleet(), "cloud")]


def test_a_key_under_another_name_still_reaches_the_policy() -> None:
    there = stack(gateway=replace(stack().gateway, secret=secret("TEAM_KEY")))
    (here,) = gateway(there, "desk", "local")
    assert SecretUse("DREAM_GATEWAY_KEY", "DREAM_TEAM_KEY") in here.secrets
    assert SecretUse("DREAM_TEAM_KEY", "DREAM_TEAM_KEY") in here.secrets


def test_the_health_check_asks_no_model() -> None:
    (here,) = gateway(stack(), "desk", "hybrid")
    assert here.health is not None
    assert "/health/liveliness" in here.health.test[-1]


def test_each_mode_mounts_its_own_configuration_at_one_place() -> None:
    sources = []
    for mode in ("cloud", "local", "hybrid"):
        (here,) = gateway(stack(), "desk", mode)
        assert dict(here.environment)["DREAM_MODE"] == mode
        sources += [mount.source for mount in here.mounts if mount.target == "/etc/dream/litellm.yaml"]
    assert sources == [f"./config/litellm/{name}-config.yaml" for name in ("cloud", "offline", "hybrid")]


def test_it_waits_for_redis_which_it_looks_for_once() -> None:
    first, _ = gateway(fleet(), "desk", "hybrid")
    assert first.depends_on == (DependsOn("redis", "healthy"),)


def test_it_waits_for_no_model_so_that_clouds_answer_meanwhile() -> None:
    (here,) = gateway(stack(), "desk", "hybrid")
    assert here.depends_on == ()


def test_money_is_counted_in_a_file_on_the_host_and_each_gateway_has_a_name_there() -> None:
    first, second = (dict(one.environment) for one in gateway(fleet(), "desk", "hybrid"))
    assert first["DREAM_LEDGER"] == second["DREAM_LEDGER"] == "/var/lib/dream/ledger.sqlite"
    assert (first["DREAM_INSTANCE"], second["DREAM_INSTANCE"]) == ("desk/litellm", "desk/litellm-1")


def test_money_is_counted_in_the_redis_beside_the_gateway_where_the_file_says_so() -> None:
    there = stack(policy=replace(POLICY, ledger="redis"))
    (here,) = gateway(there, "desk", "hybrid")
    assert dict(here.environment)["DREAM_LEDGER"] == "redis://redis:6379/1"
    (local,) = gateway(there, "desk", "local")
    assert dict(local.environment)["DREAM_LEDGER"] == "/var/lib/dream/ledger.sqlite"


def test_the_address_of_a_ledger_elsewhere_and_of_the_webhook_are_secrets_and_only_where_money_is_spent() -> None:
    url, hook = Secret("DREAM_LEDGER_URL", "env://LEDGER", ""), Secret("DREAM_ALERT_WEBHOOK", "env://HOOK", "")
    there = stack(policy=replace(POLICY, ledger="postgres", ledger_url=url, alert_webhook=hook))
    (here,) = gateway(there, "desk", "hybrid")
    assert SecretUse("DREAM_LEDGER", "DREAM_LEDGER_URL") in here.secrets
    assert SecretUse("DREAM_ALERT_WEBHOOK", "DREAM_ALERT_WEBHOOK") in here.secrets
    assert "DREAM_LEDGER" not in dict(here.environment)
    (local,) = gateway(there, "desk", "local")
    assert local.secrets == (SecretUse("DREAM_GATEWAY_KEY", "DREAM_GATEWAY_KEY"),)
