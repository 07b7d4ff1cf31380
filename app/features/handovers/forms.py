"""What somebody types who plans walks, hands over keys, or reports what shows later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, StopValidation, ValidationError

from app.domain.errors import Invalid, PlumblineError
from app.domain.plan_points import judge_points
from app.domain.register_values import is_day
from app.domain.register_walk import KEYS, KEYS_AT_MOST
from app.features.handovers.commands.keys import Handing
from app.features.handovers.commands.later import Later
from app.features.handovers.words import PAPERS, RECEIVERS
from app.web.forms import AtMost, HouseForm, Needed, one_line, paragraphs
from app.web.i18n import OWN_NAMES
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


def lines(text: str) -> list[str]:
    """What stands on each line that says something."""
    return [found for line in text.splitlines() if (found := one_line(line))]


class KeysForm(HouseForm):
    """Keys change hands: when, to whom, which, with what, and how the certificate speaks. For each kind of
    key there are `key_<kind>` and `note_<kind>`.
    """

    day = StringField(_l("Day of handing over"), id="day", filters=[one_line], validators=[Needed(), Day()])
    # what is chosen is judged by the command, in our words
    stand = SelectField(
        _l("Who receives the keys"),
        id="stand",
        choices=list(RECEIVERS.items()),
        validators=[Needed()],
        validate_choice=False,
    )
    receiver = StringField(_l("Name"), id="receiver", filters=[one_line], validators=[Needed(), AtMost(120)])
    authority = StringField(
        _l("What authorises them"), id="authority", filters=[one_line], validators=[AtMost(300)]
    )
    papers = SelectMultipleField(
        _l("Papers"), id="papers", choices=list(PAPERS.items()), validate_choice=False
    )
    others = TextAreaField(
        _l("Other papers or things, one on each line"),
        id="others",
        filters=[paragraphs],
        validators=[AtMost(2000)],
    )
    open_accepted = BooleanField(
        _l("Whoever receives the keys accepts that these are still open"), id="open_accepted"
    )
    delivery = BooleanField(_l("Count the warranties towards the owner from this day"), id="delivery")
    language = SelectField(
        _l("Language of the certificate"),
        id="language",
        choices=list(OWN_NAMES.items()),
        validators=[Needed()],
        validate_choice=False,
    )
    second = SelectField(
        _l("Second language beside it"),
        id="second",
        choices=[("", _l("None")), *OWN_NAMES.items()],
        validate_choice=False,
    )
    remarks = TextAreaField(_l("Remarks"), id="remarks", filters=[paragraphs], validators=[AtMost(2000)])
    reason = TextAreaField(
        _l("Why it is corrected"), id="reason", filters=[paragraphs], validators=[AtMost(1000)]
    )

    def counts(self) -> dict[str, int]:
        """Raises Invalid (keys_number) for what is no number."""
        found = {}
        for kind in KEYS:
            text = str(self[f"key_{kind}"].data or "")
            if not text:
                continue
            if not (text.isascii() and text.isdecimal() and len(text) < 5):
                raise Invalid("keys_number", field=f"key_{kind}", most=KEYS_AT_MOST)
            found[kind] = int(text)
        return found

    def handing(self) -> Handing:
        """Raises Invalid, as `counts`."""
        notes = {kind: self[f"note_{kind}"].data or "" for kind in KEYS}
        return Handing(
            day=date.fromisoformat(self.day.data or ""),
            stand=self.stand.data,
            receiver=self.receiver.data or "",
            authority=self.authority.data or "",
            keys=self.counts(),
            key_remarks={kind: note for kind, note in notes.items() if note},
            papers=self.papers.data or [],
            others=lines(self.others.data or ""),
            open_accepted=self.open_accepted.data,
            languages=[one for one in (self.language.data, self.second.data) if one],
            remarks=self.remarks.data or "",
            delivery=self.delivery.data,
            reason=self.reason.data or "",
        )


for _kind in KEYS:
    setattr(KeysForm, f"key_{_kind}", StringField(_l("Given"), id=f"key_{_kind}", filters=[one_line]))
    setattr(
        KeysForm,
        f"note_{_kind}",
        StringField(_l("Remark"), id=f"note_{_kind}", filters=[one_line], validators=[AtMost(200)]),
    )


class LaterForm(HouseForm):
    """A defect that shows after the keys were handed over. What it is: one of the common defects, by its
    words, or words of one's own.
    """

    room = SelectField(_l("Room"), id="room", choices=[], validators=[Needed()], validate_choice=False)
    what = StringField(_l("What is wrong"), id="what", filters=[one_line], validators=[Needed(), AtMost(300)])
    trade = SelectField(_l("Trade"), id="trade", choices=[], validate_choice=False)
    category = SelectField(_l("Warranty"), id="category", choices=[], validate_choice=False)
    grade = SelectField(_l("Class"), id="grade", choices=[], validate_choice=False)
    found_on = StringField(_l("Seen on"), id="found_on", filters=[one_line], validators=[Needed(), Day()])
    reported_by = StringField(
        _l("Reported by"), id="reported_by", filters=[one_line], validators=[AtMost(120)]
    )
    note = TextAreaField(_l("More about it"), id="note", filters=[paragraphs], validators=[AtMost(2000)])

    def wanted(self) -> Later:
        return Later(
            room=self.room.data or "",
            what=self.what.data or "",
            trade=self.trade.data or "",
            category=self.category.data or "",
            grade=self.grade.data or "",
            found_on=date.fromisoformat(self.found_on.data or ""),
            reported_by=self.reported_by.data or "",
            note=self.note.data or "",
        )


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
