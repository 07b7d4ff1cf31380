"""The letters of this feature, written by whoever carries out the outbox, each in its reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import reading
from app.domain.errors import NotFound
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.reports.models import Report
from app.features.reports.queries import get_visible_to
from app.web.letters import Letter, write


def letter_for(payload: dict[str, Any], now: datetime) -> Letter | None:
    """The letter an outbox row of kind `reports.mail` stands for; None when it has lost its point."""
    session = reading()
    person = session.get(Person, UUID(payload["person"]))
    report = session.get(Report, UUID(payload["report"]))
    if person is None or report is None or person.disabled_at is not None or report.file is None:
        return None
    try:
        get_visible_to(session, actor_of(session, person), report.id)
    except NotFound:  # no longer theirs to read
        return None
    return write(
        "reports_ready.txt",
        person.email,
        person.language,
        name=person.name,
        report=report,
        address=f"/reports/{report.id}/file",
        verify=f"/verify/{report.verify_id}",
    )
