"""Triage of a line abnormality (domain.md A1 20-23): which answers call for which tasks."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import Invalid

SPREADS = ("batch", "sporadic")
TASKS = ("notice", "confirmed_ok", "replacement", "stock", "emergency", "commitment")


@dataclass(frozen=True, slots=True)
class Triage:
    """The three questions. `spread` and `by_supplier` only count for a part defect. `unavoidable`: or a
    single piece, which frees the supplier from the emergency countermeasure.
    """

    part_defect: bool
    spread: str = ""
    by_supplier: bool = False
    unavoidable: bool = False


def tasks(triage: Triage) -> tuple[str, ...]:
    """What the answers call for, in the order of doing. Nothing when the part is good: the line looks itself.

    batch: confirmed-OK parts at once; sporadic: written contact and replacement; caused by the supplier
    (unless unavoidable or a single piece): our stock, an emergency countermeasure, the next three lots
    inspected 100 %.
    """
    if not triage.part_defect:
        return ()
    if triage.spread not in SPREADS:
        raise Invalid("required", field="spread")
    wanted = {"confirmed_ok"} if triage.spread == "batch" else {"notice", "replacement"}
    if triage.by_supplier and not triage.unavoidable:
        wanted |= {"stock", "emergency", "commitment"}
    return tuple(task for task in TASKS if task in wanted)
