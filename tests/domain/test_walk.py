"""What the walk of a unit writes down: its registers judged, and its defects as they read."""

from __future__ import annotations

import pytest

from app.domain.defects import by_class, defects_of, unwritten
from app.domain.errors import Invalid
from app.domain.register_walk import KEYS, METERS
from app.domain.registers import Form, judge, judge_created
from app.domain.rooms import expand
from tests.domain.reading import vectors
from tests.domain.test_findings import state_of

ID = "01920000-0000-7000-8000-000000000001"
OTHER = "01920000-0000-7000-8000-000000000002"
ROOMS = [
    {"id": "bed", "kind": "bedroom", "name": {"en": "Bedroom"}},
    {"id": "bath1", "kind": "bathroom", "name": {"en": "Bathroom"}},
    {"id": "park", "kind": "parking", "name": {"en": "Parking"}},
]
DEFINITION = vectors("rooms")["definition"] | {
    "terms": {"trade": {"Plaster": {"en": "Plaster"}, "Waterproofing": {"en": "Waterproofing"}}},
    "defects": [{"id": "hollow", "trade": "Plaster", "class": "B", "text": {"en": "Hollow"}}],
}
FORM = Form.of("v", DEFINITION, ROOMS)
TEXT = {"text": "Crack", "lang": "en"}
PHOTO = {
    "media_id": ID,
    "sha256": "a" * 64,
    "size": 1,
    "mime": "image/jpeg",
    "w": 1,
    "h": 1,
    "taken_at": None,
    "gps": None,
    "name": "p.jpg",
}
GOOD = [
    ("row", {"on": True}),
    ("row", None),
    ("check", "H07-bath1"),
    ("check", None),
    ("room", "park"),  # a free defect in a room without checks
    ("trade", "Waterproofing"),
    ("code", "hollow"),
    ("class", "A"),
    ("class", None),
    ("class_reason", TEXT),
    ("text", TEXT),
    ("pin", {"plan": ID, "x": 0, "y": 10_000}),
    ("pin", None),
    ("contractor", ID),
    ("due", "2026-12-02"),
    ("due_reason", TEXT),
    ("stand", "dispute"),
    ("stand_text", TEXT),
    (f"photo:{ID}", PHOTO),
    (f"photo:{ID}", None),
    (f"marks:{ID}", None),
]
BAD = [
    ("row", True),
    ("check", "H07"),  # which room?
    ("check", "H07-park"),
    ("check", 7),
    ("room", "kitchen1"),
    ("trade", "Gas"),
    ("code", "crack"),
    ("class", "D"),
    ("class", ["A"]),
    ("text", "Crack"),
    ("pin", {"plan": ID, "x": 0}),
    ("pin", {"plan": ID, "x": -1, "y": 0}),
    ("pin", {"plan": ID, "x": 10_001, "y": 0}),
    ("pin", {"plan": ID, "x": True, "y": 0}),
    ("pin", {"plan": "plan", "x": 0, "y": 0}),
    ("contractor", "Somebody"),
    ("due", "2026-02-30"),
    ("stand", "disagree"),
    ("photo:other", PHOTO),
    ("marks:x", []),
    ("score", "pass"),
]
METER_GOOD = [
    ("reading", "0"),
    ("reading", "123456789.125"),
    ("reading", None),
    ("number", "W-17"),
    ("absent", {"reason": TEXT}),
    ("confirmed", TEXT),
    (f"photo:{ID}", PHOTO),
]
METER_BAD = [
    ("reading", 12),
    ("reading", ""),
    ("reading", "-1"),
    ("reading", "012"),
    ("reading", "1,5"),
    ("reading", "1.2345"),
    ("reading", "1."),
    ("reading", "١"),
    ("reading", "1234567890"),
    ("number", "x" * 61),
    ("number", " "),
    ("absent", {"reason": None}),
    ("absent", True),
    ("confirmed", "yes"),
    ("count", 1),
]


@pytest.mark.parametrize(("field", "value"), GOOD)
def test_what_may_stand_of_a_defect(field, value):
    judge(FORM, f"d/{ID}", field, value)


@pytest.mark.parametrize(("field", "value"), BAD)
def test_what_may_not_stand_of_a_defect(field, value):
    with pytest.raises(Invalid):
        judge(FORM, f"d/{ID}", field, value)


@pytest.mark.parametrize("kind", METERS)
def test_what_may_stand_of_a_meter(kind):
    for field, value in METER_GOOD:
        judge(FORM, f"meter/{kind}", field, value)
    for field, value in METER_BAD:
        with pytest.raises(Invalid):
            judge(FORM, f"meter/{kind}", field, value)


def test_what_may_stand_of_keys():
    for kind in KEYS:
        for value in (0, 200, None):
            judge(FORM, f"keys/{kind}", "count", value)
        judge(FORM, f"keys/{kind}", "note", TEXT)
        for value in (-1, 201, True, "3", 1.0):
            with pytest.raises(Invalid):
                judge(FORM, f"keys/{kind}", "count", value)


@pytest.mark.parametrize("path", ["d/7", "d", "meter/steam", "meter", "keys/house", f"d/{ID}x"])
def test_paths_that_are_none_of_a_walk(path):
    with pytest.raises(Invalid):
        judge(FORM, path, "row", {"on": True})


def test_an_audit_has_none_of_these():
    audit = Form.of("v", DEFINITION)
    for path, field, value in ((f"d/{ID}", "row", {"on": True}), ("meter/water", "reading", "1")):
        with pytest.raises(Invalid):
            judge(audit, path, field, value)
    judge(audit, "q/H07", "score", "pass")
    with pytest.raises(Invalid):
        judge(audit, "q/H07-bath1", "score", "pass")
    judge(FORM, "q/H07-bath1", "score", "defect")
    with pytest.raises(Invalid):
        judge(FORM, "q/H07", "score", "pass")


def test_a_walk_begins_with_a_unit_and_its_rooms():
    plain = {"checklist_version": ID, "site": OTHER, "auditors": [ID], "due": None}
    judge_created(plain)
    judge_created(plain | {"unit": ID, "rooms": ROOMS})
    for half in ({"unit": ID}, {"rooms": ROOMS}, {"unit": "1502", "rooms": ROOMS}, {"unit": ID, "rooms": []}):
        with pytest.raises(Invalid):
            judge_created(plain | half)


def defects(written):
    return defects_of(expand(DEFINITION, ROOMS), state_of(written))


def test_defects_read_room_by_room_and_what_nobody_wrote_is_the_checks():
    late, early, free, gone = (f"d/{ID[:-1]}{n}" for n in (3, 1, 2, 4))
    found = defects(
        {
            f"{late} row": {"on": True},
            f"{late} check": "H07-bed",
            f"{early} row": {"on": True},
            f"{early} check": "H33-bath1",
            f"{early} class": "C",
            f"{early} photo:p": {"sha256": "a" * 64},
            f"{free} row": {"on": True},
            f"{free} room": "park",
            f"{free} text": TEXT,
            f"{gone} row": None,
            f"{gone} check": "H05-bed",
        }
    )
    read = [(one["number"], one["room"], one["trade"], one["class"], len(one["photos"])) for one in found]
    assert read == [
        (3, "bed", "Waterproofing", "A", 0),
        (1, "bath1", None, "C", 1),
        (2, "park", None, "B", 0),
    ]
    assert by_class(found) == {"A": 1, "B": 1, "C": 1}


def test_a_check_answered_defect_wants_its_defect():
    asked = expand(DEFINITION, ROOMS)
    answers = {"H05-bed": {"score": "defect"}, "H07-bed": {"score": "defect"}, "H33-bath1": {"score": "pass"}}
    found = defects({f"d/{ID} row": {"on": True}, f"d/{ID} check": "H07-bed"})
    assert unwritten(asked, answers, found) == ["H05-bed"]
    assert unwritten(asked, answers, []) == ["H05-bed", "H07-bed"]
    assert unwritten(asked, {}, found) == []
