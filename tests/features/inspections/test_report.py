"""Reports of inspections, from a phone's completion to the content of the PDF. On both engines."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from app.db import reading, transaction
from app.domain.canonical import canonical, digest
from app.domain.errors import NotFound
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.inspections.models import Inspection, Revision
from app.features.inspections.report import InspectionReport, frozen_of
from app.features.reports.report import REPORTS
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

KIND = InspectionReport()


@pytest.fixture
def completed(app_on_both: Flask) -> tuple[Flask, Cast, Phone, bytes]:
    """An audit with one minor finding, two signatures and a photo, completed on a phone."""
    app = app_on_both
    cast = assemble(app)
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app, M03="6")
    phone.set("f/M03", "position", {"stand": "disagree", "text": {"text": "Matrix is new.", "lang": "en"}})
    phone.set("closing", "summary", {"text": "A good plant.", "lang": "en"})
    picture = jpeg()
    phone.add_photo("q/M03", picture)
    phone.upload(picture)
    assert {answer["result"] for answer in phone.push()} == {"applied"}
    phone.complete(phone.sign_both(), media=[phone.sha256(picture)])
    assert {answer["result"] for answer in phone.push()} == {"applied"}
    return app, cast, phone, picture


def test_what_a_phone_completed_becomes_a_report(completed: tuple[Flask, Cast, Phone, bytes]) -> None:
    app, cast, phone, picture = completed
    record_id = UUID(phone.record)
    sha256 = phone.sha256(picture)
    with app.app_context():
        session = reading()
        row = session.get_one(Inspection, record_id)
        body = frozen_of(session, record_id, 1)
        record = json.loads(body)
        assert body.encode() == canonical(record)
        assert digest(body.encode()) == session.query(Revision).one().digest

        assert record["organisation"]["name"] == app.config["PLUMBLINE"].organisation
        assert (record["number"], record["revision"]) == (row.number, 1)
        assert record["subject"]["company"]["name"] == "Hengda Precision"
        assert [member["name"] for member in record["team"]] == ["Owner Auditor"]
        assert {"total": record["result"]["total"], "grade": record["result"]["grade"]} == {
            "total": row.result["total"],
            "grade": row.grade,
        }
        assert [finding["question"] for finding in record["findings"]] == ["M03"]
        assert [(one["kind"], one["slot"], one["counts"]) for one in record["signatures"]] == [
            ("sign", "auditor", True),
            ("sign", "auditee", True),
        ]
        assert record["photos"] == [sha256]
        stored = {path for path, _field, _hash in record["registers"]}
        assert {"q/M01", "f/M03", "closing", "inspection"} <= stored

        listed = KIND.listed(session, record_id, 1)
        assert (listed.number, listed.company_id, listed.subject) == (row.number, cast.supplier, "Suzhou")
        assert abs(listed.date - row.completed_at) < timedelta(seconds=1)
        assert KIND.missing_photos(session, record_id, 1) == []

        made = KIND.collect(session, record_id, 1, "zh-Hans")
        assert made.attachments[0].data == body.encode()
        assert made.digest == digest(body.encode())
        assert made.photos == [sha256]
        assert made.context["context"]["summary"]["lead"] == {"text": "A good plant.", "lang": "en"}
        assert [seal.field for seal in made.seals] == ["SigAuditor", "SigAuditee"]
        with pytest.raises(NotFound):
            KIND.collect(session, record_id, 2, "en")


def test_who_may_see_the_inspection_may_see_its_reports(completed: tuple[Flask, Cast, Phone, bytes]) -> None:
    app, cast, phone, _picture = completed
    record_id = UUID(phone.record)

    def sees(person: UUID) -> bool:
        with app.app_context():
            actor = actor_of(reading(), reading().get_one(Person, person))
            return KIND.visible_to(reading(), actor, [record_id]) == {record_id}

    assert [sees(person) for person in (cast.owner, cast.manager, cast.scoped)] == [True] * 3
    assert [sees(person) for person in (cast.stranger, cast.teammate)] == [False] * 2


def test_the_machine_knows_inspections(app: Flask) -> None:
    assert isinstance(REPORTS.get("inspection"), InspectionReport)


def test_the_writers_know_the_organisation(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        assert session.info["organisation"] == app.config["PLUMBLINE"].organisation
