"""What may be written down about a company, its sites and its contacts: one rule per field.

Forms, commands and sheets all ask here: what is typed by hand and what comes in a sheet obey the same limits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from app.domain.errors import Invalid
from app.domain.words import LANGUAGES

KINDS = ("supplier", "contractor", "developer")
# ISO 3166-1 alpha-2
_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
_EMAIL = re.compile(r"[^@\s<>\"(),:;]+@[^@\s<>\"(),:;]+\.[^@\s<>\"(),:;.]+")


def _email(value: str) -> None:
    if not _EMAIL.fullmatch(value) or ".." in value:
        raise Invalid("not_an_email")


def _country(value: str) -> None:
    if value not in COUNTRIES:
        raise Invalid("not_a_country")


def _time_zone(value: str) -> None:
    if value not in time_zones():
        raise Invalid("not_a_time_zone")


def _language(value: str) -> None:
    if value not in LANGUAGES:
        raise Invalid("not_a_language")


@dataclass(frozen=True)
class Rule:
    """How long a value may be, whether it must be there, whether it has lines, and what else it must be."""

    limit: int
    required: bool = False
    lines: bool = False
    check: Callable[[str], None] | None = None


RULES: dict[str, Rule] = {
    "name": Rule(200, required=True),
    "other_name": Rule(200),
    "code": Rule(40),
    "country": Rule(2, check=_country),
    "note": Rule(4000, lines=True),
    "site_name": Rule(200, required=True),
    "address": Rule(1000, lines=True),
    "city": Rule(120),
    "time_zone": Rule(64, required=True, check=_time_zone),
    "contact_name": Rule(120, required=True),
    "duty": Rule(120),
    "email": Rule(254, check=_email),
    "phone": Rule(40),
    "language": Rule(12, check=_language),
}


def checked(rule: str, value: str | None, field: str | None = None) -> str:
    """The value as it is stored. Raises Invalid with the field it is said beside (else the rule's name)."""
    wanted = RULES[rule]
    text = tidy(value or "", wanted.lines)
    try:
        if wanted.required and not text:
            raise Invalid("required")
        if text and wanted.check:
            wanted.check(text)
        if len(text) > wanted.limit:
            raise Invalid("too_long", limit=wanted.limit)
    except Invalid as error:
        raise Invalid(error.code, field=field or rule, **error.params) from None
    return text


def checked_kinds(kinds: list[str] | tuple[str, ...]) -> list[str]:
    """The kinds in their own order, each once. Raises Invalid."""
    if not kinds:
        raise Invalid("required", field="kinds")
    if not set(kinds) <= set(KINDS):
        raise Invalid("not_a_choice", field="kinds")
    return [kind for kind in KINDS if kind in kinds]


# bidirectional overrides could make a name read as another
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
# categories Cc (controls, but the line break), Cs (surrogates) and Co (private): by ranges, for a form may
# bring a million characters
_NO_LETTER = re.compile(
    "[\0-\t\v-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)


def tidy(text: str, lines: bool = False) -> str:
    """A text without what nobody typed on purpose: control characters, lone surrogates, doubled blanks."""
    whole = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = _NO_LETTER.sub(" ", _TURNING.sub("", whole))
    if not lines:
        return " ".join(kept.split())
    return "\n".join(" ".join(line.split()) for line in kept.strip().split("\n")).strip()


@cache
def time_zones() -> frozenset[str]:
    """The zones a site can be in: places, not abbreviations that hide their rules."""
    regions = (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    return frozenset(zone for zone in available_timezones() if zone.split("/")[0] in regions or zone == "UTC")
