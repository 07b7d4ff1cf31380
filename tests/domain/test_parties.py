"""The rules for what is written down about companies, sites and contacts."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid
from app.domain.parties import COUNTRIES, RULES, checked, checked_kinds, tidy, time_zones


@pytest.mark.parametrize(
    ("rule", "value", "stored"),
    [
        ("name", "  Hengda   Precision ", "Hengda Precision"),
        ("name", "恒达\t精密\n", "恒达 精密"),
        ("name", "x" * 200, "x" * 200),
        ("name", "=1+1", "=1+1"),
        ("address", " 18 Xinghu Street \r\n\r\n Building  4 ", "18 Xinghu Street\n\nBuilding 4"),
        ("country", "CN", "CN"),
        ("country", "", ""),
        ("time_zone", "Asia/Shanghai", "Asia/Shanghai"),
        ("email", "Wang.Jianguo+qa@hengda.example.com", "Wang.Jianguo+qa@hengda.example.com"),
        ("email", "", ""),
        ("language", "zh-Hant", "zh-Hant"),
        ("code", "No\x00 7", "No 7"),
    ],
)
def test_what_is_stored(rule: str, value: str, stored: str) -> None:
    assert checked(rule, value) == stored


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("name", " \t ", "required"),
        ("name", None, "required"),
        ("name", "x" * 201, "too_long"),
        ("country", "ZZ", "not_a_country"),
        ("country", "cn", "not_a_country"),
        ("time_zone", "", "required"),
        ("time_zone", "CET", "not_a_time_zone"),
        ("time_zone", "../etc/passwd", "not_a_time_zone"),
        ("language", "de", "not_a_language"),
        *(
            ("email", value, "not_an_email")
            for value in ("wang", "wang@", "@x.com", "a b@x.com", "a@b", "a@b..com", "a@b,c.com", "<a@b.com>")
        ),
    ],
)
def test_what_is_refused_names_its_field(rule: str, value: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(rule, value, "there")
    assert (caught.value.code, caught.value.field) == (code, "there")


def test_a_name_cannot_be_made_to_read_as_another() -> None:
    assert tidy("abc\u202edef\ud800\ufeff") == "abcdef"


def test_kinds_stand_in_one_order_each_once() -> None:
    assert checked_kinds(["developer", "supplier", "supplier"]) == ["supplier", "developer"]
    for wrong in ([], ["friend"]):
        with pytest.raises(Invalid):
            checked_kinds(wrong)


def test_countries_and_zones_are_whole() -> None:
    assert len(COUNTRIES) == 249
    assert {"CN", "TW", "HK", "DE", "US"} <= COUNTRIES
    assert {"Asia/Shanghai", "Asia/Taipei", "Europe/Berlin", "UTC"} <= time_zones()
    assert not any(zone.startswith(("Etc/", "US/", "posix")) for zone in time_zones())
    assert all(len(code) <= RULES["country"].limit for code in COUNTRIES)
