"""The file with which unsent work leaves a phone that cannot send: an encrypted ZIP (docs/offline.md).

    12 bytes   "PLUMBLINE-1\\n"
    16 bytes   salt
     4 bytes   rounds of PBKDF2-HMAC-SHA-256, big endian
    12 bytes   nonce
    the rest   AES-256-GCM of a ZIP; all before it is authenticated with it

In the ZIP, nothing compressed: `photos/<sha256>` and `work.json`, which is
{"format": 1, "person", "device", "made_at", "operations": [...]}. Written by static/src/js/runner/rescue.js.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import Invalid, TooLarge

MAGIC = b"PLUMBLINE-1\n"
HEADER = len(MAGIC) + 16 + 4 + 12
ROUNDS = range(100_000, 2_000_001)
FILE_AT_MOST = 96 * 1024 * 1024
ENTRIES_AT_MOST = 2_000
WORK_AT_MOST = 32 * 1024 * 1024
OPERATIONS_AT_MOST = 50_000
_PHOTO = re.compile(r"photos/([0-9a-f]{64})").fullmatch


@dataclass(frozen=True)
class Rescued:
    """What a file holds. Nothing in it is believed: operations are judged as pushed ones, photos decoded."""

    device: str
    operations: list[Any]
    photos: dict[str, bytes]
    sha256: str


def read(data: bytes, passphrase: str) -> Rescued:
    """Raises Invalid: rescue_not_ours, rescue_passphrase, rescue_damaged; TooLarge (rescue_too_large)."""
    if len(data) > FILE_AT_MOST:
        raise TooLarge("rescue_too_large")
    if not data.startswith(MAGIC) or len(data) < HEADER + 16:
        raise Invalid("rescue_not_ours", field="file")
    salt, rounds = data[12:28], int.from_bytes(data[28:32], "big")
    if rounds not in ROUNDS:
        raise Invalid("rescue_not_ours", field="file")
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(errors="replace"), salt, rounds)
    try:
        inside = AESGCM(key).decrypt(data[32:44], data[HEADER:], data[:HEADER])
    except InvalidTag:
        raise Invalid("rescue_passphrase", field="passphrase") from None
    try:
        return _unpack(inside, hashlib.sha256(data).hexdigest())
    # a RuntimeError is an entry locked once more, a kind of ZIP nobody reads, or JSON without an end
    except (zipfile.BadZipFile, zlib.error, ValueError, LookupError, EOFError, RuntimeError):
        raise Invalid("rescue_damaged", field="file") from None


def _unpack(inside: bytes, sha256: str) -> Rescued:
    photos: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(inside)) as packed:
        entries = packed.infolist()
        if len(entries) > ENTRIES_AT_MOST or len({entry.filename for entry in entries}) != len(entries):
            raise TooLarge("rescue_too_large")
        # stored, so nothing can be larger inside than the file that came; overlapping entries still could be
        if any(e.compress_type != zipfile.ZIP_STORED or e.file_size != e.compress_size for e in entries):
            raise ValueError("compressed")
        if sum(entry.file_size for entry in entries) > len(inside):
            raise TooLarge("rescue_too_large")
        if packed.getinfo("work.json").file_size > WORK_AT_MOST:
            raise TooLarge("rescue_too_large")
        work = json.loads(packed.read("work.json"))
        for entry in entries:
            named = _PHOTO(entry.filename)
            if named:
                photos[named[1]] = packed.read(entry)
    if type(work) is not dict or work.get("format") != 1 or type(work.get("operations")) is not list:
        raise ValueError("format")
    if len(work["operations"]) > OPERATIONS_AT_MOST:
        raise TooLarge("rescue_too_large")
    return Rescued(str(work.get("device", ""))[:36], work["operations"], photos, sha256)
