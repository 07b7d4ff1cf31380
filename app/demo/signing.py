"""How the audits of the demo end: findings written out, talked through with the supplier, then signed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from app.demo.walks import Change, typed
from app.domain.findings import Entry
from app.domain.permissions import Actor
from app.domain.scale import Definition
from app.domain.signatures import CONSENT, HEIGHT, WIDTH

# (supplier, question) → what its representative says against the finding
DISPUTES = {
    ("goldleaf", "D04"): "末件检验已做，只是未当班登记。",
    ("ruixin", "P02"): "抽样数量经电话同意减少。",
}
# (supplier, question) → severity instead of the rule's, and why: English, 简体中文
OVERRIDES = {
    ("kaida", "E09"): (
        "minor",
        "One spare caliper out of use; every gauge at the line is in date.",
        "仅一把备用卡尺超期，在线量具均在有效期内。",
    ),
}
REFUSALS = {"mingfeng": "联锁问题须先由设备部确认，暂不签字。"}


class Side(NamedTuple):
    """Who speaks for the supplier: a contact with id, name, duty, and the supplier's name."""

    id: str
    name: str
    duty: str
    company: str


def write_up(
    company: str, found: list[Entry], definition: Definition, actor: Actor, side: Side
) -> Iterator[Change]:
    """What is written about each finding, and what the supplier's side says to it."""
    asked = {
        question["id"]: question for section in definition["sections"] for question in section["questions"]
    }
    chinese = actor.language.startswith("zh")
    for entry in found:
        path = f"f/{entry.question}"
        if entry.severity != "observation":
            canned = asked[entry.question]["canned"][0]
            text = canned["text"][actor.language]
            yield "set", path, "statement", {**typed(text, actor), "canned": canned["id"]}
            yield "set", path, "owner", {"name": side.name, "contact": side.id}
        if (company, entry.question) in OVERRIDES:
            severity, *why = OVERRIDES[(company, entry.question)]
            yield "set", path, "severity", {"severity": severity, "reason": typed(why[chinese], actor)}
        against = DISPUTES.get((company, entry.question))
        text_against = {"text": against, "lang": "zh-Hans"} if against else None
        stand = "disagree" if against else "agree"
        yield "set", path, "position", {"stand": stand, "text": text_against}


def signature(
    slot: str,
    actor: Actor,
    side: Side,
    digest: str,
    covers: dict[str, int],
    at: datetime,
    role: str = "Auditor",
    meaning: str = "carried_out",
) -> dict[str, Any]:
    """The value of a `sign` operation."""
    ours = slot == "auditor"
    name = actor.name if ours else side.name
    return {
        "slot": slot,
        "name": name,
        "role": role if ours else side.duty,
        "organisation": "Nordhaven Appliances" if ours else side.company,
        "meaning": meaning if ours else "confirm_facts",
        "consent": {"id": CONSENT, "language": actor.language if ours else "zh-Hans"},
        "strokes": strokes(name),
        "digest": digest,
        "covers": covers,
        "at": int(at.timestamp() * 1000),
    }


def refusal(reason: dict[str, str], witness: Actor, side: Side, digest: str, at: datetime) -> dict[str, Any]:
    """The value of a `refuse` operation; the reason in the words of whoever refuses."""
    return {
        "slot": "auditee",
        "name": side.name,
        "role": side.duty,
        "organisation": side.company,
        "reason": reason,
        "witness": {"name": witness.name, "role": "Auditor"},
        "digest": digest,
        "at": int(at.timestamp() * 1000),
    }


def strokes(name: str) -> list[list[int]]:
    """A hand that is always the same for a name: a large first letter, loops that lean, a line below."""
    chance = iter(sha256(name.encode()).digest() * 8)
    words = name.split() or [name]
    reach = (WIDTH - 260) / sum(len(word) for word in words)
    drawn, x = [], 80.0
    for word in words:
        line: list[int] = []
        for letter in range(len(word)):
            first = letter == 0
            tall = 230 if first else 45 + next(chance) % 70
            lean, round_ = (70 if first else 18 + next(chance) % 22), 12
            for step in range(round_ + 1):
                turn = 2 * math.pi * step / round_
                across = x + reach * step / round_ + lean * math.sin(turn) * (1 if first else 1.3)
                down = 270 - tall * (1 - math.cos(turn)) / 2 + 9 * math.sin(2 * turn)
                line += [_within(across, WIDTH), _within(down, HEIGHT)]
            x += reach
        drawn.append(line)
        x += 50
    below = [(110 + 42 * at, 335 - 3 * at + 14 * math.sin(at / 3)) for at in range(19)]
    return [*drawn, [_within(number, WIDTH) for point in below for number in point]]


def _within(number: float, most: int) -> int:
    return max(0, min(most, round(number)))
