"""Text of every kind in every field a phone writes, from its operations through completion to the sealed
report: nothing breaks, nothing runs, and the report is issued.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import UUID

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters.blobs import LocalBlobs
from app.adapters.claims import Job
from app.db import new_id, reading, transaction
from app.features.companies.models import Company
from app.features.inspections.models import Finding, Inspection, Revision
from app.features.places.models import Site
from app.features.reports.cli import WORKS
from app.features.reports.commands import ISSUE
from app.features.reports.models import Report
from app.features.reports.routes import BLOBS
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

CONTROLS = "one\x01two\x1b[31mthree\x7f\x85\u2028four\u200b\ufeff\u00adfive"
TURNED = "before\u202egnaW\u202c \u2066x\u2069after"
EMOJI = "👩🏽\u200d🔧✅🇨🇳 \U0001f9ff\U000e0041 \ue000\U0010fffd \ufdd0"
LONG = "检验记录与实际不符合要求" * 250  # 3,000 characters without a place to break
MARKUP = "</td></table><script>alert(1)</script><img src=http://evil.example/x.png><!--"
STYLES = "</style><style>@import url(file:///etc/passwd);*{display:none}</style> {}; url(http://evil.example)"
JINJA = "{{ 7 * 191 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ config }}{% endfor %}{# gone"
TEXTS = (CONTROLS, TURNED, EMOJI, LONG, MARKUP, STYLES, JINJA)
ROW = "participants/0190c2c8-0000-7000-8000-00000000000"
HIDDEN = set(
    "\x00\x01\x1b\x7f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # never in a page or on paper


def typed(text: str) -> dict[str, str]:
    return {"text": text, "lang": "zh-Hans" if text == LONG else "en"}


@pytest.fixture
def ended(app: Flask, cast: Cast) -> Phone:
    """An audit that says all of this wherever something can be said, completed."""
    phone = Phone(PageClient(app, cast.owner)).register()
    with app.app_context(), transaction() as session:
        session.get_one(Company, cast.supplier).name = MARKUP[:120] + TURNED
        session.get_one(Site, cast.site).name = JINJA[:60] + EMOJI
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app, M01="0", M02="4", M03="6", M04="na", E05="4")
    for number, question in enumerate(("M01", "M02", "M03", "M05", "M06", "M07", "E05")):
        phone.set(f"q/{question}", "note", typed(TEXTS[number]))
    phone.set("q/M04", "note", None)
    phone.set("q/M04", "reason", typed(MARKUP + TURNED))
    for number, question in enumerate(("M01", "M02", "M03", "E05")):
        for step, field in enumerate(("statement", "requirement", "evidence")):
            phone.set(f"f/{question}", field, typed(TEXTS[(number + step) % len(TEXTS)]))
        phone.set(f"f/{question}", "position", {"stand": "disagree", "text": typed(TEXTS[-1 - number])})
        phone.set(f"f/{question}", "severity", {"severity": "major", "reason": typed(TEXTS[number])})
        phone.set(f"f/{question}", "owner", {"name": TEXTS[-1 - number][:200], "contact": None})
        phone.set(f"f/{question}", "due", "2199-12-31")
    for number, text in enumerate(TEXTS):
        phone.operation("row.add", f"{ROW}{number}", "row", {"on": True})
        for field in ("name", "organisation", "role"):
            phone.set(f"{ROW}{number}", field, typed(text[:200]))
        phone.set(f"{ROW}{number}", "opening", True)
    for number, field in enumerate(("summary", "good_practices", "areas_not_seen", "remarks")):
        phone.set("closing", field, typed(TEXTS[number]))
    for number, field in enumerate(("areas_seen", "areas_not_seen", "remarks")):
        phone.set("opening", field, typed(TEXTS[4 + number]))
    picture = jpeg((480, 640))
    for question in ("M01", "M02", "E05"):
        photo = phone.add_photo(f"q/{question}", picture, name=(MARKUP + TURNED)[:200])
    lines = [
        {"kind": "text", "x": 9, "y": 9, "text": text[:120], "lang": "en", "colour": "red"} for text in TEXTS
    ]
    phone.set("q/E05", f"marks:{photo['value']['media_id']}", lines)
    assert {answer["result"] for answer in phone.push()} == {"applied"}
    assert phone.upload(picture).status_code == 201
    auditor = phone.sign("auditor", name=MARKUP + TURNED, role=JINJA, organisation=EMOJI + CONTROLS)
    auditee = phone.refuse(
        reason=typed(STYLES + TURNED), name=EMOJI, witness={"name": JINJA, "role": MARKUP}, role=TURNED
    )
    rows = [given["path"].removeprefix("sign/") for given in (auditor, auditee)]
    phone.complete(rows, media=[phone.sha256(picture)])
    assert {(answer["result"], answer.get("code")) for answer in phone.push()} == {("applied", None)}
    return phone


def test_every_text_reaches_the_report_as_text(app: Flask, ended: Phone, tmp_path: Path) -> None:
    works = app.extensions[WORKS]
    with app.app_context():
        (report,) = reading().scalars(select(Report))
        works.issue(Job(new_id(), ISSUE, {"report": str(report.id)}, 1))
        reading().expire_all()
        assert (report.state, report.error) == ("issued", "")
        assert report.file is not None
        blobs: LocalBlobs = app.extensions[BLOBS]
        with blobs.open(report.file.sha256) as held:
            data = held.read()
        body = reading().scalars(select(Revision.body)).one()
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    said = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
    assert not HIDDEN & set(said)
    flat = "".join(said.split())
    for kept in ("<script>alert(1)</script>", "{{7*191}}", "@importurl(file:///etc/passwd)", "{{config}}"):
        assert kept in flat, kept  # printed as it was typed: neither run nor swallowed
    assert "1337" not in said and "root:" not in said
    assert flat.count("检验记录与实际不符合要求") >= 250
    with pikepdf.open(path) as pdf:
        # what is signed keeps every letter, whatever paper can show
        assert pdf.attachments["inspection.json"].get_file().read_bytes() == body.encode()
        assert "/JavaScript" not in pdf.Root.get("/Names", {}) and "/OpenAction" not in pdf.Root


def test_every_text_stands_in_the_pages_as_text(app: Flask, cast: Cast, ended: Phone) -> None:
    with app.app_context():
        row = reading().get_one(Inspection, UUID(ended.record))
        assert row.state == "completed"
        assert len(list(reading().scalars(select(Finding)))) >= 4
    client = PageClient(app, cast.owner)
    record = ended.record
    for page in (f"/inspections/{record}", f"/inspections/{record}/history", "/inspections", "/reports"):
        answer = client.client.get(page)  # unjudged: a template's braces are what somebody typed here
        assert answer.status_code == 200
        assert not HIDDEN & set(answer.text), page
        assert "<script>alert" not in answer.text and "<img src=http" not in answer.text
        assert "1337" not in answer.text


def test_half_a_character_is_refused_in_words_and_harms_nothing_beside_it(app: Flask, cast: Cast) -> None:
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.set("q/M01", "note", typed("half \ud83d a face"))
    phone.set("q/M02", "note", typed("whole"))
    results = phone.push()
    assert [answer["result"] for answer in results] == ["applied", "rejected", "applied"]
    assert results[1]["code"] == "op_text"
