"""Telling that warranties end: written down once for each unit, one letter for an estate, day and person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import outbox
from app.db import new_id
from app.features.handovers.models import WarrantyReminder
from app.features.handovers.queries.endings import Due, concerned
from app.features.places.models import Estate

MAIL = "warranties.mail"  # kind of outbox rows


def remind(session: Session, wanted: Due, now: datetime) -> int:
    """Writes down what is told of an estate, and the letters about it; how many letters. Nothing where
    another worker was faster, or where there is nobody to tell.
    """
    estate = session.get_one(Estate, wanted.estate_id)
    people = concerned(session, estate)
    if not people:
        return 0
    rows = [
        {
            "id": new_id(),
            "estate_id": wanted.estate_id,
            "unit_id": unit,
            "category": one.category,
            "clock": one.clock,
            "until": one.until,
            "before": one.before,
            "told_on": wanted.today,
        }
        for one, units in wanted.endings
        for unit in units
    ]
    try:
        with session.begin_nested():
            session.execute(insert(WarrantyReminder), rows)
    except IntegrityError:
        return 0
    new = 0
    for person in people:
        payload = {
            "letter": "warranty",
            "estate": str(estate.id),
            "day": wanted.today.isoformat(),
            "person": str(person.id),
        }
        row_id = outbox.id_once(MAIL, "warranty", estate.id, wanted.today, person.id)
        new += outbox.send_once(session, row_id, MAIL, payload, now)
    return new
