"""A phone without a screen and without our code: the store of offline.md §4.2 and its push and pull.

It imports nothing of app/ or static/: what it expects of the server is what `docs/offline.md` promises.
Whoever carries its requests is given to it; `Lost` means that no answer came, whatever happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Op = dict[str, Any]
SETTLED = ("acked", "late", "quarantined", "rejected")


class Lost(Exception):
    """No answer came."""


@dataclass
class Answer:
    status: int
    mimetype: str
    json: Any = None


Ask = Callable[[str, str, Any], Answer]


@dataclass
class Kept:
    """An operation in the store. `state`: pending or one of SETTLED; "theirs" for those of others."""

    op: Op
    state: str
    sent: int = 0
    fate: str = ""


@dataclass
class Store:
    """`save` makes an operation durable; `saved` is the log of what the screen called saved (the oracle)."""

    ask: Ask
    device: str
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    ops: dict[str, Kept] = field(default_factory=dict)
    cursors: dict[str, tuple[str, int]] = field(default_factory=dict)
    epoch: str = ""
    saved: dict[str, Op] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    skew: int = 0
    resets: int = 0

    # -- saving

    def save(
        self, record: str, kind: str, path: str, name: str, value: Any, parents: list[str] | None = None
    ) -> Op:
        if kind == "set":
            head = self.untouched(record, path, name)
            if head is not None:
                return self.coalesce(head, value)
        n = self.numbers[record] = self.numbers.get(record, 0) + 1
        seen = [kept.op["lamport"] for kept in self.ops.values() if kept.op["record"]["id"] == record]
        op = {
            "v": 1,
            "id": self.new_id(),
            "record": {"kind": "inspection", "id": record},
            "kind": kind,
            "path": path,
            "field": name,
            "value": value,
            "parents": self.heads(record).get((path, name), []) if parents is None else parents,
            "device": self.device,
            "n": n,
            "lamport": max(seen, default=0) + 1,
            "at": 1_790_000_000_000 + 1000 * n + self.skew,
            "offset": 0,
            "tz": "Asia/Shanghai",
        }
        self.ops[op["id"]] = Kept(op, "pending")
        self.saved[op["id"]] = op
        return op

    def untouched(self, record: str, path: str, name: str) -> Kept | None:
        """The only head of the register, when it is own and was never sent: it may still be rewritten."""
        heads = self.heads(record).get((path, name), [])
        kept = self.ops[heads[0]] if len(heads) == 1 else None
        return kept if kept and kept.state == "pending" and self.may_coalesce(kept) else None

    def may_coalesce(self, kept: Kept) -> bool:
        return kept.sent == 0

    def coalesce(self, kept: Kept, value: Any) -> Op:
        kept.op = {**kept.op, "value": value}
        self.saved[kept.op["id"]] = kept.op
        return kept.op

    # -- what it knows

    def counts(self, kept: Kept) -> bool:
        """Whether it counts for what its register holds: own ones until the server says otherwise."""
        return kept.fate == "applied" if kept.fate else kept.state in ("pending", "acked")

    def heads(self, record: str) -> dict[tuple[str, str], list[str]]:
        ops = [k.op for k in self.ops.values() if k.op["record"]["id"] == record and self.counts(k)]
        return heads(ops)

    def pending(self) -> list[Kept]:
        return [kept for kept in self.ops.values() if kept.state == "pending"]

    # -- sending

    def batch(self, most: int = 100) -> list[Op]:
        """What goes out next; counted as sent before it leaves."""
        chosen = self.pending()[:most]
        for kept in chosen:
            kept.sent += 1
        return [kept.op for kept in chosen]

    def body(self, operations: list[Op]) -> dict[str, Any]:
        return {
            "batch": str(uuid.uuid4()),
            "device": self.device,
            "build": "model",
            "pending": len(self.pending()),
            "operations": operations,
        }

    def push(self, most: int = 100) -> bool:
        """Sends one batch; True when the server took notice of it."""
        operations = self.batch(most)
        if not operations:
            return True
        body = self.body(operations)
        try:
            answer = self.ask("POST", "/api/v1/sync/push", body)
        except Lost:
            return False
        if not self.is_receipt(answer, body["batch"]):
            return False
        self.receive(answer.json, operations)
        return True

    def is_receipt(self, answer: Answer, batch: str) -> bool:
        """200, JSON, ours, and about this batch: a hotel's login page is a 200 too."""
        return (
            answer.status == 200
            and answer.mimetype == "application/json"
            and isinstance(answer.json, dict)
            and answer.json.get("api") == "plumbline/1"
            and answer.json.get("batch") == batch
        )

    def receive(self, said: dict[str, Any], operations: list[Op]) -> None:
        self.meet(said["epoch"])
        for result in said["results"]:
            kept = self.ops.get(result["id"])
            state = {"applied": "acked", "duplicate": "acked"}.get(result["result"], result["result"])
            if kept is not None and state in SETTLED:
                kept.state = state

    # -- fetching

    def pull(self, record: str, limit: int = 500) -> bool:
        """One page; True when there is nothing more to fetch."""
        epoch, seq = self.cursors.get(record, (self.epoch, 0))
        after = f"after={epoch}.{seq}&" if epoch else ""
        try:
            answer = self.ask("GET", f"/api/v1/inspections/{record}/operations?{after}limit={limit}", None)
        except Lost:
            return False
        if answer.status == 409:
            self.meet(answer.json["epoch"], reset=True)
            return False
        if answer.status != 200 or answer.mimetype != "application/json" or not isinstance(answer.json, dict):
            return False
        return self.turn_page(record, answer.json, epoch)

    def turn_page(self, record: str, said: dict[str, Any], asked_in: str) -> bool:
        if asked_in and said["epoch"] != asked_in:
            self.meet(said["epoch"], reset=True)
            return False  # a page of another history than the cursor's: rows below it were never seen
        if self.meet(said["epoch"]):
            return False
        for row in said["operations"]:
            self.learn(row)
        for row in said.get("decided", []):
            kept = self.ops.get(row["id"])
            if kept is not None:
                kept.fate = row["fate"]
        self.cursors[record] = (said["epoch"], self.reached(said))
        return not said["more"]

    def reached(self, said: dict[str, Any]) -> int:
        return int(said["to"])

    def learn(self, row: dict[str, Any]) -> None:
        op = row["op"]
        kept = self.ops.get(op["id"])
        if kept is None:
            kept = self.ops[op["id"]] = Kept(op, "theirs")
        elif kept.state == "pending":
            kept.state = "acked" if row["fate"] == "applied" else row["fate"]
        kept.fate = row["fate"]

    # -- another history

    def meet(self, epoch: str, reset: bool = False) -> bool:
        """Notes the server's epoch; True when it is another one than before."""
        other = bool(self.epoch) and epoch != self.epoch
        self.epoch = epoch
        if other or reset:
            self.begin_again()
        return other

    def begin_again(self) -> None:
        """The server was restored: everything is fetched anew, and everything own is sent again."""
        self.resets += 1
        self.cursors.clear()
        for op_id, kept in list(self.ops.items()):
            if kept.state == "theirs":
                del self.ops[op_id]
            else:
                kept.fate = ""
                self.send_again(kept)

    def send_again(self, kept: Kept) -> None:
        kept.state = "pending"
        kept.sent = max(kept.sent, 1)


def heads(operations: list[Op]) -> dict[tuple[str, str], list[str]]:
    """Register → ids that no other operation of the same register names; written from offline.md §4.4."""
    written: dict[tuple[str, str], set[str]] = {}
    named: dict[tuple[str, str], set[str]] = {}
    for op in operations:
        key = (op["path"], op["field"])
        written.setdefault(key, set()).add(op["id"])
        named.setdefault(key, set()).update(op["parents"])
    return {key: sorted(ids - named[key]) for key, ids in written.items()}
