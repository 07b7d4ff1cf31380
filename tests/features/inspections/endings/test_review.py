"""An approver issues what is in review, or returns it with comments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask

from app.db import transaction
from app.features.inspections.models import Assignment, Revision
from app.features.inspections.record import Frozen
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.endings.steps import (
    TYPED,
    acts,
    address,
    completed,
    every,
    pushed,
    row,
)
from tests.features.inspections.steps import change


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
