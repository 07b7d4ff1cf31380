"""Operations and rules in words: whatever may stand in a register reads as a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.registers import Form
from app.domain.scoring import score
from app.features.checklists import library
from app.features.inspections.words import points, why, why_headline
from app.features.inspections.words.history import Shown, Written, describe, device_time

DEFINITION = next(d for d in library.definitions() if d["code"] == "4m1e-supplier-audit")
FORM = Form.of("v", DEFINITION)
PERSON = "01a20700-ab97-709c-abd2-11f0246e2f7b"
TYPED = {"text": "Seen at <line 3>", "lang": "zh-Hans"}


@pytest.fixture(autouse=True)
def request_in_english(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("op", "what", "after"),
    [
        (Written("set", "q/M01", "score", "8"), "M01: Score", Shown("8, Mainly met")),
        (Written("set", "q/M01", "score", "na"), "M01: Score", Shown("Not applicable")),
        (Written("set", "q/M01", "score", None), "M01: Score", None),
        (Written("set", "q/M01", "note", TYPED), "M01: Note", Shown("Seen at <line 3>", "zh-Hans")),
        (
            Written("set", "q/M01", "reason", TYPED),
            "M01: Why not applicable",
            Shown("Seen at <line 3>", "zh-Hans"),
        ),
        (Written("media.add", "q/M01", "photo:x", {"name": "a.jpg"}), "Photo added to M01", Shown("a.jpg")),
        (Written("media.add", "q/M01", "photo:x", {"name": ""}), "Photo added to M01", Shown("Photo")),
        (Written("media.remove", "q/M01", "photo:x", None), "Photo removed from M01", None),
        (Written("row.add", "participants/r", "row", {"on": True}), "Participant added", None),
        (Written("row.remove", "participants/r", "row", None), "Participant removed", None),
        (Written("set", "participants/r", "opening", True), "Participant: at the opening", Shown("yes")),
        (Written("set", "participants/r", "closing", False), "Participant: at the closing", Shown("no")),
        (Written("set", "s/man", "covered", {"in": True}), "Section Man", Shown("in scope")),
        (
            Written("set", "s/man", "covered", {"in": False, "reason": TYPED}),
            "Section Man",
            Shown("Seen at <line 3>", "zh-Hans"),
        ),
        (Written("set", "plan", "auditors", [PERSON, "x"]), "Team", Shown("Lin Yue, somebody")),
        (Written("set", "plan", "due", "2026-11-30"), "Due date", Shown("30 Nov 2026")),
        (Written("set", "opening", "held_at", 1767225600000), "Opening meeting", None),
        (
            Written("cancel", "inspection", "cancelled", {"reason": TYPED}),
            "Inspection cancelled",
            Shown("Seen at <line 3>", "zh-Hans"),
        ),
        (
            Written("return", "inspection", "returned", {"reason": TYPED, "comments": []}),
            "Inspection returned to its team",
            Shown("Seen at <line 3>", "zh-Hans"),
        ),
        (
            Written("reopen", "inspection", "reopened", {"reason": TYPED, "revision": 2}),
            "New revision begun",
            Shown("Seen at <line 3>", "zh-Hans"),
        ),
        (Written("approve", "inspection", "approved", {}), "Inspection issued", None),
        (
            Written("sign", "sign/r", "signed", {"slot": "auditor", "name": "Lin", "meaning": "carried_out"}),
            "Signed",
            Shown("Lin (Auditor): I carried out this inspection as recorded"),
        ),
        (
            Written("refuse", "sign/r", "refused", {"slot": "auditee", "name": "Wang", "reason": TYPED}),
            "Signature refused",
            Shown("Wang (Representative of the supplier): Seen at <line 3>", "zh-Hans"),
        ),
        (
            Written("set", "f/M02", "severity", {"severity": "minor", "reason": TYPED}),
            "M02: severity of the finding",
            Shown("Minor finding: Seen at <line 3>", "zh-Hans"),
        ),
        (
            Written("set", "f/M02", "owner", {"name": "Wang", "contact": None}),
            "M02: owner of the finding",
            Shown("Wang"),
        ),
        (
            Written("set", "f/M02", "position", {"stand": "disagree", "text": TYPED}),
            "M02: position of the other party",
            Shown("Disagrees: Seen at <line 3>", "zh-Hans"),
        ),
        (
            Written("set", "f/M02", "position", {"stand": "agree", "text": None}),
            "M02: position of the other party",
            Shown("Agrees"),
        ),
        (Written("set", "f/M02", "due", "2026-11-30"), "M02: due date of the finding", Shown("30 Nov 2026")),
        (
            Written("set", "f/M02", "statement", TYPED),
            "M02: statement",
            Shown("Seen at <line 3>", "zh-Hans"),
        ),
        (
            Written("complete", "inspection", "completed", {"operations": 3, "media": []}),
            "Inspection completed",
            None,
        ),
    ],
)
def test_each_register_reads_as_words(op, what, after):
    told = describe(op, FORM, "en", {PERSON: "Lin Yue"})
    assert told.what == what
    if op.field == "held_at":
        assert "08:00" in told.after.text
    else:
        assert told.after == after
    assert told.question == (op.path[2:] if op.path in ("q/M01", "f/M02") else None)


def test_what_was_replaced_stands_before():
    told = describe(Written("set", "q/M01", "score", "6", (None, "8")), FORM, "en")
    assert (told.before, told.after) == (Shown("8, Mainly met"), Shown("6, Partially met"))


def test_no_register_of_an_inspection_is_left_without_a_name():
    from app.domain.register_ends import RECORD
    from app.domain.register_findings import _FIELDS
    from app.domain.registers import _PAGES, _PARTICIPANT

    for room, fields in _PAGES.items():
        for name in fields:
            what = describe(Written("set", room, name, None), FORM, "en").what
            assert "_" not in what and what != f"{room} {name}", (room, name)
    for name in _FIELDS:
        what = describe(Written("set", "f/M01", name, None), FORM, "en").what
        assert "_" not in what and what not in (f"M01: {name}x", f"f/M01 {name}"), name
    for name in RECORD:
        what = describe(Written("set", "inspection", name, None), FORM, "en").what
        assert what != f"inspection {name}", name
    for name in _PARTICIPANT:
        assert describe(Written("set", "participants/x", name, None), FORM, "en").what.startswith("Particip")


def test_a_clock_is_named_only_when_it_says_something_else():
    arrived = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)

    def at(**ago):
        return int((arrived - timedelta(**ago)).timestamp() * 1000)

    assert device_time(at(minutes=2), "Asia/Shanghai", arrived) is None
    assert device_time(at(minutes=-2), "Asia/Shanghai", arrived) is None
    assert "17:30" in device_time(at(minutes=30), "Asia/Shanghai", arrived)
    assert "11:30" in device_time(at(hours=-1, minutes=-30), "UTC", arrived)
    for impossible in (10**15, -(2**53)):
        assert device_time(impossible, "UTC", arrived) == "an impossible time"
    assert device_time(at(hours=3), "Mars/Olympus", arrived) == "an impossible time"


def everything(value, **others):
    given = {q["id"]: {"score": value} for s in DEFINITION["sections"] for q in s["questions"]}
    return given | {question: {"score": score_} for question, score_ in others.items()}


@pytest.mark.parametrize(
    ("answers", "headline", "sentences"),
    [
        (everything("10"), "Why A: 1 rule that fired", ["Total 100.0 is at least 90: A."]),
        (everything("8"), "Why B: 1 rule that fired", ["Total 80.0 is below 90 and at least 80: B."]),
        (
            everything("10", E05="4"),
            "Why B: 2 rules that fired",
            ["Total 98.7 is at least 90: A.", "E05 is critical and scored 4: no A."],
        ),
        ({}, "Why there is no grade yet: 8 reasons", ["Nothing is scored yet."]),
    ],
)
def test_every_rule_that_fired_is_a_sentence(answers, headline, sentences):
    result = score(DEFINITION, answers)
    reasons = why(result, DEFINITION, "en")
    assert why_headline(result, len(reasons)) == headline
    said = [reason.text for reason in reasons]
    for sentence in sentences:
        assert sentence in said, said
    assert len(reasons) == len(result["rules"])


def test_rules_point_to_their_questions_and_sections():
    result = score(DEFINITION, everything("6", P04="0"))
    reasons = why(result, DEFINITION, "zh-Hans")
    assert {reason.question for reason in reasons} >= {"P04", None}
    assert any(reason.section == "man" and "人" in reason.text for reason in reasons)


def test_points():
    assert [points(value) for value in (None, 0, 5, 863, 1000)] == ["", "0.0", "0.5", "86.3", "100.0"]
