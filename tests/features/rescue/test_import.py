"""Unsent work that comes as a file: taken once, in its person's name and with their rights, whatever it holds
(offline.md §5: 46)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import journal
from app.adapters import rescue_file
from app.adapters.rescue_file import read
from app.db import new_id, reading, transaction
from app.domain.errors import Invalid, PlumblineError, TooLarge
from app.features.accounts.models import Person
from app.features.checklists.commands import publish
from app.features.evidence.models import Media, MediaHolder
from app.features.operations.models import Operation, OperationFate, Quarantined
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import TEXT, jpeg
from tests.factories.rescue import PASSPHRASE, locked, packed, rescue, work_of
from tests.sync.world import QUESTIONS, small_checklist


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    """Answers, a note and two photos that never left the phone."""
    made = Phone(PageClient(app, cast.owner)).register()
    made.start(audit_version(app), cast.site, cast.owner)
    made.set("q/M01", "score", "6")
    made.set("q/M01", "note", {"text": "Log is missing", "lang": "en"})
    return made


@pytest.fixture
def admin(app: Flask, cast: Cast) -> PageClient:
    return PageClient(app, cast.admin)


def bring(client: PageClient, file: bytes, passphrase: str = PASSPHRASE) -> Any:
    return client.api(
        "POST",
        "/api/v1/import",
        data=file,
        content_type="application/octet-stream",
        headers={"Plumbline-Passphrase": quote(passphrase)},
    )


def counted(app: Flask, model: Any) -> int:
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(model)) or 0


def test_a_file_is_taken_as_if_its_phone_had_sent_it_and_twice_is_once(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    pictures = jpeg(seed=1), jpeg(seed=2)
    for picture in pictures:
        phone.add_photo("q/M01", picture)
    operations = [*phone.waiting]
    file = rescue(phone.device, operations, *pictures)
    answer = bring(admin, file)
    assert answer.status_code == 200
    assert answer.json["results"] == {"applied": len(operations)}
    assert answer.json["photos"] == {"new": 2}
    with app.app_context():
        session = reading()
        rows = session.scalars(select(Operation).order_by(Operation.seq)).all()
        assert [str(row.id) for row in rows] == [op["id"] for op in operations]
        assert {row.person_id for row in rows} == {cast.owner}
        assert {str(row.device_id) for row in rows} == {phone.device}
        assert set(session.scalars(select(OperationFate.person_id))) == {cast.admin}, "who brought it in"
        assert set(session.scalars(select(MediaHolder.person_id))) == {cast.owner}
        entries = journal.entries(session, cast.owner)
        assert [(e.act, e.person_id) for e in entries if e.act == "work.imported"] == [
            ("work.imported", cast.admin)
        ]
    again = bring(admin, file)
    assert again.json["results"] == {"duplicate": len(operations)}
    assert again.json["photos"] == {"known": 2}
    assert counted(app, Operation) == len(operations)
    assert counted(app, Media) == 2
    with app.app_context():
        acts = [e.act for e in journal.entries(reading(), cast.owner)]
    assert acts.count("work.imported") == 1, "importing twice changes nothing"
    # the phone comes back to life and sends the same
    assert {result["result"] for result in phone.push()} == {"duplicate"}
    check = phone.client.api("POST", "/api/v1/media/check", json={"sha256": [phone.sha256(pictures[0])]})
    assert check.json["have"] == [phone.sha256(pictures[0])]


def test_a_completion_in_the_file_waits_for_its_photos_in_the_same_file(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    from app.features.inspections.models import Inspection

    with app.app_context(), transaction() as session:
        unsigned = publish(session, small_checklist(), BORN, cast.admin).id
    phone.waiting.clear()
    phone.heads.clear()
    phone.start(unsigned, cast.site, cast.owner)
    for question in QUESTIONS:
        phone.set(f"q/{question}", "score", "10")
        phone.set(f"q/{question}", "note", {"text": "Seen", "lang": "en"})
    operations = [*phone.waiting]
    picture = jpeg()
    operations.append(phone.add_photo(f"q/{QUESTIONS[0]}", picture))
    done = {"operations": len(operations), "media": [phone.sha256(picture)]}
    operations.append(phone.operation("complete", "inspection", "completed", done))
    answer = bring(admin, rescue(phone.device, operations, picture))
    assert answer.json["results"] == {"applied": len(operations)}, answer.json
    assert answer.json["refused"] == []
    with app.app_context():
        row = reading().get(Inspection, UUID(phone.record))
        assert row is not None and row.state == "completed"


def test_it_gives_nobody_more_rights_than_they_have(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    phone.push()
    stranger = Phone(PageClient(app, cast.stranger)).register()
    stranger.record = phone.record
    stranger.set("q/M02", "score", "0")
    answer = bring(admin, rescue(stranger.device, stranger.waiting))
    assert answer.json["results"] == {"deferred": 1}, "as its own push would be"
    with app.app_context(), transaction() as session:
        person = session.get(Person, cast.owner)
        assert person is not None
        person.disabled_at = BORN
    phone.set("q/M02", "score", "8")
    answer = bring(admin, rescue(phone.device, phone.waiting))
    assert answer.json["results"] == {"quarantined": 1}
    assert counted(app, Quarantined) == 1


def test_what_cannot_be_taken_is_named_and_the_rest_is(app: Flask, phone: Phone, admin: PageClient) -> None:
    picture, broken = jpeg(), TEXT
    phone.add_photo("q/M01", picture)
    phone.add_photo("q/M01", broken)
    phone.set("q/nonsense", "score", "8")
    foreign = {**phone.waiting[1], "id": str(new_id()), "device": str(new_id())}
    file = rescue(phone.device, [*phone.waiting, foreign, 7, {"device": 1}], picture, broken)
    answer = bring(admin, file)
    results, said = answer.json["results"], {(r["about"], r["code"]) for r in answer.json["refused"]}
    assert results == {"applied": 5, "rejected": 4}
    assert answer.json["photos"] == {"new": 1, "refused": 1}
    assert ("q/nonsense score", "question_unknown") in said
    assert ("q/M01 score", "device_unknown") in said
    assert (f"photo {phone.sha256(broken)[:8]}", "not_a_picture") in said


def test_only_an_admin_may(app: Flask, cast: Cast, phone: Phone) -> None:
    file = rescue(phone.device, phone.waiting)
    for person in (cast.owner, cast.manager, cast.officer, cast.scoped):
        client = PageClient(app, person)
        assert bring(client, file).status_code == 404
        assert client.get("/unsent-work").status_code == 404
    assert bring(PageClient(app, None), file).status_code == 401
    assert counted(app, Operation) == 0


def test_the_page_takes_a_file_and_says_what_became_of_it(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    picture = jpeg(size=(2400, 1800))
    phone.add_photo("q/M01", picture)
    file = rescue(phone.device, phone.waiting, picture)

    def send(passphrase: str) -> Any:
        return admin.client.post(
            "/unsent-work",
            data={
                "csrf_token": admin.token(),
                "file": (io.BytesIO(file), "work.plumbline"),
                "passphrase": passphrase,
            },
        )

    wrong = send("something else")
    assert wrong.status_code == 422
    assert "The passphrase does not open this file." in wrong.text
    page = send(PASSPHRASE)
    assert page.status_code == 200
    assert "The work is on the server." in page.text and "Owner Auditor" in page.text
    assert f"/inspections/{phone.record}" in page.text
    assert "Nothing new." in send(PASSPHRASE).text


def test_a_file_larger_than_anything_else_is_taken_from_an_admin_only(
    app: Flask, cast: Cast, phone: Phone, admin: PageClient
) -> None:
    many = [jpeg(seed=seed, size=(2000, 1500)) for seed in range(3)]
    padding = bytes(26 * 1024 * 1024)  # a photo that is none, beyond what any other address takes
    file = rescue(phone.device, phone.waiting, *many, padding)
    assert len(file) > app.config["MAX_CONTENT_LENGTH"]
    assert bring(PageClient(app, cast.owner), file).status_code in (404, 413)
    answer = bring(admin, file)
    assert answer.status_code == 200
    assert answer.json["photos"] == {"new": 3, "refused": 1}


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "rescue_not_ours"),
        (b"PK\x03\x04" + bytes(200), "rescue_not_ours"),
        (b"PLUMBLINE-1\n" + bytes(60), "rescue_not_ours"),
        (locked(b"not a zip"), "rescue_damaged"),
        (locked(packed("{", {})), "rescue_damaged"),
        (locked(packed([], {})), "rescue_damaged"),
        (locked(packed({"format": 2, "operations": []}, {})), "rescue_damaged"),
        (locked(packed({"format": 1, "operations": {}}, {})), "rescue_damaged"),
        (locked(packed("[" * 100_000, {})), "rescue_damaged"),
        (locked(packed({"format": 1, "operations": []}, {}, zipfile.ZIP_DEFLATED)), "rescue_damaged"),
        (locked(b"x", rounds=99_999), "rescue_not_ours"),
    ],
    ids=[
        "empty",
        "a zip",
        "zeros",
        "no zip",
        "half json",
        "list",
        "format 2",
        "no operations",
        "deep",
        "deflated",
        "few rounds",
    ],  # the bytes differ from run to run, and so would names made of them
)
def test_files_of_rubbish(file: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(file, PASSPHRASE)
    assert caught.value.code == code


def test_a_changed_byte_or_another_passphrase_opens_nothing() -> None:
    good = rescue(str(new_id()), [])
    assert read(good, PASSPHRASE).operations == []
    for at in (13, 33, 50, len(good) - 1):
        with pytest.raises(Invalid) as caught:
            read(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], PASSPHRASE)
        assert caught.value.code == "rescue_passphrase"
    with pytest.raises(Invalid):
        read(good, PASSPHRASE + " ")


def test_bombs_are_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        read(locked(packed(work_of("", []), {f"{n:064x}": b"" for n in range(2_001)})), PASSPHRASE)
    monkeypatch.setattr(rescue_file, "OPERATIONS_AT_MOST", 3)
    with pytest.raises(TooLarge):
        read(rescue("", [{}] * 4), PASSPHRASE)
    # a header that promises more than there is
    inside = bytearray(packed(work_of("", []), {"a" * 64: b"x" * 100}))
    at = inside.rindex(b"PK\x01\x02")
    inside[at + 20 : at + 28] = (10**9).to_bytes(4, "little") * 2
    with pytest.raises(PlumblineError):
        read(locked(bytes(inside)), PASSPHRASE)


def test_an_entry_that_is_locked_once_more_is_a_damaged_file() -> None:
    inside = bytearray(packed(work_of("x", []), {}))
    for flags in (6, inside.index(b"PK\x01\x02") + 8):  # in front of the entry, and in the list at the end
        inside[flags] |= 1
    with pytest.raises(Invalid) as refused:
        read(locked(bytes(inside)), PASSPHRASE)
    assert refused.value.code == "rescue_damaged"


@pytest.mark.parametrize(
    "record", [{"kind": "inspection"}, {"kind": [], "id": 1}, {"kind": "inspection", "id": []}]
)
def test_a_record_that_is_none_is_refused_and_said(admin: PageClient, phone: Phone, record: Any) -> None:
    """What is not shaped like an operation is one line among the refused, and the page still comes."""
    file = rescue(phone.device, [*phone.waiting, {**phone.waiting[-1], "record": record}])
    form = {"file": (io.BytesIO(file), "unsent.plumbline"), "passphrase": PASSPHRASE}
    answer = admin.post("/unsent-work", data=form, content_type="multipart/form-data")
    assert answer.status_code == 200 and "q/M01 note" in answer.text


def test_more_devices_than_a_statement_takes(app: Flask, admin: PageClient, phone: Phone) -> None:
    strange = [{"device": str(new_id()), "path": "q/M01", "field": "score"} for _ in range(40_000)]
    answer = bring(admin, rescue(phone.device, [*phone.waiting, *strange]))
    assert answer.status_code == 200
    assert answer.json["results"] == {"applied": len(phone.waiting), "rejected": 40_000}


def test_a_photo_under_a_false_hash_is_refused(app: Flask, phone: Phone, admin: PageClient) -> None:
    file = locked(packed(work_of(phone.device, []), {"a" * 64: jpeg()}))
    answer = bring(admin, file)
    assert answer.json["photos"] == {"refused": 1}
    assert counted(app, Media) == 0
    assert json.dumps(answer.json["refused"]).count("sha_mismatch") == 1
