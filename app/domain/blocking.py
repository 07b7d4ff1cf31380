"""What keeps the keys of a unit back, and who must act: the gate of domain/handover.py, read the other way
round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from app.domain.handover import KEEPS_KEYS, Ready, keys_gate

WITHIN = (1, 3, 7)  # days ahead that are looked at; 1 is tomorrow
COMPANY, OFFICER, PLANNER = "company", "officer", "planner"
# What is missing, in the order it is said: a defect of class A that is not repaired; one that is, and that
# nobody has looked at; then the lines of the gate.
CODES = (
    *("walk_open", "no_walk", "repair", "recheck"),
    *("meters_read", "meters_plausible", "meters_shown", "keys_counted", "signed"),
)


class Who(NamedTuple):
    """Who must act: a company, an officer, or whoever plans walks (without an id)."""

    kind: str
    id: str = ""


class Block(NamedTuple):
    """One thing that keeps the keys of a unit back; `many`: of defects, meters and signatures how many."""

    code: str
    who: Who
    many: int = 1


def blocks(ready: Ready, lead: str | None, walk_planned: bool) -> list[Block]:
    """Everything the gate still asks for. `lead`: who leads the unit's walk, the open one or the last;
    `walk_planned`: one is planned or under way. Open defects say by `company` whose they are and by
    `repaired` whether the repair waits to be looked at.
    """
    officer = Who(OFFICER, lead) if lead else Who(PLANNER)
    unmet = {need.code: need for need in keys_gate(ready) if not need.met}
    found: list[Block] = []
    if "walk_done" in unmet:
        if walk_planned:
            found.append(Block("walk_open", officer))
        else:
            found.append(Block("no_walk", Who(PLANNER)))
    critical = [one for one in ready.open_defects if one["class"] == KEEPS_KEYS]
    by_company: dict[str, int] = {}
    for one in critical:
        if not one.get("repaired"):
            key = str(one.get("company") or "")
            by_company[key] = by_company.get(key, 0) + 1
    found += [
        Block("repair", Who(COMPANY, key) if key else officer, many) for key, many in by_company.items()
    ]
    repaired = sum(bool(one.get("repaired")) for one in critical)
    if repaired:
        found.append(Block("recheck", officer, repaired))
    if ready.walked:  # of a unit nobody has walked, the walk says all of it
        found += [Block(code, officer, max(1, len(unmet[code].where))) for code in CODES[4:] if code in unmet]
    return found


class Due(NamedTuple):
    """A unit whose keys are to change hands, and what keeps them back; nothing: it is ready."""

    unit: str
    day: date
    blocks: tuple[Block, ...]


class Task(NamedTuple):
    """What one party must do: units and things, and the first day it keeps keys back."""

    who: Who
    code: str
    units: int
    many: int
    first: date


def tasks(due: Iterable[Due]) -> list[Task]:
    """What blocks, by who must act: whoever holds back most units first, then by day."""
    held: dict[tuple[Who, str], list[tuple[Due, Block]]] = {}
    for one in due:
        for block in one.blocks:
            held.setdefault((block.who, block.code), []).append((one, block))
    made = [
        Task(
            who,
            code,
            len({one.unit for one, _ in several}),
            sum(block.many for _, block in several),
            min(one.day for one, _ in several),
        )
        for (who, code), several in held.items()
    ]
    units: dict[Who, set[str]] = {}
    for (who, _code), several in held.items():
        units.setdefault(who, set()).update(one.unit for one, _ in several)
    return sorted(made, key=lambda task: (-len(units[task.who]), task.who, CODES.index(task.code)))


def window(today: date, within: int) -> tuple[date, date]:
    """The days looked at, both included: today, and as many ahead."""
    return today, today + timedelta(days=within)


def ready_count(due: Iterable[Due]) -> Mapping[str, int]:
    """How many units there are, and how many of them nothing keeps back."""
    all_of_them = list(due)
    return {"all": len(all_of_them), "ready": sum(not one.blocks for one in all_of_them)}
