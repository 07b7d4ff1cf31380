"""What a unit's walk that was just frozen opens: a case in the short form for each defect, with whoever does
its trade at the estate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.actions import Form
from app.domain.checklists import questions
from app.domain.dates import local_day
from app.domain.words import pick
from app.features.actions.commands import Hand
from app.features.actions.commands.opening import TITLE_AT_MOST, Wanted, open_case
from app.features.actions.models import Action, ActionDefect, ActionPicture
from app.features.inspections.models import Defect, Inspection

PLACE_AT_MOST = 200


def open_from_walk(
    session: Session,
    inspection_id: UUID,
    revision: int,
    language: str,
    now: datetime,
    person_id: UUID,
    deadlines: str = "",
) -> list[UUID]:
    """Opens what the defects of a frozen walk ask for; gives the new cases. A defect that has its case from
    an earlier revision keeps it.
    """
    row = session.get_one(Inspection, inspection_id)
    if row.unit_id is None:
        return []
    known = set(session.scalars(select(ActionDefect.row).where(ActionDefect.inspection_id == inspection_id)))
    found = session.scalars(
        select(Defect)
        .where(Defect.inspection_id == inspection_id, Defect.revision == revision)
        .order_by(Defect.number)
    ).all()
    return [
        _open(session, row, one, language, now, person_id, deadlines) for one in found if one.row not in known
    ]


def _open(
    session: Session,
    row: Inspection,
    defect: Defect,
    language: str,
    now: datetime,
    person_id: UUID,
    deadlines: str,
) -> UUID:
    hand = Hand(person_id=person_id)
    text, spoken = text_in(defect.text, language)
    zone = row.site.time_zone
    wanted = Wanted(
        title=(text or row.number).splitlines()[0][:TITLE_AT_MOST],
        severity=defect.grade.lower(),
        owner_id=person_id,
        kind="corrective",
        requirement=_asked(row, defect, language),
        statement=text,
        company_id=defect.contractor_id or row.company_id,
        site_id=row.site_id,
        place=place_of(row, defect, language),
        trade=defect.trade or "",
        form=Form.SHORT,
        snag=True,
        # what came late from a phone may be due already: a case never begins overdue
        due=max(defect.due, local_day(now, zone)),
    )
    case = open_case(session, wanted, wanted.company_id, hand, spoken, zone, deadlines, now)
    _attach(session, case, defect, hand, now)
    return case.id


def _attach(session: Session, case: Action, defect: Defect, hand: Hand, now: datetime) -> None:
    session.add(
        ActionDefect(
            id=new_id(),
            action_id=case.id,
            defect_id=defect.id,
            inspection_id=defect.inspection_id,
            row=defect.row,
            unit_id=defect.unit_id,
            room=defect.room,
        )
    )
    for sha256 in defect.photos:
        case.pictures.append(
            ActionPicture(
                id=new_id(),
                action_id=case.id,
                revision=case.revision,
                moment="found",
                sha256=sha256,
                added_at=now,
                person_id=hand.person_id,
            )
        )
    session.flush()


def text_in(text: Mapping[str, Any] | None, language: str) -> tuple[str, str]:
    """Typed text with its own language, or words with the reader's."""
    if not text:
        return "", language
    if "text" in text:
        return str(text["text"]), str(text["lang"])
    return pick(text, language), language


def place_of(row: Inspection, defect: Defect, language: str) -> str:
    """ "Tower 2 1502 · Bathroom": where whoever repairs it has to go."""
    assert row.unit is not None
    room = pick(defect.room_name, language) if defect.room_name else ""
    unit = f"{row.unit.building.name} {row.unit.name}"
    return " · ".join(filter(None, (unit, room)))[:PLACE_AT_MOST]


def _asked(row: Inspection, defect: Defect, language: str) -> str:
    """What the check asks for, in the words of the checklist; nothing for a defect beside the checks."""
    check = (defect.check or "").partition("-")[0]
    asked = next((one for one in questions(row.version.definition) if one["id"] == check), None)
    return pick(asked["text"], language) if asked else ""
