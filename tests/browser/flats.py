"""A flat to walk, of its own for each test: an estate with one unit, its plan and a contractor, written into
the world's own database."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import select

from app.adapters.blobs import LocalBlobs
from app.adapters.pictures import WIDTHS, copy_name
from app.adapters.plans import original_name, picture_name
from app.config import read_config
from app.db import new_id, transaction
from app.domain.actions import Step, submit
from app.domain.rooms import walked
from app.factory import create_app
from app.features.accounts.models import GivenGrant, Person
from app.features.actions import queries as actions
from app.features.actions.commands import settle
from app.features.actions.commands.defects import open_from_walk
from app.features.actions.models import ActionPicture
from app.features.checklists.models import Checklist, Version
from app.features.companies.models import Company
from app.features.inspections.models import Defect, Inspection
from app.features.places.models import Building, Estate, Plan, Site, TradeContractor, Unit, UnitType
from tests.browser.world import World

ROOMS = [
    {"id": "bed1", "kind": "bedroom", "name": {"en": "Bedroom", "zh-Hans": "卧室", "zh-Hant": "臥室"}},
    {"id": "bath1", "kind": "bathroom", "name": {"en": "Bathroom", "zh-Hans": "卫生间", "zh-Hant": "浴室"}},
]
OWNER, CONTRACTOR = "Zhang Wei", "Dry Walls"


def plan_picture() -> bytes:
    image = Image.new("RGB", (1024, 768), "white")
    draw = ImageDraw.Draw(image)
    for wall in ((40, 40, 984, 728), (40, 40, 500, 728), (500, 40, 984, 400)):
        draw.rectangle(wall, outline="#14202A", width=10)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def raise_flat(world: World, officer: str, code: str) -> str:
    """Where the unit's page is. `officer` may walk everything in its estate; `code` names it."""
    app = create_app(read_config({"PLUMBLINE_DATA": str(world.data)}))
    now, picture = datetime.now(UTC), plan_picture()
    sha = hashlib.sha256(picture).hexdigest()
    blobs = LocalBlobs(world.data / "blobs")
    blobs.put_named(picture_name(sha), picture)
    blobs.put_named(original_name(sha), picture)
    with app.app_context(), transaction() as session:
        person = session.scalars(select(Person).where(Person.email == f"{officer}@nordhaven.example")).one()

        def company(name: str, kind: str) -> UUID:
            made = Company(id=new_id(), name=name, kinds=[kind], country="CN", created_at=now)
            session.add(made)
            session.flush()
            return made.id

        developer, contractor = company(f"{code} Homes", "developer"), company(CONTRACTOR, "contractor")
        zone = {"time_zone": "Asia/Shanghai", "created_at": now}
        site = Site(id=new_id(), company_id=developer, name=f"{code} Court", **zone)
        session.add(site)
        session.flush()
        estate = Estate(id=new_id(), site_id=site.id, name=f"{code} Court", code=code, created_at=now)
        session.add(estate)
        session.flush()
        building = Building(id=new_id(), estate_id=estate.id, name="Tower 2", position=1)
        layout = UnitType(id=new_id(), estate_id=estate.id, code="A1", name="A1", rooms=ROOMS)
        session.add_all([building, layout])
        session.flush()
        unit = Unit(
            id=new_id(),
            building_id=building.id,
            type_id=layout.id,
            short_id=f"{code}2345678"[:8],
            floor="15",
            floor_order=150,
            name="1502",
            owner_name=OWNER,
            created_at=now,
        )
        plan = Plan(
            id=new_id(),
            type_id=layout.id,
            revision=1,
            kind="image",
            sha256=sha,
            page=1,
            pages=1,
            picture_sha256=sha,
            width=1024,
            height=768,
            created_at=now,
            person_id=person.id,
        )
        trade = TradeContractor(estate_id=estate.id, trade="Waterproofing", company_id=contractor)
        grant = {"role": "officer", "scope_kind": "estate", "scope_id": estate.id, "created_at": now}
        session.add_all([unit, plan, trade, GivenGrant(person_id=person.id, **grant)])
        return f"/u/{unit.short_id}"


def repair_flat(world: World, officer: str, address: str, defects: list[tuple[str, str, str]]) -> list[str]:
    """A walk of the flat at `address` that left these defects [(room, class, what is wrong)], each repaired
    by its contractor with a photo from before and from after; their rows.
    """
    app = create_app(read_config({"PLUMBLINE_DATA": str(world.data)}))
    now, rows = datetime.now(UTC), [new_id() for _ in defects]
    blobs = LocalBlobs(world.data / "blobs")
    with app.app_context(), transaction() as session:
        person = session.scalars(select(Person).where(Person.email == f"{officer}@nordhaven.example")).one()
        unit = session.scalars(select(Unit).where(Unit.short_id == address.rpartition("/")[2])).one()
        estate = unit.building.estate
        plan = session.scalars(select(Plan).where(Plan.type_id == unit.type_id)).one()
        contractor = session.scalars(
            select(TradeContractor.company_id).where(TradeContractor.estate_id == estate.id)
        ).one()
        version = session.scalars(
            select(Version).join(Checklist).where(Checklist.code == "unit-handover")
        ).one()
        walk = Inspection(
            id=new_id(),
            number=f"WALK-{unit.short_id}",
            version_id=version.id,
            site_id=estate.site_id,
            company_id=estate.site.company_id,
            unit_id=unit.id,
            estate_id=estate.id,
            rooms=walked(ROOMS),
            state="completed",
            planned=False,
            created_at=now,
            created_by=person.id,
            completed_at=now,
        )
        session.add(walk)
        session.flush()
        for n, (row, (room, grade, text)) in enumerate(zip(rows, defects, strict=True), start=1):
            session.add(
                Defect(
                    inspection_id=walk.id,
                    revision=1,
                    number=n,
                    row=row,
                    unit_id=unit.id,
                    room=room,
                    room_name=next(one["name"] for one in ROOMS if one["id"] == room),
                    trade="Waterproofing",
                    grade=grade,
                    text={"text": text, "lang": "zh-Hant"},
                    pin={"plan": str(plan.id), "x": 2000 * n, "y": 5000},
                    contractor_id=contractor,
                    due=now.date(),
                    photos=[_kept(blobs, f"{unit.short_id} before {n}", "#B8602B")],
                )
            )
        session.flush()
        for case in open_from_walk(session, walk.id, 1, "zh-Hant", now, person.id):
            action = actions.one(session, case, lock=True)
            step = actions.step_row(action, Step.IMPLEMENT)
            assert step is not None
            step.content = {"done": "已拆除重做並重新粉刷"}
            after = _kept(blobs, f"{action.number} after", "#3B7A57")
            action.pictures.append(
                ActionPicture(
                    id=new_id(),
                    action_id=action.id,
                    revision=1,
                    step="implement",
                    moment="after",
                    sha256=after,
                    added_at=now,
                )
            )
            settle(session, action, submit(actions.circle_of(action), Step.IMPLEMENT, "l:contractor"), now)
    return [str(row) for row in rows]


def _kept(blobs: LocalBlobs, name: str, colour: str) -> str:
    """A photo the server holds, told apart by its name; its SHA-256."""
    image = Image.new("RGB", (1280, 960), colour)
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 120, 1160, 840), outline="white", width=12)
    draw.line((120, 840, 1160, 120), fill="white", width=12)
    draw.text((160, 160), name, fill="white", font_size=64)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=85)
    sha = hashlib.sha256(written.getvalue()).hexdigest()
    for width in WIDTHS:
        copy = io.BytesIO()
        image.resize((width, width * 3 // 4)).save(copy, "JPEG", quality=80)
        blobs.put_named(copy_name(sha, width), copy.getvalue())
    return sha


def revise_plan(world: World, code: str) -> str:
    """A second revision of the flat's plan, everything a tenth further to the right, and matched; its id."""
    app = create_app(read_config({"PLUMBLINE_DATA": str(world.data)}))
    wider = Image.new("RGB", (1024, 768), "ivory")
    wider.paste(Image.open(io.BytesIO(plan_picture())), (102, 0))
    written = io.BytesIO()
    wider.save(written, "PNG")
    sha = hashlib.sha256(written.getvalue()).hexdigest()
    blobs = LocalBlobs(world.data / "blobs")
    blobs.put_named(picture_name(sha), written.getvalue())
    blobs.put_named(original_name(sha), written.getvalue())
    with app.app_context(), transaction() as session:
        first = session.scalars(select(Plan).join(UnitType).join(Estate).where(Estate.code == code)).one()
        same = {
            "type_id": first.type_id,
            "kind": "image",
            "page": 1,
            "pages": 1,
            "width": 1024,
            "height": 768,
        }
        plan = Plan(
            id=new_id(), revision=2, sha256=sha, picture_sha256=sha, person_id=first.person_id, **same
        )
        plan.created_at = datetime.now(UTC)
        plan.registration = {
            "from": str(first.id),
            "old": [[1000, 1000], [8000, 8000]],
            "new": [[2000, 1000], [9000, 8000]],
        }
        session.add(plan)
        session.flush()
        return str(plan.id)
