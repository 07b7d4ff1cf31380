"""What people type about companies and contacts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    Form,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, ValidationError

from app.domain.errors import Invalid
from app.domain.parties import KINDS, RULES, checked
from app.web.countries import country_choices
from app.web.forms import HouseForm
from app.web.i18n import OWN_NAMES
from app.web.sentences import sentence

KIND_NAMES = {
    "supplier": _l("Supplier"),
    "contractor": _l("Contractor"),
    "developer": _l("Developer"),
}


class Obeys:
    """The rule of domain/parties.py for this field, said beside it."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.field_flags = {"required": True} if RULES[rule].required else {}

    def __call__(self, form: Form, field: Field) -> None:
        try:
            checked(self.rule, field.data)
        except Invalid as error:
            raise ValidationError(sentence(error.code, **error.params)) from None


class EditForm(HouseForm):
    """A form of an editable row: it knows the version it was filled from."""

    record_version = IntegerField(validators=[Optional()])

    def values(self) -> dict[str, Any]:
        """What was typed, by field, for a command."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if name not in ("record_version", "csrf_token")
        }


def text(label: Any, rule: str) -> StringField:
    return StringField(label, validators=[Obeys(rule)])


class CompanyForm(EditForm):
    name = text(_l("Name of the company"), "name")
    other_name = text(_l("Name in another language"), "other_name")
    kinds = SelectMultipleField(_l("Kind"), choices=list(KIND_NAMES.items()), validate_choice=False)
    code = text(_l("Code"), "code")
    country = SelectField(
        _l("Country"), choices=country_choices, validate_choice=False, validators=[Obeys("country")]
    )
    note = TextAreaField(_l("Note"), validators=[Obeys("note")])

    def validate_kinds(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(sentence("required"))
        if not set(field.data) <= set(KINDS):
            raise ValidationError(sentence("not_a_choice"))


class ContactForm(EditForm):
    name = text(_l("Name"), "contact_name")
    duty = text(_l("Position"), "duty")
    email = text(_l("E-mail"), "email")
    phone = text(_l("Telephone"), "phone")
    language = SelectField(
        _l("Language"),
        choices=[("", ""), *OWN_NAMES.items()],
        validate_choice=False,
        validators=[Obeys("language")],
    )
