"""What people type about sites, estates and units, and the sheets and plans they bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, Optional, ValidationError

from app.domain.parties import KINDS, time_zones
from app.features.companies.forms import KIND_NAMES, EditForm, Obeys, text
from app.web.countries import country_choices
from app.web.forms import AtMost, HouseForm, Needed, one_line
from app.web.sentences import SENTENCES, sentence


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(time_zones())]


class SiteForm(EditForm):
    name = text(_l("Name of the site"), "site_name")
    address = TextAreaField(_l("Address"), validators=[Obeys("address")])
    city = text(_l("City"), "city")
    country = SelectField(
        _l("Country"), choices=country_choices, validate_choice=False, validators=[Obeys("country")]
    )
    time_zone = SelectField(
        _l("Time zone"), choices=_zones, validate_choice=False, validators=[Obeys("time_zone")]
    )


class SheetForm(HouseForm):
    sheet = FileField(_l("Sheet"), validators=[FileRequired(SENTENCES["required"])])
    kind = SelectField(
        _l("These companies are"),
        choices=list(KIND_NAMES.items()),
        validate_choice=False,
        validators=[Needed(), AnyOf(KINDS, SENTENCES["not_a_choice"])],
        default="supplier",
    )


class EstateForm(EditForm):
    site = SelectField(_l("Site"), choices=(), validate_choice=False)
    name = StringField(_l("Name of the estate"), filters=[one_line], validators=[Needed(), AtMost(200)])
    code = StringField(_l("Code"), filters=[one_line], validators=[Needed(), AtMost(20)])
    completed_on = DateField(_l("Completion accepted on"), validators=[Optional()])


class BuildingForm(EditForm):
    name = StringField(_l("Name of the building"), filters=[one_line], validators=[Needed(), AtMost(60)])
    position = IntegerField(_l("Place in the order"), validators=[Needed()])


class UnitForm(EditForm):
    building = StringField(_l("Building"), filters=[one_line], validators=[Needed(), AtMost(60)])
    floor = StringField(_l("Floor"), filters=[one_line], validators=[Needed(), AtMost(10)])
    name = StringField(_l("Unit"), filters=[one_line], validators=[Needed(), AtMost(30)])
    type_id = SelectField(_l("Type"), choices=(), validate_choice=False, validators=[Needed()])
    owner_name = StringField(_lp("unit", "Owner"), filters=[one_line], validators=[AtMost(120)])
    owner_email = text(_l("Owner's e-mail"), "email")
    owner_phone = text(_l("Owner's telephone"), "phone")
    delivery_on = DateField(_l("Delivery"), validators=[Optional()])

    def offer(self, types: Iterable[tuple[str, str]]) -> UnitForm:
        """Sets which types may be chosen: (id, words)."""
        self.type_id.choices = [("", _l("Choose a type")), *types]
        return self

    def validate_type_id(self, field: Field) -> None:
        if field.data not in {str(value) for value, _ in field.choices}:
            raise ValidationError(sentence("not_a_choice"))

    def values(self) -> dict[str, Any]:
        return {**super().values(), "type_id": UUID(self.type_id.data)}


class TypeForm(EditForm):
    """A unit type; its rooms come in parallel lists, one member a row: room_id, room_kind, room_name."""

    code = StringField(_l("Code"), filters=[one_line], validators=[Needed(), AtMost(20)])
    name = StringField(_l("Name"), filters=[one_line], validators=[AtMost(120)])


class UnitSheetForm(HouseForm):
    sheet = FileField(_l("Sheet"), validators=[FileRequired(SENTENCES["required"])])
    estate = SelectField(_l("Estate of rows that name none"), choices=(), validate_choice=False)


class PlanForm(HouseForm):
    file = FileField(_l("Plan"), validators=[FileRequired(SENTENCES["required"])])
    page = IntegerField(_l("Page"), validators=[Optional()])


class PageForm(HouseForm):
    page = IntegerField(_l("Page"), id="other-page", validators=[Needed()])
