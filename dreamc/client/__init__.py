"""A client of the gateway for programs: `from dreamc.client import Router`."""

from __future__ import annotations

from dreamc.client.router import Router
from dreamc.client.types import Answer, CallStats, Checked, CostSummary, Decision, GatewayError, Model, Quality

__all__ = ["Answer", "CallStats", "Checked", "CostSummary", "Decision", "GatewayError", "Model", "Quality", "Router"]
