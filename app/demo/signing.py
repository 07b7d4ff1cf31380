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
    slot: str, actor: Actor, side: Side, digest: str, covers: dict[str, int], at: datetime
) -> dict[str, Any]:
    """The value of a `sign` operation."""
    ours = slot == "auditor"
    name = actor.name if ours else side.name
    return {
        "slot": slot,
        "name": name,
        "role": "Auditor" if ours else side.duty,
        "organisation": "Nordhaven Appliances" if ours else side.company,
        "meaning": "carried_out" if ours else "confirm_facts",
        "consent": {"id": CONSENT, "language": actor.language if ours else "zh-Hans"},
        "strokes": strokes(name),
        "digest": digest,
        "covers": covers,
        "at": int(at.timestamp() * 1000),
    }


def refusal(company: str, witness: Actor, side: Side, digest: str, at: datetime) -> dict[str, Any]:
    """The value of a `refuse` operation, in the supplier's words."""
    return {
        "slot": "auditee",
        "name": side.name,
        "role": side.duty,
        "organisation": side.company,
        "reason": {"text": REFUSALS[company], "lang": "zh-Hans"},
        "witness": {"name": witness.name, "role": "Auditor"},
        "digest": digest,
        "at": int(at.timestamp() * 1000),
    }


def strokes(name: str) -> list[list[int]]:
    """A hand that is always the same for a name: loops that lean, one stroke for each word, a line below."""
    chance = iter(sha256(name.encode()).digest() * 4)
    words = name.split() or [name]
    drawn, x = [], 90.0
    reach = (WIDTH - 200) / sum(len(word) + 1 for word in words)
    for word in words:
        line: list[int] = []
        for letter in range(len(word)):
            tall = 120 if letter == 0 else 30 + next(chance) % 60
            lean, deep = 10 + next(chance) % 25, next(chance) % 40
            for step in range(9):
                turn = 2 * math.pi * step / 8
                across = x + reach * step / 8 + lean * math.sin(turn)
                down = HEIGHT / 2 + 40 - tall * (1 - math.cos(turn)) / 2 + deep * math.sin(turn / 2)
                line += [_within(across, WIDTH), _within(down, HEIGHT)]
            x += reach
        drawn.append(line)
        x += reach
    flourish = [
        [_within(80 + at * 45, WIDTH), _within(300 - 5 * at + (at % 3) * 6, HEIGHT)] for at in range(18)
    ]
    return [*drawn, [number for point in flourish for number in point]]


def _within(number: float, most: int) -> int:
    return max(0, min(most, round(number)))
