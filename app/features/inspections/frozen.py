"""The frozen record of one revision: everything about an inspection as it was when it was issued.

Shape: {"v": 1, "kind": "inspection", "number", "revision", "at" (ms), "reason" (typed text or null),
"checklist": {"code", "number", "sha256", "title"}, "company", "site": {"name", "city", "time_zone"}, "team":
[names, the lead first], "plan", "opening", "closing": {field: value}, "participants": [{field: value}],
"out_of_scope": {section: reason}, "answers": {question: {"score", "note", "reason", "photos": [sha256]}},
"result" (domain/scoring.py), "findings": [domain/findings.Entry, the requirement in English where it is the
question's text], "signatures": [{"row", "kind", "counts", "value"}], "registers": [[path, field, hash]]}.
Whole numbers, texts, truth values; no fractions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.domain.answers import answers, out_of_scope
from app.domain.dates import local_day
from app.domain.findings import findings
from app.domain.merge import rows
from app.features.inspections import queries
from app.features.inspections.models import Inspection
from app.features.inspections.queries.signing import covered_of, signatures_of
from app.features.operations.record import State


def freeze(
    session: Session,
    row: Inspection,
    state: State,
    revision: int,
    now: datetime,
    reason: dict[str, Any] | None,
) -> dict[str, Any]:
    """The record as it stands, ready for its canonical bytes. Every operation must be stored."""
    form = queries.form_of(session, row.version_id)
    version, site = row.version, row.site
    day = local_day(row.completed_at or now, site.time_zone)

    def room(path: str) -> dict[str, Any]:
        return {field: held.value for (at, field), held in state.items() if at == path}

    return {
        "v": 1,
        "kind": "inspection",
        "number": row.number,
        "revision": revision,
        "at": int(now.timestamp() * 1000),
        "reason": reason,
        "checklist": {
            "code": form.definition["code"],
            "number": version.number,
            "sha256": version.sha256,
            "title": form.definition["title"],
        },
        "company": row.company.name,
        "site": {"name": site.name, "city": site.city, "time_zone": site.time_zone},
        "team": [assignment.person.name for assignment in queries.team(row)],
        "plan": room("plan"),
        "opening": room("opening"),
        "closing": room("closing"),
        "participants": list(rows(state, "participants").values()),
        "out_of_scope": {
            section: queries.shown(state, f"s/{section}", "covered")["reason"]
            for section in sorted(out_of_scope(state))
        },
        "answers": {
            question: answer | {"photos": [photo["sha256"] for photo in answer["photos"]]}
            for question, answer in answers(state).items()
        },
        "result": row.result,
        "findings": [entry._asdict() for entry in findings(form.definition, state, day, "en")],
        "signatures": [
            {"row": one.row, "kind": one.kind, "counts": one.counts, "value": one.value}
            for one in signatures_of(session, row, state)
        ],
        "registers": covered_of(session, state),
    }
