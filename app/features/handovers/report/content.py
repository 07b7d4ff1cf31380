"""What stands on the pages of a handover certificate, in one language; the template lays two of these side by
side. Everything is made in the current locale.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.domain.certificate import AS_IS, CLOSED, OPEN, REPRESENTATIVE
from app.domain.marks import drawing
from app.features.handovers.report.labels import labels
from app.features.handovers.report.plan import figures
from app.features.handovers.words import PAPERS, WARRANTIES
from app.features.inspections.report import people
from app.features.inspections.report.again import money
from app.features.inspections.report.reader import Reader, Said, typed
from app.features.inspections.words.walk import CLASSES, KEYS, METERS, PROBLEMS
from app.features.reports.report import Seal

Record = Mapping[str, Any]
SHAPES = {"A": "■", "B": "◆", "C": "○"}
TONES = {"A": "a-crit", "B": "b-maj", "C": "c-min"}  # of the style sheet
PAIRS_AT_MOST = 3  # of photos of one defect on its pages; the data names them all
NAMED_AT_MOST = 6  # open defects in the story on the first page
HANDING = ("SigHandover", "sig-handover")


def shown(record: Record) -> list[str]:
    """The photos on its pages, each once, in their order."""
    return list(
        dict.fromkeys(
            photo["sha256"]
            for one in record["defects"]
            for side in ("before", "after")
            for photo in one[side][:PAIRS_AT_MOST]
        )
    )


def context_of(record: Record, language: str) -> dict[str, Any]:
    """Everything the pages say. Both languages have the same shape, row by row."""
    reader = Reader(language, record["site"]["time_zone"])
    unit, handed = record["unit"], record["handed"]
    return {
        "language": language,
        "zone": record["site"]["time_zone"],
        "dot": reader.dot,
        "gap": "" if reader.chinese else " ",
        "comma": reader.comma,
        "says": labels(),
        "number": record["number"],
        "revision": record["revision"],
        "organisation": reader.name(record["organisation"]["name"]),
        "letters": record["organisation"]["name"][:1].upper(),
        "unit": reader.own(_unit(unit)),
        "estate": reader.name(record["estate"]["name"]),
        "address": reader.name(", ".join(filter(None, (record["site"]["address"], record["site"]["city"])))),
        "result": _result(record, reader),
        "tiles": _tiles(record, reader),
        "story": _story(record, reader),
        "facts": _facts(record, reader),
        "plans": figures(record, reader),
        "defects": [_defect(one, reader) for one in record["defects"]],
        "meters": [_meter(one, reader) for one in record["meters"]],
        "given": [_key(one, reader) for one in record["keys"]]
        + [_paper(one, reader) for one in record["papers"]],
        "warranties": [_warranty(one, reader) for one in record["warranties"]],
        "remarks": typed(handed["remarks"]),
        "reason": typed(record["reason"]),
        "signatures": _signatures(record, reader),
        "consents": _consents(record, reader),
        "walks": reader.listed(
            _("%(number)s, revision %(revision)s", number=one["number"], revision=one["revision"])
            for one in record["walks"]
        ),
        "checklist": _checklist(record, reader),
    }


def _unit(unit: Mapping[str, Any]) -> str:
    return f"{unit['building']}, {unit['name']}"


def _result(record: Record, reader: Reader) -> dict[str, str]:
    """ "Accepted", and what goes with it; `says` is both in one."""
    found = record["result"]
    still = (
        ngettext("with %(num)s item open", "with %(num)s items open", found["open"]) if found["open"] else ""
    )
    as_is = (
        ngettext("%(num)s accepted as is", "%(num)s accepted as is", found["as_is"]) if found["as_is"] else ""
    )
    more = reader.comma.join(filter(None, (still, as_is)))
    word = pgettext("handover", "Accepted")
    between = " " if still and not reader.chinese else reader.comma
    return {
        "word": word,
        "more": more or _("nothing is open"),
        "says": f"{word}{between}{more}" if more else word,
    }


def _tiles(record: Record, reader: Reader) -> list[dict[str, str]]:
    """Result, checks, defects, keys: a word each, and a line below."""
    result, checks, defects = _result(record, reader), record["checks"], record["defects"]
    states = [one["state"] for one in defects]
    seen = checks["passed"] + checks["defects"]
    counts = (
        (states.count(CLOSED), _("%(n)s repaired")),
        (states.count(OPEN), _("%(n)s open")),
        (states.count(AS_IS), _("%(n)s accepted as is")),
    )
    told = reader.listed(text.replace("%(n)s", str(number)) for number, text in counts if number)
    differ = [one for one in record["keys"] if one["handed"] != one["counted"]]
    given = sum(one["handed"] for one in record["keys"])
    return [
        {"label": _("Result"), "word": result["word"], "more": result["more"]},
        {
            "label": _("Checks"),
            "word": _("%(done)s of %(all)s", done=seen, all=checks["asked"]),
            "more": _("%(n)s not applicable", n=checks["na"]) if checks["na"] else _("every one asked"),
        },
        {"label": _("Defects"), "word": str(len(defects)), "more": told or _("none was found")},
        {
            "label": pgettext("walk", "Keys"),
            "word": str(given),
            "more": _("%(day)s, not all that were counted", day=reader.day(record["handed"]["on"], "medium"))
            if differ
            else _("all handed over %(day)s", day=reader.day(record["handed"]["on"], "medium")),
        },
    ]


def _story(record: Record, reader: Reader) -> str:
    """How it came to the handover, in a few sentences."""
    walks = record["walks"]
    first = [one for one in walks if not one["again"]][:1] or walks[:1]
    again = [one for one in walks if one not in first]
    parts = []
    if first:
        parts.append(_("Walked on %(day)s.", day=reader.moment(first[0]["completed"], "long")))
    if again:
        days = reader.listed(reader.day(one["completed"]) for one in again)
        parts.append(_("Looked at again on %(days)s.", days=days))
    still = [one for one in record["defects"] if one["state"] == OPEN]
    if len(still) > NAMED_AT_MOST:
        last = reader.day(max(one["day"] for one in still))
        parts.append(
            _("%(n)s defects are still to be repaired, the last by %(day)s.", n=len(still), day=last)
        )
    elif still:
        named = reader.listed(
            _("%(number)s by %(day)s", number=one["number"], day=reader.day(one["day"], "medium"))
            for one in still
        )
        parts.append(
            ngettext(
                "This defect is still to be repaired: %(named)s.",
                "These defects are still to be repaired: %(named)s.",
                len(still),
                named=named,
            )
        )
    if still:
        parts.append(_("Whoever received the keys accepts that."))
    parts.append(_("The keys were handed over on %(day)s.", day=reader.day(record["handed"]["on"])))
    return reader.join(parts)


def _facts(record: Record, reader: Reader) -> list[dict[str, Any]]:
    unit, handed = record["unit"], record["handed"]
    to = [reader.name(handed["to"])]
    if handed["stand"] == REPRESENTATIVE:
        to.append(reader.name(handed["authority"]))
    rows: list[tuple[str, list[Said]]] = [
        (pgettext("unit", "Owner"), [reader.name(unit["owner_name"] or "—")]),
        (_("Handed over by"), [reader.name(handed["by"]["name"])]),
        (_("Received by"), to),
        (_("Developer"), [reader.name(record["developer"]["name"])]),
        (_("Completion accepted on"), [reader.own(reader.day(unit["completed_on"]) or "—")]),
        (_("Delivery"), [reader.own(reader.day(unit["delivery_on"]) or "—")]),
        (_("Type"), [reader.name(unit["type"])]),
        (_("Checklist"), [reader.own(_checklist(record, reader))]),
    ]
    return [{"label": label, "texts": texts} for label, texts in rows]


def _checklist(record: Record, reader: Reader) -> str:
    walk = next((one for one in record["walks"] if not one["again"]), None)
    if walk is None:
        return ""
    title = reader.words(walk["checklist"])["text"]
    return _("%(title)s, version %(version)s", title=title, version=walk["version"])


def _defect(one: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    return {
        "number": one["number"],
        "shape": SHAPES[one["class"]],
        "tone": TONES[one["class"]],
        "grade": one["class"],
        "means": str(CLASSES[one["class"]][2]),
        "room": _said(one["room"], reader) or reader.own(""),
        "text": _said(one["text"], reader) or reader.own(_("Not described yet")),
        "check": one["check"],
        "contractor": reader.name(one["contractor"]["name"]) if one["contractor"] else None,
        "state": _state(one, reader),
        "good": one["state"] == CLOSED,
        "open": one["state"] == OPEN,
        "failed": ngettext(
            "failed %(num)s re-inspection before", "failed %(num)s re-inspections before", one["failed"]
        )
        if one["failed"]
        else "",
        "done": reader.name(one["done"]) if one["done"] else None,
        "note": typed(one["note"]),
        "case": one["case"]["number"] if one["case"] else "",
        "pairs": _pairs(one, reader),
    }


def _state(one: Mapping[str, Any], reader: Reader) -> str:
    day = reader.day(one["day"], "medium")
    if one["state"] == OPEN:
        return _("open, due %(day)s", day=day)
    if one["state"] == AS_IS:
        if one["price"] is not None:
            price = money(one["price"], one["currency"])
            return _("accepted as is, price note %(price)s", price=price)
        return _("accepted as is")
    if one["state"] == CLOSED:
        return _("repaired, closed %(day)s", day=day)
    return _("withdrawn %(day)s", day=day)


def _pairs(one: Mapping[str, Any], reader: Reader) -> list[list[dict[str, Any] | None]]:
    """Before beside after, row by row; None where there is nothing to show on that side."""
    before = [_photo(photo, _("before"), reader) for photo in one["before"][:PAIRS_AT_MOST]]
    after = [_photo(photo, _("after"), reader) for photo in one["after"][:PAIRS_AT_MOST]]
    return [list(pair) for pair in zip_longest(before, after)]


def _photo(photo: Mapping[str, Any], moment: str, reader: Reader) -> dict[str, Any]:
    marks = photo["marks"]
    return {
        "sha256": photo["sha256"],
        "moment": moment,
        "taken": reader.moment(photo["taken_at"]) or _("time not recorded"),
        "drawn": drawing(marks, photo["w"], photo["h"]) if marks and photo["w"] else None,
    }


def _meter(one: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    name, measure = METERS[one["meter"]]
    said = [typed(one["absent"]["reason"])] if one["absent"] else []
    if one["problem"]:
        said += [reader.own(str(PROBLEMS[one["problem"]])), typed(one["confirmed"])]
    return {
        "name": str(name),
        "number": reader.name(one["number"]) if one["number"] else None,
        "reading": one["reading"] if one["reading"] is not None else "—",
        "unit": measure if one["reading"] is not None else "",
        "day": reader.day(one["read_on"], "medium"),
        "said": [text for text in said if text],
    }


def _key(one: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    return {
        "name": reader.own(_("Keys: %(kind)s", kind=KEYS[one["kind"]])),
        "counted": str(one["counted"]),
        "handed": str(one["handed"]),
        "remark": [text for text in (typed(one["remark"]), typed(one["note"])) if text],
    }


def _paper(one: Any, reader: Reader) -> dict[str, Any]:
    name = typed(one) if isinstance(one, Mapping) else reader.own(str(PAPERS[one]))
    return {"name": name, "counted": "", "handed": "✓", "remark": []}


def _warranty(one: Mapping[str, Any], reader: Reader) -> dict[str, str]:
    def until(day: str | None) -> str:
        return _("by contract") if one["category"] == "maker" else reader.day(day) or "—"

    return {
        "name": str(WARRANTIES[one["category"]]),
        "contractor": until(one["contractor"]),
        "developer": until(one["developer"]),
    }


def _signed(record: Record) -> dict[str, Any] | None:
    """What of the newest walk the signature block is made of, as features/inspections/report/people.py takes
    it.
    """
    signing = record["signing"]
    if signing is None:
        return None
    return {**signing, "walk": {}, "subject": {"site": {"time_zone": record["site"]["time_zone"]}}}


def _signatures(record: Record, reader: Reader) -> list[list[dict[str, Any]]]:
    """Who handed the keys over, then who signed the newest walk; three in a row."""
    handed = record["handed"]
    found = [
        {
            "anchor": HANDING[1],
            "role": _("Handed over by"),
            "means": _meaning(),
            "refused": False,
            "strokes": [],
            "name": reader.name(handed["by"]["name"]),
            "duty": reader.own(""),
            "firm": reader.name(record["organisation"]["name"]),
            "reason": None,
            "witness": None,
            "drawn_at": "",
            "clock": "",
            "received_at": reader.stamp(record["frozen_at"]),
            "digest": "",
        }
    ]
    signed = _signed(record)
    if signed is not None:
        found += [cell for row in people.cells(signed, reader) for cell in row]
    return [found[at : at + people.IN_A_ROW] for at in range(0, len(found), people.IN_A_ROW)]


def _meaning() -> str:
    return _("I handed over the unit, its keys and papers as they are listed here.")


def _consents(record: Record, reader: Reader) -> list[Said]:
    signed = _signed(record)
    return people.consents(signed, reader) if signed is not None else []


def seals(record: Record, language: str) -> list[Seal]:
    """Which acts the organisation seals: handing over certifies, the signatures of the newest walk follow. In
    the current language.
    """
    zone = ZoneInfo(record["site"]["time_zone"])
    first = Seal(
        field=HANDING[0],
        anchor=HANDING[1],
        name=record["handed"]["by"]["name"],
        role=_("Handed over by"),
        organisation=record["organisation"]["name"],
        meaning=_meaning(),
        at=datetime.fromtimestamp(record["frozen_at"] // 1000, zone),
    )
    signed = _signed(record)
    return [first, *(people.seals(signed, language) if signed is not None else [])]


def _said(text: Mapping[str, Any] | None, reader: Reader) -> Said | None:
    """Typed text in its own language, or words in the reader's."""
    if not text:
        return None
    return typed(text) if "text" in text else reader.words(text)
