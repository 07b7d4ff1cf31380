"""Due dates: days of a site's own calendar (DESIGN §5.3). Time is always passed in, as an aware instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_day(now: datetime, zone: str) -> date:
    """The day it is at the site."""
    return now.astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The instant (UTC) at which the site's day is over: the first moment of the next one."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    # A day may begin later than 00:00 where clocks jump at midnight; fold and UTC arithmetic settle that.
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC)


def days_left(due: date, zone: str, now: datetime) -> int:
    """Whole days from the site's today to the due day: 0 on the day itself, negative when overdue."""
    return (due - local_day(now, zone)).days


def is_overdue(due: date, zone: str, now: datetime) -> bool:
    """Whether the due day is over at the site."""
    return now >= end_of_day(due, zone)
