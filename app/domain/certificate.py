"""Handing over the keys of a flat: what may be written down, and what the certificate calls the result."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from app.domain.errors import Invalid
from app.domain.register_walk import KEYS, KEYS_AT_MOST

OPEN, CLOSED, AS_IS, WITHDRAWN = "open", "closed", "as_is", "withdrawn"  # how a defect stands
OWNER, REPRESENTATIVE = "owner", "representative"
# what goes with the keys: the papers an owner gets, in the order they are handed over
PAPERS = ("guarantee", "manual", "as_built", "acceptance", "appliances", "rules", "accounts")
OTHERS_AT_MOST = 20  # papers of one's own


class Result(NamedTuple):
    """``code``: accepted, accepted_open, accepted_as_is, accepted_both; how many defects are open, and how
    many were accepted as they are.
    """

    code: str
    open: int
    as_is: int


def result_of(states: Iterable[str]) -> Result:
    """What the certificate says, from how each defect stands."""
    listed = list(states)
    still, as_is = listed.count(OPEN), listed.count(AS_IS)
    code = {(False, False): "accepted", (True, False): "accepted_open", (False, True): "accepted_as_is"}.get(
        (bool(still), bool(as_is)), "accepted_both"
    )
    return Result(code, still, as_is)


def judge_day(day: date, walked: date | None, today: date) -> None:
    """The keys change hands on the day of the walk at the earliest, and not in the future. Raises Invalid."""
    if day > today:
        raise Invalid("handover_day_future", field="day")
    if walked is not None and day < walked:
        raise Invalid("handover_day_early", field="day")


def judge_receiver(stand: str, name: str, authority: str) -> None:
    """The owner, or somebody named whom the owner authorised. Raises Invalid."""
    if stand not in (OWNER, REPRESENTATIVE):
        raise Invalid("not_a_choice", field="stand")
    if not name:
        raise Invalid("required", field="receiver")
    if stand == REPRESENTATIVE and not authority:
        raise Invalid("handover_authority", field="authority")


def judge_keys(
    counted: Mapping[str, int], handed: Mapping[str, int], remarks: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The keys as they were counted and as they are given: [{"kind", "counted", "handed"}] in the order of
    KEYS. Where the two differ somebody says why; what was neither counted nor given is left out. Raises
    Invalid, field "key_<kind>" or "note_<kind>".
    """
    found = []
    for kind in KEYS:
        before, given = counted.get(kind), handed.get(kind)
        if given is None:
            given = before
        if not before and not given:
            continue
        if given is None or not 0 <= given <= KEYS_AT_MOST:
            raise Invalid("keys_number", field=f"key_{kind}", most=KEYS_AT_MOST)
        if given != (before or 0) and not remarks.get(kind):
            raise Invalid("keys_differ", field=f"note_{kind}")
        found.append({"kind": kind, "counted": before or 0, "handed": given})
    return found


def judge_languages(languages: Collection[str], known: Collection[str]) -> list[str]:
    """One language, or two side by side; each once, the first leads. Raises Invalid."""
    found = list(dict.fromkeys(languages))
    if not 1 <= len(found) <= 2 or not set(found) <= set(known):
        raise Invalid("not_a_language", field="language")
    return found
