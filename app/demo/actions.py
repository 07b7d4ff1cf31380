"""A dozen cases in every stage of the circle, as they came up during the last months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.action_triage import Triage
from app.domain.actions import Step
from app.domain.dates import local_day
from app.domain.permissions import Actor
from app.features.actions import queries
from app.features.actions.commands import Hand, beside, clock, dates, opening, walking
from app.features.actions.models import Action
from app.features.companies.commands import registers
from app.features.companies.models import Contact, DefectCode

ZONE = "Asia/Shanghai"
PARTS = {
    "hengda": (("4410-A", "Drive shaft", "传动轴"), ("4412-C", "Bearing seat", "轴承座")),
    "goldleaf": (("PK-220", "Carton, printed", "彩印纸箱"),),
    "tianyu": (("CB-17", "Pump housing", "泵壳"),),
    "ruixin": (("RX-881", "Door handle", "门把手"), ("RX-902", "Knob", "旋钮")),
    "kaida": (("KD-305", "Control board", "控制板"),),
    "mingfeng": (("MF-M6x16", "Screw M6×16", "螺钉 M6×16"),),
    "jiangnan": (("JN-58", "Return spring", "回位弹簧"),),
}


@dataclass(frozen=True)
class Case:
    """`ago`: days since the notice; `walk`: the steps passed; `then`: what became of the open one."""

    company: str
    title: str
    severity: str
    ago: int
    part: int = 0
    lot: str = ""
    code: str = ""
    walk: int = 0
    then: str = ""  # sent, returned, asked, watch, again
    requirement: str = ""
    statement: str = ""
    evidence: str = ""
    commitment: bool = False
    triage: Triage | None = None
    photo: str = ""
    place: str = ""
    trade: str = ""
    asks: str = ""  # what later visits ask


CASES = (
    Case(
        *("hengda", "Red-area tags missing on 3 of 11 containers", "major", 21),
        lot="2511-08",
        code="T01",
        walk=4,
        commitment=True,
        requirement="Nonconforming material is identified and isolated.",
        statement="Nonconforming shafts stood untagged beside good ones at incoming store.",
        evidence="3 of 11 containers in the red area had no tag; 36 shafts 4410-A, lot 2511-08.",
        photo="rack",
    ),
    Case(
        *("hengda", "Bearing seat bore 0.04 mm too wide", "major", 2),
        part=1,
        lot="2511-40",
        code="D01",
        walk=1,
        then="sent",
        statement="Bore 42.06 mm in 7 of 50 pieces, drawing asks for 42.00 to 42.02 mm.",
        triage=Triage(part_defect=True, spread="batch", by_supplier=True),
        photo="gauge",
    ),
    Case(
        *("tianyu", "Crack at the flange of the pump housing", "major", 6),
        lot="F2-1118",
        code="M02",
        walk=1,
        then="returned",
        statement="Hairline crack, 12 mm, found at leak test on two of 200.",
        commitment=True,
        photo="crack",
    ),
    Case(
        *("tianyu", "Material certificate missing with delivery", "minor", 9),
        code="P04",
        statement="Lot F2-1109 came without its 3.1 certificate.",
    ),
    Case(
        *("ruixin", "Door handle scratched at the grip", "minor", 34),
        lot="N-0915",
        code="S01",
        walk=4,
        then="late",
        statement="Scratch on 9 of 80, seen under the lamp.",
    ),
    Case(
        *("ruixin", "Knob colour differs between lots", "observation", 5),
        part=1,
        code="S06",
        statement="Delta E 2.1 between N-1001 and N-1014; the limit is 2.5.",
    ),
    Case(
        *("kaida", "Control board dead after 40 hours", "major", 95),
        lot="W-0820",
        code="F01",
        walk=6,
        statement="3 boards failed in the endurance test; a capacitor was mounted turned round.",
        asks="Does the test fixture refuse a board whose capacitor is turned round?",
    ),
    Case(
        *("mingfeng", "M5 screws among M6", "major", 74),
        lot="H-2207",
        code="A02",
        walk=6,
        then="again",
        statement="Line 2 stopped for 35 minutes; 14 M5 screws in a box of 2,000 M6.",
        asks="Is only one size of screw open at each packing table?",
    ),
    Case(
        *("jiangnan", "Spring force 8 % below the lower limit", "major", 12),
        lot="J-1102",
        code="F02",
        walk=2,
        then="asked",
        statement="41.2 N mean of 20, lower limit 45 N.",
    ),
    Case(
        *("goldleaf", "Carton label with the wrong model", "minor", 26),
        lot="K-3391",
        code="P02",
        walk=5,
        statement="Label says X200, inside were X220; 60 cartons.",
        asks="Is the first carton of each order compared with its label, and signed for?",
        photo="certificate",
    ),
    Case(
        *("goldleaf", "Carton corner crushed in transit", "observation", 16),
        code="P01",
        walk=2,
        statement="4 of 120 cartons, upper layer.",
    ),
    Case(
        *("lakeside", "Crack over the balcony door", "b", 11),
        place="Tower 2, 1502, living room",
        trade="Plaster",
        statement="Crack 40 cm long, 0.3 mm wide, above the lintel.",
        photo="crack",
    ),
)


def add(
    session: Session,
    actors: dict[str, Actor],
    companies: dict[str, UUID],
    sites: dict[str, UUID],
    photos: dict[str, dict[str, Any]],
    now: datetime,
) -> None:
    """The registers, then every case with what happened to it since."""
    mara = actors["mara"]
    born = now - timedelta(days=119)
    registers.load_starter_codes(session, mara, born)
    parts: dict[str, list[UUID]] = {}
    for key, rows in PARTS.items():
        parts[key] = [
            registers.add_part(
                session, mara, companies[key], number, {"en": name, "zh-Hans": chinese}, born
            ).id
            for number, name, chinese in rows
        ]
    world = _World(session, actors, companies, sites, parts, photos, now)
    for case in sorted(CASES, key=lambda each: -each.ago):
        world.tell(case)
    for action_id in clock.due_for_look(session, now):
        clock.look(session, action_id, now)


class _World:
    def __init__(
        self,
        session: Session,
        actors: dict[str, Actor],
        companies: dict[str, UUID],
        sites: dict[str, UUID],
        parts: dict[str, list[UUID]],
        photos: dict[str, dict[str, Any]],
        now: datetime,
    ) -> None:
        self.session, self.actors, self.now = session, actors, now
        self.companies, self.sites, self.parts, self.photos = companies, sites, parts, photos

    def tell(self, case: Case) -> None:
        """One case from its notice to where it stands now."""
        start = self.now - timedelta(days=case.ago, hours=3)
        wanted = self._wanted(case, start)
        owner = self.actors["zhao" if case.company == "lakeside" else "mara"]
        action = opening.raise_action(self.session, owner, wanted, "", start)
        if case.photo:
            sha256 = self.photos[case.photo]["sha256"]
            hand = Hand(person_id=owner.id)
            beside.add_picture(self.session, action, None, "found", sha256, hand, start)
        hand = self._side(action, start)
        path = queries.circle_of(action).path
        moment = start
        for step in path[: case.walk]:
            moment = min(moment + timedelta(hours=20 if step is Step.CONTAIN else 50), self.now)
            self._pass(action, step, hand, owner, moment, case.asks)
        self._then(case, action, hand, owner, min(moment + timedelta(hours=16), self.now))
        self.session.flush()

    def _wanted(self, case: Case, start: datetime) -> opening.Wanted:
        rows = self.parts.get(case.company, [])
        part = rows[case.part] if rows else None
        code = self.session.scalars(select(DefectCode).where(DefectCode.code == case.code)).first()
        contact = self.session.scalars(
            select(Contact).where(Contact.company_id == self.companies[case.company]).order_by(Contact.id)
        ).first()
        officer = case.company == "lakeside"
        return opening.Wanted(
            title=case.title,
            severity=case.severity,
            owner_id=self.actors["zhao" if officer else "mara"].id,
            verifier_id=self.actors["bo"].id,
            requirement=case.requirement,
            statement=case.statement,
            evidence=case.evidence,
            site_id=self.sites[case.company],
            part_id=part,
            lot_id=registers.lot_named(self.session, part, case.lot, start),
            defect_code_id=code.id if code else None,
            contact_id=contact.id if contact else None,
            commitment=case.commitment,
            triage=case.triage,
            place=case.place,
            trade=case.trade,
            description={"how": "At incoming inspection"} if case.lot else {},
        )

    def _side(self, action: Action, at: datetime) -> Hand:
        """The other side answers through its link; where there is none, the owner writes."""
        contact = self.session.get(Contact, action.contact_id) if action.contact_id else None
        if contact is None:
            return Hand(person_id=action.owner_id)
        return Hand(link_id=beside.link_for(self.session, action, contact, "en", None, at).id)

    def _pass(self, action: Action, step: Step, hand: Hand, owner: Actor, at: datetime, asks: str) -> None:
        later = min(at + timedelta(hours=5), self.now)
        if step is Step.CHECK:
            if action.commitment:
                self._lots(action, hand, at, 3)
            word = "Walked the line on the night shift; what was agreed is in place."
            walking.verify(self.session, self.actors["bo"], action.id, word, True, at)
            return
        content = self._content(action, step, at)
        if step is Step.ACT:
            asked = {"open_point": asks} if asks else {}
            walking.standardise(self.session, owner, action.id, {**content, **asked}, None, at)
            return
        if step is Step.IMPLEMENT:
            for name, moment in (("rack", "before"), ("rack-tag", "after")):
                sha256 = self.photos[name]["sha256"]
                beside.add_picture(self.session, action, step, moment, sha256, hand, at)
        walking.send(self.session, action, step, content, None, hand, at)
        walking.accept(self.session, owner, action.id, step, later)

    def _then(self, case: Case, action: Action, hand: Hand, owner: Actor, at: datetime) -> None:
        session = self.session
        if case.company == "hengda" and case.walk == 4:
            self._lots(action, hand, at, 2)
            beside.add_cost(session, owner, action.id, "sorting", 186000, None, "6 hours, 4 people", at)
            beside.name_member(session, owner, action.id, self.actors["lin"].id, "", "Auditor", at)
        if case.then == "sent":
            walking.send(session, action, Step.CAUSE, self._content(action, Step.CAUSE, at), None, hand, at)
        elif case.then == "returned":
            thin = {
                "occurrence": ["The operator forgot to look."],
                "escape": ["Nobody looked again."],
                "bones": [],
                "shown": "Asked the operator.",
            }
            walking.send(session, action, Step.CAUSE, thin, None, hand, at)
            reason = "“Forgot” is not yet a cause. What in the system let it happen?"
            walking.reject(
                session, owner, action.id, Step.CAUSE, reason, min(at + timedelta(hours=4), self.now)
            )
        elif case.then == "asked":
            day = local_day(self.now, ZONE) + timedelta(days=4)
            reason = "Trial with the new wire is under way; results on Thursday."
            dates.ask(session, action, day, reason, hand, at, complex_cause=True)
        elif case.then == "again":
            again = self._wanted(case, self.now)
            opening.raise_action(session, owner, again, "", self.now - timedelta(days=1))

    def _lots(self, action: Action, hand: Hand, at: datetime, count: int) -> None:
        for index in range(count):
            day = local_day(at, ZONE)
            number = f"{day:%y%m}-{31 + 3 * index}"
            beside.record_lot(self.session, action, number, 420 - 10 * index, 0, day, hand, at)

    def _content(self, action: Action, step: Step, at: datetime) -> dict[str, Any]:
        day = local_day(at, ZONE)
        if step is Step.CONTAIN:
            return {
                "response": "Shipment stopped and the red area locked by the shift leader within two hours.",
                "places": [
                    _place("customer_store", 640, 18, "return"),
                    _place("transit", 200, 0, ""),
                    _place("supplier_store", 400, 18, "scrap"),
                ],
            }
        if step is Step.CAUSE:
            return {
                "occurrence": [
                    "Three containers stood in the red area without a tag.",
                    "Night shift could not take tags after 20:00.",
                    "Tags are locked in the QC office at night.",
                    "The instruction names a room, not a place at each line.",
                ],
                "escape": [
                    "The red area was counted on Mondays only.",
                    "Shift hand-over does not mention the red area.",
                    "Night shift was never briefed on the new layout.",
                ],
                "bones": [
                    {"branch": "man", "text": "Night shift not briefed", "confirmed": True},
                    {"branch": "man", "text": "Two new storekeepers", "confirmed": False},
                    {"branch": "machine", "text": "Label printer in QC only", "confirmed": False},
                    {"branch": "material", "text": "Same bin for OK and NG", "confirmed": False},
                    {"branch": "method", "text": "Tag issue needs QC key", "confirmed": True},
                    {"branch": "method", "text": "No rule after 20:00", "confirmed": False},
                    {"branch": "environment", "text": "Red area 60 m away", "confirmed": False},
                    {"branch": "measurement", "text": "Count once a week only", "confirmed": False},
                ],
                "shown": "Walked the night shift twice; both causes seen, photographed.",
            }
        if step is Step.MEASURE:
            due = (day + timedelta(days=5)).isoformat()
            return {
                "measures": [
                    _measure(
                        "Night shift not briefed", "Red-area count in the hand-over sheet", "management", due
                    ),
                    _measure(
                        "Tag issue needs QC key",
                        "Tag box at every line, counted each shift",
                        "technical",
                        due,
                    ),
                ]
            }
        if step is Step.IMPLEMENT:
            return {
                "done": "Tag boxes hang at all five lines; the hand-over sheet has a line for the red area.",
                "done_by": "Li Qiang, store",
                "cut_in": day.isoformat(),
                "lot": f"{day:%y%m}-31",
                "data": "Red-area count equals the system, three nights running.",
            }
        return {
            "documents": [{"name": "WI-07 Nonconforming parts", "revision": "D"}],
            "no_documents": "",
            "training": "All three shifts, 42 people, signed.",
            "similar": "Lines 2 and 5 and the Kunshan store looked at; tag boxes ordered there.",
            "lesson": "A tag must be where the part is, not where the key is.",
            "open_point": "Is there a filled tag box at each line, also at night?",
        }


def _place(place: str, quantity: int, not_ok: int, disposition: str) -> dict[str, Any]:
    return {
        "place": place,
        "quantity": quantity,
        "ok": quantity - not_ok,
        "not_ok": not_ok,
        "disposition": disposition,
        "note": "",
    }


def _measure(cause: str, text: str, kind: str, due: str) -> dict[str, str]:
    return {"cause": cause, "text": text, "type": kind, "owner": "Li Qiang", "due": due}
