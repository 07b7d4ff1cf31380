"""One inspection to read: all its page shows, from its row and its registers, in a handful of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from app.adapters import clock
from app.domain import signatures
from app.domain.answers import answers, out_of_scope
from app.domain.dates import local_day
from app.domain.defects import by_class
from app.domain.errors import NotFound
from app.domain.findings import Entry, findings
from app.domain.marks import drawing, marks_of
from app.domain.merge import Key, Register, rows
from app.domain.permissions import Act, Actor, may
from app.domain.registers import Form
from app.domain.signatures import Given, open_conflicts
from app.domain.walk_result import added, tally
from app.features.accounts.models import Device, Person
from app.features.companies.models import Contact
from app.features.evidence.queries import present_among
from app.features.inspections import queries
from app.features.inspections.models import Assignment, Inspection, Revision
from app.features.inspections.queries.conditions import OPEN
from app.features.inspections.queries.points import points_of
from app.features.inspections.queries.signing import signatures_of
from app.features.inspections.queries.unsent import Holder, holders
from app.features.inspections.queries.walk import subject_of, walk_of
from app.features.operations.models import Operation
from app.features.operations.queries import head_seq, is_applied, state_of


class Maker(NamedTuple):
    """Who wrote an operation, on which device (None: at the desk), and when it arrived."""

    person: str
    device: str | None
    received_at: datetime


class Photo(NamedTuple):
    """One photo of an answer; `holder`: whose phone still holds it, None when it is here; `drawn`: what was
    drawn on it, as domain/marks.py gives it, None when nothing was.
    """

    sha256: str
    name: str
    taken_at: int | None
    holder: str | None
    drawn: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question; `question` and `option` are the definition's."""

    question: Mapping[str, Any]
    score: str | None
    option: Mapping[str, Any] | None
    note: Mapping[str, Any] | None
    reason: Mapping[str, Any] | None
    photos: list[Photo]
    last: str | None

    @property
    def not_applicable(self) -> bool:
        return self.score == "na"


@dataclass(frozen=True, slots=True)
class Section:
    """`left_out`: why it is out of scope, None when it is asked; `part`: its sums (domain/scoring.py)."""

    id: str
    title: Mapping[str, str]
    left_out: Mapping[str, Any] | None
    part: Mapping[str, Any] | None
    answers: list[Answer]


class Away(NamedTuple):
    """Photos that are named but still on somebody's phone: how many, since when (the oldest), and when that
    phone was last heard of (None: nobody knows which phone).
    """

    person: str
    device: str | None
    photos: int
    since: datetime
    heard: datetime | None


class Claim(NamedTuple):
    """One of several values that stand in the same register."""

    value: Any
    maker: Maker
    shown: bool


class Conflict(NamedTuple):
    path: str
    field: str
    claims: list[Claim]


@dataclass(frozen=True, slots=True)
class Last:
    """The last completed inspection with the same checklist at the same site; `url` only if one may see it.
    `difference`: tenths of a percent."""

    number: str
    id: UUID | None
    score: int | None
    grade: str | None
    completed_at: datetime | None
    difference: int | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature or refusal with who was signed in on which device; `later`: how many changes came after it
    that it does not cover (0 while it counts).
    """

    given: Given
    maker: Maker | None
    later: int


@dataclass(frozen=True, slots=True)
class Point:
    """An open point of an earlier visit. `seen`: "open", "closed", or None: not looked at; `by`: a name."""

    id: str
    text: Mapping[str, Any]
    since: datetime
    source: tuple[str, UUID]
    seen: str | None
    by: str
    note: Mapping[str, Any] | None
    photos: list[Photo]


@dataclass(frozen=True, slots=True)
class Page:
    inspection: Inspection
    form: Form
    findings: list[Entry]
    contacts: dict[str, Contact]
    slots: list[dict[str, Any]]
    signatures: list[Signed]
    revisions: list[Revision]
    returned: Mapping[str, Any] | None
    reopened: Mapping[str, Any] | None
    result: Mapping[str, Any]
    plan: dict[str, Any]
    cancelled: Mapping[str, Any] | None
    opening: dict[str, Any]
    closing: dict[str, Any]
    participants: list[dict[str, Any]]
    points: list[Point]
    sections: list[Section]
    conflicts: list[Conflict]
    last: Last | None
    team: list[Assignment]
    late: int
    phones: list[Holder]
    away: list[Away]
    seq: int
    walk: dict[str, Any] | None = None  # of a unit: its defects, meters and keys (queries/walk.py)

    @property
    def checked(self) -> list[tuple[Section, dict[str, int]]]:
        """Of a unit's walk: its rooms, each with how its checks were answered."""
        scale = self.definition["scale"]
        return [(section, tally(scale, (one.score for one in section.answers))) for section in self.sections]

    @property
    def checks(self) -> dict[str, int]:
        return added(counts for _section, counts in self.checked)

    @property
    def classes(self) -> dict[str, int]:
        """Of a unit's walk: its defects by class."""
        return by_class(self.walk["defects"]) if self.walk else {}

    @property
    def definition(self) -> Mapping[str, Any]:
        return self.form.definition

    @property
    def not_applicable(self) -> list[Answer]:
        return [a for section in self.sections for a in section.answers if a.not_applicable]

    @property
    def left_out(self) -> list[Section]:
        return [section for section in self.sections if section.left_out is not None]


def load(session: Session, actor: Actor, inspection_id: UUID, now: datetime) -> Page:
    """The page of an inspection the actor may see. Raises NotFound."""
    row = queries.get_visible_to(session, actor, inspection_id)
    seq = head_seq(session, row.id)  # before the state: what comes in between makes a form stale, not wrong
    form = queries.asked_in(session, row)
    state = state_of(session, row.id)
    given = answers(state)
    last = queries.last_before(session, row)
    here = present_among(session, signatures.live_photos(state), row.id)
    torn = {key: state[key] for key in open_conflicts(state)}
    signed = signatures_of(session, row, state)
    makers = _makers(
        session, [*_missing_photos(state, here), *_heads(torn.values()), *(one.operation for one in signed)]
    )
    found = findings(
        form.definition, state, local_day(row.completed_at or now, row.site.time_zone), actor.language
    )
    before = queries.answers_of(session, last.id) if last else {}
    holding = _holding(state, makers)
    return Page(
        inspection=row,
        form=form,
        findings=found,
        contacts=_contacts(session, row),
        slots=signatures.slots(form.definition, signed),
        signatures=[Signed(one, makers.get(one.operation), _later(session, row.id, one)) for one in signed],
        revisions=_revisions(session, row.id),
        returned=_returned(row, state),
        reopened=queries.shown(state, "inspection", "reopened") if row.revision > 1 else None,
        result=row.result or {},
        plan=_room(state, "plan"),
        cancelled=queries.shown(state, "inspection", "cancelled"),
        opening=_room(state, "opening"),
        closing=_room(state, "closing"),
        participants=list(rows(state, "participants").values()),
        points=_points(session, row, state, here, holding, now),
        sections=_sections(row, form, state, given, before, here, holding),
        conflicts=[_conflict(key, held, makers) for key, held in sorted(torn.items())],
        last=_last(session, actor, row, last) if last else None,
        team=queries.team(row),
        late=row.late,
        phones=_phones(session, row),
        away=away(session, row.id, state, here),
        seq=seq,
        walk=_walk(session, row, form, state, here, holding, now) if row.unit_id else None,
    )


def tools(actor: Actor, page: Page) -> dict[str, bool]:
    """What this person may do to it now, by the name of the tool."""
    row, scope = page.inspection, queries.scope_of(actor, page.inspection)
    is_open = row.state in ("planned", "in_progress")
    change = is_open and may(actor, Act.CHANGE_PLAN, scope)
    decides = row.state == "in_review" and may(actor, Act.APPROVE_INSPECTION, scope)
    return {
        "assignment": change,
        "postponement": change,
        "plan": change,
        "coverage": row.state == "planned" and may(actor, Act.SET_SECTION_SCOPE, scope),
        "approval": decides and not scope.assigned,  # four eyes
        "return": decides,
        "revision": row.state == "completed"
        and may(actor, Act.REVISE_INSPECTION, queries.lead_scope_of(actor, row)),
        "late-work": bool(row.late)
        and row.state != "in_review"
        and may(actor, Act.REVISE_INSPECTION, queries.lead_scope_of(actor, row)),
        "cancellation": is_open and may(actor, Act.CANCEL_INSPECTION, scope),
        "answer": is_open and may(actor, Act.ANSWER_INSPECTION, scope),
    }


def _returned(row: Inspection, state: Mapping[Key, Register]) -> Mapping[str, Any] | None:
    """Why an approver returned it, until it is completed again."""
    held, done = state.get(("inspection", "returned")), state.get(("inspection", "completed"))
    if held is None or not held.heads or row.state != "in_progress":
        return None
    newer = done is None or held.heads[0].lamport > done.heads[0].lamport
    found: Mapping[str, Any] | None = held.value if newer else None
    return found


def _contacts(session: Session, row: Inspection) -> dict[str, Contact]:
    return {str(contact.id): contact for contact in queries.contacts_of(session, row.company_id)}


def _revisions(session: Session, inspection_id: UUID) -> list[Revision]:
    return list(
        session.scalars(
            select(Revision)
            .where(Revision.inspection_id == inspection_id)
            .options(defer(Revision.body))
            .order_by(Revision.revision)
        )
    )


def _later(session: Session, record_id: UUID, one: Given) -> int:
    """How many operations a signature that does not count comes before."""
    if one.counts:
        return 0
    at = select(Operation.seq).where(Operation.id == UUID(one.operation)).scalar_subquery()
    later = select(func.count(Operation.id)).where(
        Operation.record_id == record_id,
        Operation.seq > at,
        Operation.path.not_like("sign/%"),
        Operation.path != "inspection",
        is_applied(),
    )
    return session.scalar(later) or 0


def _phones(session: Session, row: Inspection) -> list[Holder]:
    """Whose phones work on it, while it is open."""
    return holders(session, [row.id], clock.now())[row.id] if row.state in OPEN else []


def away(session: Session, record_id: UUID, state: Mapping[Key, Register], here: set[str]) -> list[Away]:
    """Whose phones still hold photos of this inspection, those who have waited longest first."""
    wanted = [UUID(operation_id) for operation_id in _missing_photos(state, here)]
    if not wanted:
        return []
    since = func.min(Operation.received_at)
    found = session.execute(
        select(Person.name, Device.label, func.count(), since, func.max(Device.last_seen_at))
        .select_from(Operation)
        .join(Person, Person.id == Operation.person_id)
        .outerjoin(Device, Device.id == Operation.device_id)
        .where(Operation.id.in_(wanted), Operation.record_id == record_id)
        .group_by(Person.id, Person.name, Device.id, Device.label)
        .order_by(since)
    )
    return [Away(*row) for row in found]


def _room(state: Mapping[Key, Register], path: str) -> dict[str, Any]:
    return {field: held.value for (at, field), held in state.items() if at == path and held.value is not None}


def _missing_photos(state: Mapping[Key, Register], here: set[str]) -> Iterable[str]:
    for (_path, field), held in state.items():
        if field.startswith("photo:") and held.value is not None and held.value["sha256"] not in here:
            yield held.heads[0].id


def _heads(registers: Iterable[Register]) -> Iterable[str]:
    return (head.id for held in registers for head in held.heads)


def _makers(session: Session, ids: Iterable[str]) -> dict[str, Maker]:
    wanted = [UUID(operation_id) for operation_id in ids]
    if not wanted:
        return {}
    found = session.execute(
        select(Operation.id, Person.name, Device.label, Operation.received_at)
        .join(Person, Person.id == Operation.person_id)
        .outerjoin(Device, Device.id == Operation.device_id)
        .where(Operation.id.in_(wanted))
    )
    return {str(operation_id): Maker(name, label, at) for operation_id, name, label, at in found}


def _sections(
    row: Inspection,
    form: Form,
    state: Mapping[Key, Register],
    given: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
    here: set[str],
    holding: Mapping[str, str],
) -> list[Section]:
    options = {option["value"]: option for option in form.definition["scale"]["options"]}
    parts = {part["id"]: part for part in (row.result or {}).get("sections", [])}
    out = out_of_scope(state)
    found = []
    for section in form.definition["sections"]:
        covered = queries.shown(state, f"s/{section['id']}", "covered") or {}
        answered = [
            _answer(question, given.get(question["id"], {}), before, options, here, holding, state)
            for question in section["questions"]
        ]
        left_out = covered.get("reason") if section["id"] in out else None
        found.append(Section(section["id"], section["title"], left_out, parts.get(section["id"]), answered))
    return found


def _answer(
    question: Mapping[str, Any],
    given: Mapping[str, Any],
    before: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Mapping[str, Any]],
    here: set[str],
    holding: Mapping[str, str],
    state: Mapping[Key, Register],
) -> Answer:
    score = given.get("score")
    photos = _photos(state, f"q/{question['id']}", given.get("photos", []), here, holding)
    last = before.get(question["id"], {}).get("score")
    return Answer(
        question, score, options.get(score or ""), given.get("note"), given.get("reason"), photos, last
    )


def _walk(
    session: Session,
    row: Inspection,
    form: Form,
    state: Mapping[Key, Register],
    here: set[str],
    holding: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    """What was written down on a unit's walk, its photos ready to be shown."""
    day = local_day(row.completed_at or now, row.site.time_zone)
    found = walk_of(form.definition, state, day, subject_of(session, row, state))
    for one in found["defects"]:
        one["photos"] = _photos(state, f"d/{one['row']}", one["photos"], here, holding)
    for one in found.get("rechecks", ()):
        one["photos"] = _photos(state, f"q/{one['question']}", one["photos"], here, holding)
    for one in found["meters"]:
        one["photos"] = _photos(state, f"meter/{one['meter']}", one["photos"], here, holding)
    return found


def _holding(state: Mapping[Key, Register], makers: Mapping[str, Maker]) -> dict[str, str]:
    """Photo → whose phone holds it, of those that are not here."""
    return {
        held.value["sha256"]: makers[held.heads[0].id].person
        for held in state.values()
        if held.heads
        and held.heads[0].id in makers
        and isinstance(held.value, dict)
        and "sha256" in held.value
    }


def _points(
    session: Session,
    row: Inspection,
    state: Mapping[Key, Register],
    here: set[str],
    holding: Mapping[str, str],
    now: datetime,
) -> list[Point]:
    return [
        Point(
            id=str(one.point.id),
            text=one.point.text,
            since=one.point.opened_at,
            source=(one.point.source_kind, one.point.source_id),
            seen=one.seen,
            by=one.by["name"] if one.by else "",
            note=one.note,
            photos=_photos(state, one.path, one.photos, here, holding),
        )
        for one in points_of(session, row, state, now)
    ]


def _photos(
    state: Mapping[Key, Register],
    path: str,
    photos: Iterable[Mapping[str, Any]],
    here: set[str],
    holding: Mapping[str, str],
) -> list[Photo]:
    return [
        Photo(
            photo["sha256"],
            photo["name"],
            photo["taken_at"],
            None if photo["sha256"] in here else holding.get(photo["sha256"], ""),
            drawn_on(state, path, photo),
        )
        for photo in photos
    ]


def drawn_on(state: Mapping[Key, Register], path: str, photo: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was drawn on a photo, ready for SVG; None when nothing was."""
    shapes = marks_of(state, path, photo["media_id"])
    return drawing(shapes, photo["w"], photo["h"]) if shapes else None


class Seen(NamedTuple):
    """One photo in full: the questions (or the open point) it belongs to, and what was drawn on it."""

    row: Inspection
    sha256: str
    questions: list[str]
    name: str
    taken_at: int | None
    drawn: list[dict[str, Any]]


def photo_of(session: Session, actor: Actor, inspection_id: UUID, sha256: str) -> Seen:
    """A photo of an inspection the actor may see. Raises NotFound, also while it is still on its phone."""
    row = queries.get_visible_to(session, actor, inspection_id)
    state = state_of(session, row.id)
    uses = [
        (path, held.value)
        for (path, field), held in sorted(state.items())
        if field.startswith("photo:") and held.value is not None and held.value["sha256"] == sha256
    ]
    if not uses or not present_among(session, [sha256], row.id):
        raise NotFound()
    drawn = [found for path, photo in uses if (found := drawn_on(state, path, photo))]
    first = uses[0][1]
    questions = sorted({path.partition("/")[2] for path, _ in uses if path.startswith("q/")})
    return Seen(row, sha256, questions, first["name"], first["taken_at"], drawn)


def _conflict(key: Key, held: Register, makers: Mapping[str, Maker]) -> Conflict:
    claims = [
        Claim(head.value, makers[head.id], place == 0)
        for place, head in enumerate(held.heads)
        if head.id in makers
    ]
    return Conflict(key[0], key[1], claims)


def _last(session: Session, actor: Actor, row: Inspection, last: Inspection) -> Last:
    try:
        seen: UUID | None = queries.get_visible_to(session, actor, last.id).id
    except NotFound:
        seen = None
    comparable = row.score is not None and last.score is not None
    return Last(
        last.number,
        seen,
        last.score,
        last.grade if not last.provisional else None,
        last.completed_at,
        row.score - last.score if comparable else None,  # type: ignore[operator]
    )
