"""Nine ways to get it wrong, each of which loses or doubles somebody's work (offline.md §5).

A test that would let one of them pass is no test of the others either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from unittest import mock

from app.features.operations import commands
from tests.sync.store import Answer, Kept, Op, Store
from tests.sync.world import World


class NoUniqueId(Store):
    """Every attempt to send makes new ids, as a form that is posted again does."""

    def batch(self, most: int = 100) -> list[Op]:
        sent = []
        for kept in self.pending()[:most]:
            if kept.sent:
                del self.ops[kept.op["id"]]
                kept.op = {**kept.op, "id": self.new_id()}
                self.ops[kept.op["id"]] = kept
            kept.sent += 1
            sent.append(kept.op)
        return sent


class AnyTwoHundred(Store):
    """Whatever answers with 200 has taken everything: a hotel's login page for example."""

    def push(self, most: int = 100) -> bool:
        self.out = []
        return super().push(most)

    def body(self, operations: list[Op]) -> dict[str, Any]:
        self.out = operations
        return super().body(operations)

    def is_receipt(self, answer: Answer, batch: str) -> bool:
        taken = super().is_receipt(answer, batch)
        if answer.status == 200 and not taken:
            for op in self.out:
                self.ops[op["id"]].state = "acked"
        return taken


class CursorIsHead(Store):
    """After a page the cursor is said to be where the server is, not where the page ended."""

    def reached(self, said: dict[str, Any]) -> int:
        return int(said["head"])


class NothingAgain(Store):
    """After a restore nothing own is sent again: it was acknowledged once."""

    def send_again(self, kept: Kept) -> None:
        """Nothing."""


class CoalescesAfterSending(Store):
    """An operation that may be on its way is still rewritten."""

    def may_coalesce(self, kept: Kept) -> bool:
        return True


class KeepsOldPages(Store):
    """Told that the history is another one, it goes on where it stood in the old one."""

    def begin_again(self) -> None:
        stood = {record: seq for record, (epoch, seq) in self.cursors.items() if epoch != self.epoch}
        super().begin_again()
        self.cursors = {record: (self.epoch, seq) for record, seq in stood.items()}


@contextmanager
def acknowledged_before_the_commit(world: World) -> Iterator[None]:
    world.acknowledges_before_commit = True
    try:
        yield
    finally:
        world.acknowledges_before_commit = False


def clock_decides(world: World) -> AbstractContextManager[object]:
    """The last writer by the phone's clock wins, and the other value is gone."""
    through = commands._apply
    times: dict[str, int] = {}

    def applied(record: Any, op: Any, now: Any) -> Any:
        answer = through(record, op, now)
        times[op.id] = op.at
        latest = max(record.heads[op.path, op.field], key=lambda head: times.get(head.id, 0))
        record.heads[op.path, op.field] = (latest,)
        return answer

    return mock.patch.object(commands, "_apply", applied)


def late_work_dropped(world: World) -> AbstractContextManager[object]:
    """What comes after the end is answered as late and thrown away."""
    through = commands._store

    def stored(session: Any, records: Any, author: Any, now: Any) -> None:
        for record in records.values():
            if isinstance(record, commands._Record):
                record.stored = [each for each in record.stored if each[2] != "late"]
        through(session, records, author, now)

    return mock.patch.object(commands, "_store", stored)


Server = Callable[[World], AbstractContextManager[object]]
CLIENTS: dict[str, type[Store]] = {
    "no unique id": NoUniqueId,
    "any 200 is success": AnyTwoHundred,
    "cursor = head": CursorIsHead,
    "no re-push after a restore": NothingAgain,
    "coalescing after send": CoalescesAfterSending,
    "keeping a page of an old epoch": KeepsOldPages,
}
SERVERS: dict[str, Server] = {
    "acknowledged before the commit": acknowledged_before_the_commit,
    "the clock decides": clock_decides,
    "late work dropped": late_work_dropped,
}
ALL: dict[str, tuple[type[Store], Server]] = {
    **{name: (store, lambda world: nullcontext()) for name, store in CLIENTS.items()},
    **{name: (Store, server) for name, server in SERVERS.items()},
}
