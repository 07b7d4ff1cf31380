"""Handing over the keys of a unit: what was true then is frozen, numbered, and becomes the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app import journal
from app.config import LANGUAGES
from app.db import new_id
from app.domain.canonical import canonical_text, digest
from app.domain.certificate import (
    OPEN,
    OTHERS_AT_MOST,
    PAPERS,
    judge_day,
    judge_keys,
    judge_languages,
    judge_receiver,
)
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotAllowed, NotFound, Stale
from app.domain.handover import keys_gate
from app.domain.permissions import Act, Actor, may
from app.domain.words import script_language
from app.features.accounts.models import Person
from app.features.handovers.commands import settle_unit
from app.features.handovers.models import Handover
from app.features.handovers.queries import get_unit, open_cases, ready_of
from app.features.handovers.queries.certificate import certified
from app.features.handovers.queries.keys import keys_counted, latest_handover, walked, walked_on
from app.features.inspections.frozen import milliseconds
from app.features.places.models import Building, Unit
from app.features.places.queries import estates
from app.features.reports import commands as reports
from app.numbering import next_number

KIND = "handover"  # of reports: the record is the unit, the revision that of the handover
SERIES = "handover"  # of numbers: HO-2026-0001


@dataclass(frozen=True, slots=True)
class Handing:
    """What somebody writes down who hands over the keys. `keys`: kind → count given, where it is written at
    all; `remarks` of keys by kind; `papers`: codes of domain/certificate.py PAPERS; `others`: papers of one's
    own; `reason`: why an earlier revision is corrected; `delivery`: the unit counts as delivered on this day,
    whatever day was planned.
    """

    day: date
    stand: str
    receiver: str
    authority: str = ""
    keys: Mapping[str, int] = field(default_factory=dict)
    key_remarks: Mapping[str, str] = field(default_factory=dict)
    papers: Sequence[str] = ()
    others: Sequence[str] = ()
    open_accepted: bool = False
    languages: Sequence[str] = ("en",)
    remarks: str = ""
    delivery: bool = False
    reason: str = ""


def hand_over(session: Session, actor: Actor, unit_id: UUID, wanted: Handing, now: datetime) -> Handover:
    """The keys change hands. Of two people who press at once one does it, the other is told.

    Raises NotFound, NotAllowed, Stale (handed_over_already), Invalid with its field: keys_<what is missing at
    the gate>, what domain/certificate.py refuses, handover_open (open defects that nobody accepted).
    """
    unit = _locked(session, actor, unit_id)
    if latest_handover(session, unit.id) is not None:
        raise Stale("handed_over_already")
    if unit.retired_at is not None:
        raise Invalid("unit_retired")
    cases = open_cases(session, unit.id)
    for need in keys_gate(ready_of(session, unit.id, cases)):
        if not need.met:
            raise Invalid(f"keys_{need.code}")
    zone = unit.building.estate.site.time_zone
    number = f"HO-{next_number(session, SERIES, local_day(now, zone).year)}"
    return _freeze(session, actor, unit, wanted, number, 1, now)


def correct(
    session: Session, actor: Actor, unit_id: UUID, known: int, wanted: Handing, now: datetime
) -> Handover:
    """Another revision of a handover, for a reason, with what is true of the unit by now; the gate was passed
    and is not asked again. `known`: the revision that was corrected. Raises as hand_over, and Invalid
    (handover_not_yet), Stale (handover_changed).
    """
    unit = _locked(session, actor, unit_id)
    before = latest_handover(session, unit.id)
    if before is None:
        raise Invalid("handover_not_yet")
    if before.revision != known:
        raise Stale("handover_changed")
    if not wanted.reason:
        raise Invalid("required", field="reason")
    if unit.delivery_on == before.handed_on:  # delivered by being handed over: another day moves both
        wanted = replace(wanted, delivery=True)
    return _freeze(session, actor, unit, wanted, before.number, before.revision + 1, now)


def may_hand_over(actor: Actor, unit: Unit) -> bool:
    return may(actor, Act.HAND_OVER, estates.scope_of(unit.building.estate))


def _locked(session: Session, actor: Actor, unit_id: UUID) -> Unit:
    """The unit, ours alone until the commit. Raises NotFound, NotAllowed."""
    get_unit(session, actor, unit_id)
    unit = session.scalars(
        select(Unit)
        .where(Unit.id == unit_id)
        .options(joinedload(Unit.building).joinedload(Building.estate), joinedload(Unit.type))
        .with_for_update(of=Unit)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if unit is None:
        raise NotFound()
    if not may_hand_over(actor, unit):
        raise NotAllowed()
    return unit


def _freeze(
    session: Session, actor: Actor, unit: Unit, wanted: Handing, number: str, revision: int, now: datetime
) -> Handover:
    walks = walked(session, unit.id)
    zone = unit.building.estate.site.time_zone
    judge_day(wanted.day, walked_on(walks, first=revision > 1), local_day(now, zone))
    judge_receiver(wanted.stand, wanted.receiver, wanted.authority)
    languages = judge_languages(wanted.languages, LANGUAGES)
    if unit.delivery_on is None or (wanted.delivery and unit.delivery_on != wanted.day):
        unit.delivery_on = wanted.day
        session.flush()
        journal.write(session, "unit.changed", ("unit", unit.id), now, actor.id, {"fields": ["delivery_on"]})
    body = {
        "v": 1,
        "kind": KIND,
        "organisation": {"name": str(session.info.get("organisation", ""))},
        "number": number,
        "revision": revision,
        "reason": _typed(wanted.reason, actor),
        "frozen_at": milliseconds(now),
        "languages": languages,
        **certified(session, unit, walks),
        "keys": _keys(wanted, keys_counted(walks), actor),
        "papers": _papers(wanted),
        "handed": {
            "on": wanted.day.isoformat(),
            "by": {"id": str(actor.id), "name": session.get_one(Person, actor.id).name},
            "to": wanted.receiver,
            "stand": wanted.stand,
            "authority": wanted.authority,
            "remarks": _typed(wanted.remarks, actor),
            "open_accepted": wanted.open_accepted,
        },
    }
    if any(one["state"] == OPEN for one in body["defects"]) and not wanted.open_accepted:
        raise Invalid("handover_open", field="open_accepted")
    text = canonical_text(body)
    made = Handover(
        id=new_id(),
        number=number,
        revision=revision,
        unit_id=unit.id,
        handed_on=wanted.day,
        languages=languages,
        digest=digest(text.encode()),
        body=text,
        reason=_typed(wanted.reason, actor),
        at=now,
        person_id=actor.id,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # without a lock on the row, the constraint still holds
        raise Stale("handed_over_already" if revision == 1 else "handover_changed") from None
    facts = {"number": number, "revision": revision, "digest": made.digest, "handover": str(made.id)}
    act = "unit.handed_over" if revision == 1 else "unit.handover_corrected"
    journal.write(session, act, ("unit", unit.id), now, actor.id, facts)
    settle_unit(session, unit.id, now)
    reports.request(
        session,
        kind=KIND,
        record_id=unit.id,
        revision=revision,
        language=languages[0],
        now=now,
        person_id=actor.id,
    )
    return made


def _keys(wanted: Handing, counted: Mapping[str, Mapping[str, Any]], actor: Actor) -> list[dict[str, Any]]:
    counts = {kind: one["count"] for kind, one in counted.items()}
    return [
        {
            **one,
            "note": counted.get(one["kind"], {}).get("note"),
            "remark": _typed(wanted.key_remarks.get(one["kind"], ""), actor),
        }
        for one in judge_keys(counts, wanted.keys, wanted.key_remarks)
    ]


def _papers(wanted: Handing) -> list[Any]:
    """The papers that were given: codes in their order, then one's own as texts in their language."""
    if not set(wanted.papers) <= set(PAPERS):
        raise Invalid("not_a_choice", field="papers")
    if len(wanted.others) > OTHERS_AT_MOST:
        raise Invalid("papers_too_many", field="others", limit=OTHERS_AT_MOST)
    own = [{"text": text, "lang": script_language(text, wanted.languages[0])} for text in wanted.others]
    return [*(code for code in PAPERS if code in wanted.papers), *own]


def _typed(text: str, actor: Actor) -> dict[str, str] | None:
    return {"text": text, "lang": script_language(text, actor.language)} if text else None
