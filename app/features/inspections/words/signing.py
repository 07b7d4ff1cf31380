"""Findings and signatures in words and lines."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

# severity → icon, colour, word
SEVERITIES = {
    "major": ("alert", "bad", _l("Major finding")),
    "minor": ("flag", "warn", _l("Minor finding")),
    "observation": ("eye", "mute", _l("Observation")),
}
SEEN = {"open": _l("Still open"), "closed": _l("Seen closed")}  # what is said of an open point
STANDS = {"agree": _l("Agrees"), "disagree": _l("Disagrees")}
SLOTS = {
    "auditor": _l("Auditor"),
    "auditee": _l("Representative of the supplier"),
    "other": _l("Further signature"),
}
MEANINGS = {
    "carried_out": _l("I carried out this inspection as recorded"),
    "inspected": _l("I inspected this unit as recorded"),
    "confirm_facts": _l("I confirm the facts"),
    "accept_obligation": _l("I accept the obligation"),
}
# what became of a slot → icon, colour, word
SLOT_STATES = {
    "signed": ("check", "good", _l("signed")),
    "refused": ("cross", "warn", _l("refused to sign")),
    "outdated": ("alert", "warn", _l("to be signed again")),
    "missing": ("clock", "mute", _l("not signed yet")),
}


def drawn(strokes: Sequence[Sequence[int]]) -> str:
    """Strokes [[x, y, x, y, …], …] as the path of an SVG."""
    parts = []
    for stroke in strokes:
        points = [f"{x} {y}" for x, y in zip(stroke[::2], stroke[1::2], strict=True)]
        # a tap has one point: a line of no length, which round ends draw as a dot
        parts.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return "".join(parts)
