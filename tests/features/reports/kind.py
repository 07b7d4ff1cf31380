"""A kind of report for the tests: a walk through a site. The machine must work whatever is printed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor, reach
from app.features.places.models import Site
from app.features.reports.report import REPORTS, Attachment, Content, Listed, Seal

WALKED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
NOTE = "检验记录：压力表指针在绿区，角落有裂纹。𠮷野家 喆 㙍 — “seen”."


@dataclass
class Walk:
    """What one site's report says; `missing`: photos that are not here yet."""

    site: UUID
    note: Any = NOTE
    notes: list[str] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    title: str = "Walk through Suzhou 苏州"
    auditor: str = "Lin Yaping"
    auditee: str = "王建国"
    template: str = "walk.html"
    seals: bool = True


class Walks:
    """Implements the protocol ReportKind; `told` is what the records hold."""

    name = "walk"

    def __init__(self) -> None:
        self.told: dict[UUID, Walk] = {}

    def listed(self, session: Session, record_id: UUID, revision: int) -> Listed:
        site = session.get(Site, record_id)
        if site is None or record_id not in self.told:
            raise NotFound()
        return Listed(
            number="W-2026-0007" if site.name == "Suzhou" else "W-2026-0008",
            title=self.told[record_id].title,
            company_id=site.company_id,
            company=site.company.name,
            subject=site.name,
            grade="B" if site.name == "Suzhou" else "A",
            date=WALKED,
        )

    def missing_photos(self, session: Session, record_id: UUID, revision: int) -> list[str]:
        return list(self.told[record_id].missing)

    def collect(self, session: Session, record_id: UUID, revision: int, language: str) -> Content:
        walk = self.told[record_id]
        frozen = json.dumps(
            {"note": str(walk.note), "photos": walk.photos, "revision": revision}, sort_keys=True
        ).encode("utf-8", "replace")
        at = WALKED
        return Content(
            template=walk.template,
            context={
                "note": {"text": walk.note, "lang": "zh-Hans"},
                "notes": walk.notes,
                "photos": walk.photos,
            },
            title=walk.title,
            subject="Suzhou",
            language=language,
            digest=hashlib.sha256(frozen).hexdigest(),
            photos=walk.photos,
            attachments=[
                Attachment("walk.json", "application/json", frozen, "Data", "The frozen record", at),
                Attachment("answers.csv", "text/csv", b"a,b\n1,2\n", "Supplement", "Answers", at),
            ],
            seals=[
                Seal("SigAuditor", "sig-auditor", walk.auditor, "Auditor", "Nordhaven", "I was there.", at),
                Seal("SigAuditee", "sig-auditee", walk.auditee, "厂长", "Hengda 恒达", "我确认事实。", at),
                Seal("SigApprover", "sig-approver", None),
            ]
            if walk.seals
            else [],
        )

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(session.scalars(self.readable(actor).where(Site.id.in_(list(ids)))))

    def readable(self, actor: Actor) -> Select[UUID]:
        far = reach(actor, Act.SEE_COMPANIES)
        wanted = select(Site.id)
        return wanted if far.everything else wanted.where(Site.company_id.in_(far.companies))


WALKS = Walks()


def known() -> Walks:
    """The kind, registered once, knowing nothing."""
    if REPORTS.get(WALKS.name) is None:
        REPORTS.add(WALKS)
    WALKS.told = {}
    return WALKS
