"""What was drawn on the photos a case took over from inspections: it stands in their frozen records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.marks import drawing
from app.features.actions.models import Action, ActionEvent
from app.features.inspections.models import Finding, Revision

Key = tuple[UUID, int]  # (inspection, revision)


def drawings_of(session: Session, action: Action, events: Sequence[ActionEvent]) -> dict[str, dict[str, Any]]:
    """Photo (SHA-256) → its drawing as domain/marks.py gives it; of those nothing was drawn on, nothing."""
    shown = {one.sha256 for one in action.pictures}
    asked = _asked(session, action, events)
    if not shown or not asked:
        return {}
    found: dict[str, dict[str, Any]] = {}
    rows = session.execute(
        select(Revision.inspection_id, Revision.revision, Revision.body).where(
            Revision.inspection_id.in_({inspection for inspection, _revision in asked})
        )
    )
    for inspection, revision, body in rows:
        for photo in _photos(json.loads(body), asked.get((inspection, revision), set())):
            if photo["sha256"] in shown and photo.get("marks"):
                found[photo["sha256"]] = drawing(photo["marks"], photo["w"], photo["h"])
    return found


def _asked(session: Session, action: Action, events: Sequence[ActionEvent]) -> dict[Key, set[str]]:
    """Which frozen revisions gave the case photos, and under which questions and open points."""
    asked: dict[Key, set[str]] = {}
    ids = [one.finding_id for one in action.findings]
    findings = session.execute(
        select(Finding.inspection_id, Finding.revision, Finding.question).where(Finding.id.in_(ids))
    )
    for inspection, revision, question in findings if ids else ():
        asked.setdefault((inspection, revision), set()).add(question)
    for event in events:
        if event.act == "seen":
            key = (UUID(event.facts["inspection_id"]), int(event.facts["revision"]))
            asked.setdefault(key, set()).add(event.facts["point"])
    return asked


def _photos(record: Mapping[str, Any], wanted: set[str]) -> Iterator[Mapping[str, Any]]:
    for section in record["sections"]:
        for question in section["questions"]:
            if question["id"] in wanted and question["answer"]:
                yield from question["answer"]["photos"]
    for point in record.get("points", ()):
        if point["id"] in wanted:
            yield from point["photos"]
