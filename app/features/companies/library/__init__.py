"""A starter catalogue of defect codes in three languages, to be changed as the organisation likes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path


def starter_codes() -> Iterator[tuple[str, str, dict[str, str]]]:
    """(code, area, words) of each."""
    with (Path(__file__).parent / "defect_codes.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["code"], row["area"], {tongue: row[tongue] for tongue in ("en", "zh-Hans", "zh-Hant")}
