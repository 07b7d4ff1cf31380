"""What tests of an ending do with an audit, and what they ask the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app import journal
from app.db import reading, transaction
from app.features.inspections.models import Assignment, Finding, Inspection
from tests.cast import BORN, Cast
from tests.factories.phone import Phone, audit_version

TYPED = {"text": "因为", "lang": "zh-Hans"}


def begun(app: Flask, cast: Cast, phone: Phone, version: UUID | None = None) -> Phone:
    """An audit by owner and teammate with every answer on the server, one minor finding among them."""
    phone.start(version or audit_version(app), cast.site, cast.owner)
    phone.answer_all(app, M03="6")
    assert {r["result"] for r in phone.push()} == {"applied"}
    with app.app_context(), transaction() as session:
        session.add(
            Assignment(
                inspection_id=UUID(phone.record), person_id=cast.teammate, position=1, assigned_at=BORN
            )
        )
    return phone


def pushed(phone: Phone) -> list[tuple[str, str]]:
    return [(answer["result"], answer.get("code", "")) for answer in phone.push()]


def completed(phone: Phone) -> Phone:
    phone.complete(phone.sign_both())
    assert {result for result, _ in pushed(phone)} == {"applied"}
    return phone


def row(app: Flask, phone: Phone) -> Inspection:
    with app.app_context():
        found = reading().get(Inspection, UUID(phone.record))
        assert found is not None
        return found


def every(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        order = model.number if model is Finding else model.revision
        return list(reading().scalars(select(model).order_by(model.revision, order)))


def acts(app: Flask, phone: Phone) -> list[tuple[str, dict[str, Any]]]:
    with app.app_context():
        entries = reading().scalars(
            select(journal.Entry)
            .where(journal.Entry.record_id == UUID(phone.record))
            .order_by(journal.Entry.seq)
        )
        return [(entry.act, entry.facts) for entry in entries]


def address(phone: Phone) -> str:
    return f"/inspections/{phone.record}"
