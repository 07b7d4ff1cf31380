"""How an audit ends: signed, completed, frozen; reviewed and returned; begun again as a revision.

Everything on both engines.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from app import journal
from app.db import new_id, reading, transaction
from app.domain.canonical import canonical, digest
from app.features.checklists.commands import publish
from app.features.checklists.library import definitions
from app.features.checklists.models import Version
from app.features.companies.models import Contact
from app.features.inspections.models import Assignment, Finding, Inspection, Revision
from app.features.inspections.record import ON_FROZEN, Frozen
from app.features.operations.models import Operation
from tests.cast import BORN, Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.steps import change

TYPED = {"text": "因为", "lang": "zh-Hans"}


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


@pytest.fixture
def heard() -> Iterator[list[Frozen]]:
    """What listeners of a freeze heard."""
    found: list[Frozen] = []

    def listen(session: object, frozen: Frozen) -> None:
        found.append(frozen)

    ON_FROZEN.append(listen)
    yield found
    ON_FROZEN.remove(listen)


@pytest.fixture
def phone_of(app: Flask) -> Callable[[UUID], Phone]:
    return lambda person: Phone(PageClient(app, person)).register()


def begun(app: Flask, cast: Cast, phone: Phone, version: UUID | None = None) -> Phone:
    """An audit by owner and teammate with every answer on the server, one minor finding among them."""
    phone.start(version or audit_version(app), cast.site, cast.owner)
    phone.answer_all(app, M03="6")
    assert {r["result"] for r in phone.push()} == {"applied"}
    with app.app_context(), transaction() as session:
        session.add(
            Assignment(
                inspection_id=UUID(phone.record), person_id=cast.teammate, position=1, assigned_at=BORN
            )
        )
    return phone


@pytest.fixture
def phone(app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]) -> Phone:
    return begun(app, cast, phone_of(cast.owner))


@pytest.fixture
def early(app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]) -> Phone:
    """An audit just begun: enough where only one operation is judged."""
    phone = phone_of(cast.owner)
    phone.start(audit_version(app), cast.site, cast.owner)
    assert pushed(phone) == [("applied", "")]
    return phone


@pytest.fixture
def reviewed(app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]) -> Phone:
    """The same with a checklist that asks for an approver."""
    audit = next(d for d in definitions() if d["code"] == "4m1e-supplier-audit")
    audit = {**audit, "code": "reviewed", "rules": {**audit["rules"], "approval": True}}
    with app.app_context(), transaction() as session:
        version = publish(session, audit, BORN, cast.manager).id
    return begun(app, cast, phone_of(cast.owner), version)


def pushed(phone: Phone) -> list[tuple[str, str]]:
    return [(answer["result"], answer.get("code", "")) for answer in phone.push()]


def completed(phone: Phone) -> Phone:
    phone.complete(phone.sign_both())
    assert {result for result, _ in pushed(phone)} == {"applied"}
    return phone


def row(app: Flask, phone: Phone) -> Inspection:
    with app.app_context():
        found = reading().get(Inspection, UUID(phone.record))
        assert found is not None
        return found


def every(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        order = model.number if model is Finding else model.revision
        return list(reading().scalars(select(model).order_by(model.revision, order)))


def acts(app: Flask, phone: Phone) -> list[tuple[str, dict[str, Any]]]:
    with app.app_context():
        entries = reading().scalars(
            select(journal.Entry)
            .where(journal.Entry.record_id == UUID(phone.record))
            .order_by(journal.Entry.seq)
        )
        return [(entry.act, entry.facts) for entry in entries]


def address(phone: Phone) -> str:
    return f"/inspections/{phone.record}"


# completion


def test_completion_waits_for_both_signatures(app: Flask, phone: Phone) -> None:
    first = phone.complete()
    assert pushed(phone) == [("deferred", "signature_missing")]
    phone.sign("auditor")
    assert pushed(phone) == [("applied", "")]
    assert phone.send([first]).json["results"][0]["code"] == "signature_missing"
    phone.sign("auditee")
    assert pushed(phone) == [("applied", "")]
    assert row(app, phone).state == "in_progress"
    assert phone.send([first]).json["results"][0]["result"] == "applied"
    assert row(app, phone).state == "completed"


def test_completion_freezes_record_findings_and_journal(
    app: Flask, cast: Cast, phone: Phone, heard: list[Frozen]
) -> None:
    with app.app_context():
        contact = reading().scalar(select(Contact.id).where(Contact.company_id == cast.supplier))
    statement = {"text": "Matrix is out of date", "lang": "en"}
    severity = {"severity": "major", "reason": TYPED}
    phone.set("f/M03", "severity", severity)
    phone.set("f/M03", "statement", statement)
    phone.set("f/M03", "owner", {"name": "Wang Jianguo", "contact": str(contact)})
    phone.set("f/M03", "position", {"stand": "disagree", "text": TYPED})
    signed = phone.sign_both()
    phone.complete(signed)
    assert {result for result, _ in pushed(phone)} == {"applied"}

    ended = row(app, phone)
    assert (ended.state, ended.revision) == ("completed", 1)
    (revision,) = every(app, Revision)
    assert revision.digest == digest(revision.body.encode())
    assert (revision.revision, revision.person_id, revision.reason) == (1, cast.owner, None)
    assert acts(app, phone)[-1][0] == "inspection.completed"
    assert acts(app, phone)[-1][1].items() >= {"revision": 1, "digest": revision.digest}.items()
    assert [(h.kind, h.record_id, h.revision, h.language) for h in heard] == [
        ("inspection", UUID(phone.record), 1, "en")
    ]

    (finding,) = every(app, Finding)
    assert (finding.number, finding.question, finding.section) == (1, "M03", "man")
    assert (finding.severity, finding.rule_severity, finding.at_once) == ("major", "minor", False)
    assert finding.severity_reason == TYPED
    assert finding.statement == statement
    assert finding.evidence == {"text": "Seen on the line", "lang": "en"}
    assert finding.requirement["text"].startswith("A current skills matrix")
    assert (finding.owner_name, finding.owner_contact_id) == ("Wang Jianguo", contact)
    assert (finding.stand, finding.stand_text) == ("disagree", TYPED)
    assert (finding.due - ended.completed_at.date()).days in (7, 8)  # the site is eight hours ahead


def test_answers_signatures_and_completion_may_come_in_one_batch(
    app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]
) -> None:
    phone = phone_of(cast.owner)
    phone.start(audit_version(app), cast.site, cast.owner)
    assert pushed(phone) == [("applied", "")]
    phone.answer_all(app)
    last = phone.waiting[-20:]
    phone.waiting = phone.waiting[:-20]
    phone.push()
    phone.waiting = last
    phone.complete(phone.sign_both())
    assert len(phone.waiting) == 23
    assert {result for result, _ in pushed(phone)} == {"applied"}
    assert row(app, phone).state == "completed"


def test_a_completion_sent_again_is_the_same_completion(app: Flask, phone: Phone) -> None:
    signed = phone.sign_both()
    done = phone.complete(signed)
    assert {result for result, _ in pushed(phone)} == {"applied"}
    assert [r["result"] for r in phone.send([done]).json["results"]] == ["duplicate"]
    other = {**done, "id": str(new_id()), "n": phone.n + 1}
    assert [r["result"] for r in phone.send([other]).json["results"]] == ["late"]
    reused = {**done, "value": {**done["value"], "operations": 1}}
    assert [r["code"] for r in phone.send([reused]).json["results"]] == ["op_id_reused"]
    assert len(every(app, Revision)) == 1


def test_a_signature_of_something_else_is_kept_and_does_not_count(app: Flask, phone: Phone) -> None:
    phone.sign("auditor", digest="0" * 64)
    phone.sign("auditee")
    done = phone.complete()
    assert pushed(phone) == [("applied", ""), ("applied", ""), ("deferred", "signature_outdated")]
    phone.sign("auditor")
    assert pushed(phone) == [("applied", "")]
    assert phone.send([done]).json["results"][0]["result"] == "applied"


def test_a_later_change_asks_to_sign_again(app: Flask, phone: Phone) -> None:
    signed = phone.sign_both()
    phone.set("f/M03", "position", {"stand": "agree", "text": None})
    stale = phone.complete(signed)
    assert [r for r, _ in pushed(phone)] == ["applied", "applied", "applied", "deferred"]
    phone.complete(phone.sign_both())
    assert {r for r, _ in pushed(phone)} == {"applied"}
    assert phone.send([stale]).json["results"][0]["result"] == "late"
    assert len(every(app, Revision)) == 1


def test_a_refusal_with_a_witness_takes_the_place_of_a_signature(app: Flask, phone: Phone) -> None:
    phone.sign("auditor")
    phone.refuse("auditee", language="zh-Hant")
    phone.complete()
    assert {r for r, _ in pushed(phone)} == {"applied"}
    assert row(app, phone).state == "completed"


@pytest.mark.parametrize(
    ("named", "code"),
    [
        (lambda signed: [*signed, str(new_id())], "signature_expected"),
        (lambda signed: signed[:1], "signature_missing"),
        (lambda signed: [], "signature_missing"),
    ],
)
def test_completion_names_the_signatures_that_count(
    phone: Phone, named: Callable[[list[str]], list[str]], code: str
) -> None:
    phone.complete(named(phone.sign_both()))
    assert pushed(phone)[-1] == ("deferred", code)


def test_completion_may_not_name_a_signature_that_does_not_count(phone: Phone) -> None:
    wrong = phone.sign("auditor", digest="0" * 64)["path"].removeprefix("sign/")
    phone.complete([wrong, *phone.sign_both()])
    assert pushed(phone)[-1] == ("deferred", "signature_outdated")


def test_two_wordings_of_a_finding_hold_completion(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    mate = phone_of(cast.teammate)
    mate.record, mate.lamport = phone.record, phone.lamport
    mate.set("f/M03", "statement", {"text": "A", "lang": "en"})
    phone.set("f/M03", "statement", {"text": "B", "lang": "en"})
    assert pushed(mate) + pushed(phone) == [("applied", "")] * 2
    phone.complete(phone.sign_both())
    assert pushed(phone)[-1] == ("deferred", "not_ready")
    assert row(app, phone).conflicts == 1


def test_a_choice_between_two_answers_is_signed_alike_on_every_phone(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    mate = phone_of(cast.teammate)
    mate.record, mate.lamport = phone.record, phone.lamport
    theirs = mate.set("f/M03", "statement", {"text": "A", "lang": "en"})["id"]
    mine = phone.set("f/M03", "statement", {"text": "B", "lang": "en"})["id"]
    assert pushed(mate) + pushed(phone) == [("applied", "")] * 2
    both = sorted([mine, theirs])
    phone.set("f/M03", "statement", {"text": "B", "lang": "en"}, parents=both)
    assert pushed(phone) == [("applied", "")]
    with app.app_context():
        kept = {str(op.id): op.hash for op in reading().scalars(select(Operation))}
    worked_out = {op["id"]: digest(canonical(op)) for op in mate.pull()}  # from what travels
    assert worked_out == kept
    mate.complete(mate.sign_both())
    assert {r for r, _ in pushed(mate)} == {"applied"}


def test_two_completions_at_the_same_moment_make_one_revision(
    app: Flask, cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone], heard: list[Frozen]
) -> None:
    mate = phone_of(cast.teammate)
    mate.record, mate.lamport = phone.record, phone.lamport
    signed = phone.sign_both()
    assert {r for r, _ in pushed(phone)} == {"applied"}
    begin, fates = threading.Barrier(2), []

    def finish(one: Phone) -> None:
        one.complete(signed)
        begin.wait()
        fates.extend(r for r, _ in pushed(one))

    threads = [threading.Thread(target=finish, args=(one,)) for one in (phone, mate)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fates) == ["applied", "late"]
    assert len(every(app, Revision)) == 1
    assert len(heard) == 1


def test_late_work_changes_nothing_that_is_frozen(app: Flask, phone: Phone) -> None:
    completed(phone)
    before = row(app, phone)
    phone.set("q/M01", "score", "0")
    phone.set("f/M03", "statement", TYPED)
    phone.sign("other", digest="0" * 64)
    assert pushed(phone) == [("late", "inspection_completed")] * 3
    after = row(app, phone)
    assert (after.score, after.grade, after.result) == (before.score, before.grade, before.result)


def test_sql_cannot_change_what_is_frozen(app: Flask, cast: Cast, phone: Phone) -> None:
    completed(phone)
    with app.app_context():
        other_version = reading().scalar(select(Version.id).where(Version.id != row(app, phone).version_id))
    assert other_version is not None
    engine = app.extensions["plumbline.database"].engine.execution_options(writes=True)
    for column, value in (
        ("number", "2026-9999"),
        ("site_id", cast.other_site),
        ("company_id", cast.other_supplier),
        ("version_id", other_version),
    ):
        changed = update(Inspection).values({column: value})
        with pytest.raises(DBAPIError, match="frozen"), engine.begin() as connection:
            connection.execute(changed)
    for statement in (
        "UPDATE inspections SET score = 1000",
        "UPDATE inspections SET grade = 'C'",
        "UPDATE inspections SET answered = 0",
        "UPDATE inspections SET result = '{}'",
        "UPDATE inspections SET completed_at = '2020-01-01 00:00:00'",
        "UPDATE inspections SET state = 'in_progress'",
        "UPDATE inspections SET revision = 5",
        "UPDATE inspections SET revision = 2",  # a new revision is one that is in progress
        "DELETE FROM inspections",
    ):
        with pytest.raises(DBAPIError, match="frozen"), engine.begin() as connection:
            connection.execute(text(statement))
    with engine.begin() as connection:  # what is no result may still change
        connection.execute(text("UPDATE inspections SET late = 3"))


# what may be sent


def _changed(member: str, value: Any) -> Callable[[Phone], dict[str, Any]]:
    def send(phone: Phone) -> dict[str, Any]:
        held = phone.sign("auditee")["value"]
        phone.waiting.pop()
        return phone.operation("sign", f"sign/{new_id()}", "signed", {**held, member: value})

    return send


def _with(**changes: Any) -> Callable[[Phone], dict[str, Any]]:
    return lambda phone: phone.sign("auditee", **changes)


NO_SIGNATURE: list[Any] = [
    (_with(strokes=[]), "signature_strokes"),
    (_with(strokes=[[1, 2, 3]]), "signature_strokes"),
    (_with(strokes=[[10, 10, 5000, 10]]), "signature_strokes"),
    (_with(strokes=[[-1, 10, 500, 10]]), "signature_strokes"),
    (_with(strokes=[[10, 10, True, 10]]), "signature_strokes"),
    (_with(strokes=["M0 0L1000 400"]), "signature_strokes"),
    (_with(strokes=[[100, 100, 110, 110]]), "signature_too_small"),
    (_with(strokes=[[0, 0, 100, 0]] * 65), "signature_strokes"),
    (_with(strokes={"0": [0, 0, 100, 0]}), "signature_strokes"),
    (_with(name=""), "op_value"),
    (_with(name=" \t"), "op_value"),
    (_with(name="x" * 201), "op_text_too_long"),
    (_with(name={"text": "Wang", "lang": "en"}), "op_value"),
    (_changed("slot", "witness"), "op_value"),
    (_changed("slot", ["auditee"]), "op_value"),
    (_with(meaning="carried_out"), "op_value"),  # only an auditor carries out
    (_with(consent={"id": "sign-9", "language": "en"}), "op_value"),
    (_with(consent={"id": "sign-1", "language": "de"}), "op_value"),
    (_with(digest="x" * 64), "op_value"),
    (_with(digest="A" * 64), "op_value"),
    (_with(covers={"answers": -1, "photos": 0}), "op_value"),
    (_with(at=None), "op_value"),
    (_with(at=1), "op_value"),
    (_with(extra=1), "op_value"),
    (lambda phone: phone.refuse(reason=None), "reason_missing"),
    (lambda phone: phone.refuse(reason={"text": " ", "lang": "en"}), "op_value"),
    (lambda phone: phone.refuse(witness={"name": "", "role": ""}), "op_value"),
    (lambda phone: phone.refuse(witness="Somebody"), "op_value"),
    (lambda phone: phone.operation("sign", "sign/x", "signed", {}), "op_path"),
    (lambda phone: phone.operation("sign", "q/M01", "signed", {}), "op_field"),
    (lambda phone: phone.operation("sign", f"sign/{new_id()}", "refused", {}), "op_kind_field"),
    (lambda phone: phone.operation("set", f"sign/{new_id()}", "signed", {}), "op_kind_field"),
    (lambda phone: phone.operation("set", f"sign/{new_id()}", "name", "x"), "op_field"),
    (lambda phone: phone.operation("reopen", "q/M01", "reopened", {}), "op_kind_field"),
]


def test_what_is_no_signature_is_rejected(early: Phone) -> None:
    for at, (sent, code) in enumerate(NO_SIGNATURE):
        sent(early)
        assert pushed(early) == [("rejected", code)], at


NO_FINDING: list[Any] = [
    ("severity", "major", "op_value"),
    ("severity", {"severity": "grave", "reason": TYPED}, "op_value"),
    ("severity", {"severity": "minor", "reason": None}, "reason_missing"),
    ("statement", "text", "op_value"),
    ("statement", {**TYPED, "canned": "M99-1"}, "op_value"),
    ("statement", {**TYPED, "canned": ["M03-1"]}, "op_value"),
    ("evidence", {**TYPED, "canned": "hinted"}, "op_value"),
    ("owner", {"name": "", "contact": None}, "op_value"),
    ("owner", {"name": "X", "contact": "x"}, "op_value"),
    ("owner", {"name": "X", "contact": str(new_id())}, "contact_unknown"),
    ("due", "2026-02-30", "not_a_date"),
    ("due", "1999-01-01", "not_a_date"),
    ("position", {"stand": "disagree", "text": None}, "reason_missing"),
    ("position", {"stand": "perhaps", "text": None}, "op_value"),
    ("grade", "A", "op_field"),
]


def test_what_belongs_to_no_finding_is_rejected(early: Phone) -> None:
    for field, value, code in NO_FINDING:
        early.set("f/M03", field, value)
        assert pushed(early) == [("rejected", code)], (field, value)


def test_a_finding_of_no_question_is_rejected(early: Phone) -> None:
    early.set("f/X99", "due", "2027-01-01")
    assert pushed(early) == [("rejected", "question_unknown")]


def test_an_owner_is_one_of_the_inspected_company(app: Flask, cast: Cast, early: Phone) -> None:
    with app.app_context():
        other = reading().scalar(select(Contact.id).where(Contact.company_id == cast.other_supplier))
    early.set("f/M03", "owner", {"name": "Wang", "contact": str(other)})
    early.set("f/M03", "owner", {"name": "Somebody without a contact", "contact": None})
    early.set("f/M03", "owner", None)
    assert pushed(early) == [("rejected", "contact_unknown"), ("applied", ""), ("applied", "")]


def test_a_signature_is_never_changed(early: Phone) -> None:
    first = early.sign("auditor")
    early.operation("sign", first["path"], "signed", first["value"])
    early.operation("refuse", first["path"], "refused", {**early.refuse()["value"]})
    early.waiting = [op for op in early.waiting if op["path"] == first["path"]]
    assert pushed(early) == [
        ("applied", ""),
        ("rejected", "signature_exists"),
        ("rejected", "signature_exists"),
    ]


def test_a_signature_sent_twice_is_stored_once(early: Phone) -> None:
    signed = early.sign("auditor")
    assert pushed(early) == [("applied", "")]
    assert early.send([signed]).json["results"][0]["result"] == "duplicate"


def test_the_team_signs_and_nobody_else(cast: Cast, phone: Phone, phone_of: Callable[[UUID], Phone]) -> None:
    value = phone.sign("auditor")["value"]
    for person, result in (
        (cast.teammate, ("applied", "")),
        (cast.stranger, ("deferred", "op_record_unknown")),
        (cast.manager, ("rejected", "not_allowed")),
    ):
        other = phone_of(person)
        other.record, other.lamport = phone.record, phone.lamport
        other.operation("sign", f"sign/{new_id()}", "signed", value)
        assert pushed(other) == [result], person


# review


def test_an_approver_issues_what_is_in_review(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient], heard: list[Frozen]
) -> None:
    completed(reviewed)
    assert row(app, reviewed).state == "in_review"
    assert not every(app, Revision) and not heard
    reviewed.set("q/M01", "score", "0")
    assert pushed(reviewed) == [("late", "inspection_in_review")]
    manager = client_for(cast.manager)
    assert "In review." in manager.get(address(reviewed)).get_data(as_text=True)
    assert change(manager, address(reviewed), "approval").status_code == 303
    assert row(app, reviewed).state == "completed"
    assert [revision.revision for revision in every(app, Revision)] == [1]
    assert [h.person_id for h in heard] == [cast.manager]
    assert [act for act, _ in acts(app, reviewed)] == [
        "inspection.created",
        "inspection.submitted",
        "inspection.approved",
    ]
    again = manager.post(f"{address(reviewed)}/approval", {"seq": "1000"})
    assert again.status_code == 422


def test_an_approver_returns_it_and_only_what_changed_is_signed_again(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    completed(reviewed)
    manager = client_for(cast.manager)
    comments = {"comments-0-question": "M03", "comments-0-text": "Which post has no backup?"}
    answer = change(manager, address(reviewed), "return", reason="Not precise", **comments)
    assert answer.status_code == 303
    assert row(app, reviewed).state == "in_progress"
    page = manager.get(address(reviewed)).get_data(as_text=True)
    assert "Which post has no backup?" in page and "Not precise" in page
    # nothing changed: the signatures still count, and it may be completed again
    phone = reviewed
    phone.complete()
    assert pushed(phone) == [("applied", "")]
    assert "Which post has no backup?" not in manager.get(address(reviewed)).get_data(as_text=True)
    assert change(manager, address(reviewed), "return", reason="Still not").status_code == 303
    phone.set("q/M03", "note", {"text": "Post 12 has none", "lang": "en"})
    phone.complete()
    assert pushed(phone) == [("applied", ""), ("deferred", "signature_outdated")]
    completed(phone)
    assert row(app, phone).state == "in_review"


def test_only_approvers_decide(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    completed(reviewed)
    reviewed.operation("approve", "inspection", "approved", {})
    reviewed.operation("return", "inspection", "returned", {"reason": TYPED, "comments": []})
    assert pushed(reviewed) == [("rejected", "not_allowed")] * 2
    for person, status in ((cast.owner, 404), (cast.officer, 404), (cast.stranger, 404)):
        for noun in ("approval", "return"):
            answer = client_for(person).post(f"{address(reviewed)}/{noun}", {"seq": "999", "reason": "x"})
            assert answer.status_code == status
    assert row(app, reviewed).state == "in_review"
    assert change(client_for(cast.scoped), address(reviewed), "approval").status_code == 303


def test_nobody_issues_an_inspection_of_their_own_team(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient], phone_of: Any
) -> None:
    with app.app_context(), transaction() as session:
        session.add(
            Assignment(
                inspection_id=UUID(reviewed.record), person_id=cast.manager, position=2, assigned_at=BORN
            )
        )
    completed(reviewed)
    manager = client_for(cast.manager)
    page = manager.get(address(reviewed)).get_data(as_text=True)
    sentence = "You are on its team: somebody else has to issue it."
    assert sentence in page and 'id="approval"' not in page and 'id="return"' in page
    refused = manager.post(f"{address(reviewed)}/approval", {"seq": "999"})
    assert refused.status_code == 403 and sentence in refused.get_data(as_text=True)
    phone = phone_of(cast.manager)
    phone.record, phone.lamport = reviewed.record, reviewed.lamport
    phone.operation("approve", "inspection", "approved", {})
    assert pushed(phone) == [("rejected", "own_inspection")]
    assert row(app, reviewed).state == "in_review" and not every(app, Revision)
    # with other eyes it is issued
    assert change(client_for(cast.admin), address(reviewed), "approval").status_code == 303
    assert row(app, reviewed).state == "completed"


def test_a_manager_of_another_supplier_does_not_find_it(
    app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone], client_for: Callable[..., PageClient]
) -> None:
    phone = phone_of(cast.owner)
    phone.start(audit_version(app), cast.other_site, cast.owner)
    phone.push()
    for noun in ("approval", "return", "revision"):
        answer = client_for(cast.scoped).post(f"{address(phone)}/{noun}", {"seq": "999", "reason": "x"})
        assert answer.status_code == 404


OUT_OF_PLACE: list[Any] = [
    ("approve", "approved", {}, "not_in_review"),
    ("return", "returned", {"reason": TYPED, "comments": []}, "not_in_review"),
    ("reopen", "reopened", {"reason": TYPED, "revision": 2}, "not_completed"),
    ("return", "returned", {"reason": None, "comments": []}, "reason_missing"),
    (
        "return",
        "returned",
        {"reason": TYPED, "comments": [{"question": "X", "text": TYPED}]},
        "question_unknown",
    ),
    (
        "return",
        "returned",
        {"reason": TYPED, "comments": [{"question": "M01", "text": None}]},
        "op_value",
    ),
    ("return", "returned", {"reason": TYPED, "comments": [[]]}, "op_value"),
    ("approve", "approved", {"note": 1}, "op_value"),
    ("reopen", "reopened", {"reason": TYPED, "revision": "2"}, "op_value"),
    ("reopen", "reopened", {"reason": TYPED, "revision": 1}, "op_value"),
]


def test_decisions_out_of_place_are_rejected(
    cast: Cast, early: Phone, phone_of: Callable[[UUID], Phone]
) -> None:
    boss = phone_of(cast.admin)
    boss.record, boss.lamport = early.record, early.lamport
    for kind, field, value, code in OUT_OF_PLACE:
        boss.operation(kind, "inspection", field, value)
        assert pushed(boss) == [("rejected", code)], (kind, value)


def test_a_return_needs_a_reason_and_keeps_what_was_typed(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    completed(reviewed)
    manager = client_for(cast.manager)
    typed = {"comments-0-question": "M03", "comments-0-text": "Look again", "comments-1-text": "Where?"}
    answer = change(manager, address(reviewed), "return", **typed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Look again" in page and "Where?" in page
    assert "This is needed." in page and "Choose one from the list." in page
    more = change(manager, address(reviewed), "return", add="1", reason="Kept", **typed)
    assert more.status_code == 200
    page = more.get_data(as_text=True)
    assert "comments-2-text" in page and "Kept" in page and "Look again" in page
    assert row(app, reviewed).state == "in_review"


REFUSED: list[tuple[dict[str, str], int]] = [
    ({"reason": "x" * 20_000}, 422),
    ({"reason": "ok", "comments-0-question": "M01", "comments-0-text": "字" * 1001}, 422),
    ({"reason": "ok", "comments-0-question": "X99", "comments-0-text": "x"}, 422),
    ({"reason": "ok", "comments-99999999999999999999-text": "x"}, 422),
    ({"reason": " \t "}, 422),
    ({"reason": "ok", "seq": "x"}, 409),
]


def test_hostile_words_of_an_approver_are_kept_or_refused(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    completed(reviewed)
    manager = client_for(cast.manager)
    for fields, status in REFUSED:
        assert change(manager, address(reviewed), "return", **fields).status_code == status, fields
        assert row(app, reviewed).state == "in_review", fields
    words = "a\x00b\ud800<script>alert(7)</script>‮".encode("utf-8", "surrogatepass").decode(
        "utf-8", "replace"
    )
    assert change(manager, address(reviewed), "return", reason=words).status_code == 303
    page = manager.get(address(reviewed)).get_data(as_text=True)
    assert "<script>alert" not in page and "&lt;script&gt;alert(7)" in page


def test_the_plan_of_what_is_in_review_cannot_change(
    app: Flask, cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    completed(reviewed)
    answer = client_for(cast.manager).post(
        f"{address(reviewed)}/cancellation", {"seq": "999", "reason": "No"}
    )
    assert answer.status_code == 422
    assert "being reviewed" in answer.get_data(as_text=True)


# revisions


def test_a_new_revision_opens_it_again_and_supersedes(
    app: Flask, cast: Cast, phone: Phone, client_for: Callable[..., PageClient], heard: list[Frozen]
) -> None:
    completed(phone)
    manager = client_for(cast.manager)
    assert change(manager, address(phone), "revision", reason="Wrong site photo").status_code == 303
    again = row(app, phone)
    assert (again.state, again.revision, again.completed_at) == ("in_progress", 2, None)
    phone.set("q/M01", "score", "8")
    completed(phone)
    first, second = every(app, Revision)
    assert (first.revision, second.revision) == (1, 2)
    assert first.digest != second.digest
    assert second.reason == {"text": "Wrong site photo", "lang": "en"}
    assert [(finding.revision, finding.question) for finding in every(app, Finding)] == [
        (1, "M03"),
        (2, "M01"),
        (2, "M03"),
    ]
    assert [h.revision for h in heard] == [1, 2]
    page = manager.get(address(phone)).get_data(as_text=True)
    assert "Wrong site photo" in page and first.digest in page and second.digest in page


def test_signatures_count_for_the_next_revision_while_nothing_changed(app: Flask, phone: Phone) -> None:
    """What was signed is the same, to the byte: nobody is fetched again (DESIGN §4.5)."""
    rows = phone.sign_both()
    phone.complete(rows)
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2})
    pushed(phone)  # frozen after the batch, so the reopening came too early
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2})
    phone.complete(rows)
    assert pushed(phone) == [("applied", ""), ("applied", "")]
    assert [revision.revision for revision in every(app, Revision)] == [1, 2]
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 3})
    phone.set("q/M01", "score", "8")
    phone.complete(rows)
    assert pushed(phone) == [("applied", ""), ("applied", ""), ("deferred", "signature_outdated")]


def test_a_revision_needs_a_reason(cast: Cast, phone: Phone, client_for: Callable[..., PageClient]) -> None:
    completed(phone)
    answer = change(client_for(cast.manager), address(phone), "revision")
    assert answer.status_code == 422
    assert "This is needed." in answer.get_data(as_text=True)


def test_the_lead_may_begin_a_revision_and_others_of_the_team_may_not(
    app: Flask, cast: Cast, phone: Phone, client_for: Callable[..., PageClient], phone_of: Any
) -> None:
    completed(phone)
    mate = phone_of(cast.teammate)
    mate.record, mate.lamport = phone.record, phone.lamport
    mate.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2})
    assert pushed(mate) == [("rejected", "not_allowed")]
    body = {"seq": "999", "reason": "x"}
    assert client_for(cast.teammate).post(f"{address(phone)}/revision", body).status_code == 403
    assert client_for(cast.stranger).post(f"{address(phone)}/revision", body).status_code == 404
    assert client_for(cast.officer).post(f"{address(phone)}/revision", body).status_code == 404
    assert change(client_for(cast.owner), address(phone), "revision", reason="Mine").status_code == 303
    assert row(app, phone).revision == 2


def test_a_revision_is_begun_once(app: Flask, phone: Phone) -> None:
    completed(phone)
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 3})
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2})
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2})
    assert pushed(phone) == [("rejected", "revision_number"), ("applied", ""), ("rejected", "not_completed")]


def test_a_revision_cannot_begin_before_the_last_is_frozen(app: Flask, phone: Phone) -> None:
    phone.complete(phone.sign_both())
    phone.operation("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2})
    assert pushed(phone)[-2:] == [("applied", ""), ("deferred", "revision_early")]
    assert len(every(app, Revision)) == 1


# what is read


def test_the_page_tells_findings_and_signatures(
    cast: Cast, phone: Phone, client_for: Callable[..., PageClient]
) -> None:
    phone.set("f/M03", "severity", {"severity": "major", "reason": {"text": "Third time", "lang": "en"}})
    phone.set("f/M03", "statement", {"text": "No backup at post 12", "lang": "en"})
    phone.set("f/M03", "owner", {"name": "Wang <b>Jianguo</b>", "contact": None})
    phone.set("f/M03", "position", {"stand": "disagree", "text": TYPED})
    phone.sign("auditor", name="Early <script>", digest="0" * 64)
    phone.sign("auditor", strokes=[[100, 200, 180, 120], [300, 210]])
    phone.refuse("auditee")
    phone.complete()
    assert {r for r, _ in pushed(phone)} == {"applied"}
    page = client_for(cast.manager).get(address(phone)).get_data(as_text=True)
    for words in (
        "Major finding",
        "Minor finding",  # by rule
        "Third time",
        "No backup at post 12",
        "Wang &lt;b&gt;Jianguo&lt;/b&gt;",
        "Disagrees",
        "因为",
        'd="M100 200L180 120M300 210L300 210"',
        "Early &lt;script&gt;",
        "It does not count.",
        "I carried out this inspection as recorded",
        "Refused to sign",
        "Not in my power",
        "Witness: Teammate Auditor",
        "Revision 1",
    ):
        assert words in page, words
    assert client_for(cast.stranger).get(address(phone)).status_code == 404


def test_a_signature_says_how_many_changes_it_does_not_cover(
    cast: Cast, phone: Phone, client_for: Callable[..., PageClient]
) -> None:
    phone.sign("auditor")
    phone.set("q/M01", "score", "8")
    phone.set("q/M02", "score", "8")
    phone.sign("auditee")
    assert {r for r, _ in pushed(phone)} == {"applied"}
    page = client_for(cast.manager).get(address(phone)).get_data(as_text=True)
    assert "Given before 2 later changes." in page
    assert page.count("It does not count any more.") == 1


def test_the_list_knows_what_is_in_review(
    cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    completed(reviewed)
    manager = client_for(cast.manager)
    assert "Hengda Precision" in manager.get("/inspections?state=in_review").get_data(as_text=True)
    listed = manager.get("/inspections.csv?state=in_review").get_data(as_text=True)
    assert "In review" in listed
    assert "In review" not in manager.get("/inspections.csv?state=completed").get_data(as_text=True)


def test_the_history_tells_how_it_ended(
    cast: Cast, reviewed: Phone, client_for: Callable[..., PageClient]
) -> None:
    reviewed.set("f/M03", "position", {"stand": "agree", "text": None})
    completed(reviewed)
    manager = client_for(cast.manager)
    change(manager, address(reviewed), "return", reason="Not precise")
    told = manager.get(f"{address(reviewed)}/history").get_data(as_text=True)
    for words in (
        "M03: position of the other party",
        "Agrees",
        "Signed",
        "Wang Jianguo (Representative of the supplier): I confirm the facts",
        "Inspection completed",
        "Inspection returned to its team",
        "Not precise",
    ):
        assert words in told, words


# what phones are told


def test_a_phone_gets_contacts_revision_and_the_versions_hash(app: Flask, cast: Cast, early: Phone) -> None:
    answer = early.client.api("GET", f"/api/v1/inspections/{early.record}").json
    assert answer is not None
    told = answer["inspection"]
    assert [(one["name"], one["duty"]) for one in told["contacts"]] == [("Wang Jianguo", "")]
    assert told["revision"] == 1
    assert len(told["version_sha256"]) == 64
    stranger = PageClient(app, cast.stranger)
    assert stranger.api("GET", f"/api/v1/inspections/{early.record}").status_code == 404
