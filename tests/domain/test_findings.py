"""How findings read: by rule, unless somebody wrote something else; vectors worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.findings import due_by_rule, findings
from app.domain.merge import Head, register
from app.domain.words import pick_with_language
from tests.domain.reading import SCORING, scale, vectors

VECTORS = vectors("findings")
DAY = date(2026, 11, 25)


def checklist():
    def question(name, critical=False):
        text = {"en": f"Question {name}", "zh-Hans": f"问题 {name}"}
        return {"id": name, "weight": 1, "critical": critical, "veto": False, "text": text}

    sections = [
        {"id": "a", "questions": [question("A1"), question("A2", critical=True)]},
        {"id": "b", "questions": [question("B1")]},
    ]
    return {"scale": scale("vda"), "na": True, "rules": SCORING["rules"], "sections": sections}


def state_of(written):
    """Registers as if each had been written once."""
    found = {}
    for at, (name, value) in enumerate(written.items(), start=1):
        path, field = name.split(" ")
        found[(path, field)] = register([Head(f"o{at}", at, value)], field)
    return found


@pytest.mark.parametrize("vector", VECTORS["findings"], ids=lambda vector: vector["name"])
def test_vector(vector):
    told = findings(checklist(), state_of(vector["state"]), DAY, "en")
    expected = [
        {"requirement": {"text": f"Question {found['question']}", "lang": "en"}} | found
        for found in vector["findings"]
    ]
    assert [entry._asdict() for entry in told] == expected


def test_the_requirement_is_in_the_readers_language():
    told = findings(checklist(), state_of({"q/B1 score": "0"}), DAY, "zh-Hant")
    assert told[0].requirement == {"text": "问题 B1", "lang": "zh-Hans"}


@pytest.mark.parametrize(("severity", "at_once", "day", "due"), VECTORS["due"])
def test_due_by_rule(severity, at_once, day, due):
    found = due_by_rule(severity, at_once, date.fromisoformat(day))
    assert (found.isoformat() if found else None) == due


@pytest.mark.parametrize(("words", "reader", "expected"), VECTORS["words"])
def test_words(words, reader, expected):
    assert list(pick_with_language(words, reader)) == expected
