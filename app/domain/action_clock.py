"""Deadlines as the field keeps them (domain.md A1 24, E1): hours are counted, days are the site's calendar
days.

Emergency containment within 24 hours, the cause within 3 days, the lasting measure within 7 (a complex
cause: 10, with a reason and an approver), put into practice within 30. The clock of the responsible side
stands still while the other side reviews what was sent. Instants are aware; everything is passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.domain.actions import Step
from app.domain.dates import end_of_day, local_day
from app.domain.errors import Invalid

Pause = tuple[datetime, datetime | None]  # from, until (None: still)


@dataclass(frozen=True, slots=True)
class Allowed:
    """How long a step may take: hours from the notice, or calendar days of the site."""

    hours: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What an organisation allows. Counted from the notice; check and act from the step before them."""

    contain: Allowed = Allowed(hours=24)
    cause: Allowed = Allowed(days=3)
    measure: Allowed = Allowed(days=7)
    measure_complex: Allowed = Allowed(days=10)
    implement: Allowed = Allowed(days=30)
    check: Allowed = Allowed(days=14)
    act: Allowed = Allowed(days=14)

    def of(self, step: Step, complex_cause: bool = False) -> Allowed:
        if step is Step.MEASURE and complex_cause:
            return self.measure_complex
        allowed: Allowed = getattr(self, step.value)
        return allowed

    @classmethod
    def read(cls, text: str) -> Deadlines:
        """From a setting such as "contain=48h cause=5d". Raises Invalid("bad_deadlines")."""
        given: dict[str, Allowed] = {}
        for part in text.split():
            name, _, value = part.partition("=")
            number, unit = value[:-1], value[-1:]
            if (
                name not in cls.__slots__
                or unit not in ("h", "d")
                or not number.isdecimal()
                or not int(number)
            ):
                raise Invalid("bad_deadlines")
            given[name] = Allowed(hours=int(number)) if unit == "h" else Allowed(days=int(number))
        return cls(**given)


FROM_NOTICE = frozenset({Step.CONTAIN, Step.CAUSE, Step.MEASURE, Step.IMPLEMENT})


def due_at(start: datetime, allowed: Allowed, zone: str, pauses: Iterable[Pause], now: datetime) -> datetime:
    """The instant at which the step is late. A pause moves it by as long as it lasted; a due day stays a
    whole day: it ends when the site's day ends.
    """
    if allowed.days:
        limit = end_of_day(local_day(start, zone) + timedelta(days=allowed.days), zone)
    else:
        limit = start.astimezone(UTC) + timedelta(hours=allowed.hours)
    return _moved(start, limit, zone, pauses, now, whole_days=bool(allowed.days))


def agreed_due_at(day: date, since: datetime, zone: str, pauses: Iterable[Pause], now: datetime) -> datetime:
    """The same for a day agreed at the instant `since`: only pauses after that move it."""
    return _moved(since, end_of_day(day, zone), zone, pauses, now, whole_days=True)


def due_day(due: datetime, zone: str) -> date:
    """The last day at the site that is still in time."""
    return local_day(due - timedelta(microseconds=1), zone)


def lasted(start: datetime, end: datetime, pauses: Iterable[Pause], now: datetime) -> timedelta:
    """How long the responsible side had the case between two instants, without the pauses."""
    away = timedelta()
    for begun, over in pauses:
        first, last = max(begun, start), min(over or now, end)
        if last > first:
            away += last - first
    return max(end - start - away, timedelta())


def age(due: datetime, now: datetime) -> int:
    """Whole days overdue, from 1 as soon as it is late; 0 when it is in time."""
    return 0 if now < due else (now - due).days + 1


def ageing(days: int) -> str:
    """The class of an overdue step: "1", "8" or "31" (0-7, 8-30, more than 30 days), "" when in time."""
    if days <= 0:
        return ""
    return "1" if days <= 7 else "8" if days <= 30 else "31"


def judge_new_date(day: date, today: date, reason: str) -> None:
    """A date is changed for a reason, and one that has passed is only written down with one."""
    if not reason.strip():
        raise Invalid("past_needs_reason" if day < today else "reason_missing", field="reason")


def judge_first_date(day: date, today: date, reason: str) -> None:
    """The first date needs no reason unless it has passed already. Raises Invalid("past_needs_reason")."""
    if day < today and not reason.strip():
        raise Invalid("past_needs_reason", field="due_reason")


def _moved(
    start: datetime, limit: datetime, zone: str, pauses: Iterable[Pause], now: datetime, whole_days: bool
) -> datetime:
    due = limit
    for begun, over in sorted(pauses, key=lambda pause: pause[0]):
        end = over or max(now, begun)
        first = max(begun, start)
        if first >= due or end <= first:
            continue  # it began when the step was late already, or was over before the clock ran
        due += end - first
    if whole_days and due != limit:
        due = end_of_day(due_day(due, zone), zone)
    return due
