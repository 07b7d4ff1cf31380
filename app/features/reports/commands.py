"""What changes reports: asked for, waited for, drawn, issued once, failed, sealed once more.

Nothing here draws or signs: jobs.py does, outside any transaction, and writes down how far it is. Issuing is
one transaction under the row's lock, so that of two workers, or of one that was killed and began again, one
issues.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import journal, outbox, search
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale
from app.domain.printing import printable
from app.features.reports.models import KIND, UNDER_WAY, Report, ReportFile
from app.features.reports.report import REPORTS, Seal

ISSUE, SEAL, MAIL = "reports.issue", "reports.seal", "reports.mail"  # kinds of outbox rows
LOOK_AGAIN = timedelta(minutes=10)  # for photos whose arrival nobody told us of
SILENT = timedelta(minutes=3)  # without progress, somebody may ask for another attempt
MOST_MISSING_NAMED = 20
# Filled by wiring.py: by kind of record, who is told that the report of one is ready.
CONCERNED: dict[str, Callable[[Session, UUID], Sequence[UUID]]] = {}


@dataclass(frozen=True, slots=True)
class Made:
    """A file as it was issued. `seals`: [{field, name}]; `authority`: SHA-256 of the certificate above
    them.
    """

    sha256: str
    size: int
    pages: int
    level: str
    seals: Sequence[Mapping[str, str]]
    authority: str


def request(
    session: Session,
    *,
    kind: str,
    record_id: UUID,
    revision: int,
    language: str,
    now: datetime,
    person_id: UUID | None,
) -> Report:
    """Asks for a report; asked twice it is the same one. Raises NotFound for a record there is not."""
    same = (
        Report.kind == kind,
        Report.record_id == record_id,
        Report.revision == revision,
        Report.language == language,
    )
    found = session.scalars(select(Report).where(*same)).first()
    if found is not None:
        return found
    known = REPORTS.get(kind)
    if known is None:
        raise NotFound()
    listed = known.listed(session, record_id, revision)
    title, company, subject = (printable(text) for text in (listed.title, listed.company, listed.subject))
    made = Report(
        kind=kind,
        record_id=record_id,
        number=listed.number,
        revision=revision,
        language=language,
        state="queued",
        progress={},
        verify_id=new_verify_id(),
        title=title,
        company_id=listed.company_id,
        company=company,
        subject=subject,
        grade=listed.grade,
        date=listed.date,
        requested_at=now,
        requested_by=person_id,
        touched_at=now,
        supersedes=_earlier(session, kind, record_id, revision, language),
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:  # another request was faster
        return session.scalars(select(Report).where(*same)).one()
    search.put(session, KIND, made.id, listed.number, title, company, subject)
    facts = {"record": str(record_id), "revision": revision, "language": language}
    journal.write(session, "report_requested", (KIND, made.id), now, person_id, facts)
    outbox.send(session, ISSUE, {"report": str(made.id)}, now)
    return made


def new_verify_id() -> str:
    """128 random bits in letters and digits that survive being typed from paper."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def try_again(session: Session, report_id: UUID, now: datetime, person_id: UUID) -> Report:
    """Another attempt at a report that failed, waits, or has not moved for a while. Raises Stale
    otherwise.
    """
    report = locked(session, report_id)
    if report.state == "issued" or (report.state in UNDER_WAY and now - report.touched_at < SILENT):
        raise Stale("report_under_way")
    report.state, report.progress, report.error, report.error_params = "queued", {}, "", {}
    report.touched_at = now
    journal.write(session, "report_tried_again", (KIND, report.id), now, person_id)
    _wake(session, report, now)
    return report


def begin(session: Session, report_id: UUID, now: datetime) -> bool:
    """A worker takes it up; False when it is issued already."""
    report = locked(session, report_id)
    if report.state == "issued":
        return False
    report.state, report.progress = "drawing", {"step": "photos", "done": 0, "of": 0}
    report.error, report.error_params = "", {}
    report.attempts += 1
    report.touched_at = now
    return True


def wait_for_photos(
    session: Session, report_id: UUID, missing: Sequence[str], now: datetime, row_id: UUID
) -> None:
    """The report waits, and says for which photos; their arrival or the clock wakes it. `row_id`: the outbox
    row that is being carried out.
    """
    report = locked(session, report_id)
    if report.state == "issued":
        return
    report.state, report.progress, report.touched_at = "waiting", {}, now
    report.error = "report_photos_missing"
    report.error_params = {"missing": len(missing), "photos": list(missing[:MOST_MISSING_NAMED])}
    if session.scalars(_pending(report).where(outbox.Outgoing.id != row_id)).first() is None:
        later = outbox.send(session, ISSUE, {"report": str(report.id)}, now)
        later.not_before = now + LOOK_AGAIN


def photo_arrived(session: Session, sha256: str, now: datetime) -> None:
    """Wakes the reports that wait for this photo and say so."""
    waiting = session.scalars(select(Report).where(Report.state == "waiting")).all()
    for report in waiting:
        named = report.error_params.get("photos", [])
        if sha256 in named or report.error_params.get("missing", 0) > len(named):
            _wake(session, report, now)


def note_progress(session: Session, report_id: UUID, step: str, done: int, of: int, now: datetime) -> None:
    """How far it is, for those who watch. step: photos, drawing, sealing."""
    report = session.get(Report, report_id)
    if report is None or report.state in ("issued", "failed"):
        return
    report.state = "sealing" if step == "sealing" else "drawing"
    report.progress, report.touched_at = {"step": step, "done": done, "of": of}, now


def note_failure(
    session: Session, report_id: UUID, error: PlumblineError, final: bool, now: datetime
) -> None:
    """Why it did not work; `final`: nobody tries again by themselves."""
    report = locked(session, report_id)
    if report.state == "issued":
        return
    report.state = "failed" if final else "queued"
    report.error, report.error_params, report.progress = error.code, dict(error.params), {}
    report.touched_at = now
    if error.code == "time_stamp_unreachable":
        report.stamp_failures += 1
    if final:
        facts = {"code": error.code}
        journal.write(session, "report_failed", (KIND, report.id), now, None, facts)


def issue(session: Session, report_id: UUID, made: Made, digest: str, identifier: str, now: datetime) -> bool:
    """Makes the file the report, in one transaction; False when another one is already."""
    report = locked(session, report_id)
    if report.state == "issued":
        return False
    session.add(_file(report, 1, made, now))
    report.state, report.progress, report.error, report.error_params = "issued", {}, "", {}
    if report.stamp_failures:  # stays visible beside the report: why it carries no time stamp
        report.error = "" if made.level != "B-B" else "time_stamp_unreachable"
    report.digest, report.identifier = digest, identifier
    report.issued_at = report.touched_at = now
    facts = {"sha256": made.sha256, "digest": digest, "level": made.level, "revision": report.revision}
    journal.write(session, "report_issued", (KIND, report.id), now, None, facts)
    _tell(session, report, now)
    return True


def _tell(session: Session, report: Report, now: datetime) -> None:
    """One letter each: to whoever asked, and with the first report of a revision to all it concerns."""
    others = select(Report.id).where(
        Report.kind == report.kind,
        Report.record_id == report.record_id,
        Report.revision == report.revision,
        Report.id != report.id,
        Report.state == "issued",
    )
    people = [report.requested_by] if report.requested_by else []
    if report.kind in CONCERNED and session.scalar(others.limit(1)) is None:
        people += CONCERNED[report.kind](session, report.record_id)
    for person in dict.fromkeys(people):
        told = {"letter": "ready", "report": str(report.id), "person": str(person)}
        outbox.send_once(session, outbox.id_once(MAIL, "ready", report.id, person), MAIL, told, now)


def ask_seal(session: Session, report_id: UUID, seal: Seal, now: datetime, person_id: UUID | None) -> None:
    """A later party's act is to be sealed into an empty field. Raises NotFound, Stale (report_not_issued,
    report_already_sealed), Invalid (required) for a seal without a name.
    """
    report = session.get(Report, report_id)
    if report is None:
        raise NotFound()
    _refuse_seal(report, seal.field)
    if not seal.name:
        raise Invalid("required", field="name")
    told = {
        "field": seal.field,
        "name": seal.name,
        "role": seal.role,
        "organisation": seal.organisation,
        "meaning": seal.meaning,
        "at": (seal.at or now).isoformat(),
    }
    facts = {"field": seal.field}
    journal.write(session, "report_seal_asked", (KIND, report.id), now, person_id, facts)
    outbox.send(session, SEAL, {"report": str(report.id), "seal": told}, now)


def add_seal(session: Session, report_id: UUID, field: str, after: int, made: Made, now: datetime) -> bool:
    """Adds a state of the file with one more seal, made from turn `after`; False when the field is filled or
    another seal came between (then it must be made anew from the present state).
    """
    report = locked(session, report_id)
    present = report.file
    if present is None or present.turn != after or field in {seal["field"] for seal in present.seals}:
        return False
    session.add(_file(report, after + 1, made, now))
    facts = {"sha256": made.sha256, "field": field, "level": made.level}
    journal.write(session, "report_sealed", (KIND, report.id), now, None, facts)
    return True


def note_download(session: Session, reports: Sequence[Report], now: datetime, person_id: UUID) -> None:
    """Who took which file away (every download is in the journal)."""
    for report in reports:
        facts = {"sha256": report.file.sha256 if report.file else ""}
        journal.write(session, "report_downloaded", (KIND, report.id), now, person_id, facts)


def locked(session: Session, report_id: UUID) -> Report:
    """The row, ours alone until the end of the transaction. Raises NotFound."""
    report = session.get(Report, report_id, with_for_update=True, populate_existing=True)
    if report is None:
        raise NotFound()
    return report


def _pending(report: Report) -> Select[outbox.Outgoing]:
    """The outbox rows that will still make this report."""
    return select(outbox.Outgoing).where(
        outbox.Outgoing.kind == ISSUE,
        outbox.Outgoing.payload == {"report": str(report.id)},
        outbox.Outgoing.done_at.is_(None),
        outbox.Outgoing.failed_at.is_(None),
    )


def _wake(session: Session, report: Report, now: datetime) -> None:
    """Has it made now: by the row that waits for its time if there is one nobody has taken, else by a new
    one.
    """
    asleep = session.scalars(_pending(report).where(outbox.Outgoing.attempts == 0).limit(1)).first()
    if asleep is None:
        outbox.send(session, ISSUE, {"report": str(report.id)}, now)
        return
    asleep.not_before = min(asleep.not_before, now)
    session.info["outgoing"] = True  # the commit wakes the worker


def _refuse_seal(report: Report, field: str) -> None:
    if report.file is None:
        raise Stale("report_not_issued")
    if field in {seal["field"] for seal in report.file.seals}:
        raise Stale("report_already_sealed")


def _file(report: Report, turn: int, made: Made, now: datetime) -> ReportFile:
    return ReportFile(
        report_id=report.id,
        turn=turn,
        sha256=made.sha256,
        size=made.size,
        pages=made.pages,
        level=made.level,
        seals=[dict(seal) for seal in made.seals],
        authority=made.authority,
        at=now,
    )


def _earlier(session: Session, kind: str, record_id: UUID, revision: int, language: str) -> UUID | None:
    """The report this one takes the place of: the revision before, in the same language if there is one."""
    earlier = session.scalars(
        select(Report)
        .where(Report.kind == kind, Report.record_id == record_id, Report.revision < revision)
        .order_by(Report.revision.desc(), (Report.language == language).desc())
        .limit(1)
    ).first()
    return earlier.id if earlier else None
