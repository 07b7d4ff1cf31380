"""Full-text search that finds two-character Chinese words on both engines.

Words are made in Python (domain/search.py: Latin words, Chinese bigrams), because SQLite's own tokenisers
miss them; the index is FTS5 on SQLite and a `tsvector` with GIN on PostgreSQL. Both sit behind one table.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, column, select, text
from sqlalchemy.orm import Session

from app.domain.search import query_tokens, tokens


def _key(record_id: UUID, session: Session) -> UUID | str:
    # FTS5 tables have no column types: the id is kept as SQLAlchemy keeps a UUID on SQLite, 32 hex digits
    return record_id.hex if session.get_bind().dialect.name == "sqlite" else record_id


def put(session: Session, kind: str, record_id: UUID, *texts: str | None) -> None:
    """Replaces what the index knows about a record."""
    remove(session, record_id)
    words = " ".join(tokens(" ".join(part for part in texts if part)))
    session.execute(
        text("INSERT INTO search_index (record_kind, record_id, words) VALUES (:kind, :id, :words)"),
        {"kind": kind, "id": _key(record_id, session), "words": words},
    )


def remove(session: Session, record_id: UUID) -> None:
    session.execute(text("DELETE FROM search_index WHERE record_id = :id"), {"id": _key(record_id, session)})


def matching(session: Session, kind: str, query: str) -> Select[tuple[UUID]] | None:
    """A select of the ids of records of `kind` that hold every word of `query`; None when it has no words."""
    terms = query_tokens(query)
    if not terms:
        return None
    if session.get_bind().dialect.name == "sqlite":
        statement = "SELECT record_id FROM search_index WHERE record_kind = :kind AND words MATCH :query"
        wanted = " ".join(f'"{term.text}"{"*" if term.prefix else ""}' for term in terms)
    else:
        statement = (
            "SELECT record_id FROM search_index WHERE record_kind = :kind "
            "AND to_tsvector('simple', words) @@ to_tsquery('simple', :query)"
        )
        wanted = " & ".join(f"'{term.text}'{':*' if term.prefix else ''}" for term in terms)
    found = (
        text(statement)
        .bindparams(bindparam("kind", kind), bindparam("query", wanted))
        .columns(column("record_id", Uuid))
        .subquery("found")
    )
    return select(found.c.record_id)
