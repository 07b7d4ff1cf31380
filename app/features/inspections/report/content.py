"""Everything the pages show, shaped from the frozen record alone: texts, lists, numbers as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from app.domain.printing import printable_all
from app.domain.words import babel_locale
from app.features.inspections.report import again as agains
from app.features.inspections.report import answers, figures, findings, people, points, score
from app.features.inspections.report import walk as walks
from app.features.inspections.report.reader import Reader, Said, typed
from app.features.inspections.words import why

Record = Mapping[str, Any]
REASONS_ON_COVER = 4
LANGUAGE_NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}


def context(record: Record, language: str) -> dict[str, Any]:
    """What templates/pdf/audit.html draws, for a reader of `language`; the same for the same record."""
    with force_locale(babel_locale(language)):
        reader = Reader(language, record["subject"]["site"]["time_zone"])
        clean: Record = printable_all(record)
        return {
            "language": language,
            "audit": is_audit(clean),
            "dot": reader.dot,
            "comma": reader.comma,
            "gap": "" if reader.chinese else " ",
            "zone": reader.zone,
            "number": clean["number"],
            "revision": str(clean["revision"]),
            "subject": subject_names(clean, reader)[0],
            "organisation": reader.name(clean["organisation"]["name"]),
            "cover": cover(clean, reader),
            "summary": summary(clean, reader),
            "dimensions": score.dimensions(clean, reader),
            "findings": findings.cards(clean, reader),
            "points": points.cards(clean, reader),
            "walk": walks.walk(clean, reader),
            "again": agains.again(clean, reader),
            "short": [] if is_audit(clean) else answers.short(clean, reader),
            "score": score.explained(clean, reader),
            "answers": answers.sections(clean, reader),
            "other_photos": answers.other_photos(clean, reader),
            "not_evaluated": answers.not_evaluated(clean, reader),
            "scope": [{"label": label, "texts": texts} for label, texts in people.scope(clean, reader)],
            "participants": people.participants(clean, reader),
            "signatures": people.cells(clean, reader),
            "consents": people.consents(clean, reader),
            "outdated": people.outdated(clean),
            "control": control(clean, reader),
        }


def is_audit(record: Record) -> bool:
    return bool(record["checklist"]["rules"].get("grade"))


def title(record: Record) -> str:
    if agains.is_again(record):
        return _("Re-inspection report")
    return _("Audit report") if is_audit(record) else _("Inspection report")


def cover(record: Record, reader: Reader) -> dict[str, Any]:
    site, result, checklist = record["subject"]["site"], record["result"], record["checklist"]
    walk = record.get("walk") is not None
    grade = checklist["rules"].get("grade")
    tenths = figures.tenths_of(result["total"])
    limits, _hollow = score.limits(record)
    named = subject_names(record, reader)
    names = [site["name"], site["address"], site["city"]]
    places = list(dict.fromkeys(name for name in names if name))
    return {
        "kind": title(record),
        "checklist": reader.words(checklist["title"]),
        "company": named[0],
        "size": _size(named[0]["text"]),
        "other_name": named[1] if len(named) > 1 else None,
        "site": [reader.name(" ".join(place.split())) for place in places],
        # a flat has no score: what was found stands where an audit has its grade
        "instrument": None if walk else figures.instrument(tenths, grade, result["grade"]),
        "percent": "" if walk else result["total"] or "",
        "grade": _verdict(record),
        "says": _says(record),
        "counts": [line for line in _counts(record, reader) if line],
        # rooms are no profile: a flat with seven of them is no better or worse in one direction
        "radar": None if walk else figures.radar(_axes(record, reader), limits, record["before"] is not None),
        "limits": reader.listed(str(limit) for limit in limits),
        "before": _before(record, reader, "medium"),
        "why": _why(record, reader),
        "facts": [{"label": label, "texts": texts} for label, texts in _facts(record, reader)],
        "letters": _letters(record),
    }


def company_names(record: Record, reader: Reader) -> list[Said]:
    """The company's names, the one in the reader's script first."""
    company = record["subject"]["company"]
    names = [reader.name(name) for name in (company["name"], company["other_name"]) if name]
    return sorted(names, key=lambda said: said["lang"].startswith("zh") != reader.chinese)


def subject_names(record: Record, reader: Reader) -> list[Said]:
    """What stands largest on the cover: the company's names, or the unit and then its developer."""
    unit = walks.unit_name(record)
    companies = company_names(record, reader)
    return [reader.name(unit), companies[0]] if unit else companies


def _size(name: str) -> str:
    """A long name is set smaller; Chinese characters are twice as wide."""
    wide = sum(2 if character > "\u2e80" else 1 for character in name)
    return "longer" if wide > 110 else "long" if wide > 46 else ""


def _letters(record: Record) -> str:
    """What stands in the mark: the organisation's first letter."""
    name = record["organisation"]["name"].strip()
    return name[:1].upper() or "P"


def _verdict(record: Record) -> str:
    result = record["result"]
    if record.get("walk") is not None:
        return walks.verdict(record)
    if not is_audit(record):
        return _("Result")
    if result["vetoed"]:
        return _("Not approved (veto)")
    return _("Audit grade %(grade)s", grade=result["grade"]) if result["grade"] else _("No grade")


def _says(record: Record) -> str:
    result = record["result"]
    if record.get("walk") is not None:
        return walks.says(record)
    if not is_audit(record):
        return ""
    if result["vetoed"]:
        return _("A veto question scored 0: not approved, whatever the total.")
    return {
        "A": _("Quality capable."),
        "B": _("Conditionally capable: the findings of section 2 are to be dealt with."),
        "C": _("Not capable at present: the findings of section 2 are to be dealt with first."),
    }.get(result["grade"], _("Too little could be evaluated for a grade."))


def _counts(record: Record, reader: Reader) -> list[str]:
    result = record["result"]
    told = [
        _(
            "%(evaluated)s of %(asked)s questions evaluated.",
            evaluated=result["evaluated"],
            asked=result["asked"],
        )
    ]
    counted, defects = findings.counted(record, reader), walks.counted(record, reader)
    if agains.is_again(record):
        told = [agains.counted(record, reader)]
        if record["walk"]["defects"]:
            told.append(defects)
    elif defects:
        told.append(defects)
    elif counted:
        told.append(_("%(counts)s.", counts=counted))
    elif is_audit(record):
        told.append(_("No findings."))
    else:
        told.append(_short(record, reader))
    dues = [finding["due"] for finding in record["findings"] if finding["due"]]
    if dues:
        told.append(_("Due from %(first)s.", first=reader.day(min(dues))))
    return told


def _short(record: Record, reader: Reader) -> str:
    """How often each answer below the best was given, on a checklist without findings: "4 × Defect"."""
    options = sorted(record["checklist"]["scale"]["options"], key=lambda option: -option["points"])
    given = [
        question["answer"]["score"]
        for section in record["sections"]
        if section["covered"]
        for question in section["questions"]
    ]
    return reader.listed(
        f"{given.count(option['value'])} × {reader.words(option['label'])['text']}"
        for option in options
        if option["value"] in given
    )


def _axes(record: Record, reader: Reader) -> list[dict[str, Any]]:
    percents = {part["id"]: part["percent"] for part in record["result"]["sections"]}
    earlier = record["before"]["sections"] if record["before"] else {}
    return [
        {
            "title": reader.words(section["title"])["text"],
            "lang": reader.words(section["title"])["lang"],
            "tenths": figures.tenths_of(percents.get(section["id"])),
            "before": figures.tenths_of(earlier.get(section["id"])),
        }
        for section in record["sections"]
        if section["covered"]
    ]


def _before(record: Record, reader: Reader, style: str) -> str:
    before = record["before"]
    if before is None:
        return ""
    parts = [reader.day(before["completed"], style), score.tenths(before["score"]) or ""]
    if before["vetoed"]:
        parts.append(_("not approved (veto)"))
    elif before["grade"] and not before["provisional"]:
        parts.append(_("grade %(grade)s", grade=before["grade"]))
    return reader.comma.join(part for part in parts if part)


def _why(record: Record, reader: Reader) -> dict[str, str] | None:
    """Why the result is what it is; a total that reached the best grade explains itself."""
    if not is_audit(record):
        return None
    definition = {"sections": record["sections"], "rules": record["checklist"]["rules"]}
    result = record["result"]
    told = list(zip(result["rules"], why(result, definition, reader.language), strict=True))
    told.sort(key=lambda pair: pair[0]["rule"] != "veto")  # what stands above any total comes first
    reasons = [reason.text for _rule, reason in told[:REASONS_ON_COVER]]
    if len(told) > REASONS_ON_COVER:
        more = len(told) - REASONS_ON_COVER
        reasons.append(ngettext("%(num)s more rule fired.", "%(num)s more rules fired.", more))
    grade = result["grade"]
    lead = _("Why not A.") if grade in ("B", "C") and not result["vetoed"] else _("Why.")
    return {"lead": lead, "text": reader.join([*reasons, _("Section 3 shows every rule.")])}


def _facts(record: Record, reader: Reader) -> list[tuple[str, list[Said]]]:
    checklist = record["checklist"]
    lead, others = record["team"][:1], record["team"][1:]
    auditee = next((one for one in people.standing(record) if one["slot"] == "auditee"), None)
    begun, ended = _held(record)
    version = _(
        "%(title)s, version %(number)s",
        title=reader.words(checklist["title"])["text"],
        number=checklist["version"],
    )
    facts = [
        (_("Dates"), [reader.own(reader.days(begun, max(begun, ended)))]),
        (_("Lead auditor") if is_audit(record) else _("Lead"), [reader.name(one["name"]) for one in lead]),
        (
            _("Last audit"),
            [reader.own(_before(record, reader, "long") or _("none before"))] if is_audit(record) else [],
        ),
        (_("Auditor") if len(others) == 1 else _("Auditors"), [reader.name(one["name"]) for one in others]),
        (_("Checklist"), [reader.own(version)]),
        (
            _("For the other party"),
            [reader.name(text) for text in (auditee["value"]["name"], auditee["value"]["role"]) if text]
            if auditee
            else [],
        ),
    ]
    return [(label, texts) for label, texts in facts if texts]


def _held(record: Record) -> tuple[int, int]:
    """From the first to the last thing done on site, meetings included."""
    times, meetings = record["times"], [record["opening"]["held_at"], record["closing"]["held_at"]]
    known = [at for at in (*meetings, times["first"], times["last"]) if at and at <= times["completed"]]
    return min(known, default=times["completed"]), max(known, default=times["completed"])


def summary(record: Record, reader: Reader) -> dict[str, Any]:
    closing = record["closing"]
    stands = [finding["stand"] for finding in record["findings"]]
    disputed = [finding for finding in record["findings"] if finding["stand"] == "disagree"]
    opinion = []
    if record["findings"]:
        agreed, silent = stands.count("agree"), stands.count(None)
        told = []
        if agreed:
            told.append(ngettext("Agrees with %(num)s finding.", "Agrees with %(num)s findings.", agreed))
        if disputed:
            told.append(
                ngettext("Disagrees with %(num)s finding:", "Disagrees with %(num)s findings:", len(disputed))
            )
        if silent:
            told.insert(
                1 if agreed else 0,
                ngettext("Said nothing to %(num)s finding.", "Said nothing to %(num)s findings.", silent),
            )
        opinion = [reader.own(reader.join(told))]
    return {
        "lead": typed(closing["summary"]),
        "good": typed(closing["good_practices"]),
        "most": [
            {"number": f"F{finding['number']}", "anchor": f"f{finding['number']}", "title": card["title"]}
            for finding, card in zip(record["findings"], findings.cards(record, reader), strict=True)
            if finding["severity"] == "major"
        ],
        "opinion": opinion,
        "disputed": [
            {"number": f"F{one['number']}", "anchor": f"f{one['number']}", "text": typed(one["stand_text"])}
            for one in disputed
        ],
    }


def control(record: Record, reader: Reader) -> dict[str, Any]:
    """Document control, as far as the record knows it; number, seal and addresses come from the machine."""
    checklist = record["checklist"]
    count = len(record["photos"])
    return {
        "checklist": _(
            "%(title)s, version %(number)s of %(day)s, %(count)s questions",
            title=reader.words(checklist["title"])["text"],
            number=checklist["version"],
            day=reader.day(checklist["published_at"]),
            count=checklist["questions"],
        ),
        "checklist_hash": checklist["sha256"],
        "photos": ngettext(
            "%(num)s, with its SHA-256 in the attached data",
            "%(num)s, each with its SHA-256 in the attached data",
            count,
        )
        if count
        else _("none"),
        "files": _("inspection.json (the whole inspection), answers.csv (all answers)"),
        "language": LANGUAGE_NAMES[reader.language],
        "operations": ngettext(
            "%(num)s register, each with the hash of the change that stands",
            "%(num)s registers, each with the hash of the change that stands",
            len(record["registers"]),
        ),
        "completed": reader.stamp(record["times"]["completed"])
        + (_("; nothing was changed after the signatures") if people.standing(record) else ""),
        "reason": typed(record["reason"]),
        "replaces": str(record["revision"] - 1) if record["revision"] > 1 else "",
        "parties": [
            reader.name(record["subject"]["company"]["name"]),
            reader.name(record["organisation"]["name"]),
        ],
    }
