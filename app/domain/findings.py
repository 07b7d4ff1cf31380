"""What finding an answer opens (domain.md B2.6). Twin: ``static/src/js/domain/findings.js``.

By share of the scale: at most 4/10 major, below 8/10 minor, below full with a note of one's own an
observation. A ★ at 4 or below and a veto question at 0 want action at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.domain.duty import has_text
from app.domain.scale import FULL, INADEQUATE, MAINLY, Definition, Question, above, against, is_critical


class Finding(NamedTuple):
    severity: str  # "major" | "minor" | "observation"
    at_once: bool  # action is due at once


def severity(
    definition: Definition, question: Question, score: str | None, note: Mapping[str, Any] | None
) -> Finding | None:
    """The finding this answer opens, or None.

    A note that is still the untouched "seen as hinted" makes no observation. Checklists without evidence duty
    (a handover) class their defects themselves and open no finding here.
    """
    got = above(definition, score)
    if got is None or definition["rules"].get("duty") != "vda":
        return None
    if against(definition, got, INADEQUATE) <= 0:
        return Finding("major", is_critical(question))
    if against(definition, got, MAINLY) < 0:
        return Finding("minor", False)
    own_note = has_text(note) and note is not None and note.get("canned") != "hinted"
    if own_note and against(definition, got, FULL) < 0:
        return Finding("observation", False)
    return None
