"""Pushing operations: exactly once, the right fate each, never a 500, one bad one never blocks the rest."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import new_id, reading, transaction
from app.domain.merge import heads
from app.domain.operations import parse
from app.features.accounts.models import Person
from app.features.inspections.models import Assignment, Inspection
from app.features.operations.commands import forget_expired
from app.features.operations.models import (
    FieldHead,
    Operation,
    OperationParent,
    Quarantined,
    RecordHead,
)
from app.features.operations.queries import history
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    """Every test here runs on SQLite and on PostgreSQL."""
    return app_on_both


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


@pytest.fixture
def version(app: Flask) -> UUID:
    return audit_version(app)


@pytest.fixture
def phone_of(app: Flask) -> Callable[[UUID], Phone]:
    return lambda person: Phone(PageClient(app, person)).register()


@pytest.fixture
def phone(phone_of: Callable[[UUID], Phone], cast: Cast, version: UUID) -> Phone:
    """The owner's phone with an audit begun on it and known to the server."""
    made = phone_of(cast.owner)
    made.start(version, cast.site, cast.owner)
    assert [r["result"] for r in made.push()] == ["applied"]
    return made


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(model)) or 0


def inspection(app: Flask, phone: Phone) -> Inspection:
    with app.app_context():
        found = reading().get(Inspection, UUID(phone.record))
        assert found is not None
        return found


def test_answers_are_applied_with_gapless_numbers_and_projected(app: Flask, phone: Phone) -> None:
    for question, value in (("M01", "10"), ("M02", "8"), ("M03", "na"), ("M04", "6")):
        phone.set(f"q/{question}", "score", value)
    results = phone.push()
    assert [r["result"] for r in results] == ["applied"] * 4
    assert [r["seq"] for r in results] == [2, 3, 4, 5]
    row = inspection(app, phone)
    assert (row.state, row.answered, row.asked) == ("in_progress", 4, 59)
    # (10·3 + 8·3 + 6·2) / (10·3 + 10·3 + 10·2) = 66 / 80 = 82.5 %
    assert row.score == 825
    assert row.provisional


def test_the_same_batch_again_changes_nothing(app: Flask, phone: Phone) -> None:
    sent = [phone.set("q/M01", "score", "10"), phone.set("q/M01", "note", {"text": "Seen", "lang": "en"})]
    first = phone.push()
    before = count(app, Operation)
    again = phone.send(copy.deepcopy(sent)).json
    assert again is not None
    assert [r["result"] for r in again["results"]] == ["duplicate", "duplicate"]
    assert [r["seq"] for r in again["results"]] == [r["seq"] for r in first]
    assert count(app, Operation) == before
    assert count(app, Quarantined) == 0


def test_an_operation_twice_in_one_batch_is_stored_once(app: Flask, phone: Phone) -> None:
    op = phone.set("q/M01", "score", "10")
    answer = phone.send([op, copy.deepcopy(op)]).json
    assert answer is not None
    assert [r["result"] for r in answer["results"]] == ["applied", "duplicate"]
    assert count(app, Operation) == 2


def test_the_same_id_with_other_content_is_rejected_and_kept_beside(app: Flask, phone: Phone) -> None:
    op = phone.set("q/M01", "score", "10")
    phone.push()
    other = {**op, "value": "0"}
    answer = phone.send([other]).json
    assert answer is not None
    assert answer["results"][0]["result"] == "rejected"
    assert answer["results"][0]["code"] == "op_id_reused"
    with app.app_context():
        held = reading().scalars(select(Quarantined)).one()
        assert '"value": "0"' in held.body
        assert reading().scalars(select(FieldHead.value).where(FieldHead.path == "q/M01")).all() == ["10"]


MALFORMED = [
    None,
    17,
    [],
    {},
    {"id": "not a uuid"},
    {"v": 1, "id": "0199aaaa-0000-7000-8000-000000000001"},
]


def test_malformed_operations_never_block_the_good_ones(app: Flask, phone: Phone) -> None:
    good = phone.set("q/M01", "score", "10")
    hostile = [
        {**good, "id": str(new_id()), **change}
        for change in (
            {"v": 99},
            {"kind": "drop table"},
            {"path": "../../etc"},
            {"path": "q/NOPE"},
            {"field": "score'; --"},
            {"field": "owner"},
            {"value": "9"},
            {"value": 3.5},
            {"value": {"text": "x" * 20_000, "lang": "en"}},
            {"n": 2**70},
            {"n": -1},
            {"lamport": "7"},
            {"at": 1e300},
            {"tz": "x" * 500},
            {"parents": "all"},
            {"parents": ["nonsense"]},
            {"record": {"kind": "company", "id": str(new_id())}},
            {"extra": True},
        )
    ]
    note = phone.set("q/M01", "note", {"text": "a\u0000b", "lang": "en"})
    answer = phone.send([*MALFORMED, *hostile, note, good])
    assert answer.status_code == 200
    assert answer.json is not None
    results = [r["result"] for r in answer.json["results"]]
    assert results[-1] == "applied"
    assert set(results[:-1]) == {"rejected"}
    assert all(r["title"] for r in answer.json["results"][:-1])
    assert inspection(app, phone).answered == 1


@pytest.mark.parametrize("seed", range(5))
def test_any_order_ends_in_the_same_state(
    app: Flask, cast: Cast, version: UUID, phone_of: Callable[[UUID], Phone], seed: int
) -> None:
    phone = phone_of(cast.owner)
    phone.start(version, cast.site, cast.owner)
    create, phone.waiting = phone.waiting, []
    phone.send(create)
    chance = random.Random(seed)
    ops = [
        phone.set(
            f"q/{chance.choice(('M01', 'M02', 'M03'))}", "score", chance.choice(("10", "8", "6", "4", "0"))
        )
        for _ in range(30)
    ]
    phone.waiting = []
    expected = {key: {head.id for head in found} for key, found in heads([parse(op) for op in ops]).items()}
    shuffled = ops + chance.sample(ops, 10)
    chance.shuffle(shuffled)
    while shuffled:
        cut = chance.randint(1, 7)
        answer = phone.send(shuffled[:cut])
        assert answer.status_code == 200
        shuffled = shuffled[cut:]
    with app.app_context():
        rows = reading().execute(
            select(FieldHead.path, FieldHead.field, FieldHead.operation_id).where(
                FieldHead.record_id == UUID(phone.record), FieldHead.path.startswith("q/")
            )
        )
        found: dict[tuple[str, str], set[str]] = {}
        for path, field, op_id in rows:
            found.setdefault((path, field), set()).add(str(op_id))
        seqs = reading().scalars(
            select(Operation.seq).where(Operation.record_id == UUID(phone.record)).order_by(Operation.seq)
        )
        assert list(seqs) == list(range(1, 32))
    assert found == expected


def test_two_phones_that_answered_differently_make_a_visible_conflict(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    other = phone_of(cast.owner)
    other.record = phone.record
    phone.set("q/V03", "score", "6")
    other.set("q/V03", "score", "8")
    phone.push()
    other.push()
    assert inspection(app, phone).conflicts == 1
    both = [*phone.heads[("q/V03", "score")], *other.heads[("q/V03", "score")]]
    phone.lamport = other.lamport = max(phone.lamport, other.lamport)
    phone.set("q/V03", "score", "6", parents=both)
    phone.push()
    assert inspection(app, phone).conflicts == 0
    assert count(app, OperationParent) == 2


def test_a_stranger_learns_nothing_and_stores_nothing(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    stranger = phone_of(cast.stranger)
    before = (count(app, Operation), count(app, Quarantined))
    stranger.record = phone.record
    at_existing = stranger.set("q/M01", "score", "0")
    stranger.record = str(new_id())
    at_nothing = stranger.set("q/M01", "score", "0")
    answer = stranger.send([at_existing, at_nothing]).json
    assert answer is not None
    first, second = ({k: v for k, v in r.items() if k != "id"} for r in answer["results"])
    assert first == second == {"result": "deferred", "code": "op_record_unknown", "title": first["title"]}
    assert (count(app, Operation), count(app, Quarantined)) == before


def test_who_once_had_access_is_held_for_an_admin(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    with app.app_context(), transaction() as session:
        session.add(
            Assignment(
                inspection_id=UUID(phone.record),
                person_id=cast.stranger,
                position=1,
                assigned_at=datetime(2026, 1, 6, tzinfo=UTC),
                ended_at=datetime(2026, 1, 7, tzinfo=UTC),
            )
        )
    late = phone_of(cast.stranger)
    late.record = phone.record
    late.set("q/M01", "score", "0")
    assert [r["result"] for r in late.push()] == ["quarantined"]
    with app.app_context():
        held = reading().scalars(select(Quarantined)).one()
        assert held.person_id == cast.stranger
        assert (held.expires_at - held.received_at).days == 90
    assert inspection(app, phone).answered == 0


def test_what_is_held_goes_after_ninety_days(app: Flask, phone: Phone) -> None:
    phone.set("q/M01", "score", "7")
    phone.push()
    with app.app_context():
        expires = reading().scalars(select(Quarantined.expires_at)).one()
        with transaction() as session:
            assert forget_expired(session, expires - timedelta(seconds=1)) == 0
        with transaction() as session:
            assert forget_expired(session, expires) == 1
    assert count(app, Quarantined) == 0


def test_a_disabled_persons_work_is_held(app: Flask, cast: Cast, phone: Phone) -> None:
    with app.app_context(), transaction() as session:
        person = session.get(Person, cast.owner)
        assert person is not None
        person.disabled_at = datetime(2026, 1, 7, tzinfo=UTC)
    phone.set("q/M01", "score", "10")
    assert [r["result"] for r in phone.push()] == ["quarantined"]
    assert inspection(app, phone).answered == 0


def test_after_a_cancellation_work_is_late_and_kept(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    manager = phone_of(cast.manager)
    manager.record = phone.record
    manager.operation(
        "cancel", "inspection", "cancelled", {"reason": {"text": "Supplier closed", "lang": "en"}}
    )
    assert [r["result"] for r in manager.push()] == ["applied"]
    phone.set("q/M01", "score", "10")
    results = phone.push()
    assert (results[0]["result"], results[0]["code"]) == ("late", "inspection_cancelled")
    row = inspection(app, phone)
    assert (row.state, row.answered) == ("cancelled", 0)
    with app.app_context():
        fates = [entry.fate for entry in history(reading(), UUID(phone.record))]
    assert fates == ["applied", "applied", "late"]


def test_an_auditor_cannot_change_the_plan_or_cancel(app: Flask, phone: Phone) -> None:
    phone.set("plan", "due", "2030-01-01")
    phone.operation("cancel", "inspection", "cancelled", {"reason": {"text": "No", "lang": "en"}})
    assert [(r["result"], r["code"]) for r in phone.push()] == [("rejected", "not_allowed")] * 2
    assert inspection(app, phone).state == "planned"


def test_a_teammate_works_on_the_same_inspection(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    with app.app_context(), transaction() as session:
        session.add(
            Assignment(
                inspection_id=UUID(phone.record),
                person_id=cast.teammate,
                position=1,
                assigned_at=datetime(2026, 1, 6, tzinfo=UTC),
            )
        )
    mate = phone_of(cast.teammate)
    mate.record = phone.record
    mate.set("q/E01", "score", "8")
    assert [r["result"] for r in mate.push()] == ["applied"]


def test_operations_of_another_device_are_refused(phone: Phone) -> None:
    phone.set("q/M01", "score", "10", device=str(new_id()))
    assert [r["code"] for r in phone.push()] == ["device_of_other"]


def test_an_operation_before_its_inspection_waits(
    phone_of: Callable[[UUID], Phone], cast: Cast, version: UUID
) -> None:
    phone = phone_of(cast.owner)
    phone.start(version, cast.site, cast.owner)
    create = phone.waiting.pop()
    answer_first = phone.set("q/M01", "score", "10")
    assert phone.push()[0]["result"] == "deferred"
    both = phone.send([create, answer_first]).json
    assert both is not None
    assert [r["result"] for r in both["results"]] == ["applied", "applied"]


def test_a_new_inspection_outside_ones_reach_is_refused(
    app: Flask, phone_of: Callable[[UUID], Phone], cast: Cast, version: UUID
) -> None:
    phone = phone_of(cast.scoped)
    phone.start(version, cast.other_site, cast.owner)
    assert phone.push()[0]["result"] == "rejected"
    assert count(app, Inspection) == 0


def test_completing_needs_every_duty_and_then_freezes(app: Flask, cast: Cast, phone: Phone) -> None:
    value = {"operations": 1, "media": []}
    phone.operation("complete", "inspection", "completed", value)
    assert [(r["result"], r["code"]) for r in phone.push()] == [("deferred", "not_ready")]
    with app.app_context():
        definition = inspection(app, phone).version_id
        from app.features.inspections.queries import form_of

        form = form_of(reading(), definition)
    note = {"text": "Seen on the line", "lang": "en"}
    for question in sorted(form.questions):
        phone.set(f"q/{question}", "score", "10")
        phone.set(f"q/{question}", "note", note)
    assert {r["result"] for r in phone.push()} == {"applied"}
    phone.heads.pop(("inspection", "completed"))
    phone.sign_both()
    phone.operation("complete", "inspection", "completed", value)
    phone.set("q/M01", "score", "0")
    results = phone.push()
    assert [r["result"] for r in results] == ["applied", "applied", "applied", "late"]
    row = inspection(app, phone)
    assert (row.state, row.score, row.grade, row.provisional) == ("completed", 1000, "A", False)


def test_a_batch_too_large_is_refused_before_it_is_read(phone: Phone) -> None:
    op = phone.set("q/M01", "score", "10")
    assert phone.send([op] * 101).status_code == 413
    assert phone.send([{**op, "padding": "x" * 300_000}]).status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"[]", 422), (b"{", 422), (b'{"batch":1}', 422), (b"[" * 90_000, 422), (b"\xff\xfe", 422)],
)
def test_nonsense_is_answered_in_words(phone: Phone, body: bytes, status: int) -> None:
    answer = phone.client.api(
        "POST", "/api/v1/sync/push", data=body, content_type="application/json", headers={"X-Plumbline": "1"}
    )
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["api"] == "plumbline/1"
    assert answer.json["title"]


def test_without_a_device_nothing_is_taken(app: Flask, cast: Cast) -> None:
    phone = Phone(PageClient(app, cast.owner))
    assert phone.send([]).status_code == 401
    visitor = Phone(PageClient(app, None))
    assert visitor.send([]).status_code == 401


def test_a_push_needs_the_apps_header(phone: Phone) -> None:
    answer = phone.client.client.post("/api/v1/sync/push", json={})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == "header_missing"


def test_a_batch_the_database_refuses_is_halved_until_the_culprit_stands_alone(
    app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.features.operations import commands

    poisoned = phone.set("q/M05", "note", {"text": "poison", "lang": "en"})
    for question in ("M01", "M02", "M03", "M04"):
        phone.set(f"q/{question}", "score", "10")
    columns = commands._columns

    def broken(ops, *rest):  # type: ignore[no-untyped-def]
        made = columns(ops, *rest)
        made["seq"] = [
            None if op.id == poisoned["id"] else seq for op, seq in zip(ops, made["seq"], strict=True)
        ]
        return made

    monkeypatch.setattr(commands, "_columns", broken)
    results = phone.push()
    assert [r["result"] for r in results] == ["rejected", "applied", "applied", "applied", "applied"]
    assert inspection(app, phone).answered == 4
    with app.app_context():
        head = reading().scalars(select(RecordHead).where(RecordHead.record_id == UUID(phone.record))).one()
        assert head.seq == 5


def test_pulling_gives_back_what_was_pushed(phone: Phone) -> None:
    op = phone.set("q/M01", "note", {"text": "螺丝 <b>", "lang": "zh-Hans"})
    phone.push()
    whole = phone.client.api("GET", f"/api/v1/inspections/{phone.record}").json
    assert whole is not None
    assert whole["head"] == 2
    found = next(entry for entry in whole["operations"] if entry["op"]["id"] == op["id"])
    assert found["op"] == op
    assert parse(found["op"]).hash == parse(op).hash
    assert found["fate"] == "applied"
    epoch = whole["epoch"]
    page = phone.client.api("GET", f"/api/v1/inspections/{phone.record}/operations?after={epoch}.1").json
    assert page is not None
    assert [entry["op"]["id"] for entry in page["operations"]] == [op["id"]]
    ahead = phone.client.api("GET", f"/api/v1/inspections/{phone.record}/operations?after={epoch}.99")
    assert (ahead.status_code, ahead.json and ahead.json["code"]) == (409, "cursor_ahead")
    other = phone.client.api("GET", f"/api/v1/inspections/{phone.record}/operations?after={new_id()}.1")
    assert (other.status_code, other.json and other.json["code"]) == (409, "epoch_changed")
