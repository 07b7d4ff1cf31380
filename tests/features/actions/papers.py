"""Papers of a case as they are asked for on its page, and made by the worker."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.adapters.blobs import LocalBlobs
from app.db import reading
from app.features.reports.models import Report
from tests.client import PageClient
from tests.features.actions.steps import letters, said


def ask(client: PageClient, address: str, kind: str = "action", language: str = "en") -> None:
    answer = client.post(f"{address}/papers/{kind}", {"language": language})
    assert answer.status_code == 303, said(answer)


def made(app: Flask, address: str, kind: str = "action") -> list[Report]:
    """What the worker made of everything that was asked for; oldest first."""
    letters(app)  # carries out the outbox, reports among it
    with app.app_context():
        about = (Report.kind == kind, Report.record_id == UUID(address.rpartition("/")[2]))
        found = (
            reading().scalars(select(Report).where(*about).order_by(Report.revision, Report.language)).all()
        )
        assert [report.error for report in found if report.state != "issued"] == []
        reading().expunge_all()
        return list(found)


def file_of(app: Flask, report: Report) -> bytes:
    assert report.file is not None
    with LocalBlobs(app.config["PLUMBLINE"].data / "blobs").open(report.file.sha256) as held:
        return held.read()
