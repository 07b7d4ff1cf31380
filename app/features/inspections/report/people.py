"""Who took part, what they signed, and the seals that record it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.domain.consents import CONSENTS, MEANINGS
from app.domain.signatures import REFUSAL
from app.domain.words import pick
from app.features.inspections.report.figures import drawn
from app.features.inspections.report.reader import Reader, Said, offset, typed
from app.features.inspections.words.walk import SLOTS
from app.features.reports.report import Seal

Record = Mapping[str, Any]
ROLES = {"auditor": _l("Auditor"), "auditee": _l("For the other party"), "other": _l("Also signed")}
FIELDS = {"auditor": ("SigAuditor", "sig-auditor"), "auditee": ("SigAuditee", "sig-auditee")}
IN_A_ROW = 3
A_MINUTE = 60_000


def standing(record: Record) -> list[Mapping[str, Any]]:
    """What counts, one for each slot (the latest), every one of "other"; auditor and auditee first."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in record["signatures"]:
        if one["counts"]:
            found[one["slot"] if one["slot"] in FIELDS else one["id"]] = one
    order = {"auditor": 0, "auditee": 1}
    return sorted(found.values(), key=lambda one: order.get(one["slot"], 2))


def place_of(number: int, one: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the signature field and the id of its box on the page."""
    return FIELDS.get(one["slot"]) or (f"SigOther{number}", f"sig-other-{number}")


def cells(record: Record, reader: Reader) -> list[list[dict[str, Any]]]:
    """The signature block, three parties in a row. Where nobody was asked to sign, the lead stands there."""
    roles = ROLES if record.get("walk") is None else SLOTS
    found = [_cell(number, one, roles, reader) for number, one in enumerate(standing(record), 1)]
    if not any(cell["anchor"] == "sig-auditor" for cell in found):
        found.insert(0, _unsigned(record, reader))
    return [found[at : at + IN_A_ROW] for at in range(0, len(found), IN_A_ROW)]


def _cell(number: int, one: Mapping[str, Any], roles: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    value, made = one["value"], one["operation"]
    refused = one["kind"] == "refuse"
    return {
        "anchor": place_of(number, one)[1],
        "role": str(roles.get(one["slot"], roles["other"])),
        "means": "" if refused else pick(MEANINGS[value["meaning"]], reader.language),
        "refused": refused,
        "strokes": [] if refused else drawn(value["strokes"]),
        "name": reader.name(value["name"]),
        "duty": reader.name(value["role"]),
        "firm": reader.name(value["organisation"]),
        "reason": typed(value["reason"]) if refused else None,
        "witness": [reader.name(value["witness"]["name"]), reader.name(value["witness"]["role"])]
        if refused
        else None,
        "drawn_at": reader.stamp(value["at"] + made["offset"]),
        "clock": _clock(made["offset"]),
        "received_at": reader.stamp(made["received_at"]),
        "digest": value["digest"][:16],
    }


def _unsigned(record: Record, reader: Reader) -> dict[str, Any]:
    lead = next(iter(record["team"]), {"name": ""})
    return {
        "anchor": "sig-auditor",
        "role": str(ROLES["auditor"]),
        "means": pick(MEANINGS[_done(record)], reader.language),
        "refused": False,
        "strokes": [],
        "name": reader.name(lead["name"]),
        "duty": reader.own(_("Lead")),
        "firm": reader.name(record["organisation"]["name"]),
        "reason": None,
        "witness": None,
        "drawn_at": "",
        "clock": "",
        "received_at": reader.stamp(record["times"]["completed"]),
        "digest": "",
    }


def _done(record: Record) -> str:
    """What whoever led it did: an audit is carried out, a unit is inspected."""
    return "carried_out" if record.get("walk") is None else "inspected"


def _clock(difference: int) -> str:
    """How far the phone's clock was off, when by a minute or more."""
    if abs(difference) < A_MINUTE:
        return ""
    minutes = round(abs(difference) / A_MINUTE)
    if difference > 0:
        return ngettext("clock %(num)s min slow, corrected", "clock %(num)s min slow, corrected", minutes)
    return ngettext("clock %(num)s min fast, corrected", "clock %(num)s min fast, corrected", minutes)


def consents(record: Record, reader: Reader) -> list[Said]:
    """The texts that were agreed to, as they were read on the glass; where that was another language, the
    reader's too.
    """
    used = sorted(
        {
            (one["value"]["consent"]["id"], one["value"]["consent"]["language"])
            if one["kind"] == "sign"
            else (REFUSAL, one["value"]["reason"]["lang"])
            for one in standing(record)
        }
    )
    shown = [(consent, lang) for consent, lang in used if consent in CONSENTS]
    shown += [
        (c, reader.language) for c in sorted({c for c, _lang in shown}) if (c, reader.language) not in shown
    ]
    return [
        {"text": CONSENTS[consent][lang], "lang": lang}
        for consent, lang in shown
        if lang in CONSENTS[consent]
    ]


def outdated(record: Record) -> str:
    """Signatures that no longer counted when the inspection was completed; "" when there are none."""
    count = sum(not one["counts"] for one in record["signatures"])
    if not count:
        return ""
    return ngettext(
        "%(num)s earlier signature came before the last changes and does not count; the data holds it.",
        "%(num)s earlier signatures came before the last changes and do not count; the data holds them.",
        count,
    )


def seals(record: Record, language: str) -> list[Seal]:
    """Which acts the organisation seals, the auditor's first: it certifies. In the current language."""
    made = [_seal(number, one, record, language) for number, one in enumerate(standing(record), 1)]
    if not any(seal.field == "SigAuditor" for seal in made):
        lead = next(iter(record["team"]), {"name": ""})
        made.insert(
            0,
            Seal(
                field="SigAuditor",
                anchor="sig-auditor",
                name=lead["name"],
                role=str(ROLES["auditor"]),
                organisation=record["organisation"]["name"],
                meaning=pick(MEANINGS[_done(record)], language),
                at=_instant(record["times"]["completed"], record),
            ),
        )
    return made


def _seal(number: int, one: Mapping[str, Any], record: Record, language: str) -> Seal:
    value, refused = one["value"], one["kind"] == "refuse"
    field, anchor = place_of(number, one)
    return Seal(
        field=field,
        anchor=anchor,
        name=value["name"],
        role=value["role"],
        organisation=value["organisation"],
        meaning=_("Declined to sign; the reason is in the report.")
        if refused
        else pick(MEANINGS[value["meaning"]], language),
        at=_instant(value["at"] + one["operation"]["offset"], record),
    )


def _instant(moment: int, record: Record) -> datetime:
    """On the clock of the site: a stamp reads as the page beside it."""
    return datetime.fromtimestamp(moment // 1000, ZoneInfo(record["subject"]["site"]["time_zone"]))


def team(record: Record, reader: Reader) -> list[Said]:
    return [reader.name(member["name"]) for member in record["team"]]


def participants(record: Record, reader: Reader) -> list[dict[str, Any]]:
    """Everybody who took part, and where they were there."""
    return [
        {
            "name": typed(one["name"]) or reader.own("—"),
            "role": typed(one["role"]),
            "firm": typed(one["organisation"]),
            "there": reader.listed(
                [_("opening") if one["opening"] else "", _("closing") if one["closing"] else ""]
            )
            or "—",
        }
        for one in record["participants"]
    ]


def scope(record: Record, reader: Reader) -> Iterator[tuple[str, list[Said]]]:
    """What the audit was about, as rows of a label and its texts; empty ones are left out."""
    plan, opening, closing, times = (record[key] for key in ("plan", "opening", "closing", "times"))
    rows = (
        (_("Client"), [plan["client"]]),
        (_("Objectives"), [plan["objectives"]]),
        (_("Scope"), [plan["scope"]]),
        (_("Criteria"), [plan["criteria"]]),
        (_("Areas seen"), [opening["areas_seen"]]),
        (_("Areas not seen"), [opening["areas_not_seen"], closing["areas_not_seen"]]),
        (_("Remarks at the opening"), [opening["remarks"]]),
        (_("Remarks at the closing"), [closing["remarks"]]),
    )
    for label, texts in rows:
        said = [text for text in map(typed, texts) if text]
        if said:
            yield label, said
    yield _("Times"), [reader.own(_times(record, reader))]
    if times["offline"]:
        yield _("Without a network"), [reader.own(_offline(times["offline"], reader))]
    if times["clock"]:
        yield _("Phone clock"), [reader.own(_wrong(times["clock"]["offset"]))]


def _times(record: Record, reader: Reader) -> str:
    times, opening, closing = record["times"], record["opening"], record["closing"]
    parts = [
        (_("opening meeting %(time)s"), opening["held_at"]),
        (_("first answer %(time)s"), times["first"]),
        (_("last answer %(time)s"), times["last"]),
        (_("closing meeting %(time)s"), closing["held_at"]),
        (_("completed %(time)s"), times["completed"]),
    ]
    zone = offset(reader.local(times["completed"]).utcoffset())
    told = reader.comma.join(text.replace("%(time)s", reader.moment(at)) for text, at in parts if at)
    return _("%(times)s; clock of the site, UTC%(zone)s.", times=told[:1].upper() + told[1:], zone=zone)


def _offline(offline: Mapping[str, Any], reader: Reader) -> str:
    return ngettext(
        "From %(begun)s the phone kept %(num)s change by itself; the server received it at %(received)s.",
        "From %(begun)s the phone kept %(num)s changes by itself; the server received them at %(received)s.",
        offline["operations"],
        begun=reader.moment(offline["from"]),
        received=reader.moment(offline["received"]),
    )


def _wrong(difference: int) -> str:
    minutes = round(abs(difference) / A_MINUTE)
    if difference > 0:
        return ngettext(
            "A phone's clock was %(num)s minute slow; all times here are corrected by the server's clock.",
            "A phone's clock was %(num)s minutes slow; all times here are corrected by the server's clock.",
            minutes,
        )
    return ngettext(
        "A phone's clock was %(num)s minute fast; all times here are corrected by the server's clock.",
        "A phone's clock was %(num)s minutes fast; all times here are corrected by the server's clock.",
        minutes,
    )
