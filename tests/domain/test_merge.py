"""Merging against vectors, its properties, and wrong variants that these must catch."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import merge
from tests.domain.generate import histories
from tests.domain.reading import operation, vectors

MERGE = vectors("merge")["vectors"]


def read(state):
    """Registers as the vectors write them."""
    return {
        f"{path} {field}": [held.value, held.conflict, [head.id for head in held.heads]]
        for (path, field), held in state.items()
    }


def permutations(operations):
    orders = itertools.permutations(operations) if len(operations) < 5 else [operations, operations[::-1]]
    for order in orders:
        yield list(order)
        yield [*order, *order]


def follows_vectors(registers):
    return all(
        read(registers(order)) == vector["registers"]
        for vector in MERGE
        for order in permutations([operation(fields) for fields in vector["operations"]])
    )


@pytest.mark.parametrize("vector", MERGE, ids=lambda v: v["name"])
def test_vector_in_every_order(vector):
    for order in permutations([operation(fields) for fields in vector["operations"]]):
        assert read(merge.registers(order)) == vector["registers"]


def of(history):
    return [operation(fields[:5]) for fields in history]


@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(history, shuffler):
    straight = merge.registers(of(history))
    other = of(history) + of(history)[: len(history) // 2]
    shuffler.shuffle(other)
    assert read(merge.registers(other)) == read(straight)


@given(histories())
def test_nothing_disappears(history):
    # Every operation either stands as a head or is named by one that replaced it.
    state = merge.registers(of(history))
    heads = {head.id for held in state.values() for head in held.heads}
    named = {parent for fields in history for parent in fields[3]}
    assert {fields[0] for fields in history} <= heads | named
    assert all(held.heads for held in state.values())


@given(histories(), st.randoms(use_true_random=False), st.data())
def test_incremental_equals_from_scratch(history, shuffler, data):
    arriving = of(history)
    shuffler.shuffle(arriving)
    held, stored = {}, []
    while arriving:
        size = data.draw(st.integers(1, len(arriving)))
        batch, arriving = arriving[:size], arriving[size:]
        by_register = {}
        for op in batch:
            by_register.setdefault((op.path, op.field), []).append(op)
        for key, new in by_register.items():
            ids = {op.id for op in new}
            named = {p for op in stored if (op.path, op.field) == key for p in op.parents if p in ids}
            held[key] = merge.replace_heads(held.get(key, ()), new, key[1], named)
        stored += batch
    assert held == merge.heads(of(history))


@given(histories())
def test_answering_a_conflict_with_all_heads_settles_it(history):
    for (path, field), held in merge.registers(of(history)).items():
        settled = SimpleNamespace(
            id="zz", path=path, field=field, value="8", parents=[h.id for h in held.heads], lamport=99
        )
        after = merge.registers([*of(history), settled])[path, field]
        assert [head.id for head in after.heads] == ["zz"]
        assert not after.conflict


def test_photos_and_rows_of_a_state():
    ops = [
        ["a", "q/M01 photo:p", {"media_id": "p"}, [], 4],
        ["b", "q/M01 photo:o", {"media_id": "o"}, [], 3],
        ["c", "q/M01 photo:n", {"media_id": "n"}, [], 1],
        ["d", "q/M01 photo:n", None, ["c"], 5],
        ["e", "q/M02 photo:x", {"media_id": "x"}, [], 1],
        ["f", "participants/2 row", {"on": True}, [], 1],
        ["g", "participants/2 name", {"text": "Bo Chen", "lang": "en"}, [], 2],
        ["h", "participants/1 row", {"on": True}, [], 7],
        ["i", "participants/3 row", None, [], 8],
    ]
    state = merge.registers([operation(fields) for fields in ops])
    assert merge.photos(state, "q/M01") == [{"media_id": "o"}, {"media_id": "p"}]
    assert merge.rows(state, "participants") == {"1": {}, "2": {"name": {"text": "Bo Chen", "lang": "en"}}}
    assert list(merge.rows(state, "participants")) == ["1", "2"]


# --- wrong variants: each is a mistake somebody else has shipped, and each must be caught ---


def _registers(heads_of, shown=None, conflict=None):
    def registers(operations):
        by_key = {}
        for op in operations:
            by_key.setdefault((op.path, op.field), []).append(op)
        state = {}
        for key, ops in by_key.items():
            found = tuple(merge.Head(op.id, op.lamport, op.value) for op in heads_of(ops, operations))
            held = merge.register(found, key[1])
            if shown and found:
                first = shown(found)
                held = merge.Register(
                    (first, *(h for h in held.heads if h != first)), first.value, held.conflict
                )
            if conflict:
                held = merge.Register(held.heads, held.value, conflict(held, key[1]))
            state[key] = held
        return state

    return registers


def _right(ops, everything):
    named = {parent for op in ops for parent in op.parents}
    return {op.id: op for op in ops if op.id not in named}.values()


MUTANTS = {
    "the last to arrive wins": _registers(lambda ops, _: [ops[-1]]),
    "the greatest lamport wins": _registers(lambda ops, _: [max(ops, key=lambda op: (op.lamport, op.id))]),
    "repetition counts as another head": _registers(
        lambda ops, _: [op for op in ops if op.id not in {p for o in ops for p in o.parents}]
    ),
    "parents of other registers count": _registers(
        lambda ops, everything: {
            op.id: op for op in ops if op.id not in {p for o in everything for p in o.parents}
        }.values()
    ),
    "a parent must arrive before its child": _registers(
        lambda ops, _: {
            op.id: op for at, op in enumerate(ops) if op.id not in {p for o in ops[at:] for p in o.parents}
        }.values()
    ),
    "the smallest id is shown": _registers(_right, shown=lambda found: min(found, key=lambda h: h.id)),
    "several heads are always a conflict": _registers(_right, conflict=lambda held, _: len(held.heads) > 1),
    "conflicts are not shown": _registers(_right, conflict=lambda held, _: False),
    "values compared as Python compares": _registers(
        _right,
        conflict=lambda held, field: (
            not merge.is_member(field) and any(head.value != held.value for head in held.heads)
        ),
    ),
    "removing wins": _registers(
        _right, shown=lambda found: max(found, key=lambda h: (h.value is None, h.id))
    ),
}


def test_the_frame_of_the_mutants_is_right():
    assert follows_vectors(_registers(_right))


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_variant_is_caught(name):
    assert not follows_vectors(MUTANTS[name])


def test_no_clock_is_read():
    # The operations here carry no time at all, and the module knows no word for one.
    ops = [operation(fields) for vector in MERGE for fields in vector["operations"]]
    random.Random(7).shuffle(ops)
    assert not any(hasattr(op, "at") for op in ops)
    merge.registers(ops)
