"""Whether a deployment may be called for a request, asked again on every hop: what was decided, and whitelist and
budget as they are now."""

from __future__ import annotations

from .stamp import Stamp
from .state import Gateway
from .types import Member
from .whitelist import domain_objection, task_objection


def objection(here: Gateway, stamp: Stamp | None, deployment: str) -> str | None:
    """Why the deployment with this id may not be called; None if it may.

    A call without a stamp came round the door: it may use local members, never the cloud. Whitelist and budget
    are looked at anew, because they may have changed since the decision.
    """
    member = here.policy.members.get(here.member_of(deployment))
    if member is None:
        return "a deployment that the policy does not know"
    if stamp is not None and not stamp.admits(member.name):
        return f"{member.name} may not answer this request"
    if stamp is not None and stamp.window and member.context is not None and member.context <= stamp.window:
        return f"the window of {member.name} is no larger than one that was too small"
    if member.location == "local":
        return None
    if stamp is None:
        return f"{member.name} is in the cloud and nothing was decided for this call"
    return outside(here, member, stamp) or here.cloud_closed(member.provider)


def outside(here: Gateway, member: Member, stamp: Stamp) -> str | None:
    """Why the whitelist, as it is now, keeps a cloud member from this request."""
    whitelist = here.rules().whitelist
    if whitelist is None:
        return None
    return task_objection(whitelist, stamp.action) or domain_objection(whitelist, member)
