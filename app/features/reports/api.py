"""The reports of a record for devices: the same as the desk's fragment, as JSON."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, url_for

from app.db import reading
from app.domain.permissions import Act
from app.features.reports import queries, words
from app.features.reports.models import Report
from app.web.errors import API
from app.web.identity import actor, needs

bp = Blueprint("reports_api", __name__, url_prefix="/api/v1/reports")


@bp.get("/of/<kind>/<uuid:record_id>")
@needs(Act.SEE_REPORTS)
def of_record(kind: str, record_id: UUID) -> Response:
    """{reports: [{id, number, revision, language, state, progress: {text, done, of}, error, download,
    verify}]}, newest revision first. `error`: {code, text} or null; `download` and `verify`: addresses, null
    until issued.
    """
    found = queries.of_record(reading(), actor(), kind, record_id)
    newest = max((report.revision for report in found if report.state == "issued"), default=0)
    return jsonify(api=API, reports=[told(report, report.revision < newest) for report in found])


def told(report: Report, superseded: bool) -> dict[str, Any]:
    """One report as devices know it."""
    issued = report.state == "issued"
    progress = report.progress or {}
    return {
        "id": str(report.id),
        "number": report.number,
        "revision": report.revision,
        "language": report.language,
        "state": words.state_of(report, superseded),
        "progress": {
            "text": words.progress_text(report),
            "done": progress.get("done", 0),
            "of": progress.get("of", 0),
        },
        "error": {"code": report.error, "text": words.problem(report)} if report.error else None,
        "download": url_for("reports.download", report_id=report.id) if issued else None,
        "verify": url_for("verify.by_id", verify_id=report.verify_id) if issued else None,
    }
