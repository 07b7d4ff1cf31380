"""What a password may be, and how it is kept."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.passwords import fits, hash_password, outdated, weakness

OWN = ["Lin Yue", "lin.yue@nordhaven.example", "Nordhaven Appliances"]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "too_short"),
        ("x" * 257, "too_long"),
        ("linyue-lin-yue", "own_words"),
        ("Nordhaven2026!", "own_words"),
        ("iloveyou1234", "common"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("abcdefghijklmnop", "sequence"),
        ("dfghjkl;xcvb", "keys"),
        ("2019-12-01-ab", "dates"),
    ],
)
def test_what_is_refused_and_why(password: str, why: str) -> None:
    assert weakness(password, OWN) == why


@pytest.mark.parametrize(
    "password",
    [
        "lantern granite ferry cello",
        "Lin loves granite ferries in autumn",
        "青石板上的三只白鹭与旧船票",
        "correct horse battery staple" * 9,
        "vK9$mQ2#xL7p",
    ],
)
def test_no_rules_of_composition_and_any_script(password: str) -> None:
    assert weakness(password, OWN) is None


def test_a_hash_is_argon2id_with_its_own_salt_and_fits_only_its_password() -> None:
    one, two = hash_password("lantern granite"), hash_password("lantern granite")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != two
    assert fits("lantern granite", one)
    assert not fits("lantern granitE", one)
    assert not fits("lantern granite", None)
    assert not fits("lantern granite", "not a hash")
    assert not outdated(one)
    assert outdated(one.replace("t=3", "t=2"))


def test_nothing_is_cut_off() -> None:
    long = "a much longer password than seventy-two bytes, " * 4
    assert not fits(long + "x", hash_password(long + "y"))


def test_a_letter_typed_in_two_ways_is_one_password() -> None:
    typed = "café crème brûlée"
    other = unicodedata.normalize("NFD", typed)
    assert other != typed
    assert fits(other, hash_password(typed))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=12, max_size=256))
def test_judging_never_fails_and_never_takes_long(password: str) -> None:
    began = time.perf_counter()
    weakness(password, OWN)
    assert time.perf_counter() - began < 2
