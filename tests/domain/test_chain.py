"""The journal's chain finds what was changed, removed or moved."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.domain.chain import GENESIS, Break, Link, entry_hash, verify


def chain(*bodies: bytes) -> list[Link]:
    links, previous = [], GENESIS
    for sequence, body in enumerate(bodies, start=1):
        links.append(Link(sequence, previous, entry_hash(previous, body), body))
        previous = links[-1].hash
    return links


WHOLE = chain(b"a", b"b", b"c", b"d")


def test_the_hash_is_sha256_over_the_one_before_and_the_body():
    assert WHOLE[0].hash == hashlib.sha256(b"0" * 64 + b"\na").hexdigest()
    assert WHOLE[1].hash == hashlib.sha256(WHOLE[0].hash.encode() + b"\nb").hexdigest()


def test_a_whole_chain_holds():
    assert verify([]) is None
    assert verify(WHOLE) is None
    assert verify(WHOLE, head=WHOLE[3].hash) is None
    assert verify(WHOLE, head=WHOLE[1].hash) is None
    assert verify([], head=GENESIS) is None


def test_changed():
    for at in range(4):
        bent = list(WHOLE)
        bent[at] = bent[at]._replace(body=b"x")
        assert verify(bent) == Break(at + 1, "changed")


def test_changed_and_rehashed_breaks_at_the_next():
    bent = list(WHOLE)
    bent[1] = bent[1]._replace(body=b"x", hash=entry_hash(bent[1].previous, b"x"))
    assert verify(bent) == Break(3, "changed")


def test_removed():
    assert verify(WHOLE[1:]) == Break(1, "removed")
    assert verify([WHOLE[0], *WHOLE[2:]]) == Break(2, "removed")


def test_removed_and_renumbered():
    bent = [WHOLE[0], WHOLE[2]._replace(sequence=2), WHOLE[3]._replace(sequence=3)]
    assert verify(bent) == Break(2, "changed")


def test_a_lost_end_needs_the_head_to_be_seen():
    assert verify(WHOLE[:2]) is None
    assert verify(WHOLE[:2], head=WHOLE[3].hash) == Break(3, "removed")
    assert verify([], head=WHOLE[0].hash) == Break(1, "removed")


def test_reordered():
    assert verify([WHOLE[1], WHOLE[0], *WHOLE[2:]]) == Break(1, "reordered")
    assert verify([WHOLE[0], WHOLE[0], *WHOLE[1:]]) == Break(2, "reordered")


@given(st.lists(st.binary(max_size=3), min_size=2, max_size=6), st.data())
def test_no_touch_goes_unseen(bodies, data):
    links = chain(*bodies)
    at = data.draw(st.integers(0, len(links) - 1))
    touch = data.draw(st.sampled_from(["body", "drop", "swap", "repeat"]))
    bent = list(links)
    if touch == "body":
        bent[at] = bent[at]._replace(body=bent[at].body + b"!")
    elif touch == "drop":
        del bent[at]
    elif touch == "swap":
        bent[at], bent[at - 1] = bent[at - 1], bent[at]
    else:
        bent.insert(at, bent[at])
    broken = verify(bent, head=links[-1].hash)
    assert broken is not None
    assert 1 <= broken.sequence <= len(links) + 1
