"""What a handover freezes: everything its certificate says, in one canonical JSON value.

The certificate is drawn from it and from nothing else; it lies in `handovers.body` and, byte for byte, in the
PDF as `handover.json`. Instants are milliseconds since 1970 UTC, days "YYYY-MM-DD", texts {"text", "lang"} or
null, words {"en", "zh-Hans", "zh-Hant"}.

    v, kind       1, "handover"
    organisation  {name}
    number, revision, reason (of a revision above 1, text), frozen_at, languages (the first leads)
    unit          {id, short_id, name, building, floor, type, owner_name, completed_on, delivery_on}
    estate        {id, name, code}
    developer     {id, name, other_name}
    site          {address, city, time_zone}
    plans         [{id, revision, picture (SHA-256), width, height}]  those with pins on them, else the newest
    walks         [{number, revision, digest, again, completed, team, checklist (words), version}]  in order
    checks        {asked, passed, defects, na}  of the newest walk through all rooms
    defects       [{number, row, class, room (words or text), trade, text (text or words), pin, check,
                    contractor: {id, name} | null, found_on, case: {id, number} | null, state (open, closed,
                    as_is, withdrawn), day (it ended, or is due), failed (re-inspections), price, currency,
                    done (what was repaired), note (of the re-inspection, text),
                    before, after: [{sha256, taken_at, w, h, marks}]}]
    result        {code, open, as_is}  domain/certificate.py
    meters        [{meter, reading, number, absent, confirmed, problem, read_on}]  each as it was read last
    keys          [{kind, counted, handed, note (of the count, text), remark (text)}]
    papers        [code of domain/certificate.py PAPERS, or a text]
    handed        {on, by: {id, name}, to, stand, authority (texts), remarks, open_accepted}
    warranties    [{category, contractor, developer}]
    signing       of the newest walk: {signatures, slots, team, organisation, times: {completed}}
    photos        [sha256]  each once, sorted
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.domain.action_clock import due_day
from app.domain.actions import Phase
from app.domain.certificate import AS_IS, CLOSED, OPEN, WITHDRAWN, result_of
from app.domain.dates import local_day
from app.domain.handover import warranties
from app.domain.register_walk import METERS
from app.features.actions.models import Action, ActionDefect
from app.features.handovers.queries.keys import Walked
from app.features.inspections.frozen import milliseconds
from app.features.inspections.models import MeterReading, Recheck
from app.features.inspections.queries.rechecks import last_revision, rechecks_of
from app.features.places.models import Plan, Unit
from app.features.places.queries.estates import newest_plans

ENDED = {Phase.CLOSED.value: CLOSED, Phase.WATCH.value: CLOSED, Phase.CANCELLED.value: WITHDRAWN}


def certified(session: Session, unit: Unit, walks: Sequence[Walked]) -> dict[str, Any]:
    """What stands on the certificate of a unit whatever is handed over with it: unit, estate, developer,
    site, plans, walks, checks, defects, result, meters, warranties, signing, photos.
    """
    estate = unit.building.estate
    site = estate.site
    defects = _defects(session, unit, walks)
    photos = {photo["sha256"] for one in defects for side in ("before", "after") for photo in one[side]}
    return {
        "unit": {
            "id": str(unit.id),
            "short_id": unit.short_id,
            "name": unit.name,
            "building": unit.building.name,
            "floor": unit.floor,
            "type": unit.type.name or unit.type.code,
            "owner_name": unit.owner_name,
            "completed_on": _iso(estate.completed_on),
            "delivery_on": _iso(unit.delivery_on),
        },
        "estate": {"id": str(estate.id), "name": estate.name, "code": estate.code},
        "developer": {
            "id": str(site.company_id),
            "name": site.company.name,
            "other_name": site.company.other_name,
        },
        "site": {"address": site.address, "city": site.city, "time_zone": site.time_zone},
        "plans": _plans(session, unit, defects),
        "walks": [_walk(one) for one in walks],
        "checks": _checks(walks),
        "defects": defects,
        "result": result_of(one["state"] for one in defects)._asdict(),
        "meters": _meters(session, unit.id),
        "warranties": [
            {"category": one.category, "contractor": _iso(one.contractor), "developer": _iso(one.developer)}
            for one in warranties(estate.completed_on, unit.delivery_on)
        ],
        "signing": _signing(walks),
        "photos": sorted(photos),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _walk(one: Walked) -> dict[str, Any]:
    return {
        "number": one.number,
        "revision": one.revision,
        "digest": one.digest,
        "again": one.again,
        "completed": one.body["times"]["completed"],
        "team": [member["name"] for member in one.body["team"]],
        "checklist": one.body["checklist"]["title"],
        "version": one.body["checklist"]["version"],
    }


def _checks(walks: Sequence[Walked]) -> dict[str, int]:
    whole = next((one for one in reversed(walks) if not one.again), None)
    given = [
        (question["answer"] or {}).get("score")
        for section in (whole.body["sections"] if whole else ())
        if section["covered"]
        for question in section["questions"]
    ]
    counts = {
        name: given.count(score) for name, score in (("passed", "pass"), ("defects", "defect"), ("na", "na"))
    }
    return {"asked": len(given), **counts}


def _signing(walks: Sequence[Walked]) -> dict[str, Any] | None:
    if not walks:
        return None
    body = walks[-1].body
    return {
        "signatures": body["signatures"],
        "slots": body["slots"],
        "team": body["team"],
        "organisation": body["organisation"],
        "times": {"completed": body["times"]["completed"]},
    }


def _meters(session: Session, unit_id: UUID) -> list[dict[str, Any]]:
    """Each meter as it was written down last, whichever walk that was, in the order people read them."""
    rows = session.scalars(
        select(MeterReading)
        .where(
            MeterReading.unit_id == unit_id,
            MeterReading.revision == last_revision(MeterReading.inspection_id),
        )
        .order_by(MeterReading.read_on, MeterReading.id)
    )
    last = {row.meter: row for row in rows}
    return [
        {
            "meter": row.meter,
            "reading": row.reading,
            "number": row.number,
            "absent": row.absent,
            "confirmed": row.confirmed,
            "problem": row.problem,
            "read_on": row.read_on.isoformat(),
        }
        for row in (last[meter] for meter in METERS if meter in last)
    ]


def _plans(session: Session, unit: Unit, defects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    named = {UUID(one["pin"]["plan"]) for one in defects if one["pin"]}
    rows = list(
        session.scalars(
            select(Plan)
            .where(Plan.id.in_(named), Plan.type_id == unit.type_id)
            .order_by(Plan.revision.desc())
        )
    )
    newest = newest_plans(session, {unit.type_id}).get(unit.type_id)
    return [
        {
            "id": str(row.id),
            "revision": row.revision,
            "picture": row.picture_sha256,
            "width": row.width,
            "height": row.height,
        }
        for row in rows or ([newest] if newest else [])
    ]


def _defects(session: Session, unit: Unit, walks: Sequence[Walked]) -> list[dict[str, Any]]:
    """Every defect the walks of the unit found, in the order of finding, with what became of it."""
    cases = _cases(session, unit.id)
    seen = rechecks_of(session, unit.id)
    known = {sha256: photo for walk in walks for sha256, photo in _photos_in(walk.body)}
    found = [(walk, one) for walk in walks for one in walk.body["walk"]["defects"]]
    return [
        {
            "number": at,
            **_found(walk, one),
            **_became(cases.get(UUID(one["row"])), seen.get(UUID(one["row"]), []), known, one),
        }
        for at, (walk, one) in enumerate(found, start=1)
    ]


def _found(walk: Walked, one: Mapping[str, Any]) -> dict[str, Any]:
    zone = walk.body["subject"]["site"]["time_zone"]
    return {
        "row": one["row"],
        "class": one["class"],
        "room": one["room_name"],
        "trade": one["trade"],
        "text": one["text"],
        "pin": one["pin"],
        "check": (one["check"] or "").partition("-")[0],
        "contractor": one["contractor"],
        "found_on": local_day(walk.completed, zone).isoformat(),
        "before": [_photo(photo) for photo in one["photos"]],
    }


def _became(
    case: Action | None,
    rechecks: Sequence[Recheck],
    known: Mapping[str, Mapping[str, Any]],
    one: Mapping[str, Any],
) -> dict[str, Any]:
    """How the defect stands: as its case does, and as the newest re-inspection found it."""
    last = rechecks[-1] if rechecks else None
    if (last is not None and last.result == AS_IS) or (case is not None and case.outcome == AS_IS):
        state = AS_IS
    else:
        state = ENDED.get(case.phase, OPEN) if case is not None else OPEN
    day = one["due"]
    if case is not None and state == OPEN and case.due_at is not None:
        day = due_day(case.due_at, case.time_zone).isoformat()
    elif last is not None and state in (CLOSED, AS_IS):
        day = last.checked_on.isoformat()
    elif case is not None and case.closed_at is not None:
        day = local_day(case.closed_at, case.time_zone).isoformat()
    return {
        "case": {"id": str(case.id), "number": case.number} if case is not None else None,
        "contractor": _company(case) if case is not None else one["contractor"],
        "state": state,
        "day": day,
        "failed": sum(row.result == "fail" for row in rechecks),
        "price": last.price if last is not None and state == AS_IS else None,
        "currency": last.currency if last is not None and state == AS_IS else None,
        "done": _done(case) if state == CLOSED else "",
        "note": last.note if last is not None else None,
        "after": _after(case, rechecks, known) if state != OPEN or rechecks else [],
    }


def _company(case: Action) -> dict[str, str] | None:
    return {"id": str(case.company.id), "name": case.company.name} if case.company else None


def _done(case: Action | None) -> str:
    """What whoever repaired it wrote last."""
    steps = [row for row in (case.steps if case else ()) if row.step == "implement"]
    return str(steps[-1].content.get("done") or "") if steps else ""


def _after(
    case: Action | None, rechecks: Sequence[Recheck], known: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The photos of the newest re-inspection that has any, else those the contractor sent."""
    shown = next((row.photos for row in reversed(rechecks) if row.photos), None)
    if shown is not None:
        return [_photo(known.get(sha256, {"sha256": sha256})) for sha256 in shown]
    sent = [one for one in (case.pictures if case else ()) if one.moment == "after"]
    last = max((one.revision for one in sent), default=0)
    return [
        {**_photo(known.get(one.sha256, {"sha256": one.sha256})), "taken_at": milliseconds(one.added_at)}
        for one in sent
        if one.revision == last
    ]


def _photo(photo: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sha256": photo["sha256"],
        "taken_at": photo.get("taken_at"),
        "w": photo.get("w"),
        "h": photo.get("h"),
        "marks": photo.get("marks") or [],
    }


def _photos_in(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every photo of a record with its size and what was drawn on it."""
    told = list(body["walk"]["defects"])
    told += [
        question["answer"]
        for section in body["sections"]
        for question in section["questions"]
        if question["answer"]
    ]
    for one in told:
        for photo in one["photos"]:
            yield photo["sha256"], photo


def _cases(session: Session, unit_id: UUID) -> dict[UUID, Action]:
    """Row of the defect → its case."""
    rows = session.execute(
        select(ActionDefect.row, Action)
        .join(Action, Action.id == ActionDefect.action_id)
        .where(ActionDefect.unit_id == unit_id, ActionDefect.row.is_not(None))
        .options(selectinload(Action.pictures), selectinload(Action.steps), selectinload(Action.company))
    )
    return {row: action for row, action in rows if row is not None}
