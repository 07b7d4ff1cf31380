"""Certificates of handovers, from the frozen record: line in the list, photos waited for, content.

Implements the protocol of features/reports/report.py. The record is the unit, the revision that of its
handover. In the language that leads the certificate it is drawn as it was decided when the keys changed
hands: alone or with a second language beside it; asked for in any other language it is drawn in that alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.canonical import digest
from app.domain.permissions import Actor
from app.domain.printing import printable
from app.domain.words import babel_locale
from app.features.evidence.queries import kept_among
from app.features.handovers.commands.keys import KIND
from app.features.handovers.queries.keys import handover_at
from app.features.handovers.report.content import context_of, seals, shown
from app.features.places.models import Building, Estate, Unit
from app.features.places.queries import visible_estates
from app.features.reports.report import Attachment, Content, Listed


class HandoverReports:
    """ReportKind of handovers."""

    name = KIND

    def listed(self, session: Session, record_id: UUID, revision: int) -> Listed:
        body = json.loads(handover_at(session, record_id, revision).body)
        unit = body["unit"]
        return Listed(
            number=body["number"],
            title="Unit handover",
            company_id=UUID(body["developer"]["id"]),
            company=body["developer"]["name"],
            subject=f"{body['estate']['name']}, {unit['building']}, {unit['name']}",
            grade=None,
            date=datetime.fromtimestamp(body["frozen_at"] // 1000, UTC),
        )

    def missing_photos(self, session: Session, record_id: UUID, revision: int) -> list[str]:
        wanted = shown(json.loads(handover_at(session, record_id, revision).body))
        held = kept_among(session, wanted)
        return [sha256 for sha256 in wanted if sha256 not in held]

    def collect(self, session: Session, record_id: UUID, revision: int, language: str) -> Content:
        return content_of(handover_at(session, record_id, revision).body, language)

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(session.scalars(self.readable(actor).where(Unit.id.in_(list(ids)))))

    def readable(self, actor: Actor) -> Select[UUID]:
        """The ids of all units the actor may see, as a query."""
        estates = visible_estates(actor).with_only_columns(Estate.id)
        return select(Unit.id).join(Building).where(Building.estate_id.in_(estates))


def content_of(body: str, language: str) -> Content:
    """The content of one issue from the text of its frozen record; the same every time."""
    record: dict[str, Any] = json.loads(body)
    languages = record["languages"] if language == record["languages"][0] else [language]
    told = []
    for one in languages:
        with force_locale(babel_locale(one)):
            told.append(context_of(record, one))
    with force_locale(babel_locale(language)):
        unit = printable(f"{record['unit']['building']}, {record['unit']['name']}")
        data = body.encode()
        return Content(
            template="handover.html",
            context={"main": told[0], "second": told[1] if len(told) > 1 else None},
            title=f"{told[0]['says']['kind']} {record['number']}, {unit}",
            subject=told[0]["result"]["says"],
            language=language,
            digest=digest(data),
            photos=shown(record),
            plans=[one["picture"] for one in record["plans"]],
            attachments=(
                Attachment(
                    "handover.json",
                    "application/json",
                    data,
                    "Data",
                    _("The whole handover as it was frozen"),
                    datetime.fromtimestamp(record["frozen_at"] // 1000, UTC),
                ),
            ),
            seals=seals(record, language),
            keywords=(record["number"], record["unit"]["short_id"], unit),
        )
