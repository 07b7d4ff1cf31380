"""Reading actions: who sees which, where one stands in the circle, when its steps are due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain import action_clock
from app.domain.action_clock import FROM_NOTICE, Deadlines, Pause
from app.domain.action_steps import Facts, causes
from app.domain.action_watch import LOTS
from app.domain.actions import Circle, Form, Phase, Step
from app.domain.dates import end_of_day
from app.domain.errors import NotFound
from app.domain.permissions import Act, Actor, Scope, may, reach
from app.domain.repairs import DECIDED, DISPUTED
from app.features.actions.models import (
    KIND,
    Action,
    ActionDefect,
    ActionEvent,
    ActionLot,
    ActionMember,
    ActionPaper,
    ActionStep,
)
from app.features.places.models import Estate
from app.web.guests import Guest

GOING_AT_MOST = 60
AT_ONCE = 500  # ids one query takes
NAMED = frozenset({Act.SEE_ACTIONS, Act.WORK_ON_ACTION, Act.VERIFY_ACTION})
# Cases of defects that walks found: they stand in the lists of repairs, and are spoken of together. A defect
# that showed after the keys stands in no such list and has its own letters, as any case.
OF_WALKS = select(ActionDefect.action_id).where(ActionDefect.defect_id.is_not(None))


def is_of_walk(action: Action) -> bool:
    """Whether it is one of OF_WALKS."""
    return action.defect is not None and action.defect.defect_id is not None


def named_in(person_id: UUID) -> ColumnElement[bool]:
    """As SQL: the person owns the case, verifies it, or is on its team."""
    return or_(on_team(person_id), Action.verifier_id == person_id)


def on_team(person_id: UUID) -> ColumnElement[bool]:
    """As SQL: the person owns the case or is on its team."""
    team = select(ActionMember.action_id).where(ActionMember.person_id == person_id)
    return or_(Action.owner_id == person_id, Action.id.in_(team))


def visible(actor: Actor, act: Act = Act.SEE_ACTIONS) -> ColumnElement[bool]:
    """As SQL: the cases the actor may do `act` to: within their scope, or named in them."""
    far = reach(actor, act)
    if far.nothing:
        return false()
    if far.everything:
        return true()
    ways: list[ColumnElement[bool]] = [Action.company_id.in_(far.companies)] if far.companies else []
    if far.estates:
        ways.append(Action.site_id.in_(select(Estate.site_id).where(Estate.id.in_(far.estates))))
    if act in NAMED:
        ways.append(named_in(actor.id))
    return or_(*ways) if ways else false()


def get_visible_to(session: Session, actor: Actor, action_id: UUID, lock: bool = False) -> Action:
    """The case with everything its page shows. Raises NotFound."""
    return _one(session, action_id, visible(actor), lock)


def get_for_guest(session: Session, guest: Guest, action_id: UUID, lock: bool = False) -> Action:
    """The case, if the guest's link opens it. Raises NotFound."""
    if (KIND, action_id) not in guest.records:
        raise NotFound()
    return _one(session, action_id, true(), lock)


def one(session: Session, action_id: UUID, lock: bool = False) -> Action:
    """The case, for jobs and handlers, which nobody asked for. Raises NotFound."""
    return _one(session, action_id, true(), lock)


def several(session: Session, ids: Sequence[UUID], lock: bool = False) -> list[Action]:
    """Cases by id, whole, in the order of their numbers; whoever asks has authorised them."""
    found: list[Action] = []
    for start in range(0, len(ids), AT_ONCE):
        wanted = select(Action).where(Action.id.in_(ids[start : start + AT_ONCE])).order_by(Action.number)
        found += session.scalars(_whole(wanted.with_for_update(of=Action) if lock else wanted)).unique()
    return found


def _one(session: Session, action_id: UUID, condition: ColumnElement[bool], lock: bool) -> Action:
    wanted = select(Action).where(Action.id == action_id, condition)
    if lock:
        wanted = wanted.with_for_update(of=Action)
    found = session.scalars(_whole(wanted)).first()
    if found is None:
        raise NotFound()
    return found


def going_of(session: Session, actor: Actor, limit: int = GOING_AT_MOST) -> list[Action]:
    """The cases that are not over and in which a person has something to do: as owner, on the team, or as
    verifier once there is something to check. Whole, the most urgent first.
    """
    mine = or_(on_team(actor.id), and_(Action.verifier_id == actor.id, Action.step == "check"))
    going = Action.phase.in_(("open", "review"))
    wanted = (
        select(Action)
        .where(visible(actor), mine, going)
        .order_by(Action.due_at.is_(None), Action.due_at, Action.number)
    )
    return list(session.scalars(_whole(wanted.limit(limit))).unique())


def _whole(wanted: Select[Action]) -> Select[Action]:
    """With everything its page shows."""
    return wanted.options(
        joinedload(Action.company),
        joinedload(Action.site),
        joinedload(Action.estate),
        joinedload(Action.part),
        joinedload(Action.lot),
        joinedload(Action.defect_code),
        joinedload(Action.owner),
        joinedload(Action.verifier),
        joinedload(Action.contact),
        selectinload(Action.steps),
        selectinload(Action.team),
        selectinload(Action.pictures),
        selectinload(Action.files),
        selectinload(Action.lots),
        selectinload(Action.costs),
        selectinload(Action.dates),
        selectinload(Action.findings),
    )


def is_named(actor: Actor, action: Action) -> bool:
    """Whether the actor is named in the case. `team` must be loaded."""
    people = {action.owner_id, action.verifier_id, *(member.person_id for member in action.team)}
    return actor.id in people


def allowed(actor: Actor, act: Act, action: Action) -> bool:
    """Whether the actor may do this to the case. Its owner also decides at its gates."""
    mine = is_named(actor, action)
    estate = action.estate.id if action.estate else None
    if may(actor, act, Scope(company=action.company_id, estate=estate, assigned=mine)):
        return True
    if act is Act.MANAGE_ACTION:
        return action.owner_id == actor.id
    return mine and act in NAMED and not reach(actor, act).nothing


def circle_of(action: Action) -> Circle:
    """Where the case stands, for the rules."""
    return Circle(
        form=Form(action.form),
        step=Step(action.step) if action.step else None,
        phase=Phase(action.phase),
        revision=action.revision,
        accepted=frozenset(Step(row.step) for row in current(action) if row.state == "accepted"),
        doers=frozenset(action.doers),
    )


def current(action: Action) -> list[ActionStep]:
    """The steps of the present revision."""
    return [row for row in action.steps if row.revision == action.revision]


def step_row(action: Action, step: Step | str, revision: int | None = None) -> ActionStep | None:
    wanted = revision or action.revision
    return next((row for row in action.steps if row.step == step and row.revision == wanted), None)


def facts_of(action: Action, step: Step) -> Facts:
    """What the gate of a step knows beside its content."""
    cause = step_row(action, Step.CAUSE)
    lots = lots_of(action)
    here = (action.revision, step.value)
    photos = [one for one in action.pictures if (one.revision, one.step) == here]
    return Facts(
        form=Form(action.form),
        pictures=len(photos),
        causes=causes(cause.content) if cause is not None else (),
        lots=len(lots),
        lots_wanted=LOTS if action.commitment else 0,
        lots_bad=sum(lot.not_ok > 0 for lot in lots[-LOTS:]),
        safety=action.at_once,
    )


def lots_of(action: Action) -> list[ActionLot]:
    """The deliveries since the work was accepted, in order; the last three of them must be good."""
    done = step_row(action, Step.IMPLEMENT)
    if done is None or done.state != "accepted" or done.decided_at is None:
        return []
    since = done.decided_at
    return [lot for lot in action.lots if lot.revision == action.revision and lot.recorded_at >= since]


def events_of(session: Session, action_id: UUID) -> list[ActionEvent]:
    """Everything that happened, in order."""
    return list(
        session.scalars(
            select(ActionEvent)
            .where(ActionEvent.action_id == action_id)
            .options(joinedload(ActionEvent.person))
            .order_by(ActionEvent.at, ActionEvent.id)
        )
    )


def pauses_of(events: Sequence[ActionEvent], revision: int) -> list[Pause]:
    """When the responsible side could do nothing: from sending to deciding, and while it disputed that the
    thing is theirs.
    """
    here = [event for event in events if event.revision == revision]
    decided = frozenset({"accepted", "returned", "form_raised", "cancelled"})
    spans = [*_spans(here, "sent", decided), *_spans(here, DISPUTED, DECIDED | {"cancelled"})]
    return sorted(spans, key=lambda span: span[0])


def _spans(events: Sequence[ActionEvent], begins: str, ends: frozenset[str]) -> Iterator[Pause]:
    since: datetime | None = None
    for event in events:
        if event.act == begins:
            since = event.at
        elif event.act in ends and since is not None:
            yield since, event.at
            since = None
    if since is not None:
        yield since, None


def due_of(action: Action, step: Step, events: Sequence[ActionEvent], now: datetime) -> datetime:
    """When a step of the present revision is late: by rule, or by the last day agreed."""
    pauses = pauses_of(events, action.revision)
    agreed = [
        one for one in action.dates if one.revision == action.revision and one.step == step and one.approved
    ]
    if agreed:
        last = agreed[-1]
        since = last.decided_at or last.asked_at
        return action_clock.agreed_due_at(last.new, since, action.time_zone, pauses, now)
    rule = Deadlines.read(action.deadlines).of(step, action.complex_cause)
    start = action.notice_at if step in FROM_NOTICE else action.step_at
    return action_clock.due_at(start, rule, action.time_zone, pauses, now)


def watch_end(action: Action) -> datetime | None:
    """The instant at which the watch is over."""
    return end_of_day(action.watch_until, action.time_zone) if action.watch_until else None


def visible_ids(session: Session, actor: Actor, ids: set[UUID]) -> set[UUID]:
    """Which of these cases the actor may see."""
    return set(session.scalars(select(Action.id).where(Action.id.in_(ids), visible(actor)))) if ids else set()


def paper_of(session: Session, action_id: UUID, kind: str, number: int) -> ActionPaper:
    """What a report of a case says. Raises NotFound."""
    same = (ActionPaper.action_id == action_id, ActionPaper.kind == kind, ActionPaper.number == number)
    found = session.scalars(select(ActionPaper).where(*same)).first()
    if found is None:
        raise NotFound()
    return found


def newest_paper(session: Session, action_id: UUID, kind: str) -> ActionPaper | None:
    return session.scalars(
        select(ActionPaper)
        .where(ActionPaper.action_id == action_id, ActionPaper.kind == kind)
        .order_by(ActionPaper.number.desc())
        .limit(1)
    ).first()


def kinds_of_papers(session: Session, action_id: UUID) -> list[str]:
    """Which kinds of reports this case has, in a steady order."""
    kinds = select(ActionPaper.kind).where(ActionPaper.action_id == action_id).distinct()
    return sorted(session.scalars(kinds))
