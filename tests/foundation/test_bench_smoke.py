"""The benchmark's own arithmetic. Nothing here takes time: what is fast is for `make bench` to say."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from app.config import ROOT
from app.domain.checklists import check_definition
from app.features.checklists import library
from bench import page, soak
from bench.__main__ import MEASURES
from bench.push import Figures, Run
from bench.server import Server
from bench.table import HEADS, Line, cut, markdown, number
from bench.world import stretched


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_gives_lines_and_has_a_place_on_the_page(name: str) -> None:
    assert callable(import_module(f"bench.{name}").lines)
    assert page.TITLES[name]
    assert page.NOTES[name]


def test_an_unknown_measure_is_refused_with_the_names_there_are() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "no such measure: speed" in told.stderr
    assert all(name in told.stderr for name in MEASURES)


def test_percentiles_and_numbers() -> None:
    assert [cut([1.0, 2.0, 3.0, 4.0, 5.0], at) for at in (50, 75)] == [3.0, 4.0]
    assert cut([7.0], 99) == 7.0
    assert [number(value) for value in (0.5, 12.345, 1234.5)] == ["0.50", "12.3", "1,234"]


def test_a_run_is_summed_up_by_its_middle_and_all_its_answers() -> None:
    runs = [Run([0.010] * 8, 1.0, 0.08, 2), Run([0.020] * 8, 2.0, 0.16, 2), Run([0.030] * 8, 4.0, 0.04, 4)]
    found = Figures.of(runs)
    assert (found.per_second, found.cpu_ms, found.p50, found.group) == (4.0, 10.0, 0.020, 3.0)


def test_the_page_names_what_was_missed() -> None:
    good = Line("Start", "1.0 s", "hello: 0.5 s", "2.0 x", "≤ 2 s", True)
    bad = Line("Weight", "200 KB", target="≤ 150 KB", met=False)
    told = page.text({"footprint": [good], "visit": [bad, Line("Only said", "3")]}, "MACHINE")
    assert "1 of 2 targets are met." in told
    assert "- Weight: 200 KB (target ≤ 150 KB)" in told
    assert "- Start" not in told
    assert "MACHINE" in told
    assert markdown(HEADS, [good.cells]) in told


def test_a_hundred_questions_are_a_checklist() -> None:
    audit = next(each for each in library.definitions() if each["code"] == "4m1e-supplier-audit")
    longer = stretched(audit, 100)
    check_definition(longer)
    ids = [question["id"] for section in longer["sections"] for question in section["questions"]]
    assert len(ids) == len(set(ids)) == 100
    assert sum(len(section["questions"]) for section in audit["sections"]) == 59  # the original is untouched


@pytest.mark.parametrize("mode", ["TRUNCATE", "WAL"])
def test_commits_are_counted_from_outside(tmp_path: Path, mode: str) -> None:
    server = Server(None, 0, tmp_path, 0.0)  # type: ignore[arg-type]
    with closing(sqlite3.connect(tmp_path / "plumbline.db", isolation_level=None)) as database:
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("CREATE TABLE t (a)")
        before = server.commits()
        for count in (1, 3):
            for _ in range(count):
                database.execute("BEGIN IMMEDIATE")
                database.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
                database.execute("COMMIT")
        assert server.commits() - before == 4


def test_the_soak_finds_a_gap(tmp_path: Path) -> None:
    ids = [f"{n:032x}" for n in range(3)]
    with closing(sqlite3.connect(tmp_path / "plumbline.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE operations (id TEXT, record_id TEXT, seq INTEGER)")
        database.executemany(
            "INSERT INTO operations VALUES (?, 'r', ?)", list(zip(ids, (1, 2, 3), strict=True))
        )
        kept = soak._kept(tmp_path)
        assert kept == {f"00000000-0000-0000-0000-{n:012x}" for n in range(3)}
        database.execute("DELETE FROM operations WHERE seq = 2")
        with pytest.raises(RuntimeError, match="gaps"):
            soak._kept(tmp_path)
