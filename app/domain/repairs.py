"""Repairs of defects in units: where each stands with its contractor, what is disputed, when somebody is
written to (domain.md C1, C4). Values in, values out; days are the estate's own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from app.domain.actions import ENDED, Phase, Step
from app.domain.errors import Invalid, Stale

Row = TypeVar("Row")

SOON = 2  # days before the due day the contractor is reminded
WEEK = 7
ESCALATE = (3, 8)  # days overdue at which managers are told, as for every case
ASSIGNED_AT_MOST = 200  # cases given to another contractor in one go: seconds, while others wait

# What happens to a case by a dispute; from the first to one of the others its clock stands still.
DISPUTED = "disputed"
DECISIONS = ("withdrawn", "kept", "upheld", "given_on")
LAPSED = "ended"  # nobody decided it: its case ended with it open
DECIDED = frozenset(f"dispute_{decision}" for decision in (*DECISIONS, LAPSED))


class Standing(StrEnum):
    """Where a repair stands, as its contractor sees it."""

    TODO = "todo"
    SENT = "sent"  # the contractor says it is repaired; somebody looks again
    DISPUTED = "disputed"
    DONE = "done"


def standing(step: str | None, phase: str, disputed: bool) -> Standing:
    """From where the case stands in its circle, and whether a dispute of it is open."""
    if phase in ENDED or phase == Phase.WATCH:
        return Standing.DONE
    if disputed:
        return Standing.DISPUTED
    if phase == Phase.REVIEW or step in (Step.CHECK, Step.ACT):
        return Standing.SENT
    return Standing.TODO


def is_disputed(acts: Iterable[str]) -> bool:
    """Whether a dispute is open, from the acts of a case in order."""
    is_open = False
    for act in acts:
        is_open = act == DISPUTED or (is_open and act not in DECIDED and act != "cancelled")
    return is_open


def judge_dispute(now: Standing, text: str) -> None:
    """A contractor may dispute what they are asked to repair. Raises Stale (repair_sent, dispute_open,
    action_closed) when somebody was faster, Invalid("reason_missing").
    """
    _only_todo(now)
    if not text.strip():
        raise Invalid("reason_missing", field="reason")


def judge_repair(now: Standing) -> None:
    """Whether a repair may be sent. Raises Stale: repair_sent, dispute_open, action_closed."""
    _only_todo(now)


def judge_decision(open_still: bool, decision: str, reason: str, moves: bool = True) -> None:
    """Whether a dispute may be decided so; `moves`: for "given_on", whether it is another contractor. Raises
    Stale("dispute_decided"), Invalid: not_a_choice, reason_missing, contractor_same.
    """
    if not open_still:
        raise Stale("dispute_decided")
    if decision not in DECISIONS:
        raise Invalid("not_a_choice", field="decision")
    if decision != "withdrawn" and not reason.strip():
        raise Invalid("reason_missing", field="reason")
    if decision == "given_on" and not moves:
        raise Invalid("contractor_same", field="contractor")


def judge_assignment(
    cases: Sequence[tuple[str, Standing]], reason: str, due: date | None, today: date
) -> None:
    """Whether these cases (number, standing) may go to another contractor or get another day, all or none.
    Raises Invalid: none_chosen, repairs_too_many, repair_not_open with the first that stands in the way,
    reason_missing, date_in_past.
    """
    if not cases:
        raise Invalid("none_chosen")
    if len(cases) > ASSIGNED_AT_MOST:
        raise Invalid("repairs_too_many", most=ASSIGNED_AT_MOST)
    for number, stands in cases:
        if stands is not Standing.TODO:
            raise Invalid("repair_not_open", number=number)
    if not reason.strip():
        raise Invalid("reason_missing", field="reason")
    if due is not None and due < today:
        raise Invalid("date_in_past", field="due")


def speaks(due: date, today: date) -> bool:
    """Whether a due day is news for the contractor today: some days before, the first day over, each week
    after that.
    """
    left = (due - today).days
    return left == SOON or (left < 0 and (-left - 1) % WEEK == 0)


def escalates(due: date, today: date) -> bool:
    """Whether managers are told today."""
    return (today - due).days in ESCALATE


def is_listed(due: date, today: date) -> bool:
    """Whether a repair stands in today's letter, once there is one: due soon or overdue."""
    return (due - today).days <= SOON


class Tally(NamedTuple):
    """How many repairs of one class there are, by where they stand; `late`: of those to do."""

    todo: int = 0
    late: int = 0
    sent: int = 0
    disputed: int = 0

    @property
    def total(self) -> int:
        return self.todo + self.sent + self.disputed

    def __add__(self, other: Any) -> Tally:
        return Tally(*(one + two for one, two in zip(self, other, strict=True)))


def nested(rows: Iterable[Row], *keys: Callable[[Row], Hashable]) -> list[tuple[Any, Any]]:
    """Rows in their order as groups within groups: [(first key, [(second key, … rows)])]. Only neighbours
    make a group: whoever sorts decides.
    """
    if not keys:
        return list(rows)  # type: ignore[arg-type]
    groups: list[tuple[Any, list[Row]]] = []
    for row in rows:
        key = keys[0](row)
        if groups and groups[-1][0] == key:
            groups[-1][1].append(row)
        else:
            groups.append((key, [row]))
    return [(key, nested(members, *keys[1:])) for key, members in groups]


def _only_todo(now: Standing) -> None:
    if now is Standing.DONE:
        raise Stale("action_closed")
    if now is Standing.DISPUTED:
        raise Stale("dispute_open")
    if now is Standing.SENT:
        raise Stale("repair_sent")
