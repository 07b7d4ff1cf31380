"""What is signed and whether it counts, against vectors worked out by hand, and as properties."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import signatures
from app.domain.canonical import canonical
from app.domain.merge import registers
from tests.domain.reading import operation, vectors

VECTORS = vectors("signatures")
CHECKLIST = "a" * 64


def name(vector):
    return vector["name"]


@pytest.mark.parametrize("vector", VECTORS["digests"], ids=name)
def test_digest(vector):
    parts = (vector["registers"], vector["photos"])
    consent = vector["consent"]
    found = signatures.digest_of(vector["checklist"], *parts, consent["id"], consent["language"])
    assert found == vector["sha256"]
    assert canonical(json.loads(vector["canonical"])).decode() == vector["canonical"]


@pytest.mark.parametrize("vector", VECTORS["covered"], ids=name)
def test_covered(vector):
    state = registers([operation(fields[:5]) for fields in vector["operations"]])
    hashes = {fields[0]: fields[5] for fields in vector["operations"]}
    assert signatures.covered(state, hashes) == vector["registers"]
    assert signatures.live_photos(state) == vector["photos"]


@pytest.mark.parametrize(("_", "text", "problem"), VECTORS["strokes"])
def test_strokes(_, text, problem):
    assert signatures.stroke_problem(json.loads(text)) == problem


@pytest.mark.parametrize("vector", VECTORS["many"], ids=name)
def test_many_strokes(vector):
    stroke = [number for at in range(vector["points"]) for number in (2 * at % 1000, 200)]
    assert signatures.stroke_problem([stroke] * vector["strokes"]) == vector["problem"]


@pytest.mark.parametrize("vector", VECTORS["slots"], ids=name)
def test_slots(vector):
    rules = {} if vector["asked"] is None else {"signatures": vector["asked"]}
    rows = [signatures.Given(**row, value={}, operation=row["row"], lamport=1) for row in vector["rows"]]
    told = signatures.slots({"rules": rules}, rows)
    assert [[one["slot"], one["state"], one["row"]] for one in told] == vector["slots"]
    blocking = signatures.blockers({"rules": rules}, rows)
    assert [[one["code"], one["slot"]] for one in blocking] == vector["blockers"]


WRITES = [
    ["o1", "q/M01 score", "8", [], 1],
    ["o2", "f/M01 position", {"stand": "agree", "text": None}, [], 2],
    ["o3", "q/M01 photo:018f0000-0000-7000-8000-000000000001", {"sha256": "d" * 64}, [], 3],
    ["o4", "participants/p row", {"on": True}, [], 4],
]


def _standing(writes, signed):
    state = registers([operation(fields) for fields in writes])
    hashes = {fields[0]: fields[0] * 2 for fields in writes}
    parts = signatures.covered(state, hashes), signatures.live_photos(state)
    return signatures.standing(CHECKLIST, *parts, signed(parts))


def _sign(language="en", kind="sign", digest=None):
    def signed(parts):
        row = "018f0000-0000-7000-8000-00000000000a"
        consent = (
            {"consent": {"id": "sign-1", "language": language}}
            if kind == "sign"
            else {"reason": {"text": "x", "lang": language}}
        )
        given = signatures.Given(row, kind, "auditor", {"slot": "auditor", **consent}, "s1", 9)
        covers = digest or signatures.digest_of(CHECKLIST, *parts, *signatures.consent_of(given))
        return [given._replace(value=given.value | {"digest": covers})]

    return signed


@pytest.mark.parametrize("kind", ["sign", "refuse"])
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_a_signature_counts_while_nothing_changes(kind, language):
    assert [one.counts for one in _standing(WRITES, _sign(language, kind))] == [True]


@pytest.mark.parametrize(
    "later",
    [
        ["o5", "q/M01 score", "6", ["o1"], 5],
        ["o5", "q/M01 score", "8", ["o1"], 5],  # the same answer again is another operation
        ["o5", "f/M01 position", {"stand": "disagree", "text": {"text": "x", "lang": "en"}}, ["o2"], 5],
        ["o5", "q/M01 photo:018f0000-0000-7000-8000-000000000001", None, ["o3"], 5],
        ["o5", "closing summary", {"text": "x", "lang": "en"}, [], 5],
    ],
)
def test_anything_written_later_makes_it_outdated(later):
    before = _standing(WRITES, _sign())[0].value["digest"]
    assert [one.counts for one in _standing([*WRITES, later], _sign(digest=before))] == [False]


def test_signing_and_deciding_later_changes_nothing():
    before = _standing(WRITES, _sign())[0].value["digest"]
    later = [
        ["o5", "sign/018f0000-0000-7000-8000-00000000000b signed", {"slot": "auditee"}, [], 5],
        ["o6", "inspection completed", {"operations": 5, "media": []}, [], 6],
        ["o7", "inspection returned", {"reason": {"text": "x", "lang": "en"}, "comments": []}, [], 7],
    ]
    assert [one.counts for one in _standing([*WRITES, *later], _sign(digest=before))] == [True]


@given(st.permutations(WRITES))
def test_the_order_of_arrival_changes_no_digest(writes):
    expected = _standing(WRITES, _sign())[0].value["digest"]
    assert _standing(writes, _sign())[0].value["digest"] == expected


def test_signatures_come_in_the_order_they_were_given():
    consent = {"id": "sign-1", "language": "en"}
    state = registers(
        [
            operation(["b", "sign/r2 signed", {"slot": "auditee", "consent": consent}, [], 7]),
            operation(["a", "sign/r3 signed", {"slot": "auditor", "consent": consent}, [], 7]),
            operation(["c", "sign/r1 refused", {"slot": "auditee"}, [], 6]),
        ]
    )
    rows = signatures.given(state)
    assert [(one.row, one.kind, one.slot) for one in rows] == [
        ("r1", "refuse", "auditee"),
        ("r3", "sign", "auditor"),
        ("r2", "sign", "auditee"),
    ]
