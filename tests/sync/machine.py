"""Two phones, one server, every fault between them: a Hypothesis state machine over the real server.

After each run the faults end, everything is sent and fetched, and the promises of offline.md §5 must hold.
`world` and `store` are set by whoever runs it; the mutants of test_mutants.py put something broken there.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.sync import oracle
from tests.sync.oracle import require
from tests.sync.store import Lost, Store
from tests.sync.world import QUESTIONS, World

PHONES = st.integers(0, 1)
SCORES = st.sampled_from(("10", "8", "6"))
FAULTS = st.sampled_from(
    (
        *(None, None, None, "drop before", "drop after", "hotel", "twice"),
        *("before commit", "after commit", "proxy error"),
    )
)
ROUNDS = 12  # of sending and fetching, until all must be settled


class Machine(RuleBasedStateMachine):
    world: ClassVar[World]
    store: ClassVar[type[Store]] = Store
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.world.reset()
        self.world.crash = None
        self.stores = [self.store(wire, wire.device) for wire in self.world.phones]
        for wire in self.world.phones:
            wire.fault, wire.sent = None, []
        self.record = self.world.record
        self.backups: list[Any] = []
        self.issued: set[tuple[Any, ...]] = set()

    # -- what people do

    @rule(phone=PHONES, question=st.sampled_from(QUESTIONS), score=SCORES)
    def answer(self, phone: int, question: str, score: str) -> None:
        self.stores[phone].save(self.record, "set", f"q/{question}", "score", score)

    @rule(
        phone=PHONES,
        question=st.sampled_from(QUESTIONS[:2]),
        text=st.sampled_from(("seen", "not seen", None)),
    )
    def note(self, phone: int, question: str, text: str | None) -> None:
        value = None if text is None else {"text": text, "lang": "en"}
        self.stores[phone].save(self.record, "set", f"q/{question}", "note", value)

    @rule(phone=PHONES, score=SCORES)
    def answer_everything(self, phone: int, score: str) -> None:
        for question in QUESTIONS:
            self.stores[phone].save(self.record, "set", f"q/{question}", "score", score)

    @rule(phone=PHONES)
    def complete(self, phone: int) -> None:
        store = self.stores[phone]
        if ("inspection", "completed") not in store.heads(self.record):
            value = {"operations": len(store.ops), "media": []}
            store.save(self.record, "complete", "inspection", "completed", value)

    @precondition(lambda self: self.world.late(self.record))
    @rule(amends=st.booleans())
    def decide_about_late_work(self, amends: bool) -> None:
        self.world.decide(self.record, amends)

    # -- what happens to them

    @rule(phone=PHONES, years=st.integers(-10, 10))
    def clock_jumps(self, phone: int, years: int) -> None:
        self.stores[phone].skew = years * 31_536_000_000

    @rule(phone=PHONES, fault=FAULTS, most=st.sampled_from((1, 2, 100)))
    def push(self, phone: int, fault: str | None, most: int) -> None:
        self.world.phones[phone].fault = fault
        self.stores[phone].push(most)
        self.world.phones[phone].fault = None
        if fault in ("before commit", "after commit"):
            self._nothing_lost()
        self._nothing_issued_changed()

    @rule(phone=PHONES, fault=st.sampled_from((None, None, "drop after")), limit=st.sampled_from((1, 2, 500)))
    def pull(self, phone: int, fault: str | None, limit: int) -> None:
        self.world.phones[phone].fault = fault
        self.stores[phone].pull(self.record, limit)
        self.world.phones[phone].fault = None

    @precondition(lambda self: any(wire.sent for wire in self.world.phones))
    @rule(data=st.data(), turned=st.booleans())
    def replay(self, data: st.DataObject, turned: bool) -> None:
        """A batch arrives again, perhaps a day later, perhaps in another order."""
        wire = data.draw(st.sampled_from([wire for wire in self.world.phones if wire.sent]))
        method, path, body = data.draw(st.sampled_from(wire.sent))
        if turned:
            body = {**body, "operations": body["operations"][::-1]}
        wire.carry(method, path, body)

    @precondition(lambda self: len(self.backups) < 3)
    @rule()
    def backup(self) -> None:
        self.backups.append(self.world.backup())

    @precondition(lambda self: self.backups)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        self.world.restore(data.draw(st.sampled_from(range(len(self.backups))).map(self.backups.__getitem__)))
        self.restored = True
        self.issued = set()

    restored = False

    def _nothing_issued_changed(self) -> None:
        """I6: a revision that was frozen stays as it is."""
        now = set(self.world.rows("SELECT inspection_id, revision, digest FROM inspection_revisions"))
        require(self.issued <= now, "I6: issued revisions changed:", self.issued - now)
        self.issued = now

    def _nothing_lost(self) -> None:
        if not self.restored:
            oracle.nothing_acknowledged_is_missing(self.stores, oracle.stored(self.world))

    # -- what must be true in the end

    def teardown(self) -> None:
        self.world.crash = None
        for wire in self.world.phones:
            wire.fault = None
        self._settle()
        oracle.settled(self.stores, oracle.stored(self.world), self.record, self.world)

    def _settle(self) -> None:
        for turn in range(ROUNDS):
            for store in self.stores:
                for _ in range(20):
                    if not store.pending() or not store.push():
                        break
                self._fetch(store)
            if not any(store.pending() for store in self.stores):
                break
            if turn >= 1:
                self._decide(self.stores[turn % 2])
        for store in self.stores:
            self._fetch(store)

    def _fetch(self, store: Store) -> None:
        for _ in range(200):
            if store.pull(self.record, 500):
                return
        require(False, "I8: fetching does not end")

    def _decide(self, store: Store) -> None:
        """One person looks at what stands against what, and answers what is open: so it can be completed."""
        held = store.heads(self.record)
        values = {op_id: kept.op["value"] for op_id, kept in store.ops.items()}
        for (path, name), ids in held.items():
            torn = len({repr(values[op_id]) for op_id in ids}) > 1
            if torn and path.startswith("q/"):
                store.save(self.record, "set", path, name, values[ids[0]], parents=ids)
        for question in QUESTIONS:
            ids = held.get((f"q/{question}", "score"), [])
            if not ids:
                store.save(self.record, "set", f"q/{question}", "score", "8")


__all__ = ["Lost", "Machine"]
