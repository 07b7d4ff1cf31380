"""What planners type. Only the members named here can be posted; what was typed is kept on any error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from wtforms import (
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation, ValidationError

from app.domain.errors import Invalid, PlumblineError
from app.domain.operations import MAX_TEXT
from app.domain.parties import tidy
from app.domain.register_ends import COMMENTS_AT_MOST
from app.domain.register_values import NAME_AT_MOST, is_day
from app.features.inspections.commands import TEXTS, Participant
from app.web.forms import AtMost, HouseForm, Needed, one_line
from app.web.sentences import sentence

PARTICIPANTS_AT_MOST = 60
COMMENT_AT_MOST = 1000  # characters
TEXT_LABELS = {
    "objectives": _l("Objectives"),
    "scope": _l("Scope"),
    "criteria": _l("Criteria"),
    "client": _l("Client"),
}
NO_CHOICE = ("", "")


def lines(text: Any) -> Any:
    """Typed text of several lines as it is stored."""
    return tidy(text, lines=True) if isinstance(text, str) else text


class OneOf:
    """One of the choices, said in our words."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.data and field.data not in _values(field.choices):
            raise ValidationError(sentence("not_a_choice"))


class Day:
    """A date as the browser sends it; the field's data becomes a date."""

    def __call__(self, form: Form, field: Field) -> None:
        if not is_day(field.data or ""):
            raise StopValidation(sentence("not_a_date"))


def _values(choices: Any) -> set[str]:
    groups = choices.values() if isinstance(choices, dict) else [choices]
    return {str(choice[0]) for group in groups for choice in group}


def _select(label: Any, name: str, needed: bool = True) -> SelectField:
    validators = [Needed(), OneOf()] if needed else [OneOf()]
    return SelectField(label, id=name, choices=[NO_CHOICE], validators=validators, validate_choice=False)


def _text(name: str) -> TextAreaField:
    return TextAreaField(TEXT_LABELS[name], id=f"plan-{name}", filters=[lines], validators=[AtMost(MAX_TEXT)])


def _reason(name: str) -> TextAreaField:
    return TextAreaField(_l("Reason"), id=name, filters=[lines], validators=[Needed(), AtMost(MAX_TEXT)])


def _day(name: str) -> StringField:
    return StringField(_l("Due date"), id=name, filters=[one_line], validators=[Needed(), Day()])


class TeamFields:
    """The lead, and who else carries it out."""

    def refuse(self, error: PlumblineError, text: str | None = None) -> int:
        """Says the error beside its field; the team is one value for the command and two fields here."""
        if getattr(error, "field", None) == "auditors":
            error = Invalid(error.code, field="lead", **error.params)
        return int(super().refuse(error, text))  # type: ignore[misc]

    def offer_people(self, people: Iterable[tuple[UUID, str]]) -> None:
        """Sets who may be chosen."""
        found = [(str(person), name) for person, name in people]
        self.lead.choices = [NO_CHOICE, *found]  # type: ignore[attr-defined]
        self.others.choices = found  # type: ignore[attr-defined]

    def team(self) -> tuple[UUID, ...]:
        """The lead first, everybody once."""
        chosen = [self.lead.data, *(self.others.data or [])]  # type: ignore[attr-defined]
        return tuple(dict.fromkeys(UUID(person) for person in chosen))

    def validate_others(self, field: Field) -> None:
        if not set(field.data or []) <= _values(field.choices):
            raise ValidationError(sentence("not_a_choice"))


class TextFields:
    """Objectives, scope, criteria, client."""

    objectives = _text("objectives")
    scope = _text("scope")
    criteria = _text("criteria")
    client = StringField(
        TEXT_LABELS["client"], id="plan-client", filters=[one_line], validators=[AtMost(MAX_TEXT)]
    )

    def texts(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in TEXTS}  # type: ignore[index]


class ParticipantForm(Form):
    name = StringField(_l("Name"), filters=[one_line], validators=[AtMost(NAME_AT_MOST)])
    organisation = StringField(_l("Organisation"), filters=[one_line], validators=[AtMost(NAME_AT_MOST)])
    role = StringField(_lp("participant", "Role"), filters=[one_line], validators=[AtMost(NAME_AT_MOST)])

    def validate_name(self, field: Field) -> None:
        if not field.data and (self.organisation.data or self.role.data):
            raise ValidationError(_("Give the name, or clear the row."))


class PlanForm(TeamFields, TextFields, HouseForm):
    """A new inspection. `left_out` and `reasons` follow the sections of the chosen checklist."""

    checklist = _select(_l("Checklist"), "checklist")
    supplier = _select(_l("Supplier"), "supplier", needed=False)
    site = _select(_l("Site"), "site")
    lead = _select(_l("Lead"), "lead")
    others = SelectMultipleField(_l("Others on the team"), id="others", choices=[], validate_choice=False)
    due = _day("due")
    participants = FieldList(FormField(ParticipantForm), min_entries=3, max_entries=PARTICIPANTS_AT_MOST)
    left_out = SelectMultipleField(_l("Not covered"), id="left_out", choices=[], validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reasons: dict[str, str] = {}
        self.reason_problems: dict[str, str] = {}

    def take_reasons(self, sections: Iterable[str], sent: Mapping[str, str]) -> None:
        """Reads the reason of each section; what is not a section of the checklist is dropped."""
        known = list(sections)
        self.reasons = {section: lines(sent.get(f"reason-{section}", "")) for section in known}
        self.left_out.data = [section for section in known if section in (self.left_out.data or [])]

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        for section in self.left_out.data or []:
            if not self.reasons.get(section):
                self.reason_problems[section] = sentence("reason_missing")
            elif len(self.reasons[section]) > MAX_TEXT:
                self.reason_problems[section] = sentence("too_long")
        return good and not self.reason_problems

    def expected(self) -> list[Participant]:
        rows = (entry.form for entry in self.participants)
        return [
            Participant(row.name.data, row.organisation.data or "", row.role.data or "")
            for row in rows
            if row.name.data
        ]

    def suggest(self, kind: str, organisation: str) -> None:
        """Fills a plan nobody has written at yet with words that fit most audits of this kind."""
        if any(self.texts().values()):
            return
        for name, text in suggested(kind).items():
            self[name].data = text
        self.client.data = organisation


def suggested(kind: str) -> dict[str, str]:
    """Objectives, scope and criteria to start from, in the reader's language."""
    if kind != "supplier_audit":
        return {}
    return {
        "objectives": _(
            "Find out how far the supplier's processes meet the agreed requirements, which risks to quality "
            "and delivery are open, and whether earlier measures are effective."
        ),
        "scope": _(
            "Making and checking the products delivered to us at this site, from incoming material to "
            "dispatch: man, machine, material, method, environment."
        ),
        "criteria": _(
            "The questions of the checklist, the quality agreement, drawings and specifications in force, "
            "and the legal requirements that apply at the site."
        ),
    }


class ChangeForm(HouseForm):
    """A change of a plan; `seq`: the last operation the page was drawn from."""

    seq = HiddenField()

    def drawn_from(self) -> int:
        # a form that does not say counts as drawn before everything: it is stale as soon as the plan changed
        return int(self.seq.data) if (self.seq.data or "").isdecimal() and len(self.seq.data) < 10 else 0


class AssignmentForm(TeamFields, ChangeForm):
    lead = _select(_l("Lead"), "assignment-lead")
    others = SelectMultipleField(
        _l("Others on the team"), id="assignment-others", choices=[], validate_choice=False
    )


class PostponementForm(ChangeForm):
    due = _day("postponement-due")
    reason = _reason("postponement-reason")


class CancellationForm(ChangeForm):
    reason = _reason("cancellation-reason")


class ApprovalForm(ChangeForm):
    """Issuing what was reviewed: nothing to type."""


class CommentForm(Form):
    """What has to change at one question."""

    question = SelectField(_l("Question"), choices=[NO_CHOICE], validators=[OneOf()], validate_choice=False)
    text = TextAreaField(_l("Comment"), filters=[lines], validators=[AtMost(COMMENT_AT_MOST)])

    def validate_question(self, field: Field) -> None:
        if self.text.data and not field.data:
            raise ValidationError(sentence("not_a_choice"))

    def validate_text(self, field: Field) -> None:
        if self.question.data and not field.data:
            raise ValidationError(sentence("comment_missing"))


class ReturnForm(ChangeForm):
    reason = _reason("return-reason")
    comments = FieldList(FormField(CommentForm), min_entries=2, max_entries=COMMENTS_AT_MOST)

    def offer_questions(self, questions: Iterable[tuple[str, str]]) -> None:
        found = list(questions)
        for entry in self.comments:
            entry.form.question.choices = [NO_CHOICE, *found]

    def said(self) -> list[tuple[str, str]]:
        rows = (entry.form for entry in self.comments)
        return [(row.question.data, row.text.data) for row in rows if row.question.data]


class RevisionForm(ChangeForm):
    reason = _reason("revision-reason")


class LateWorkForm(ChangeForm):
    decision = RadioField(
        _l("What becomes of it"),
        choices=[("amend", _l("Take it in")), ("dismiss", _l("Lay it aside"))],
        validate_choice=False,
    )
    reason = _reason("late-work-reason")

    def validate_decision(self, field: Field) -> None:
        if field.data not in ("amend", "dismiss"):
            raise ValidationError(sentence("not_a_choice"))


class CoverageForm(ChangeForm):
    section = _select(_l("Section"), "coverage-section")
    covered = RadioField(
        _l("Coverage"),
        choices=[("out", _l("Out of scope")), ("in", _l("In scope"))],
        default="out",
        validate_choice=False,
    )
    reason = TextAreaField(_l("Reason"), id="coverage-reason", filters=[lines], validators=[AtMost(MAX_TEXT)])

    def validate_covered(self, field: Field) -> None:
        if field.data not in ("in", "out"):
            raise ValidationError(sentence("not_a_choice"))

    def validate_reason(self, field: Field) -> None:
        if self.covered.data == "out" and not field.data:
            raise ValidationError(sentence("reason_missing"))


class TextsForm(TextFields, ChangeForm):
    """The words of the plan."""
