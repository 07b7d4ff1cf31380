"""A flat that was walked: its defects are cases of two contractors, each with somebody who gets letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.adapters.plans import picture_name
from app.db import reading, transaction
from app.features.actions.models import Action, ActionDefect
from app.features.companies.models import Contact
from app.features.handovers.commands.repairs import MAIL
from app.features.handovers.mails.repairs import letter_for
from app.features.inspections.models import Defect
from app.features.places.models import Plan, Unit
from app.features.places.routes.types import BLOBS
from app.outbox import Outgoing
from app.web.letters import Letter
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.factories.walk import Estates, begin_walk, finish, note_defect, pass_all, raise_estate

PLAN = "d" * 64
WATER, PAINT = "shen@dry.example", "dong@coats.example"


@dataclass(frozen=True)
class Repairs:
    """`water`, `paint`: contacts of the two contractors; `leak`, `damp`: cases of the first, `wall`: of the
    second.
    """

    place: Estates
    water: UUID
    paint: UUID
    leak: UUID
    damp: UUID
    wall: UUID
    plan: UUID

    @property
    def desk(self) -> str:
        return f"/estates/{self.place.estate}/repairs"

    @property
    def list(self) -> str:
        return f"/l/repairs/{self.place.estate}"


def walked(app: Flask, cast: Cast, client: Any, seed: int = 71) -> Repairs:
    """Unit 1501 walked and frozen; `client` makes a client for a person."""
    place = raise_estate(app, cast)
    with app.app_context(), transaction() as session:
        water = Contact(company_id=place.waterproofer, name="Shen Ping", email=WATER, language="zh-Hans")
        paint = Contact(company_id=place.painter, name="Dong Hai", email=PAINT, language="en")
        water.created_at = paint.created_at = BORN
        unit = session.get_one(Unit, place.units[0])
        unit.owner_phone = "+86 512 5550 0199"
        facts = {"kind": "image", "page": 1, "pages": 1, "width": 800, "height": 600, "created_at": BORN}
        plan = Plan(type_id=unit.type_id, revision=1, sha256=PLAN, picture_sha256=PLAN, **facts)
        plan.person_id = place.officer
        session.add_all([water, paint, plan])
        session.flush()
        ids = (water.id, paint.id, plan.id)
    app.extensions[BLOBS].put_named(picture_name(PLAN), jpeg(seed=seed + 5))
    phone, pin = Phone(client(place.officer)).register(), {"plan": str(ids[2]), "x": 2500, "y": 4000}
    begin_walk(phone, place, place.officer)
    picture = jpeg(seed=seed)
    rows = walk_with(phone, app, place, pin, picture)
    found = cases(app, rows)
    return Repairs(place, *ids[:2], *found, ids[2])


def walk_with(phone: Phone, app: Flask, place: Estates, pin: dict[str, Any], picture: bytes) -> list[str]:
    pass_all(phone, app, place, "H07-bed1", "H07-bath1")
    rows = [
        note_defect(phone, "H07-bed1", picture, pin=pin, text=said("Damp patch under the window")),
        note_defect(phone, "H07-bath1", text=said("Water on the floor of the shower")),
        note_defect(phone, trade="Painting", class_="C", room="bed1", text=said("Paint runs on the wall")),
    ]
    assert {one["result"] for one in phone.push()} == {"applied"}
    phone.upload(picture)
    finish(phone)
    assert {one["result"] for one in phone.push()} == {"applied"}
    return rows


def said(text: str) -> dict[str, str]:
    return {"text": text, "lang": "en"}


def cases(app: Flask, rows: Sequence[str]) -> list[UUID]:
    """The case of each row, in their order."""
    with app.app_context():
        rows_and_cases = reading().execute(
            select(Defect.row, ActionDefect.action_id).join(ActionDefect, ActionDefect.defect_id == Defect.id)
        )
        known = {one.row: one.action_id for one in rows_and_cases}
    return [known[UUID(row)] for row in rows]


def case(app: Flask, action_id: UUID) -> Action:
    with app.app_context():
        found = reading().get_one(Action, action_id)
        reading().expunge(found)
        return found


def late(app: Flask, *actions: UUID, due: datetime) -> None:
    """As if these were due then."""
    with app.app_context(), transaction() as session:
        for action_id in actions:
            session.get_one(Action, action_id).due_at = due.astimezone(UTC)


def written(app: Flask, address: str) -> list[Letter]:
    """The letters about repairs to this address, as the outbox would carry them out; nothing else of it."""
    with app.app_context():
        rows = reading().scalars(select(Outgoing).where(Outgoing.kind == MAIL).order_by(Outgoing.created_at))
        made = [letter_for(row.payload, datetime.now(UTC)) for row in rows.all()]
    return [letter for letter in made if letter is not None and letter.to == address]


def shown_link(client: PageClient, repairs: Repairs, contact: UUID) -> str:
    """The secret of a link to a contractor's list, shown at the desk."""
    answer = client.post(f"{repairs.desk}/links", {"contact": str(contact), "show": "1"})
    found = re.search(r'/l/([\w-]{20,})"', answer.get_data(as_text=True))
    assert answer.status_code == 200 and found, answer.status
    return found[1]


__all__ = ["PAINT", "PLAN", "WATER", "Repairs", "case", "cases", "late", "shown_link", "walked", "written"]
