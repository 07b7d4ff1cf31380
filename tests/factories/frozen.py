"""A rich frozen record for tests: the audit of Qingyan Die Casting, 59 questions, 83.3, B, ten findings.

Made the way a real one is: operations are parsed, merged and composed, so that a test never sees a shape the
app would not write. `audit()` gives the record and the photos it names; everything can be bent.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle
from math import cos, sin
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image, ImageOps

from app.domain import signatures
from app.domain.canonical import canonical, digest
from app.domain.findings import severity
from app.domain.merge import registers
from app.domain.operations import Operation, parse
from app.features.checklists import library
from app.features.inspections.frozen import Done, Names, compose, milliseconds

TEXTS = json.loads((Path(__file__).parent / "audit.json").read_text("utf-8"))
PHOTOS = Path(__file__).parents[2] / "app" / "demo" / "photos"
BEGAN = datetime(2026, 11, 17, 1, 10, tzinfo=UTC)  # 09:10 in Shanghai
ENDED = datetime(2026, 11, 18, 8, 55, tzinfo=UTC)
SUMMARY = {
    "en": (
        "The plant makes good castings with trained people and sound material control. What pulls it down "
        "is discipline at the machines: parameters that anyone can change, checks ticked in advance, "
        "maintenance that slips. These share one cause, that nobody looks at the machine records until "
        "something fails."
    ),
    "zh-Hans": (
        "该厂人员训练到位、物料管控扎实，压铸件质量良好。拉低得分的是设备端的执行纪律：参数可随意更改、"
        "点检提前打勾、保养逾期。三者同出一因：设备记录平时无人查看，出了问题才翻。"
    ),
}
PAGES = {
    "en": {
        "plan/client": "Northmere Pumps, purchasing",
        "plan/objectives": "Yearly audit of a supplier of category A parts; follow-up of that of March 2026.",
        "plan/scope": "Die casting, trimming, machining, leak test, final inspection and dispatch of part "
        "family NP-22, both shifts.",
        "plan/criteria": "4M1E checklist, drawings and quality agreement in force.",
        "opening/areas_seen": "Casting shop, machining, leak test, final inspection, both stores",
        "opening/areas_not_seen": "Tool room (contractor on leave)",
        "closing/good_practices": "Red-sample check of the leak tester, done in front of the operator at "
        "every shift start.",
        "closing/areas_not_seen": "Plating is subcontracted and audited apart.",
        "closing/remarks": "The result was gone through point by point.",
    },
    "zh-Hans": {
        "plan/client": "北滆泵业采购部",
        "plan/objectives": "A类零件供应商年度审核；跟踪2026年3月审核。",
        "plan/scope": "NP-22零件族的压铸、切边、机加、气密、终检与出货，两班。",
        "plan/criteria": "4M1E检查表、图纸及现行质量协议。",
        "opening/areas_seen": "压铸车间、机加、气密、终检、原料库与成品库",
        "opening/areas_not_seen": "模具间（外协人员休假）",
        "closing/good_practices": "气密机红样验证，每班开班时当着作业员进行。",
        "closing/areas_not_seen": "电镀外包，另行审核。",
        "closing/remarks": "结果已逐项沟通。",
    },
}
WHY_OUT = {"en": "Certified and audited by the group this year.", "zh-Hans": "本年度已由集团审核。"}
REFUSAL = {"en": "Wants to talk to the head office first.", "zh-Hans": "需先与总部沟通。"}
DEFECT = {"en": "Scratch of 4 cm beside the handle.", "zh-Hans": "把手旁有4厘米划痕。"}
BEFORE = {
    "number": "2026-0031",
    "completed": milliseconds(datetime(2026, 3, 20, 8, 0, tzinfo=UTC)),
    "score": 809,
    "grade": "B",
    "vetoed": False,
    "provisional": False,
    "sections": {
        "man": "84.2",
        "machine": "77.9",
        "material": "90.1",
        "method": "76.4",
        "environment": "82.0",
        "management": "71.5",
    },
}
DEVICE = "0190f8a0-0000-7000-8000-00000000d001"
RECORD = UUID("0190f8a0-0000-7000-8000-000000000001")


@dataclass
class Built:
    """The record, and the bytes of the photos it names."""

    record: dict[str, Any]
    photos: dict[str, bytes]

    @property
    def body(self) -> bytes:
        return canonical(self.record)

    @property
    def digest(self) -> str:
        return digest(self.body)


@dataclass
class _Phone:
    """Makes the operations. Everything waits for the evening of the first day, when there is a signal."""

    written: str
    offset: int
    shape: Mapping[str, str]
    pictures: Mapping[str, bytes]
    drawn: Mapping[str, Sequence[Mapping[str, Any]]]
    operations: list[Operation] = field(default_factory=list)
    at: datetime = BEGAN

    def make(self, kind: str, path: str, name: str, value: Any) -> Operation:
        number = len(self.operations) + 1
        self.at += timedelta(seconds=20)
        op = parse(
            {
                "v": 1,
                "id": f"0190f8a0-0000-7000-8000-{number:012x}",
                "record": {"kind": "inspection", "id": str(RECORD)},
                "kind": kind,
                "path": path,
                "field": name,
                "value": value,
                "parents": [],
                "device": DEVICE,
                "n": number,
                "lamport": number,
                "at": milliseconds(self.at) - self.offset,
                "offset": self.offset,
                "tz": "Asia/Shanghai",
            }
        )
        self.operations.append(op)
        return op

    def set(self, path: str, name: str, value: Any) -> None:
        if value is not None:
            self.make("set", path, name, value)

    def text(self, text: str | None) -> dict[str, str] | None:
        """Typed text; `shape` may wrap it in something hostile."""
        if not text:
            return None
        return {"text": f"{self.shape['before']}{text}{self.shape['after']}", "lang": self.written}


def audit(
    *,
    written: str = "en",
    photos: int = 12,
    portrait: bool = False,
    checklist: str = "4m1e-supplier-audit",
    scores: Mapping[str, str] | None = None,
    left_out: Sequence[str] = (),
    refused: bool = False,
    signed: bool = True,
    disputed: Sequence[str] = ("D02",),
    outdated: bool = False,
    severities: Mapping[str, str] | None = None,
    before: bool = True,
    revision: int = 1,
    offset: int = 0,
    hostile: str = "",
    other: bool = False,
    observations: Sequence[str] = ("E09",),
    pictures: Mapping[str, bytes] | None = None,
    drawn: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Built:
    """`written`: language of what people typed. `scores` change the audit's own. `hostile` stands behind
    every text people could type, names included. `outdated`: somebody signed before the last change.
    `observations`: the 8s whose note is the auditor's own (on the others it still reads as hinted, and opens
    nothing). `pictures`: other photos than the small ones, by their SHA-256. `drawn`: the shapes
    on every photo of a question.
    """
    definition = next(deepcopy(each) for each in library.definitions() if each["code"] == checklist)
    is_audit = definition["rules"].get("grade") is not None
    if is_audit:
        definition["rules"]["signatures"] = ["auditor", "auditee"]
    pictures = dict(_pictures(photos, portrait) if pictures is None else pictures)
    phone = _Phone(written, offset, {"before": "", "after": hostile}, pictures, drawn or {})
    _walk(phone, definition, scores or {}, list(pictures), left_out, set(observations) if is_audit else None)
    if is_audit:
        _judge(phone, definition, disputed, severities or {})
    signers = [("auditor", "Lin Yaping"), ("auditee", "Zhou Kaiming")]
    if other:
        signers += [("other", "Su Wen"), ("other", "Tomás Reyes")]
    if signed and is_audit:
        if outdated:
            _sign(phone, definition, "auditee", "Zhou Kaiming", 7, hostile, stale=True)
        for place, (slot, name) in enumerate(signers):
            if slot == "auditee" and refused:
                _refuse(phone, definition, name, hostile)
            else:
                _sign(phone, definition, slot, name, place, hostile)
    phone.at = ENDED
    phone.make("complete", "inspection", "completed", {"operations": len(phone.operations), "media": []})
    record = compose(
        _names(definition, hostile, BEFORE if before and is_audit else None),
        definition,
        registers(phone.operations),
        _done(phone.operations),
        revision,
        milliseconds(ENDED),
        {"text": f"Photo of F3 was of another machine.{hostile}", "lang": "en"} if revision > 1 else None,
    )
    return Built(record, pictures)


def _names(definition: Mapping[str, Any], hostile: str, before: dict[str, Any] | None) -> Names:
    source = canonical(definition)
    return Names(
        organisation="Northmere Pumps",
        number="2026-0147",
        checklist={
            "id": str(RECORD),
            "code": definition["code"],
            "kind": definition["kind"],
            "version": 3,
            "version_id": str(RECORD),
            "sha256": digest(source),
            "published_at": milliseconds(datetime(2026, 9, 1, 2, 0, tzinfo=UTC)),
        },
        subject={
            "company": {
                "id": str(RECORD),
                "name": f"Qingyan Die Casting Co., Ltd.{hostile}",
                "other_name": "青砚压铸有限公司",
                "code": "S-1047",
                "country": "CN",
            },
            "site": {
                "id": str(RECORD),
                "name": f"Plant 2{hostile}",
                "address": f"Nanxu Industrial Park{hostile}",
                "city": "Suzhou",
                "country": "CN",
                "time_zone": "Asia/Shanghai",
            },
        },
        team=[
            {"id": str(RECORD), "name": f"Lin Yaping{hostile}", "lead": True},
            {"id": str(RECORD), "name": "Tomás Reyes", "lead": False},
        ],
        before=before,
        last={"E06": "6", "M03": "10"} if before else {},
        created=milliseconds(BEGAN - timedelta(days=20)),
        started=milliseconds(BEGAN),
        completed=milliseconds(ENDED),
    )


def _done(operations: Sequence[Operation]) -> list[Done]:
    evening = milliseconds(datetime(2026, 11, 17, 11, 40, tzinfo=UTC))
    return [
        Done(
            id=op.id,
            path=op.path,
            hash=op.hash,
            at=op.at,
            offset=op.offset,
            tz=op.tz,
            on_device=True,
            received_at=max(op.at + op.offset + 900, evening),
        )
        for op in operations
    ]


def _walk(
    phone: _Phone,
    definition: Mapping[str, Any],
    scores: Mapping[str, str],
    photos: list[str],
    left_out: Sequence[str],
    own: set[str] | None,
) -> None:
    people = (
        ("Zhou Kaiming", "Qingyan Die Casting", "Quality manager", True, True),
        ("Su Wen", "Qingyan Die Casting", "Head of production", True, False),
        ("Lin Yaping", "Northmere Pumps", "Lead auditor", True, True),
    )
    for number, (name, firm, role, opening, closing) in enumerate(people):
        path = f"participants/0190f8a0-0000-7000-8000-0000000000a{number}"
        phone.make("row.add", path, "row", {"on": True})
        for register, value in (("name", name), ("organisation", firm), ("role", role)):
            phone.set(path, register, phone.text(value))
        phone.set(path, "opening", opening)
        phone.set(path, "closing", closing)
    for section in left_out:
        phone.set(f"s/{section}", "covered", {"in": False, "reason": phone.text(WHY_OUT[phone.written])})
    for register, text in PAGES[phone.written].items():
        phone.set(*register.split("/"), phone.text(text))
    phone.set("plan", "due", "2026-11-20")
    phone.set("opening", "held_at", milliseconds(BEGAN))
    shown = _shared_out(definition, scores, photos, left_out)
    for section in definition["sections"]:
        for place, question in enumerate(section["questions"]):
            if section["id"] not in left_out:
                _answer(phone, question, place, scores, shown, own)
    phone.set("closing", "held_at", milliseconds(ENDED - timedelta(minutes=40)))
    phone.set("closing", "summary", phone.text(SUMMARY[phone.written]))


def _answer(
    phone: _Phone,
    question: Mapping[str, Any],
    place: int,
    scores: Mapping[str, str],
    shown: Mapping[str, list[str]],
    own: set[str] | None,
) -> None:
    is_audit = own is not None
    path, known = f"q/{question['id']}", TEXTS["answers"].get(question["id"], {}) if is_audit else {}
    given = scores.get(question["id"], known.get("score") or ("defect" if place == 1 else "pass"))
    phone.set(path, "score", given)
    finding = TEXTS["findings"].get(question["id"]) if is_audit else None
    note = finding[phone.written]["evidence"] if finding else known.get(phone.written)
    if not is_audit and given == "defect":
        note = DEFECT[phone.written]
    if given == "na":
        phone.set(path, "reason", phone.text(known.get(phone.written) or "There is none."))
    elif note and (given in ("10", "pass") or (given == "8" and question["id"] not in (own or ()))):
        hint = phone.text(note)
        phone.set(path, "note", {**hint, "canned": "hinted"} if hint else None)
    elif note:
        phone.set(path, "note", phone.text(note))
    for number, sha in enumerate(shown.get(question["id"], ())):
        media = f"0190f8a0-0000-7000-9000-{int(sha[:10], 16):012x}"
        with Image.open(io.BytesIO(phone.pictures[sha])) as picture:
            width, height = ImageOps.exif_transpose(picture).size
        phone.make(
            *("media.add", path, f"photo:{media}"),
            {
                "media_id": media,
                "sha256": sha,
                "size": 40_000,
                "mime": "image/jpeg",
                "w": width,
                "h": height,
                "taken_at": milliseconds(BEGAN + timedelta(minutes=3 * number + place)),
                "gps": {"lat_e7": 313_000_000, "lon_e7": 1_206_000_000, "acc_m": 8} if number == 0 else None,
                "name": "photo.jpg",
            },
        )
        if question["id"] in phone.drawn:
            phone.set(path, f"marks:{media}", list(phone.drawn[question["id"]]))


def _shared_out(
    definition: Mapping[str, Any], scores: Mapping[str, str], photos: list[str], left_out: Sequence[str]
) -> dict[str, list[str]]:
    """Which photos belong to which question: two to each finding first, the rest to all in turn."""
    asked = [q["id"] for s in definition["sections"] if s["id"] not in left_out for q in s["questions"]]
    wanted = [q for q, f in TEXTS["findings"].items() if q in asked for _ in range(f["photos"])]
    others = cycle([q for q in asked if scores.get(q, TEXTS["answers"].get(q, {}).get("score")) != "na"])
    shared: dict[str, list[str]] = {}
    for place, sha in enumerate(photos):
        question = wanted[place] if place < len(wanted) else next(others)
        shared.setdefault(question, []).append(sha)
    return shared


def _judge(
    phone: _Phone, definition: Mapping[str, Any], disputed: Sequence[str], severities: Mapping[str, str]
) -> None:
    """What is written about the findings, and what the other party says to them."""
    held = registers(phone.operations)
    for section in definition["sections"]:
        for question in section["questions"]:
            given = held.get((f"q/{question['id']}", "score"))
            note = held.get((f"q/{question['id']}", "note"))
            rule = severity(
                definition, question, given.value if given else None, note.value if note else None
            )
            known = TEXTS["findings"].get(question["id"])
            if rule is None or known is None:
                continue
            path = f"f/{question['id']}"
            phone.set(path, "statement", phone.text(known[phone.written]["statement"]))
            phone.set(path, "owner", {"name": "Zhou Kaiming", "contact": None})
            other = severities.get(question["id"])
            if other:
                reason = phone.text("One case of forty, put right while we stood there.")
                phone.set(path, "severity", {"severity": other, "reason": reason})
            against = question["id"] in disputed
            answer = (
                phone.text(known[phone.written]["supplier"]) if against or question["id"] == "E06" else None
            )
            phone.set(path, "position", {"stand": "disagree" if against else "agree", "text": answer})


def _covered(phone: _Phone, definition: Mapping[str, Any], consent: tuple[str, str]) -> str:
    state = registers(phone.operations)
    hashes = {op.id: op.hash for op in phone.operations}
    return signatures.digest_of(
        digest(canonical(definition)),
        signatures.covered(state, hashes),
        signatures.live_photos(state),
        *consent,
    )


def _sign(
    phone: _Phone,
    definition: Mapping[str, Any],
    slot: str,
    name: str,
    place: int,
    hostile: str,
    stale: bool = False,
) -> None:
    phone.at = ENDED - timedelta(minutes=15 - 4 * (place % 3))
    covered = _covered(phone, definition, ("sign-1", phone.written))
    meaning = {"auditor": "carried_out", "auditee": "accept_obligation"}.get(slot, "confirm_facts")
    phone.make(
        *("sign", f"sign/0190f8a0-0000-7000-8000-0000000000b{place}", "signed"),
        {
            "slot": slot,
            "name": f"{name}{hostile}",
            "role": f"Quality manager{hostile}" if slot == "auditee" else "Lead auditor",
            "organisation": f"Qingyan Die Casting{hostile}" if slot == "auditee" else "Northmere Pumps",
            "meaning": meaning,
            "consent": {"id": "sign-1", "language": phone.written},
            "strokes": strokes(place),
            "digest": "0" * 64 if stale else covered,
            "covers": {"answers": 59, "photos": 12},
            "at": milliseconds(phone.at),
        },
    )


def _refuse(phone: _Phone, definition: Mapping[str, Any], name: str, hostile: str) -> None:
    phone.at = ENDED - timedelta(minutes=8)
    phone.make(
        *("refuse", "sign/0190f8a0-0000-7000-8000-0000000000c1", "refused"),
        {
            "slot": "auditee",
            "name": f"{name}{hostile}",
            "role": "Quality manager",
            "organisation": "Qingyan Die Casting",
            "reason": phone.text(REFUSAL[phone.written]),
            "witness": {"name": f"Su Wen{hostile}", "role": "Head of production"},
            "digest": _covered(phone, definition, ("refuse-1", phone.written)),
            "at": milliseconds(phone.at),
        },
    )


def strokes(seed: int) -> list[list[int]]:
    """A drawn name: a few loops, whole units of a box 1000 by 400."""
    found = []
    for stroke in range(2 + seed % 2):
        points: list[int] = []
        for step in range(90):
            turn = step * (0.28 + 0.02 * seed)
            x = 90 + stroke * 330 + step * 3 + 34 * sin(turn * 2 + seed)
            y = 220 - step * 0.4 + (70 + 25 * sin(step / 9)) * cos(turn * 2 + stroke)
            points += [max(0, min(1000, round(x))), max(0, min(400, round(y)))]
        found.append(points)
    return found


@cache
def _templates(portrait: bool) -> tuple[bytes, ...]:
    made = []
    for place, path in enumerate(sorted(PHOTOS.glob("*.jpg"))):
        with Image.open(path) as image:
            turned = image.rotate(90, expand=True) if portrait and place % 2 == 0 else image
            held = io.BytesIO()
            turned.convert("RGB").save(held, "JPEG", quality=78)
            made.append(held.getvalue())
    return tuple(made)


def _pictures(count: int, portrait: bool) -> dict[str, bytes]:
    """Real JPEGs, no two with the same bytes: each has its number as a comment."""
    made = {}
    for number, template in zip(range(count), cycle(_templates(portrait)), strict=False):
        data = template[:2] + b"\xff\xfe\x00\x06" + number.to_bytes(4, "big") + template[2:]
        made[hashlib.sha256(data).hexdigest()] = data
    return made


def texts_of(record: Any) -> Iterator[str]:
    """Every typed text in a record."""
    if isinstance(record, dict):
        if set(record) >= {"text", "lang"} and isinstance(record["text"], str):
            yield record["text"]
        for value in record.values():
            yield from texts_of(value)
    elif isinstance(record, list):
        for value in record:
            yield from texts_of(value)
