"""One world for the whole run of browser tests, and phones that are judged when a test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests import ready_demo
from tests.browser.door import Door
from tests.browser.net import Net
from tests.browser.phone import Phone
from tests.browser.world import World

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """What `make run` starts on a demo filled beforehand. Every test works on records of its own."""
    folder = tmp_path_factory.mktemp("world")
    ready_demo.copy_to(folder / "data", tmp_path_factory)
    made = World(folder)
    yield made
    made.close()


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Ends with the last browser test: while it lives, nothing else may run an event loop in this process."""
    with sync_playwright() as running:
        yield running


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    """An address of its own for one test, where the server can be shut away or given a new build."""
    made = Door(world)
    yield made
    made.close()


@pytest.fixture
def net(world: World) -> Iterator[Net]:
    """A network of its own for one test, with faults."""
    made = Net(world)
    yield made
    made.close()


@pytest.fixture
def phone(world: World, playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """`phone()` is a new one; `phone(size=DESK)` is a desk; `phone(at=door)` comes through that door.

    At the end nothing may have gone wrong on any.
    """
    made: list[Phone] = []

    def new(at: Any = None, **options: Any) -> Phone:
        made.append(Phone(playwright, at or world, tmp_path / f"phone-{len(made)}", **options))
        return made[-1]

    yield new
    for each in made:
        each.close()
    problems = [problem for each in made for problem in each.problems()]
    assert not problems, "\n".join(problems)
