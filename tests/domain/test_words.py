"""Which words a reader gets, and what language a string is said to be in."""

from __future__ import annotations

import pytest
from babel import Locale

from app.domain.words import LANGUAGES, babel_locale, pick, pick_with_language, script_language

ALL = {"en": "Man", "zh-Hans": "人员", "zh-Hant": "人員"}


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        (ALL, "en", ("Man", "en")),
        (ALL, "zh-Hans", ("人员", "zh-Hans")),
        (ALL, "zh-Hant", ("人員", "zh-Hant")),
        ({"en": "Man", "zh-Hans": "人员"}, "zh-Hant", ("人员", "zh-Hans")),
        ({"en": "Man", "zh-Hant": "人員"}, "zh-Hans", ("人員", "zh-Hant")),
        ({"en": "Man"}, "zh-Hans", ("Man", "en")),
        ({"zh-Hant": "人員"}, "en", ("人員", "zh-Hant")),
        ({"en": " ", "zh-Hans": "人员"}, "en", ("人员", "zh-Hans")),
        ({"de": "Mensch"}, "en", ("Mensch", "de")),
        ({"en": "Man"}, "fr", ("Man", "en")),
        ({}, "zh-Hans", ("", "zh-Hans")),
        ({"en": ""}, "en", ("", "en")),
    ],
)
def test_fallback(words, language, expected):
    assert pick_with_language(words, language) == expected
    assert pick(words, language) == expected[0]


def test_babel_knows_our_languages():
    assert [str(Locale.parse(babel_locale(language))) for language in LANGUAGES] == [
        "en",
        "zh_Hans_CN",
        "zh_Hant_TW",
    ]
    assert babel_locale("xx") == "en"


@pytest.mark.parametrize(
    ("text", "reader", "expected"),
    [
        ("Hengda Precision", "zh-Hans", "en"),
        ("", "zh-Hant", "en"),
        ("苏州恒达检验", "zh-Hant", "zh-Hans"),
        ("蘇州恆達檢驗", "zh-Hans", "zh-Hant"),
        ("王建国", "zh-Hant", "zh-Hant"),
        ("王建国", "en", "zh-Hans"),
        ("Hengda 恒大", "zh-Hant", "zh-Hant"),
    ],
)
def test_script(text, reader, expected):
    assert script_language(text, reader) == expected
