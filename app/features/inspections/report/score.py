"""How the score was made: the formula with its numbers, every rule tried, what one change would do."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.domain.scale import INADEQUATE
from app.domain.scoring import round_half_up
from app.features.inspections.report.figures import bar, tenths_of
from app.features.inspections.report.reader import Reader, signed

Record = Mapping[str, Any]


def limits(record: Record) -> tuple[list[int], int | None]:
    """The limits drawn as ticks and rings, and the one below which a bar is hollow."""
    rules = record["checklist"]["rules"]
    if rules.get("downgrade") == "vda" and rules.get("grade"):
        return [80, 70], 80
    return [], None


def dimensions(record: Record, reader: Reader) -> dict[str, Any]:
    """The table of sections with their bars, and the total."""
    drawn, hollow = limits(record)
    result, before = record["result"], record["before"]
    parts = {part["id"]: part for part in result["sections"]}
    earlier = before["sections"] if before else {}
    rows: list[dict[str, Any]] = []
    for section in record["sections"]:
        part = parts.get(section["id"])
        title = reader.words(section["title"])
        if part is None:
            rows.append({"title": title, "covered": False})
            continue
        rows.append(
            {
                "title": title,
                "covered": True,
                "percent": part["percent"],
                "bar": bar(tenths_of(part["percent"]), hollow),
                "points": f"{part['awarded'][0]} / {part['possible'][0]}",
                "evaluated": f"{part['evaluated']} / {part['asked']}",
                "change": _change_since(part["percent"], earlier.get(section["id"])),
            }
        )
    awarded, possible = sums(result)
    ticks = sorted({*drawn, *_grades(record)})
    return {
        "rows": rows,
        "total": {
            "percent": result["total"],
            "bar": bar(tenths_of(result["total"]), None),
            "points": f"{awarded} / {possible}",
            "evaluated": f"{result['evaluated']} / {result['asked']}",
            "change": _change_since(result["total"], tenths(before["score"]) if before else None),
        },
        "hollow": hollow is not None and any(row["covered"] and row["bar"]["below"] for row in rows),
        "limit": hollow,
        "ticks": ticks,
        "ticks_text": reader.listed(map(str, ticks)),
        "compared": bool(before),
        "since": reader.day(before["completed"], "medium") if before else "",
    }


def _grades(record: Record) -> list[int]:
    grade = record["checklist"]["rules"].get("grade")
    return [grade["a"], grade["b"]] if grade else []


def tenths(value: int | None) -> str | None:
    return None if value is None else f"{value // 10}.{value % 10}"


def _change_since(now: str | None, then: str | None) -> str:
    if now is None or then is None:
        return ""
    return signed((tenths_of(now) or 0) - (tenths_of(then) or 0))


def sums(result: Mapping[str, Any]) -> tuple[int, int]:
    """Weighted points reached, and possible, over all sections."""
    parts = result["sections"]
    return sum(part["awarded"][0] for part in parts), sum(part["possible"][0] for part in parts)


def explained(record: Record, reader: Reader) -> dict[str, Any]:
    """The part "How the score was made"."""
    result, checklist = record["result"], record["checklist"]
    options = checklist["scale"]["options"]
    width = checklist["scale"]["max"] - checklist["scale"]["min"]
    scale = reader.listed(
        _("%(label)s (%(says)s)", label=label, says=says) if label != says else label
        for option in options
        for label, says in [(reader.words(option["label"])["text"], reader.words(option["says"])["text"])]
    )
    weights = checklist["rules"].get("group_weights")
    awarded, possible = sums(result)
    exact = Fraction(*result["total_exact"]) if result["total_exact"] else None
    pooled = not weights and possible > 0 and exact is not None
    return {
        "scale": scale,
        "weighed": bool(weights),
        "formula": {"width": width, "awarded": awarded, "possible": possible, "value": hundredths(exact)}
        if pooled
        else None,
        "total": hundredths(exact) if exact is not None else None,
        "rules": [
            {"number": str(number), **_trial(trial, record, reader, exact)}
            for number, trial in enumerate(result["trials"], 1)
        ],
        "grade": verdict(record) if checklist["rules"].get("grade") else None,
        "change": change(record, reader),
    }


def hundredths(value: Fraction | None) -> str:
    if value is None:
        return ""
    whole = round_half_up(value * 100)
    return f"{whole // 100}.{whole % 100:02}"


def verdict(record: Record) -> str:
    """The result in one word or letter."""
    result = record["result"]
    if result["vetoed"]:
        return _("Not approved (veto)")
    return str(result["grade"] or _("No grade"))


def _trial(
    trial: Mapping[str, Any], record: Record, reader: Reader, exact: Fraction | None
) -> dict[str, Any]:
    rule = trial["rule"]
    found = reader.listed(_found(each, rule, record, reader) for each in trial["found"])
    if rule == "grade_by_total":
        found = hundredths(exact)
    elif not trial["fired"]:
        found = _not_found(trial, record, reader)
    return {
        "rule": _rule(trial, record, reader),
        "found": found,
        "fired": trial["fired"],
        "effect": _effect(trial),
    }


def _rule(trial: Mapping[str, Any], record: Record, reader: Reader) -> str:
    rule, limit = trial["rule"], trial["limit"]
    if rule == "coverage":
        least = record["checklist"]["rules"]["coverage"]
        return _("Fewer than %(least)s of a section evaluated", least=f"{least[0]}/{least[1]}")
    if rule == "unanswered":
        return _("Any question not answered")
    if rule == "grade_by_total":
        return _("Total: A from %(a)s, B from %(b)s, C below", a=limit["a"], b=limit["b"])
    if rule in ("cap_b_section_below_80", "cap_c_section_below_70"):
        return _("Any section below %(limit)s (whole per cent)", limit=limit)
    if rule == "cap_b_critical_4":
        return _("Any ★ question scored %(score)s", score=_labels(record, reader, 0, INADEQUATE))
    if rule == "cap_c_critical_0":
        return _("Any ★ question scored %(score)s", score=_labels(record, reader, -1, 0))
    if rule == "veto":
        return _("Any veto question scored %(score)s", score=_labels(record, reader, -1, 0))
    return _("Any question scored %(score)s", score=_labels(record, reader, -1, 0))


def _labels(record: Record, reader: Reader, above: int, most: int) -> str:
    """The answers above one share of the scale and at most another, both in tenths."""
    scale = record["checklist"]["scale"]
    width = scale["max"] - scale["min"]
    return reader.listed(
        reader.words(option["label"])["text"]
        for option in scale["options"]
        if above * width < (option["points"] - scale["min"]) * 10 <= most * width
    ) or _("so low")


def _found(each: Mapping[str, Any], rule: str, record: Record, reader: Reader) -> str:
    if rule == "unanswered":
        return ngettext("%(num)s question", "%(num)s questions", int(each["value"]))
    title = titles(record, reader).get(each["id"])
    return f"{title} {each['value']}" if title else str(each["id"] or "")


def titles(record: Record, reader: Reader) -> dict[str, str]:
    return {section["id"]: reader.words(section["title"])["text"] for section in record["sections"]}


def _not_found(trial: Mapping[str, Any], record: Record, reader: Reader) -> str:
    near, rule = trial["near"], trial["rule"]
    if rule == "veto":
        return _vetoes(record, reader)
    title = titles(record, reader).get(near["id"]) if near else None
    if title and near:
        value = near["value"]
        if "/" in value:
            return _(
                "lowest: %(section)s %(part)s of %(whole)s",
                section=title,
                part=value.split("/")[0],
                whole=value.split("/")[1],
            )
        return _("none; lowest: %(section)s %(value)s", section=title, value=value)
    return _("none")


def _vetoes(record: Record, reader: Reader) -> str:
    asked = [q for s in record["sections"] if s["covered"] for q in s["questions"] if q["veto"]]
    scored = [q["id"] for q in asked if q["answer"]["score"] not in ("na", None)]
    left = [q["id"] for q in asked if q["answer"]["score"] == "na"]
    told = _("none of %(questions)s", questions=reader.listed(scored)) if scored else _("none")
    if left:
        told = _("%(told)s; not applicable: %(questions)s", told=told, questions=reader.listed(left))
    return told


def _effect(trial: Mapping[str, Any]) -> str:
    effect = trial["effect"]
    if effect == "none":
        return _("the total stands") if trial["rule"] in ("coverage", "unanswered") else "—"
    if effect == "no_a":
        return _("no A")
    if effect == "c":
        return "C"
    if effect == "veto":
        return _("not approved")
    return _("no grade") if effect == "no_grade" else str(effect)


def change(record: Record, reader: Reader) -> str:
    """What one better answer would do, in a sentence or two; "" where nothing could be better."""
    made = record["result"]["change"]
    if made is None:
        return ""
    labels = {o["value"]: reader.words(o["label"])["text"] for o in record["checklist"]["scale"]["options"]}
    before, after = made["total"]
    parts = [
        _(
            "%(question)s raised from %(old)s to %(new)s lifts %(section)s from %(a)s to %(b)s and the total "
            "from %(before)s to %(after)s.",
            question=made["question"],
            old=labels[made["from"]],
            new=labels[made["to"]],
            section=titles(record, reader)[made["section"]],
            a=made["section_percent"][0],
            b=made["section_percent"][1],
            before=before,
            after=after,
        )
    ]
    if record["checklist"]["rules"].get("grade") is None:
        return parts[0]
    if made["gone"]:
        parts.append(
            ngettext(
                "%(num)s rule that holds the grade down falls away.",
                "%(num)s rules that hold the grade down fall away.",
                len(made["gone"]),
            )
        )
    if made["left"]:
        parts.append(ngettext("%(num)s remains.", "%(num)s remain.", len(made["left"])))
    old, new = made["grade"]
    if made["vetoed"] == [True, False]:
        parts.append(_("The veto falls away; the grade would be %(grade)s.", grade=new))
    elif old != new and new:
        parts.append(_("The grade would be %(grade)s.", grade=new))
    elif old:
        parts.append(_("The grade stays %(grade)s.", grade=old))
    return reader.join(parts)
