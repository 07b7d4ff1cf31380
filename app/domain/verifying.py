"""What a PDF is to us: the report as we issued it, an earlier state of it, a changed one, or none of ours.

The seals are judged by mathematics elsewhere (adapters/seal_check_worker.py); here their facts and what we
have on record become one verdict. Seals alone are not enough: a file cut back to an earlier state, or with
its seals taken out, shows nothing wrong in itself (pdf.md §4), so the record of issued bytes decides first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.printing import printable

LONGEST = 300  # characters of what a stranger's file says about itself


class Verdict(StrEnum):
    """From the best to the worst, each with a sentence in features/reports/words."""

    GENUINE = "genuine"  # byte for byte what we issued
    EARLIER = "earlier"  # an earlier state of it: seals that came later are missing
    APPENDED = "appended"  # what we issued, with bytes behind its end that change nothing shown
    OFF_RECORD = "off_record"  # our seals, unbroken, but not the bytes on record
    CHANGED = "changed"  # what we issued, changed by an update behind the last seal
    BROKEN = "broken"  # our seals, but the sealed bytes themselves are others
    REWRITTEN = "rewritten"  # written anew by some program: no seal fits its place any more
    STRIPPED = "stripped"  # ours by its number, its seals taken out
    FOREIGN = "foreign"  # sealed, but not by us, whatever name it bears
    UNSEALED = "unsealed"  # no seal at all
    UNREADABLE = "unreadable"  # not a PDF one can read


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature found in a file. `ours`: its certificate is our signer's, by our pinned authority.

    `intact`: the bytes it covers are unchanged. `sound`: intact, ours, its time stamp holds, and nothing
    behind it but seals. `placed`: it sits where its byte range says. `level`: "B-B", "B-T" or "B-LT".
    """

    field: str
    name: str
    reason: str
    contact: str
    claimed_at: datetime | None
    stamped_at: datetime | None
    subject: str
    level: str
    ours: bool
    intact: bool
    sound: bool
    placed: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """A file. `beginnings`: size → SHA-256 of the file up to each of its ends ("%%EOF"), the whole last.

    `changes`: what is different from what the last seal covers: page_added, page_removed, page_content,
    annotation, font, picture, attachment, other. `bare_from`: behind this byte there is nothing a reader
    could take for a part of the document.
    """

    size: int
    sha256: str
    readable: bool
    identifier: str
    pages: int
    beginnings: Mapping[int, str] = field(default_factory=dict)
    seals: Sequence[Seal] = ()
    changes: Sequence[str] = ()
    bare_from: int = 0


@dataclass(frozen=True, slots=True)
class Issued:
    """One state of a report as we issued it: turn 1 first, one more with each later seal."""

    turn: int
    sha256: str
    size: int
    seals: Sequence[str]


def judge(facts: Facts, issued: Sequence[Issued], known: bool) -> Verdict:
    """The verdict on a file. `issued`: every state on record of the report it belongs to, empty when it
    belongs to none; `known`: something in the file (a seal's address, its identifier) names a report of ours.
    """
    last = max((each.turn for each in issued), default=0)
    states = {each.sha256: each for each in issued}
    if facts.sha256 in states:
        return Verdict.GENUINE if states[facts.sha256].turn == last else Verdict.EARLIER
    begins = max((size for size, sha256 in facts.beginnings.items() if sha256 in states), default=None)
    if begins is not None:
        return _continued(facts, states[facts.beginnings[begins]], begins)
    if not facts.readable:
        return Verdict.UNREADABLE
    ours = [seal for seal in facts.seals if seal.ours]
    if not ours:
        if any(not seal.placed for seal in facts.seals) and known:
            return Verdict.REWRITTEN
        if facts.seals:
            return Verdict.FOREIGN
        return Verdict.STRIPPED if known else Verdict.UNSEALED
    if any(not seal.intact for seal in ours):
        return Verdict.REWRITTEN if all(not seal.placed for seal in ours) else Verdict.BROKEN
    if any(not seal.ours for seal in facts.seals) or facts.changes or _unsound(facts):
        return Verdict.CHANGED
    expected = max((each.seals for each in issued), key=len, default=())
    return Verdict.EARLIER if len(ours) < len(expected) else Verdict.OFF_RECORD


def _continued(facts: Facts, state: Issued, begins: int) -> Verdict:
    """A file that begins with what we issued and goes on behind it."""
    if facts.bare_from <= begins:
        return Verdict.APPENDED
    ours = [seal for seal in facts.seals if seal.ours]
    if facts.readable and len(ours) < len(state.seals):
        return Verdict.STRIPPED
    return Verdict.CHANGED


def _unsound(facts: Facts) -> bool:
    return any(not seal.sound for seal in facts.seals)


def facts_of(told: Mapping[str, Any]) -> Facts:
    """Facts from what came over the pipe (plain JSON)."""

    def instant(text: str | None) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    def shown(text: str) -> str:
        return printable(text)[:LONGEST]

    return Facts(
        size=told["size"],
        sha256=told["sha256"],
        readable=told["readable"],
        identifier=told["identifier"][:64],
        pages=told["pages"],
        beginnings=dict(told["beginnings"]),
        seals=[
            Seal(
                **{
                    **seal,
                    **{name: shown(seal[name]) for name in ("field", "name", "reason", "contact", "subject")},
                    "claimed_at": instant(seal["claimed_at"]),
                    "stamped_at": instant(seal["stamped_at"]),
                }
            )
            for seal in told["seals"]
        ],
        changes=told["changes"],
        bare_from=told["bare_from"],
    )


def unreadable(size: int) -> Facts:
    """A file that cannot be read, or would cost too much."""
    return Facts(size=size, sha256="", readable=False, identifier="", pages=0)
