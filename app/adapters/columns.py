"""Which column of an uploaded sheet is which field, whatever language its heading is in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ADDED = re.compile(r"[(\[{][^)\]}]*[)\]}]")  # "Name (required)"
IGNORED = re.compile(r"[\s\W_]+")


@dataclass(frozen=True)
class Matched:
    """columns: field → index in the header; unknown: headings nobody knows; twice: fields headed twice."""

    columns: dict[str, int]
    unknown: list[str]
    twice: list[str]

    def value(self, cells: Sequence[str], field: str) -> str:
        """The cell of a field; empty when the sheet has no such column."""
        return cells[self.columns[field]] if field in self.columns else ""


def match_columns(header: Sequence[str], aliases: Mapping[str, Iterable[str]]) -> Matched:
    """Matches headings with a table field → headings in all languages; the field's own name counts too.

    Width, case, space, punctuation and what stands in brackets make no difference. The first of two wins.
    """
    known = {heading_key(alias): field for field, names in aliases.items() for alias in (field, *names)}
    columns: dict[str, int] = {}
    unknown, twice = [], []
    for index, heading in enumerate(header):
        field = known.get(heading_key(heading))
        if field is None:
            if heading.strip():
                unknown.append(heading)
        elif field in columns:
            twice.append(field)
        else:
            columns[field] = index
    return Matched(columns, unknown, twice)


def heading_key(heading: str) -> str:
    """What is compared of a heading: "Ｃompany name * （required）" → "companyname"."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return IGNORED.sub("", ADDED.sub("", folded)) or IGNORED.sub("", folded)
