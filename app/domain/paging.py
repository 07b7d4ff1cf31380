"""Which part of a long list is on the screen: "26–50 of 412"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """One page of a list: `page` from 1, `size` rows a page, `matching` rows in all."""

    page: int
    size: int
    matching: int

    @classmethod
    def at(cls, page: int, size: int, matching: int) -> Span:
        """The page asked for; one beyond the last gives the last."""
        return cls(max(1, min(page, -(-matching // size))), size, matching)

    @property
    def first(self) -> int:
        """The number of the first row shown; 0 when there is none."""
        return self.before + 1 if self.matching > self.before else 0

    @property
    def last(self) -> int:
        return min(self.before + self.size, self.matching) if self.first else 0

    @property
    def before(self) -> int:
        """How many rows stand before this page: the offset of a query."""
        return (self.page - 1) * self.size

    @property
    def has_earlier(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.before + self.size < self.matching
