"""The A layer of offline.md §5: the real server in its own process, faults between it and the phones.

Each test names its scenario. The oracle is the phone's own log of what it saved, against the database's rows.
"""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.depth import WHOLE
from tests.faults.proxy import Proxy
from tests.faults.server import Line, Server
from tests.postgres import Cluster
from tests.sync import oracle
from tests.sync.store import Store
from tests.sync.world import QUESTIONS, PostgresWorld

PUSH = "POST /api/v1/sync/push"
RECORDED = Path(__file__).parent / "recorded"
TURNS = 4 if WHOLE else 2  # of each of the twenty


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("faults"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The running server, as new; whoever kills it must start it again."""
    for file in ("accident", "page-limit", "busy-timeout"):
        (running.data / file).unlink(missing_ok=True)
    restore(running)
    yield running
    if running.process is None or running.process.poll() is not None:
        running.start()


def restore(server: Server) -> None:
    """Table by table, because the server keeps the file open."""
    fresh = server.data / "fresh.db"
    fresh.write_bytes(server.world.template)
    with (
        closing(sqlite3.connect(fresh)) as source,
        closing(sqlite3.connect(server.data / "plumbline.db", timeout=20)) as target,
    ):
        source.backup(target)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.port) as made:
        yield made


@pytest.fixture
def phone(server: Server, proxy: Proxy) -> Store:
    """The owner's phone behind the proxy, which has fetched the inspection."""
    store = server.phone(0, proxy.port)
    assert store.pull(server.record)
    return store


def answered(store: Store, record: str, score: str = "8") -> None:
    for question in QUESTIONS:
        store.save(record, "set", f"q/{question}", "score", score)


def complete(store: Store, record: str, media: list[str] | None = None) -> None:
    value = {"operations": len(store.ops), "media": media or []}
    store.save(record, "complete", "inspection", "completed", value)


def settle(server: Server, *stores: Store) -> None:
    """No more faults: everything is sent and fetched, and everything promised holds."""
    for _ in range(6):
        for store in stores:
            while store.pending() and store.push():
                pass
            while not store.pull(server.record):
                pass
        if not any(store.pending() for store in stores):
            break
    for store in stores:
        while not store.pull(server.record):
            pass
    oracle.settled(list(stores), oracle.stored(server), server.record, server)


def results(server: Server, store: Store, operations: list[Any]) -> list[str]:
    answer = Line(server.world.phones[0], server.port)("POST", "/api/v1/sync/push", store.body(operations))
    assert answer.status == 200, answer
    return [result["result"] for result in answer.json["results"]]


@pytest.mark.parametrize("accident", ["insert 1", "insert 2", "insert 3"])
def test_01_killed_in_the_middle_of_the_inserts(server: Server, phone: Store, accident: str) -> None:
    answered(phone, server.record)
    for kept in phone.pending():
        kept.sent = 1
    answered(phone, server.record, "6")  # operations, what they replace, heads: three inserts
    before = oracle.stored(server)
    server.ask_for("accident", accident)
    assert not phone.push()
    server.kill()
    assert oracle.stored(server) == before, "the batch is absent as a whole"
    server.start()
    settle(server, phone)


def test_02_killed_after_the_commit_before_the_answer(server: Server, phone: Store) -> None:
    answered(phone, server.record)
    server.ask_for("accident", "commit")
    assert not phone.push() and len(phone.pending()) == 3
    server.kill()
    assert set(phone.saved) <= set(oracle.stored(server)), "what was committed is there"
    server.start()
    settle(server, phone)


def test_03_five_answers_lost_after_the_commit(server: Server, proxy: Proxy, phone: Store) -> None:
    answered(phone, server.record)
    for _ in range(5):
        proxy.do("drop_after", PUSH, nth=1)
        assert not phone.push()
    settle(server, phone)
    assert sum(r.what == PUSH for r in proxy.passed) == 6


def test_04_bodies_cut_anywhere_store_nothing(server: Server, proxy: Proxy, phone: Store) -> None:
    answered(phone, server.record)
    before = oracle.stored(server)
    length = len(json.dumps(phone.body([kept.op for kept in phone.pending()])))
    for at in range(0, length, 97):
        proxy.rules.clear()
        proxy.do("truncate", PUSH, value=at)
        assert not phone.push()
    assert oracle.stored(server) == before
    proxy.rules.clear()
    settle(server, phone)


def test_05_doubled_and_again_a_day_later(server: Server, proxy: Proxy, phone: Store) -> None:
    answered(phone, server.record)
    proxy.do("dup", PUSH)
    assert phone.push()
    old = next(request for request in proxy.passed if request.what == PUSH)
    phone.save(server.record, "set", "q/A1", "score", "10")
    assert phone.push()
    answer = Line(server.world.phones[0], server.port)("POST", "/api/v1/sync/push", old.body)
    assert {result["result"] for result in answer.json["results"]} == {"duplicate"}
    settle(server, phone)


def test_06_children_before_their_parents(server: Server, phone: Store) -> None:
    chain = []
    for score in ("8", "6", "10", "4"):
        for kept in phone.pending():
            kept.sent = 1  # each is an operation of its own
        chain.append(phone.save(server.record, "set", "q/A1", "score", score))
    assert chain[3]["parents"] == [chain[2]["id"]]
    for op in reversed(chain):
        assert results(server, phone, [op]) == ["applied"]
    settle(server, phone)


def test_07_the_same_id_with_other_content(server: Server, phone: Store) -> None:
    op = phone.save(server.record, "set", "q/A1", "score", "8")
    assert phone.push()
    other = {**copy.deepcopy(op), "value": "0"}
    assert results(server, phone, [other]) == ["rejected"]
    settle(server, phone)
    kept = server.rows("SELECT code, body FROM quarantine")
    assert [code for code, _ in kept] == ["op_id_reused"] and json.loads(kept[0][1])["value"] == "0"


def test_22_revoked_while_offline_with_fifty_operations(server: Server, proxy: Proxy) -> None:
    phone = server.phone(1, proxy.port)
    assert phone.pull(server.record)
    for n in range(50):
        for kept in phone.pending():
            kept.sent = 1
        phone.save(server.record, "set", "q/A2", "note", {"text": f"Note {n}", "lang": "en"})
    with closing(sqlite3.connect(server.data / "plumbline.db", timeout=20)) as database:
        database.execute(
            "UPDATE people SET disabled_at = '2026-11-01 00:00:00.000000' WHERE name LIKE ?",
            (_name(server, 1),),
        )
        database.commit()
    assert phone.push()
    assert {kept.state for kept in phone.ops.values() if kept.op["id"] in phone.saved} == {"quarantined"}
    held = [json.loads(body) for (body,) in server.rows("SELECT body FROM quarantine")]
    assert {op["id"] for op in held} == set(phone.saved), "all of it, whole"
    for op in held:
        assert oracle.same(op, phone.saved[op["id"]])
    assert not set(phone.saved) & set(oracle.stored(server))


def _name(server: Server, which: int) -> str:
    person = server.world.phones[which].person.hex
    return str(server.rows(f"SELECT name FROM people WHERE id = '{person}'")[0][0])


def test_23_cancelled_while_the_phone_was_offline(server: Server, phone: Store) -> None:
    answered(phone, server.record)
    with closing(sqlite3.connect(server.data / "plumbline.db", timeout=20)) as database:
        database.execute(
            "UPDATE inspections SET state = 'cancelled', cancelled_at = '2026-11-01 00:00:00.000000'"
        )
        database.commit()
    assert phone.push()
    settle(server, phone)
    assert {row.fate for op, row in oracle.stored(server).items() if op in phone.saved} == {"late"}
    assert server.rows("SELECT late, answered FROM inspections") == [(3, 0)]


def test_24_earlier_work_of_another_phone_after_the_end(server: Server, phone: Store) -> None:
    other = server.phone(1)
    assert other.pull(server.record)
    other.save(server.record, "set", "q/A1", "score", "4")
    answered(phone, server.record, "10")
    complete(phone, server.record)
    assert phone.push() and other.push()
    settle(server, phone, other)
    fates = {oracle_id: row.fate for oracle_id, row in oracle.stored(server).items()}
    assert [fates[op] for op in other.saved] == ["late"]
    assert {fates[op] for op in phone.saved} == {"applied"}
    assert server.rows("SELECT state, late FROM inspections") == [("completed", 1)]
    bodies = server.rows("SELECT body FROM inspection_revisions")
    assert len(bodies) == 1 and next(iter(other.saved)) not in bodies[0][0]


def test_25_the_end_arrives_before_the_rest(server: Server, phone: Store) -> None:
    answered(phone, server.record)
    complete(phone, server.record)
    *rest, end = phone.batch()
    assert results(server, phone, [end]) == ["deferred"]
    assert results(server, phone, rest[:1]) == ["applied"]
    assert results(server, phone, [end]) == ["deferred"]
    settle(server, phone)
    assert server.rows("SELECT state FROM inspections") == [("completed",)]


def test_26_two_phones_complete_at_once(server: Server, phone: Store) -> None:
    answered(phone, server.record)
    assert phone.push()
    other = server.phone(1)
    assert other.pull(server.record)
    complete(phone, server.record)
    complete(other, server.record)
    threads = [threading.Thread(target=store.push) for store in (phone, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(server, phone, other)
    ends = [row.fate for row in oracle.stored(server).values() if row.op["kind"] == "complete"]
    assert sorted(ends) == ["applied", "late"]
    assert len(server.rows("SELECT 1 FROM inspection_revisions")) == 1


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<html>Welcome to the hotel</html>"),
        (200, "application/json", b'{"ok": true}'),
        (200, "application/json", b'{"api": "plumbline/1", "batch": "of somebody else", "results": []}'),
        (302, "text/html", b""),
        (511, "text/html", b"<html>Pay first</html>"),
    ],
)
def test_27_a_captive_portal(
    server: Server, proxy: Proxy, phone: Store, status: int, kind: str, body: bytes
) -> None:
    answered(phone, server.record)
    proxy.do("replace", PUSH, value=(status, kind, body))
    assert not phone.push() and len(phone.pending()) == 3
    proxy.rules.clear()
    settle(server, phone)


STATUSES = (401, 403, 409, 413, 422, 429, 500, 502, 503, 504, 507)


def test_28_every_status_at_every_position(server: Server, proxy: Proxy, phone: Store) -> None:
    """Of three pushes the first, second, third is answered so; and the fetching in between."""
    path = f"GET /api/v1/inspections/{server.record}/operations"
    for status in STATUSES:
        for position in (1, 2, 3):
            body = json.dumps(
                {"api": "plumbline/1", "code": "x", "title": "x", "epoch": phone.epoch}
            ).encode()
            proxy.rules.clear()
            for what in (PUSH, path):
                proxy.do("replace", what, nth=position, value=(status, "application/problem+json", body))
            for question in QUESTIONS:
                phone.save(server.record, "set", f"q/{question}", "score", str(10 - position * 2))
                phone.push(1)
                phone.pull(server.record)
    proxy.rules.clear()
    settle(server, phone)


def test_30_a_poisoned_operation_stops_nobody(server: Server, phone: Store) -> None:
    answered(phone, server.record)
    good = phone.batch()
    unknown = {**copy.deepcopy(good[0]), "id": str(uuid.uuid4()), "kind": "explode"}
    huge = {
        **copy.deepcopy(good[0]),
        "id": str(uuid.uuid4()),
        "field": "note",
        "value": {"text": "x" * 200_000, "lang": "en"},
    }
    assert results(server, phone, [unknown, good[0], None, huge, *good[1:], 7]) == [
        *("rejected", "applied", "rejected", "rejected", "applied", "applied", "rejected")
    ]
    settle(server, phone)


def test_31_the_disk_is_full(server: Server, proxy: Proxy, phone: Store) -> None:
    """As SQLite says it: no page more. What was acknowledged stays, what was not is sent again later."""
    answered(phone, server.record)
    assert phone.push()
    (pages,) = server.rows("PRAGMA page_count")[0]
    server.ask_for("page-limit", str(pages))
    text = "x" * 9000
    for _ in range(3):
        for kept in phone.pending():
            kept.sent = 1
        phone.save(server.record, "set", "q/A1", "note", {"text": text, "lang": "en"})
        before = oracle.stored(server)
        answer = Line(server.world.phones[0], server.port)(
            "POST", "/api/v1/sync/push", phone.body(phone.batch())
        )
        if answer.status != 200:
            break
        phone.push()
    assert (answer.status, answer.json["code"]) == (507, "disk_full"), answer
    assert oracle.stored(server) == before, "nothing by halves"
    server.ask_for("page-limit", "1000000")
    settle(server, phone)


def test_32_the_database_is_locked_by_somebody_else(server: Server, phone: Store) -> None:
    server.ask_for("busy-timeout", "200")
    answered(phone, server.record)
    with closing(sqlite3.connect(server.data / "plumbline.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        answer = Line(server.world.phones[0], server.port)(
            "POST", "/api/v1/sync/push", phone.body(phone.batch())
        )
        assert answer.status == 503, answer
        other.execute("ROLLBACK")
    settle(server, phone)


def test_43_twenty_push_and_others_fetch_on_postgresql(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever fetches in the middle of it never steps over a number that is committed later."""
    import random

    world = PostgresWorld(tmp_path / "data", cluster)
    through: Callable[..., Any] = world.database.grouped

    def slowly(work: Callable[[Any], Any]) -> Any:
        def working(session: Any) -> Any:
            value = work(session)
            time.sleep(random.random() * 0.03)
            return value

        return through(working)

    monkeypatch.setattr(world.database, "grouped", slowly)
    stores = [Store(world.phones[n % 2].carry, world.phones[n % 2].device) for n in range(20)]
    reader = Store(world.phones[0].carry, world.phones[0].device)
    stop, seen, problems = threading.Event(), [0], []

    def push(store: Store, number: int) -> None:
        for turn in range(TURNS):
            for kept in store.pending():
                kept.sent = 1
            store.save(world.record, "set", "q/A1", "note", {"text": f"{number} {turn}", "lang": "en"})
            while store.pending():
                store.push()

    def fetch() -> None:
        while not stop.is_set():
            reader.pull(world.record, 3)
            seen[0] += 1

    reading = threading.Thread(target=fetch)
    writers = [threading.Thread(target=push, args=(store, n)) for n, store in enumerate(stores)]
    reading.start()
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reading.join()
    while not reader.pull(world.record):
        pass
    there = oracle.stored(world)
    said = {op_id for store in stores for op_id in store.saved}
    assert said <= set(there) and len(said) == 20 * TURNS and seen[0] > 3 and not problems
    assert sorted(row.seq for row in there.values()) == list(range(1, len(there) + 1))
    assert set(reader.ops) == set(there), "the reader stepped over nothing"
    world.close()


@pytest.mark.parametrize("file", sorted(path.name for path in RECORDED.glob("*.json")))
def test_48_recorded_requests_of_older_phones(server: Server, file: str) -> None:
    """Bodies as earlier builds sent them, byte for byte but for whose phone it is and which inspection."""
    recorded = json.loads((RECORDED / file).read_text("utf-8"))
    wire = server.world.phones[0]
    text = json.dumps(recorded["request"]).replace("DEVICE", wire.device).replace("RECORD", server.record)
    answer = Line(wire, server.port)("POST", "/api/v1/sync/push", text.encode())
    assert answer.status == 200
    assert [result["result"] for result in answer.json["results"]] == recorded["results"]
    there = oracle.stored(server)
    for op_id, value in recorded["values"].items():
        assert there[op_id].op["value"] == value
    again = Line(wire, server.port)("POST", "/api/v1/sync/push", text.encode())
    assert {result["result"] for result in again.json["results"]} <= {"duplicate", "rejected"}
