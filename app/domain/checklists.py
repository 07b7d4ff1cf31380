"""What a checklist definition must be before it can be published (DESIGN §2, §4.1).

A definition is JSON: format, code, kind, title, scale, na, rules, sections with questions, and `terms` for
the codes that questions carry. Words are {"en", "zh-Hans", "zh-Hant"}; one language is enough, the reader
falls back. May be left out: ``rules.signatures`` names the slots that must sign before completion, in order;
``rules.approval`` asks for a reviewer before issue; a question's ``canned`` are statements [{"id", "text"}]
that speed up writing its finding; its ``rooms`` are the kinds of room it is asked in when a flat is walked
(domain/rooms.py); ``defects`` are common ones to choose from, [{"id", "trade", "class", "text"}].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from app.domain.canonical import canonical
from app.domain.errors import Invalid
from app.domain.estates import ROOM_KINDS
from app.domain.signatures import SLOTS
from app.domain.words import LANGUAGES

FORMAT = 1
# An id becomes part of a register's path ("q/M01") and of an HTML id, so it is short and plain.
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
VERDICTS = ("v10", "v8", "v6", "v4", "v0")
DOWNGRADES = ("vda", "none")
DUTIES = ("vda", "none")
WEIGHTS = range(1, 10)
WORDS_AT_MOST = 2000
QUESTIONS_AT_MOST = 1000
CANNED_AT_MOST = 20  # statements of one question
DEFECTS_AT_MOST = 500
CLASSES = ("A", "B", "C")  # of defects (domain.md C4)
NOT_APPLICABLE = "na"


class Problem(NamedTuple):
    """One thing that keeps a definition from being published: what, and where in it."""

    what: str
    where: str


def check_definition(definition: Any) -> None:
    """Raises ``Invalid("checklist_invalid", what, where, problems)`` for what cannot be published."""
    try:
        found = list(problems(definition))
        if not found:
            canonical(definition)
    except (TypeError, KeyError, AttributeError, ValueError):
        found = [Problem("shape", "definition")]
    except Invalid as error:  # no canonical bytes: a float, a lone surrogate
        found = [Problem(error.code, "definition")]
    if found:
        raise Invalid("checklist_invalid", what=found[0].what, where=found[0].where, problems=found)


def problems(definition: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything wrong with a definition, in its own order."""
    if definition["format"] != FORMAT:
        yield Problem("format", "format")
    for name in ("code", "kind"):
        if not isinstance(definition[name], str) or not definition[name]:
            yield Problem("name_missing", name)
    yield from _words(definition["title"], "title")
    yield from _scale(definition["scale"])
    if not isinstance(definition["na"], bool):
        yield Problem("shape", "na")
    yield from _sections(definition["sections"])
    yield from _rules(definition["rules"], [section["id"] for section in definition["sections"]])
    yield from _terms(definition)
    yield from _defects(definition)


def questions(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All questions, in the order they are asked."""
    return [question for section in definition["sections"] for question in section["questions"]]


def _words(words: Any, where: str) -> Iterator[Problem]:
    if not isinstance(words, dict) or not set(words) <= set(LANGUAGES):
        yield Problem("words_language", where)
    elif not all(isinstance(text, str) and len(text) <= WORDS_AT_MOST for text in words.values()):
        yield Problem("words_text", where)
    elif not any(text.strip() for text in words.values()):
        yield Problem("words_missing", where)


def _scale(scale: Mapping[str, Any]) -> Iterator[Problem]:
    options = scale["options"]
    low, high = scale["min"], scale["max"]
    if len(options) < 2 or not _whole(low) or not _whole(high) or low >= high:
        yield Problem("scale_range", "scale")
        return
    for option in options:
        where = f"scale/{option['value']}"
        if option["value"] == NOT_APPLICABLE or not re.fullmatch(r"[A-Za-z0-9_-]{1,20}", option["value"]):
            yield Problem("option_value", where)
        if not _whole(option["points"]) or not low <= option["points"] <= high:
            yield Problem("option_points", where)
        if option["verdict"] not in VERDICTS:
            yield Problem("option_verdict", where)
        yield from _words(option["label"], f"{where}/label")
        yield from _words(option["says"], f"{where}/says")
    for member in ("value", "points"):
        for twice in _twice(option[member] for option in options):
            yield Problem(f"option_{member}_twice", f"scale/{twice}")


def _sections(sections: list[Mapping[str, Any]]) -> Iterator[Problem]:
    if not sections:
        yield Problem("sections_missing", "sections")
    for section in sections:
        yield from _identifier(section["id"], section["id"])
        yield from _words(section["title"], f"{section['id']}/title")
        if not section["questions"]:
            yield Problem("questions_missing", section["id"])
        for question in section["questions"]:
            yield from _question(question)
    asked = [question["id"] for section in sections for question in section["questions"]]
    if len(asked) > QUESTIONS_AT_MOST:
        yield Problem("questions_too_many", "sections")
    for twice in _twice(section["id"] for section in sections):
        yield Problem("section_twice", twice)
    for twice in _twice(asked):
        yield Problem("question_twice", twice)


def _question(question: Mapping[str, Any]) -> Iterator[Problem]:
    where = question["id"]
    yield from _identifier(where, where)
    yield from _words(question["text"], f"{where}/text")
    if question.get("hint") is not None:
        yield from _words(question["hint"], f"{where}/hint")
    if not _whole(question["weight"]) or question["weight"] not in WEIGHTS:
        yield Problem("weight", where)
    if question["veto"] and not question["critical"]:  # DESIGN §2: veto implies ★
        yield Problem("veto_not_critical", where)
    if "rooms" in question and (not question["rooms"] or not set(question["rooms"]) <= set(ROOM_KINDS)):
        yield Problem("rooms", where)
    canned = question.get("canned", [])
    if len(canned) > CANNED_AT_MOST:
        yield Problem("canned_too_many", where)
    for statement in canned:
        yield from _identifier(statement["id"], f"{where}/canned")
        yield from _words(statement["text"], f"{where}/canned/{statement['id']}")
    for twice in _twice(statement["id"] for statement in canned):
        yield Problem("canned_twice", f"{where}/canned/{twice}")


def _rules(rules: Mapping[str, Any], sections: list[str]) -> Iterator[Problem]:
    limits = rules["grade"]
    if limits is not None and not (
        _whole(limits["a"]) and _whole(limits["b"]) and 0 < limits["b"] < limits["a"] <= 100
    ):
        yield Problem("grade_limits", "rules")
    coverage = rules["coverage"]
    if coverage is not None and not (
        len(coverage) == 2 and all(map(_whole, coverage)) and 0 <= coverage[0] <= coverage[1] > 0
    ):
        yield Problem("coverage", "rules")
    if rules["downgrade"] not in DOWNGRADES:
        yield Problem("downgrade", "rules")
    if rules["duty"] not in DUTIES:
        yield Problem("duty", "rules")
    slots = rules.get("signatures", [])
    if not isinstance(slots, list) or not all(slot in SLOTS for slot in slots) or _twice(slots):
        yield Problem("signatures", "rules")
    if not isinstance(rules.get("approval", False), bool):
        yield Problem("approval", "rules")
    weights = rules["group_weights"]
    if weights is not None:
        if set(weights) != set(sections):
            yield Problem("group_weights_sections", "rules")
        if not all(_whole(weight) and weight > 0 for weight in weights.values()):
            yield Problem("group_weights", "rules")


def _terms(definition: Mapping[str, Any]) -> Iterator[Problem]:
    terms = definition.get("terms", {})
    for kind, known in terms.items():
        for code, words in known.items():
            yield from _words(words, f"terms/{kind}/{code}")
        for question in questions(definition):
            code = question.get(kind)
            if code is not None and code not in known:
                yield Problem("term_unknown", f"{question['id']}/{kind}")


def _defects(definition: Mapping[str, Any]) -> Iterator[Problem]:
    defects = definition.get("defects", [])
    trades = definition.get("terms", {}).get("trade", {})
    if len(defects) > DEFECTS_AT_MOST:
        yield Problem("defects_too_many", "defects")
    for defect in defects:
        where = f"defects/{defect['id']}"
        yield from _identifier(defect["id"], where)
        yield from _words(defect["text"], where)
        if defect["trade"] not in trades:
            yield Problem("term_unknown", where)
        if defect["class"] not in CLASSES:
            yield Problem("defect_class", where)
    for twice in _twice(defect["id"] for defect in defects):
        yield Problem("defect_twice", f"defects/{twice}")


def _identifier(value: Any, where: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        yield Problem("identifier", str(where))


def _whole(value: Any) -> bool:
    return type(value) is int


def _twice(values: Iterable[Any]) -> list[str]:
    seen: set[Any] = set()
    return [str(value) for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]
