"""What a drawn signature covers and whether it still counts (DESIGN §4.5). Twin:
``static/src/js/domain/signatures.js``.

What is signed is SHA-256 over canonical bytes of: the checklist version's hash, every register with the hash
of its winning operation, the live photos' hashes, and the consent text by id and language. Signatures,
refusals and what decides about the inspection as a whole (complete, approve, return, reopen) are left out, so
that signing changes nothing that was signed. A signature counts while its digest is the present one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.domain.canonical import canonical, digest
from app.domain.marks import FIELD as MARKS
from app.domain.merge import Key, Register, conflicts
from app.domain.scale import Definition

SLOTS = ("auditor", "auditee", "other")
MEANINGS = {  # slot → what a signature there may mean
    "auditor": ("carried_out", "inspected"),  # an audit; the walk of a unit
    "auditee": ("confirm_facts", "accept_obligation"),
    "other": ("carried_out", "inspected", "confirm_facts", "accept_obligation"),
}
CONSENT = "sign-1"  # the id of the text a signer agrees to; a new text is a new id
REFUSAL = "refuse-1"

WIDTH, HEIGHT = 1000, 400  # of the box that strokes are drawn in
STROKES_AT_MOST = 64
POINTS = range(2, 2001)  # in all strokes together
EXTENT_AT_LEAST = 40  # wide or high: less is a dot, not a name
_LEFT_OUT = frozenset({"completed", "approved", "returned", "reopened"})


class Given(NamedTuple):
    """One signature or refusal. ``counts`` is None until it was compared with the present digest."""

    row: str
    kind: str  # "sign" | "refuse"
    slot: str
    value: Mapping[str, Any]
    operation: str
    lamport: int
    counts: bool | None = None


def stroke_problem(strokes: Any) -> str | None:
    """What is wrong with drawn strokes, as a code; None when they can be a signature.

    Strokes are lists of x, y, x, y, … in whole units of a box 1000 wide and 400 high, y downwards.
    """
    if type(strokes) is not list or not 1 <= len(strokes) <= STROKES_AT_MOST:
        return "signature_strokes"
    xs: list[int] = []
    ys: list[int] = []
    for stroke in strokes:
        if type(stroke) is not list or not stroke or len(stroke) % 2 or len(stroke) > 2 * POINTS[-1]:
            return "signature_strokes"
        if not all(type(number) is int for number in stroke):
            return "signature_strokes"
        xs += stroke[::2]
        ys += stroke[1::2]
    if len(xs) not in POINTS or min(xs) < 0 or max(xs) > WIDTH or min(ys) < 0 or max(ys) > HEIGHT:
        return "signature_strokes"
    if max(xs) - min(xs) < EXTENT_AT_LEAST and max(ys) - min(ys) < EXTENT_AT_LEAST:
        return "signature_too_small"
    return None


def is_covered(path: str, field: str) -> bool:
    """Whether a signature covers this register."""
    return not path.startswith("sign/") and not (path == "inspection" and field in _LEFT_OUT)


def open_conflicts(state: Mapping[Key, Register]) -> list[Key]:
    """The registers somebody must decide about, in order. Signing or deciding twice is no contradiction: each
    stands in the history, and the latest counts.
    """
    return [key for key in conflicts(state) if is_covered(*key)]


def winning(state: Mapping[Key, Register]) -> list[tuple[str, str, str]]:
    """(path, field, id of its winning operation) of every register, sorted by path and field. Of the drawings
    on a photo all heads win: they are shown together (domain/marks.py).
    """
    return [
        (path, field, head.id)
        for (path, field), held in sorted(state.items(), key=lambda item: item[0])
        for head in (held.heads if field.startswith(MARKS) else held.heads[:1])
    ]


def covered(state: Mapping[Key, Register], hashes: Mapping[str, str]) -> list[list[str]]:
    """Every covered register as [path, field, hash of its winning operation], sorted by path and field; with
    as many entries as operations make what it shows.

    ``hashes``: operation id → its hash, of all winning operations at least. Raises KeyError without.
    """
    return [[path, field, hashes[op]] for path, field, op in winning(state) if is_covered(path, field)]


def live_photos(state: Mapping[Key, Register]) -> list[str]:
    """The SHA-256 of every photo that is not removed, each once, sorted."""
    return sorted(
        {
            held.value["sha256"]
            for (_, field), held in state.items()
            if field.startswith("photo:") and held.value is not None
        }
    )


def digest_of(
    version_sha256: str,
    registers: Sequence[Sequence[str]],
    photos: Sequence[str],
    consent_id: str,
    consent_language: str,
) -> str:
    """What is signed, as 64 hexadecimal digits. ``registers`` and ``photos`` as the two functions above."""
    return digest(
        canonical(
            {
                "v": 1,
                "checklist": version_sha256,
                "registers": registers,
                "photos": photos,
                "consent": {"id": consent_id, "language": consent_language},
            }
        )
    )


def given(state: Mapping[Key, Register]) -> list[Given]:
    """Every signature and refusal ever given, in the order they were given."""
    found = [
        Given(path[5:], kind, held.value["slot"], held.value, held.heads[0].id, held.heads[0].lamport)
        for (path, field), held in state.items()
        if path.startswith("sign/") and (kind := {"signed": "sign", "refused": "refuse"}.get(field))
    ]
    return sorted(found, key=lambda one: (one.lamport, one.operation))


def consent_of(one: Given) -> tuple[str, str]:
    """The text the person agreed to: its id and language; of a refusal, the language of its reason."""
    if one.kind == "refuse":
        return REFUSAL, one.value["reason"]["lang"]
    return one.value["consent"]["id"], one.value["consent"]["language"]


def standing(
    version_sha256: str, registers: Sequence[Sequence[str]], photos: Sequence[str], rows: Iterable[Given]
) -> list[Given]:
    """The same rows, each saying whether it counts: whether what was signed is what stands now."""
    present: dict[tuple[str, str], str] = {}
    judged = []
    for one in rows:
        consent = consent_of(one)
        if consent not in present:
            present[consent] = digest_of(version_sha256, registers, photos, *consent)
        judged.append(one._replace(counts=one.value["digest"] == present[consent]))
    return judged


def slots(definition: Definition, rows: Iterable[Given]) -> list[dict[str, Any]]:
    """What became of each slot the checklist asks for: {"slot", "state", "row"}.

    ``state``: "signed" or "refused" (the latest that counts), "outdated" (none counts any more), "missing".
    """
    judged = list(rows)
    told = []
    for slot in definition["rules"].get("signatures") or ():
        mine = [one for one in judged if one.slot == slot]
        counting = [one for one in mine if one.counts]
        latest = counting[-1] if counting else mine[-1] if mine else None
        if latest is None:
            state = "missing"
        elif not latest.counts:
            state = "outdated"
        else:
            state = "signed" if latest.kind == "sign" else "refused"
        told.append({"slot": slot, "state": state, "row": latest.row if latest else None})
    return told


def blockers(definition: Definition, rows: Iterable[Given]) -> list[dict[str, str | None]]:
    """The slots that still block completion: {"code", "slot"}; they come after all of ``duty.blockers``."""
    codes = {"missing": "signature_missing", "outdated": "signature_outdated"}
    return [
        {"code": codes[told["state"]], "slot": told["slot"]}
        for told in slots(definition, rows)
        if told["state"] in codes
    ]
