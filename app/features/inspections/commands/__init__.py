"""What people decide about inspections; each change is an operation, as on a phone (DESIGN §3.3)."""

from __future__ import annotations

from app.features.inspections.commands.deciding import approve, decide_late_work, revise, send_back
from app.features.inspections.commands.planning import (
    TEXTS,
    Participant,
    Plan,
    cancel,
    plan,
    postpone,
    reassign,
    rewrite,
    set_coverage,
)
from app.features.inspections.commands.walks import OFFICERS_AT_MOST, UNITS_AT_MOST, Walks, plan_walks
from app.features.inspections.commands.writing import MAIL, remind, unsaid

__all__ = [
    "MAIL",
    "OFFICERS_AT_MOST",
    "TEXTS",
    "UNITS_AT_MOST",
    "Participant",
    "Plan",
    "Walks",
    "approve",
    "cancel",
    "decide_late_work",
    "plan",
    "plan_walks",
    "postpone",
    "reassign",
    "remind",
    "revise",
    "rewrite",
    "send_back",
    "set_coverage",
    "unsaid",
]
