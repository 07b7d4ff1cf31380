"""Companies that look like one another, pointed out before there are two of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from app.domain.companies import normalise_company_name
from app.domain.permissions import Actor
from app.features.companies import queries

LIKE = 86
MOST = 5


class Alike(NamedTuple):
    """A company whose name is like the one asked about; `key` is whatever the asker knows it by."""

    key: str
    name: str
    other_name: str


class Names:
    """Companies to compare with, each by its name and its other name."""

    def __init__(self, known: Iterable[tuple[str, str, str]]) -> None:
        self._known = {key: Alike(key, name, other) for key, name, other in known}
        self._forms = [
            (key, normalise_company_name(text))
            for key, name, other in self._known.values()
            for text in (name, other)
            if text
        ]
        self._texts = [text for _, text in self._forms]

    def named(self, key: str) -> Alike:
        return self._known[key]

    def like(self, name: str, other_name: str = "") -> list[Alike]:
        """The companies whose names are like these, the most alike first."""
        best: dict[str, float] = {}
        for text in filter(None, (name, other_name)):
            found = process.extract(
                normalise_company_name(text), self._texts, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE
            )
            for _, score, place in found:
                key = self._forms[place][0]
                best[key] = max(best.get(key, 0.0), score)
        order = sorted(best, key=lambda key: -best[key])
        return [self._known[key] for key in order[:MOST]]


def similar(session: Session, actor: Actor, name: str, other_name: str = "") -> list[Alike]:
    """Companies in use that this person may see and whose names are like these, the most alike first."""
    known = queries.names_in_use(session, actor)
    return Names([(str(key), stored, other) for key, stored, other in known]).like(name, other_name)
