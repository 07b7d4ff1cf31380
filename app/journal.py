"""The journal: who did what to which record, append-only and hash-chained, one chain per record.

It holds ids and hashes, never names or free text: personal data stays outside hash chains (DESIGN §5.9).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, Id, Json, new_id
from app.domain.chain import GENESIS, entry_hash
from app.domain.operations import canonical


class Entry(Base):
    __tablename__ = "journal"
    __table_args__ = (UniqueConstraint("record_id", "seq"),)

    id: Mapped[Id]
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID]
    seq: Mapped[int]
    act: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


def body(entry: Entry) -> bytes:
    """The canonical bytes an entry's hash covers."""
    return canonical(
        {
            "id": str(entry.id),
            "record": [entry.record_kind, str(entry.record_id)],
            "seq": entry.seq,
            "act": entry.act,
            "at": entry.at.isoformat(),
            "person": str(entry.person_id) if entry.person_id else None,
            "facts": entry.facts,
        }
    )


def write(
    session: Session,
    act: str,
    record: tuple[str, UUID],
    at: datetime,
    person_id: UUID | None,
    facts: dict[str, Any] | None = None,
) -> Entry:
    """Adds one entry to the record's chain, in the caller's transaction.

    `facts` hold ids, hashes, codes and numbers only.
    """
    kind, record_id = record
    last = session.scalars(
        select(Entry).where(Entry.record_id == record_id).order_by(Entry.seq.desc()).limit(1)
    ).first()
    entry = Entry(
        id=new_id(),
        record_kind=kind,
        record_id=record_id,
        seq=(last.seq if last else 0) + 1,
        act=act,
        at=at,
        person_id=person_id,
        facts=facts or {},
        previous=last.hash if last else GENESIS,
    )
    entry.hash = entry_hash(entry.previous, body(entry))
    session.add(entry)
    session.flush()
    return entry


def begin(
    session: Session,
    kind: str,
    at: datetime,
    person_id: UUID | None,
    births: Iterable[tuple[UUID, str, dict[str, Any]]],
) -> None:
    """The first entries of many new records at once: (record id, act, facts). None has a chain yet."""
    made = [
        Entry(
            id=new_id(),
            record_kind=kind,
            record_id=record_id,
            seq=1,
            act=act,
            at=at,
            person_id=person_id,
            facts=facts,
            previous=GENESIS,
        )
        for record_id, act, facts in births
    ]
    for entry in made:
        entry.hash = entry_hash(entry.previous, body(entry))
    session.add_all(made)
    session.flush()


def entries(session: Session, record_id: UUID) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.record_id == record_id).order_by(Entry.seq)))
