"""What people do to a case, as they do it: forms posted at the desk and through a link."""

from __future__ import annotations

import email
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email import policy
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.adapters import jobs
from app.db import new_id, reading, transaction
from app.features.actions import queries
from app.features.actions.models import Action
from app.features.companies.models import Contact, DefectCode, Part
from app.outbox import Outgoing
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

CONTAIN = {
    "response": "Shipment stopped by the shift leader at 11:40.",
    "customer_store-quantity": "640",
    "customer_store-ok": "622",
    "customer_store-not_ok": "18",
    "customer_store-disposition": "return",
    "transit-quantity": "200",
    "transit-ok": "200",
    "transit-not_ok": "0",
}
CAUSE = {
    "occurrence-0": "Three containers stood without a tag.",
    "occurrence-1": "Tags are locked in the office at night.",
    "escape-0": "The red area is counted on Mondays only.",
    "bone-method-0": "Tag issue needs a key",
    "bone-method-0-ok": "1",
    "bone-man-0": "Night shift not briefed",
    "bone-man-0-ok": "1",
    "bone-machine-0": "Label printer in one room only",
    "shown": "Walked the night shift on 19 November.",
}
MEASURE = {
    "m-0-cause": "Tag issue needs a key",
    "m-0-text": "Tag box at every line",
    "m-0-type": "organisational",
    "m-0-owner": "Li Qiang",
    "m-0-due": "2026-11-30",
    "m-1-cause": "Night shift not briefed",
    "m-1-text": "Red area in the hand-over sheet",
    "m-1-type": "management",
    "m-1-owner": "Wang Jianguo",
    "m-1-due": "2026-11-30",
}
ACT = {
    "doc-0-name": "WI-07 Nonconforming parts",
    "doc-0-revision": "D",
    "training": "All three shifts",
    "similar": "Lines 2 and 5 looked at",
    "lesson": "A tag must be where the part is.",
    "open_point": "Is there a tag box at each line?",
}


def implement(day: date | None = None) -> dict[str, Any]:
    day = day or datetime.now(UTC).date()
    return {"done": "Tag boxes hung up.", "done_by": "Li Qiang", "cut_in": day.isoformat(), "lot": "2511-31"}


def photo(seed: int = 1) -> tuple[io.BytesIO, str]:
    return io.BytesIO(jpeg(seed=seed)), "after.jpg"


def subject(app: Flask, cast: Cast) -> dict[str, str]:
    """A part, a defect code and a contact with a mail address, as form fields of a new case."""
    with app.app_context(), transaction() as session:
        part = Part(company_id=cast.supplier, number="4410-A", name={"en": "Shaft"}, created_at=BORN)
        code = DefectCode(code="T01", name={"en": "Not identified", "zh-Hans": "未标识"}, created_at=BORN)
        contact = session.scalars(select(Contact).where(Contact.company_id == cast.supplier)).one()
        contact.email, contact.language = "wang@hengda.example", "zh-Hans"
        session.add_all([part, code])
        session.flush()
        return {"part": str(part.id), "defect_code": str(code.id), "contact": str(contact.id)}


def raised(client: PageClient, cast: Cast, **fields: Any) -> str:
    """Opens a case at the desk; gives its address."""
    form = {
        "title": "Red-area tags missing on 3 of 11 containers",
        "severity": "major",
        "kind": "corrective",
        "site": str(cast.site),
        "owner": str(cast.manager),
        "requirement": "Nonconforming material is identified and isolated.",
        "statement": "3 of 11 containers in the red area had no tag.",
        "evidence": "36 shafts, lot 2511-08.",
        **fields,
    }
    answer = client.post("/actions", form)
    assert answer.status_code == 303, said(answer)
    return str(answer.headers["Location"])


def said(answer: Any) -> str:
    """The words of errors on a page, for a failing test's message."""
    return " | ".join(re.findall(r'class="error"[^>]*>.*?<span>(.*?)</span>', answer.get_data(as_text=True)))


def version(client: PageClient, address: str) -> str:
    page = client.get(address).get_data(as_text=True)
    found = re.search(r'name="record_version" value="(\d+)"', page)
    assert found, "no step can be written on this page"
    return found.group(1)


def step(
    client: PageClient, address: str, name: str, fields: dict[str, Any], send: bool = True, photos: int = 0
) -> Any:
    """Writes a step (at the desk or through a link) and sends it."""
    form = {**fields, "record_version": version(client, address), **({"send": "1"} if send else {})}
    if photos:
        form["photos"] = [photo(1 + index) for index in range(photos)]
    return client.post(f"{address}/steps/{name}", form, content_type="multipart/form-data")


def row(app: Flask, address: str) -> Action:
    with app.app_context():
        found = queries.one(reading(), UUID(address.rpartition("/")[2]))
        reading().expunge_all()
        return found


def letters(app: Flask, now: datetime | None = None) -> list[Any]:
    """Carries out what waits in the outbox; gives every letter so far, oldest first."""
    with app.app_context():
        app.extensions[jobs.KEY].run_due(app, (now or datetime.now(UTC)) + timedelta(minutes=1))
        undone = (Outgoing.error != "", Outgoing.done_at.is_(None))
        failed = reading().scalars(select(Outgoing.error).where(*undone)).all()
        assert failed == []
    folder = app.config["PLUMBLINE"].data / "mail"
    found = []
    with suppress(FileNotFoundError):
        found = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]


def to(found: list[Any], address: str) -> list[Any]:
    return [letter for letter in found if letter["To"] == address]


def token_in(letter: Any) -> str:
    match = re.search(r"/l/(\S+)", letter.get_content())
    assert match, letter.get_content()
    return match.group(1)


def enter(app: Flask, token: str) -> PageClient:
    """Somebody's phone, coming in through a link."""
    visitor = PageClient(app, None)
    door = visitor.get(f"/l/{token}")
    assert door.status_code == 200
    answer = visitor.post("/l/opening", {"token": token})
    assert answer.status_code == 303, answer.status
    visitor.arrived = answer.headers["Location"]  # type: ignore[attr-defined]
    return visitor


def unknown() -> str:
    return str(new_id())


def audited(
    app: Flask, cast: Cast, person: UUID, asked: Sequence[str] = (), photo_of: str = "", **scores: str
) -> Phone:
    """A completed audit of the cast's site. `asked`: questions whose finding shall open a case; `photo_of`:
    the question that gets a photo.
    """
    phone = Phone(PageClient(app, person)).register()
    phone.start(audit_version(app), cast.site, person)
    phone.answer_all(app, **scores)
    for question in asked:
        phone.set(f"f/{question}", "action", {"open": True})
    picture = jpeg(seed=9)
    if photo_of:
        phone.add_photo(f"q/{photo_of}", picture)
    phone.push()
    if photo_of:
        assert phone.upload(picture).status_code in (200, 201)
    rows = phone.sign_both()
    phone.push()
    phone.complete(rows)
    results = phone.push()
    assert [result["result"] for result in results] == ["applied"], results
    return phone
