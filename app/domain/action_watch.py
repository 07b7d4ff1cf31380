"""The watch over a countermeasure's effect (domain.md A1 23, 25, 26; DESIGN §8): six calendar months.

The same supplier, part and defect code within it means that the countermeasure was not effective.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.domain.dates import end_of_day, local_day

MONTHS = 6
LOTS = 3  # the next deliveries under written 100 % inspection


@dataclass(frozen=True, slots=True)
class Sameness:
    """What must agree for two cases to be the same: ids, never text."""

    company: UUID | None
    part: UUID | None
    code: UUID | None

    @property
    def complete(self) -> bool:
        return None not in (self.company, self.part, self.code)


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the month's last one where there is none: 31 Aug + 6 → 28 Feb."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def watch_until(cut_in: date, months: int = MONTHS) -> date:
    """The last day of the watch, at the site."""
    return add_months(cut_in, months)


def within(cut_in: date, happened: datetime, zone: str, months: int = MONTHS) -> bool:
    """Whether an instant lies in the watch: from the cut-in day to the last day, on the site's calendar."""
    return cut_in <= local_day(happened, zone) <= watch_until(cut_in, months)


def is_over(cut_in: date, zone: str, now: datetime, months: int = MONTHS) -> bool:
    """Whether the last day of the watch has ended at the site."""
    return now >= end_of_day(watch_until(cut_in, months), zone)


def share(cut_in: date, zone: str, now: datetime, months: int = MONTHS) -> tuple[int, int]:
    """(days gone, days in all) of the watch, for the gauge."""
    whole = (watch_until(cut_in, months) - cut_in).days
    gone = (local_day(now, zone) - cut_in).days
    return min(max(gone, 0), whole), whole
