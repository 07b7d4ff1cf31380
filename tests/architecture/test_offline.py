"""The promise of docs/offline.md: each of the 49 scenarios is named once, with tests that exist."""

from __future__ import annotations

import re

import pytest

from app.config import ROOT

SCENARIOS = 49
PAGE = (ROOT / "docs" / "offline.md").read_text("utf-8")
TABLE = PAGE.partition("### The 49 scenarios")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", TABLE, re.M)


def test_every_scenario_has_one_row() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, SCENARIOS + 1))


@pytest.mark.parametrize(("number", "where"), ROWS, ids=[number for number, _ in ROWS])
def test_the_tests_it_names_exist(number: str, where: str) -> None:
    named = re.findall(r"`([^`]+)::([^`]+)`", where)
    assert named, f"{number} is tried nowhere"
    for file, test in named:
        source = (ROOT / file).read_text("utf-8")
        found = f'test("{test}"' if file.endswith(".js") else f"\ndef {test}("
        assert found in source, f"{number}: {file} has no {test}"
