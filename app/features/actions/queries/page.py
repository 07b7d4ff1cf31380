"""One case as its page tells it: revision by revision, what was found, planned, done, checked, made the
standard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import action_clock
from app.domain.action_clock import FROM_NOTICE, Allowed, Deadlines
from app.domain.action_steps import Need, causes, needs, totals
from app.domain.action_watch import LOTS, share
from app.domain.actions import PARTS, Circle, Form, Part, Phase, Step
from app.domain.repairs import is_disputed
from app.features.actions import queries
from app.features.actions.models import (
    Action,
    ActionCost,
    ActionEvent,
    ActionFile,
    ActionLot,
    ActionPicture,
    ActionStep,
)
from app.features.actions.queries.drawings import drawings_of
from app.features.evidence.queries import kept_among
from app.features.links import queries as links
from app.features.links.models import Link


@dataclass(frozen=True)
class Told:
    """One revision: its steps by name, its photos, its lots, when it was noticed and how it ended."""

    number: int
    steps: dict[str, ActionStep]
    pictures: list[ActionPicture]
    files: list[ActionFile]
    lots: list[ActionLot]
    recurred: ActionEvent | None
    seen: list[ActionEvent]  # what later inspections saw of its open point
    rechecked: list[ActionEvent]  # what re-inspections found of the repair

    def content(self, step: str) -> dict[str, Any]:
        row = self.steps.get(step)
        return row.content if row is not None else {}

    def photos(self, step: str | None, moment: str = "") -> list[ActionPicture]:
        return [one for one in self.pictures if one.step == step and (not moment or one.moment == moment)]

    @property
    def totals(self) -> dict[str, int]:
        return totals(self.content("contain"))


@dataclass(frozen=True)
class SiteNote:
    """What somebody wrote on site, perhaps without signal. `at`: when, by the server's clock; `zone`: of the
    phone; `photos`: those that are here; `away`: how many are still on the phone.
    """

    row: str
    revision: int
    person: str
    at: datetime
    zone: str
    text: dict[str, str] | None
    photos: list[str]
    away: int


@dataclass(frozen=True)
class Clock:
    """One line of the clock: how long was allowed, when it is or was late, how long it took."""

    step: Step
    allowed: Allowed
    due: datetime | None
    taken: timedelta | None
    paused: timedelta
    kept: bool | None  # None: not yet decided
    now: bool


@dataclass(frozen=True)
class Story:
    action: Action
    circle: Circle
    told: list[Told]
    events: list[ActionEvent]
    needs: list[Need]
    clock: list[Clock]
    causes: list[str]
    watch: tuple[int, int] | None
    links: dict[UUID, Link]
    drawn: dict[UUID, dict[str, Any]]
    late: int
    lots_wanted: int
    lots_counted: int
    site_notes: list[SiteNote]

    @property
    def now(self) -> Told:
        return self.told[-1]

    @property
    def disputed(self) -> bool:
        """Whether its contractor says that nothing has to be done: until that is decided nothing is sent."""
        return is_disputed(event.act for event in self.events)

    @property
    def costs(self) -> list[ActionCost]:
        return [one for one in self.action.costs if one.struck_at is None]

    @property
    def cost(self) -> int:
        return sum(one.amount for one in self.costs)

    def part_state(self, part: str) -> str:
        """done, now, later or none: how far a part of the circle is."""
        steps = [step for step in self.circle.path if PARTS[step] == part]
        if not steps:
            return "none"
        if all(step in self.circle.accepted for step in steps):
            return "done"
        return "now" if self.circle.step in steps else "later"

    @property
    def parts(self) -> list[str]:
        return [part.value for part in Part if any(PARTS[step] is part for step in self.circle.path)]


def load(session: Session, action: Action, now: datetime) -> Story:
    """The story of a case that the reader may see."""
    circle = queries.circle_of(action)
    events = queries.events_of(session, action.id)
    told = [_told(action, number, events) for number in range(1, action.revision + 1)]
    open_needs: list[Need] = []
    if circle.step is not None and not circle.ended:
        row = queries.step_row(action, circle.step)
        open_needs = needs(circle.step, row.content if row else {}, queries.facts_of(action, circle.step))
    cause = queries.step_row(action, Step.CAUSE)
    watched = share(action.cut_in, action.time_zone, now) if action.cut_in else None
    senders = {row.sent_by[2:] for row in action.steps if row.sent_by.startswith("l:")}
    used = {UUID(sender) for sender in senders} | {event.link_id for event in events if event.link_id}
    return Story(
        action=action,
        circle=circle,
        told=told,
        events=events,
        needs=open_needs,
        clock=_clock(action, circle, events, now),
        causes=causes(cause.content) if cause else [],
        watch=watched,
        links=links.names(session, used),
        drawn=drawings_of(session, action, events),
        late=action_clock.age(action.due_at, now) if action.due_at and action.phase == Phase.OPEN else 0,
        lots_wanted=LOTS if action.commitment else 0,
        lots_counted=len(queries.lots_of(action)),
        site_notes=site_notes(session, events),
    )


def site_notes(session: Session, events: Sequence[ActionEvent]) -> list[SiteNote]:
    """The notes written on site, in the order in which they were written there."""
    rows: dict[str, list[ActionEvent]] = {}
    for event in events:
        if event.act in ("site_note", "site_photo"):
            rows.setdefault(event.facts["row"], []).append(event)
    here = kept_among(
        session, {one.facts["sha256"] for row in rows.values() for one in row if "sha256" in one.facts}
    )
    notes = [_site_note(row, parts, here) for row, parts in rows.items()]
    return sorted(notes, key=lambda note: (note.at, note.row))


def _site_note(row: str, parts: Sequence[ActionEvent], here: set[str]) -> SiteNote:
    first = min(parts, key=lambda part: ("text" not in part.facts, int(part.facts["at"])))
    photos = [part.facts["sha256"] for part in parts if "sha256" in part.facts]
    return SiteNote(
        row=row,
        revision=first.revision,
        person=first.person.name if first.person else "",
        at=datetime.fromtimestamp(first.facts["at"] / 1000, UTC),
        zone=first.facts["tz"],
        text=next((part.facts["text"] for part in parts if "text" in part.facts), None),
        photos=[sha256 for sha256 in photos if sha256 in here],
        away=sum(sha256 not in here for sha256 in photos),
    )


def _told(action: Action, number: int, events: Sequence[ActionEvent]) -> Told:
    again = [event for event in events if event.act == "ineffective" and event.revision == number]
    return Told(
        number=number,
        steps={row.step: row for row in action.steps if row.revision == number},
        pictures=[one for one in action.pictures if one.revision == number],
        files=[one for one in action.files if one.revision == number],
        lots=[lot for lot in action.lots if lot.revision == number],
        recurred=again[-1] if again else None,
        seen=[event for event in events if event.act == "seen" and event.revision == number],
        rechecked=[event for event in events if event.act == "rechecked" and event.revision == number],
    )


def _clock(action: Action, circle: Circle, events: Sequence[ActionEvent], now: datetime) -> list[Clock]:
    pauses = queries.pauses_of(events, action.revision)
    allowed = Deadlines.read(action.deadlines)
    lines = []
    for step in circle.path:
        row = queries.step_row(action, step)
        start = action.notice_at if step in FROM_NOTICE else (row.opened_at if row else now)
        passed = step in circle.accepted and row is not None and row.sent_at is not None
        until = row.sent_at if passed and row is not None else None
        due = row.due_at if row is not None and row.due_at else None
        if due is None and step in FROM_NOTICE and not circle.ended:
            due = queries.due_of(action, step, events, now)
        end = until or now
        away = end - start - action_clock.lasted(start, end, pauses, now)
        lines.append(
            Clock(
                step=step,
                allowed=allowed.of(step, action.complex_cause),
                due=due,
                taken=action_clock.lasted(start, until, pauses, now) if until else None,
                paused=away if until else timedelta(),
                kept=(until < due) if until and due else None,
                now=circle.step is step and not circle.ended,
            )
        )
    return lines


def form_choices(action: Action) -> list[Form]:
    """The larger forms this case may be raised to."""
    order = list(Form)
    return order[order.index(Form(action.form)) + 1 :]
