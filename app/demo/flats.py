"""Flats of Lakeside Court as their first walk finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import new_id
from app.demo import signing, walks
from app.domain.answers import answers
from app.domain.checklists import questions
from app.domain.permissions import Actor
from app.domain.rooms import expand, walked
from app.domain.signatures import CONSENT, REFUSAL, digest_of, live_photos
from app.features.checklists.models import Version
from app.features.inspections.models import Inspection
from app.features.inspections.queries.signing import covered_of
from app.features.operations.queries import state_of
from app.features.places.models import Estate, Plan, Unit

ZONE = "Asia/Shanghai"
QUICK = timedelta(seconds=9)  # a check takes a tap
METERS = (
    ("water", "12.384", "W 2208-1174", "meter-water"),
    ("power", "146.2", "E 5510-0092", "meter-power"),
)
KEYS = (("entrance", 5), ("mailbox", 2), ("meter_box", 1), ("access_card", 3))


@dataclass(frozen=True, slots=True)
class Flaw:
    """`check`: as it is asked, with its room; `at`: its pin, in ten thousandths of the plan."""

    check: str
    code: str
    photo: str
    at: tuple[int, int]
    text: str = ""
    done: str = ""  # what the contractor wrote when it was repaired
    after: str = ""


STAIN = Flaw("H07-bath1", "damp-patch", "stain", (8350, 1500))
STAIN_GONE = Flaw(
    *("H07-bath1", "damp-patch", "stain", (8350, 1500)),
    done="上层防水层重做，24 小时蓄水无渗漏，含水率 9.8%。",
    after="stain-gone",
)
TILE = Flaw(
    *("H39-bath1", "tile-crack", "tile-cracked", (7300, 2400)),
    done="裂砖已更换，敲击无空鼓。",
    after="tile-new",
)
SOCKET = Flaw(
    *("H47-living1", "socket-dead", "socket-loose", (900, 6400)),
    text="東牆插座鬆動，相線與零線接反",
    done="重新接线并固定底盒，漏电保护 22 ms 动作。",
    after="socket-fixed",
)
CRACK = Flaw(
    *("H06-bedroom2", "plaster-crack-diagonal", "crack", (5300, 900)),
    text="窗台下斜裂縫，寬 0.3 mm、長 620 mm，未貫穿",
    done="开槽挂网、批刮、涂饰。",
    after="repaired",
)
SCRATCH = Flaw(
    *("H02-entrance1", "door-scratch", "door-scratch", (9700, 4000)),
    text="大門內側刮傷約 8 cm",
    done="已修补打蜡，近看仍有痕迹。",
    after="door-scratch",
)


@dataclass(frozen=True, slots=True)
class Flat:
    """One unit's way. `ago`: days since its walk; `repaired`: the first so many flaws came back repaired."""

    unit: str
    ago: int
    flaws: tuple[Flaw, ...] = ()
    repaired: int = 0
    refuses: str = ""  # why the owner does not sign


FLATS = (
    Flat("1502", 16, (STAIN_GONE, SOCKET, CRACK, TILE, SCRATCH), repaired=5),
    Flat("1402", 9, (STAIN, CRACK), refuses="裂縫修好之前不簽字。"),
    Flat("1503", 7, (SOCKET, CRACK), repaired=2),
    Flat("1501", 5, (STAIN, TILE)),
    Flat("1504", 4),
)


@dataclass(frozen=True)
class House:
    """What walking a flat needs to know."""

    session: Session
    now: datetime
    officer: Actor
    witness: Actor
    phone: walks.Phone
    version: Version
    estate: Estate
    photos: Mapping[str, Mapping[str, Any]]


def walk_flat(house: House, flat: Flat, unit: Unit, start: datetime) -> None:
    """The first walk, from arrival to signature."""
    rooms = [dict(room) for room in walked(unit.type.rooms)]
    definition = expand(house.version.definition, rooms)
    walk = walks.Walk(house.session, new_id(), start)
    created = {
        "checklist_version": str(house.version.id),
        "site": str(house.estate.site_id),
        "auditors": [str(house.officer.id)],
        "due": None,
        "unit": str(unit.id),
        "rooms": rooms,
    }
    walk.send(house.phone, [("create", "inspection", "created", created)], QUICK)
    walk.send(house.phone, list(_checks(definition, flat)), QUICK)
    walk.send(house.phone, list(_defects(house, flat, unit)), QUICK)
    walk.send(house.phone, list(_readings(house)), QUICK)
    end(house, unit, walk, flat.refuses)


def _checks(definition: Mapping[str, Any], flat: Flat) -> Iterator[walks.Change]:
    flawed = {flaw.check for flaw in flat.flaws}
    for question in questions(definition):
        yield "set", f"q/{question['id']}", "score", "defect" if question["id"] in flawed else "pass"


def _defects(house: House, flat: Flat, unit: Unit) -> Iterator[walks.Change]:
    plan = house.session.scalars(
        select(Plan).where(Plan.type_id == unit.type_id).order_by(Plan.revision.desc())
    ).first()
    for flaw in flat.flaws:
        path = f"d/{new_id()}"
        yield "row.add", path, "row", {"on": True}
        yield "set", path, "check", flaw.check
        yield "set", path, "code", flaw.code
        if flaw.text:
            yield "set", path, "text", walks.typed(flaw.text, house.officer)
        if plan is not None:
            yield "set", path, "pin", {"plan": str(plan.id), "x": flaw.at[0], "y": flaw.at[1]}
        media_id = str(new_id())
        photo = {**house.photos[flaw.photo], "media_id": media_id}
        yield "media.add", path, f"photo:{media_id}", photo
        yield "set", path, "stand", "agree"


def _readings(house: House) -> Iterator[walks.Change]:
    for kind, reading, number, photo in METERS:
        path, media_id = f"meter/{kind}", str(new_id())
        yield "set", path, "reading", reading
        yield "set", path, "number", number
        yield "media.add", path, f"photo:{media_id}", {**house.photos[photo], "media_id": media_id}
    for kind, count in KEYS:
        yield "set", f"keys/{kind}", "count", count


def end(house: House, unit: Unit, walk: walks.Walk, refuses: str = "") -> None:
    """The officer signs, the owner signs or refuses before a witness, and the walk is complete."""
    state = state_of(house.session, walk.record)
    media, registers = live_photos(state), covered_of(house.session, state)
    given = sum(1 for answer in answers(state).values() if answer["score"])
    owner = signing.Side("", unit.owner_name, "", house.estate.name)
    made: list[walks.Change] = []
    for slot in ("auditor", "auditee"):
        path = f"sign/{new_id()}"
        if slot == "auditee" and refuses:
            digest = digest_of(house.version.sha256, registers, media, REFUSAL, house.officer.language)
            reason = walks.typed(refuses, house.officer)
            refused = signing.refusal(reason, house.witness, owner, digest, walk.at)
            made.append(("refuse", path, "refused", refused))
            continue
        language = house.officer.language if slot == "auditor" else "zh-Hans"
        digest = digest_of(house.version.sha256, registers, media, CONSENT, language)
        covers = {"answers": given, "photos": len(media)}
        role = "物業人員"  # as the phone writes it in the language of this officer
        value = signing.signature(slot, house.officer, owner, digest, covers, walk.at, role, "inspected")
        made.append(("sign", path, "signed", value))
    signatures = [path.removeprefix("sign/") for _, path, _, _ in made]
    done = {"operations": walk.lamport, "media": media, "signatures": signatures}
    walk.send(house.phone, [*made, ("complete", "inspection", "completed", done)])
    row = house.session.get(Inspection, walk.record)
    assert row is not None and row.state == "completed"
