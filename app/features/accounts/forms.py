"""What people type about themselves and each other. Only the members named here can be posted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import (
    BooleanField,
    Field,
    Form,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, ValidationError

from app.domain.errors import Invalid, TooMany
from app.domain.permissions import Grant, Role, ScopeKind
from app.web.forms import AtMost, HouseForm, Needed, one_line, paragraphs
from app.web.i18n import OWN_NAMES
from app.web.sentences import sentence

COMMON_ZONES = (
    "Asia/Shanghai",
    "Asia/Taipei",
    "Asia/Hong_Kong",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Ho_Chi_Minh",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Istanbul",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Mexico_City",
    "UTC",
)
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
EVERYTHING = ScopeKind.EVERYTHING.value

ROLES = {
    Role.ADMIN: _l("Admin"),
    Role.MANAGER: _l("Manager"),
    Role.AUDITOR: _l("Auditor"),
    Role.OFFICER: _l("Property officer"),
}
WEAK = {
    "too_short": _l("Use at least 12 characters. Four unrelated words are easy to keep in mind."),
    "too_long": _l("Use at most 256 characters."),
    "own_words": _l("It is made of your name, your e-mail address or the organisation. Choose other words."),
    "common": _l("It is among the passwords that are tried first. Choose another."),
    "words": _l("These words are guessed quickly. Add one or two more that have nothing to do with them."),
    "repeats": _l("It repeats itself, so it is guessed quickly. Choose another."),
    "sequence": _l("It follows the alphabet or counts up, so it is guessed quickly. Choose another."),
    "keys": _l("It follows the keys of the keyboard, so it is guessed quickly. Choose another."),
    "dates": _l("It is mostly a date, so it is guessed quickly. Choose another."),
    "guessable": _l("It is guessed quickly. Make it longer, for example with four unrelated words."),
}


def weak_sentence(error: Invalid) -> str:
    """Why a password was refused."""
    return str(WEAK.get(error.params.get("why", ""), WEAK["guessable"]))


def wait_sentence(error: TooMany) -> str:
    """How long to wait, rounded up to whole minutes when it is long."""
    seconds = int(error.params.get("retry_after", 60))
    if seconds < 90:
        return ngettext(
            "Too many attempts. Try again in %(num)s second.",
            "Too many attempts. Try again in %(num)s seconds.",
            seconds,
        )
    return ngettext(
        "Too many attempts. Try again in %(num)s minute.",
        "Too many attempts. Try again in %(num)s minutes.",
        -(-seconds // 60),
    )


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every time zone, the common ones first."""
    others = sorted(
        name for name in available_timezones() if name.startswith(tuple(f"{r}/" for r in REGIONS))
    )
    return (*COMMON_ZONES, *(name for name in others if name not in COMMON_ZONES))


def _zone_choices() -> list[SelectChoice]:
    return [SelectChoice(name, name.replace("_", " ")) for name in zone_names()]


def _lower(text: object) -> object:
    line = one_line(text)
    return line.lower() if isinstance(line, str) else line


class Email:
    """An address mail can be sent to."""

    def __call__(self, form: Form, field: Field) -> None:
        try:
            validate_email(field.data or "", check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(sentence("not_an_email")) from None


class OneOf:
    """One of the choices; in our words instead of the library's."""

    def __call__(self, form: Form, field: Field) -> None:
        if field.data not in {choice.value for choice in field.iter_choices()}:
            raise ValidationError(sentence("not_a_choice"))


def _email() -> StringField:
    return StringField(_l("E-mail"), filters=[_lower], validators=[Needed(), AtMost(254), Email()])


def _name() -> StringField:
    return StringField(_l("Name"), filters=[one_line], validators=[Needed(), AtMost(120)])


def _language() -> SelectField:
    return SelectField(
        _l("Language"),
        choices=[SelectChoice(code, name) for code, name in OWN_NAMES.items()],
        validators=[Needed(), OneOf()],
        validate_choice=False,
    )


def _zone() -> SelectField:
    return SelectField(
        _l("Time zone"), choices=_zone_choices, validators=[Needed(), OneOf()], validate_choice=False
    )


def _new_password() -> PasswordField:
    return PasswordField(_l("New password"), validators=[Needed()])


class SignInForm(HouseForm):
    email = StringField(_l("E-mail"), filters=[_lower], validators=[Needed(), AtMost(254)])
    password = PasswordField(_l("Password"), validators=[Needed()])
    kept = BooleanField(_l("Keep me signed in here for 14 days"))
    next = HiddenField()


class AskResetForm(HouseForm):
    email = _email()


class NewPasswordForm(HouseForm):
    password = _new_password()


class WelcomeForm(HouseForm):
    """Somebody who was invited says how they want to work."""

    name = _name()
    password = PasswordField(_l("Password"), validators=[Needed()])
    language = _language()
    time_zone = _zone()


class FirstAdminForm(WelcomeForm):
    email = _email()


class ProfileForm(HouseForm):
    name = _name()
    language = _language()
    time_zone = _zone()
    record_version = IntegerField(validators=[Optional()])


class PasswordForm(HouseForm):
    current = PasswordField(_l("Present password"), validators=[Needed()])
    password = _new_password()


class DisablingForm(HouseForm):
    reason = TextAreaField(_l("Reason"), filters=[paragraphs], validators=[Needed(), AtMost(1000)])


class GrantForm(HouseForm):
    """A role within a scope: `everything`, or a kind and an id as in `company:<id>`."""

    role = SelectField(
        _l("Role"),
        choices=[
            SelectChoice("", _l("Choose a role")),
            *(SelectChoice(role.value, label) for role, label in ROLES.items()),
        ],
        validators=[Needed(), OneOf()],
        validate_choice=False,
    )
    scope = SelectField(_l("Where"), choices=(), validators=[Needed(), OneOf()], validate_choice=False)

    def offer(self, choices: Iterable[tuple[str, UUID, str]]) -> GrantForm:
        """Sets what may be chosen as the scope: (kind, id, label)."""
        named = [SelectChoice(f"{kind}:{scope_id}", label) for kind, scope_id, label in choices]
        self.scope.choices = [SelectChoice(EVERYTHING, _l("Everywhere")), *named]
        return self

    def grant(self) -> Grant:
        """The grant chosen. Raises Invalid("grant_scope") for a role that does not fit the scope."""
        kind, _, scope_id = self.scope.data.partition(":")
        return Grant(Role(self.role.data), ScopeKind(kind), UUID(scope_id) if scope_id else None)


class InviteForm(GrantForm):
    email = _email()
    name = _name()
    language = _language()
    time_zone = _zone()
