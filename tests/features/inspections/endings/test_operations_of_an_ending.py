"""Signatures, findings and their like: what a phone may send, and from whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.db import new_id, reading
from app.features.companies.models import Contact
from tests.cast import Cast
from tests.factories.phone import Phone
from tests.features.inspections.endings.steps import (
    TYPED,
    pushed,
)


def _changed(member: str, value: Any) -> Callable[[Phone], dict[str, Any]]:
    def send(phone: Phone) -> dict[str, Any]:
        held = phone.sign("auditee")["value"]
        phone.waiting.pop()
        return phone.operation("sign", f"sign/{new_id()}", "signed", {**held, member: value})

    return send


def _with(**changes: Any) -> Callable[[Phone], dict[str, Any]]:
    return lambda phone: phone.sign("auditee", **changes)


NO_SIGNATURE: list[Any] = [
    (_with(strokes=[]), "signature_strokes"),
    (_with(strokes=[[1, 2, 3]]), "signature_strokes"),
    (_with(strokes=[[10, 10, 5000, 10]]), "signature_strokes"),
    (_with(strokes=[[-1, 10, 500, 10]]), "signature_strokes"),
    (_with(strokes=[[10, 10, True, 10]]), "signature_strokes"),
    (_with(strokes=["M0 0L1000 400"]), "signature_strokes"),
    (_with(strokes=[[100, 100, 110, 110]]), "signature_too_small"),
    (_with(strokes=[[0, 0, 100, 0]] * 65), "signature_strokes"),
    (_with(strokes={"0": [0, 0, 100, 0]}), "signature_strokes"),
    (_with(name=""), "op_value"),
    (_with(name=" \t"), "op_value"),
    (_with(name="x" * 201), "op_text_too_long"),
    (_with(name={"text": "Wang", "lang": "en"}), "op_value"),
    (_changed("slot", "witness"), "op_value"),
    (_changed("slot", ["auditee"]), "op_value"),
    (_with(meaning="carried_out"), "op_value"),  # only an auditor carries out
    (_with(consent={"id": "sign-9", "language": "en"}), "op_value"),
    (_with(consent={"id": "sign-1", "language": "de"}), "op_value"),
    (_with(digest="x" * 64), "op_value"),
    (_with(digest="A" * 64), "op_value"),
    (_with(covers={"answers": -1, "photos": 0}), "op_value"),
    (_with(at=None), "op_value"),
    (_with(at=1), "op_value"),
    (_with(extra=1), "op_value"),
    (lambda phone: phone.refuse(reason=None), "reason_missing"),
    (lambda phone: phone.refuse(reason={"text": " ", "lang": "en"}), "op_value"),
    (lambda phone: phone.refuse(witness={"name": "", "role": ""}), "op_value"),
    (lambda phone: phone.refuse(witness="Somebody"), "op_value"),
    (lambda phone: phone.operation("sign", "sign/x", "signed", {}), "op_path"),
    (lambda phone: phone.operation("sign", "q/M01", "signed", {}), "op_field"),
    (lambda phone: phone.operation("sign", f"sign/{new_id()}", "refused", {}), "op_kind_field"),
    (lambda phone: phone.operation("set", f"sign/{new_id()}", "signed", {}), "op_kind_field"),
    (lambda phone: phone.operation("set", f"sign/{new_id()}", "name", "x"), "op_field"),
    (lambda phone: phone.operation("reopen", "q/M01", "reopened", {}), "op_kind_field"),
]


def test_what_is_no_signature_is_rejected(early: Phone) -> None:
    for at, (sent, code) in enumerate(NO_SIGNATURE):
        sent(early)
        assert pushed(early) == [("rejected", code)], at


NO_FINDING: list[Any] = [
    ("severity", "major", "op_value"),
    ("severity", {"severity": "grave", "reason": TYPED}, "op_value"),
    ("severity", {"severity": "minor", "reason": None}, "reason_missing"),
    ("statement", "text", "op_value"),
    ("statement", {**TYPED, "canned": "M99-1"}, "op_value"),
    ("statement", {**TYPED, "canned": ["M03-1"]}, "op_value"),
    ("evidence", {**TYPED, "canned": "hinted"}, "op_value"),
    ("owner", {"name": "", "contact": None}, "op_value"),
    ("owner", {"name": "X", "contact": "x"}, "op_value"),
    ("owner", {"name": "X", "contact": str(new_id())}, "contact_unknown"),
    ("due", "2026-02-30", "not_a_date"),
    ("due", "1999-01-01", "not_a_date"),
    ("position", {"stand": "disagree", "text": None}, "reason_missing"),
    ("position", {"stand": "perhaps", "text": None}, "op_value"),
    ("grade", "A", "op_field"),
]


def test_what_belongs_to_no_finding_is_rejected(early: Phone) -> None:
    for field, value, code in NO_FINDING:
        early.set("f/M03", field, value)
        assert pushed(early) == [("rejected", code)], (field, value)


def test_a_finding_of_no_question_is_rejected(early: Phone) -> None:
    early.set("f/X99", "due", "2027-01-01")
    assert pushed(early) == [("rejected", "question_unknown")]


def test_an_owner_is_one_of_the_inspected_company(app: Flask, cast: Cast, early: Phone) -> None:
    with app.app_context():
        other = reading().scalar(select(Contact.id).where(Contact.company_id == cast.other_supplier))
    early.set("f/M03", "owner", {"name": "Wang", "contact": str(other)})
    early.set("f/M03", "owner", {"name": "Somebody without a contact", "contact": None})
    early.set("f/M03", "owner", None)
    assert pushed(early) == [("rejected", "contact_unknown"), ("applied", ""), ("applied", "")]


def test_a_signature_is_never_changed(early: Phone) -> None:
    first = early.sign("auditor")
    early.operation("sign", first["path"], "signed", first["value"])
    early.operation("refuse", first["path"], "refused", {**early.refuse()["value"]})
    early.waiting = [op for op in early.waiting if op["path"] == first["path"]]
    assert pushed(early) == [
        ("applied", ""),
        ("rejected", "signature_exists"),
        ("rejected", "signature_exists"),
    ]


def test_a_signature_sent_twice_is_stored_once(early: Phone) -> None:
    signed = early.sign("auditor")
    assert pushed(early) == [("applied", "")]
    assert early.send([signed]).json["results"][0]["result"] == "duplicate"


def test_the_team_signs_and_nobody_else(cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]) -> None:
    value = phone.sign("auditor")["value"]
    for person, result in (
        (cast.teammate, ("applied", "")),
        (cast.stranger, ("deferred", "op_record_unknown")),
        (cast.manager, ("rejected", "not_allowed")),
    ):
        other = phone_of(person)
        other.record, other.lamport = phone.record, phone.lamport
        other.operation("sign", f"sign/{new_id()}", "signed", value)
        assert pushed(other) == [result], person
