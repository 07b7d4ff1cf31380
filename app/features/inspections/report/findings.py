"""Findings as they are read, and the photos that belong to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.marks import drawing
from app.features.inspections.report.reader import Reader, Said, typed

Record = Mapping[str, Any]
SHAPES = {"major": "■", "minor": "◆", "observation": "○"}
CLASSES = {"major": "major", "minor": "minor", "observation": "obs"}
IN_A_ROW = 2
MANY = 4  # photos of one finding; more of them stand three in a row
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def severity(name: str) -> str:
    return {"major": _("Major"), "minor": _("Minor"), "observation": _("Observation")}[name]


def counted(record: Record, reader: Reader) -> str:
    """ "1 major, 8 minor, 1 observation"; what there is none of is left out."""
    found = [finding["severity"] for finding in record["findings"]]
    majors, minors, others = (found.count(name) for name in SHAPES)
    return reader.listed(
        [
            ngettext("%(num)s major", "%(num)s major", majors) if majors else "",
            ngettext("%(num)s minor", "%(num)s minor", minors) if minors else "",
            ngettext("%(num)s observation", "%(num)s observations", others) if others else "",
        ]
    )


def cards(record: Record, reader: Reader) -> list[dict[str, Any]]:
    """One card a finding, in their order."""
    places = {
        question["id"]: (section, question)
        for section in record["sections"]
        for question in section["questions"]
    }
    return [_card(finding, *places[finding["question"]], record, reader) for finding in record["findings"]]


def _card(
    finding: Mapping[str, Any],
    section: Mapping[str, Any],
    question: Mapping[str, Any],
    record: Record,
    reader: Reader,
) -> dict[str, Any]:
    number = f"F{finding['number']}"
    required = _requirement(finding, question, reader)
    statement = typed(finding["statement"])
    labels = {o["value"]: reader.words(o["label"])["text"] for o in record["checklist"]["scale"]["options"]}
    given = question["answer"]["score"] if question["answer"] else None
    return {
        "number": number,
        "anchor": f"f{finding['number']}",
        "shape": SHAPES[finding["severity"]],
        "class": CLASSES[finding["severity"]],
        "severity": severity(finding["severity"]),
        "at_once": finding["at_once"],
        "title": statement or required,
        "question": question["id"],
        "mark": mark(question),
        "section": reader.words(section["title"]),
        "score": labels.get(given, ""),
        "owner": reader.name(finding["owner"]["name"]) if finding["owner"] else None,
        "required": required if statement else None,
        "evidence": typed(finding["evidence"]),
        "rows": list(_rows(finding, reader)),
        "photos": rows_of(
            figures(number, question["answer"]["photos"] if question["answer"] else (), reader)
        ),
    }


def _requirement(finding: Mapping[str, Any], question: Mapping[str, Any], reader: Reader) -> Said:
    """What was asked: as somebody wrote it, else the question in the reader's language."""
    given = typed(finding["requirement"])
    if given is None or given["text"] == question["text"].get(given["lang"]):
        return reader.words(question["text"])
    return given


def _rows(finding: Mapping[str, Any], reader: Reader) -> Iterator[tuple[str, list[Said]]]:
    if finding["severity_reason"]:
        said = _(
            "By the rule %(rule)s, set to %(severity)s:",
            rule=severity(finding["rule_severity"]),
            severity=severity(finding["severity"]),
        )
        yield _("Severity"), [reader.own(said), _must(finding["severity_reason"])]
    remark = finding["severity"] == "observation"  # owes nothing: what was not said of it takes no room
    if finding["due"] or not remark:
        due = reader.day(finding["due"]) if finding["due"] else _("no date set")
        yield _("Due"), [reader.own(_("%(day)s, at once", day=due) if finding["at_once"] else due)]
    if finding["stand"] or not remark:
        yield _("Other party"), opinion(finding, reader)


def opinion(finding: Mapping[str, Any], reader: Reader) -> list[Said]:
    """What the other party says to it."""
    stand, text = finding["stand"], typed(finding["stand_text"])
    told = {"agree": _("Agrees."), "disagree": _("Disagrees.")}.get(stand, _("Said nothing to it."))
    return [reader.own(told), *([text] if text else [])]


def _must(text: Mapping[str, Any]) -> Said:
    return typed(text) or {"text": "", "lang": "en"}


def mark(question: Mapping[str, Any]) -> str:
    return "V" if question["veto"] else "★" if question["critical"] else ""


def figures(name: str, photos: Sequence[Mapping[str, Any]], reader: Reader) -> list[dict[str, Any]]:
    """Photos with their captions: F1a, F1b, …; and what was drawn on each, None when nothing."""
    return [
        {
            "sha256": photo["sha256"],
            "name": name + (LETTERS[place] if len(photos) <= len(LETTERS) else f"-{place + 1}"),
            "taken": reader.moment(photo["taken_at"]) or _("time not recorded"),
            "drawn": _drawn(photo),
        }
        for place, photo in enumerate(photos)
    ]


def _drawn(photo: Mapping[str, Any]) -> dict[str, Any] | None:
    shapes = photo.get("marks")
    return drawing(shapes, photo["w"], photo["h"]) if shapes else None


def rows_of(photos: list[dict[str, Any]], always_three: bool = False) -> dict[str, Any]:
    """Photos in rows that stay whole: {"three": bool, "rows": [[photo]]}."""
    three = always_three or len(photos) > MANY
    step = 3 if three else IN_A_ROW
    return {"three": three, "rows": [photos[at : at + step] for at in range(0, len(photos), step)]}
