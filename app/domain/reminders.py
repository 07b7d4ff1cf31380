"""When somebody is reminded of a due day: the day before, and each week from the first day it is over.

Days and hours are the site's own (domain/dates.py). Time is always passed in, as an aware instant.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.domain.dates import days_left

DUE_TOMORROW, OVERDUE = "due_tomorrow", "overdue"
MORNING = 7  # o'clock at the site: nobody is written to in the night
WEEK = 7


def reminder(due: date, zone: str, now: datetime) -> tuple[str, int] | None:
    """Which reminder is due now: (DUE_TOMORROW, 0), (OVERDUE, week), or None.

    Weeks count from 0, the first week after the due day. The same answer all day and, for OVERDUE, all week:
    whoever sends it makes sure that each is sent once.
    """
    if now.astimezone(ZoneInfo(zone)).hour < MORNING:
        return None
    return stands(due, zone, now)


def stands(due: date, zone: str, now: datetime) -> tuple[str, int] | None:
    """The same at any hour: whether what was sent in the morning is still true."""
    left = days_left(due, zone, now)
    if left == 1:
        return DUE_TOMORROW, 0
    if left < 0:
        return OVERDUE, (-left - 1) // WEEK
    return None
