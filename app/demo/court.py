"""Lakeside Court on its way to its owners: flats walked, repaired, looked at again, one handed over."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.db import new_id
from app.demo import walks
from app.demo.flats import FLATS, QUICK, ZONE, Flat, Flaw, House, end, walk_flat
from app.domain.actions import Step
from app.domain.again import AS_IS, PASS, question_id
from app.domain.dates import local_day
from app.domain.rooms import walked
from app.features.actions import queries as actions
from app.features.actions.commands import Hand, beside, walking
from app.features.actions.models import Action, ActionDefect
from app.features.companies.models import Contact
from app.features.handovers.commands import disputes, lists
from app.features.handovers.commands.keys import Handing, hand_over
from app.features.handovers.queries import repaired_in
from app.features.inspections.commands import Walks, plan_walks
from app.features.inspections.models import Defect
from app.features.places.models import Building, Unit

PLANNED = ("1401", "1403")  # for tomorrow
HANDED_OVER = "1502"
AS_IT_IS = ("H02-entrance1", "近看仍有痕跡，業主同意折價接受。", {"amount": 30_000, "currency": "CNY"})
DISPUTED = ("1402", "H06-bedroom2", "裂缝由精装单位开槽所致，不属于我方施工范围。")


def add(house: House) -> None:
    """Every flat from its walk to where it stands now."""
    for flat in FLATS:
        unit = _unit(house, flat.unit)
        start = _moment(house, flat.ago, 9)
        walk_flat(house, flat, unit, start)
        for nth, flaw in enumerate(flat.flaws[: flat.repaired]):
            _repair(house, unit, flaw, start + timedelta(days=2, hours=nth))
        if flat.unit == HANDED_OVER:
            _look_again(house, unit, flat, start + timedelta(days=9))
            _give_keys(house, unit, start + timedelta(days=11))
    _dispute(house)
    _plan(house)


def _case(house: House, unit: Unit, check: str) -> tuple[Action, Hand]:
    """The case of a defect, and its contractor's hand: whoever opens the list of this estate by a link."""
    action = house.session.scalars(
        select(Action)
        .join(ActionDefect, ActionDefect.action_id == Action.id)
        .join(Defect, Defect.id == ActionDefect.defect_id)
        .where(ActionDefect.unit_id == unit.id, Defect.check == check)
    ).one()
    contact = house.session.scalars(
        select(Contact).where(Contact.company_id == action.company_id).order_by(Contact.id)
    ).first()
    assert contact is not None
    link = lists.give_list(
        house.session, house.officer, house.estate.id, contact.id, "zh-Hans", action.notice_at
    )
    return action, Hand(link_id=link.id)


def _repair(house: House, unit: Unit, flaw: Flaw, at: datetime) -> None:
    """The contractor's answer: what was done, with a photo."""
    action, hand = _case(house, unit, flaw.check)
    sha256 = house.photos[flaw.after]["sha256"]
    beside.add_picture(house.session, action, Step.IMPLEMENT, "after", sha256, hand, at)
    walking.send(house.session, action, Step.IMPLEMENT, {"done": flaw.done}, None, hand, at)


def _look_again(house: House, unit: Unit, flat: Flat, at: datetime) -> None:
    """The re-inspection: everything passes, but for what the owner accepts as it is."""
    repaired = repaired_in(house.session, [unit.id])[unit.id]
    walk = walks.Walk(house.session, new_id(), at)
    created = {
        "checklist_version": str(house.version.id),
        "site": str(house.estate.site_id),
        "auditors": [str(house.officer.id)],
        "due": None,
        "unit": str(unit.id),
        "rooms": [dict(room) for room in walked(unit.type.rooms)],
        "repaired": repaired,
    }
    walk.send(house.phone, [("create", "inspection", "created", created)], QUICK)
    after = {flaw.check: flaw.after for flaw in flat.flaws}
    check, note, price = AS_IT_IS
    changes: list[walks.Change] = []
    for one in repaired:
        path, media_id = f"q/{question_id(one['row'])}", str(new_id())
        lenient = one["check"] == check
        changes.append(("set", path, "score", AS_IS if lenient else PASS))
        if lenient:
            changes.append(("set", path, "note", walks.typed(note, house.officer)))
            changes.append(("set", path, "price", price))
        photo = {**house.photos[after[one["check"]]], "media_id": media_id}
        changes.append(("media.add", path, f"photo:{media_id}", photo))
    walk.send(house.phone, changes, QUICK)
    end(house, unit, walk)


def _give_keys(house: House, unit: Unit, at: datetime) -> None:
    wanted = Handing(
        day=local_day(at, ZONE),
        stand="owner",
        receiver=unit.owner_name,
        keys={"entrance": 5, "mailbox": 2, "meter_box": 1, "access_card": 3},
        papers=("guarantee", "manual", "as_built"),
        languages=("zh-Hans", "en"),
        delivery=True,
    )
    hand_over(house.session, house.officer, unit.id, wanted, at)


def _dispute(house: House) -> None:
    name, check, reason = DISPUTED
    action, hand = _case(house, _unit(house, name), check)
    locked = actions.one(house.session, action.id, lock=True)
    disputes.dispute(house.session, locked, reason, "zh-Hans", hand, _moment(house, 3, 14))


def _plan(house: House) -> None:
    units = [_unit(house, name).id for name in PLANNED]
    day = local_day(house.now, ZONE) + timedelta(days=1)
    wanted = Walks(house.version.id, units, [house.officer.id], day)
    plan_walks(house.session, house.officer, house.estate, wanted, _moment(house, 2, 15))


def _unit(house: House, name: str) -> Unit:
    return house.session.scalars(
        select(Unit)
        .join(Building)
        .where(Building.estate_id == house.estate.id, Unit.name == name)
        .order_by(Building.position)
    ).first() or _lost(name)


def _lost(name: str) -> Unit:
    raise AssertionError(f"the estate has no unit {name}")


def _moment(house: House, days: int, hour: int) -> datetime:
    """That many days ago at about that hour in Shanghai."""
    return (house.now - timedelta(days=days)).replace(hour=hour - 8, minute=12, second=0, microsecond=0)
