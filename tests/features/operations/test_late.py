"""Late work: what came after the end is seen, decided about, never silently lost or applied."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from justhtml import JustHTML
from sqlalchemy import select

from app import journal
from app.db import reading, transaction
from app.domain.merge import heads
from app.domain.operations import parse
from app.features.checklists.commands import publish
from app.features.inspections.models import Inspection, Revision
from app.features.operations.models import FieldHead
from app.features.operations.queries import history, state_of, travel
from tests.cast import BORN, Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.sync.world import QUESTIONS, small_checklist

REASON = "Bob’s phone had no signal in the basement."


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


def section(html: str) -> str:
    """The words of the section about late work."""
    (found,) = JustHTML(html, sanitize=False).query("#late-work")
    return str(found.to_text())


def seq_in(html: str) -> str:
    """What the form about late work was drawn from; "99" where there is none."""
    found = JustHTML(html, sanitize=False).query("#late-work input[name=seq]")
    return str((found[0].attrs or {})["value"]) if found else "99"


class Team:
    """Two phones on one completed inspection; `bob` still holds work of before the end."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast
        with app.app_context(), transaction() as session:
            version = publish(session, small_checklist(), BORN, cast.admin).id
        desk = Phone(PageClient(app, cast.manager)).register()
        desk.record = self.record = "0199aaaa-0000-7000-8000-0000000000aa"
        value = {
            "checklist_version": str(version),
            "site": str(cast.site),
            "auditors": [str(cast.owner), str(cast.teammate)],
            "due": "2026-12-18",
        }
        created = desk.operation("create", "inspection", "created", value)
        assert [r["result"] for r in desk.push()] == ["applied"]
        self.ana, self.bob = (
            Phone(PageClient(app, person), record=self.record).register()
            for person in (cast.owner, cast.teammate)
        )
        for phone in (self.ana, self.bob):
            phone.heads["inspection", "created"] = [created["id"]]
            phone.lamport = 1
        for question in QUESTIONS:
            self.ana.set(f"q/{question}", "score", "10")
        self.bob.lamport = 4
        self.bobs = [
            self.bob.set("q/A1", "score", "4"),
            self.bob.set("q/A2", "note", {"text": "Seen by Bob", "lang": "en"}),
        ]
        assert self.end() == "applied"

    def end(self) -> str:
        self.ana.operation("complete", "inspection", "completed", {"operations": 5, "media": []})
        return str(self.ana.push()[-1]["result"])

    @property
    def row(self) -> Inspection:
        with self.app.app_context():
            found = reading().get(Inspection, UUID(self.record))
            assert found is not None
            return found

    def revisions(self) -> dict[int, str]:
        with self.app.app_context():
            return {r.revision: r.body for r in reading().scalars(select(Revision))}

    def decide(self, person: UUID, decision: str, reason: str = REASON) -> Any:
        client = PageClient(self.app, person)
        seq = seq_in(client.get(f"/inspections/{self.record}").text)
        given = {"decision": decision, "reason": reason, "seq": seq}
        return client.post(f"/inspections/{self.record}/late-work", given)

    def decided(self, phone: Phone) -> list[dict[str, Any]]:
        answer = phone.client.api("GET", f"/api/v1/inspections/{self.record}/operations")
        assert answer.json is not None
        found: list[dict[str, Any]] = answer.json["decided"]
        return found

    def heads_hold(self) -> None:
        """The cached heads are those of what is applied, computed from nothing but the log."""
        with self.app.app_context():
            session = reading()
            entries = history(session, UUID(self.record))
            ops = [
                parse({**travel(e)["op"], "device": travel(e)["op"]["device"] or self.ana.device})
                for e in entries
                if e.fate == "applied"
            ]
            cached: dict[tuple[str, str], set[str]] = {}
            for head in session.scalars(select(FieldHead).where(FieldHead.record_id == UUID(self.record))):
                cached.setdefault((head.path, head.field), set()).add(str(head.operation_id))
            assert cached == {key: {h.id for h in found} for key, found in heads(ops).items()}


@pytest.fixture
def team(app: Flask, cast: Cast) -> Team:
    made = Team(app, cast)
    results = made.bob.push()
    assert [r["result"] for r in results] == ["late", "late"]
    return made


def test_late_work_is_seen_in_words_and_counted(team: Team, cast: Cast) -> None:
    assert team.row.late == 2
    for person in (cast.owner, cast.manager):
        page = PageClient(team.app, person).get(f"/inspections/{team.record}")
        said = section(page.text)
        assert "Late work" in said and "A1: Score" in said and "4" in said
        assert "Seen by Bob" in said and "Decide" in said
        listed = PageClient(team.app, person).get("/inspections").text
        assert "2 changes arrived after the end" in listed
    # a member of the team who does not lead it sees it and decides nothing
    page = PageClient(team.app, cast.teammate).get(f"/inspections/{team.record}")
    assert "Seen by Bob" in section(page.text) and "Decide" not in section(page.text)
    assert PageClient(team.app, cast.stranger).get(f"/inspections/{team.record}").status_code == 404


def test_amending_begins_a_revision_shows_the_conflict_and_leaves_the_first_alone(
    team: Team, cast: Cast
) -> None:
    before = team.revisions()
    assert list(before) == [1]
    assert team.decide(cast.owner, "amend").status_code == 303
    row = team.row
    assert (row.state, row.revision, row.late, row.conflicts) == ("in_progress", 2, 0, 1)
    with team.app.app_context():
        state = state_of(reading(), UUID(team.record))
    assert {head.value for head in state["q/A1", "score"].heads} == {"10", "4"}
    assert state["q/A2", "note"].value["text"] == "Seen by Bob"
    team.heads_hold()
    told = team.decided(team.bob)
    assert [(one["id"], one["fate"], one["decision"]) for one in told] == [
        (op["id"], "applied", "amend") for op in team.bobs
    ]
    assert told[0]["reason"] == {"text": REASON, "lang": "en"}

    # nobody may complete over an open conflict; when it is decided, revision 2 is frozen beside revision 1
    team.ana.heads["inspection", "completed"] = []
    assert team.end() == "deferred"
    team.ana.lamport = 50
    both = [head.id for head in state["q/A1", "score"].heads]
    team.ana.set("q/A1", "score", "4", parents=sorted(both))
    assert team.end() == "applied"
    after = team.revisions()
    assert after[1] == before[1] and set(after) == {1, 2}
    assert "Seen by Bob" in after[2] and "Seen by Bob" not in after[1]
    assert team.row.state == "completed"


def test_dismissing_keeps_it_with_the_reason_and_changes_nothing(team: Team, cast: Cast) -> None:
    before, score = team.revisions(), team.row.score
    assert team.decide(cast.manager, "dismiss").status_code == 303
    row = team.row
    assert (row.state, row.revision, row.late, row.score) == ("completed", 1, 0, score)
    assert team.revisions() == before
    team.heads_hold()
    assert {one["fate"] for one in team.decided(team.bob)} == {"dismissed"}
    history_page = PageClient(team.app, cast.owner).get(f"/inspections/{team.record}/history").text
    assert history_page.count("came late, laid aside") == 2
    with team.app.app_context():
        acts = [entry.act for entry in journal.entries(reading(), UUID(team.record))]
    assert acts[-1] == "inspection.late_dismissed"
    # decided once: there is nothing left to decide, and the phone that sends again hears the same
    assert team.decide(cast.manager, "amend").status_code == 422
    again = team.bob.send(team.bobs).json
    assert again is not None and {r["result"] for r in again["results"]} == {"duplicate"}


def test_a_reason_and_a_choice_are_needed(team: Team, cast: Cast) -> None:
    assert team.decide(cast.owner, "dismiss", reason="").status_code == 422
    assert team.decide(cast.owner, "perhaps").status_code == 422
    assert team.row.late == 2


def test_what_arrives_while_somebody_decides_must_be_seen_first(team: Team, cast: Cast) -> None:
    client = PageClient(team.app, cast.owner)
    seq = seq_in(client.get(f"/inspections/{team.record}").text)
    team.bob.set("q/A3", "score", "0")
    assert team.bob.push()[0]["result"] == "late"
    given = {"decision": "dismiss", "reason": REASON, "seq": seq}
    answer = client.post(f"/inspections/{team.record}/late-work", given)
    assert answer.status_code == 409 and "More has arrived" in answer.text
    assert team.row.late == 3


def test_who_does_not_lead_decides_nothing(team: Team, cast: Cast) -> None:
    given = {"decision": "amend", "reason": REASON, "seq": "99"}
    for person, status in ((cast.teammate, 403), (cast.stranger, 404), (cast.officer, 404)):
        answer = PageClient(team.app, person).post(f"/inspections/{team.record}/late-work", given)
        assert answer.status_code == status, person
    assert team.row.late == 2


def test_a_late_completion_is_never_applied(app: Flask, cast: Cast) -> None:
    team = Team(app, cast)
    team.bob.operation("complete", "inspection", "completed", {"operations": 5, "media": []})
    assert [r["result"] for r in team.bob.push()] == ["late", "late", "late"]
    assert team.decide(cast.owner, "amend").status_code == 303
    assert team.row.state == "in_progress"
    fates = [(one["fate"], one["code"]) for one in team.decided(team.bob)]
    assert fates == [("applied", ""), ("applied", ""), ("dismissed", "late_end")]
    team.heads_hold()


def test_what_cannot_stand_beside_other_late_work_is_laid_aside_with_the_reason(
    app: Flask, cast: Cast
) -> None:
    """Each was judged when it came, by a record that had neither: a signature is written once."""
    team = Team(app, cast)
    first = team.bob.sign(digest="0" * 64)
    team.bob.operation("sign", first["path"], "signed", {**first["value"], "name": "Somebody Else"})
    assert [r["result"] for r in team.bob.push()] == ["late"] * 4
    assert team.decide(cast.owner, "amend").status_code == 303
    fates = [(one["fate"], one["code"]) for one in team.decided(team.bob)]
    assert fates == [("applied", "")] * 3 + [("dismissed", "signature_exists")]
    team.heads_hold()
    assert team.row.late == 0


def test_after_a_cancellation_it_can_only_be_laid_aside(app: Flask, cast: Cast) -> None:
    team = Team(app, cast)
    with app.app_context():
        pass
    desk = PageClient(app, cast.manager)
    other = Phone(PageClient(app, cast.manager)).register()
    other.record = "0199aaaa-0000-7000-8000-0000000000ab"
    value = {
        "checklist_version": str(team.row.version_id),
        "site": str(cast.site),
        "auditors": [str(cast.owner)],
        "due": "2026-12-18",
    }
    other.operation("create", "inspection", "created", value)
    other.push()
    answer = desk.post(f"/inspections/{other.record}/cancellation", {"reason": "No longer", "seq": "9"})
    assert answer.status_code == 303
    phone = Phone(PageClient(app, cast.owner), record=other.record).register()
    phone.lamport = 5
    phone.set("q/A1", "score", "8")
    assert phone.push()[0]["result"] == "late"
    team.record = other.record
    assert team.decide(cast.manager, "amend").status_code == 422
    assert team.decide(cast.manager, "dismiss").status_code == 303
    assert (team.row.state, team.row.late) == ("cancelled", 0)
