"""What an inspection that was just frozen opens: a case for each major finding, and for each lesser one whose
auditor asked for it on the phone.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.actions.commands.opening import FindingFacts, open_from_finding
from app.features.inspections.models import Finding, Inspection
from app.features.operations.queries import state_of


def facts_of(row: Inspection, found: Finding, language: str) -> FindingFacts:
    """A frozen finding as the cases take it; its title is what was stated, else what was required."""
    said = found.statement or found.evidence or found.requirement or {}
    return FindingFacts(
        id=found.id,
        inspection_id=row.id,
        inspection_number=row.number,
        number=str(found.number),
        question=found.question,
        severity=found.severity,
        at_once=found.at_once,
        site_id=row.site_id,
        title=said.get("text", ""),
        requirement=found.requirement,
        statement=found.statement,
        evidence=found.evidence,
        photos=found.photos,
        owner_name=found.owner_name or "",
        owner_contact_id=found.owner_contact_id,
        due=found.due,
        language=language,
    )


def open_from_frozen(
    session: Session,
    inspection_id: UUID,
    revision: int,
    language: str,
    now: datetime,
    person_id: UUID,
    deadlines: str = "",
) -> list[UUID]:
    """Opens what the findings of a frozen revision ask for; the cases, those that were there already among
    them. The same finding of a later revision keeps its case.
    """
    row = session.get_one(Inspection, inspection_id)
    found = session.scalars(
        select(Finding)
        .where(Finding.inspection_id == inspection_id, Finding.revision == revision)
        .order_by(Finding.number)
    ).all()
    state = state_of(session, inspection_id)

    def asked(one: Finding) -> bool:
        held = state.get((f"f/{one.question}", "action"))
        return held is not None and held.value is not None

    cases = [
        open_from_finding(
            session, facts_of(row, one, language), now, person_id, always=asked(one), deadlines=deadlines
        )
        for one in found
    ]
    return [case for case in cases if case is not None]
