"""Begun again as a revision, which supersedes the last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.features.inspections.models import Finding, Revision
from app.features.inspections.record import Frozen
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.features.inspections.endings.steps import (
    TYPED,
    address,
    completed,
    every,
    pushed,
    row,
)
from tests.features.inspections.steps import change


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
