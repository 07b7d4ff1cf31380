"""An auditor's phone walking through a visit: the operations it makes, and how they reach the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.db import new_id
from app.demo.audits import Visit
from app.demo.notes import NOT_APPLICABLE, PHOTOS, note
from app.domain.duty import duty
from app.domain.permissions import Actor
from app.domain.scale import Definition
from app.domain.words import pick
from app.features.accounts.commands.devices import register_device
from app.features.operations.commands import receive
from app.features.operations.record import KINDS, Author

PACE = timedelta(seconds=75)  # between two answers
BATCH = 100
HINTED = {
    "en": "Seen as hinted: {}",
    "zh-Hans": "已按提示查看：{}",
    "zh-Hant": "已依提示查看：{}",
}
Change = tuple[str, str, str, Any]
Photo = Mapping[str, Any]


@dataclass(slots=True)
class Phone:
    """A registered device of a person."""

    actor: Actor
    id: UUID
    n: int = 0


def new_phone(session: Session, actor: Actor, now: datetime) -> Phone:
    phone = Phone(actor, new_id())
    register_device(session, actor, phone.id, "Android · Chrome", "Android", now)
    return phone


@dataclass(slots=True)
class Walk:
    """One inspection in the making. `at` is when the next thing happens."""

    session: Session
    record: UUID
    at: datetime
    lamport: int = 0
    heads: dict[tuple[str, str], str] = field(default_factory=dict)

    def send(self, phone: Phone, changes: Sequence[Change], pace: timedelta = PACE) -> None:
        """Makes the operations, one after the other, and pushes them. Raises AssertionError on any fate but
        `applied`: the demo would not be what it says.
        """
        made = [self._operation(phone, *change, pace) for change in changes]
        for start in range(0, len(made), BATCH):
            batch = made[start : start + BATCH]
            answers = receive(self.session, KINDS, Author(phone.actor, phone.id), batch, self.at)
            wrong = [answer for answer in answers if answer.result != "applied"]
            assert not wrong, wrong[0]

    def _operation(
        self, phone: Phone, kind: str, path: str, name: str, value: Any, pace: timedelta
    ) -> dict[str, Any]:
        phone.n += 1
        self.lamport += 1
        self.at += pace / 2 if name != "score" else pace
        key, op_id = (path, name), str(new_id())
        parents = [self.heads[key]] if key in self.heads else []
        self.heads[key] = op_id
        return {
            "v": 1,
            "id": op_id,
            "record": {"kind": "inspection", "id": str(self.record)},
            "kind": kind,
            "path": path,
            "field": name,
            "value": value,
            "parents": parents,
            "device": str(phone.id),
            "n": phone.n,
            "lamport": self.lamport,
            "at": int(self.at.timestamp() * 1000),
            "offset": 0,
            "tz": phone.actor.time_zone,
        }


def typed(text: str, actor: Actor) -> dict[str, str]:
    return {"text": text, "lang": actor.language}


def opening(
    actor: Actor, expected: Sequence[str], host: str, organisation: str, at: datetime
) -> Iterator[Change]:
    """The opening meeting: the expected participants (ids of their rows) are there, else the host; and the
    auditor.
    """
    yield "set", "opening", "held_at", int(at.timestamp() * 1000)
    paths = [f"participants/{row}" for row in expected]
    for name, where, role in ((host, organisation, ""), (actor.name, "Nordhaven Appliances", "Auditor")):
        if not name or (name == host and expected):
            continue
        paths.append(f"participants/{new_id()}")
        yield "row.add", paths[-1], "row", {"on": True}
        yield "set", paths[-1], "name", typed(name, actor)
        yield "set", paths[-1], "organisation", typed(where, actor)
        if role:
            yield "set", paths[-1], "role", typed(role, actor)
    for path in paths:
        yield "set", path, "opening", True
        yield "set", path, "closing", True


def answers(
    visit: Visit, section: Definition, definition: Definition, actor: Actor, photos: Mapping[str, Photo]
) -> Iterator[Change]:
    """What is answered in a section, with the notes and photos that each score owes."""
    for question in section["questions"]:
        if {section["id"], question["id"]} & set(visit.answered.split()):
            yield from _answer(visit, question, definition, actor, photos)


def _answer(
    visit: Visit, question: Definition, definition: Definition, actor: Actor, photos: Mapping[str, Photo]
) -> Iterator[Change]:
    path, score = f"q/{question['id']}", _score(visit, question["id"], definition)
    yield "set", path, "score", score
    owed = duty(definition, question, score)
    if owed.reason:
        reason = NOT_APPLICABLE[question["id"]][actor.language.startswith("zh")]
        yield "set", path, "reason", typed(reason, actor)
    written = note(question["id"], actor.language)
    best = score in (definition["scale"]["options"][0]["value"], "na")
    if written and not best:
        yield "set", path, "note", typed(written, actor)
    elif owed.note:
        hinted = HINTED[actor.language].format(pick(question["hint"], actor.language))
        yield "set", path, "note", {**typed(hinted, actor), "canned": "hinted"}
    shown = PHOTOS.get(question["id"], ("parts",) if owed.photo else ())
    if question["id"] in visit.owing.split() or best:
        shown = ()
    for name in shown:
        media_id = str(new_id())
        yield "media.add", path, f"photo:{media_id}", {**photos[name], "media_id": media_id}


def _score(visit: Visit, question: str, definition: Definition) -> str:
    options = [str(option["value"]) for option in definition["scale"]["options"]]
    groups = {"8": visit.eights, "6": visit.sixes, "4": visit.fours, options[-1]: visit.zeros, "na": visit.na}
    return next((score for score, named in groups.items() if question in named.split()), options[0])


def closing(visit: Visit, actor: Actor) -> Iterator[Change]:
    """The closing meeting of a finished audit."""
    chinese = actor.language.startswith("zh")
    seen = (
        "注塑、冲压、装配车间，来料仓与成品仓" if chinese else "Moulding, press shop, assembly, both stores"
    )
    good = (
        "现场人员回答坦率，追溯记录查找迅速。"
        if chinese
        else "Open answers at every post; records found quickly."
    )
    end = (
        "结果已与供方共同确认，整改期限另行通知。"
        if chinese
        else "Result gone through with the supplier, point by point."
    )
    yield "set", "opening", "areas_seen", typed(seen, actor)
    yield "set", "closing", "good_practices", typed(good, actor)
    yield "set", "closing", "summary", typed(end, actor)
