"""Password hashing and judging: argon2id and zxcvbn behind four functions.

Hashing takes 64 MiB and four threads each time, so at most two run at once; a crowd of sign-ins waits its
turn instead of eating the memory of a small server.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 256
GOOD_ENOUGH = 3  # zxcvbn's score from 0 to 4
OF_ITS_OWN = 6  # letters and digits that no word of the person or the organisation gives
JUDGED = 72  # zxcvbn's time grows with the square of the length, and it refuses more

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_two_at_once = threading.BoundedSemaphore(2)
_nobody: list[str] = []
_WHY = {"repeat": "repeats", "sequence": "sequence", "spatial": "keys", "date": "dates"}


def hash_password(password: str) -> str:
    """The argon2id hash to store, with its own salt and parameters in it."""
    with _two_at_once:
        return _hasher.hash(_same(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash. Without a hash the same work is done, for nothing, so
    that the time of the answer does not tell whether somebody has an account.
    """
    with _two_at_once:
        try:
            return _hasher.verify(stored or _dummy(), _same(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def weakness(password: str, own_words: Iterable[str]) -> str | None:
    """Why the password is refused, or None: `too_short`, `too_long`, or what makes it easy to guess:
    `own_words`, `common`, `words`, `repeats`, `sequence`, `keys`, `dates`, `guessable`.
    """
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    mine = _parts(own_words)
    if _left_over(password, mine) < OF_ITS_OWN:
        return "own_words"
    from zxcvbn import zxcvbn  # only here: its lists of words take 12 MB, and passwords are seldom chosen

    found = zxcvbn(_same(password)[:JUDGED], user_inputs=mine)
    return None if found["score"] >= GOOD_ENOUGH else _why(found["sequence"])


def _parts(own_words: Iterable[str]) -> list[str]:
    """Each word, its pieces, and the pieces run together ("BoChen"); the longest first."""
    found: set[str] = set()
    for word in own_words:
        word = word.casefold()
        for text in (word, word.partition("@")[0]):
            pieces = [piece for piece in re.split(r"[\W_]+", text) if piece]
            found.update((text, "".join(pieces), *pieces))
    return sorted((part for part in found if len(part) > 1), key=lambda part: (-len(part), part))


def _left_over(password: str, mine: list[str]) -> int:
    """How many letters and digits of the password are not part of the person's own words."""
    left = _same(password).casefold()
    for part in mine:
        left = left.replace(part, " ")
    return sum(character.isalnum() for character in left)


def _why(parts: list[dict[str, Any]]) -> str:
    longest = max(parts, key=lambda part: len(part["token"]))
    if any(part.get("dictionary_name") == "user_inputs" for part in parts):
        return "own_words"
    if longest["pattern"] == "dictionary":
        return "common" if longest["dictionary_name"] == "passwords" else "words"
    return _WHY.get(longest["pattern"], "guessable")


def new_secret() -> str:
    """A secret of 256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is stored of a secret of ours. It is random and long, so a plain SHA-256 cannot be reversed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _same(password: str) -> str:
    # one letter may be typed as one character or as two: both keyboards sign in
    return unicodedata.normalize("NFC", password)


def _dummy() -> str:
    if not _nobody:
        _nobody.append(_hasher.hash(secrets.token_urlsafe(16)))
    return _nobody[0]
