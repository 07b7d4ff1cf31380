"""An estate with a few flats, and a phone that walks one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.db import new_id, reading, transaction
from app.domain.rooms import walked
from app.features.accounts.models import GivenGrant, Person
from app.features.checklists.commands import load_library
from app.features.checklists.models import Checklist, Version
from app.features.companies.models import Company
from app.features.places.models import Building, Estate, Site, TradeContractor, Unit, UnitType
from tests.cast import BORN, Cast
from tests.factories.phone import Phone

ROOMS: list[dict[str, Any]] = [
    {"id": "bed1", "kind": "bedroom", "name": {"en": "Bedroom", "zh-Hans": "卧室", "zh-Hant": "臥室"}},
    {"id": "bath1", "kind": "bathroom", "name": {"text": "主卫", "lang": "zh-Hans"}},
]
WALKED = walked(ROOMS)


@dataclass(frozen=True)
class Estates:
    """`officer`: of this estate alone; `elsewhere`: of another one."""

    estate: UUID
    site: UUID
    developer: UUID
    waterproofer: UUID
    painter: UUID
    units: tuple[UUID, ...]
    officer: UUID
    elsewhere: UUID
    version: UUID


def raise_estate(app: Flask, cast: Cast, units: int = 3) -> Estates:
    """Lakeside Court with Tower 2, its developer and two contractors; the handover checklist."""
    with app.app_context(), transaction() as session:

        def company(name: str, kind: str) -> UUID:
            made = Company(id=new_id(), name=name, kinds=[kind], country="CN", created_at=BORN)
            session.add(made)
            session.flush()
            return made.id

        def estate_of(name: str, code: str, developer: UUID) -> Estate:
            place = Site(
                id=new_id(), company_id=developer, name=name, time_zone="Asia/Shanghai", created_at=BORN
            )
            session.add(place)
            session.flush()
            made = Estate(id=new_id(), site_id=place.id, name=name, code=code, created_at=BORN)
            session.add(made)
            session.flush()
            return made

        def officer(name: str, estate: UUID) -> UUID:
            made = Person(
                id=new_id(),
                email=f"{name.lower()}@example.com",
                name=f"{name} Officer",
                language="en",
                time_zone="Asia/Shanghai",
                created_at=BORN,
            )
            session.add(made)
            session.flush()
            session.add(
                GivenGrant(
                    person_id=made.id, role="officer", scope_kind="estate", scope_id=estate, created_at=BORN
                )
            )
            return made.id

        developer = company("Lakeside Development", "developer")
        water, paint = company("Dry Walls", "contractor"), company("Even Coats", "contractor")
        lakeside = estate_of("Lakeside Court", "LC", developer)
        lakeside.completed_on = date(2026, 1, 15)
        other = estate_of("Hill Gardens", "HG", developer)
        tower = Building(id=new_id(), estate_id=lakeside.id, name="Tower 2", position=1)
        kind = UnitType(id=new_id(), estate_id=lakeside.id, code="A1", name="Type A1", rooms=ROOMS)
        session.add_all([tower, kind])
        session.flush()
        session.add_all(
            [
                TradeContractor(estate_id=lakeside.id, trade="Waterproofing", company_id=water),
                TradeContractor(estate_id=lakeside.id, trade="Painting", company_id=paint),
            ]
        )
        made = [
            Unit(
                id=new_id(),
                building_id=tower.id,
                type_id=kind.id,
                short_id=f"TEST{n:04}".replace("T", "7"),
                floor="15",
                floor_order=150,
                name=f"15{n:02}",
                owner_name="Zhang Wei",
                state="idle",
                created_at=BORN,
            )
            for n in range(1, units + 1)
        ]
        session.add_all(made)
        load_library(session, BORN)
        session.flush()
        version = session.scalars(
            select(Version).join(Checklist).where(Checklist.code == "unit-handover")
        ).one()
        return Estates(
            estate=lakeside.id,
            site=lakeside.site_id,
            developer=developer,
            waterproofer=water,
            painter=paint,
            units=tuple(unit.id for unit in made),
            officer=officer("Lakeside", lakeside.id),
            elsewhere=officer("Hill", other.id),
            version=version.id,
        )


def begin_walk(phone: Phone, place: Estates, person: UUID, unit: UUID | None = None, **more: Any) -> str:
    """A walk nobody planned, begun on this phone; its id."""
    phone.record = str(new_id())
    value = {
        "checklist_version": str(place.version),
        "site": str(place.site),
        "auditors": [str(person)],
        "due": None,
        "unit": str(unit or place.units[0]),
        "rooms": WALKED,
        **more,
    }
    phone.operation("create", "inspection", "created", value)
    return phone.record


def pass_all(phone: Phone, app: Flask, place: Estates, *but: str) -> None:
    """Every check passes, but these."""
    from app.features.inspections.queries import form_of

    with app.app_context():
        questions = sorted(form_of(reading(), place.version, WALKED).questions)
    for question in questions:
        if question not in but:
            phone.set(f"q/{question}", "score", "pass")


def note_defect(phone: Phone, check: str | None = None, picture: bytes | None = None, **fields: Any) -> str:
    """A defect written down; its row. A check is answered "defect" with it."""
    row = str(new_id())
    phone.operation("row.add", f"d/{row}", "row", {"on": True})
    if check:
        phone.set(f"q/{check}", "score", "defect")
        phone.set(f"d/{row}", "check", check)
    for name, value in fields.items():
        phone.set(f"d/{row}", name.rstrip("_"), value)
    if picture is not None:
        phone.add_photo(f"d/{row}", picture)
    return row


def finish(phone: Phone) -> None:
    """Both parties sign, and the walk is complete."""
    phone.sign("auditor")
    phone.sign("auditee")
    phone.complete()
