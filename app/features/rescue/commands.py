"""Deciding about held work, and taking in what a phone could not send itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app import journal
from app.adapters.blobs import BlobStore
from app.adapters.pictures import PictureRoom
from app.adapters.rescue_file import Rescued
from app.db import transaction
from app.domain.errors import Invalid, PlumblineError, TooLarge
from app.domain.permissions import Actor
from app.domain.register_values import PHOTO_AT_MOST
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.evidence import commands as evidence
from app.features.evidence.queries import have
from app.features.inspections.models import KIND, Inspection
from app.features.operations.commands import Answer, CannotStore, receive, receive_carefully
from app.features.operations.models import Quarantined
from app.features.operations.record import Author, Kinds
from app.features.rescue import queries

BATCH = 100
STORED = ("applied", "late")
REASON_AT_MOST = 500  # characters


@dataclass
class Outcome:
    """What became of work. `refused`: (what it is about, code of the reason)."""

    results: Counter[str] = field(default_factory=Counter)
    photos: Counter[str] = field(default_factory=Counter)  # new, known, refused
    refused: list[tuple[str, str]] = field(default_factory=list)
    people: dict[UUID, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.results["applied"] + self.results["late"] + self.results["quarantined"]) or bool(
            self.photos["new"]
        )

    def count(self, raw: Any, answer: Answer) -> None:
        self.results[answer.result] += 1
        if answer.result in ("rejected", "deferred"):
            self.refused.append((about(raw), answer.code))


def about(raw: Any) -> str:
    """A few words on which register an operation writes, for a list of what was refused."""
    if not isinstance(raw, dict):
        return "?"
    return f"{raw.get('path', '?')} {raw.get('field', '?')}"[:120]


def accept(session: Session, kinds: Kinds, by: Actor, ids: set[UUID], now: datetime) -> Outcome:
    """Applies held work as that of the person who made it, with the admin's word instead of their access.

    What is stored leaves the held work; what still cannot stand stays, with its reason.
    """
    outcome = Outcome()
    heaps: dict[tuple[UUID, UUID | None], list[Quarantined]] = {}
    for row in queries.asked_for(session, by, ids):
        heaps.setdefault((row.person_id, row.device_id), []).append(row)
    for (person_id, device_id), rows in heaps.items():
        person = session.get(Person, person_id)
        assert person is not None
        outcome.people[person.id] = person.name
        author = Author(actor_of(session, person), device_id, vouched=True, through=by.id)
        readable = [(row, raw) for row in rows if (raw := queries.operation_of(row.body)) is not None]
        outcome.results["rejected"] += len(rows) - len(readable)
        readable.sort(key=lambda pair: _order(pair[1]))
        for at in range(0, len(readable), BATCH):
            some = readable[at : at + BATCH]
            answers = receive_carefully(session, kinds, author, [raw for _, raw in some], now)
            for (row, raw), answer in zip(some, answers, strict=True):
                outcome.count(raw, answer)
                if answer.result in (*STORED, "duplicate"):
                    facts = {"operation": answer.id, "held": row.hash, "result": answer.result}
                    _decide(session, row, "held.accepted", by, facts, now)
                    session.execute(delete(Quarantined).where(Quarantined.id == row.id))
    return outcome


def _order(raw: dict[str, Any]) -> int:
    lamport = raw.get("lamport")
    return lamport if isinstance(lamport, int) else 0


def dismiss(session: Session, by: Actor, ids: set[UUID], reason: str, now: datetime) -> int:
    """Notes that these are not wanted, and why; the bodies stay to the end of their 90 days. How many."""
    if not reason:
        raise Invalid("reason_missing", field="reason")
    rows = queries.asked_for(session, by, ids)
    for row in rows:
        row.decided_at, row.decided_by, row.reason = now, by.id, reason
        _decide(session, row, "held.dismissed", by, {"held": row.hash}, now)
    session.flush()
    return len(rows)


def _decide(
    session: Session, row: Quarantined, act: str, by: Actor, facts: dict[str, Any], now: datetime
) -> None:
    known = row.record_id is not None and session.get(Inspection, row.record_id) is not None
    record = (KIND, row.record_id) if known and row.record_id else ("person", row.person_id)
    journal.write(session, act, record, now, by.id, {**facts, "person": str(row.person_id)})


def bring_in(
    kinds: Kinds, blobs: BlobStore, room: PictureRoom, by: Actor, rescued: Rescued, now: datetime
) -> Outcome:
    """Takes an exported file in as if its phone had sent it: same ids, same judging, its person's rights.

    Every batch and every photo is a transaction of its own, as pushes and uploads are. Bringing the same file
    again changes nothing.
    """
    outcome = Outcome()
    heaps = _by_device(rescued, outcome)
    waiting = {
        device: _push(kinds, by, author, heap, outcome, now) for device, (author, heap) in heaps.items()
    }
    owners = _owners(rescued, heaps)
    for sha256, data in rescued.photos.items():
        author = owners.get(sha256)
        if author is None:
            outcome.photos["refused"] += 1
            outcome.refused.append((f"photo {sha256[:8]}", "device_unknown"))
        else:
            _photo(kinds, blobs, room, author, sha256, data, outcome, now)
    for device, (author, _) in heaps.items():  # what waited for a photo or for another phone's work
        again = waiting[device]
        outcome.results["deferred"] -= len(again)
        outcome.refused = [each for each in outcome.refused if each not in {(about(r), c) for r, c in again}]
        _push(kinds, by, author, [raw for raw, _ in again], outcome, now)
    if outcome.changed:
        with transaction() as session:
            for person_id in outcome.people:
                facts = {
                    "file": rescued.sha256,
                    "operations": len(rescued.operations),
                    "photos": len(rescued.photos),
                }
                journal.write(session, "work.imported", ("person", person_id), now, by.id, facts)
    return outcome


Heaps = dict[UUID, tuple[Author, list[Any]]]


def _by_device(rescued: Rescued, outcome: Outcome) -> Heaps:
    """The operations by the phone that made them, each with its author. Unknown phones' are refused."""
    wanted: dict[UUID, list[Any]] = {}
    for raw in rescued.operations:
        device = _uuid(raw.get("device")) if isinstance(raw, dict) else None
        if device is None:
            outcome.count(raw, Answer(None, "rejected", code="op_not_object"))
        else:
            wanted.setdefault(device, []).append(raw)
    its_own = _uuid(rescued.device)
    if its_own is not None and rescued.photos:
        wanted.setdefault(its_own, [])
    found: Heaps = {}
    with transaction() as session:
        people = queries.authors_of(session, set(wanted))
        for device, heap in wanted.items():
            person = people.get(device)
            if person is None:
                for raw in heap:
                    outcome.count(raw, Answer(None, "rejected", code="device_unknown"))
                continue
            outcome.people[person.id] = person.name
            found[device] = (Author(actor_of(session, person), device, person.disabled_at is None), heap)
    return found


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _push(
    kinds: Kinds, by: Actor, author: Author, heap: Sequence[Any], outcome: Outcome, now: datetime
) -> list[tuple[Any, str]]:
    """One phone's operations through the door of every push; those that come too early, with their reason."""
    early = []
    for at in range(0, len(heap), BATCH):
        some = heap[at : at + BATCH]
        fresh = Author(author.actor, author.device_id, author.active, through=by.id)
        try:
            with transaction() as session:
                answers = receive(session, kinds, fresh, some, now)
        except CannotStore:
            with transaction() as session:
                answers = receive_carefully(session, kinds, fresh, some, now)
        for raw, answer in zip(some, answers, strict=True):
            outcome.count(raw, answer)
            if answer.result == "deferred":
                early.append((raw, answer.code))
    return early


def _owners(rescued: Rescued, heaps: Heaps) -> dict[str, Author]:
    """Who gave each photo: whoever's operation names it, else whose phone made the file."""
    its_own = _uuid(rescued.device)
    default = heaps[its_own][0] if its_own in heaps else None
    owners = dict.fromkeys(rescued.photos, default)
    for author, heap in heaps.values():
        for raw in heap:
            value = raw.get("value")
            sha256 = value.get("sha256") if isinstance(value, dict) else None
            if isinstance(sha256, str) and sha256 in owners:
                owners[sha256] = author
    return {sha256: author for sha256, author in owners.items() if author is not None}


def _photo(
    kinds: Kinds,
    blobs: BlobStore,
    room: PictureRoom,
    author: Author,
    sha256: str,
    data: bytes,
    outcome: Outcome,
    now: datetime,
) -> None:
    who, size = author.actor.id, len(data)
    with transaction() as session:
        if known := have(session, kinds, author.actor, [sha256]):
            evidence.hold(session, known, who, now)
            outcome.photos["known"] += 1
            return
    try:
        if size > PHOTO_AT_MOST:
            raise TooLarge("picture_too_large")
        if not size or hashlib.sha256(data).hexdigest() != sha256:
            raise Invalid("sha_mismatch")
        blobs.discard_parts(sha256, str(who))
        evidence.take_part(blobs, sha256, 0, size, data, who)
        picture = evidence.put_together(blobs, room, sha256, size, 1, size, who)
        with transaction() as session:
            evidence.present(session, blobs, sha256, size, picture, (who, author.device_id), now)
    except PlumblineError as error:
        if error.status >= 500:
            raise  # a full disk: nothing is wrong with the file, it is brought again
        outcome.photos["refused"] += 1
        outcome.refused.append((f"photo {sha256[:8]}", error.code))
        return
    outcome.photos["new"] += 1
