"""Words in three languages: which one a reader gets, and which language a string is in (DESIGN §5.3)."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
_BABEL = {"en": "en", "zh-Hans": "zh_Hans_CN", "zh-Hant": "zh_Hant_TW"}
_ORDER = {
    "en": ("en", "zh-Hans", "zh-Hant"),
    "zh-Hans": ("zh-Hans", "zh-Hant", "en"),
    "zh-Hant": ("zh-Hant", "zh-Hans", "en"),
}
# Frequent characters written differently, pairwise; those that occur tell the script of a text.
_SIMPLIFIED = frozenset(
    "检验质量产业员书条规过应对开关时间问题备设计实审岗发车东电记录单证环险类严级别这个们来说话长门见风图标续报错"
)
_TRADITIONAL = frozenset(
    "檢驗質產業員書條規過應對開關時間問題備設計實審崗發車東電記錄單證環險類嚴級別這個們來說話長門見風圖標續報錯"
)
_ONLY_SIMPLIFIED = _SIMPLIFIED - _TRADITIONAL
_ONLY_TRADITIONAL = _TRADITIONAL - _SIMPLIFIED


def pick(words: Mapping[str, str], language: str) -> str:
    """The words for a reader: their language, else the other Chinese, else English, else any; "" if there
    is none.
    """
    return pick_with_language(words, language)[0]


def pick_with_language(words: Mapping[str, str], language: str) -> tuple[str, str]:
    """The words and the language they are in, for the ``lang`` attribute."""
    for candidate in (*_ORDER.get(language, _ORDER["en"]), *sorted(words)):
        text = words.get(candidate)
        if text and text.strip():
            return text, candidate
    return "", language


def babel_locale(language: str) -> str:
    """Babel's own name of a language of ours; used only where Babel is called."""
    return _BABEL.get(language, "en")


def script_language(text: str, reader_language: str) -> str:
    """The ``lang`` of a text nobody labelled (a name, an address): by its script, and the reader's when in
    doubt.
    """
    han = [c for c in text if "\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or c >= "\U00020000"]
    if not han:
        return "en"
    simplified = sum(c in _ONLY_SIMPLIFIED for c in han)
    traditional = sum(c in _ONLY_TRADITIONAL for c in han)
    if simplified != traditional:
        return "zh-Hans" if simplified > traditional else "zh-Hant"
    return reader_language if reader_language.startswith("zh") else "zh-Hans"
