"""When a reminder is due, by the site's own days and hours: clocks that jump, zones a day apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reminders import DUE_TOMORROW, OVERDUE, reminder, stands

HOUR = timedelta(hours=1)
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",  # its days begin at 01:00 where clocks jump at midnight
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Kathmandu",
)


@pytest.mark.parametrize(
    ("zone", "now", "due", "said"),
    [
        ("Asia/Shanghai", "2026-11-17T22:59Z", "2026-11-19", None),  # 06:59
        ("Asia/Shanghai", "2026-11-17T23:00Z", "2026-11-19", (DUE_TOMORROW, 0)),  # 07:00
        ("Asia/Shanghai", "2026-11-18T15:59Z", "2026-11-19", (DUE_TOMORROW, 0)),  # 23:59
        ("Asia/Shanghai", "2026-11-19T04:00Z", "2026-11-19", None),  # on the day itself
        ("Asia/Shanghai", "2026-11-19T16:30Z", "2026-11-19", None),  # over since half an hour, and night
        ("Asia/Shanghai", "2026-11-19T23:00Z", "2026-11-19", (OVERDUE, 0)),
        ("Asia/Shanghai", "2026-11-26T15:00Z", "2026-11-19", (OVERDUE, 0)),  # seven days over
        ("Asia/Shanghai", "2026-11-26T23:00Z", "2026-11-19", (OVERDUE, 1)),  # eight
        ("Asia/Shanghai", "2027-11-20T01:00Z", "2026-11-19", (OVERDUE, 52)),
        # the same instant, the same due day, two sites
        ("Pacific/Kiritimati", "2026-11-19T18:30Z", "2026-11-19", (OVERDUE, 0)),  # 20 November, 08:30
        ("Pacific/Pago_Pago", "2026-11-19T18:30Z", "2026-11-19", None),  # 19 November, 07:30
        ("Pacific/Pago_Pago", "2026-11-19T18:30Z", "2026-11-20", (DUE_TOMORROW, 0)),
        # New York: summer time begins on 8 March 2026, so 07:00 comes an hour earlier than the day before
        ("America/New_York", "2026-03-07T11:59Z", "2026-03-08", None),
        ("America/New_York", "2026-03-07T12:00Z", "2026-03-08", (DUE_TOMORROW, 0)),
        ("America/New_York", "2026-03-08T10:59Z", "2026-03-09", None),
        ("America/New_York", "2026-03-08T11:00Z", "2026-03-09", (DUE_TOMORROW, 0)),
        # Berlin: 25 October 2026 has 25 hours; its due day is over at 23:00Z, not at 22:00Z
        ("Europe/Berlin", "2026-10-25T22:30Z", "2026-10-25", None),
        ("Europe/Berlin", "2026-10-26T05:59Z", "2026-10-25", None),
        ("Europe/Berlin", "2026-10-26T06:00Z", "2026-10-25", (OVERDUE, 0)),
    ],
)
def test_when(zone: str, now: str, due: str, said: tuple[str, int] | None) -> None:
    assert reminder(date.fromisoformat(due), zone, datetime.fromisoformat(now)) == said


def test_in_the_night_it_stands_and_is_not_said() -> None:
    night = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)  # 20 November, 00:30 in Shanghai
    assert stands(date(2026, 11, 19), "Asia/Shanghai", night) == (OVERDUE, 0)
    assert stands(date(2026, 11, 21), "Asia/Shanghai", night) == (DUE_TOMORROW, 0)
    assert reminder(date(2026, 11, 19), "Asia/Shanghai", night) is None


@given(
    zone=st.sampled_from(ZONES),
    due=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    minute=st.integers(0, 59),
)
def test_looking_once_an_hour_misses_nothing_and_is_never_early(zone: str, due: date, minute: int) -> None:
    """Whenever in the hour the clock's job runs: one letter the day before, then one each seven days."""
    now = datetime(due.year, due.month, due.day, 0, minute, tzinfo=UTC) - timedelta(days=4)
    first: dict[tuple[str, int], datetime] = {}
    for _ in range(24 * 22):
        said = reminder(due, zone, now)
        if said is not None:
            first.setdefault(said, now)
        now += HOUR
    assert list(first)[:3] == [(DUE_TOMORROW, 0), (OVERDUE, 0), (OVERDUE, 1)]
    for (_, week), at in first.items():
        local = at.astimezone(ZoneInfo(zone))
        assert local.hour == 7, "an hour after seven at most"
        ahead = -1 if at is first[DUE_TOMORROW, 0] else 1 + 7 * week
        assert local.date() == due + timedelta(days=ahead)
