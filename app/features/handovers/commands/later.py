"""A defect that shows after the keys were handed over: a case with the contractor of its trade, and who
answers for it by the warranties, judged and kept as it was that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import journal
from app.db import new_id
from app.domain.actions import Form
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed
from app.domain.handover import CATEGORIES, DueDays, default_due, warranties
from app.domain.permissions import Actor
from app.domain.register_walk import CLASSES
from app.domain.rooms import walked
from app.domain.warranty import category_of_trade, coverage
from app.domain.words import pick, script_language
from app.features.actions.commands import Hand
from app.features.actions.commands.defects import PLACE_AT_MOST
from app.features.actions.commands.opening import TITLE_AT_MOST, Wanted, open_case
from app.features.actions.models import Action, ActionDefect
from app.features.handovers.commands.keys import may_hand_over
from app.features.handovers.queries import get_unit
from app.features.handovers.queries.keys import latest_handover
from app.features.handovers.queries.later import definition_of
from app.features.inspections.queries.walk import ALLOWED
from app.features.places.models import Unit
from app.features.places.queries.estates import contractors_of

CONTRACT = "contract"  # the category somebody chooses for what no term by law covers


@dataclass(frozen=True, slots=True)
class Later:
    """A defect as somebody reports it. `room`: an id of the unit's type; `category`: of domain/handover.py
    CATEGORIES, CONTRACT, or nothing: by the trade; `trade` may be left out where the words are those of a
    common defect.
    """

    room: str
    what: str
    trade: str
    category: str
    grade: str
    found_on: date
    reported_by: str = ""
    note: str = ""


def report_defect(
    session: Session, actor: Actor, unit_id: UUID, wanted: Later, deadlines: str, now: datetime
) -> Action:
    """Opens the case. The unit stays handed over.

    Raises NotFound, NotAllowed, Invalid: handover_not_yet, later_day (before the handover, or to come),
    not_a_choice (field room, trade, grade or category), required (no trade, and none follows).
    """
    unit = get_unit(session, actor, unit_id)
    if not may_hand_over(actor, unit):
        raise NotAllowed()
    handover = latest_handover(session, unit.id)
    if handover is None:
        raise Invalid("handover_not_yet")
    estate = unit.building.estate
    zone = estate.site.time_zone
    today = local_day(now, zone)
    if not handover.handed_on <= wanted.found_on <= today:
        raise Invalid("later_day", field="found_on")
    definition = definition_of(session, actor, unit) or {"sections": []}
    common = common_defect(definition, wanted.what)
    trade = wanted.trade or (common["trade"] if common else "")
    if not trade:
        raise Invalid("required", field="trade")
    if trade not in definition.get("terms", {}).get("trade", {}):
        raise Invalid("not_a_choice", field="trade")
    grade = wanted.grade or (common["class"] if common else "B")
    if grade not in CLASSES:
        raise Invalid("not_a_choice", field="grade")
    category = category_for(definition, trade, wanted.category)
    clocks = coverage(category, wanted.found_on, warranties(estate.completed_on, unit.delivery_on))
    room = _room(unit, wanted.room, actor.language)
    named = contractors_of(session, estate.id).get(trade)
    language = script_language(wanted.what, actor.language)
    hand = Hand(person_id=actor.id)
    asked = Wanted(
        title=wanted.what[:TITLE_AT_MOST],
        severity=grade.lower(),
        owner_id=actor.id,
        kind="corrective",
        statement=wanted.note or wanted.what,
        company_id=named.id if named else estate.site.company_id,
        site_id=estate.site_id,
        place=" · ".join(filter(None, (f"{unit.building.name} {unit.name}", room)))[:PLACE_AT_MOST],
        trade=trade,
        form=Form.SHORT,
        snag=True,
        due=default_due(grade, trade, today, _allowed()),
    )
    case = open_case(session, asked, asked.company_id, hand, language, zone, deadlines, now)
    session.add(
        ActionDefect(
            id=new_id(),
            action_id=case.id,
            unit_id=unit.id,
            room=wanted.room,
            later={
                "found_on": wanted.found_on.isoformat(),
                "reported_by": wanted.reported_by,
                "category": category,
                "by_trade": not wanted.category,
                "clocks": [
                    [one.clock, one.state, one.until.isoformat() if one.until else None] for one in clocks
                ],
            },
        )
    )
    session.flush()
    facts = {"action": str(case.id), "category": category or CONTRACT}
    journal.write(session, "unit.later_defect", ("unit", unit.id), now, actor.id, facts)
    return case


def category_for(definition: Mapping[str, Any], trade: str, chosen: str) -> str | None:
    """The category somebody chose, else that of the trade; None: by contract only. Raises Invalid."""
    if not chosen:
        return category_of_trade(definition, trade)
    if chosen == CONTRACT:
        return None
    if chosen not in CATEGORIES:
        raise Invalid("not_a_choice", field="category")
    return chosen


def common_defect(definition: Mapping[str, Any], words: str) -> Mapping[str, Any] | None:
    """The common defect whose words, in whatever language, these are."""
    wanted = words.casefold()
    return next(
        (
            one
            for one in definition.get("defects", ())
            if wanted in {text.casefold() for text in one["text"].values()}
        ),
        None,
    )


def _allowed() -> DueDays:
    return ALLOWED[0]


def _room(unit: Unit, wanted: str, language: str) -> str:
    """The room's name in words. Raises Invalid."""
    found = next((room for room in walked(unit.type.rooms) if room["id"] == wanted), None)
    if found is None:
        raise Invalid("not_a_choice", field="room")
    name = found["name"]
    return str(name["text"]) if "text" in name else pick(name, language)
