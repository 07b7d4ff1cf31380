"""Pushes under fire, on both engines: each operation gets a fate, the rest of the batch stands, the record
can still be worked on afterwards, and no answer is a failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.db import new_id, reading, transaction
from app.features.accounts.models import Device, GivenGrant, Person
from app.features.companies.models import Company
from app.features.inspections.models import Inspection
from app.features.operations import commands
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.steps import change, day, plan

MOST = 2**53 - 1


class Scene:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self.cast: Cast = assemble(app)
        self.version = audit_version(app)
        self.phone = Phone(PageClient(app, self.cast.owner)).register()
        self.record = self.phone.start(self.version, self.cast.site, self.cast.owner)
        self.phone.set("q/M01", "score", "10")
        assert {result["result"] for result in self.phone.push()} == {"applied"}

    def results(self, *operations: Any, **members: Any) -> list[dict[str, Any]]:
        self.phone.waiting.clear()
        answer = self.phone.send(list(operations), **members)
        assert answer.status_code == 200, f"{answer.status} {answer.text[:300]}"
        assert answer.json is not None
        return list(answer.json["results"])

    def still_works(self) -> None:
        """The phone, the desk, and everybody's pages."""
        good = self.phone.set("q/M02", "score", "8")
        assert self.results(good)[0]["result"] == "applied"
        manager = PageClient(self.app, self.cast.manager)
        page = f"/inspections/{self.record}"
        answer = change(manager, page, "plan", objectives=str(new_id()), scope="", criteria="", client="")
        assert answer.status_code == 303, answer.get_data(as_text=True)[-3000:]
        for path in (page, f"{page}/history", "/inspections", "/inspections.csv", "/inspections.xlsx"):
            assert manager.get(path).status_code == 200, path
        for path in ("/api/v1/work", f"/api/v1/inspections/{self.record}"):
            assert self.phone.client.api("GET", path).status_code == 200, path


@pytest.fixture
def scene(app_on_both: Flask) -> Iterator[Scene]:
    yield Scene(app_on_both)


def test_the_greatest_lamport_does_not_brick_a_record(scene: Scene) -> None:
    hostile = scene.phone.set("q/M03", "score", "0", lamport=MOST)
    assert scene.results(hostile)[0]["result"] == "rejected"
    scene.phone.lamport = 10
    scene.still_works()


def test_a_create_with_the_greatest_lamport_does_not_brick_its_record(scene: Scene) -> None:
    scene.phone.lamport = MOST - 1
    scene.phone.start(scene.version, scene.cast.site, scene.cast.owner)
    assert scene.results(*scene.phone.waiting)[0]["result"] == "rejected"
    scene.phone.record, scene.phone.lamport = scene.record, 10
    scene.still_works()


def test_clocks_ten_years_off_and_beyond_reason(scene: Scene) -> None:
    tries = [0, -MOST, MOST, 8_640_000_000_000_001, -62_135_596_800_001, 253_402_300_800_000]
    for index, at in enumerate(tries):
        op = scene.phone.set(f"q/M0{index + 1}", "score", "6", at=at, offset=-at, tz="Asia")
        assert scene.results(op)[0]["result"] == "applied"
    scene.phone.set("q/M01", "score", "6", tz="../../etc/passwd")
    assert scene.results(*scene.phone.waiting)[0]["result"] == "rejected"
    scene.still_works()


@pytest.mark.parametrize("due", ["9999-12-31", "0001-01-01", "9999-12-30"])
def test_a_due_date_at_the_end_of_time(scene: Scene, due: str) -> None:
    scene.phone.start(scene.version, scene.cast.site, scene.cast.owner, due=due)
    fate = scene.results(*scene.phone.waiting)[0]["result"]
    assert fate in ("applied", "rejected")
    scene.phone.record = scene.record
    scene.still_works()


def test_parents_of_other_records_cycles_and_strangers(scene: Scene) -> None:
    phone = scene.phone
    other = str(new_id())
    first = phone.set("q/M02", "score", "8", parents=[other])
    second = phone.set("q/M02", "score", "6", id=other, parents=[first["id"]])
    many = phone.set("q/M04", "score", "4", parents=[str(new_id()) for _ in range(50)])
    more = phone.set("q/M04", "score", "4", parents=[str(new_id()) for _ in range(51)])
    own = phone.set("q/M05", "score", "4")
    own["parents"] = [own["id"]]
    fates = [result["result"] for result in scene.results(first, second, many, more, own)]
    assert fates == ["applied", "applied", "applied", "rejected", "rejected"]
    phone.heads.clear()
    scene.still_works()


def test_a_hundred_writes_of_one_register_without_parents(scene: Scene) -> None:
    scores = ["10", "8", "6", "4", "0"]
    flood = [scene.phone.set("q/M01", "score", scores[i % 5], parents=[]) for i in range(100)]
    assert {result["result"] for result in scene.results(*flood)} == {"applied"}
    scene.still_works()


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [50, 700, 850, 900, 940, 960, 980, 990])
def test_nesting_never_blocks_the_rest(scene: Scene, depth: int) -> None:
    good = scene.phone.set("q/M02", "score", "8")
    text = "[" * depth + "1" + "]" * depth
    body = json.dumps(
        {"batch": str(new_id()), "device": scene.phone.device, "operations": ["HERE", good]}
    ).replace('"HERE"', text)
    answer = scene.phone.client.api("POST", "/api/v1/sync/push", data=body, content_type="application/json")
    assert answer.status_code in (200, 422), answer.status
    if answer.status_code == 200:
        assert answer.json is not None
        assert [result["result"] for result in answer.json["results"]] == ["rejected", "applied"]


ODD: list[Any] = [
    None,
    [],
    {},
    7,
    "op",
    True,
    {"v": 0},
    {"v": True},
    {"v": 10**400},
    {"id": "\ud800", "record": []},
    {"id": "\x00", "v": 1, "record": {"kind": "\ud800", "id": "\x00"}},
    {"id": "x" * 60_000},
    {"\ud800": 1},
    {"record": {"id": 5}},
]


def test_odd_bodies_beside_a_good_one(scene: Scene) -> None:
    for body in ODD:
        good = scene.phone.set("q/M02", "score", "8")
        results = scene.results(body, good, body)
        assert [result["result"] for result in results] == ["rejected", "applied", "rejected"], body
    scene.still_works()


VALUES: list[tuple[str, str, str, Any]] = [
    ("set", "q/M01", "note", {"text": "\x00", "lang": "en"}),
    ("set", "q/M01", "note", {"text": "\ud800", "lang": "en"}),
    ("set", "q/M01", "note", {"text": "x" * 10_001, "lang": "en"}),
    ("set", "q/M01", "note", {"text": "x", "lang": "xx"}),
    ("set", "q/M01", "note", {"text": ["x"], "lang": {}}),
    ("set", "q/M01", "note", "x"),
    ("set", "q/M01", "score", "7"),
    ("set", "q/M01", "score", 10),
    ("set", "q/M01", "score", ["10"]),
    ("set", "q/M01", "score", {"a": 1}),
    ("set", "q/M01", "score", 1.5),
    ("set", "q/X99", "score", "10"),
    ("set", "q/M01", "created", "10"),
    ("set", "inspection", "created", {}),
    ("set", "s/man", "covered", {"in": False, "reason": None}),
    ("set", "s/man", "covered", []),
    ("set", "s/nowhere", "covered", {"in": True}),
    ("set", "plan/x", "due", "2030-01-01"),
    ("set", "plan", "due", "2030-02-30"),
    ("set", "plan", "due", 5),
    ("set", "plan", "auditors", [None]),
    ("set", "plan", "auditors", [[], []]),
    ("set", "plan", "auditors", ["x"]),
    ("set", "participants/x", "name", {"text": "x", "lang": "en"}),
    ("set", "opening", "held_at", MOST),
    ("set", "opening", "held_at", True),
    ("set", "opening", "held_at", "now"),
    ("row.add", "participants/" + "0" * 36, "row", {"on": True}),
    ("row.add", "q/M01", "row", {"on": True}),
    ("media.add", "q/M01", "photo:" + "-" * 36, {}),
    ("media.add", "plan", "photo:" + "a" * 36, {"media_id": "a" * 36}),
    ("complete", "inspection", "completed", {"operations": [], "media": 5}),
    ("complete", "inspection", "completed", {"operations": 1, "media": [["x"]]}),
    ("cancel", "inspection", "cancelled", {"reason": {"text": "because", "lang": "en"}}),
    ("create", "inspection", "created", {"checklist_version": 1, "site": 2, "auditors": 3, "due": 4}),
]


def test_values_that_do_not_belong_there(scene: Scene) -> None:
    for kind, path, name, value in VALUES:
        bad = scene.phone.operation(kind, path, name, value, parents=[])
        good = scene.phone.set("q/M02", "score", "8")
        results = scene.results(bad, good)
        assert [result["result"] for result in results] == ["rejected", "applied"], (path, name, value)
    scene.phone.heads.clear()
    scene.still_works()


@pytest.mark.parametrize("build", ["\x00", "\ud800", "x" * 500, 5, None, ["a"]])
def test_what_a_phone_says_of_itself(scene: Scene, build: Any) -> None:
    good = scene.phone.set("q/M02", "score", "8")
    for pending in (-1, 2**31, True, "x", None):
        answer = scene.phone.send([good], build=build, pending=pending)
        assert answer.status_code == 200, answer.text
    answer = scene.phone.client.api(
        "POST", "/api/v1/devices", json={"device": str(new_id()), "label": build, "platform": build}
    )
    assert answer.status_code == 200, answer.text
    assert scene.phone.client.get("/me").status_code == 200


def test_a_retired_site_and_a_retired_company_start_nothing(scene: Scene) -> None:
    with scene.app.app_context(), transaction() as session:
        company = session.get(Company, scene.cast.supplier)
        assert company is not None
        company.retired_at = datetime.now(UTC)
    scene.phone.start(scene.version, scene.cast.site, scene.cast.owner)
    assert scene.results(*scene.phone.waiting)[0]["result"] == "rejected"


def test_strangers_and_nobody_on_the_team(scene: Scene) -> None:
    for team in ([scene.cast.officer], [scene.cast.owner, scene.cast.gone], [new_id()]):
        scene.phone.record = str(new_id())
        value = {
            "checklist_version": str(scene.version),
            "site": str(scene.cast.site),
            "auditors": [str(person) for person in team],
            "due": None,
        }
        op = scene.phone.operation("create", "inspection", "created", value)
        assert scene.results(op)[0]["result"] == "rejected"


def test_a_team_member_who_left_does_not_lock_the_plan(scene: Scene) -> None:
    """Found: the projection judged the team again, so that nothing of the plan could be changed any more,
    and a batch that touched the plan was refused as a whole.
    """
    manager = PageClient(scene.app, scene.cast.manager)
    page = plan(manager, scene.cast)
    answer = change(manager, page, "assignment", lead=str(scene.cast.teammate), others=[])
    assert answer.status_code == 303
    with scene.app.app_context(), transaction() as session:
        person = session.get(Person, scene.cast.teammate)
        assert person is not None
        person.disabled_at = datetime.now(UTC)
    answer = change(manager, page, "postponement", due=day(30), reason="The line stands still")
    assert answer.status_code == 303, answer.get_data(as_text=True)[-2000:]


def test_another_persons_device_and_a_foreign_device_id(scene: Scene) -> None:
    thief = Phone(PageClient(scene.app, scene.cast.stranger)).register()
    thief.record = scene.record
    op = thief.set("q/M01", "score", "0", device=scene.phone.device)
    answer = thief.send([op])
    assert answer.json is not None
    assert [result["code"] for result in answer.json["results"]] == ["device_of_other"]
    assert thief.send([op], device=scene.phone.device).status_code == 401
    answer = thief.client.api("POST", "/api/v1/devices", json={"device": scene.phone.device})
    assert answer.status_code == 403
    own = thief.set("q/M01", "score", "0")
    answer = thief.send([own])
    assert answer.json is not None
    assert answer.json["results"][0]["result"] == "deferred"
    with scene.app.app_context():
        row = reading().get(Inspection, UUID(scene.record))
        assert row is not None and row.answered == 1


def end_grants(scene: Scene) -> None:
    with scene.app.app_context(), transaction() as session:
        grants = session.query(GivenGrant).filter_by(person_id=scene.cast.owner)
        grants.update({"ended_at": datetime.now(UTC)})


def test_held_work_beyond_the_quota_stays_on_the_phone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found: beyond the quota nothing was kept, yet the phone was told that it was."""
    monkeypatch.setattr(commands, "QUARANTINE_AT_MOST", 3)
    end_grants(scene)
    sent = [scene.phone.set("q/M02", "note", {"text": str(i), "lang": "en"}) for i in range(5)]
    fates = [result["result"] for result in scene.results(*sent)]
    assert fates == ["quarantined"] * 3 + ["deferred"] * 2
    again = [result["result"] for result in scene.results(*sent)]
    assert again == fates


def test_held_work_is_held_whole(scene: Scene) -> None:
    from app.features.operations.models import Quarantined

    end_grants(scene)
    text = "🧨" * 7_900
    op = scene.phone.set("q/M02", "note", {"text": text, "lang": "en"})
    assert scene.results(op)[0]["result"] == "quarantined"
    with scene.app.app_context():
        held = reading().query(Quarantined).filter_by(operation_id=UUID(op["id"])).one()
        assert json.loads(held.body)["value"]["text"] == text


def test_a_lost_phone_is_shut_out_for_good(scene: Scene) -> None:
    """Found: its session lived on, so that it could make itself known again."""
    desk = PageClient(scene.app, scene.cast.owner)
    assert desk.post(f"/me/devices/{scene.phone.device}/ending").status_code == 303
    answer = scene.phone.client.api("POST", "/api/v1/devices", json={"device": scene.phone.device})
    assert answer.status_code == 401
    with scene.app.app_context():
        device = reading().get(Device, UUID(scene.phone.device))
        assert device is not None and device.revoked_at is not None
    assert desk.get("/me").status_code == 200


def test_completing_twice_and_writing_afterwards(scene: Scene) -> None:
    done = {"operations": 2, "media": []}
    early = scene.phone.operation("complete", "inspection", "completed", done)
    assert scene.results(early)[0]["result"] == "deferred"
    scene.phone.heads.clear()
    scene.still_works()
