"""What stands where an audit has its grade, on the cover of a unit's walk and of its re-inspection."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.features.inspections.report import walk


def found(*results: tuple[str, str], defects: str = "") -> dict[str, Any]:
    """A record with new defects of these classes ("AC") and these (class, result) of what was repaired."""
    body: dict[str, Any] = {"defects": [{"class": grade} for grade in defects]}
    if results:
        body["rechecks"] = [{"class": grade, "result": result} for grade, result in results]
    return {"walk": body}


CASES = [
    (found(), "No defects", "None of class A."),
    (found(defects="AAC"), "3 defects", "2 of class A hold the keys until they are repaired."),
    (found(("A", "pass"), ("C", "as_is")), "1 of 2 repairs passed", "Of these, nothing of class A is left."),
    (
        found(("A", "fail"), ("B", "fail"), defects="A"),
        "0 of 2 repairs passed",
        "2 of class A hold the keys until they are repaired.",
    ),
]


@pytest.mark.parametrize(("record", "verdict", "says"), CASES)
def test_the_cover_says_what_was_looked_at(
    app: Flask, record: dict[str, Any], verdict: str, says: str
) -> None:
    with app.test_request_context("/"):
        assert (walk.verdict(record), walk.says(record)) == (verdict, says)
