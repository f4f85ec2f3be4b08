"""Whether a deployment may be called for a request, asked again on every hop: what was decided, and the budget now."""

from __future__ import annotations

from .stamp import Stamp
from .state import Gateway


def objection(here: Gateway, stamp: Stamp | None, deployment: str) -> str | None:
    """Why the deployment with this id may not be called; None if it may.

    A call without a stamp came round the door: it may use local members, never the cloud. The budget is read anew,
    because it may have run out since the decision.
    """
    member = here.policy.members.get(here.member_of(deployment))
    if member is None:
        return "a deployment that the policy does not know"
    if stamp is not None and not stamp.admits(member.name):
        return f"{member.name} may not answer this request"
    if member.location == "local":
        return None
    if stamp is None:
        return f"{member.name} is in the cloud and nothing was decided for this call"
    return "the budget is used up" if here.cloud_closed() else None
