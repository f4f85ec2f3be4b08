"""The gate: on every hop, only members that the decision admitted and that the budget still allows are called."""

from __future__ import annotations

from typing import Any

from .admission import objection
from .engine import CustomLogger, next_member_error
from .stamp import find
from .state import gateway


class Gate(CustomLogger):
    """The filter shapes each routing decision; the last check also covers calls that name a deployment directly."""

    async def async_filter_deployments(
        self,
        model: str,
        healthy_deployments: list[dict[str, Any]],
        messages: object,
        request_kwargs: dict[str, Any] | None = None,
        parent_otel_span: object = None,
    ) -> list[dict[str, Any]]:
        here, stamp = gateway(), find(request_kwargs)
        return [each for each in healthy_deployments if objection(here, stamp, deployment_id(each)) is None]

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: object) -> dict[str, Any] | None:
        why = objection(gateway(), find(kwargs), deployment_id(kwargs))
        if why is not None:
            raise next_member_error(f"dream policy: {why}", str(kwargs.get("model")))
        return None


def deployment_id(call: dict[str, Any]) -> str:
    """The id of a deployment, or of the deployment that a call was routed to."""
    return str((call.get("model_info") or {}).get("id"))
