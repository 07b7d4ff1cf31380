"""The shape of an operation: what is taken, what is refused and why, every shipped format readable."""

from __future__ import annotations

import copy
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.canonical import canonical, digest
from app.domain.errors import CODES, Invalid, Malformed
from app.domain.operations import MAX_BYTES, MAX_CREATED, MAX_PARENTS, MAX_TEXT, parse
from tests.domain.generate import json_values
from tests.domain.reading import vectors

CANONICAL = vectors("canonical")
SHIPPED = vectors("operations")["shipped"]
RAW = SHIPPED[0]["sent"]
PHOTO = "photo:0199f0a0-1111-7abc-8def-0000000000ff"


def uuid(number: int) -> str:
    return f"0199f0a0-1111-7abc-8def-{number:012x}"


def raw(**changes):
    return copy.deepcopy(RAW) | changes


@pytest.mark.parametrize("vector", CANONICAL["vectors"], ids=lambda v: v["json"][:40])
def test_canonical_vector(vector):
    written = canonical(json.loads(vector["json"]))
    assert written.decode() == vector["canonical"]
    assert digest(written) == vector["sha256"]


@pytest.mark.parametrize("vector", CANONICAL["refused"], ids=lambda v: v["json"][:40])
def test_what_has_no_canonical_form(vector):
    with pytest.raises(Invalid) as refused:
        canonical(json.loads(vector["json"]))
    assert refused.value.code == vector["code"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1: 2}, {None: 1}, {1, 2}, object()])
def test_what_is_not_json_has_no_canonical_form(value):
    with pytest.raises(Invalid):
        canonical(value)


@given(json_values)
def test_canonical_is_what_json_dumps_writes(value):
    written = canonical(value)
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert written == plain.encode()
    assert canonical(json.loads(written)) == written


@pytest.mark.parametrize("fixture", SHIPPED, ids=lambda f: f"v{f['sent']['v']}")
def test_every_shipped_format_is_read_for_ever(fixture):
    op = parse(fixture["sent"])
    assert canonical(op.travel()).decode() == fixture["canonical"]
    assert op.hash == fixture["sha256"]
    assert op.v == 1
    assert parse(op.travel()) == op


def test_the_fields_of_an_operation():
    op = parse(RAW)
    assert (op.record_kind, op.record_id, op.path, op.field) == ("inspection", uuid(0xAA), "q/M01", "note")
    assert op.parents == (uuid(2), uuid(3))
    assert json.loads(op.value_text) == op.value == RAW["value"]
    assert op.hash == hashlib.sha256(canonical(RAW)).hexdigest()


@given(json_values)
def test_any_value_parses_to_its_own_hash_or_is_refused(value):
    sent = raw(value=value)
    try:
        op = parse(sent)
    except Malformed as refused:
        assert refused.code in CODES
        assert refused.field == "value"
    else:
        assert op.hash == digest(canonical(sent))
        assert op.value_text.encode() == canonical(value)


@given(st.dictionaries(st.sampled_from(sorted(RAW)) | st.text(max_size=5), json_values | st.floats()))
def test_nothing_but_malformed_ever_comes_out(changes):
    try:
        parse(raw(**changes))
    except Malformed as refused:
        assert refused.code in CODES


@pytest.mark.parametrize(
    ("code", "field", "changes"),
    [
        ("op_member_unknown", "extra", {"extra": 1}),
        ("op_version", "v", {"v": 2}),
        ("op_version", "v", {"v": -1}),
        ("op_version", "v", {"v": True}),
        ("op_version", "v", {"v": 1.0}),
        ("op_version", "v", {"v": [1]}),
        ("op_id", "id", {"id": uuid(1).upper()}),
        ("op_id", "id", {"id": "1"}),
        ("op_id", "id", {"id": 1}),
        ("op_id", "id", {"id": uuid(1) + "\n"}),
        ("op_id", "device", {"device": None}),
        ("op_type", "record", {"record": uuid(1)}),
        ("op_type", "record", {"record": {"kind": "inspection", "id": uuid(1), "more": 1}}),
        ("op_id", "record.id", {"record": {"kind": "inspection", "id": "x"}}),
        ("op_record_kind", "record.kind", {"record": {"kind": "In spection", "id": uuid(1)}}),
        ("op_kind", "kind", {"kind": "drop"}),
        ("op_kind", "kind", {"kind": ["set"]}),
        ("op_path", "path", {"path": "q/M01/../x"}),
        ("op_path", "path", {"path": "q/" + "x" * 65}),
        ("op_path", "path", {"path": 'q/"'}),
        ("op_field", "field", {"field": ""}),
        ("op_field", "field", {"field": 'no"te'}),
        ("op_kind_field", "field", {"field": PHOTO}),
        ("op_kind_field", "field", {"field": "row"}),
        ("op_kind_field", "field", {"field": f"other:{PHOTO[6:]}"}),
        ("op_kind_field", "field", {"kind": "media.add", "field": f"marks:{PHOTO[6:]}"}),
        ("op_kind_field", "field", {"kind": "media.add"}),
        ("op_kind_field", "field", {"kind": "create", "field": "created"}),
        ("op_kind_field", "field", {"kind": "complete", "path": "inspection"}),
        ("op_value", "value", {"kind": "media.add", "field": PHOTO, "value": None}),
        ("op_value", "value", {"kind": "media.remove", "field": PHOTO, "value": {}}),
        ("op_value", "value", {"kind": "row.remove", "field": "row", "value": {"on": True}}),
        ("op_value", "value", {"value": 1.5}),
        ("op_value", "value", {"value": {"a": [0.1]}}),
        ("op_integer", "value", {"value": 2**53}),
        ("op_text", "value", {"value": "a\x00b"}),
        ("op_text", "value", {"value": {"text": "\ud800"}}),
        ("op_key", "value", {"value": {"ключ": 1}}),
        ("op_text_too_long", "value", {"value": {"text": "字" * (MAX_TEXT + 1), "lang": "zh-Hans"}}),
        ("op_too_deep", "value", {"value": [[[[[]]]]]}),
        ("op_too_large", None, {"value": {"text": "👷" * MAX_TEXT, "lang": "en"}}),
        ("op_type", "parents", {"parents": None}),
        ("op_type", "parents", {"parents": {}}),
        ("op_id", "parents", {"parents": ["x"]}),
        ("op_id", "parents", {"parents": [[]]}),
        ("op_parents", "parents", {"parents": [uuid(1)]}),
        ("op_parents", "parents", {"parents": [uuid(2), uuid(2)]}),
        ("op_parents_many", "parents", {"parents": [uuid(n) for n in range(100, 151)]}),
        ("op_type", "n", {"n": "1"}),
        ("op_type", "n", {"n": True}),
        ("op_type", "at", {"at": 1.5}),
        ("op_integer", "n", {"n": 0}),
        ("op_integer", "lamport", {"lamport": 0}),
        ("op_integer", "lamport", {"lamport": 2**53}),
        ("op_integer", "at", {"at": -(2**53)}),
        ("op_integer", "offset", {"offset": 2**53}),
        ("op_type", "tz", {"tz": None}),
        ("op_type", "tz", {"tz": "Asia/Shang hai"}),
        ("op_type", "tz", {"tz": ""}),
    ],
)
def test_refused(code, field, changes):
    with pytest.raises(Malformed) as refused:
        parse(raw(**changes))
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("sent", [None, [], "set", 1, True])
def test_not_even_an_object(sent):
    with pytest.raises(Malformed) as refused:
        parse(sent)
    assert refused.value.code == "op_not_object"


@pytest.mark.parametrize("member", sorted(RAW))
def test_every_member_is_needed(member):
    sent = raw()
    del sent[member]
    with pytest.raises(Malformed) as refused:
        parse(sent)
    assert (refused.value.code, refused.value.field) == ("op_member_missing", member)
    with pytest.raises(Malformed):
        parse(sent | {"other": 1})


def test_a_prototype_operation_without_its_inspection_is_refused():
    sent = copy.deepcopy(SHIPPED[1]["sent"])
    del sent["insp"]
    with pytest.raises(Malformed) as refused:
        parse(sent)
    assert refused.value.field == "record.id"


@pytest.mark.parametrize(
    "changes",
    [
        {
            "value": {"text": "字" * MAX_TEXT, "lang": "zh-Hans"},
            "parents": [uuid(n) for n in range(100, 150)],
        },
        {"value": None, "parents": []},
        {"kind": "create", "path": "inspection", "field": "created", "value": {"auditors": [uuid(9)]}},
        {"kind": "cancel", "path": "inspection", "field": "cancelled", "value": {"reason": {"text": "x"}}},
        {
            "kind": "complete",
            "path": "inspection",
            "field": "completed",
            "value": {"operations": 3, "media": []},
        },
        {"kind": "media.add", "field": PHOTO, "value": {"gps": {"lat_e7": -337000000}}},
        {"kind": "media.remove", "field": PHOTO, "value": None},
        {"kind": "row.add", "path": f"participants/{uuid(5)}", "field": "row", "value": {"on": True}},
        {"kind": "row.remove", "path": f"participants/{uuid(5)}", "field": "row", "value": None},
        {"path": "opening", "field": "held_at", "value": 1767225600123},
        {"tz": "Etc/GMT+8", "at": -1, "offset": 0, "n": 1, "lamport": 2**53 - 1},
    ],
)
def test_taken(changes):
    sent = raw(**changes)
    op = parse(sent)
    assert len(canonical(sent)) <= MAX_BYTES
    assert len(op.parents) <= MAX_PARENTS
    assert op.travel() == sent


def test_only_what_begins_a_record_may_be_large():
    value = {"repaired": ["x" * 9_000] * 24}
    begun = raw(kind="create", path="inspection", field="created", value=value)
    assert MAX_BYTES < len(canonical(begun)) <= MAX_CREATED
    assert parse(begun).travel() == begun
    for larger in (
        raw(value=value),
        raw(kind="create", path="inspection", field="created", value={"repaired": ["x" * 9_000] * 26}),
    ):
        with pytest.raises(Malformed) as refused:
            parse(larger)
        assert refused.value.code == "op_too_large"
