"""What may stand in the registers of an open point."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid
from app.domain.permissions import Act
from app.domain.registers import Form, act_of, judge

FORM = Form(version="1", definition={}, sections={}, questions=frozenset(), scores=frozenset())
POINT = "point/0190f8a0-0000-7000-8000-000000000001"
MEDIA = "0190f8a0-0000-7000-8000-000000000002"
PHOTO = {
    "media_id": MEDIA,
    "sha256": "ab" * 32,
    "size": 9,
    "mime": "image/jpeg",
    "w": 4,
    "h": 3,
    "taken_at": None,
    "gps": None,
    "name": "photo.jpg",
}
SHAPE = {"kind": "circle", "x": 9, "y": 9, "rx": 3, "ry": 2, "colour": "red"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seen", "open"),
        ("seen", "closed"),
        ("seen", None),
        ("note", {"text": "Boxes hang at all lines", "lang": "en"}),
        ("note", None),
        (f"photo:{MEDIA}", PHOTO),
        (f"photo:{MEDIA}", None),
        (f"marks:{MEDIA}", [SHAPE]),
    ],
)
def test_this_may_stand_there(field, value):
    judge(FORM, POINT, field, value)
    assert act_of(POINT, "set") is Act.ANSWER_INSPECTION, "whoever answers, looks at the points"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("seen", "done", "op_value"),
        ("seen", ["open"], "op_value"),
        ("seen", {"open": True}, "op_value"),
        ("note", "text", "op_value"),
        ("note", {"text": " ", "lang": "en"}, "op_value"),
        (f"photo:{MEDIA}", {**PHOTO, "media_id": POINT[6:]}, "op_value"),
        (f"marks:{MEDIA}", [], "op_value"),
        ("score", "10", "op_field"),
    ],
)
def test_this_may_not(field, value, code):
    with pytest.raises(Invalid) as refused:
        judge(FORM, POINT, field, value)
    assert refused.value.code == code


def test_a_point_is_named_by_its_id():
    with pytest.raises(Invalid) as refused:
        judge(FORM, "point/M01", "seen", "open")
    assert refused.value.code == "op_path"
