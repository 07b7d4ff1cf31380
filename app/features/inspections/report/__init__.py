"""Reports of inspections, from the frozen record: line in the list, photos waited for, content."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Integer, Select, String, Text, Uuid, column, select, table
from sqlalchemy.orm import Session

from app.domain.canonical import digest
from app.domain.errors import NotFound
from app.domain.permissions import Actor
from app.domain.printing import printable
from app.domain.words import babel_locale
from app.features.evidence.queries import present_among
from app.features.inspections.models import KIND, Inspection
from app.features.inspections.queries import visible
from app.features.inspections.report import again, answers, people, walk
from app.features.inspections.report.content import context, title
from app.features.inspections.report.reader import Reader
from app.features.inspections.report.score import verdict
from app.features.reports.report import Attachment, Content, Listed

__all__ = ["InspectionReport", "context", "frozen_of"]

_REVISIONS = table(
    "inspection_revisions",
    column("inspection_id", Uuid),
    column("revision", Integer),
    column("digest", String),
    column("body", Text),
)


def frozen_of(session: Session, inspection_id: UUID, revision: int) -> str:
    """The canonical text of a frozen record. Raises NotFound."""
    body = session.scalar(
        select(_REVISIONS.c.body).where(
            _REVISIONS.c.inspection_id == inspection_id, _REVISIONS.c.revision == revision
        )
    )
    if body is None:
        raise NotFound()
    return str(body)


class InspectionReport:
    """ReportKind of inspections."""

    name = KIND

    def listed(self, session: Session, record_id: UUID, revision: int) -> Listed:
        record = json.loads(frozen_of(session, record_id, revision))
        company, site = record["subject"]["company"], record["subject"]["site"]
        result = record["result"]
        grade = "veto" if result["vetoed"] else result["grade"]
        return Listed(
            number=record["number"],
            title=record["checklist"]["title"].get("en") or next(iter(record["checklist"]["title"].values())),
            company_id=UUID(company["id"]),
            company=company["name"],
            subject=", ".join(filter(None, (site["name"], walk.unit_name(record)))),
            grade=grade if record["checklist"]["rules"].get("grade") else None,
            date=_instant(record["times"]["completed"]),
        )

    def missing_photos(self, session: Session, record_id: UUID, revision: int) -> list[str]:
        wanted = json.loads(frozen_of(session, record_id, revision))["photos"]
        there = present_among(session, wanted, record_id)
        return [sha256 for sha256 in wanted if sha256 not in there]

    def collect(self, session: Session, record_id: UUID, revision: int, language: str) -> Content:
        return content_of(frozen_of(session, record_id, revision), language)

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(session.scalars(self.readable(actor).where(Inspection.id.in_(list(ids)))))

    def readable(self, actor: Actor) -> Select[UUID]:
        """The ids of all inspections the actor may read, as a query."""
        return select(Inspection.id).where(visible(actor))


def content_of(body: str, language: str) -> Content:
    """The content of one issue from the text of its frozen record; the same every time."""
    record: dict[str, Any] = json.loads(body)
    with force_locale(babel_locale(language)):
        reader = Reader(language, record["subject"]["site"]["time_zone"])
        made_at = _instant(record["frozen_at"])
        company = printable(walk.unit_name(record) or record["subject"]["company"]["name"])
        data = body.encode()
        return Content(
            template="audit.html",
            context={"context": context(record, language)},
            title=_(
                "%(kind)s %(number)s, %(company)s",
                kind=title(record),
                number=record["number"],
                company=company,
            ),
            subject=_described(record, reader),
            language=language,
            digest=digest(data),
            photos=shown_photos(record),
            attachments=(
                Attachment(
                    "inspection.json",
                    "application/json",
                    data,
                    "Data",
                    _("The whole inspection as it was frozen"),
                    made_at,
                ),
                Attachment(
                    "answers.csv",
                    "text/csv",
                    answers.sheet(record, reader),
                    "Supplement",
                    _("All answers as a table"),
                    made_at,
                ),
            ),
            seals=people.seals(record, language),
            keywords=(record["number"], record["checklist"]["code"], company),
        )


def _described(record: dict[str, Any], reader: Reader) -> str:
    """What the PDF says it is about: "4M1E supplier audit, 83.3 %, B"."""
    parts = [printable(reader.words(record["checklist"]["title"])["text"])]
    if record.get("walk") is not None:
        parts.append(walk.verdict(record))
    elif record["result"]["total"] is not None:
        parts.append(f"{record['result']['total']} %")
    if record["checklist"]["rules"].get("grade"):
        parts.append(verdict(record))
    return reader.comma.join(parts)


def shown_photos(record: dict[str, Any]) -> list[str]:
    """The photos on its pages, each once: those of repairs, defects and meters, of questions in scope in
    their order, then of open points.
    """
    asked = [
        question["answer"]
        for section in record["sections"]
        if section["covered"]
        for question in section["questions"]
    ]
    told = [*asked, *record.get("points", ())]
    photos = (photo["sha256"] for one in told for photo in one["photos"])
    return list(dict.fromkeys((*again.shown(record), *walk.shown(record), *photos)))


def _instant(moment: int) -> datetime:
    return datetime.fromtimestamp(moment // 1000, UTC)
