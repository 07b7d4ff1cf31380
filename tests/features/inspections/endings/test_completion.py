"""An audit is signed and completed: what that waits for, and what it freezes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from app.db import new_id, reading
from app.domain.canonical import canonical, digest
from app.features.checklists.models import Version
from app.features.companies.models import Contact
from app.features.inspections.models import Finding, Inspection, Revision
from app.features.inspections.record import Frozen
from app.features.operations.models import Operation
from tests.cast import Cast
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.endings.steps import (
    TYPED,
    acts,
    completed,
    every,
    pushed,
    row,
)


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
