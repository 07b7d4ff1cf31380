"""How the checks of a walk were answered, counted."""

from __future__ import annotations

from app.domain.walk_result import added, tally

SCALE = {"options": [{"value": "pass"}, {"value": "defect"}]}


def test_answers_are_counted_in_the_order_of_the_scale() -> None:
    counted = tally(SCALE, ["defect", "pass", None, "na", "pass", "of another scale"])
    assert list(counted.items()) == [("pass", 2), ("defect", 1), ("na", 1), ("open", 2)]
    assert tally(SCALE, []) == {"pass": 0, "defect": 0, "na": 0, "open": 0}


def test_rooms_together() -> None:
    rooms = [tally(SCALE, ["pass"]), tally(SCALE, ["defect", None])]
    assert added(rooms) == {"pass": 1, "defect": 1, "na": 0, "open": 1}
    assert added([]) == {}
