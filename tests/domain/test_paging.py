"""Where one is in a long list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.paging import Span


@pytest.mark.parametrize(
    ("page", "matching", "shown"),
    [
        (1, 0, (1, 0, 0, False, False)),
        (9, 0, (1, 0, 0, False, False)),
        (1, 25, (1, 1, 25, False, False)),
        (1, 26, (1, 1, 25, False, True)),
        (2, 26, (2, 26, 26, True, False)),
        (99, 60, (3, 51, 60, True, False)),
        (-5, 60, (1, 1, 25, False, True)),
    ],
)
def test_a_page_of_twenty_five(page: int, matching: int, shown: tuple[object, ...]) -> None:
    span = Span.at(page, 25, matching)
    assert (span.page, span.first, span.last, span.has_earlier, span.has_next) == shown


@given(st.integers(0, 500), st.integers(1, 40))
def test_walking_the_pages_shows_every_row_once(matching: int, size: int) -> None:
    seen: list[int] = []
    span = Span.at(1, size, matching)
    while True:
        seen += range(span.first, span.last + 1) if span.first else []
        if not span.has_next:
            break
        span = Span.at(span.page + 1, size, matching)
    assert seen == list(range(1, matching + 1))
