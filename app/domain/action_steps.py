"""What each step must hold before it may be sent or passed (domain.md E1, the column "Gate").

A step's content is plain JSON: `contain` {response, places: [{place, quantity, ok, not_ok, disposition,
note}]}, `cause` {occurrence: [why…], escape: [why…], bones: [{branch, text, confirmed}], shown}, `measure`
{measures: [{cause, text, type, owner, due}]}, `implement` {done, done_by, cut_in, lot, data}, `check`
{note}, `act` {documents: [{name, revision}], no_documents, training, similar, lesson, open_point}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.actions import Form, Step
from app.domain.errors import Invalid

PLACES = ("customer_line", "customer_store", "transit", "supplier_store", "in_process", "raw_material")
DISPOSITIONS = ("rework", "repair", "sort", "scrap", "return", "use_as_is")
BRANCHES = ("man", "machine", "material", "method", "environment", "measurement")
TYPES = ("technical", "organisational", "management", "economic", "contract")
COSTS = ("line_stop", "sorting", "rework", "scrap", "freight")
PICTURES = ("found", "before", "after", "evidence")
WHYS = 5

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a gate knows beside the content: the photos of this step, the causes that were accepted, the lots
    inspected so far and how many are wanted, whether safety is touched.
    """

    form: Form
    pictures: int = 0
    causes: Sequence[str] = ()
    lots: int = 0
    lots_wanted: int = 0
    lots_bad: int = 0
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """One line of a gate: its code (an error's, when it is not met), the field it is said beside, whether
    met.
    """

    code: str
    field: str
    met: bool


def needs(step: Step, content: Content, facts: Facts) -> list[Need]:
    """The gate of a step, line by line."""
    return _GATES[step](content, facts)


def judge(step: Step, content: Content, facts: Facts) -> None:
    """Raises Invalid with the first line that is not met."""
    for need in needs(step, content, facts):
        if not need.met:
            raise Invalid(need.code, field=need.field)


def totals(content: Content) -> dict[str, int]:
    """Sums over all places: quantity, ok, not_ok."""
    rows = content.get("places") or []
    return {name: sum(int(row.get(name) or 0) for row in rows) for name in ("quantity", "ok", "not_ok")}


def reconciles(row: Mapping[str, Any]) -> bool:
    """Whether what is OK and what is not make up what is there; none of it negative."""
    quantity, ok, not_ok = (int(row.get(name) or 0) for name in ("quantity", "ok", "not_ok"))
    return min(quantity, ok, not_ok) >= 0 and quantity == ok + not_ok


def causes(content: Content) -> list[str]:
    """The causes a measure is owed for: what the fishbone confirmed, else the last Why of both chains."""
    confirmed = [
        bone["text"] for bone in content.get("bones") or [] if bone.get("confirmed") and bone.get("text")
    ]
    if confirmed:
        return list(dict.fromkeys(confirmed))
    roots = [chain[-1] for name in ("occurrence", "escape") if (chain := whys(content, name))]
    return list(dict.fromkeys(roots))


def branches(content: Content) -> list[str]:
    """The branches of the fishbone on which a cause is confirmed."""
    return sorted({bone["branch"] for bone in content.get("bones") or [] if bone.get("confirmed")})


def types(content: Content) -> list[str]:
    """The types its measures have."""
    return sorted({row["type"] for row in content.get("measures") or [] if row.get("type")})


def whys(content: Content, name: str) -> list[str]:
    """The answers of a chain that say something, in order."""
    return [why for why in content.get(name) or [] if isinstance(why, str) and why.strip()]


def _contain(content: Content, facts: Facts) -> list[Need]:
    rows = content.get("places") or []
    said = [row for row in rows if int(row.get("not_ok") or 0)]
    settled = all(row.get("disposition") in DISPOSITIONS for row in said)
    lenient = any(row.get("disposition") == "use_as_is" for row in said)
    needed = [
        Need("gate_response", "response", _said(content, "response")),
        Need("gate_places", "places", bool(rows)),
        Need("gate_quantities", "places", all(reconciles(row) for row in rows)),
        Need("gate_dispositions", "places", settled),
    ]
    if facts.safety:
        needed.append(Need("gate_safety", "places", not lenient))
    return needed


def _cause(content: Content, facts: Facts) -> list[Need]:
    needed = [
        Need("gate_occurrence", "occurrence", bool(whys(content, "occurrence"))),
        Need("gate_escape", "escape", bool(whys(content, "escape"))),
    ]
    if facts.form is Form.FULL:
        needed.append(Need("gate_shown", "shown", _said(content, "shown") or facts.pictures > 0))
    return needed


def _measure(content: Content, facts: Facts) -> list[Need]:
    rows = [row for row in content.get("measures") or [] if str(row.get("text") or "").strip()]
    answered = {row.get("cause") for row in rows}
    return [
        Need("gate_measures", "measures", bool(rows) and set(facts.causes) <= answered),
        Need("gate_types", "measures", all(row.get("type") in TYPES for row in rows)),
        Need("gate_owners", "measures", all(_said(row, "owner") and _said(row, "due") for row in rows)),
    ]


def _implement(content: Content, facts: Facts) -> list[Need]:
    needed = [
        Need("gate_done", "done", _said(content, "done")),
        Need("gate_photo", "photos", facts.pictures > 0),
    ]
    if facts.form is not Form.SHORT:
        needed.append(Need("gate_done_by", "done_by", _said(content, "done_by")))
        needed.append(Need("gate_cut_in", "cut_in", _said(content, "cut_in")))
    return needed


def _check(content: Content, facts: Facts) -> list[Need]:
    needed = [Need("gate_word", "note", _said(content, "note"))]
    if facts.lots_wanted:
        needed.insert(0, Need("gate_lots", "lots", facts.lots >= facts.lots_wanted))
        needed.insert(1, Need("gate_lots_good", "lots", not facts.lots_bad))
    return needed


def _act(content: Content, facts: Facts) -> list[Need]:
    documents = [row for row in content.get("documents") or [] if str(row.get("name") or "").strip()]
    named = all(str(row.get("revision") or "").strip() for row in documents)
    return [
        Need("gate_documents", "documents", bool(documents) or _said(content, "no_documents")),
        Need("gate_revisions", "documents", named),
        Need("gate_similar", "similar", _said(content, "similar")),
        Need("gate_lesson", "lesson", _said(content, "lesson")),
    ]


def _said(content: Content, name: str) -> bool:
    return bool(str(content.get(name) or "").strip())


_GATES = {
    Step.CONTAIN: _contain,
    Step.CAUSE: _cause,
    Step.MEASURE: _measure,
    Step.IMPLEMENT: _implement,
    Step.CHECK: _check,
    Step.ACT: _act,
}
