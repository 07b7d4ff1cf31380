"""What a manager compares: causes and defects by frequency, how often something came back, how long steps
take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.actions import Phase, Step
from app.domain.permissions import Actor
from app.features.actions.models import Action, ActionStep
from app.features.actions.queries import visible
from app.features.companies.models import DefectCode


@dataclass(frozen=True)
class Bar:
    """One bar of a Pareto: how many, and the share of this and all before it, in percent."""

    key: str
    count: int
    share: int


@dataclass(frozen=True)
class Overview:
    """`recurred` of `effective`: cases whose countermeasure was in effect, and in how many it came back."""

    causes: list[Bar]
    codes: list[tuple[Bar, DefectCode]]
    effective: int
    recurred: int
    days: list[tuple[str, Fraction, int]]  # step, mean days, how many

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.recurred * 100, self.effective) if self.effective else None


def pareto(counts: Counter[str]) -> list[Bar]:
    """The most frequent first; shares add up to 100, rounded half up."""
    whole, so_far, bars = sum(counts.values()), 0, []
    for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        so_far += count
        bars.append(Bar(key, count, (so_far * 200 + whole) // (2 * whole)))
    return bars


def load(session: Session, actor: Actor) -> Overview:
    seen = select(Action.id).where(visible(actor), Action.phase != Phase.CANCELLED.value)
    steps = list(session.scalars(select(ActionStep).where(ActionStep.action_id.in_(seen))))
    branches: Counter[str] = Counter()
    for row in steps:
        if row.step == Step.CAUSE and row.state == "accepted":
            confirmed = {bone["branch"] for bone in row.content.get("bones", []) if bone.get("confirmed")}
            branches.update(confirmed)
    codes = {code.id: code for code in session.scalars(select(DefectCode))}
    named = session.scalars(
        select(Action.defect_code_id).where(Action.id.in_(seen), Action.defect_code_id.is_not(None))
    )
    by_code = pareto(Counter(str(key) for key in named))
    by_text = {str(key): code for key, code in codes.items()}
    revisions = session.execute(select(Action.revision, Action.cut_in).where(Action.id.in_(seen)))
    in_effect = [revision for revision, cut_in in revisions if revision > 1 or cut_in is not None]
    return Overview(
        causes=pareto(branches),
        codes=[(bar, by_text[bar.key]) for bar in by_code],
        effective=len(in_effect),
        recurred=sum(revision > 1 for revision in in_effect),
        days=_days(steps),
    )


def _days(steps: Sequence[ActionStep]) -> list[tuple[str, Fraction, int]]:
    """Mean days from opening a step to passing it, to a tenth."""
    found = []
    for step in Step:
        spans = [
            row.decided_at - row.opened_at
            for row in steps
            if row.step == step and row.state == "accepted" and row.decided_at is not None
        ]
        if spans:
            seconds = sum(spans, timedelta()).total_seconds()
            tenths = (int(seconds) * 20 // (86400 * len(spans)) + 1) // 2
            found.append((step.value, Fraction(tenths, 10), len(spans)))
    return found
