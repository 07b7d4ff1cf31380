"""How an inspection ends: what must be there, what is frozen then, and what begins again with a reason.

complete → completed, or in review where the checklist asks for an approver; approve → completed; return → in
progress; reopen → in progress as the next revision. Reaching completed freezes: the frozen record, the
findings as rows, the journal's digest, and whoever listens (ON_FROZEN) hears of it in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import signatures
from app.domain.answers import answers, out_of_scope
from app.domain.canonical import canonical_text, digest
from app.domain.dates import local_day
from app.domain.defects import defects_of, unwritten
from app.domain.duty import blockers
from app.domain.errors import Invalid, NotAllowed
from app.domain.findings import Entry, findings
from app.domain.operations import Operation
from app.features.accounts.models import Person
from app.features.evidence.queries import present_among
from app.features.inspections import queries
from app.features.inspections.frozen import freeze
from app.features.inspections.models import (
    KIND,
    Defect,
    Finding,
    Inspection,
    MeterReading,
    Recheck,
    Revision,
)
from app.features.inspections.queries.signing import signatures_of
from app.features.operations.record import Author, Deferred, State

ENDS = ("cancel", "complete", "approve", "return", "reopen")


@dataclass(frozen=True, slots=True)
class Frozen:
    """What listeners hear: this revision of the record stands. `language`: of the person who completed it."""

    kind: str
    record_id: UUID
    revision: int
    language: str
    now: datetime
    person_id: UUID


# Filled by wiring.py; each runs inside the transaction (DESIGN §3 rule 6).
ON_FROZEN: list[Callable[[Session, Frozen], object]] = []
# Filled by wiring.py: (inspection, revision) → the columns of a revision that was issued before the database
# was restored from an older backup, or None. What people hold in their hands stands.
ISSUED_BEFORE: list[Callable[[UUID, int], dict[str, Any] | None]] = []


def number_before(inspection_id: UUID) -> str | None:
    """The number under which this inspection was issued before the database was restored, or None."""
    for ask in ISSUED_BEFORE:
        kept = ask(inspection_id, 1)
        if kept is not None:
            return str(json.loads(kept["body"])["number"])
    return None


def judge_end(
    session: Session,
    writer: UUID,
    row: Inspection,
    operation: Operation,
    state: State,
    fresh: Sequence[Operation],
) -> None:
    """Raises Deferred for a completion that comes too early, Invalid for a decision there is nothing to
    decide about, NotAllowed for whoever would approve their own work.
    """
    if operation.kind == "complete":
        _judge_completion(session, writer, row, operation.value, state, fresh)
    elif operation.kind in ("approve", "return") and row.state != "in_review":
        raise Invalid("not_in_review")
    elif operation.kind == "approve" and any(a.person_id == writer for a in queries.team(row)):
        raise NotAllowed("own_inspection")  # four eyes
    elif operation.kind == "reopen":
        if row.state != "completed":
            raise Invalid("not_completed")
        if operation.value["revision"] != row.revision + 1:
            raise Invalid("revision_number")
        if any(one.kind in ("complete", "approve") for one in fresh):
            raise Deferred("revision_early")  # the end of this very batch is frozen after it


def _judge_completion(
    session: Session,
    writer: UUID,
    row: Inspection,
    value: Mapping[str, Any],
    state: State,
    fresh: Sequence[Operation],
) -> None:
    form = queries.asked_in(session, row)
    given = answers(state)
    # whatever is missing is perhaps still on another phone: it stays pending there and here
    if blockers(form.definition, given, out_of_scope(state)) or signatures.open_conflicts(state):
        raise Deferred("not_ready")
    if row.unit_id and unwritten(form.definition, given, defects_of(form.definition, state)):
        raise Deferred("not_ready")
    wanted = set(signatures.live_photos(state))
    if wanted - present_among(session, wanted, row.id, writer):
        raise Deferred("media_expected")
    rows = signatures_of(session, row, state, fresh)
    named = value.get("signatures")
    if named is not None:
        if set(named) - {one.row for one in rows}:
            raise Deferred("signature_expected")
        if set(named) - {one.row for one in rows if one.counts}:
            raise Deferred("signature_outdated")
        rows = [one for one in rows if one.row in named]
    for blocker in signatures.blockers(form.definition, rows):
        raise Deferred(str(blocker["code"]))


def step_end(row: Inspection, operation: Operation, now: datetime) -> None:
    """Moves the row's state on."""
    if operation.kind == "cancel":
        row.state, row.cancelled_at = "cancelled", now
    elif operation.kind == "complete" and row.version.definition["rules"].get("approval"):
        row.state = "in_review"
    elif operation.kind in ("complete", "approve"):
        row.state, row.completed_at = "completed", now
    elif operation.kind == "return":
        row.state = "in_progress"
    elif operation.kind == "reopen":
        row.state, row.completed_at, row.revision = "in_progress", None, row.revision + 1


def freeze_revision(
    session: Session, row: Inspection, state: State, author: Author, now: datetime
) -> dict[str, Any]:
    """Writes down what stands for ever, and gives what the journal keeps of it: {"revision", "digest"}."""
    reopened = queries.shown(state, KIND, "reopened") if row.revision > 1 else None
    reason = reopened["reason"] if reopened else None
    record = freeze(session, row, state, row.revision, now, reason)
    body = canonical_text(record)
    revision = Revision(
        inspection_id=row.id,
        revision=row.revision,
        at=now,
        person_id=author.actor.id,
        digest=digest(body.encode()),
        body=body,
        reason=reason,
    )
    definition = queries.asked_in(session, row).definition
    day = local_day(row.completed_at or now, row.site.time_zone)
    for kept in (ask(row.id, row.revision) for ask in ISSUED_BEFORE):
        if kept is not None:
            if session.get(Person, kept["person_id"]) is None:
                kept["person_id"] = author.actor.id  # came to the house after the backup
            revision, row.completed_at = Revision(**kept), kept["at"]
    session.flush()  # the row as it ends: once its revision is frozen, a trigger keeps it so
    session.add(revision)
    session.add_all(_finding(row, entry) for entry in findings(definition, state, day, author.actor.language))
    if row.unit_id is not None:
        session.add_all(_defect(row, row.unit_id, one) for one in record["walk"]["defects"])
        session.add_all(_reading(row, row.unit_id, one, day) for one in record["walk"]["meters"])
        # a room out of scope was not looked at: its repairs wait for another re-inspection
        looked_at = [one for one in record["walk"].get("rechecks", ()) if one["result"]]
        session.add_all(_recheck(row, row.unit_id, one, day) for one in looked_at)
    session.flush()
    _request_report(session, row, author, now)
    return {"revision": row.revision, "digest": revision.digest}


def _finding(row: Inspection, entry: Entry) -> Finding:
    owner = entry.owner or {}
    return Finding(
        inspection_id=row.id,
        revision=row.revision,
        number=entry.number,
        question=entry.question,
        section=entry.section,
        severity=entry.severity,
        rule_severity=entry.rule_severity,
        severity_reason=entry.severity_reason,
        at_once=entry.at_once,
        requirement=entry.requirement,
        statement=entry.statement,
        evidence=entry.evidence,
        photos=entry.photos,
        owner_name=owner.get("name"),
        owner_contact_id=UUID(owner["contact"]) if owner.get("contact") else None,
        due=date.fromisoformat(entry.due) if entry.due else None,
        stand=entry.stand,
        stand_text=entry.stand_text,
    )


def _defect(row: Inspection, unit_id: UUID, one: Mapping[str, Any]) -> Defect:
    return Defect(
        inspection_id=row.id,
        revision=row.revision,
        number=one["number"],
        row=UUID(one["row"]),
        unit_id=unit_id,
        room=one["room"],
        room_name=one["room_name"],
        check=one["check"],
        trade=one["trade"],
        code=one["code"],
        grade=one["class"],
        grade_reason=one["class_reason"],
        text=one["text"],
        pin=one["pin"],
        contractor_id=UUID(one["contractor"]["id"]) if one["contractor"] else None,
        due=date.fromisoformat(one["due"]),
        due_reason=one["due_reason"],
        photos=[photo["sha256"] for photo in one["photos"]],
        stand=one["stand"],
        stand_text=one["stand_text"],
    )


def _reading(row: Inspection, unit_id: UUID, one: Mapping[str, Any], day: date) -> MeterReading:
    return MeterReading(
        inspection_id=row.id,
        revision=row.revision,
        unit_id=unit_id,
        **{name: one[name] for name in ("meter", "reading", "number", "absent", "confirmed", "problem")},
        photos=[photo["sha256"] for photo in one["photos"]],
        read_on=day,
    )


def _recheck(row: Inspection, unit_id: UUID, one: Mapping[str, Any], day: date) -> Recheck:
    price = one["price"] or {}
    return Recheck(
        inspection_id=row.id,
        revision=row.revision,
        row=UUID(one["row"]),
        action_id=UUID(one["case"]["id"]),
        unit_id=unit_id,
        result=one["result"],
        price=price.get("amount"),
        currency=price.get("currency"),
        note=one["note"],
        photos=[photo["sha256"] for photo in one["photos"]],
        checked_on=day,
    )


def _request_report(session: Session, row: Inspection, author: Author, now: datetime) -> None:
    heard = Frozen(KIND, row.id, row.revision, author.actor.language, now, author.actor.id)
    for listener in ON_FROZEN:
        listener(session, heard)
