"""What a report says, seen from below: the protocol every feature with reports implements in its `report.py`.

This feature numbers, draws, seals, keeps and verifies; what stands on the pages is the record's business.
`wiring.py` registers the kinds (DESIGN §3). Everything here is plain data, so that it can cross into the
subprocess that draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.domain.permissions import Actor


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF. `name` is ASCII; `relationship` is "Data" or "Supplement" (PDF/A-3)."""

    name: str
    mime: str
    data: bytes
    relationship: str
    description: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal on the report: the organisation vouches for one person's act.

    `field`: the name of the signature field. `anchor`: the id of the element on the page whose box the
    visible stamp fills. `name`, `role`, `meaning` and `at` are written into the signature; a field whose
    `name` is None is placed empty, for a party who signs the report later. `meaning` of a refusal says so.
    """

    field: str
    anchor: str
    name: str | None
    role: str = ""
    organisation: str = ""
    meaning: str = ""  # in the language of the report
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Everything one issue of a report is drawn from.

    `template` lies below templates/pdf; the sheet of the same name with .css beside it is its style, or the
    one that `style` names. It gets `context` and, from the machine, `control` (reports.jobs.Control: number,
    revision, verify_url, verify_qr (SVG data URI), fingerprint, digest, issued_at, organisation, level),
    `title` and `subject`. All texts in the context lose what cannot be printed (domain/printing.py).
    Pictures are referred to as `photo:<sha256>` in `src`; `photos` lists their hashes, each drawn in the
    report's size (1280 px); `plans`: the hashes of floor plans' pictures, drawn as they are kept. Nothing
    else is ever fetched.
    """

    template: str
    context: Mapping[str, Any]
    title: str
    subject: str
    language: str  # en, zh-Hans, zh-Hant
    digest: str  # SHA-256 of the frozen record, 64 hexadecimal digits
    photos: Sequence[str] = ()
    plans: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()
    seals: Sequence[Seal] = ()
    keywords: Sequence[str] = field(default_factory=tuple)
    style: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list of reports filters and shows of a record: kept with the report when it is asked for."""

    number: str  # the record's human number, for example 2026-0412: the report carries it too
    title: str
    company_id: UUID | None
    company: str
    subject: str
    grade: str | None
    date: datetime


class ReportKind(Protocol):
    """One kind of record that reports are made of; `name` is the record kind."""

    name: str

    def listed(self, session: Session, record_id: UUID, revision: int) -> Listed:
        """What the list shows. Raises NotFound."""

    def missing_photos(self, session: Session, record_id: UUID, revision: int) -> list[str]:
        """Hashes of photos the frozen record names and the server does not hold yet: the report waits."""

    def collect(self, session: Session, record_id: UUID, revision: int, language: str) -> Content:
        """The content, from the frozen record only: the same every time it is asked for."""

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        """Which of these records the actor may read; their reports follow."""

    def readable(self, actor: Actor) -> Select[UUID]:
        """The ids of all records the actor may read, as a query: the list of reports stays quick with it."""


class ReportKinds:
    """The kinds that are registered, by name."""

    def __init__(self) -> None:
        self._kinds: dict[str, ReportKind] = {}

    def add(self, kind: ReportKind) -> None:
        self._kinds[kind.name] = kind

    def get(self, name: str) -> ReportKind | None:
        return self._kinds.get(name)

    def all(self) -> list[ReportKind]:
        return list(self._kinds.values())


REPORTS = ReportKinds()
