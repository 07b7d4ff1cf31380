"""What pages and phones say of how it ended."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import Phone
from tests.features.inspections.endings.steps import (
    TYPED,
    address,
    completed,
    pushed,
)
from tests.features.inspections.steps import change


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
