"""The reader of a report: a language, and the clock of the site. What stands on paper in which language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval

from app.domain.words import babel_locale, pick_with_language, script_language

Said = dict[str, str]  # {"text", "lang"}: a text and the language it is in, for the `lang` attribute


@dataclass(frozen=True, slots=True)
class Reader:
    """`language` en, zh-Hans or zh-Hant; `zone` the site's time zone: an audit happened on its clock."""

    language: str
    zone: str

    @property
    def chinese(self) -> bool:
        return self.language.startswith("zh")

    def own(self, text: str) -> Said:
        """Words of ours, in the reader's language."""
        return {"text": text, "lang": self.language}

    def words(self, words: Mapping[str, str] | None) -> Said:
        """Data words, by the tested fallback."""
        text, lang = pick_with_language(words or {}, self.language)
        return {"text": text, "lang": lang}

    def name(self, text: str) -> Said:
        """A text nobody labelled: a name, an address."""
        return {"text": text, "lang": script_language(text, self.language)}

    def join(self, parts: Iterable[str]) -> str:
        """Sentences one after the other; Chinese has no space between them."""
        return ("" if self.chinese else " ").join(part for part in parts if part)

    @property
    def comma(self) -> str:
        """Between parts of a sentence, where `listed` stands between things of a kind."""
        return "，" if self.chinese else ", "

    @property
    def dot(self) -> str:
        """Between facts of a line; a Chinese middle dot is a full em wide and needs no space."""
        return "·" if self.chinese else " · "

    def listed(self, parts: Iterable[str]) -> str:
        return ("、" if self.chinese else ", ").join(part for part in parts if part)

    def local(self, moment: int) -> datetime:
        return datetime.fromtimestamp(moment // 1000, UTC).astimezone(ZoneInfo(self.zone))

    def day(self, day: str | int | date | None, style: str = "long") -> str:
        """A day in words, from "2026-11-30", milliseconds or a date: "17 November 2026"."""
        if day is None:
            return ""
        if isinstance(day, int):
            day = self.local(day).date()
        return format_date(
            date.fromisoformat(day) if isinstance(day, str) else day, style, locale=self._formats
        )

    def days(self, first: int, last: int) -> str:
        """From a day to a day: "17-18 November 2026"."""
        begun, ended = self.local(first).date(), self.local(last).date()
        return (
            str(format_interval(begun, ended, "yMMMMd", locale=self._formats))
            if begun != ended
            else self.day(begun)
        )

    def moment(self, moment: int | None, style: str = "medium") -> str:
        """An instant on the site's clock: "17 Nov 2026, 10:42"."""
        if moment is None:
            return ""
        local = self.local(moment)
        return f"{self.day(local.date(), style)}{' ' if self.chinese else ', '}{local:%H:%M}"

    def stamp(self, moment: int | datetime | None) -> str:
        """An instant to be relied on: "2026-11-18 16:40 +08:00"."""
        if moment is None:
            return ""
        if isinstance(moment, datetime):
            moment = int(moment.timestamp()) * 1000
        local = self.local(moment)
        return f"{local:%Y-%m-%d %H:%M} {offset(local.utcoffset())}"

    @property
    def _formats(self) -> str:
        # English as most of the world writes it, day before month
        return "en_GB" if self.language == "en" else babel_locale(self.language)


def offset(delta: timedelta | None) -> str:
    minutes = int((delta or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def typed(text: Mapping[str, Any] | None) -> Said | None:
    """Typed text as it stands in the record; None when nothing was written."""
    return {"text": str(text["text"]), "lang": str(text["lang"])} if text and text.get("text") else None


def signed(tenths: int) -> str:
    """A difference in tenths with a true minus: "+4.4", "−1.3", "±0"."""
    if not tenths:
        return "±0"
    size = abs(tenths)
    return f"{'−' if tenths < 0 else '+'}{size // 10}.{size % 10}"  # the minus of print
