"""Reading the vectors that Python and JavaScript share."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"
QUESTION = re.compile(r"(\d+)([*v]?):(.+)")


def vectors(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


SCORING = vectors("scoring")


def scale(name: str) -> dict[str, Any]:
    known = SCORING["scales"][name]
    options = [{"value": value, "points": points} for value, points in known["options"].items()]
    return {"id": name, "min": known["min"], "max": known["max"], "options": options}


def definition(vector: dict[str, Any]) -> dict[str, Any]:
    """The checklist a vector speaks of."""
    sections = [
        {"id": section, "questions": [_question(section, at, text) for at, text in enumerate(texts, start=1)]}
        for section, texts in vector["sections"].items()
    ]
    rules = SCORING["rules"] | vector.get("rules", {})
    return {
        "scale": scale(vector.get("scale", "vda")),
        "na": vector.get("na", True),
        "rules": rules,
        "sections": sections,
    }


def answers(vector: dict[str, Any]) -> dict[str, Any]:
    """The answers a vector gives."""
    given = {
        f"{section}-{at}": QUESTION.fullmatch(text)[3]
        for section, texts in vector["sections"].items()
        for at, text in enumerate(texts, start=1)
    }
    return {question: {"score": score} for question, score in given.items() if score != "-"}


def operation(fields: list[Any]) -> SimpleNamespace:
    """[id, "path field", value, parents, lamport]."""
    op_id, register, value, parents, lamport = fields
    path, field = register.split(" ")
    return SimpleNamespace(id=op_id, path=path, field=field, value=value, parents=parents, lamport=lamport)


def _question(section: str, at: int, text: str) -> dict[str, Any]:
    weight, flag, _ = QUESTION.fullmatch(text).groups()
    return {
        "id": f"{section}-{at}",
        "weight": int(weight),
        "critical": flag == "*",
        "veto": flag == "v",
    }
