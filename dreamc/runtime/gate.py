"""The gate: on every hop, only members that the decision admitted and that the budget still allows are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .admission import objection
from .book import book_failed
from .engine import CustomLogger, next_member_error
from .holds import answered, failed, hold, limited, named
from .kept import scoped
from .stamp import bar, call, find
from .state import Gateway, gateway
from .windows import fitting

MCP_CALL = "call_mcp_tool"


class Gate(CustomLogger):
    """The filter shapes each routing decision; the last check also covers calls that name a deployment directly.

    It then holds the money that the call may cost, until an answer, a failure or the log says what it did cost.
    """

    async def async_filter_deployments(
        self,
        model: str,
        healthy_deployments: list[dict[str, Any]],
        messages: object,
        request_kwargs: dict[str, Any] | None = None,
        parent_otel_span: object = None,
    ) -> list[dict[str, Any]]:
        here, stamp = gateway(), find(request_kwargs)
        if _asks_clouds(here, healthy_deployments):
            await here.purse.look()
        admitted = [each for each in healthy_deployments if objection(here, stamp, deployment_id(each)) is None]
        return await fitting(admitted, {**(request_kwargs or {}), "messages": messages}, model)

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: object) -> dict[str, Any] | None:
        if getattr(call_type, "value", call_type) == MCP_CALL:
            return None  # asks no model; the door decides
        here, deployment = gateway(), deployment_id(kwargs)
        if _asks_clouds(here, [kwargs]):
            await here.purse.look()
        why = objection(here, find(kwargs), deployment)
        if why is None and (why := await hold(here, kwargs, deployment, call_type)) is not None:
            bar(kwargs, here.member_of(deployment), why)
        if why is not None:
            raise next_member_error(f"dream policy: {why}", str(kwargs.get("model")))
        call(kwargs, deployment)
        changes = named(kwargs, deployment) | limited(here, kwargs, deployment, call_type)
        if here.switches.timeout_s is not None:
            changes["timeout"] = here.switches.timeout_s
        if here.policy.cache_ttl_s is not None:
            where = f"{here.policy.stack}:{here.mode}"
            changes["cache"] = scoped(kwargs, find(kwargs), where, here.member_of(deployment))
        return {**kwargs, **changes} if changes else None

    async def async_post_call_success_deployment_hook(
        self, request_data: dict[str, Any], response: Any, call_type: object
    ) -> None:
        answered(gateway(), request_data, deployment_id(request_data), response)

    async def async_post_call_failure_deployment_hook(
        self,
        request_data: Mapping[str, Any],
        exception: Exception,
        call_type: object,
        fallback_depth: int | None = None,
    ) -> None:
        failed(gateway(), request_data, deployment_id(request_data), exception)
        book_failed(gateway(), request_data, deployment_id(request_data), exception)


def deployment_id(call: Mapping[str, Any]) -> str:
    """The id of a deployment, or of the deployment that a call was routed to."""
    return str((call.get("model_info") or {}).get("id"))


def _asks_clouds(here: Gateway, deployments: list[dict[str, Any]]) -> bool:
    members = (here.policy.members.get(here.member_of(deployment_id(each))) for each in deployments)
    return any(member is not None and member.location == "cloud" for member in members)
