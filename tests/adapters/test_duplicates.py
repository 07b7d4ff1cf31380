"""Names that look alike, and names that only share words."""

from __future__ import annotations

import random

import pytest

from app.adapters.duplicates import MOST, Names

KNOWN = [
    ("1", "Hengda Precision Co., Ltd.", "苏州恒达精密有限公司"),
    ("2", "Goldleaf Packaging", "金叶包装"),
    ("3", "Goldleaf Printing", ""),
    ("4", "Precision Hengda Moulds", "恒大地产"),
]


@pytest.mark.parametrize(
    ("name", "other", "keys"),
    [
        ("HENGDA PRECISION", "", ["1"]),
        ("Precision Hengda Limited", "", ["1"]),
        ("Hengda Precison", "", ["1"]),
        ("苏州恒达精密", "", ["1"]),
        ("Something else", "苏州恒达精密股份有限公司", ["1"]),
        ("Goldleaf Packagin", "", ["2"]),
        ("Hengtong", "", []),
        ("金叶", "", []),
        ("Co., Ltd.", "", []),
        ("=1+1", "", []),
    ],
)
def test_who_is_like_whom(name: str, other: str, keys: list[str]) -> None:
    assert [one.key for one in Names(KNOWN).like(name, other)] == keys


def test_nobody_is_like_anybody_in_an_empty_house() -> None:
    assert Names([]).like("Hengda") == []


def test_a_typing_error_is_found_among_thousands_that_share_every_word() -> None:
    dice = random.Random(7)
    words = ("Tianyu", "Ruixin", "Kaida", "Hengtong", "Sunrise", "Castings", "Plastics", "Springs")
    many = [(str(n), f"{dice.choice(words)} {dice.choice(words)} {n:05}", "") for n in range(5000)]
    names = Names([*many, ("x", "Mingfeng Fasteners Haiyan", "")])
    assert [one.key for one in names.like("Mingfeng Fastners Haiyan")] == ["x"]
    assert len(names.like("Tianyu Castings 00001")) <= MOST
