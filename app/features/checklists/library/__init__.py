"""Checklists that come with Plumbline: questions as CSV in three languages, how they are asked as TOML.

Where a TOML file names `statements`, a CSV of question, id, en, zh-Hans, zh-Hant, each question offers its
own as ready wordings of a finding. `rooms`, a CSV of check and kinds of room, says where each is asked when
a flat is walked room by room (domain/rooms.py); `defects`, a CSV of id, trade, class and three languages, are
the common defects to choose from. `definitions()` puts all of it together into the definition that is
published (domain/checklists.py).
"""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LANGUAGES = {"en": "en", "zh-Hans": "zh_hans", "zh-Hant": "zh_hant"}
FORMAT = 1

Row = dict[str, str]


def definitions() -> list[dict[str, Any]]:
    """Every checklist of the library, ready to publish."""
    return [definition(path) for path in sorted(HERE.glob("*.toml"))]


def definition(path: Path) -> dict[str, Any]:
    """One checklist from its TOML file and the CSV it names."""
    about = tomllib.loads(path.read_text("utf-8"))
    rows = _read(path.parent / about["questions"])
    statements = _read(path.parent / about["statements"]) if "statements" in about else []
    placed = _read(path.parent / about["rooms"]) if "rooms" in about else []
    kinds = {row["check"]: row["rooms"].split() for row in placed}
    sections = {
        name: {"optional": False, **section, "questions": []} for name, section in about["sections"].items()
    }
    draw = _audit_question if "group" in rows[0] else _handover_question
    for row in rows:
        question = draw(row)
        if kinds:
            question["rooms"] = kinds[row["id"]]
        canned = [
            {"id": one["id"], "text": {language: one[language] for language in LANGUAGES}}
            for one in statements
            if one["question"] == row["id"]
        ]
        if canned:
            question["canned"] = canned
        sections[row.get("group") or row["area"]]["questions"].append(question)
    rules = {"grade": None, "coverage": None, "group_weights": None, **about["rules"]}
    made = {key: about[key] for key in ("code", "kind", "title", "source", "scale", "na")}
    if "terms" in about:
        made["terms"] = about["terms"]
    if "defects" in about:
        made["defects"] = [_defect(row) for row in _read(path.parent / about["defects"])]
    return {"format": FORMAT, **made, "rules": rules, "sections": list(sections.values())}


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _audit_question(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "text": _words(row, "question"),
        "hint": _words(row, "evidence"),
        "weight": int(row["weight"]),
        "critical": row["flag"] in ("critical", "veto"),
        "veto": row["flag"] == "veto",
    }


def _handover_question(row: Row) -> dict[str, Any]:
    warranty = row["warranty_cn"]
    return {
        "id": row["id"],
        "text": _words(row, "check"),
        "hint": _words(row, "method_limit"),
        "weight": 1,
        "critical": False,
        "veto": False,
        "trade": row["trade"],
        "severity": row["default_severity"],
        "warranty": None if warranty == "-" else warranty,
    }


def _defect(row: Row) -> dict[str, Any]:
    text = {language: row[language] for language in LANGUAGES}
    return {"id": row["id"], "trade": row["trade"], "class": row["class"], "text": text}


def _words(row: Row, column: str) -> dict[str, str]:
    return {language: row[f"{column}_{ending}"] for language, ending in LANGUAGES.items()}
