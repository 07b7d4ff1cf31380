"""Inspections as records of operations: who may write, what may stand, and the rows that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from app import journal, numbering, search
from app.db import save
from app.domain.answers import answers, out_of_scope
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.operations import Operation
from app.domain.permissions import Act, Actor, Grant, Role, Scope, ScopeKind, may
from app.domain.register_walk import ROOMS_OF_WALK
from app.domain.registers import act_of, judge, judge_created
from app.domain.scoring import score
from app.domain.signatures import open_conflicts
from app.features.accounts.models import Person
from app.features.checklists.models import Version
from app.features.companies.models import Company, Contact
from app.features.evidence.commands import note_uses
from app.features.inspections.models import KIND, Assignment, Inspection
from app.features.inspections.queries import asked_in, form_of, lead_scope_of, scope_of, visible
from app.features.inspections.record.ending import (
    ENDS,
    ISSUED_BEFORE,
    ON_FROZEN,
    Frozen,
    freeze_revision,
    judge_end,
    number_before,
    step_end,
)
from app.features.inspections.record.walks import ON_AGAIN, ON_UNIT, judge_again, unit_of, walk_moved
from app.features.operations.record import Access, Author, State
from app.features.places.models import Estate, Site

__all__ = ["ISSUED_BEFORE", "KIND", "ON_AGAIN", "ON_FROZEN", "ON_UNIT", "Frozen", "InspectionKind", "index"]

_ROOMS_OF_WORK = ("q", "f", "point", "sign", "opening", "closing", "participants", *ROOMS_OF_WALK)
_DECISIONS = ("approve", "return")  # all that reaches an inspection in review
_WRITING = (
    Act.ANSWER_INSPECTION,
    Act.CHANGE_PLAN,
    Act.CANCEL_INSPECTION,
    Act.SET_SECTION_SCOPE,
    Act.COMPLETE_INSPECTION,
    Act.APPROVE_INSPECTION,
)

_ACTS_OF_END = {
    "cancel": "inspection.cancelled",
    "complete": "inspection.completed",
    "approve": "inspection.approved",
    "return": "inspection.returned",
    "reopen": "inspection.reopened",
}

_LOCK = (
    select(Inspection)
    .order_by(Inspection.id)
    .with_for_update(of=Inspection)
    .options(joinedload(Inspection.assignments), defer(Inspection.result))  # it is only written here
)
_LOCK_ONE = _LOCK.where(Inspection.id == bindparam("one"))  # most batches are about one
_LOCK_MANY = _LOCK.where(Inspection.id.in_(bindparam("ids", expanding=True)))


_CLOSED = {state: f"inspection_{state}" for state in ("cancelled", "in_review", "completed")}


class InspectionKind:
    """RecordKind of inspections."""

    name = KIND

    def lock(self, session: Session, ids: Sequence[UUID]) -> dict[UUID, Inspection]:
        if len(ids) == 1:
            found = session.scalars(_LOCK_ONE, {"one": ids[0]})
        else:
            found = session.scalars(_LOCK_MANY, {"ids": ids})
        return {row.id: row for row in found.unique()}

    def access(self, session: Session, author: Author, rows: Sequence[Inspection]) -> dict[UUID, Access]:
        found = {}
        for row in rows:
            scope = scope_of(author.actor, row)
            if author.vouched or any(may(author.actor, act, scope) for act in _WRITING):
                found[row.id] = Access.MAY
            elif any(a.person_id == author.actor.id for a in row.assignments):
                found[row.id] = Access.ONCE
            else:
                found[row.id] = Access.NEVER
        return found

    def create(self, session: Session, author: Author, operation: Operation, now: datetime) -> Inspection:
        judge_created(operation.value)
        value = operation.value
        form = form_of(session, UUID(value["checklist_version"]), value.get("rooms"), value.get("repaired"))
        site = session.get(Site, UUID(value["site"]))
        auditors = [UUID(person) for person in value["auditors"]]
        if site is None:
            raise NotFound()
        unit = unit_of(session, value, form)
        estate = session.scalars(select(Estate.id).where(Estate.site_id == site.id)).one_or_none()
        if unit is not None and unit.building.estate_id != estate:
            raise Invalid("unit_unknown", field="unit")
        scope = Scope(company=site.company_id, estate=estate, assigned=author.actor.id in auditors)
        planned = auditors != [author.actor.id] or author.device_id is None
        act = Act.PLAN_INSPECTION if planned else Act.START_INSPECTION
        if not author.vouched and not may(author.actor, act, scope):
            raise NotFound()
        if site.retired_at is not None:
            raise Invalid("site_retired")
        if site.company.retired_at is not None:
            raise Invalid("company_retired")
        if not author.vouched:
            _eligible(session, site.company_id, estate, auditors)
            judge_again(session, unit, value.get("repaired"))
        day = local_day(now, site.time_zone)
        row = Inspection(
            id=UUID(operation.record_id),
            number=number_before(UUID(operation.record_id)) or numbering.next_number(session, KIND, day.year),
            version_id=UUID(form.version),
            site_id=site.id,
            company_id=site.company_id,
            unit_id=unit.id if unit else None,
            estate_id=estate,
            rooms=value.get("rooms"),
            repaired=value.get("repaired"),
            state="planned",
            planned=planned,
            due=date.fromisoformat(value["due"]) if value["due"] else None,
            created_at=now,
            created_by=author.actor.id,
            answered=0,
            asked=len(form.questions),
            provisional=True,
            vetoed=False,
            conflicts=0,
            late=0,
            assignments=[],
        )
        session.add(row)
        session.flush()
        _assign(session, row, auditors, now)
        journal.write(
            session, "inspection.created", (KIND, row.id), now, author.actor.id, {"op": operation.hash}
        )
        return row

    def judge(
        self,
        session: Session,
        author: Author,
        row: Inspection,
        operation: Operation,
        state: State,
        fresh: Sequence[Operation],
    ) -> None:
        form = author.memory.get(row)
        if form is None:
            form = author.memory[row] = asked_in(session, row)
        judge(form, operation.path, operation.field, operation.value)
        if not _may(author, act_of(operation.path, operation.kind), row):
            raise NotAllowed()
        if operation.path.startswith("q/"):
            return  # nearly all there is
        if operation.kind == "set" and operation.path.startswith("s/") and operation.value is not None:
            _judge_coverage(row, operation)
        if operation.path == "plan" and operation.field == "auditors":
            _eligible(session, row.company_id, row.estate_id, [UUID(person) for person in operation.value])
        if operation.path.startswith("f/") and operation.field == "owner":
            _judge_owner(session, row, operation)
        if operation.path.startswith("d/") and operation.field == "contractor" and operation.value:
            _judge_contractor(session, UUID(operation.value))
        if operation.path.startswith("sign/"):
            _judge_row(operation, state)
        if operation.kind in ENDS:
            judge_end(session, author.actor.id, row, operation, state, fresh)

    def closed(self, row: Inspection, operation: Operation) -> str | None:
        state = row.state
        code = _CLOSED.get(state)
        if code is None:
            return None
        if state == "completed" and operation.kind == "reopen":
            return None
        if state == "in_review" and operation.kind in _DECISIONS:
            return None
        return code

    def step(self, row: Inspection, operation: Operation, now: datetime) -> None:
        if operation.kind == "set" and row.state != "planned":
            return
        if operation.kind in ENDS:
            step_end(row, operation, now)
        elif not operation.device:
            return  # the desk plans (expected participants among it); work begins where the auditor is
        elif row.state == "planned" and operation.path.partition("/")[0] in _ROOMS_OF_WORK:
            row.state, row.started_at = "in_progress", now

    def apply(
        self,
        session: Session,
        row: Inspection,
        state: State,
        operations: Sequence[Operation],
        author: Author,
        now: datetime,
    ) -> None:
        note_uses(session, operations)
        rooms = {operation.path.partition("/")[0] for operation in operations}
        if rooms & {"q", "s"} or row.result is None:
            _project_score(session, row, state)
        if "plan" in rooms:
            _project_plan(session, row, state, now)
        row.conflicts = len(open_conflicts(state))
        ends = [operation for operation in operations if operation.kind in ENDS]
        for operation in ends:
            facts: dict[str, Any] = {"op": operation.hash}
            if operation.kind in ("complete", "approve") and row.state == "completed":
                facts |= freeze_revision(session, row, state, author, now)
            act = _ACTS_OF_END[operation.kind]
            if operation.kind == "complete" and "digest" not in facts:
                act = "inspection.submitted"
            journal.write(session, act, (KIND, row.id), now, author.actor.id, facts)
        if "plan" in rooms or any(operation.kind == "create" for operation in operations):
            index(session, row)
        if row.unit_id is not None:
            walk_moved(session, row, operations, now)

    def late(self, row: Inspection, count: int) -> None:
        row.late += count

    def is_end(self, operation: Operation) -> bool:
        return operation.kind in ENDS

    def save(self, session: Session, row: Inspection) -> None:
        save(session, row)

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(session.scalars(select(Inspection.id).where(Inspection.id.in_(list(ids)), visible(actor))))


def _may(author: Author, act: Act, row: Inspection) -> bool:
    key = (row, act)
    known: bool | None = author.memory.get(key)
    if known is None:
        scope = lead_scope_of if act is Act.REVISE_INSPECTION else scope_of
        known = author.memory[key] = author.vouched or may(author.actor, act, scope(author.actor, row))
    return known


def _judge_owner(session: Session, row: Inspection, operation: Operation) -> None:
    """Who owns a finding is one of the inspected company's people, or only a name."""
    contact = (operation.value or {}).get("contact")
    if contact is None:
        return
    found = session.get(Contact, UUID(contact))
    if found is None or found.company_id != row.company_id:
        raise Invalid("contact_unknown", field="owner")


def _judge_contractor(session: Session, company_id: UUID) -> None:
    company = session.get(Company, company_id)
    if company is None or "contractor" not in company.kinds:
        raise Invalid("contractor_unknown", field="contractor")


def _judge_row(operation: Operation, state: State) -> None:
    """A signature is never changed: a new one is a new row."""
    if any((operation.path, field) in state for field in ("signed", "refused")):
        raise Invalid("signature_exists")


def _judge_coverage(row: Inspection, operation: Operation) -> None:
    """Scope is set in the plan: once an audit runs, a section cannot be dropped to mend a score."""
    if row.state != "planned":
        raise Invalid("already_started")


def _eligible(session: Session, company_id: UUID, estate_id: UUID | None, people: Sequence[UUID]) -> None:
    """Everybody on the team must be able to carry out inspections there. Raises Invalid."""
    found = {
        person.id: person
        for person in session.scalars(
            select(Person).where(Person.id.in_(people)).options(selectinload(Person.grants))
        )
    }
    for person_id in people:
        person = found.get(person_id)
        if person is None or person.disabled_at is not None:
            raise Invalid("auditor_not_eligible", field="auditors")
        grants = tuple(
            Grant(Role(g.role), ScopeKind(g.scope_kind), g.scope_id)
            for g in person.grants
            if g.ended_at is None
        )
        actor = Actor(person.id, grants, person.language, person.time_zone, person.name)
        if not may(actor, Act.START_INSPECTION, Scope(company_id, estate_id, assigned=True)):
            raise Invalid("auditor_not_eligible", field="auditors")


def _assign(session: Session, row: Inspection, people: Sequence[UUID], now: datetime) -> None:
    """Makes `people` the team, the lead first; who leaves stays in the table with an end.

    Whether they may was judged when it was written: somebody who left since must not lock the plan.
    """
    current = {a.person_id: a for a in row.assignments if a.ended_at is None}
    for person_id, assignment in current.items():
        if person_id not in people:
            assignment.ended_at = now
    for position, person_id in enumerate(people):
        if person_id in current:
            current[person_id].position = position
        else:
            row.assignments.append(Assignment(person_id=person_id, position=position, assigned_at=now))
    session.flush()


def _project_score(session: Session, row: Inspection, state: State) -> None:
    form = asked_in(session, row)
    result = score(form.definition, answers(state), out_of_scope(state))
    row.answered, row.asked = result["answered"], result["asked"]
    scored = row.unit_id is None and result["total"] is not None  # a flat is not scored: walk_result.py
    row.score = int(result["total"].replace(".", "")) if scored else None
    row.grade = (result["grade"] or result["grade_if_complete"]) if row.unit_id is None else None
    row.provisional, row.vetoed = result["provisional"], result["vetoed"]
    row.result = result


def _project_plan(session: Session, row: Inspection, state: State, now: datetime) -> None:
    due = state.get(("plan", "due"))
    if due is not None:
        row.due = date.fromisoformat(due.value) if due.value else None
    auditors = state.get(("plan", "auditors"))
    if auditors is not None and auditors.value:
        _assign(session, row, [UUID(person) for person in auditors.value], now)


def index(session: Session, row: Inspection) -> None:
    """What a search finds an inspection by: number, supplier, site, checklist, people."""
    site = session.get(Site, row.site_id)
    assert site is not None
    version = session.get(Version, row.version_id)
    assert version is not None
    titles = version.checklist.title.values()
    people = session.scalars(
        select(Person.name)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(Assignment.inspection_id == row.id, Assignment.ended_at.is_(None))
    )
    company = site.company
    search.put(
        session,
        KIND,
        row.id,
        row.number,
        company.name,
        company.other_name,
        company.code,
        site.name,
        site.city,
        *titles,
        *people,
        *((row.unit.building.name, row.unit.name, row.unit.owner_name) if row.unit else ()),
    )
