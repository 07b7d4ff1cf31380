"""An installation to measure: the cast, the shipped checklist, work on phones, and who is signed in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import insert

from app.config import read_config
from app.db import Database, new_id, reading, transaction
from app.factory import create_app
from app.features.checklists.commands import publish
from app.features.checklists.models import Version
from app.features.inspections.models import Assignment, Inspection
from app.features.inspections.queries import form_of
from app.migrate import upgrade
from tests.cast import BORN, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version

ANSWERS = 100
SHORT = 10  # answers below "mainly met"
NOTE = {"text": "Seen on line 3, records complete", "lang": "en"}


@dataclass
class Load:
    """What one phone will send: its cookie and finished request bodies."""

    headers: dict[str, str]
    bodies: list[bytes]


@dataclass
class Begun:
    """A registered device, what proves it, its inspections, and the questions they ask."""

    device: str
    headers: dict[str, str]
    records: list[str]
    questions: list[str]


class World:
    """A migrated database with people and suppliers; leaving the `with` leaves it to a server."""

    def __init__(self, data: Path) -> None:
        config = read_config({"PLUMBLINE_DATA": str(data), "PLUMBLINE_DEMO": "0"})
        database = Database(config.database_url)
        upgrade(database.engine)
        database.engine.dispose()
        self.app: Flask = create_app(config)
        self.cast = assemble(self.app)
        self.version = audit_version(self.app)

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.app.extensions["plumbline.database"].engine.dispose()

    def session_cookie(self, person: UUID) -> tuple[str, str]:
        """Name and value of the cookie of somebody who has signed in."""
        cookie = PageClient(self.app, person).client.get_cookie("plumbline")
        assert cookie is not None
        return "plumbline", cookie.value

    def plan(self, version: UUID | None = None) -> UUID:
        """An inspection of the first site, assigned to the owner and not begun."""
        phone = Phone(PageClient(self.app, self.cast.owner)).register()
        record = phone.start(version or self.version, self.cast.site, self.cast.owner, "2026-12-18")
        assert phone.push()[0]["result"] == "applied"
        return UUID(record)

    def begun(self, audits: int) -> Begun:
        """A phone of its own on which as many inspections were begun, each with its `create` sent."""
        with self.app.app_context():
            questions = sorted(form_of(reading(), self.version).questions)
        phone = Phone(PageClient(self.app, self.cast.owner)).register()
        cookie = phone.client.client.get_cookie("plumbline-device")
        assert cookie is not None
        headers = {"Content-Type": "application/json", "X-Plumbline": "1"}
        headers["Cookie"] = f"plumbline-device={cookie.value}"
        records = []
        for _ in range(audits):
            phone.heads, phone.n, phone.lamport = {}, 0, 0
            records.append(phone.start(self.version, self.cast.site, self.cast.owner))
        assert all(result["result"] == "applied" for result in phone.push())
        return Begun(phone.device, headers, records, questions)

    def loads(self, phones: int, audits: int) -> list[Load]:
        """Inspections begun on as many phones, and a batch of 100 answers for each, ready to be sent."""
        return [self._load(self.begun(audits)) for _ in range(phones)]

    def _load(self, begun: Begun) -> Load:
        phone = Phone(PageClient(self.app, None), device=begun.device)
        return Load(begun.headers, [_audit(phone, record, begun.questions) for record in begun.records])

    def answered(self, audits: list[list[bytes]]) -> Load:
        """An audit for each list of photos, answered (ten questions fall short), photographed and signed, all
        of it sent; and for each the body that completes it.
        """
        phone = Phone(PageClient(self.app, self.cast.owner)).register()
        with self.app.app_context():
            questions = sorted(form_of(reading(), self.version).questions)
        bodies = []
        for pictures in audits:
            phone.heads, phone.n, phone.lamport = {}, 0, 0
            phone.start(self.version, self.cast.site, self.cast.owner)
            phone.answer_all(self.app, **dict.fromkeys(questions[:SHORT], "6"))
            for at, picture in enumerate(pictures):
                phone.add_photo(f"q/{questions[at % SHORT]}", picture)
                assert phone.upload(picture).status_code in (200, 201)
            phone.push()
            rows = phone.sign_both()
            phone.push()
            media = sorted(map(phone.sha256, pictures))
            body = {"batch": str(new_id()), "device": phone.device, "build": "bench", "pending": 0}
            made = phone.complete(rows, media=media)
            phone.waiting.clear()
            bodies.append(json.dumps({**body, "operations": [made]}).encode())
        self.app.extensions["plumbline.pictures"].close()
        cookies = [phone.client.client.get_cookie(name) for name in ("plumbline", "plumbline-device")]
        proof = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie)
        return Load({"Content-Type": "application/json", "X-Plumbline": "1", "Cookie": proof}, bodies)

    def with_questions(self, wanted: int) -> UUID:
        """A version of the same checklist with so many questions; published figures are for 100."""
        with self.app.app_context(), transaction() as session:
            version = session.get(Version, self.version)
            assert version is not None
            return publish(session, stretched(version.definition, wanted), BORN, self.cast.admin).id

    def many_inspections(self, count: int) -> None:
        """Rows as lists read them, spread over states, dates, sites and people."""
        sites = [(self.cast.site, self.cast.supplier), (self.cast.other_site, self.cast.other_supplier)]
        people = (self.cast.owner, self.cast.teammate, self.cast.stranger)
        made = [_row(self.version, sites[at % 2], at, self.cast.manager) for at in range(count)]
        held = [
            {
                "id": new_id(),
                "inspection_id": row["id"],
                "person_id": people[at % 3],
                "position": 0,
                "assigned_at": row["created_at"],
            }
            for at, row in enumerate(made)
        ]
        with self.app.app_context(), transaction() as session:
            session.execute(insert(Inspection), made)
            session.execute(insert(Assignment), held)


def _audit(phone: Phone, record: str, questions: list[str]) -> bytes:
    """The body of a push with 100 answers, the first ones of their registers."""
    phone.record, phone.heads, phone.n, phone.lamport = record, {}, 1, 1
    for question in questions:
        phone.set(f"q/{question}", "score", "8")
    for question in questions[: ANSWERS - len(questions)]:
        phone.set(f"q/{question}", "note", NOTE)
    made, phone.waiting = phone.waiting, []
    assert len(made) == ANSWERS
    body = {"batch": str(new_id()), "device": phone.device, "build": "bench", "pending": 0}
    return json.dumps({**body, "operations": made}, ensure_ascii=False).encode()


def _row(version: UUID, place: tuple[UUID, UUID], at: int, manager: UUID) -> dict[str, Any]:
    state = ("completed", "completed", "completed", "in_progress", "planned")[at % 5]
    score = 700 + at % 300
    instant = partial(datetime.fromtimestamp, tz=UTC)
    created = instant(BORN.timestamp()) - timedelta(minutes=30 * at)
    done = state == "completed"
    return {
        "id": new_id(),
        "number": f"AU-{at:06}",
        "version_id": version,
        "site_id": place[0],
        "company_id": place[1],
        "state": state,
        "planned": True,
        "due": (created + timedelta(days=14)).date(),
        "created_at": created,
        "created_by": manager,
        "started_at": None if state == "planned" else created + timedelta(days=7),
        "completed_at": created + timedelta(days=8) if done else None,
        "cancelled_at": None,
        "answered": 59 if done else 0,
        "asked": 59,
        "score": score if done else None,
        "grade": ("A" if score >= 900 else "B" if score >= 800 else "C") if done else None,
        "provisional": not done,
        "vetoed": False,
        "conflicts": 0,
        "late": 0,
        "result": None,
    }


def stretched(definition: dict[str, Any], wanted: int) -> dict[str, Any]:
    """The same definition with as many questions as wanted, the new ones copies with ids of their own."""
    sections = [{**section, "questions": list(section["questions"])} for section in definition["sections"]]
    count = sum(len(section["questions"]) for section in sections)
    originals = [(section, question) for section in sections for question in section["questions"]]
    for at in range(wanted - count):
        section, question = originals[at % len(originals)]
        section["questions"].append({**question, "id": f"{question['id']}b{at // len(originals) or ''}"})
    return {**definition, "sections": sections}
