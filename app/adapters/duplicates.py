"""Names of companies that look like one another, found with RapidFuzz."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from app.domain.companies import normalise_company_name

LIKE = 86  # percent of characters in common, in order
MOST = 5
# Two texts that are that alike share some of their rarer pairs of characters, so only texts that share those
# are compared, the rarest first and not endlessly many: 20,000 names against 20,000 take seconds.
PROBED = 0.5
COMPARED = 200


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
            (one.key, _form(text))
            for one in self._known.values()
            for text in (one.name, one.other_name)
            if text
        ]
        self._places: dict[str, list[int]] = {}
        for place, (_, form) in enumerate(self._forms):
            for pair in _pairs(form):
                self._places.setdefault(pair, []).append(place)

    def named(self, key: str) -> Alike:
        return self._known[key]

    def like(self, name: str, other_name: str = "") -> list[Alike]:
        """The companies whose names are like these, the most alike first."""
        from rapidfuzz import fuzz  # 40 modules, 4 MB: for those who add companies

        best: Counter[str] = Counter()
        for text in filter(None, (name, other_name)):
            form = _form(text)
            for place in self._candidates(form):
                key, known = self._forms[place]
                best[key] = max(best[key], round(fuzz.ratio(form, known, score_cutoff=LIKE) * 1000))
        return [self._known[key] for key, score in best.most_common(MOST) if score]

    def _candidates(self, form: str) -> set[int]:
        pairs = sorted(_pairs(form), key=lambda pair: len(self._places.get(pair, ())))
        probed = pairs[: max(1, round(len(pairs) * PROBED))]
        found: set[int] = set()
        for pair in probed:
            places = self._places.get(pair, ())
            if found and len(found) + len(places) > COMPARED:
                break
            found.update(places[:COMPARED])
        return found


def _form(text: str) -> str:
    """The name as it is compared: without legal form, words in one order."""
    return " ".join(sorted(normalise_company_name(text).split()))


def _pairs(form: str) -> set[str]:
    return {form[place : place + 2] for place in range(max(1, len(form) - 1))}
