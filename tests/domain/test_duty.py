"""Evidence duty and findings, against vectors worked out by hand."""

from __future__ import annotations

import pytest

from app.domain.duty import Duty, blockers, duty, missing
from app.domain.findings import severity
from tests.domain.reading import SCORING, scale, vectors

VECTORS = vectors("duty")["vectors"]
NOTES = {
    "note": {"text": "Two of three records lack a date", "lang": "en"},
    "hinted": {"text": "Seen as hinted", "lang": "en", "canned": "hinted"},
    "blank": {"text": "  \u3000\n", "lang": "en"},
}


def checklist(vector):
    rules = SCORING["rules"] | {"duty": vector.get("duty", "vda")}
    question = {"id": "Q", "weight": 1, "critical": vector["flag"] == "*", "veto": vector["flag"] == "v"}
    sections = [{"id": "man", "questions": [question]}]
    return {
        "scale": scale(vector["scale"]),
        "na": vector.get("na", True),
        "rules": rules,
        "sections": sections,
    }


def answer(vector):
    note = next((NOTES[name] for name in vector["has"] if name in NOTES), None)
    return {
        "score": vector["score"],
        "note": note,
        "reason": {"text": "No such process here", "lang": "en"} if "reason" in vector["has"] else None,
        "photos": ["p"] if "photo" in vector["has"] else [],
    }


def name(vector):
    return f"{vector['scale']} {vector['score']}{vector['flag']} {'+'.join(vector['has'])}"


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_vector(vector):
    definition, given = checklist(vector), answer(vector)
    question = definition["sections"][0]["questions"][0]
    assert missing(definition, question, given) == vector["missing"]
    found = severity(definition, question, given["score"], given["note"])
    assert (list(found) if found else None) == vector["finding"]
    assert blockers(definition, {"Q": given}) == [
        {"code": code, "question": "Q", "section": "man"} for code in vector["missing"]
    ]


def test_what_a_score_owes_is_known_before_anything_is_written():
    definition = checklist({"flag": "*", "scale": "vda"})
    question = definition["sections"][0]["questions"][0]
    assert duty(definition, question, "6") == Duty(note=True, photo=True, reason=False)
    assert duty(definition, question, "8") == Duty(note=True, photo=False, reason=False)
    assert duty(definition, question, "na") == Duty(note=False, photo=False, reason=True)
    assert duty(definition, question, None) == Duty(note=False, photo=False, reason=False)


def test_blockers_follow_the_checklist_and_leave_out_what_is_out_of_scope():
    definition = checklist({"flag": "", "scale": "vda"})
    definition["sections"] = [
        {
            "id": section,
            "questions": [{"id": f"{section}{n}", "weight": 1, "critical": False} for n in (1, 2)],
        }
        for section in ("man", "machine", "management")
    ]
    given = {"man1": {"score": "10"}, "machine2": {"score": "0", "note": NOTES["note"]}}
    other = {"code": "open_point", "question": None, "section": None}
    assert blockers(definition, given, {"management"}, ["man1"], [other]) == [
        {"code": "conflict", "question": "man1", "section": "man"},
        {"code": "unanswered", "question": "man2", "section": "man"},
        {"code": "unanswered", "question": "machine1", "section": "machine"},
        {"code": "photo_missing", "question": "machine2", "section": "machine"},
        other,
    ]
