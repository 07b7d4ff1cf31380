"""What operations are about, seen from below: the protocol every record feature implements.

This feature stores, orders and merges; what a register means, who may write it and what follows from it is
the record's business. `wiring.py` registers the kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.merge import Key, Register
from app.domain.operations import Operation
from app.domain.permissions import Actor


class Access(Enum):
    """How an author stands to a record."""

    MAY = "may"
    ONCE = "once"  # had access before: what they send is held for an admin
    NEVER = "never"  # the record does not exist for them


@dataclass(frozen=True, slots=True)
class Author:
    """Who made the operations: a person, on a device; `active` is False when the account is disabled.

    `memory` is the kinds' own while one batch is judged: a hundred operations ask the same questions.
    `vouched`: an admin answers for work that was held because the author's access ended, so that is not asked
    again. `through`: who decided that, or who brought the work in from a file, when it was not the author.
    """

    actor: Actor
    device_id: UUID | None
    active: bool = True
    memory: dict[Any, Any] = field(default_factory=dict, compare=False)
    vouched: bool = False
    through: UUID | None = None


State = Mapping[Key, Register]


class RecordKind(Protocol):
    """One kind of record. Rows are whatever the kind works with; nobody else looks inside."""

    name: str

    def lock(self, session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
        """The rows that exist, locked until the transaction ends, in the order of their ids."""

    def access(self, session: Session, author: Author, rows: Sequence[Any]) -> dict[UUID, Access]:
        """How the author stands to each row."""

    def create(self, session: Session, author: Author, operation: Operation, now: datetime) -> Any:
        """The new row of a `create` operation. Raises a PlumblineError with the code to answer."""

    def judge(
        self,
        session: Session,
        author: Author,
        row: Any,
        operation: Operation,
        state: State,
        fresh: Sequence[Operation],
    ) -> None:
        """Raises Invalid or NotAllowed when the operation cannot stand, Deferred when it comes too early.

        `fresh`: what was applied to the row before it in this batch and is in no table yet.
        """

    def closed(self, row: Any, operation: Operation) -> str | None:
        """Why this operation is not applied to the row any more (a code), or None while it is open to it."""

    def step(self, row: Any, operation: Operation, now: datetime) -> None:
        """Moves the row's state on at once, because the next operation of the batch is judged by it."""

    def apply(
        self,
        session: Session,
        row: Any,
        state: State,
        operations: Sequence[Operation],
        author: Author,
        now: datetime,
    ) -> None:
        """Brings the row and whatever is projected from it up to date, once per batch."""

    def late(self, row: Any, count: int) -> None:
        """So many more operations (or fewer, when negative) wait as late work."""

    def is_end(self, operation: Operation) -> bool:
        """Whether the operation ends or decides about the whole record: such a one is never applied late."""

    def save(self, session: Session, row: Any) -> None:
        """Writes what `apply` and `step` changed in the row, if the session should not do it itself: the last
        that is done with a row in a push.
        """

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        """Which of these records the actor may read."""


class Deferred(Exception):
    """The operation is good but comes too early (something it names is not here yet); it is not stored."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Kinds:
    """The kinds that are registered, by name."""

    def __init__(self) -> None:
        self._kinds: dict[str, RecordKind] = {}

    def add(self, kind: RecordKind) -> None:
        self._kinds[kind.name] = kind

    def get(self, name: str) -> RecordKind | None:
        return self._kinds.get(name)

    def __iter__(self) -> Any:
        return iter(self._kinds.values())


KINDS = Kinds()
