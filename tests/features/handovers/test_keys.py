"""Keys change hands: the gate, what is frozen, the certificate, a correction, who may."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters import clock
from app.adapters.blobs import LocalBlobs
from app.adapters.claims import Job
from app.db import new_id, reading, transaction
from app.domain.canonical import digest
from app.features.actions.models import ActionDefect
from app.features.handovers.models import Handover
from app.features.handovers.queries.certificate import certified
from app.features.handovers.queries.keys import walked
from app.features.handovers.report import content_of
from app.features.inspections.models import Defect, Inspection, MeterReading, Recheck, Revision
from app.features.places.models import Unit
from app.features.reports import commands as reports
from app.features.reports.cli import WORKS
from app.features.reports.models import Report
from app.features.reports.routes import BLOBS
from app.features.reports.routes import ROOM as CHECKS
from app.journal import Entry
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.handover import draw_plan, repair, walk_through
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.factories.walk import Estates, raise_estate
from tests.features.inspections.steps import day

ClientFor = Callable[..., PageClient]
AFTER = jpeg(seed=79)


@pytest.fixture
def place(app: Flask, cast: Cast) -> Estates:
    return raise_estate(app, cast)


@pytest.fixture
def officer(client_for: ClientFor, place: Estates) -> PageClient:
    return client_for(place.officer)


@pytest.fixture
def ready(app: Flask, place: Estates, officer: PageClient) -> UUID:
    """A unit whose keys nothing holds back: its class A defect is repaired, lesser ones are open."""
    phone = Phone(officer).register()
    unit = place.units[0]
    rows = walk_through(phone, app, place, unit, draw_plan(officer, place, app))
    phone.upload(AFTER)
    repair(app, place, rows["damp"], AFTER)
    return unit


def sent(**more: Any) -> dict[str, Any]:
    return {
        "day": day(0),
        "stand": "owner",
        "receiver": "张伟",
        "papers": ["guarantee", "manual"],
        "others": "Garage door remote manual",
        "open_accepted": "y",
        "language": "zh-Hans",
        "second": "en",
        **more,
    }


def handovers(app: Flask) -> list[Handover]:
    with app.app_context():
        return list(reading().scalars(select(Handover).order_by(Handover.revision)))


def shown(client: PageClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_gate_says_what_holds_the_keys(app: Flask, place: Estates, officer: PageClient) -> None:
    unit = place.units[0]
    address = f"/units/{unit}/keys"
    assert "The keys stay here" in shown(officer, f"{address}/new")
    assert "Hand over the keys" not in shown(officer, f"/units/{unit}/handover")
    refused = officer.post(address, sent())
    assert refused.status_code == 422 and "The unit is walked" in refused.text
    phone = Phone(officer).register()
    rows = walk_through(phone, app, place, unit)
    refused = officer.post(address, sent())
    assert refused.status_code == 422
    assert "a defect of class A is open" in refused.text and "Damp patch below the window" in refused.text
    phone.upload(AFTER)
    repair(app, place, rows["damp"], AFTER)
    assert "Hand over the keys" in shown(officer, f"/units/{unit}/handover")
    assert handovers(app) == []


def test_what_was_true_when_the_keys_changed_hands_is_frozen(
    app: Flask, place: Estates, officer: PageClient, ready: UUID
) -> None:
    form = officer.get(f"/units/{ready}/keys/new").text
    assert 'placeholder="3"' in form and "门框划痕" in form and form.count("Still open") == 1
    answer = officer.post(f"/units/{ready}/keys", sent(key_entrance="2", note_entrance="One stays with us"))
    assert answer.status_code == 303, answer.text[:4000]
    (row,) = handovers(app)
    assert row.digest == digest(row.body.encode())
    body = json.loads(row.body)
    year = day(0)[:4]
    assert (row.number, row.revision, row.languages) == (f"HO-{year}-0001", 1, ["zh-Hans", "en"])
    assert [(one["kind"], one["counted"], one["handed"]) for one in body["keys"]] == [
        ("entrance", 3, 2),
        ("mailbox", 2, 2),
    ]
    assert body["keys"][0]["remark"]["text"] == "One stays with us"
    assert body["papers"][:2] == ["guarantee", "manual"]
    assert body["papers"][2]["text"] == "Garage door remote manual"
    assert [(one["class"], one["state"]) for one in body["defects"]] == [
        ("A", "closed"),
        ("C", "open"),
        ("B", "open"),
    ]
    assert body["defects"][0]["after"][0]["sha256"] == Phone.sha256(AFTER)
    assert body["defects"][0]["done"] == "Joint opened and sealed anew"
    assert body["result"] == {"code": "accepted_open", "open": 2, "as_is": 0}
    assert {one["meter"]: one["reading"] for one in body["meters"]} == {"water": "12.5", "power": None}
    assert {one["slot"] for one in body["signing"]["signatures"]} == {"auditor", "auditee"}
    assert body["handed"]["to"] == "张伟" and body["unit"]["delivery_on"] == day(0)
    with app.app_context():
        unit = reading().get_one(Unit, ready)
        assert (unit.state, unit.delivery_on) == ("handed_over", row.handed_on)
        acts = reading().scalars(select(Entry.act).where(Entry.record_id == ready).order_by(Entry.seq)).all()
        assert acts[-3:] == ["unit.changed", "unit.handed_over", "unit.moved"]
        (report,) = reading().scalars(select(Report).where(Report.kind == "handover"))
        assert (report.record_id, report.revision, report.language) == (ready, 1, "zh-Hans")
    text = shown(officer, f"/units/{ready}/handover")
    assert row.number in text and "张伟" in text and "Report a defect" in text
    again = officer.post(f"/units/{ready}/keys", sent())
    assert again.status_code == 409 and "handed over meanwhile" in again.text
    assert len(handovers(app)) == 1
    assert officer.get(f"/units/{ready}").status_code == 302


def test_a_correction_is_another_revision_with_its_reason(
    app: Flask, officer: PageClient, ready: UUID
) -> None:
    address = f"/units/{ready}/keys"
    assert officer.post(address, sent(receiver="Zhang Wie")).status_code == 303
    form = officer.get(f"{address}/new").text
    assert "Correct the handover" in form and "Zhang Wie" in form and "Garage door remote manual" in form
    assert officer.post(address, sent(revision="1")).status_code == 422, "no reason"
    corrected = sent(revision="1", receiver="Zhang Wei", reason="The name was misspelt")
    assert officer.post(address, corrected).status_code == 303
    first, second = handovers(app)
    assert (first.number, first.revision) == (second.number, 1) and second.revision == 2
    assert json.loads(first.body)["handed"]["to"] == "Zhang Wie"
    assert json.loads(second.body)["reason"] == {"text": "The name was misspelt", "lang": "en"}
    stale = officer.post(address, corrected)
    assert stale.status_code == 409 and "corrected meanwhile" in stale.text
    assert len(handovers(app)) == 2


def test_what_a_re_inspection_found_is_what_the_certificate_says(
    app: Flask, officer: PageClient, ready: UUID
) -> None:
    """Rows of `rechecks`: the newest decides, and its photos stand before the contractor's."""
    again = "e" * 64
    with app.app_context(), transaction() as session:
        links = {one.row: one for one in session.scalars(select(ActionDefect))}
        grades = {one.row: one.grade for one in session.scalars(select(Defect))}
        walk = session.scalars(select(Inspection.id)).one()
        first = session.scalars(select(Revision)).one()
        again_frozen = {"revision": 2, "at": first.at, "person_id": first.person_id}
        session.add(Revision(inspection_id=walk, digest=first.digest, body=first.body, **again_frozen))
        for read in session.scalars(select(MeterReading)).all():  # the second revision says the same of them
            kept = {one.key: getattr(read, one.key) for one in MeterReading.__table__.columns}
            session.add(MeterReading(**{**kept, "id": new_id(), "revision": 2}))

        def seen(grade: str, result: str, revision: int, **more: Any) -> None:
            row = next(row for row, found in grades.items() if found == grade)
            session.add(
                Recheck(
                    inspection_id=walk,
                    revision=revision,
                    row=row,
                    action_id=links[row].action_id,
                    unit_id=ready,
                    result=result,
                    checked_on=date.fromisoformat(day(0)),
                    **{"photos": [], "price": None, "currency": None, "note": None, **more},
                )
            )

        seen("A", "pass", 2, photos=[again])
        seen("B", "fail", 1)
        seen("B", "as_is", 2, price=12050, currency="CNY", note={"text": "Small", "lang": "en"})
    with app.app_context():
        unit = reading().get_one(Unit, ready)
        body = certified(reading(), unit, walked(reading(), ready))
    told = {one["class"]: one for one in body["defects"]}
    assert (told["A"]["state"], [one["sha256"] for one in told["A"]["after"]]) == ("closed", [again])
    assert (told["B"]["state"], told["B"]["price"], told["B"]["currency"]) == ("as_is", 12050, "CNY")
    assert told["B"]["failed"] == 0, "the second revision took the place of the first"
    assert told["C"]["state"] == "open"
    assert officer.post(f"/units/{ready}/keys", sent()).status_code == 303
    (given,) = handovers(app)
    with app.app_context():  # as the worker draws it: nobody asked
        drawn = {one: content_of(given.body, one).context["main"]["defects"] for one in ("en", "zh-Hans")}
    assert [one["state"] for one in drawn["en"] if "as is" in one["state"]] == [
        "accepted as is, price note CN¥120.50"
    ]
    assert [one["state"] for one in drawn["zh-Hans"] if "现状" in one["state"]] == ["按现状接受，折价¥120.50"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"day": "tomorrow"}, "not a date"),
    ({"day": day(1)}, "still to come"),
    ({"day": "2020-01-01"}, "walked later than that"),
    ({"receiver": " "}, "needed"),
    ({"stand": "representative"}, "authorises this person"),
    ({"stand": "nobody"}, "Choose one from the list"),
    ({"key_entrance": "2"}, "not what was counted"),
    ({"key_entrance": "many"}, "whole number"),
    ({"key_entrance": "201", "note_entrance": "x"}, "whole number"),
    ({"open_accepted": ""}, "Defects are open"),
    ({"language": "de"}, "not one of the three languages"),
    ({"papers": ["everything"]}, "Choose one from the list"),
    ({"others": "\n".join(map(str, range(30)))}, "too many"),
]


def test_what_cannot_be_is_said_beside_its_field(app: Flask, officer: PageClient, ready: UUID) -> None:
    for more, said in REFUSED:
        answer = officer.post(f"/units/{ready}/keys", sent(**more))
        assert answer.status_code == 422, more
        errors = re.findall(r'class="error"[^>]*>.*?</p>', answer.text, re.S)
        assert any(said in error for error in errors), (more, errors)
    assert handovers(app) == []


def test_who_has_no_part_in_the_estate_learns_nothing(
    app: Flask, place: Estates, cast: Cast, client_for: ClientFor, officer: PageClient, ready: UUID
) -> None:
    officer.post(f"/units/{ready}/keys", sent())
    for person in (place.elsewhere, cast.scoped, cast.owner, cast.stranger):
        client = client_for(person)
        for address in ("", "/keys/new", "/defects/new", "/defects/answers"):
            assert client.get(f"/units/{ready}{address}").status_code in (403, 404), (person, address)
        assert client.post(f"/units/{ready}/keys", sent()).status_code in (403, 404)
        assert client.post(f"/units/{ready}/defects", {}).status_code in (403, 404)
        assert client.get(f"/reports/of/handover/{ready}").status_code == 404
        assert client.get(f"/estates/{place.estate}/warranties").status_code in (403, 404)
        assert client.get(f"/estates/{place.estate}/warranties.csv").status_code in (403, 404)
        assert "HO-" not in client.get("/reports").text
    assert "HO-" in officer.get("/reports").text
    assert client_for(cast.manager).get(f"/units/{ready}/keys/new").status_code == 200


def certificate(app: Flask, unit: UUID, language: str, revision: int = 1) -> tuple[bytes, Report]:
    """The sealed file, made as the worker does."""
    works = app.extensions[WORKS]
    with app.app_context():
        with transaction() as session:
            asked = reports.request(
                session,
                kind="handover",
                record_id=unit,
                revision=revision,
                language=language,
                now=clock.now(),
                person_id=None,
            )
        works.issue(Job(new_id(), reports.ISSUE, {"report": str(asked.id)}, 1))
        report = reading().get_one(Report, asked.id)
        assert (report.state, report.error) == ("issued", ""), (report.error, report.error_params)
        blobs: LocalBlobs = app.extensions[BLOBS]
        assert report.file is not None
        with blobs.open(report.file.sha256) as held:
            return held.read(), report


def test_the_certificate_is_sealed_in_two_languages_and_a_stranger_verifies_it(
    app: Flask, officer: PageClient, ready: UUID, tmp_path: Path
) -> None:
    officer.post(f"/units/{ready}/keys", sent())
    data, report = certificate(app, ready, "zh-Hans")
    file = report.file
    assert file is not None
    assert [seal["field"] for seal in file.seals] == ["SigHandover", "SigAuditor", "SigAuditee"]
    path = tmp_path / "certificate.pdf"
    path.write_bytes(data)
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
    flat = re.sub(r"\s+", " ", text)
    for words in ("交付验房报告", "Unit handover report", "with 2 items open", "Damp patch below the window"):
        assert words in flat, words
    for words in ("门框划痕", "钥匙", "保修", "W-88120", "Joint opened and sealed anew", report.verify_id):
        assert words in flat, words
    with pikepdf.open(path) as pdf:
        attached = pdf.attachments["handover.json"].get_file().read_bytes()
        assert attached == handovers(app)[0].body.encode()
        assert pdf.Root.Lang == "zh-Hans" and "pdfaid" in pdf.Root.Metadata.read_bytes().decode()
    alone, _report = certificate(app, ready, "en")
    path.write_bytes(alone)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
    assert "Unit handover report" in text and "交付验房报告" not in text
    visitor = PageClient(app, None)
    answer = visitor.post(
        "/verify", data={"file": (io.BytesIO(data), "report.pdf")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 200 and "Genuine" in answer.text
    app.extensions[WORKS].room.close()
    app.extensions[CHECKS].close()
