"""What people type about actions. A step's fields become its content as domain/action_steps.py describes
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from app.domain.action_steps import BRANCHES, DISPOSITIONS, PLACES, TYPES, WHYS
from app.domain.actions import Form, Step
from app.domain.errors import Invalid
from app.domain.register_values import is_day
from app.features.actions import words
from app.web.forms import AtMost, HouseForm, Needed, one_line, paragraphs

TEXT_AT_MOST = 4000
LINE_AT_MOST = 300
MEASURES_AT_MOST = 12
BONES = 3  # causes drawn on each branch
DOCUMENTS = 4
Typed = Mapping[str, str]


def _said(text: Any) -> Any:
    """A field that a form leaves out says nothing."""
    return "" if text is None else text


def _line(label: Any, needed: bool = False, limit: int = LINE_AT_MOST) -> StringField:
    return StringField(
        label, filters=[_said, one_line], validators=[*([Needed()] if needed else []), AtMost(limit)]
    )


def _text(label: Any, needed: bool = False) -> TextAreaField:
    return TextAreaField(
        label, filters=[_said, paragraphs], validators=[*([Needed()] if needed else []), AtMost(TEXT_AT_MOST)]
    )


def _select(label: Any, choices: Sequence[tuple[str, Any]] = (), needed: bool = False) -> SelectField:
    validators = [Needed()] if needed else []
    return SelectField(label, choices=list(choices), validate_choice=False, validators=validators)


class RaiseForm(HouseForm):
    """A new case. The choices of people, companies and parts are filled by the route."""

    title = _line(_l("What is wrong, in one line"), needed=True, limit=200)
    kind = _select(_l("Kind"), list(words.KINDS.items()), needed=True)
    severity = _select(_l("Severity"), list(words.SEVERITIES.items()), needed=True)
    form = _select(_l("How much is asked for"))
    at_once = BooleanField(_l("Safety is touched: action at once"))
    site = _select(_l("Site"), needed=True)
    part = _select(_l("Part"))
    lot = _line(_l("Lot number"), limit=60)
    defect_code = _select(_l("Defect code"))
    place = _line(_l("Unit or place"), limit=200)
    trade = _line(_l("Trade"), limit=60)
    requirement = _text(_l("Requirement"))
    statement = _text(_l("Statement"))
    evidence = _text(_l("Evidence"))
    who = _line(words.DESCRIPTION["who"])
    what = _line(words.DESCRIPTION["what"])
    when = _line(words.DESCRIPTION["when"])
    where = _line(words.DESCRIPTION["where"])
    why = _line(words.DESCRIPTION["why"])
    how = _line(words.DESCRIPTION["how"])
    how_many = _line(words.DESCRIPTION["how_many"])
    owner = _select(_l("Owner on our side"), needed=True)
    verifier = _select(_l("Who checks the effect"))
    contact = _select(_l("Contact at the supplier, answers by link"))
    due = _line(_l("Due"), limit=10)
    due_reason = _line(_l("Reason, if that day has passed"))
    commitment = BooleanField(_l("Every piece of the next three lots is inspected, in writing"))
    triage = BooleanField(_l("This comes from a line abnormality"))
    part_defect = BooleanField(_l("It is really a defect of the part"))
    spread = RadioField(
        _l("How far does it go?"),
        choices=[("batch", _l("The whole batch")), ("sporadic", _l("Single pieces"))],
        validate_choice=False,
    )
    by_supplier = BooleanField(_l("The supplier caused it"))
    unavoidable = BooleanField(_l("Unavoidable, or a single piece"))


def as_id(text: str | None, field: str) -> UUID | None:
    """An id chosen in a list; "" is nothing chosen. Raises Invalid("not_a_choice")."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("not_a_choice", field=field) from None


def as_day(text: str | None, field: str, needed: bool = True) -> date | None:
    """A day as the browser sends it. Raises Invalid: required, not_a_date."""
    if not text:
        if needed:
            raise Invalid("required", field=field)
        return None
    if not is_day(text):
        raise Invalid("not_a_date", field=field)
    return date.fromisoformat(text)


def as_count(text: str | None, field: str) -> int:
    """A whole number of pieces or minutes; "" is 0. Raises Invalid("quantity_wrong")."""
    typed = (text or "").strip().replace(",", "").replace(" ", "")
    if not typed:
        return 0
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 9:
        raise Invalid("quantity_wrong", field=field)
    return int(typed)


def as_money(text: str | None, field: str) -> int:
    """An amount as hundredths, half a hundredth never needed. Raises Invalid("quantity_wrong")."""
    typed = (text or "").strip().replace(",", "").replace(" ", "")
    whole, _, rest = typed.partition(".")
    if not (whole.isascii() and whole.isdecimal()) or len(whole) > 9 or not (rest == "" or rest.isdecimal()):
        raise Invalid("quantity_wrong", field=field)
    if len(rest) > 2:
        raise Invalid("quantity_wrong", field=field)
    return int(whole) * 100 + int((rest + "00")[:2])


def content_of(step: Step, typed: Typed) -> dict[str, Any]:
    """The content of a step from its posted fields. Raises Invalid for what is no number or day."""
    return _READ[step](typed)


def as_form(text: str) -> Form:
    try:
        return Form(text)
    except ValueError:
        raise Invalid("not_a_choice", field="form") from None


def line(typed: Typed, name: str) -> str:
    return str(one_line(typed.get(name, "")))[:LINE_AT_MOST]


def lines(typed: Typed, name: str) -> str:
    return str(paragraphs(typed.get(name, "")))[:TEXT_AT_MOST]


def _contain(typed: Typed) -> dict[str, Any]:
    rows = []
    for place in PLACES:
        numbers = {
            name: as_count(typed.get(f"{place}-{name}"), "places") for name in ("quantity", "ok", "not_ok")
        }
        disposition = typed.get(f"{place}-disposition", "")
        note = line(typed, f"{place}-note")
        if any(numbers.values()) or note:
            kept = disposition if disposition in DISPOSITIONS else ""
            rows.append({"place": place, **numbers, "disposition": kept, "note": note})
    return {"response": lines(typed, "response"), "places": rows}


def _cause(typed: Typed) -> dict[str, Any]:
    bones = []
    for branch in BRANCHES:
        for index in range(BONES):
            text = line(typed, f"bone-{branch}-{index}")
            if text:
                confirmed = f"bone-{branch}-{index}-ok" in typed
                bones.append({"branch": branch, "text": text, "confirmed": confirmed})
    chains = {
        name: [why for index in range(WHYS) if (why := line(typed, f"{name}-{index}"))]
        for name in ("occurrence", "escape")
    }
    return {**chains, "bones": bones, "shown": lines(typed, "shown")}


def _measure(typed: Typed) -> dict[str, Any]:
    rows = []
    for index in range(MEASURES_AT_MOST):
        text = lines(typed, f"m-{index}-text")
        if not text:
            continue
        day = as_day(typed.get(f"m-{index}-due"), "measures", needed=False)
        kind = typed.get(f"m-{index}-type", "")
        rows.append(
            {
                "cause": line(typed, f"m-{index}-cause"),
                "text": text,
                "type": kind if kind in TYPES else "",
                "owner": line(typed, f"m-{index}-owner"),
                "due": day.isoformat() if day else "",
            }
        )
    return {"measures": rows}


def _implement(typed: Typed) -> dict[str, Any]:
    day = as_day(typed.get("cut_in"), "cut_in", needed=False)
    return {
        "done": lines(typed, "done"),
        "done_by": line(typed, "done_by"),
        "cut_in": day.isoformat() if day else "",
        "lot": line(typed, "lot"),
        "data": lines(typed, "data"),
    }


def _check(typed: Typed) -> dict[str, Any]:
    return {"note": lines(typed, "note")}


def _act(typed: Typed) -> dict[str, Any]:
    documents = [
        {"name": name, "revision": line(typed, f"doc-{index}-revision")}
        for index in range(DOCUMENTS)
        if (name := line(typed, f"doc-{index}-name"))
    ]
    fields = ("no_documents", "training", "similar", "lesson", "open_point")
    return {"documents": documents, **{name: lines(typed, name) for name in fields}}


_READ = {
    Step.CONTAIN: _contain,
    Step.CAUSE: _cause,
    Step.MEASURE: _measure,
    Step.IMPLEMENT: _implement,
    Step.CHECK: _check,
    Step.ACT: _act,
}
