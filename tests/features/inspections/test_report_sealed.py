"""The whole way once: completed on a phone, drawn, sealed, and called genuine by whoever asks."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from uuid import UUID

import pikepdf
from flask import Flask

from app.adapters import clock
from app.adapters.blobs import LocalBlobs
from app.adapters.claims import Job
from app.db import new_id, reading, transaction
from app.features.inspections.report import frozen_of
from app.features.reports import commands
from app.features.reports.cli import WORKS
from app.features.reports.models import Report
from app.features.reports.routes import BLOBS
from app.features.reports.routes import ROOM as CHECKS
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg


def test_from_the_last_tap_to_a_sealed_report_a_stranger_verifies(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    phone = Phone(PageClient(app, cast.owner)).register()
    phone.start(audit_version(app), cast.site, cast.owner)
    phone.answer_all(app, M03="6", E05="4")
    picture = jpeg((480, 640))
    phone.add_photo("q/E05", picture)
    phone.upload(picture)
    phone.push()
    phone.complete(phone.sign_both(), media=[phone.sha256(picture)])
    assert {answer["result"] for answer in phone.push()} == {"applied"}

    record_id = UUID(phone.record)
    works = app.extensions[WORKS]
    with app.app_context():
        with transaction() as session:
            asked = commands.request(
                session,
                kind="inspection",
                record_id=record_id,
                revision=1,
                language="zh-Hans",
                now=clock.now(),
                person_id=cast.owner,
            )
        works.issue(Job(new_id(), commands.ISSUE, {"report": str(asked.id)}, 1))
        report = reading().get_one(Report, asked.id)
        assert (report.state, report.error, report.grade) == ("issued", "", "B")
        file = report.file
        assert file is not None
        assert [seal["field"] for seal in file.seals] == ["SigAuditor", "SigAuditee"]
        blobs: LocalBlobs = app.extensions[BLOBS]
        with blobs.open(file.sha256) as held:
            data = held.read()
        body = frozen_of(reading(), record_id, 1).encode()

    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()
    for said in ("审核报告", "Hengda Precision", "得分说明", "文件控制", report.verify_id):
        assert said in text, said
    with pikepdf.open(path) as pdf:
        assert pdf.attachments["inspection.json"].get_file().read_bytes() == body
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert set(fields) == {"SigAuditor", "SigAuditee"}
        for field in fields.values():
            left, bottom, right, top = (float(side) for side in field.Rect)
            assert right - left > 120 and top - bottom > 50  # the box of the stamp on the page

    visitor = PageClient(app, None)
    answer = visitor.post(
        "/verify", data={"file": (io.BytesIO(data), "report.pdf")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 200
    assert "Genuine" in answer.text
    works.room.close()
    app.extensions[CHECKS].close()
