"""The walk of a unit on paper: its defects with their photos, its meters, its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.domain.again import FAIL, PASS
from app.domain.defects import by_class
from app.domain.handover import KEEPS_KEYS
from app.domain.walk_result import added, tally
from app.features.inspections.report.findings import figures, rows_of
from app.features.inspections.report.reader import Reader, Said, typed
from app.features.inspections.words import walk as words
from app.features.inspections.words.signing import SLOT_STATES

Record = Mapping[str, Any]
SHAPES = {"A": "■", "B": "◆", "C": "○"}
CLASSES = {"A": "major", "B": "minor", "C": "obs"}  # of the style sheet


def unit_name(record: Record) -> str:
    """ "Tower 2, 1501" of a walk, else nothing."""
    unit = record["subject"].get("unit")
    return f"{unit['building']}, {unit['name']}" if unit else ""


def counted(record: Record, reader: Reader) -> str:
    """ "3 defects: 1 A, 2 C"; what there is none of is left out. Nothing for an audit."""
    walk = record.get("walk")
    if walk is None:
        return ""
    found = by_class(walk["defects"])
    total = sum(found.values())
    if not total:
        return _("No defects were found.")
    listed = reader.listed(f"{number} {name}" for name, number in found.items() if number)
    return ngettext("%(num)s defect: %(listed)s.", "%(num)s defects: %(listed)s.", total, listed=listed)


def verdict(record: Record) -> str:
    """What stands where an audit has its grade: "7 defects"; "4 of 5 repairs passed" of a re-inspection."""
    looked_at = record["walk"].get("rechecks")
    if looked_at is not None:
        passed = sum(one["result"] == PASS for one in looked_at)
        return _("%(n)s of %(all)s repairs passed", n=passed, all=len(looked_at))
    total = len(record["walk"]["defects"])
    return ngettext("%(num)s defect", "%(num)s defects", total) if total else _("No defects")


def says(record: Record) -> str:
    """What the defects mean for the keys."""
    looked_at = record["walk"].get("rechecks")
    critical = by_class(record["walk"]["defects"])[KEEPS_KEYS]
    critical += sum(one["result"] == FAIL and one["class"] == KEEPS_KEYS for one in looked_at or ())
    if not critical:
        return _("None of class A.") if looked_at is None else _("Of these, nothing of class A is left.")
    return ngettext(
        "%(num)s of class A holds the keys until it is repaired.",
        "%(num)s of class A hold the keys until they are repaired.",
        critical,
    )


def checks(record: Record, reader: Reader) -> dict[str, Any]:
    """How the checks were answered, room by room: labels of the columns, rows of counts, and all of them."""
    scale = record["checklist"]["scale"]
    rooms = [
        (
            reader.words(section["title"]),
            tally(scale, (one["answer"]["score"] if one["answer"] else None for one in section["questions"])),
        )
        for section in record["sections"]
    ]
    total = added(counts for _title, counts in rooms)
    labels = [reader.words(option["label"]) for option in scale["options"]]
    return {
        "labels": [*labels, reader.own(_("N.A.")), reader.own(pgettext("check", "Open"))],
        "rooms": [{"title": title, "counts": [str(n) for n in counts.values()]} for title, counts in rooms],
        "all": [str(n) for n in total.values()],
    }


def facts(record: Record, reader: Reader) -> list[tuple[str, str]]:
    """Checks, defects, meters, keys and signatures in a line each."""
    walk, table = record["walk"], checks(record, reader)
    told = [
        f"{count} {label['text']}"
        for label, count in zip(table["labels"], table["all"], strict=True)
        if count != "0"
    ]
    read = [
        str(words.METERS[one["meter"]][0])
        for one in walk["meters"]
        if one["reading"] is not None or one["absent"]
    ]
    keys = [f"{words.KEYS[one['kind']]} {one['count']}" for one in walk["keys"] if one["count"] is not None]
    slots = [f"{words.SLOTS[one['slot']]}: {SLOT_STATES[one['state']][2]}" for one in record["slots"]]
    return [
        (_("Checks"), reader.listed(told)),
        (_("Defects"), counted(record, reader)),
        (_("Meters"), reader.listed(read) or _("not read")),
        (pgettext("walk", "Keys"), reader.listed(keys) or _("not counted")),
        (_("Signatures"), reader.listed(slots)),
    ]


def shown(record: Record) -> Iterator[str]:
    """The photos of defects and meters, in their order on the pages."""
    walk = record.get("walk") or {"defects": (), "meters": ()}
    for one in (*walk["defects"], *walk["meters"]):
        yield from (photo["sha256"] for photo in one["photos"])


def walk(record: Record, reader: Reader) -> dict[str, Any] | None:
    """What the pages show of a walk; None of an audit."""
    found = record.get("walk")
    if found is None:
        return None
    meters = [one for one in found["meters"] if one["photos"]]
    return {
        "checks": checks(record, reader),
        "facts": [(label, text) for label, text in facts(record, reader) if text],
        "defects": [_card(one, reader) for one in found["defects"]],
        "meters": [_meter(one, reader) for one in found["meters"]],
        "meter_photos": rows_of(
            [
                photo
                for one in meters
                for photo in figures(str(words.METERS[one["meter"]][0]) + " ", one["photos"], reader)
            ],
            always_three=True,
        ),
        "keys": [
            {"name": str(words.KEYS[one["kind"]]), "count": one["count"], "note": typed(one["note"])}
            for one in found["keys"]
        ],
    }


def _card(one: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    number = f"D{one['number']}"
    return {
        "number": number,
        "anchor": f"d{one['number']}",
        "shape": SHAPES[one["class"]],
        "class": CLASSES[one["class"]],
        "grade": one["class"],
        "says": str(words.CLASSES[one["class"]][2]),
        "title": _said(one["text"], reader) or reader.own(_("Not described yet")),
        "room": reader.words(one["room_name"]) if one["room_name"] else reader.own(""),
        "check": (one["check"] or "").partition("-")[0],
        "due": reader.day(one["due"], "medium"),
        "rows": list(_rows(one, reader)),
        "photos": rows_of(figures(number, one["photos"], reader)),
    }


def _rows(one: Mapping[str, Any], reader: Reader) -> Iterator[tuple[str, list[Said]]]:
    if one["class_reason"]:
        yield _("Why this class"), [typed(one["class_reason"]) or reader.own("")]
    if one["contractor"]:
        yield _("Contractor"), [reader.name(one["contractor"]["name"])]
    due = [reader.own(reader.day(one["due"]))]
    yield _("Due"), [*due, *([said] if (said := typed(one["due_reason"])) else [])]
    stand = {"agree": _("Agrees."), "dispute": _("Disputes it.")}.get(one["stand"], _("Said nothing to it."))
    text = typed(one["stand_text"])
    yield _("Other party"), [reader.own(stand), *([text] if text else [])]


def _meter(one: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    name, unit = words.METERS[one["meter"]]
    said = [typed(one["absent"]["reason"])] if one["absent"] else []
    if one["problem"]:
        said += [reader.own(str(words.PROBLEMS[one["problem"]])), typed(one["confirmed"])]
    last = one["last"]
    return {
        "name": str(name),
        "number": reader.name(one["number"]) if one["number"] else None,
        "reading": f"{one['reading']} {unit}" if one["reading"] is not None else "—",
        "last": f"{last['reading']} {unit}, {reader.day(last['day'], 'medium')}" if last else "",
        "said": [text for text in said if text],
    }


def _said(text: Mapping[str, Any] | None, reader: Reader) -> Said | None:
    """Typed text in its own language, or words in the reader's."""
    if not text:
        return None
    return typed(text) if "text" in text else reader.words(text)
