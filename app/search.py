"""Full-text search that finds two-character Chinese words on both engines.

Words are made in Python (domain/search.py: Latin words, Chinese pairs), because SQLite's own tokenisers miss
them. One plain table holds them; the index over it is FTS5 on SQLite and GIN on PostgreSQL (migration 0001).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Integer, Select, String, Text, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base
from app.domain.search import query_tokens, tokens


class Searchable(Base):
    """What can be found about one record."""

    __tablename__ = "search_texts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[UUID] = mapped_column(unique=True)
    words: Mapped[str] = mapped_column(Text)


def put(session: Session, kind: str, record_id: UUID, *texts: str | None) -> None:
    """Replaces what the index knows about a record."""
    remove(session, record_id)
    words = " ".join(tokens(" ".join(part for part in texts if part)))
    row = Searchable(record_kind=kind, record_id=record_id, words=words)
    session.add(row)
    session.flush()
    if _fts(session):
        session.execute(_ADD, {"id": row.id, "words": words})


def put_new(session: Session, kind: str, records: Iterable[tuple[UUID, Iterable[str | None]]]) -> None:
    """Tells the index of many records it does not know yet."""
    rows = [
        Searchable(
            record_kind=kind, record_id=key, words=" ".join(tokens(" ".join(part for part in texts if part)))
        )
        for key, texts in records
    ]
    session.add_all(rows)
    session.flush()
    if rows and _fts(session):
        session.execute(_ADD, [{"id": row.id, "words": row.words} for row in rows])


def remove(session: Session, record_id: UUID) -> None:
    row = session.scalars(select(Searchable).where(Searchable.record_id == record_id)).first()
    if row is None:
        return
    if _fts(session):
        session.execute(_TAKE, {"id": row.id, "words": row.words})
    session.delete(row)
    session.flush()


# By hand and not by triggers: with trusted_schema off SQLite lets no trigger touch a virtual table.
_ADD = text("INSERT INTO search_index (rowid, words) VALUES (:id, :words)")
_TAKE = text("INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', :id, :words)")


def _fts(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def matching(session: Session, kind: str, query: str) -> Select[UUID] | None:
    """A select of the ids of records of `kind` that hold every word of `query`; None when it has no words."""
    terms = query_tokens(query)
    if not terms:
        return None
    found = select(Searchable.record_id).where(Searchable.record_kind == kind)
    if _fts(session):
        wanted = " ".join(f'"{term.text}"{"*" if term.prefix else ""}' for term in terms)
        rows = text("SELECT rowid FROM search_index WHERE words MATCH :wanted").columns(rowid=Integer)
        rows = rows.bindparams(bindparam("wanted", wanted))
        return found.where(Searchable.id.in_(select(rows.subquery("found").c.rowid)))
    wanted = " & ".join(f"'{term.text}'{':*' if term.prefix else ''}" for term in terms)
    return found.where(
        text("to_tsvector('simple', search_texts.words) @@ to_tsquery('simple', :wanted)").bindparams(
            bindparam("wanted", wanted)
        )
    )
