"""The places of the rail and of the bar below: on a phone the same five wherever one is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.client import PageClient

Clients = Callable[..., PageClient]


def below(page: str) -> list[tuple[str, str]]:
    bar = page[page.index('<nav class="nav phone-only"') :]
    return re.findall(
        r'<a href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?([^<]+)</a>', bar[: bar.index("</nav>")], re.S
    )


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("owner", ["My work", "Inspections", "Start", "This phone", "Me"]),
        ("officer", ["My work", "Inspections", "Start", "This phone", "Me"]),
        ("manager", ["My work", "Inspections", "Suppliers", "Me"]),
        ("admin", ["My work", "Inspections", "Start", "Suppliers", "Me"]),
    ],
)
def test_the_bar_below_holds_what_the_person_uses_on_a_phone(
    client_for: Clients, cast: Cast, who: str, names: list[str]
) -> None:
    bar = below(client_for(getattr(cast, who)).get("/me").text)
    assert [name.strip() for _, name in bar] == names
    places = {name.strip(): url for url, name in bar}
    assert places.get("Start", "/app/#/start") == "/app/#/start"


def test_what_only_a_phone_has_is_not_in_the_rail(client_for: Clients, cast: Cast) -> None:
    page = client_for(cast.owner).get("/me").text
    rail = page[page.index('<nav class="rail"') : page.index("</nav>")]
    assert "My work" in rail and "#/start" not in rail and "#/phone" not in rail


def test_nobody_loses_a_place_on_a_small_screen_or_at_twice_the_size(client_for: Clients, cast: Cast) -> None:
    """The bar below holds five; what else the rail has stands on Me."""
    page = client_for(cast.admin).get("/me").text
    more = page[page.index('<div class="pad row row--wrap phone-only">') :]
    more = more[: more.index("</div>")]
    assert re.findall(r'<a class="btn" href="([^"]+)"', more) == [
        "/actions",
        "/estates",
        "/reports",
        "/checklists",
        "/people",
        "/held",
    ]
