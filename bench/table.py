"""Lines of the table, and how numbers are written in it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RUNS = 5  # of everything; the middle one counts


@dataclass(frozen=True)
class Line:
    """One measure. `beside` says what it is compared with; `met` is None where there is no target."""

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        said = {None: "", True: "yes", False: "**no**"}[self.met]
        return (self.what, self.ours, self.beside, self.ratio, self.target, said)


HEADS = ("What", "Plumbline", "Beside it", "Ratio", "Target", "Met")


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def middle(values: Iterable[float]) -> float:
    return statistics.median(values)


def cut(values: Sequence[float], percent: int) -> float:
    """The percentile of what was measured; a single value is every percentile of itself."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def ms(seconds: float) -> str:
    return number(seconds * 1000) + " ms"


def number(value: float) -> str:
    """Three digits are what such a measure is worth."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percent(ours: float, beside: float) -> str:
    return f"{100 * ours / beside:.0f} %"


def times(ours: float, beside: float) -> str:
    return f"{ours / beside:.1f} x"
