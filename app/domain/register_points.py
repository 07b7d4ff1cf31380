"""What was seen of an open point of an earlier visit: the registers of ``point/<its id>``.

`seen`: "open" (it still is) or "closed" (seen to be done), null: not looked at; `note`: typed text; photos
with what was drawn on them, as at a question. It counts in no score and no duty, and closes no case.
"""

from __future__ import annotations

from typing import Any

from app.domain.errors import Invalid
from app.domain.marks import FIELD, judge_marks
from app.domain.register_values import photo, text

SEEN = ("open", "closed")


def judge_point(field: str, value: Any) -> None:
    """Raises Invalid. Which points there are, the `create` operation names; that is not judged here."""
    if field == "seen":
        if value is not None and (type(value) is not str or value not in SEEN):
            raise Invalid("op_value")
    elif field == "note":
        text(value)
    elif field.startswith("photo:"):
        if value is not None:
            photo(value, field.partition(":")[2])
    elif field.startswith(FIELD):
        judge_marks(value)
    else:
        raise Invalid("op_field", field="field")
