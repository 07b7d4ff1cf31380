"""What was drawn on the photos a case took over from inspections: it stands in their frozen records.

The same bytes can come once more, from somebody who drew nothing: only what was taken over is drawn on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.actions import Step
from app.domain.marks import drawing
from app.features.actions.models import Action, ActionEvent
from app.features.inspections.models import Finding, Revision

Key = tuple[UUID, int]  # (inspection, revision)
TAKEN_OVER = (None, Step.CHECK.value)  # of findings, of open points: where their photos hang


def drawings_of(
    session: Session, action: Action, events: Sequence[ActionEvent]
) -> dict[UUID, dict[str, Any]]:
    """Picture of the case → its drawing as domain/marks.py gives it; of those nothing was drawn on, none."""
    shown: dict[tuple[str | None, str], list[UUID]] = {}
    for one in action.pictures:
        if one.step in TAKEN_OVER:
            shown.setdefault((one.step, one.sha256), []).append(one.id)
    asked = _asked(session, action, events)
    if not shown or not asked:
        return {}
    found: dict[UUID, dict[str, Any]] = {}
    rows = session.execute(
        select(Revision.inspection_id, Revision.revision, Revision.body).where(
            Revision.inspection_id.in_({inspection for inspection, _revision in asked})
        )
    )
    for inspection, revision, body in rows:
        for step, photo in _photos(json.loads(body), asked.get((inspection, revision), set())):
            if photo.get("marks"):
                drawn = drawing(photo["marks"], photo["w"], photo["h"])
                found |= dict.fromkeys(shown.get((step, photo["sha256"]), ()), drawn)
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


def _photos(record: Mapping[str, Any], wanted: set[str]) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """Each with the step of the case it hangs to."""
    for section in record["sections"]:
        for question in section["questions"]:
            if question["id"] in wanted and question["answer"]:
                yield from ((None, photo) for photo in question["answer"]["photos"])
    for point in record.get("points", ()):
        if point["id"] in wanted:
            yield from ((Step.CHECK.value, photo) for photo in point["photos"])
