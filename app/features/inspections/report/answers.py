"""All answers by section, what was not evaluated and why, and the photos no finding shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.adapters.sheets_writing import csv_lines
from app.features.inspections.report.again import numbers
from app.features.inspections.report.findings import figures, mark, rows_of, severity
from app.features.inspections.report.reader import Reader, typed

Record = Mapping[str, Any]
CLASSES = {"v10": "s10", "v8": "s8", "v6": "s6", "v4": "s4", "v0": "s0"}


def sections(record: Record, reader: Reader) -> list[dict[str, Any]]:
    """Sections in scope with a row for each question."""
    percents = {part["id"]: part["percent"] for part in record["result"]["sections"]}
    opened = {finding["question"]: finding for finding in record["findings"]}
    options = {option["value"]: option for option in record["checklist"]["scale"]["options"]}
    return [
        {
            "title": reader.words(section["title"]),
            "percent": None if record.get("walk") else percents.get(section["id"]),
            "rows": [
                _row(q, opened.get(q["id"]), options, reader) | _named(record, q)
                for q in section["questions"]
            ],
        }
        for section in record["sections"]
        if section["covered"]
    ]


def _named(record: Record, question: Mapping[str, Any]) -> dict[str, Any]:
    """What the page calls the question; the photos of a repair stand with it, not below."""
    elsewhere = {"photos": 0} if question["id"] in numbers(record) else {}
    return {"id": shown_id(record, question), **elsewhere}


def shown_id(record: Record, question: Mapping[str, Any]) -> str:
    """A question as the page names it: on a walk its section is the room already, a repair has a number."""
    repair = numbers(record).get(question["id"])
    if repair is not None:
        return repair
    return str(question["id"].partition("-")[0] if record.get("walk") is not None else question["id"])


def _row(
    question: Mapping[str, Any],
    finding: Mapping[str, Any] | None,
    options: Mapping[str, Mapping[str, Any]],
    reader: Reader,
) -> dict[str, Any]:
    answer = question["answer"]
    option = options.get(answer["score"])
    note = typed(answer["note"])
    if finding is not None and note is not None and typed(finding["evidence"]) == note:
        note = None  # it stands with the finding, and nothing stands twice
    number = f"F{finding['number']}" if finding else ""
    return {
        "id": question["id"],
        "mark": mark(question),
        "text": reader.words(question["text"]),
        "note": note,
        "left_out": answer["score"] == "na",
        "see": number if finding and note is None and answer["note"] else "",
        "weight": str(question["weight"]),
        "score": reader.words(option["label"])["text"]
        if option
        else _("n/a")
        if answer["score"] == "na"
        else "—",
        "class": CLASSES[option["verdict"]] if option else "na",
        "finding": number,
        "anchor": f"f{finding['number']}" if finding else "",
        "photos": len(answer["photos"]) if finding is None else 0,
    }


def short(record: Record, reader: Reader) -> list[dict[str, Any]]:
    """The answers below the best one, for checklists that open no findings."""
    options = {option["value"]: option for option in record["checklist"]["scale"]["options"]}
    best = max(option["points"] for option in options.values())
    return [
        {
            "id": shown_id(record, question),
            "mark": mark(question),
            "text": reader.words(question["text"]),
            "section": reader.words(section["title"]),
            "score": reader.words(options[given]["label"])["text"],
        }
        for section in record["sections"]
        if section["covered"]
        for question in section["questions"]
        if (given := question["answer"]["score"]) in options and options[given]["points"] < best
    ]


def other_photos(record: Record, reader: Reader) -> dict[str, Any]:
    """The photos of answers that opened no finding, three in a row, in the order of the checklist."""
    opened = {finding["question"] for finding in record["findings"]} | numbers(record).keys()
    return rows_of(
        [
            photo
            for section in record["sections"]
            if section["covered"]
            for question in section["questions"]
            if question["id"] not in opened
            for photo in figures(f"{question['id']}-", question["answer"]["photos"], reader)
        ],
        always_three=True,
    )


def not_evaluated(record: Record, reader: Reader) -> dict[str, Any]:
    """Questions that do not apply, and sections out of scope, each with its reason."""
    return {
        "questions": [
            {"id": q["id"], "text": reader.words(q["text"]), "reason": typed(q["answer"]["reason"])}
            for section in record["sections"]
            if section["covered"]
            for q in section["questions"]
            if q["answer"]["score"] == "na"
        ],
        "sections": [
            {
                "title": reader.words(section["title"]),
                "count": ngettext("%(num)s question", "%(num)s questions", len(section["questions"])),
                "reason": typed(section["reason"]),
            }
            for section in record["sections"]
            if not section["covered"]
        ],
    }


def sheet(record: Record, reader: Reader) -> bytes:
    """answers.csv: one row a question, safe to open in a spreadsheet."""
    heads = (
        *(_("Question"), _("Section"), _("Text"), _("Weight"), _("Kind"), _("Answer"), _("Points")),
        *(_("Note"), _("Reason"), _("Photos"), _("Finding"), _("Severity"), _("Due")),
    )
    return "".join(csv_lines(heads, _lines(record, reader))).encode()


def _lines(record: Record, reader: Reader) -> Iterable[list[str | int | None]]:
    opened = {finding["question"]: finding for finding in record["findings"]}
    options = {option["value"]: option for option in record["checklist"]["scale"]["options"]}
    for section in record["sections"]:
        for question in section["questions"]:
            answer, finding = question["answer"], opened.get(question["id"])
            given = answer["score"] if answer else None
            yield [
                question["id"],
                reader.words(section["title"])["text"],
                reader.words(question["text"])["text"],
                question["weight"],
                mark(question),
                _answer(given, answer is not None, options, reader),
                options[given]["points"] if given in options else None,
                (typed(answer["note"]) or {}).get("text", "") if answer else "",
                (typed(answer["reason"] if answer else section["reason"]) or {}).get("text", ""),
                " ".join(photo["sha256"] for photo in answer["photos"]) if answer else "",
                f"F{finding['number']}" if finding else "",
                severity(finding["severity"]) if finding else "",
                finding["due"] or "" if finding else "",
            ]


def _answer(given: Any, covered: bool, options: Mapping[str, Mapping[str, Any]], reader: Reader) -> str:
    if not covered:
        return _("not covered")
    if given == "na":
        return _("Not applicable")
    return reader.words(options[given]["label"])["text"] if given in options else ""
