"""The reports of one record, as a fragment any page may fetch: progress, download, another language, try
again.
"""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request

from app.adapters import clock
from app.config import LANGUAGES
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound
from app.domain.permissions import Act
from app.features.reports import commands, queries, words
from app.features.reports.models import UNDER_WAY, Report
from app.features.reports.routes import Answer, bp
from app.web.htmx import wants_fragment
from app.web.i18n import OWN_NAMES
from app.web.identity import actor, needs


@bp.get("/reports/of/<kind>/<uuid:record_id>")
@needs(Act.SEE_REPORTS)
def of_record(kind: str, record_id: UUID) -> str:
    return fragment(kind, record_id)


@bp.post("/reports/of/<kind>/<uuid:record_id>")
@needs(Act.SEE_REPORTS)
def ask(kind: str, record_id: UUID) -> Answer:
    """The newest revision in another language."""
    found = queries.of_record(reading(), actor(), kind, record_id)
    if not found:
        raise NotFound()
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Invalid("not_a_language", field="language")
    with transaction() as session:
        commands.request(
            session,
            kind=kind,
            record_id=record_id,
            revision=found[0].revision,
            language=language,
            now=clock.now(),
            person_id=actor().id,
        )
    return _answer(kind, record_id)


@bp.post("/reports/<uuid:report_id>/attempts")
@needs(Act.SEE_REPORTS)
def attempt(report_id: UUID) -> Answer:
    """Another attempt at what failed."""
    report = queries.get_visible_to(reading(), actor(), report_id)
    kind, record_id = report.kind, report.record_id
    with transaction() as session:
        commands.try_again(session, report_id, clock.now(), actor().id)
    return _answer(kind, record_id)


def _answer(kind: str, record_id: UUID) -> Answer:
    return fragment(kind, record_id) if wants_fragment() else redirect("/reports", 303)


def fragment(kind: str, record_id: UUID) -> str:
    """The reports of a record; asks again by itself while one of them is being made."""
    found = queries.of_record(reading(), actor(), kind, record_id)
    newest = found[0].revision if found else 0
    there = {report.language for report in found if report.revision == newest}
    return render_template(
        "reports/_of.html",
        kind=kind,
        record_id=record_id,
        reports=found,
        superseded={report.id for report in found if _is_superseded(report, found)},
        watching=any(report.state in (*UNDER_WAY, "waiting") for report in found),
        moving=any(report.state in UNDER_WAY for report in found),
        others=[(code, name) for code, name in OWN_NAMES.items() if code not in there] if found else [],
        states=words.STATES,
        words=words,
        languages=OWN_NAMES,
        stuck=lambda report: report.state in UNDER_WAY and clock.now() - report.touched_at > commands.SILENT,
    )


def _is_superseded(report: Report, found: list[Report]) -> bool:
    return any(other.revision > report.revision and other.state == "issued" for other in found)
