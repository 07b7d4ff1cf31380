"""Estates as somebody may see them: their buildings as grids, unit types with plans, contractors, units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.domain.errors import Invalid, NotFound
from app.domain.estates import STATES, column_of, naturally, read_short_id
from app.domain.permissions import Act, Actor, Scope, may
from app.domain.register_values import SHA256
from app.features.companies.models import Company
from app.features.places.models import Building, Estate, Plan, Site, TradeContractor, Unit, UnitType
from app.features.places.queries import sites_for, visible_estates

FOUND_AT_MOST = 50
WIDEST = 40  # columns of units above each other; where names say nothing of the kind they stand one by one


class Listed(NamedTuple):
    """An estate in the list: how many units there are in each state."""

    estate: Estate
    units: Counter[str]


class Cell(NamedTuple):
    """One unit in a grid."""

    short_id: str
    name: str
    state: str


@dataclass(frozen=True)
class Grid:
    """A building: floors from the top, each with a cell or nothing for each column of units."""

    building: Building
    floors: list[tuple[str, list[Cell | None]]]
    units: Counter[str]

    @property
    def total(self) -> int:
        return self.units.total()

    @property
    def wide(self) -> int:
        return max((len(cells) for _, cells in self.floors), default=0)


class TypeRow(NamedTuple):
    """A unit type with its newest plan and how many units are of it."""

    type: UnitType
    plan: Plan | None
    units: int


def scope_of(estate: Estate) -> Scope:
    """Where an estate lies: itself, and its developer."""
    return Scope(company=estate.site.company_id, estate=estate.id)


def get_visible_to(session: Session, actor: Actor, estate_id: UUID, lock: bool = False) -> Estate:
    """One estate with its site and developer; `lock` holds its row until the commit. Raises NotFound."""
    query = visible_estates(actor).where(Estate.id == estate_id)
    query = query.options(contains_eager(Estate.site).joinedload(Site.company, innerjoin=True))
    found = session.scalars(query.with_for_update(of=Estate) if lock else query).one_or_none()
    if found is None:
        raise NotFound()
    return found


def listed(session: Session, actor: Actor) -> list[Listed]:
    """Every estate this person may see, those in use first, by name."""
    rows = visible_estates(actor).order_by(Estate.retired_at.is_not(None), Estate.name, Estate.id)
    estates = session.scalars(
        rows.options(contains_eager(Estate.site).joinedload(Site.company, innerjoin=True))
    ).all()
    counts: dict[UUID, Counter[str]] = {estate.id: Counter() for estate in estates}
    counted = session.execute(
        select(Building.estate_id, Unit.state, func.count())
        .join(Building, Building.id == Unit.building_id)
        .where(Building.estate_id.in_(counts), Unit.retired_at.is_(None))
        .group_by(Building.estate_id, Unit.state)
    )
    for estate_id, state, number in counted:
        counts[estate_id][state] = number
    return [Listed(estate, counts[estate.id]) for estate in estates]


def choices(session: Session, actor: Actor, act: Act = Act.MANAGE_PLACES) -> list[tuple[UUID, str, str]]:
    """(id, name, code) of the estates in use where this person may do `act`, by name."""
    rows = session.execute(
        visible_estates(actor, act)
        .where(Estate.retired_at.is_(None))
        .with_only_columns(Estate.id, Estate.name, Estate.code)
        .order_by(Estate.name, Estate.id)
    )
    return [(estate_id, name, code) for estate_id, name, code in rows]


def free_sites(session: Session, actor: Actor) -> list[Site]:
    """Sites of developers where this person may put an estate, and where none stands yet."""
    taken = set(session.scalars(select(Estate.site_id)))
    offered = sites_for(session, actor, Act.MANAGE_PLACES)
    return [site for site in offered if site.id not in taken and "developer" in site.company.kinds]


def buildings_of(session: Session, estate_id: UUID) -> list[Building]:
    """The buildings in use, as people walk."""
    return list(
        session.scalars(
            select(Building)
            .where(Building.estate_id == estate_id, Building.retired_at.is_(None))
            .order_by(Building.position, Building.name)
        )
    )


def building_of(session: Session, estate_id: UUID, building_id: UUID) -> Building:
    """A building of an estate that was authorised already. Raises NotFound."""
    building = session.get(Building, building_id)
    if building is None or building.estate_id != estate_id:
        raise NotFound()
    return building


def grids(session: Session, buildings: Iterable[Building]) -> list[Grid]:
    """Each building as floors and columns, in one query. Retired units are left out."""
    wanted = list(buildings)
    rows = session.execute(
        select(Unit.building_id, Unit.floor_order, Unit.floor, Unit.short_id, Unit.name, Unit.state)
        .where(Unit.building_id.in_([building.id for building in wanted]), Unit.retired_at.is_(None))
        .order_by(Unit.floor_order.desc())
    )
    found: dict[UUID, list[tuple[int, str, Cell]]] = {building.id: [] for building in wanted}
    for building_id, order, floor, *cell in rows:
        found[building_id].append((order, floor, Cell(*cell)))
    return [_grid(building, found[building.id]) for building in wanted]


def _grid(building: Building, units: list[tuple[int, str, Cell]]) -> Grid:
    floors: dict[int, tuple[str, list[tuple[str, Cell]]]] = {}
    for order, floor, cell in units:
        floors.setdefault(order, (floor, []))[1].append((column_of(cell.name, floor), cell))
    every = [column for _, cells in floors.values() for column, _ in cells]
    columns = sorted(set(every), key=naturally)
    aligned = len(columns) <= WIDEST and all(len(dict(cells)) == len(cells) for _, cells in floors.values())
    drawn: list[tuple[str, list[Cell | None]]] = []
    for floor, cells in floors.values():
        if aligned:
            at = dict(cells)
            drawn.append((floor, [at.get(column) for column in columns]))
        else:
            ordered = sorted((cell for _, cell in cells), key=lambda cell: naturally(cell.name))
            drawn.append((floor, [*ordered]))
    return Grid(building, drawn, Counter(cell.state for _, _, cell in units))


def states_of(session: Session, estate_id: UUID) -> Counter[str]:
    """How many units in use are in each state."""
    rows = session.execute(
        select(Unit.state, func.count().label("number"))
        .join(Building, Building.id == Unit.building_id)
        .where(Building.estate_id == estate_id, Unit.retired_at.is_(None))
        .group_by(Unit.state)
    )
    counted = {row.state: row.number for row in rows}
    return Counter({state: counted[state] for state in STATES if counted.get(state)})


def matching(session: Session, estate_id: UUID, text: str) -> list[Unit]:
    """Units whose name or owner holds the text, at most FOUND_AT_MOST."""
    like = f"%{text.lower().replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    rows = session.scalars(
        select(Unit)
        .join(Building, Building.id == Unit.building_id)
        .where(
            Building.estate_id == estate_id,
            Unit.retired_at.is_(None),
            or_(func.lower(Unit.name).like(like, "!"), func.lower(Unit.owner_name).like(like, "!")),
        )
        .options(contains_eager(Unit.building))
        .order_by(Building.position, Unit.floor_order, Unit.name)
        .limit(FOUND_AT_MOST)
    )
    return list(rows)


def unit_by_short_id(session: Session, actor: Actor, short_id: str, lock: bool = False) -> Unit:
    """The unit on whose label this stands, if this person may see its estate. Raises NotFound."""
    wanted = read_short_id(short_id)
    if wanted is None:
        raise NotFound()
    query = select(Unit).where(Unit.short_id == wanted)
    unit = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if unit is None:
        raise NotFound()
    get_visible_to(session, actor, unit.building.estate_id)
    return unit


def types_of(session: Session, estate_id: UUID) -> list[TypeRow]:
    """The unit types of an estate, each with its newest plan, by code."""
    types = session.scalars(select(UnitType).where(UnitType.estate_id == estate_id)).all()
    rows = session.execute(
        select(Unit.type_id, func.count().label("number"))
        .where(Unit.type_id.in_([each.id for each in types]), Unit.retired_at.is_(None))
        .group_by(Unit.type_id)
    )
    counts = {row.type_id: row.number for row in rows}
    newest = newest_plans(session, [each.id for each in types])
    return [
        TypeRow(each, newest.get(each.id), counts.get(each.id, 0))
        for each in sorted(types, key=lambda each: naturally(each.code))
    ]


def type_of(session: Session, estate_id: UUID, type_id: UUID, lock: bool = False) -> UnitType:
    """A unit type of an estate that was authorised already. Raises NotFound."""
    found = session.get(UnitType, type_id, with_for_update=True if lock else None)
    if found is None or found.estate_id != estate_id:
        raise NotFound()
    return found


def newest_plans(session: Session, types: Iterable[UUID]) -> dict[UUID, Plan]:
    """The newest plan of each of these types."""
    rows = session.scalars(select(Plan).where(Plan.type_id.in_(list(types))).order_by(Plan.revision))
    return {plan.type_id: plan for plan in rows}


def plans_of(session: Session, type_id: UUID) -> list[Plan]:
    """Every revision of a type's plan, the newest first."""
    return list(session.scalars(select(Plan).where(Plan.type_id == type_id).order_by(Plan.revision.desc())))


def plan_and_before(
    session: Session, type_id: UUID, plan_id: UUID, before: UUID | None = None
) -> tuple[Plan, Plan]:
    """A revision of a type's plan and an earlier one: `before`, or the one right before it. Raises NotFound,
    Invalid: plan_first.
    """
    plans = plans_of(session, type_id)
    plan = next((each for each in plans if each.id == plan_id), None)
    if plan is None:
        raise NotFound()
    earlier = [each for each in plans if each.revision < plan.revision]
    if not earlier:
        raise Invalid("plan_first")
    origin = next((each for each in earlier if before in (None, each.id)), None)
    if origin is None:
        raise NotFound()
    return plan, origin


def plan_picture(session: Session, actor: Actor, sha256: str) -> Plan:
    """A plan drawn as this picture, of an estate this person may see. Raises NotFound."""
    if not SHA256(sha256):  # an address says what it likes, and not every database takes every letter
        raise NotFound()
    plan = session.scalars(
        select(Plan)
        .join(UnitType, UnitType.id == Plan.type_id)
        .where(
            Plan.picture_sha256 == sha256,
            UnitType.estate_id.in_(visible_estates(actor).with_only_columns(Estate.id)),
        )
        .limit(1)
    ).one_or_none()
    if plan is None:
        raise NotFound()
    return plan


def contractors_of(session: Session, estate_id: UUID) -> dict[str, Company]:
    """Trade → who repairs it."""
    rows = session.scalars(
        select(TradeContractor)
        .where(TradeContractor.estate_id == estate_id)
        .options(joinedload(TradeContractor.company, innerjoin=True))
    )
    return {row.trade: row.company for row in rows}


def may_manage(actor: Actor, estate: Estate) -> bool:
    return may(actor, Act.MANAGE_PLACES, scope_of(estate))
