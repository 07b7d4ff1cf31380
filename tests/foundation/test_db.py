"""Sessions, column types and the shared commit, on both engines."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from app import journal, numbering, outbox, search
from app.db import Database, grouped, journal_mode_for, new_id, reading, transaction
from app.domain.chain import Link, verify
from app.domain.errors import Stale, Unavailable
from app.features.accounts.models import Person

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def app(app_on_both: Flask) -> Iterator[Flask]:
    with app_on_both.app_context():
        yield app_on_both


def person(email: str = "lin@example.com", **values: object) -> Person:
    given = {
        "id": new_id(),
        "email": email,
        "name": "Lin Yue",
        "language": "en",
        "time_zone": "Asia/Shanghai",
        "created_at": NOW,
        **values,
    }
    return Person(**given)


def test_instants_come_back_in_utc_whatever_zone_they_were_given_in(app: Flask) -> None:
    made = person(created_at=NOW.astimezone(timezone(timedelta(hours=8))))
    with transaction() as session:
        session.add(made)
    found = reading().get(Person, made.id)
    assert found is not None
    assert found.created_at == NOW
    assert found.created_at.tzinfo is UTC


def test_a_naive_instant_is_refused(app: Flask) -> None:
    with pytest.raises(StatementError, match="time zone"), transaction() as session:
        session.add(person(created_at=NOW.replace(tzinfo=None)))
        session.flush()


def test_ids_are_uuid7_and_grow() -> None:
    made = [new_id() for _ in range(50)]
    assert all(i.version == 7 for i in made)
    assert [str(i) for i in made] == sorted(str(i) for i in made)


def test_an_error_leaves_nothing_behind(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        session.add(person())
        session.flush()
        raise RuntimeError("later")
    assert reading().scalar(select(func.count()).select_from(Person)) == 0


def test_the_reading_session_cannot_write(app: Flask) -> None:
    session = reading()
    session.add(person())
    with pytest.raises(RuntimeError, match="only reads"):
        session.flush()
    session.rollback()


def test_reading_sees_what_was_written_in_between(app: Flask) -> None:
    made = person()
    with transaction() as session:
        session.add(made)
    found = reading().get(Person, made.id)
    assert found is not None
    with transaction() as session:
        other = session.get(Person, made.id)
        assert other is not None
        other.name = "Lin Yue 林悦"
    again = reading().get(Person, made.id)
    assert again is not None
    assert again.name == "Lin Yue 林悦"


def test_a_row_edited_meanwhile_is_noticed(app: Flask) -> None:
    made = person()
    with transaction() as session:
        session.add(made)
    with transaction() as session:
        found = session.get(Person, made.id)
        assert found is not None
        found.expect(1)
        found.name = "New"
    with transaction() as session:
        found = session.get(Person, made.id)
        assert found is not None
        assert found.record_version == 2
        with pytest.raises(Stale):
            found.expect(1)


def test_pushes_of_the_same_moment_share_commits_and_stay_isolated(app: Flask) -> None:
    """Eight threads push; every third fails. Exactly the others are there, each with its own answer."""
    gate = threading.Barrier(8)
    answers: dict[int, object] = {}

    def push(place: int) -> None:
        def work(session: Session) -> int:
            session.add(person(f"p{place}@example.com"))
            session.flush()
            if place % 3 == 0:
                raise ValueError(f"refused {place}")
            return place

        with app.app_context():
            gate.wait()
            try:
                answers[place] = grouped(work)
            except ValueError as error:
                answers[place] = str(error)

    threads = [threading.Thread(target=push, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {place: f"refused {place}" if place % 3 == 0 else place for place in range(8)}
    emails = reading().scalars(select(Person.email).order_by(Person.email)).all()
    assert emails == [f"p{place}@example.com" for place in (1, 2, 4, 5, 7)]


def test_waiting_pushes_really_share_one_commit(database_url: str) -> None:
    """While one job holds the writer, the ones that queue up behind are committed together."""
    database = Database(database_url)
    commits: list[int] = []
    inside, go_on = threading.Event(), threading.Event()
    real = database._group._commit
    database._group._commit = lambda batch: (commits.append(len(batch)), real(batch))  # type: ignore[method-assign, func-returns-value, assignment]

    def slow(session: Session) -> None:
        inside.set()
        assert go_on.wait(10)

    first = threading.Thread(target=lambda: database.grouped(slow))
    first.start()
    assert inside.wait(10)
    rest = [threading.Thread(target=lambda: database.grouped(lambda session: None)) for _ in range(5)]
    for thread in rest:
        thread.start()
    while len(database._group._waiting) < 5:
        pass
    go_on.set()
    for thread in [first, *rest]:
        thread.join()
    assert commits == [1, 5]
    database.engine.dispose()


def test_a_lock_held_too_long_asks_to_try_again(database_url: str) -> None:
    database = Database(database_url)
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as raised, database.write() as session:
        session.execute(text("PRAGMA busy_timeout=10"))
    assert raised.value.code == "locked"
    holder.rollback()
    database.engine.dispose()


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_only_where_the_library_has_the_fix(version: tuple[int, ...], mode: str) -> None:
    assert journal_mode_for(version) == mode


def test_sqlite_is_durable(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        assert str(mode).upper() == journal_mode_for(sqlite3.sqlite_version_info)
    database.engine.dispose()


def test_the_journal_chains_its_entries(app: Flask) -> None:
    record = ("inspection", new_id())
    with transaction() as session:
        for number in range(4):
            journal.write(session, "tried", record, NOW, None, {"number": number})
    entries = journal.entries(reading(), record[1])

    def links(changed: int | None = None) -> list[Link]:
        made = []
        for entry in entries:
            body = journal.body(entry)
            if entry.seq == changed:
                body = body.replace(b'"number":1', b'"number":9')
            made.append(Link(entry.seq, entry.previous, entry.hash, body))
        return made

    assert verify(links()) is None
    broken = verify(links(changed=2))
    assert broken is not None and broken.sequence == 2
    shortened = links()
    del shortened[1]
    assert verify(shortened) is not None


def test_an_outgoing_effect_is_gone_with_its_transaction(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        outbox.send(session, "mail", {"to": "a@example.com"}, NOW)
        session.flush()
        raise RuntimeError
    assert reading().scalar(select(func.count()).select_from(outbox.Outgoing)) == 0
    with transaction() as session:
        outbox.send(session, "mail", {"to": "a@example.com"}, NOW)
    assert reading().scalars(select(outbox.Outgoing.kind)).all() == ["mail"]


def test_numbers_have_no_gaps(app: Flask) -> None:
    with transaction() as session:
        assert numbering.next_number(session, "inspection", 2026) == "2026-0001"
    with pytest.raises(RuntimeError), transaction() as session:
        assert numbering.next_number(session, "inspection", 2026) == "2026-0002"
        raise RuntimeError
    with transaction() as session:
        assert numbering.next_number(session, "inspection", 2026) == "2026-0002"
        assert numbering.next_number(session, "inspection", 2027) == "2027-0001"


def test_numbers_are_given_once_to_two_who_ask_together(app: Flask) -> None:
    with transaction() as session:
        numbering.next_number(session, "inspection", 2026)
    gate = threading.Barrier(6)
    given: list[str] = []

    def ask() -> None:
        with app.app_context():
            gate.wait()
            with transaction() as session:
                given.append(numbering.next_number(session, "inspection", 2026))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [f"2026-{number:04d}" for number in range(2, 8)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("精密", True),
        ("恒达", True),
        ("密机", True),
        ("达", True),
        ("hengda", True),
        ("HENG", True),
        ("2026-04", True),
        ("zurich", True),
        ("恒达 suzhou", True),
        ("精达", False),
        ("engda", False),
        ("ningbo", False),
        ("恒达 ningbo", False),
        ('"; DROP TABLE people; --', False),
        ("a' OR '1'='1", False),
        ("* AND (", None),
        ("   ", None),
    ],
)
def test_search_finds_two_character_chinese_words(app: Flask, query: str, found: bool | None) -> None:
    wanted, other = new_id(), new_id()
    with transaction() as session:
        search.put(
            session, "inspection", wanted, "2026-0412", "Hengda Precision", "恒达精密机械", "Suzhou Zürich"
        )
        search.put(session, "inspection", other, "2027-0001", "Goldleaf 金叶包装", "Kunshan")
        search.put(session, "company", new_id(), "Hengda Precision 恒达精密机械 Suzhou Zürich 2026-0412")
    ids = search.matching(reading(), "inspection", query)
    if found is None:
        assert ids is None or reading().scalars(ids).all() == []
        return
    assert ids is not None
    assert reading().scalars(ids).all() == ([wanted] if found else [])


def test_search_forgets_what_was_replaced(app: Flask) -> None:
    record = UUID("0199aaaa-0000-7000-8000-000000000001")
    for name in ("Hengda", "Goldleaf"):
        with transaction() as session:
            search.put(session, "company", record, name)
    for query, count in (("hengda", 0), ("goldleaf", 1)):
        ids = search.matching(reading(), "company", query)
        assert ids is not None
        assert len(reading().scalars(ids).all()) == count
