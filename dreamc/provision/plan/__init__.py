"""What would happen to a host, found by comparing a release with facts; saved, compared and refused when stale."""

from dreamc.provision.plan.cards import current
from dreamc.provision.plan.changes import texts_wanted
from dreamc.provision.plan.make import plan, together, unreachable
from dreamc.provision.plan.state import stale, state
from dreamc.provision.plan.types import (
    VERSION,
    CardChange,
    Data,
    DiskChange,
    Download,
    FileChange,
    Finding,
    Given,
    HostPlan,
    Interruption,
    Month,
    Plan,
    SecretChange,
    ServiceChange,
)  # fmt: skip

__all__ = [
    "VERSION",
    "CardChange",
    "Data",
    "DiskChange",
    "Download",
    "FileChange",
    "Finding",
    "Given",
    "HostPlan",
    "Interruption",
    "Month",
    "Plan",
    "SecretChange",
    "ServiceChange",
    "current",
    "plan",
    "stale",
    "state",
    "texts_wanted",
    "together",
    "unreachable",
]
