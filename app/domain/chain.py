"""The journal's chain: every entry's hash covers the one before, so nothing can be changed in silence
(DESIGN §5.9).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.domain.canonical import digest

GENESIS = "0" * 64


class Link(NamedTuple):
    """One entry of a chain: its place from 1, the hash before it, its own, and its canonical bytes."""

    sequence: int
    previous: str
    hash: str
    body: bytes


class Break(NamedTuple):
    """The first place where a chain does not hold: "changed", "removed" or "reordered"."""

    sequence: int
    kind: str


def entry_hash(previous: str, body: bytes) -> str:
    """SHA-256 over the hash before (64 hexadecimal digits), a line feed, and the entry's canonical bytes."""
    return digest(previous.encode("ascii") + b"\n" + body)


def verify(links: Iterable[Link], head: str | None = None) -> Break | None:
    """The first broken place of a chain given in its stored order, or None.

    ``head``: a hash the chain must hold, known from elsewhere (a sealed head); without one, a chain that lost
    its end looks whole.
    """
    chain = list(links)
    places = {link.sequence for link in chain}
    previous = GENESIS
    for expected, link in enumerate(chain, start=1):
        if link.sequence != expected:
            moved = expected in places or link.sequence < expected
            return Break(expected, "reordered" if moved else "removed")
        if link.previous != previous or link.hash != entry_hash(link.previous, link.body):
            return Break(expected, "changed")
        previous = link.hash
    if head is not None and head != GENESIS and all(link.hash != head for link in chain):
        return Break(len(chain) + 1, "removed")
    return None
