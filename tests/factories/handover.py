"""A flat that is ready for its owner: walked with defects of two classes, one repaired, the other open."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.adapters import clock
from app.db import reading, transaction
from app.domain import actions as rules
from app.domain.actions import Step
from app.features.actions import queries as actions
from app.features.actions.commands import Hand, accepted, beside, settle
from app.features.actions.models import Action, ActionDefect
from app.features.places.models import Plan, Unit
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.factories.walk import Estates, begin_walk, finish, note_defect, pass_all


def draw_plan(client: PageClient, place: Estates, app: Flask, picture: bytes | None = None) -> str:
    """A floor plan of the units' type; its id."""
    if picture is None:
        buffer = BytesIO()
        Image.new("RGB", (640, 480), "white").save(buffer, "PNG")
        picture = buffer.getvalue()
    with app.app_context():
        kind = reading().get_one(Unit, place.units[0]).type_id
    sent = client.post(
        f"/estates/{place.estate}/types/{kind}/plans", {"file": (BytesIO(picture), "plan.png")}
    )
    assert sent.status_code == 303, sent.text
    with app.app_context():
        return str(reading().scalars(select(Plan.id)).one())


def walk_through(
    phone: Phone,
    app: Flask,
    place: Estates,
    unit: UUID,
    plan: str | None = None,
    photos: tuple[bytes, bytes, bytes] | None = None,
) -> dict[str, str]:
    """Walks a unit to the signatures, and gives the rows of what was found: "damp" (class A, pinned, with a
    photo), "scratch" (C, pinned, with a photo), "tile" (B). Water is read, there is no power meter yet, keys
    are counted.
    """
    damp, scratch, meter = photos or (jpeg(seed=71), jpeg(seed=72), jpeg(seed=73))
    begin_walk(phone, place, place.officer, unit)

    def pin(x: int, y: int) -> dict[str, Any] | None:
        return {"plan": plan, "x": x, "y": y} if plan else None

    rows = {
        "damp": note_defect(
            phone, "H07-bed1", damp, pin=pin(1500, 2500), stand="agree",
            text={"text": "Damp patch below the window", "lang": "en"},
        ),
        "scratch": note_defect(
            phone, None, scratch, room="bath1", trade="Painting", class_="C", pin=pin(6000, 2000),
            text={"text": "门框划痕 40 mm", "lang": "zh-Hans"},
        ),
        "tile": note_defect(
            phone, None, room="bath1", trade="Tiling", code="tile-hollow", pin=pin(8000, 1500)
        ),
    }  # fmt: skip
    pass_all(phone, app, place, "H07-bed1")
    phone.set("meter/water", "reading", "12.5")
    phone.set("meter/water", "number", "W-88120")
    phone.add_photo("meter/water", meter)
    phone.set("meter/power", "absent", {"reason": {"text": "Not fitted yet", "lang": "en"}})
    phone.set("keys/entrance", "count", 3)
    phone.set("keys/mailbox", "count", 2)
    for picture in (damp, scratch, meter):
        phone.upload(picture)
    phone.push()
    finish(phone)
    assert {one["result"] for one in phone.push()} == {"applied"}
    return rows


def repair(
    app: Flask, place: Estates, row: str, picture: bytes, done: str = "Joint opened and sealed anew"
) -> UUID:
    """The contractor sends the repair with a photo, we look at it, the case is closed; its id. The photo must
    have come in through a phone already.
    """
    now = clock.now()
    with app.app_context(), transaction() as session:
        found = session.scalars(select(ActionDefect.action_id).where(ActionDefect.row == UUID(row))).one()
        action = actions.one(session, found, lock=True)
        hand = Hand(person_id=place.officer)
        beside.add_picture(session, action, Step.IMPLEMENT, "after", Phone.sha256(picture), hand, now)
        step = actions.step_row(action, Step.IMPLEMENT)
        assert step is not None
        step.content = {"done": done}
        _through(session, action, hand, now)
    return found


def _through(session: Any, action: Action, hand: Hand, now: Any) -> None:
    settle(session, action, rules.submit(actions.circle_of(action), Step.IMPLEMENT, "l:contractor"), now)
    circle = rules.accept(actions.circle_of(action), Step.IMPLEMENT)
    accepted(action, Step.IMPLEMENT, hand, now)
    settle(session, action, circle, now)
    circle = rules.verify(actions.circle_of(action), str(hand), True)
    accepted(action, Step.CHECK, hand, now)
    action.outcome = "effective"
    settle(session, action, circle, now)
