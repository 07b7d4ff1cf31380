"""What somebody types who plans walks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Optional, StopValidation, ValidationError

from app.domain.errors import Invalid, PlumblineError
from app.domain.plan_points import judge_points
from app.domain.register_values import is_day
from app.web.forms import HouseForm, Needed, one_line
from app.web.sentences import sentence


class Day:
    """A date as the browser sends it."""

    def __call__(self, form: HouseForm, field: Field) -> None:
        if not is_day(field.data or ""):
            raise StopValidation(sentence("not_a_date"))


class WalksForm(HouseForm):
    """Units of one building, one or two officers, a day."""

    checklist = SelectField(
        _l("Checklist"), id="checklist", choices=[], validators=[Needed()], validate_choice=False
    )
    lead = SelectField(
        _l("Property officer"), id="lead", choices=[], validators=[Needed()], validate_choice=False
    )
    second = SelectField(_l("Second officer"), id="second", choices=[], validate_choice=False)
    due = StringField(_l("Day of the walk"), id="due", filters=[one_line], validators=[Needed(), Day()])
    units = SelectMultipleField(_l("Units"), id="units", choices=[], validate_choice=False)

    def offer(self, checklists: Iterable[tuple[str, str]], people: Iterable[tuple[UUID, str]]) -> None:
        found = [(str(person), name) for person, name in people]
        self.checklist.choices = list(checklists)
        self.lead.choices = [("", ""), *found]
        self.second.choices = [("", _l("Nobody")), *found]

    def validate_checklist(self, field: Field) -> None:
        self._one_of(field)

    def validate_lead(self, field: Field) -> None:
        self._one_of(field)

    def validate_second(self, field: Field) -> None:
        self._one_of(field)

    @staticmethod
    def _one_of(field: Field) -> None:
        if field.data and field.data not in {str(value) for value, _words in field.choices}:
            raise ValidationError(sentence("not_a_choice"))

    def officers(self) -> list[UUID]:
        """The lead first, each once."""
        return [UUID(one) for one in dict.fromkeys((self.lead.data, self.second.data)) if one]

    def chosen(self) -> list[UUID]:
        """Raises Invalid for what is no unit at all."""
        try:
            return list(dict.fromkeys(UUID(one) for one in self.units.data or ()))
        except ValueError:
            raise Invalid("unit_unknown", field="units") from None

    def refuse(self, error: PlumblineError, text: str | None = None) -> int:
        if getattr(error, "field", None) == "auditors":
            error = Invalid(error.code, field="lead", **error.params)
        return super().refuse(error, text)


class PointsForm(HouseForm):
    """Two places on each of two plans, in parts of 10000 of width and height."""

    NAMES = ("ax", "ay", "bx", "by")

    old_ax = IntegerField(_l("Across"), validators=[Optional()])
    old_ay = IntegerField(_l("Down"), validators=[Optional()])
    old_bx = IntegerField(_l("Across"), validators=[Optional()])
    old_by = IntegerField(_l("Down"), validators=[Optional()])
    new_ax = IntegerField(_l("Across"), validators=[Optional()])
    new_ay = IntegerField(_l("Down"), validators=[Optional()])
    new_bx = IntegerField(_l("Across"), validators=[Optional()])
    new_by = IntegerField(_l("Down"), validators=[Optional()])

    def take(self, registration: Mapping[str, Any]) -> None:
        """Fills the fields from what was kept before."""
        for side in ("old", "new"):
            (ax, ay), (bx, by) = registration[side]
            for name, value in zip(self.NAMES, (ax, ay, bx, by), strict=True):
                self[f"{side}_{name}"].data = value

    @property
    def anything(self) -> bool:
        return any(field.data is not None for field in self if field.name[:3] in ("old", "new"))

    def points(self) -> dict[str, list[list[int | None]]]:
        """{"old": [[x, y], [x, y]], "new": …} as they were typed, judged by nobody yet."""
        found = {}
        for side in ("old", "new"):
            ax, ay, bx, by = (self[f"{side}_{name}"].data for name in self.NAMES)
            found[side] = [[ax, ay], [bx, by]]
        return found

    def problem(self, old: tuple[int, int], new: tuple[int, int]) -> str | None:
        """Why these places lead nowhere, in words; None while nothing is typed, or they do."""
        if not self.anything:
            return None
        points = self.points()
        try:
            judge_points(points["old"], points["new"], old, new)
        except Invalid as error:
            return sentence(error.code)
        return None
