"""Languages and time zones of the reader. Babel's locale ids appear only here, at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency
from flask import Flask, current_app, g, request
from flask_babel import Babel
from markupsafe import Markup, escape

from app.adapters import clock
from app.config import LANGUAGES
from app.domain.words import babel_locale, pick, script_language

OWN_NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
CHOSEN = "plumbline_language"


def language() -> str:
    """The reader's language: their own setting, else this browser's choice, else its wish."""
    if "language" not in g:
        g.language = _language()
    found: str = g.language
    return found


def _language() -> str:
    from app.web.identity import current_actor

    person = current_actor()
    if person is not None and person.language in LANGUAGES:
        return person.language
    chosen = request.cookies.get(CHOSEN)
    if chosen in LANGUAGES:
        return str(chosen)
    for wanted, _ in request.accept_languages:
        lowered = wanted.lower()
        if lowered.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
            return "zh-Hant"
        if lowered.startswith("zh"):
            return "zh-Hans"
        if lowered.startswith("en"):
            return "en"
    return str(current_app.config["PLUMBLINE"].language)


def time_zone() -> str:
    from app.web.identity import current_actor

    person = current_actor()
    return person.time_zone if person else str(current_app.config["PLUMBLINE"].time_zone)


def _locale() -> str:
    return babel_locale(language())


def words(value: dict[str, str] | None, wanted: str | None = None) -> str:
    """Data words in the reader's language, by the tested fallback rule."""
    return pick(value or {}, wanted or language())


def spoken(text: str | dict[str, str] | None) -> Markup:
    """User text with its own `lang`, so that a screen reader and the fonts get it right."""
    if not text:
        return Markup("")
    if isinstance(text, dict):
        content, tongue = text.get("text", ""), text.get("lang") or language()
    else:
        content, tongue = text, script_language(text, language())
    if tongue == language():
        return escape(content)
    return Markup('<span lang="{}">{}</span>').format(tongue, content)


def _formats() -> str:
    """How dates are written: English as most of the world writes it, day before month (look: 18 Nov)."""
    return "en_GB" if language() == "en" else _locale()


def day(value: date | None, style: str = "medium") -> str:
    if isinstance(value, datetime):  # an instant is a day only on somebody's clock: the reader's
        value = value.astimezone(ZoneInfo(time_zone())).date()
    return format_date(value, style, locale=_formats()) if value else ""


def brief_day(value: date | None, zone: str | None = None) -> str:
    """A day, without its year while that is the present one; for dense tables."""
    place = ZoneInfo(zone or time_zone())
    if isinstance(value, datetime):
        value = value.astimezone(place).date()
    if value is None or value.year != clock.now().astimezone(place).year:
        return day(value)
    return format_skeleton("MMMd", value, locale=_formats())


def money(price: Mapping[str, Any]) -> str:
    """A price {"amount", "currency"} as the reader writes it."""
    return format_currency(Decimal(price["amount"]) / 100, price["currency"], locale=_formats())


def moment(value: datetime | None, zone: str | None = None) -> str:
    """An instant on the reader's clock (or on the clock of `zone`): "18 Nov 14:05", "11月18日 14:05"."""
    if value is None:
        return ""
    return f"{brief_day(value, zone)} {value.astimezone(ZoneInfo(zone or time_zone())):%H:%M}"


def stamp(value: datetime | str, zone: str) -> str:
    """An instant to be relied on, on the clock of `zone`: "2026-11-18 16:40 +08:00"."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {local.isoformat()[-6:]}"


def comma() -> str:
    """What stands between the names of a row in the reader's language."""
    return "、" if language().startswith("zh") else ", "


def init(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=_locale, timezone_selector=time_zone)
    app.jinja_env.filters.update(w=words, spoken=spoken, day=day, money=money, moment=moment, stamp=stamp)
    app.jinja_env.filters["money"] = money
    app.jinja_env.globals.update(language=language, own_names=OWN_NAMES, comma=comma)
