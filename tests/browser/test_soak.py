"""49, shortened: random faults with a seed. For long: `python -m tests.browser.soak [storms] [seed]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.net import Net
from tests.browser.phone import Phone
from tests.browser.storm import Storm


def test_two_phones_under_random_faults(phone: Callable[..., Phone], net: Net, tmp_path: Path) -> None:
    Storm([phone(at=net), phone(at=net)], net, seed=49, folder=tmp_path).run(steps=24)
