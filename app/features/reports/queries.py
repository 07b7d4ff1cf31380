"""Reading reports: the list with its filters, one of them, those of a record, those a stranger may ask
about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from app import search
from app.domain.dates import end_of_day
from app.domain.errors import NotFound
from app.domain.paging import Span
from app.domain.permissions import Actor
from app.domain.verifying import Facts, Issued, Verdict, judge
from app.features.reports.models import KIND, STATES, UNDER_WAY, Report, ReportFile
from app.features.reports.report import REPORTS

PAGE = 25
GRADES = ("A", "B", "C", "D", "E")
SORTS = ("number", "subject", "grade", "date", "state")
FALLING = ("number", "date")
LATE = timedelta(minutes=15)  # a report takes seconds
SHOWN_STATES = (*STATES, "superseded")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; `since` and `until` are days of the reader's calendar, both included."""

    company: UUID | None = None
    kind: str = ""
    grade: str = ""
    state: str = ""
    language: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    sort: str = "number"
    falling: bool = True
    page: int = 1

    @property
    def applied(self) -> bool:
        """Whether anything is left out."""
        return self != Filters(sort=self.sort, falling=self.falling, page=self.page)


@dataclass(frozen=True, slots=True)
class Found:
    """One page, how many match, how many there are for this person; `superseded`: ids with a newer
    revision.
    """

    reports: list[Report]
    span: Span
    visible: int
    superseded: set[UUID]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: only what occurs among the reports this person may see."""

    companies: list[tuple[UUID, str]]
    kinds: list[str]


@dataclass(frozen=True, slots=True)
class Verification:
    """What we say about a file: the verdict, the report it belongs to, a newer revision of that one."""

    verdict: Verdict
    facts: Facts
    report: Report | None
    newer: int | None


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition for reports the actor may see: whoever may read the record may read its reports."""
    ways = [
        and_(Report.kind == kind.name, Report.record_id.in_(kind.readable(actor))) for kind in REPORTS.all()
    ]
    return or_(false(), *ways)


def superseded() -> ColumnElement[bool]:
    """The condition for reports of which a newer revision is issued, in whatever language."""
    newer = aliased(Report)
    return exists().where(
        newer.kind == Report.kind,
        newer.record_id == Report.record_id,
        newer.revision > Report.revision,
        newer.state == "issued",
    )


def find(session: Session, actor: Actor, filters: Filters) -> Found:
    """One page of what the actor may see. A page beyond the last gives the last."""
    mine = visible(actor)
    wanted = and_(mine, *_conditions(session, actor, filters))
    matching = session.scalar(select(func.count(Report.id)).where(wanted)) or 0
    everything = matching
    if filters.applied:
        everything = session.scalar(select(func.count(Report.id)).where(mine)) or 0
    span = Span.at(filters.page, PAGE, matching)
    rows = session.scalars(
        select(Report).where(wanted).order_by(*_order(filters)).limit(PAGE).offset(span.before)
    )
    reports = list(rows)
    return Found(reports, span, everything, among_superseded(session, [row.id for row in reports]))


def among_superseded(session: Session, ids: list[UUID]) -> set[UUID]:
    """Which of these reports have a newer revision that is issued."""
    return set(session.scalars(select(Report.id).where(Report.id.in_(ids), superseded()))) if ids else set()


def choices(session: Session, actor: Actor) -> Choices:
    """What the filters offer this person."""
    mine = visible(actor)
    named = session.execute(
        select(Report.company_id, func.max(Report.company))
        .where(mine, Report.company_id.is_not(None))
        .group_by(Report.company_id)
        .order_by(func.lower(func.max(Report.company)))
    )
    kinds = session.scalars(select(Report.kind).where(mine).distinct().order_by(Report.kind))
    return Choices([(company_id, name) for company_id, name in named if company_id], list(kinds))


def get_visible_to(session: Session, actor: Actor, report_id: UUID) -> Report:
    """The report, if the actor may read its record. Raises NotFound otherwise."""
    return several_visible_to(session, actor, [report_id])[0]


def several_visible_to(session: Session, actor: Actor, ids: list[UUID]) -> list[Report]:
    """These reports, by number. Raises NotFound when one is not there or not theirs to see."""
    wanted = select(Report).where(Report.id.in_(ids), visible(actor))
    found = list(session.scalars(wanted.order_by(Report.number, Report.revision, Report.language)))
    if len(found) != len(set(ids)):
        raise NotFound()
    return found


def of_record(session: Session, actor: Actor, kind_name: str, record_id: UUID) -> list[Report]:
    """The reports of a record, newest revision first. Raises NotFound when the record is not theirs to
    see.
    """
    kind = REPORTS.get(kind_name)
    if kind is None or record_id not in kind.visible_to(session, actor, [record_id]):
        raise NotFound()
    return list(
        session.scalars(
            select(Report)
            .where(Report.kind == kind_name, Report.record_id == record_id)
            .order_by(Report.revision.desc(), Report.requested_at, Report.id)
        )
    )


def by_verify_id(session: Session, verify_id: str) -> Report | None:
    """The report a QR code names, whoever asks."""
    return session.scalars(select(Report).where(Report.verify_id == verify_id)).first()


def belonging(session: Session, facts: Facts, public_url: str) -> Report | None:
    """The report a file belongs to: by its bytes, by the bytes it begins with, by the address its seals name,
    by its identifier; in this order, because bytes cannot lie.
    """
    hashes = [facts.sha256, *facts.beginnings.values()]
    found = session.scalars(
        select(Report)
        .join(ReportFile, ReportFile.report_id == Report.id)
        .where(ReportFile.sha256.in_([sha256 for sha256 in hashes if sha256]))
        .limit(1)
    ).first()
    if found is not None:
        return found
    begin = f"{public_url}/verify/"
    for seal in facts.seals:
        if seal.ours and seal.contact.startswith(begin):
            named = by_verify_id(session, seal.contact.removeprefix(begin))
            if named is not None:
                return named
    if not facts.identifier:
        return None
    return session.scalars(select(Report).where(Report.identifier == facts.identifier)).first()


def verify(session: Session, facts: Facts, public_url: str) -> Verification:
    """Judges a file by its seals and by what we have on record."""
    report = belonging(session, facts, public_url)
    verdict = judge(facts, issued_states(report), report is not None)
    newer = newer_revision(session, report) if report is not None else None
    return Verification(verdict, facts, report, newer)


def issued_states(report: Report | None) -> list[Issued]:
    """Every state of the report's file on record."""
    if report is None:
        return []
    return [
        Issued(each.turn, each.sha256, each.size, tuple(seal["field"] for seal in each.seals))
        for each in report.files
    ]


def newer_revision(session: Session, report: Report) -> int | None:
    """The newest issued revision beyond this report's, or None."""
    newest = session.scalar(
        select(func.max(Report.revision)).where(
            Report.kind == report.kind, Report.record_id == report.record_id, Report.state == "issued"
        )
    )
    return newest if newest is not None and newest > report.revision else None


def queue(session: Session, now: datetime) -> dict[str, Any]:
    """For /health: how many reports are under way, wait for photos, failed; not well when one is stuck."""
    rows = session.execute(
        select(Report.state, func.count()).where(Report.state != "issued").group_by(Report.state)
    )
    counted = {row[0]: row[1] for row in rows}
    facts = {
        "under_way": sum(counted.get(state, 0) for state in UNDER_WAY),
        "waiting": counted.get("waiting", 0),
        "failed": counted.get("failed", 0),
    }
    oldest = session.scalar(select(func.min(Report.touched_at)).where(Report.state.in_(UNDER_WAY)))
    if oldest is not None and now - oldest > LATE:
        return {"ok": False, "why": "A report has made no progress for a quarter of an hour.", **facts}
    if facts["failed"]:
        return {"ok": False, "why": "Reports failed: the list of reports says which and why.", **facts}
    return {"ok": True, **facts}


def _conditions(session: Session, actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.company:
        wanted.append(Report.company_id == filters.company)
    if filters.kind:
        wanted.append(Report.kind == filters.kind)
    if filters.grade:
        wanted.append(Report.grade == filters.grade)
    if filters.language:
        wanted.append(Report.language == filters.language)
    if filters.state == "superseded":
        wanted += [Report.state == "issued", superseded()]
    elif filters.state == "issued":
        wanted += [Report.state == "issued", ~superseded()]
    elif filters.state:
        wanted.append(Report.state == filters.state)
    if filters.since and filters.since > date.min:
        wanted.append(Report.date >= end_of_day(filters.since - timedelta(days=1), actor.time_zone))
    if filters.until and filters.until < date.max:
        wanted.append(Report.date < end_of_day(filters.until, actor.time_zone))
    found = search.matching(session, KIND, filters.text) if filters.text else None
    if found is not None:
        wanted.append(Report.id.in_(found))
    return wanted


def _order(filters: Filters) -> list[ColumnElement[object]]:
    keys: dict[str, list[ColumnElement[object]]] = {
        "number": [Report.number, Report.revision],  # type: ignore[list-item]
        "subject": [func.lower(Report.company), func.lower(Report.subject)],
        "grade": [func.coalesce(Report.grade, "~")],
        "date": [Report.date],  # type: ignore[list-item]
        "state": [Report.state],  # type: ignore[list-item]
    }
    last = [Report.date.desc(), Report.id.desc()]
    chosen = [key.desc() if filters.falling else key.asc() for key in keys[filters.sort]]
    return [*chosen, *last]  # type: ignore[list-item]
