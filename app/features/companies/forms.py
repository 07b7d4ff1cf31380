"""What people type about companies and contacts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Field,
    FileField,
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
from app.web.forms import AtMost, HouseForm, Needed, one_line
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


class NamedForm(EditForm):
    """A form with a name in three languages; at least one is said where it matters."""

    name_en = StringField(_l("Name in English"), filters=[one_line], validators=[AtMost(200)])
    name_hans = StringField(_l("Name in 简体中文"), filters=[one_line], validators=[AtMost(200)])
    name_hant = StringField(_l("Name in 繁體中文"), filters=[one_line], validators=[AtMost(200)])

    def words(self) -> dict[str, str]:
        """What was said, by language."""
        fields = {"en": self.name_en, "zh-Hans": self.name_hans, "zh-Hant": self.name_hant}
        return {language: field.data for language, field in fields.items() if field.data}


class PartForm(NamedForm):
    number = StringField(_l("Part number"), filters=[one_line], validators=[Needed(), AtMost(60)])


class LotForm(HouseForm):
    number = StringField(
        _l("Lot number"), id="lot-number", filters=[one_line], validators=[Needed(), AtMost(60)]
    )
    made_on = DateField(_l("Made on"), validators=[Optional()])
    quantity = IntegerField(_l("Quantity"), validators=[Optional()])


class CodeForm(NamedForm):
    code = StringField(_l("Code"), filters=[one_line], validators=[Needed(), AtMost(20)])
    area = StringField(_l("Area"), filters=[one_line], validators=[AtMost(40)])


class RegisterSheetForm(HouseForm):
    sheet = FileField(_l("Sheet"))

    def validate_sheet(self, field: Field) -> None:
        if not getattr(field.data, "filename", ""):
            raise ValidationError(sentence("required"))
