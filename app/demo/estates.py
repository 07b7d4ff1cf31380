"""Lakeside Court: two towers of sixty flats, three layouts with their plans, three contractors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.adapters.blobs import BlobStore
from app.adapters.plans import LIMITS, PlanRoom, keep_plan
from app.demo.plans import Flat, draw
from app.domain.dates import local_day
from app.domain.permissions import Actor
from app.domain.unit_sheet import read_rows
from app.features.companies.commands import add_company, add_contact
from app.features.places.commands import add_site
from app.features.places.commands import estates as commands
from app.features.places.commands.plans import add_plan
from app.features.places.commands.units import confirm, keep_draft

NAMES = {
    "entrance": ("Entrance", "入户", "玄關"),
    "living": ("Living room", "客厅", "客廳"),
    "bedroom": ("Bedroom", "卧室", "臥室"),
    "master": ("Master bedroom", "主卧", "主臥"),
    "study": ("Study", "书房", "書房"),
    "kitchen": ("Kitchen", "厨房", "廚房"),
    "bathroom": ("Bathroom", "卫生间", "浴室"),
    "ensuite": ("Ensuite bathroom", "主卫", "主臥浴室"),
    "balcony": ("Balcony", "阳台", "陽台"),
    "unit": ("Unit as a whole", "整户", "整戶"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """`rooms`: (id, kind, key of NAMES) in walking order; `flat`: how its plan is drawn."""

    code: str
    name: str
    rooms: tuple[tuple[str, str, str], ...]
    flat: Flat


_END = (("balcony1", "balcony", "balcony"), ("unit1", "unit", "unit"))
_BEGIN = (
    ("entrance1", "entrance", "entrance"),
    ("living1", "living", "living"),
    ("kitchen1", "kitchen", "kitchen"),
    ("bath1", "bathroom", "bathroom"),
)
LAYOUTS = (
    Layout(
        "A1",
        "76 m²",
        (*_BEGIN, ("bedroom1", "bedroom", "bedroom"), *_END),
        Flat(
            *(9.2, 8.3),
            rooms=(
                ("Bedroom", 0, 0, 3.6, 4.2),
                ("Bathroom", 3.6, 0, 2.2, 2.6),
                ("Kitchen", 5.8, 0, 3.4, 2.6),
                ("Entrance", 3.6, 2.6, 5.6, 1.6),
                ("Living", 0, 4.2, 9.2, 2.9),
                ("Balcony", 0, 7.1, 9.2, 1.2),
            ),
            openings=(
                *(("window", 1.1, 0, 1.4, False), ("window", 4.3, 0, 0.8, False)),
                *(("window", 6.8, 0, 1.4, False), ("gap", 3.4, 7.1, 2.4, False)),
                *(("door", 2.5, 4.2, 0.85, False), ("door", 4.0, 2.6, 0.8, False)),
                *(("gap", 6.4, 2.6, 1.4, False), ("gap", 4.6, 4.2, 2.4, False)),
                ("door", 9.2, 2.9, 0.95, True),
            ),
        ),
    ),
    Layout(
        "B1",
        "92 m²",
        (*_BEGIN, ("bedroom1", "bedroom", "master"), ("bedroom2", "bedroom", "study"), *_END),
        Flat(
            *(10.4, 8.8),
            rooms=(
                ("Master", 0, 0, 3.6, 4.2),
                ("Study", 3.6, 0, 3.4, 2.9),
                ("Bathroom", 7.0, 0, 3.4, 2.9),
                ("Entrance", 3.6, 2.9, 6.8, 1.3),
                ("Living", 0, 4.2, 7.0, 3.4),
                ("Kitchen", 7.0, 4.2, 3.4, 3.4),
                ("Balcony", 0, 7.6, 10.4, 1.2),
            ),
            openings=(
                *(("window", 1.1, 0, 1.4, False), ("window", 4.6, 0, 1.4, False)),
                *(("window", 8.3, 0, 0.8, False), ("window", 10.4, 5.2, 1.4, True)),
                *(("door", 2.4, 4.2, 0.85, False), ("door", 4.2, 2.9, 0.85, False)),
                *(("door", 7.5, 2.9, 0.8, False), ("door", 8.2, 4.2, 0.85, False)),
                *(("gap", 4.4, 4.2, 1.8, False), ("gap", 2.2, 7.6, 2.8, False)),
                ("door", 10.4, 3.1, 0.95, True),
            ),
        ),
    ),
    Layout(
        "C1",
        "118 m²",
        (
            *_BEGIN,
            ("bedroom1", "bedroom", "master"),
            ("bath2", "bathroom", "ensuite"),
            ("bedroom2", "bedroom", "bedroom"),
            ("bedroom3", "bedroom", "study"),
            *_END,
        ),
        Flat(
            *(12.4, 9.5),
            rooms=(
                ("Master", 0, 0, 3.8, 4.4),
                ("Ensuite", 3.8, 0, 2.2, 2.4),
                ("Bathroom", 6.0, 0, 2.4, 2.4),
                ("Kitchen", 8.4, 0, 4.0, 2.4),
                ("Entrance", 3.8, 2.4, 8.6, 2.0),
                ("Bedroom", 0, 4.4, 3.8, 5.1),
                ("Living", 3.8, 4.4, 5.6, 3.8),
                ("Study", 9.4, 4.4, 3.0, 3.8),
                ("Balcony", 3.8, 8.2, 8.6, 1.3),
            ),
            openings=(
                *(("window", 1.2, 0, 1.4, False), ("window", 4.5, 0, 0.8, False)),
                *(("window", 6.8, 0, 0.8, False), ("window", 9.7, 0, 1.4, False)),
                *(("window", 12.4, 5.6, 1.4, True), ("window", 1.2, 9.5, 1.4, False)),
                *(("door", 3.8, 3.0, 0.85, True), ("door", 3.8, 0.9, 0.8, True)),
                *(("door", 6.6, 2.4, 0.8, False), ("door", 9.6, 2.4, 0.85, False)),
                *(("door", 10.4, 4.4, 0.85, False), ("door", 3.8, 5.2, 0.85, True)),
                *(("gap", 5.2, 4.4, 2.4, False), ("gap", 5.4, 8.2, 2.6, False)),
                ("door", 12.4, 2.9, 0.95, True),
            ),
        ),
    ),
)
# name, other name, code, first contact, the trades it repairs
CONTRACTORS = (
    (
        "Huaxin Waterproofing",
        "华信防水",
        "C-2001",
        ("Shen Ping", "shen.ping@huaxin.example"),
        ("Waterproofing", "Tiling", "Drainage", "Plumbing", "Sanitary"),
    ),
    (
        "Taihe Fit-out",
        "泰和装饰",
        "C-2002",
        ("Dong Hai", "dong.hai@taihe.example"),
        ("Plaster", "Painting", "Screed", "Geometry", "Wood flooring", "Joinery", "Doors", "Ironmongery"),
    ),
    (
        "Minghui Electrical",
        "明辉机电",
        "C-2003",
        ("Tao Yun", "tao.yun@minghui.example"),
        ("Electrical", "ELV", "Ventilation", "Heating", "Cooling", "Fire", "Gas", "Appliances", "Lift"),
    ),
)
OWNERS = ("陈女士", "王先生", "林女士", "何先生", "郑女士", "罗先生", "梁女士", "谢先生")
TOWERS, FLOORS = ("Tower 1", "Tower 2"), 15
DOORS = ("A1", "B1", "B1", "C1")  # the layouts of a floor, from its first door
COLUMNS = ("building", "floor", "unit", "type", "owner", "completion", "delivery")


def add(
    session: Session, actor: Actor, developer: UUID, blobs: BlobStore, born: datetime, now: datetime
) -> UUID:
    """The estate, all of it through the commands a manager uses. Its id."""
    site = add_site(
        session,
        actor,
        developer,
        born,
        name="Lakeside Court",
        address="苏州市吴中区湖滨路 1 号",
        city="Suzhou",
        country="CN",
        time_zone="Asia/Shanghai",
    )
    completed = local_day(now - timedelta(days=75), "Asia/Shanghai")
    estate = commands.add_estate(
        session, actor, born, site_id=site.id, name="Lakeside Court", code="LC", completed_on=completed
    )
    types = {
        layout.code: commands.add_type(
            session, actor, estate.id, born, code=layout.code, name=layout.name, rooms=_rooms(layout)
        ).id
        for layout in LAYOUTS
    }
    _add_plans(session, actor, estate.id, types, blobs, born)
    _add_units(session, actor, estate.id, born, now)
    _add_contractors(session, actor, estate.id, born)
    return estate.id


def _rooms(layout: Layout) -> list[dict[str, Any]]:
    languages = ("en", "zh-Hans", "zh-Hant")
    return [
        {"id": key, "kind": kind, "name": dict(zip(languages, NAMES[name], strict=True))}
        for key, kind, name in layout.rooms
    ]


def _add_plans(
    session: Session, actor: Actor, estate: UUID, types: dict[str, UUID], blobs: BlobStore, now: datetime
) -> None:
    room = PlanRoom(replace(LIMITS, jobs=len(LAYOUTS) + 1))  # one process for all of them
    try:
        with TemporaryDirectory(prefix="plumbline-demo-") as folder:
            for layout in LAYOUTS:
                path = Path(folder) / f"{layout.code}.png"
                draw(layout.flat, path)
                kept = keep_plan(blobs, room, path)
                add_plan(session, actor, estate, types[layout.code], kept, path.name, now)
    finally:
        room.close()


def _add_units(session: Session, actor: Actor, estate: UUID, born: datetime, now: datetime) -> None:
    """As a sheet brings them: previewed, then confirmed."""
    cells: list[list[str]] = []
    for place, tower in enumerate(TOWERS):
        for floor in range(1, FLOORS + 1):
            # the highest floors of the first tower come first: tomorrow
            days = 1 if place == 0 and floor > FLOORS - 2 else 6 + 14 * place
            delivery = local_day(now + timedelta(days=days), "Asia/Shanghai").isoformat()
            for door, layout in enumerate(DOORS, 1):
                number = len(cells)
                owner = OWNERS[number % len(OWNERS)] if number % 5 else ""  # one in five is not sold yet
                cells.append([tower, str(floor), f"{floor}{door:02}", layout, owner, "", delivery])
    columns = {name: index for index, name in enumerate(COLUMNS)}
    rows = read_rows(enumerate(cells, 2), columns, COLUMNS, {}, str(estate))
    draft = keep_draft(session, actor, "lakeside-court.xlsx", rows, born)
    confirm(session, actor, draft.id, born)


def _add_contractors(session: Session, actor: Actor, estate: UUID, now: datetime) -> None:
    chosen: dict[str, UUID | None] = {}
    for name, other_name, code, (contact, email), trades in CONTRACTORS:
        company = add_company(
            session,
            actor,
            now,
            name=name,
            kinds=("contractor",),
            other_name=other_name,
            code=code,
            country="CN",
        )
        add_contact(
            session,
            actor,
            company.id,
            now,
            name=contact,
            duty="Site manager",
            email=email,
            language="zh-Hans",
        )
        chosen |= dict.fromkeys(trades, company.id)
    commands.set_contractors(session, actor, estate, chosen, now)
