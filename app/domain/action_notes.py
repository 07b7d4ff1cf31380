"""What somebody writes about a case on site: a note with photos. Once written it stays as it is, so each note
is a row of its own: register `note/<id>`, field `text` (typed text) and a field `photo:<id>` for each photo.
"""

from __future__ import annotations

from typing import Any

from app.domain.errors import Invalid
from app.domain.register_values import photo, text, uuid


def judge_note(path: str, field: str, value: Any, written: bool) -> None:
    """Raises Invalid when the register is not one of a case's, the value does not belong there, or something
    stands there already (`written`).
    """
    room, _, row = path.partition("/")
    if room != "note":
        raise Invalid("op_path", field="path")
    uuid(row, "op_path")
    if field == "text":
        text(value)
    elif field.startswith("photo:"):
        if value is not None:
            photo(value, field.partition(":")[2])
    else:
        raise Invalid("op_field", field="field")
    if value is None or written:
        raise Invalid("note_stays")
