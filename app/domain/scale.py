"""Reading one answer on a checklist's scale. Twin: ``static/src/js/domain/scale.js``.

Every scale maps linearly onto 0..1 (DESIGN §8): 10/8/6/4/0, 2-1-0, yes/no, 0-4, 1-5. The rules speak of VDA
points, so their limits are tenths of the scale here: "below 8" is below 8/10 of it, "4" is above 0 and at
most 4/10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Tenths of the scale.
FULL = 10
MAINLY = 8
PARTLY = 6
INADEQUATE = 4

Definition = Mapping[str, Any]
Question = Mapping[str, Any]
Answers = Mapping[str, Mapping[str, Any]]


def points(definition: Definition) -> dict[str, int]:
    """Option value → its points above the scale's minimum."""
    low = definition["scale"]["min"]
    return {option["value"]: option["points"] - low for option in definition["scale"]["options"]}


def width(definition: Definition) -> int:
    """The points between the scale's ends."""
    return int(definition["scale"]["max"] - definition["scale"]["min"])


def above(definition: Definition, score: str | None) -> int | None:
    """Points above the minimum of one score; None when it is not on the scale."""
    scale = definition["scale"]
    for option in scale["options"]:
        if option["value"] == score:
            return int(option["points"] - scale["min"])
    return None


def against(definition: Definition, got: int, tenths: int) -> int:
    """Compares points with so many tenths of the scale, exactly: negative when below."""
    return got * 10 - tenths * width(definition)


def is_critical(question: Question) -> bool:
    """★; a veto question always is (DESIGN §2)."""
    return bool(question.get("critical") or question.get("veto"))


def is_na(definition: Definition, score: str | None) -> bool:
    """Answered as not applicable, on a checklist that has it."""
    return score == "na" and bool(definition.get("na"))


def score_of(answers: Answers, question: Question) -> str | None:
    """The score as answered; None when it is not."""
    score = answers.get(question["id"], {}).get("score")
    return score if isinstance(score, str) else None
