"""Countries by name, in the reader's language and back from any of ours."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from app.domain.parties import COUNTRIES
from app.domain.words import LANGUAGES, babel_locale
from app.web.i18n import language


def country_name(code: str) -> str:
    """The country in the reader's language; the code itself if it has no name."""
    return _names(language()).get(code, code)


def country_choices() -> list[tuple[str, str]]:
    """(code, name) in the reader's order, after an empty choice."""
    names = _names(language())
    return [("", ""), *sorted(names.items(), key=lambda item: item[1])]


@lru_cache(maxsize=1)
def codes_by_name() -> dict[str, str]:
    """Name in any of our languages, folded, → code: what people write in sheets."""
    return {name.casefold(): code for tongue in LANGUAGES for code, name in _names(tongue).items()}


@lru_cache(maxsize=len(LANGUAGES))
def _names(tongue: str) -> dict[str, str]:
    territories = Locale.parse(babel_locale(tongue)).territories
    return {code: territories[code] for code in COUNTRIES if code in territories}
