"""What people type about sites, and the sheet they bring."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, TextAreaField
from wtforms.validators import AnyOf

from app.domain.parties import KINDS, time_zones
from app.features.companies.forms import KIND_NAMES, EditForm, Obeys, text
from app.web.countries import country_choices
from app.web.forms import HouseForm, Needed
from app.web.sentences import SENTENCES


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
