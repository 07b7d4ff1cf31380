"""Search terms: two-character Chinese words, single characters, and words by their beginning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.search import Term, query_tokens, tokens


def found(query: str, text: str) -> bool:
    """What both engines do with the terms."""
    indexed = tokens(text)
    return all(
        any(token.startswith(term.text) if term.prefix else token == term.text for token in indexed)
        for term in query_tokens(query)
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("质量", "产品质量部"),
        ("质", "产品质量部"),
        ("产品质量", "产品质量部"),
        ("heng", "Hengda Precision, Suzhou"),
        ("SUZHOU hengda", "Hengda Precision, Suzhou"),
        ("2025-0412", "2025-0412"),
        ("0412", "2025-0412"),
        ("恒达 2025", "苏州恒达 2025-0412"),
        ("恒达2025", "苏州恒达2025年"),
        ("zurich", "Zürich"),
        ("Zürich", "ZURICH"),
        ("ＡＢＣ", "abc"),
        ("4m1e", "4M1E supplier audit"),
        ("strasse", "Straße"),
        ("ｶﾀ", "カタログ"),
    ],
)
def test_found(query, text):
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [("量质", "产品质量部"), ("质部", "产品质量部"), ("engda", "Hengda"), ("hengda wuxi", "Hengda Suzhou")],
)
def test_not_found(query, text):
    assert not found(query, text)


def test_the_terms_themselves():
    assert tokens("恒达 Co 恒") == ["恒", "达", "恒达", "co"]
    assert query_tokens("恒达机 Co") == [Term("恒达", False), Term("达机", False), Term("co", True)]
    assert query_tokens("恒") == [Term("恒", False)]
    assert tokens(" ,，。— ") == query_tokens("…") == []


@given(st.text())
def test_every_text_finds_itself(text):
    assert found(text, text)


@given(st.text(), st.text("质量产品检验", min_size=1, max_size=3), st.text())
def test_any_run_of_han_is_found_inside_a_text(before, run, after):
    assert found(run, before + run + after)


@given(st.text())
def test_terms_hold_nothing_an_engine_could_take_for_syntax(text):
    assert all(token and not set(token) & set(" \t\n\"'*:()^&|!<>-") for token in tokens(text))
