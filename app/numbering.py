"""Human numbers such as 2026-0412: from a counter row, taken under lock, without gaps after a rollback."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base


class Counter(Base):
    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int]


def next_number(session: Session, series: str, year: int) -> str:
    """The next number of a series within a year, for example `2026-0412`."""
    name = f"{series}:{year}"
    row = session.get(Counter, name, with_for_update=True)
    if row is None:
        row = Counter(name=name, value=0)
        session.add(row)
    row.value += 1
    session.flush()
    return f"{year}-{row.value:04d}"


def keep_clear_of(session: Session, series: str, number: str) -> None:
    """Numbers go on behind this one, given out by a database that was restored since from an older backup."""
    year, _, given = number.partition("-")
    if not (year.isdecimal() and given.isdecimal()):
        return
    name = f"{series}:{year}"
    row = session.get(Counter, name, with_for_update=True)
    if row is None:
        session.add(Counter(name=name, value=int(given)))
    else:
        row.value = max(row.value, int(given))
    session.flush()
