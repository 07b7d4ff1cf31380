"""An estate of many units on their way to their owners, as rows: walked, repaired, re-inspected, handed over.

Nothing of it went through a phone: for figures and for what must be quick, where a thousand walks would take
an hour. Which unit has which defects follows from its number alone, so that two runs agree.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import insert

from app.db import new_id, transaction
from app.features.actions.models import Action, ActionDefect, ActionEvent
from app.features.handovers.models import Dispute, Handover
from app.features.inspections.models import (
    Assignment,
    Defect,
    Inspection,
    MeterReading,
    Recheck,
    Revision,
)
from app.features.places.models import Building, Unit, UnitType
from tests.cast import BORN
from tests.factories.walk import Estates

WALKED = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
TRADES = ("Painting", "Waterproofing", "Tiling", "Doors", "Electrical", "Plumbing")
ROOMS = ("bed1", "bath1", "unit")
CHECKS = ("H07", "H16", "H21", "H08")


@dataclass
class Way:
    """What is written down of one unit: defects as (class, trade, room, check, fate), see `FATES`."""

    defects: Sequence[tuple[str, str, str, str, str]] = ()
    walked: datetime = WALKED
    handed_on: date | None = None
    meters: bool = True
    keys: bool = True
    signed: bool = True


# What became of a defect: what re-inspections said, whether its case is closed, days until then.
FATES: dict[str, tuple[tuple[str, ...], str, int]] = {
    "open": ((), "open", 0),
    "late": ((), "late", 0),
    "sent": ((), "review", 0),
    "passed": (("pass",), "closed", 6),
    "twice": (("fail", "pass"), "closed", 20),
    "failed": (("fail",), "open", 0),
    "as_is": (("as_is",), "closed", 9),
    "desk": ((), "closed", 3),
    "returned": ((), "open", 0),
    "cancelled": ((), "cancelled", 1),
    "disputed": ((), "open", 0),
}


@dataclass
class Rows:
    """Rows of each table, written in bulk at the end."""

    held: dict[type, list[dict[str, Any]]] = field(default_factory=dict)
    number: int = 0

    def add(self, model: type, **row: Any) -> dict[str, Any]:
        row = {"id": new_id(), **row}
        self.held.setdefault(model, []).append(row)
        return row


def many_units(
    app: Flask, place: Estates, person: UUID, buildings: int, floors: int, per_floor: int
) -> list[UUID]:
    """So many more units at the estate, each on its way as its number says; their ids, as people walk."""
    units = raise_towers(app, place, buildings, floors, per_floor)
    write_down(app, place, person, {unit: _way(at) for at, unit in enumerate(units) if at % 10 != 9})
    return units


def _way(at: int) -> Way:
    fates = ("passed", "open", "twice", "late", "as_is", "failed", "desk", "sent")
    defects = [
        (
            "A" if (at + n) % 11 == 0 else "B" if (at + n) % 2 else "C",
            TRADES[(at * 3 + n) % 6],
            ROOMS[n % 3],
            CHECKS[(at + n) % 4],
            fates[(at * 5 + n * 3) % 8],
        )
        for n in range(at % 9)
    ]
    done = all(fate in ("passed", "desk", "as_is") for *_, fate in defects)
    return Way(defects, WALKED + timedelta(hours=at % 400), date(2026, 11, 20) if done else None)


def raise_towers(app: Flask, place: Estates, buildings: int, floors: int, per_floor: int) -> list[UUID]:
    with app.app_context(), transaction() as session:
        kind = session.query(UnitType).filter_by(estate_id=place.estate).first()
        assert kind is not None
        made, rows = [], []
        for tower in range(buildings):
            made.append(
                {
                    "id": new_id(),
                    "estate_id": place.estate,
                    "name": f"Block {tower + 1:02}",
                    "position": 10 + tower,
                }
            )
            for floor in range(1, floors + 1):
                for door in range(1, per_floor + 1):
                    rows.append(
                        {
                            "id": new_id(),
                            "building_id": made[-1]["id"],
                            "type_id": kind.id,
                            "short_id": f"Q{len(rows):07}",
                            "floor": str(floor),
                            "floor_order": floor * 10,
                            "name": f"{floor}{door:02}",
                            "state": "idle",
                            "created_at": BORN,
                        }
                    )
        session.execute(insert(Building), made)
        session.execute(insert(Unit), rows)
    return [row["id"] for row in rows]


def write_down(app: Flask, place: Estates, person: UUID, ways: dict[UUID, Way]) -> None:
    """The walks of these units, what they found and what became of it."""
    rows = Rows()
    with app.app_context(), transaction() as session:
        rows.number = sum(session.query(model).count() for model in (Action, Inspection, Handover))
        for unit, way in ways.items():
            _walk(rows, place, person, unit, way)
        for model in (
            *(Inspection, Assignment, Revision, Defect, Action, ActionDefect, ActionEvent, Recheck),
            *(MeterReading, Handover, Dispute),
        ):
            if rows.held.get(model):
                session.execute(insert(model), rows.held[model])


def _walk(rows: Rows, place: Estates, person: UUID, unit: UUID, way: Way) -> None:
    walk = _inspection(rows, place, person, unit, way.walked, None, way)
    if way.meters:
        for meter in ("water", "power"):
            rows.add(
                MeterReading,
                inspection_id=walk,
                revision=1,
                unit_id=unit,
                meter=meter,
                reading="12.5",
                photos=["a" * 64],
                read_on=way.walked.date(),
            )
    checks: list[list[tuple[UUID, UUID, str]]] = [[], []]
    for number, defect in enumerate(way.defects, start=1):
        case, row, results = _defect(rows, place, person, unit, walk, number, way.walked, defect)
        for at, result in enumerate(results):
            checks[at].append((case, row, result))
    for at, several in enumerate(checks):
        if several:
            _again(rows, place, person, unit, way.walked + timedelta(days=5 + 8 * at), several)
    if way.handed_on:
        rows.number += 1
        rows.add(
            Handover,
            number=f"HO-{rows.number:06}",
            revision=1,
            unit_id=unit,
            handed_on=way.handed_on,
            languages=["en"],
            digest="0" * 64,
            body="{}",
            at=datetime(way.handed_on.year, way.handed_on.month, way.handed_on.day, 3, tzinfo=UTC),
            person_id=person,
        )


def _inspection(
    rows: Rows,
    place: Estates,
    person: UUID,
    unit: UUID,
    at: datetime,
    repaired: list[dict[str, Any]] | None,
    way: Way,
) -> UUID:
    rows.number += 1
    key = rows.add(
        Inspection,
        number=f"HW-{rows.number:06}",
        version_id=place.version,
        site_id=place.site,
        company_id=place.developer,
        unit_id=unit,
        estate_id=place.estate,
        rooms=[],
        repaired=repaired,
        state="completed",
        planned=True,
        created_at=at - timedelta(days=3),
        created_by=person,
        completed_at=at,
        provisional=False,
        vetoed=False,
        answered=60,
        asked=60,
        conflicts=0,
        late=0,
        revision=1,
    )["id"]
    rows.add(Assignment, inspection_id=key, person_id=person, position=0, assigned_at=at - timedelta(days=3))
    body = {
        "walk": {
            "keys": [{"kind": "entrance", "count": 2, "note": None}] if way.keys and not repaired else []
        },
        "slots": [
            {"slot": slot, "state": "signed" if way.signed else "open", "row": None}
            for slot in ("auditor", "auditee")
        ],
    }
    rows.add(
        Revision,
        inspection_id=key,
        revision=1,
        at=at,
        person_id=person,
        digest="0" * 64,
        body=json.dumps(body),
    )
    return key


def _defect(
    rows: Rows,
    place: Estates,
    person: UUID,
    unit: UUID,
    walk: UUID,
    number: int,
    walked: datetime,
    defect: tuple[str, str, str, str, str],
) -> tuple[UUID, UUID, tuple[str, ...]]:
    grade, trade, room, check, fate = defect
    results, phase, days = FATES[fate]
    company = place.waterproofer if trade == "Waterproofing" else place.painter
    row, rows.number = new_id(), rows.number + 1
    frozen = rows.add(
        Defect,
        inspection_id=walk,
        revision=1,
        number=number,
        row=row,
        unit_id=unit,
        room=room,
        check=f"{check}-{room}",
        trade=trade,
        grade=grade,
        text={"text": f"{trade} {number}", "lang": "en"},
        contractor_id=company,
        due=(walked + timedelta(days=15)).date(),
        photos=[],
    )
    open_phase = "open" if phase in ("open", "late") else phase
    case = rows.add(
        Action,
        number=f"A-{rows.number:06}",
        kind="corrective",
        severity=grade.lower(),
        form="short",
        step=None if phase in ("closed", "cancelled") else "implement",
        phase=open_phase,
        title=f"{trade} {number}",
        language="en",
        description={},
        company_id=company,
        site_id=place.site,
        place="Lakeside",
        trade=trade,
        time_zone="Asia/Shanghai",
        owner_id=person,
        notice_at=walked,
        step_at=walked,
        due_at=(walked + timedelta(days=1) if phase == "late" else walked + timedelta(days=4000))
        if open_phase == "open"
        else None,
        doers=[],
        outcome={"closed": "effective", "cancelled": "cancelled"}.get(phase, ""),
        created_at=walked,
        closed_at=walked + timedelta(days=days) if phase in ("closed", "cancelled") else None,
        record_version=1,
        revision=1,
        at_once=False,
        requirement="",
        statement="",
        evidence="",
        complex_cause=False,
        commitment=False,
        deadlines="",
        currency="CNY",
        branches="",
        measure_types="",
    )["id"]
    rows.add(
        ActionDefect,
        action_id=case,
        defect_id=frozen["id"],
        inspection_id=walk,
        row=row,
        unit_id=unit,
        room=room,
    )
    acts = ["raised", *("returned" for one in results if one == "fail")]
    for act in [*acts, "returned"] if fate == "returned" else acts:
        rows.add(ActionEvent, action_id=case, revision=1, act=act, at=walked, facts={})
    if fate == "disputed":
        rows.add(Dispute, action_id=case, text={"text": "Not ours", "lang": "en"}, at=walked)
    return case, row, results


def _again(
    rows: Rows, place: Estates, person: UUID, unit: UUID, at: datetime, checks: list[tuple[UUID, UUID, str]]
) -> None:
    walk = _inspection(rows, place, person, unit, at, [{"row": str(row)} for _, row, _ in checks], Way())
    for case, row, result in checks:
        rows.add(
            Recheck,
            inspection_id=walk,
            revision=1,
            row=row,
            action_id=case,
            unit_id=unit,
            result=result,
            price=20_000 if result == "as_is" else None,
            currency="CNY" if result == "as_is" else None,
            photos=[],
            checked_on=at.date(),
        )
