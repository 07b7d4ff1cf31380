"""Cases on a phone without signal: the owner reads their own; what is written there stands in the story."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db import new_id, reading
from app.features.actions.models import ActionEvent
from app.features.operations.models import Quarantined
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.factories.photos import jpeg
from tests.features.actions.steps import CONTAIN, enter, letters, raised, said, step, subject, to, token_in

TEXT = {"text": "Tag box at line 3 is empty again.", "lang": "en"}


class OnSite(Phone):
    """A phone that writes about a case."""

    def about(self, address: str) -> OnSite:
        self.register()
        self.record = address.rpartition("/")[2]
        return self

    def operation(self, kind, path, name, value, **members):
        record = {"kind": "action", "id": self.record}
        return super().operation(kind, path, name, value, record=record, **members)

    def results(self) -> list[str]:
        return [answer.get("code") or answer["result"] for answer in self.push()]


@pytest.fixture
def case(app, cast, client_for):
    """The manager's own case."""
    return raised(client_for(cast.manager), cast)


@pytest.fixture
def phone(app, cast, case):
    return OnSite(PageClient(app, cast.manager)).about(case)


def listed(client):
    answer = client.api("GET", "/api/v1/actions")
    assert answer.status_code == 200, answer.text
    return answer.json["actions"]


def test_the_owner_reads_their_open_cases_and_nobody_elses(app, cast, case, client_for):
    (one,) = listed(client_for(cast.manager))
    assert one["id"] == case.rpartition("/")[2] and one["number"].startswith("A-")
    assert one["statement"] == {"text": "3 of 11 containers in the red area had no tag.", "lang": "en"}
    assert one["step"] == "Stop and contain" and "Places searched" in one["asked"]
    assert one["hand"] == "Manager Person" and one["due"] and one["returned"] is None
    for other in (cast.admin, cast.teammate, cast.stranger, cast.scoped):
        assert listed(client_for(other)) == [], (
            "whoever is not named in it has it at the desk, not in the pocket"
        )


def test_a_verifier_has_it_in_the_pocket_when_there_is_something_to_check(app, cast, client_for):
    case = raised(client_for(cast.manager), cast, severity="c", verifier=str(cast.teammate))
    manager, checker = client_for(cast.manager), client_for(cast.teammate)
    assert listed(checker) == []
    done = {"done": "Sanded and painted.", "done_by": "Li Qiang", "cut_in": "2026-11-20"}
    assert step(manager, case, "implement", done, photos=1).status_code == 303
    assert manager.post(f"{case}/steps/implement/acceptance").status_code == 303
    (one,) = listed(checker)
    assert one["hand"] == "Teammate Auditor" and one["asked"] == ["验证人的结论"], "in their language"


def test_the_list_follows_the_case(app, cast, client_for):
    fields = subject(app, cast)
    case = raised(client_for(cast.manager), cast, **fields)
    manager = client_for(cast.manager)
    assert listed(manager)[0]["hand"] == "Wang Jianguo", "the other side's move"
    assert step(manager, case, "contain", CONTAIN).status_code == 303
    (one,) = listed(manager)
    assert (one["hand"], one["due"]) == ("Manager Person", None), "ours: to be judged"
    back = manager.post(f"{case}/steps/contain/return", {"reason": "And the transit?"})
    assert back.status_code == 303, said(back)
    assert listed(manager)[0]["returned"]["text"] == "And the transit?"
    assert manager.post(f"{case}/cancellation", {"reason": "By mistake"}).status_code == 303
    assert listed(manager) == []


def test_a_note_and_its_photo_stand_in_the_story_when_they_arrive(app, cast, case, phone, client_for):
    note, picture = f"note/{new_id()}", jpeg(seed=61)
    written = int(datetime(2026, 11, 20, 1, 30, tzinfo=UTC).timestamp() * 1000)
    phone.set(note, "text", TEXT, at=written, offset=120_000)
    phone.add_photo(note, picture)
    assert phone.results() == ["applied", "applied"]
    desk = client_for(cast.manager)
    page = desk.get(case).get_data(as_text=True)
    assert TEXT["text"] in page and "Written on site by Manager Person, 20 Nov 09:32" in page
    assert "1 photo is still on the phone." in page
    phone.upload(picture)
    sha256 = phone.sha256(picture)
    page = desk.get(case).get_data(as_text=True)
    assert f"/api/v1/media/{sha256}?w=480" in page and "still on the phone" not in page
    assert desk.get(f"/api/v1/media/{sha256}?w=480").status_code == 200
    assert client_for(cast.stranger).get(f"/api/v1/media/{sha256}?w=480").status_code == 404
    assert TEXT["text"] in desk.get(f"{case}/history").get_data(as_text=True)
    (one,) = listed(desk)
    assert [note["photos"] for note in one["notes"]] == [[sha256]] and one["notes"][0]["text"] == TEXT
    assert one["step"] == "Stop and contain", "a note moves nothing"


def test_what_was_written_stays_as_it_is(phone):
    note = f"note/{new_id()}"
    phone.set(note, "text", TEXT)
    photo = phone.add_photo(note, jpeg(seed=62))
    assert phone.results() == ["applied", "applied"]
    phone.set(note, "text", {"text": "Nothing was found.", "lang": "en"})
    phone.set(note, "text", None)
    phone.operation("media.remove", note, photo["field"], None)
    assert phone.results() == ["note_stays"] * 3


@pytest.mark.parametrize(
    ("kind", "path", "name", "value", "code"),
    [
        ("set", "note", "text", TEXT, "op_path"),
        ("set", "note/1", "text", TEXT, "op_path"),
        ("set", "plan", "due", "2026-11-30", "op_path"),
        ("set", "note/{id}", "score", "10", "op_field"),
        ("set", "note/{id}", "marks:0199c0de-0000-4000-8000-000000000001", [], "op_field"),
        ("set", "note/{id}", "text", "untyped", "op_value"),
        ("set", "note/{id}", "text", None, "note_stays"),
        ("create", "action", "created", {"title": "A case of my own"}, "already_exists"),
    ],
)
def test_a_phone_writes_nothing_else_about_a_case(phone, kind, path, name, value, code):
    phone.operation(kind, path.replace("{id}", str(new_id())), name, value)
    assert phone.results() == [code]


def test_a_phone_opens_no_case(app, cast, phone):
    phone.record = str(new_id())
    phone.operation("create", "action", "created", {"title": "A case of my own"})
    assert phone.results() == ["op_kind"]


def test_a_stranger_is_told_of_no_case_and_a_former_owner_is_held(app, cast, case, client_for):
    stranger = OnSite(PageClient(app, cast.stranger)).about(case)
    stranger.set(f"note/{new_id()}", "text", TEXT)
    assert stranger.results() == ["op_record_unknown"]

    mate = client_for(cast.manager)
    assert mate.post(f"{case}/people", {"owner": str(cast.teammate)}).status_code == 303
    former = OnSite(PageClient(app, cast.teammate)).about(case)
    former.set(f"note/{new_id()}", "text", TEXT)
    assert former.results() == ["applied"]
    assert mate.post(f"{case}/people", {"owner": str(cast.manager)}).status_code == 303
    former.set(f"note/{new_id()}", "text", {"text": "Seen on Monday, no signal.", "lang": "en"})
    assert former.results() == ["quarantined"]
    with app.app_context():
        held = reading().scalars(select(Quarantined).where(Quarantined.person_id == cast.teammate)).all()
        assert len(held) == 1 and "Seen on Monday" in held[0].body


def test_a_note_that_arrives_after_the_end_is_kept(app, cast, case, phone, client_for):
    manager = client_for(cast.manager)
    assert manager.post(f"{case}/cancellation", {"reason": "By mistake"}).status_code == 303
    phone.set(f"note/{new_id()}", "text", TEXT)
    assert phone.results() == ["applied"]
    assert TEXT["text"] in manager.get(case).get_data(as_text=True)


def test_a_clock_that_cannot_be_gives_way_to_the_servers(app, cast, case, phone, client_for):
    phone.set(f"note/{new_id()}", "text", TEXT, at=-5, tz="No/Where")
    assert phone.results() == ["applied"]
    assert client_for(cast.manager).get(case).status_code == 200
    with app.app_context():
        of_case = (ActionEvent.action_id == UUID(phone.record), ActionEvent.act == "site_note")
        facts = reading().scalars(select(ActionEvent.facts).where(*of_case)).one()
    assert facts["tz"] == "UTC"
    assert abs(facts["at"] / 1000 - datetime.now(UTC).timestamp()) < 60


def test_the_other_side_reads_none_of_it(app, cast, client_for):
    fields = subject(app, cast)
    manager = client_for(cast.manager)
    case = raised(manager, cast, **fields)
    phone = OnSite(PageClient(app, cast.manager)).about(case)
    phone.set(f"note/{new_id()}", "text", TEXT)
    assert phone.results() == ["applied"]
    assert manager.post(f"{case}/links").status_code == 303
    guest = enter(app, token_in(to(letters(app), "wang@hengda.example")[-1]))
    assert TEXT["text"] not in guest.get(f"/l{case}").get_data(as_text=True)
