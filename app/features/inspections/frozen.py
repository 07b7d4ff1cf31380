"""The frozen record: everything about a completed inspection, as it was then, in one canonical JSON value.

The report is made from it and from nothing else; it lies in `inspection_revisions.body` and, byte for byte,
in the PDF as `inspection.json`. Instants are milliseconds since 1970 UTC, days "YYYY-MM-DD", texts {"text",
"lang"} or null, words {"en", "zh-Hans", "zh-Hant"}; there are no floats.

    v, kind            1, "inspection"
    organisation       {name}
    number, revision, reason (of a revision above 1, text), frozen_at
    checklist          {id, code, kind, title (words), source, version, version_id, sha256, published_at,
                        scale, na, rules, questions (how many)}
    subject            {unit (of a unit's walk only): {id, name, building, floor, estate, type, owner_name,
                        completed_on, delivery_on, rooms},
                        company: {id, name, other_name, code, country},
                        site: {id, name, address, city, country, time_zone}}
    team               [{id, name, lead}]  the lead first
    participants       [{id, name, organisation, role (texts), opening, closing (bool)}]
    plan               {client, objectives, scope, criteria (texts), due, due_reason}
    opening            {held_at, areas_seen, areas_not_seen, remarks}
    closing            {held_at, summary, good_practices, areas_not_seen, remarks}
    times              {created, started, completed, first, last (of the work on site),
                        offline: {from, received, operations} | null   the longest time nothing was sent,
                        clock: {offset, tz} | null   how far a phone's clock was off (server minus phone)}
    sections           [{id, title, optional, covered, reason (text: why not covered),
                         questions: [{id, text, hint (words), weight, critical, veto, answer}]}]
      answer           {score, note, reason, last (score of the audit before),
                        photos: [{media_id, sha256, size, mime, w, h, taken_at, gps, name,
                                  marks: [shape]   as in domain/marks.py; [] when nothing was drawn.
                                                   Older records have no such key}]};
                        null in a section that is not covered
    result             what domain/scoring.score gives, and
                       trials (domain/explain.trials: every rule, fired or not), change (explain.one_change)
    before             the audit before: {number, completed, score, grade, vetoed, provisional,
                       sections: {id: percent}} | null
    findings           [{number, question, section, severity, rule_severity, severity_reason, at_once,
                         requirement, statement, evidence, photos: [sha256],
                         owner: {name, contact} | null, due, stand, stand_text}]
    walk               of a unit's walk only, else there is no such key (queries/walk.py): {
                       defects: [{row, number, check, room, room_name (words), trade, code, class,
                                  class_reason, text (text, or words of the check or common defect), pin,
                                  contractor: {id, name} | null, due, due_by_rule, due_reason, stand,
                                  stand_text, photos: as of an answer}],
                       meters: [{meter, reading, number, absent, confirmed, problem,
                                 last: {reading, day} | null, photos}],
                       keys: [{kind, count, note}],
                       rechecks (of a re-inspection only): [{row, case: {id, number}, question, room,
                                  room_name (words), trade, class, text, pin, contractor, before, after
                                  ([sha256]), done, failed: as they were when it began (domain/again.py);
                                  result ("pass", "fail", "as_is", null: its
                                  room was out of scope), price: {amount, currency} | null, note,
                                  photos: as of an answer}]}
    signatures         [{id, kind ("sign", "refuse"), slot, counts,
                         value (as in the register, strokes and digest with it),
                         operation: {id, hash, at, offset, tz, received_at}}]  in the order given
    points             [{id, source: {kind, id}, text, since, seen ("open", "closed", null: not looked at),
                         by: {id, name} | null, note, photos (as of an answer)}]  open points of earlier
                        visits, unscored. Older records have no such key
    slots              the slots the checklist asks for, with their state: [{slot, state, row}]
    photos             [sha256]  each live photo once, sorted
    registers          [[path, field, hash of the winning operation]]  every one, sorted; of the drawings on
                        a photo as many as are shown together
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import signatures
from app.domain.again import as_walked
from app.domain.answers import answers, out_of_scope
from app.domain.dates import local_day
from app.domain.explain import one_change, trials
from app.domain.findings import findings
from app.domain.marks import marks_of
from app.domain.merge import Key, Register, rows
from app.domain.merge import photos as photos_at
from app.domain.register_walk import ROOMS_OF_WALK
from app.domain.scale import score_of
from app.domain.scoring import score
from app.features.accounts.models import Person
from app.features.checklists.models import Checklist, Version
from app.features.companies.models import Company
from app.features.inspections.models import Assignment, Inspection
from app.features.inspections.queries import answers_of, last_before
from app.features.inspections.queries.points import points_of
from app.features.inspections.queries.walk import subject_of, walk_of
from app.features.operations.models import Operation
from app.features.operations.queries import is_applied
from app.features.places.models import Site

VERSION = 1
REQUIREMENTS_IN = "en"  # the question stands there in all three; a requirement somebody wrote has its own
CLOCKS_AGREE = 120_000  # milliseconds; below, a phone's own time says nothing else
SENT_AT_ONCE = 120_000  # milliseconds; longer than that, a change waited for a network
_WORK = ("q", "point", "opening", "closing", "participants", *ROOMS_OF_WALK)
_PLAN = ("client", "objectives", "scope", "criteria", "due", "due_reason")
_OPENING = ("held_at", "areas_seen", "areas_not_seen", "remarks")
_CLOSING = ("held_at", "summary", "good_practices", "areas_not_seen", "remarks")


@dataclass(frozen=True, slots=True)
class Done:
    """One applied operation, as far as the record tells of it; `received_at` in milliseconds."""

    id: str
    path: str
    hash: str
    at: int
    offset: int
    tz: str
    on_device: bool
    received_at: int

    @property
    def moment(self) -> int:
        """When it was made, by the server's clock."""
        return self.at + self.offset


@dataclass(frozen=True, slots=True)
class Names:
    """What the record says about the world around the inspection: names as they are at this moment."""

    organisation: str
    number: str
    checklist: Mapping[str, Any]
    subject: Mapping[str, Any]
    team: Sequence[Mapping[str, Any]]
    before: Mapping[str, Any] | None
    last: Mapping[str, str | None]  # question → score of the audit before
    created: int
    started: int | None
    completed: int
    points: Sequence[Mapping[str, Any]] = ()  # {id, source, text, since, by} of each open point


def freeze(
    session: Session,
    row: Inspection,
    state: Mapping[Key, Register],
    revision: int,
    now: datetime,
    reason: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The frozen record of a revision, at the moment the inspection is completed or issued.

    `reason`: text, of a revision above 1. The operations that lead to it must be stored already.
    """
    version = session.get_one(Version, row.version_id)
    definition = as_walked(version.definition, row.rooms, row.repaired)
    body = compose(
        _names(session, row, version, state, now),
        definition,
        state,
        _done(session, row.id),
        revision,
        milliseconds(now),
        reason,
    )
    if row.unit_id is not None:
        day = local_day(row.completed_at or now, row.site.time_zone)
        body["subject"]["unit"] = _unit(row)
        body["walk"] = walk_of(definition, state, day, subject_of(session, row, state))
    return body


def compose(
    names: Names,
    definition: Mapping[str, Any],
    state: Mapping[Key, Register],
    done: Sequence[Done],
    revision: int,
    frozen_at: int,
    reason: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The record from values alone (no database): the shape stands at the top of this file."""
    given, left_out = answers(state), out_of_scope(state)
    result = score(definition, given, left_out)
    hashes = {op.id: op.hash for op in done}
    photos = signatures.live_photos(state)
    signed = signatures.standing(
        names.checklist["sha256"], signatures.covered(state, hashes), photos, signatures.given(state)
    )
    zone = names.subject["site"]["time_zone"]
    day = local_day(datetime_of(names.completed), zone)
    return {
        "v": VERSION,
        "kind": "inspection",
        "organisation": {"name": names.organisation},
        "number": names.number,
        "revision": revision,
        "reason": dict(reason) if reason else None,
        "frozen_at": frozen_at,
        "checklist": {
            **names.checklist,
            "title": definition["title"],
            "source": definition.get("source"),
            "scale": definition["scale"],
            "na": bool(definition.get("na")),
            "rules": definition["rules"],
            "questions": sum(len(section["questions"]) for section in definition["sections"]),
        },
        "subject": names.subject,
        "team": list(names.team),
        "participants": _participants(state),
        "plan": _page(state, "plan", _PLAN),
        "opening": _page(state, "opening", _OPENING),
        "closing": _page(state, "closing", _CLOSING),
        "times": {
            "created": names.created,
            "started": names.started,
            "completed": names.completed,
            **_times(done),
        },
        "sections": [
            _section(section, state, given, left_out, names.last) for section in definition["sections"]
        ],
        "result": {
            **result,
            "trials": trials(definition, result, given, left_out),
            "change": one_change(definition, given, left_out),
        },
        "before": names.before,
        "points": [_point(point, state) for point in names.points],
        "findings": [entry._asdict() for entry in findings(definition, state, day, REQUIREMENTS_IN)],
        "signatures": [_signature(one, done) for one in signed],
        "slots": signatures.slots(definition, signed),
        "photos": photos,
        "registers": [[path, field, hashes[op]] for path, field, op in signatures.winning(state)],
    }


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def datetime_of(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC)


def _names(
    session: Session, row: Inspection, version: Version, state: Mapping[Key, Register], now: datetime
) -> Names:
    checklist = session.get_one(Checklist, version.checklist_id)
    site, company = session.get_one(Site, row.site_id), session.get_one(Company, row.company_id)
    before = last_before(session, row)
    completed = milliseconds(row.completed_at or now)
    return Names(
        organisation=str(session.info.get("organisation", "")),
        number=row.number,
        checklist={
            "id": str(checklist.id),
            "code": checklist.code,
            "kind": checklist.kind,
            "version": version.number,
            "version_id": str(version.id),
            "sha256": version.sha256,
            "published_at": milliseconds(version.published_at),
        },
        subject={
            "company": {
                "id": str(company.id),
                "name": company.name,
                "other_name": company.other_name,
                "code": company.code,
                "country": company.country,
            },
            "site": {
                "id": str(site.id),
                "name": site.name,
                "address": site.address,
                "city": site.city,
                "country": site.country,
                "time_zone": site.time_zone,
            },
        },
        team=_team(session, row.id),
        before=_before(before),
        last={} if before is None else {q: a["score"] for q, a in answers_of(session, before.id).items()},
        created=milliseconds(row.created_at),
        started=milliseconds(row.started_at) if row.started_at else None,
        completed=completed,
        points=[
            {
                "id": str(one.point.id),
                "source": {"kind": one.point.source_kind, "id": str(one.point.source_id)},
                "text": one.point.text,
                "since": milliseconds(one.point.opened_at),
                "by": one.by,
            }
            for one in points_of(session, row, state, now)
        ],
    )


def _unit(row: Inspection) -> dict[str, Any]:
    unit = row.unit
    assert unit is not None
    estate = unit.building.estate
    return {
        "id": str(unit.id),
        "name": unit.name,
        "building": unit.building.name,
        "floor": unit.floor,
        "estate": estate.name,
        "type": unit.type.name or unit.type.code,
        "owner_name": unit.owner_name,
        "completed_on": estate.completed_on.isoformat() if estate.completed_on else None,
        "delivery_on": unit.delivery_on.isoformat() if unit.delivery_on else None,
        "rooms": row.rooms,
    }


def _team(session: Session, inspection_id: UUID) -> list[dict[str, Any]]:
    carrying_out = session.execute(
        select(Person.id, Person.name)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(Assignment.inspection_id == inspection_id, Assignment.ended_at.is_(None))
        .order_by(Assignment.position)
    )
    return [
        {"id": str(person.id), "name": person.name, "lead": place == 0}
        for place, person in enumerate(carrying_out)
    ]


def _before(row: Inspection | None) -> dict[str, Any] | None:
    if row is None or row.completed_at is None:
        return None
    parts = (row.result or {}).get("sections", ())
    return {
        "number": row.number,
        "completed": milliseconds(row.completed_at),
        "score": row.score,
        "grade": row.grade,
        "vetoed": row.vetoed,
        "provisional": row.provisional,
        "sections": {part["id"]: part["percent"] for part in parts},
    }


def _done(session: Session, inspection_id: UUID) -> list[Done]:
    """Every applied operation, in the order the server took them."""
    found = session.execute(
        select(
            *(Operation.id, Operation.path, Operation.hash, Operation.at, Operation.offset, Operation.tz),
            *(Operation.device_id, Operation.received_at),
        )
        .where(Operation.record_id == inspection_id, is_applied())
        .order_by(Operation.seq)
    )
    return [
        Done(
            id=str(op.id),
            path=op.path,
            hash=op.hash,
            at=op.at,
            offset=op.offset,
            tz=op.tz,
            on_device=op.device_id is not None,
            received_at=milliseconds(op.received_at),
        )
        for op in found
    ]


def _shown(state: Mapping[Key, Register], path: str, field: str) -> Any:
    held = state.get((path, field))
    return held.value if held else None


def _page(state: Mapping[Key, Register], path: str, fields: Sequence[str]) -> dict[str, Any]:
    return {field: _shown(state, path, field) for field in fields}


def _participants(state: Mapping[Key, Register]) -> list[dict[str, Any]]:
    return [
        {
            "id": row,
            **{field: fields.get(field) for field in ("name", "organisation", "role")},
            **{field: bool(fields.get(field)) for field in ("opening", "closing")},
        }
        for row, fields in rows(state, "participants").items()
    ]


def _section(
    section: Mapping[str, Any],
    state: Mapping[Key, Register],
    given: Mapping[str, Mapping[str, Any]],
    left_out: set[str],
    last: Mapping[str, str | None],
) -> dict[str, Any]:
    covered = section["id"] not in left_out
    reason = None if covered else (_shown(state, f"s/{section['id']}", "covered") or {}).get("reason")
    return {
        "id": section["id"],
        "title": section["title"],
        "optional": bool(section.get("optional")),
        "covered": covered,
        "reason": reason,
        "questions": [_question(question, covered, state, given, last) for question in section["questions"]],
    }


def _question(
    question: Mapping[str, Any],
    covered: bool,
    state: Mapping[Key, Register],
    given: Mapping[str, Mapping[str, Any]],
    last: Mapping[str, str | None],
) -> dict[str, Any]:
    answer = given.get(question["id"], {})
    return {
        "id": question["id"],
        "text": question["text"],
        "hint": question.get("hint"),
        "weight": question["weight"],
        "critical": bool(question.get("critical")),
        "veto": bool(question.get("veto")),
        "answer": {
            "score": score_of(given, question),
            "note": answer.get("note"),
            "reason": answer.get("reason"),
            "photos": _photos(state, f"q/{question['id']}", answer.get("photos") or ()),
            "last": last.get(question["id"]),
        }
        if covered
        else None,
    }


def _point(point: Mapping[str, Any], state: Mapping[Key, Register]) -> dict[str, Any]:
    path = f"point/{point['id']}"
    return {
        **point,
        "seen": _shown(state, path, "seen"),
        "note": _shown(state, path, "note"),
        "photos": _photos(state, path, photos_at(state, path)),
    }


def _photos(
    state: Mapping[Key, Register], path: str, photos: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    return [{**photo, "marks": marks_of(state, path, photo["media_id"])} for photo in photos]


def _times(done: Sequence[Done]) -> dict[str, Any]:
    on_site = [op for op in done if op.on_device and op.path.partition("/")[0] in _WORK]
    waited = max(on_site, key=lambda op: op.received_at - op.moment, default=None)
    offline = None
    if waited is not None and waited.received_at - waited.moment > SENT_AT_ONCE:
        together = [
            op
            for op in on_site
            if op.received_at == waited.received_at and op.received_at - op.moment > SENT_AT_ONCE
        ]
        offline = {
            "from": min(op.moment for op in together),
            "received": waited.received_at,
            "operations": len(together),
        }
    wrong = max((op for op in done if op.on_device), key=lambda op: abs(op.offset), default=None)
    return {
        "first": min((op.moment for op in on_site), default=None),
        "last": max((op.moment for op in on_site), default=None),
        "offline": offline,
        "clock": {"offset": wrong.offset, "tz": wrong.tz}
        if wrong is not None and abs(wrong.offset) > CLOCKS_AGREE
        else None,
    }


def _signature(one: signatures.Given, done: Sequence[Done]) -> dict[str, Any]:
    made = next(op for op in done if op.id == one.operation)
    operation = asdict(made)
    del operation["path"], operation["on_device"]
    return {
        "id": one.row,
        "kind": one.kind,
        "slot": one.slot,
        "value": one.value,
        "counts": bool(one.counts),
        "operation": operation,
    }
