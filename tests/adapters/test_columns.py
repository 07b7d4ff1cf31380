"""Headings in three languages find their fields."""

from __future__ import annotations

from app.adapters.columns import match_columns

ALIASES = {
    "name": ["Company name", "Supplier", "公司名称", "公司名稱", "供应商"],
    "city": ["City", "Town", "城市"],
    "email": ["E-mail", "邮箱", "電郵"],
}


def test_headings_in_three_languages() -> None:
    for header in (
        ["Company name", "City", "E-mail"],
        ["ＣＯＭＰＡＮＹ　ＮＡＭＥ", " city ", "email"],
        ["company_name*", "City:", "E-Mail (optional)"],
        ["公司名称（必填）", "城市", "邮箱"],
        ["公司 名稱", "城 市", "電郵"],
    ):
        matched = match_columns(header, ALIASES)
        assert matched.columns == {"name": 0, "city": 1, "email": 2}, header
        assert matched.unknown == [] and matched.twice == []


def test_unknown_and_double_headings_are_told() -> None:
    matched = match_columns(["Remarks", "Supplier", "", "供应商", "Town"], ALIASES)
    assert matched.columns == {"name": 1, "city": 4}
    assert matched.unknown == ["Remarks"] and matched.twice == ["name"]
    assert matched.value(["r", "Hengda", "", "other", "Suzhou"], "name") == "Hengda"
    assert matched.value(["r", "Hengda", "", "other", "Suzhou"], "email") == ""
