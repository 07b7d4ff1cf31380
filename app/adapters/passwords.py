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
from zxcvbn import zxcvbn

SHORTEST = 12
LONGEST = 256
GOOD_ENOUGH = 3  # zxcvbn's score from 0 to 4
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
    mine = [part for word in own_words for part in {word, *re.split(r"[\W_]+", word)} if len(part) > 1]
    found = zxcvbn(_same(password)[:JUDGED], user_inputs=mine)
    return None if found["score"] >= GOOD_ENOUGH else _why(found["sequence"])


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
