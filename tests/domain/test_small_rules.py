"""Due dates, company names, and the catalogue of refusals."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.domain import errors
from app.domain.companies import normalise_company_name
from app.domain.dates import days_left, end_of_day, is_overdue, local_day

APP = Path(errors.__file__).parent.parent


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Asia/Shanghai", "2026-11-30T16:00:00+00:00"),
        ("UTC", "2026-12-01T00:00:00+00:00"),
        ("America/New_York", "2026-12-01T05:00:00+00:00"),
        ("Pacific/Kiritimati", "2026-11-30T10:00:00+00:00"),
    ],
)
def test_a_due_day_ends_at_the_site(zone, end):
    assert end_of_day(date(2026, 11, 30), zone) == instant(end)


def test_the_day_of_a_clock_change_has_its_own_length():
    # Berlin leaves summer time on 25 October 2026: that day has 25 hours.
    length = end_of_day(date(2026, 10, 25), "Europe/Berlin") - end_of_day(date(2026, 10, 24), "Europe/Berlin")
    assert length.total_seconds() == 25 * 3600


def test_a_midnight_that_does_not_exist():
    # Beirut jumped from 00:00 to 01:00 on 31 March 2024: the 30th ends at 22:00 UTC.
    assert end_of_day(date(2024, 3, 30), "Asia/Beirut") == instant("2024-03-30T22:00:00+00:00")


def test_overdue_and_days_left_are_the_sites():
    due, zone = date(2026, 11, 30), "Asia/Shanghai"
    last = instant("2026-11-30T15:59:59.999+00:00")
    assert not is_overdue(due, zone, last)
    assert days_left(due, zone, last) == 0
    over = instant("2026-11-30T16:00:00+00:00")
    assert is_overdue(due, zone, over)
    assert days_left(due, zone, over) == -1
    assert local_day(over, zone) == date(2026, 12, 1)
    assert not is_overdue(due, "UTC", over)
    assert days_left(due, zone, instant("2026-11-20T16:00:00+00:00")) == 9


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Suzhou Hengda Co., Ltd.", "suzhou hengda"),
        ("Suzhou Hengda Company Limited", "SUZHOU  HENGDA CO.,LTD"),
        ("Ｈｅｎｇｄａ　Ｌｔｄ", "Hengda"),
        ("苏州恒达精密有限公司", "苏州恒达精密"),
        ("苏州恒达精密股份有限公司", "苏州恒达精密集团有限公司"),
        ("Acme S.A.", "ACME SA"),
        ("Acme Holding B.V.", "acme"),
        ("Müller GmbH & Co. KG", "müller"),
    ],
)
def test_the_same_company(one, other):
    assert normalise_company_name(one) == normalise_company_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("苏州恒达", "无锡恒达"),
        ("Hengda North", "Hengda South"),
        ("Company Limited", ""),
        ("公司", "工厂"),
        ("A.B. Tools", "A.C. Tools"),
    ],
)
def test_not_the_same_company(one, other):
    assert normalise_company_name(one) != normalise_company_name(other)


def test_statuses_and_params():
    refused = errors.Invalid("too_long", field="name", limit=40)
    assert (refused.code, refused.field, refused.params, refused.status) == (
        "too_long",
        "name",
        {"limit": 40},
        422,
    )
    statuses = {
        errors.NotSignedIn: 401,
        errors.NotAllowed: 403,
        errors.NotFound: 404,
        errors.Stale: 409,
        errors.TooMany: 429,
        errors.Unavailable: 503,
    }
    for kind, status in statuses.items():
        assert (kind().status, kind().code in errors.CODES) == (status, True)
    assert "limit" in repr(refused)


def _classes() -> set[str]:
    return {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.PlumblineError)
    }


def _raised_codes(tree: ast.AST) -> list[str]:
    kinds = _classes()
    return [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in kinds
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]


def test_every_code_in_the_house_is_in_the_catalogue():
    unknown = {
        f"{path.relative_to(APP)}: {code}"
        for path in sorted(APP.rglob("*.py"))
        for code in _raised_codes(ast.parse(path.read_text(encoding="utf-8")))
        if code not in errors.CODES
    }
    assert not unknown


def test_the_catalogue_test_sees_codes():
    assert _raised_codes(ast.parse('raise Invalid("no_such_code", field="x")')) == ["no_such_code"]
    assert _raised_codes(ast.parse('errors.NotFound("nowhere")')) == ["nowhere"]
