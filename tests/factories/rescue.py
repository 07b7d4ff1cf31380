"""A file of unsent work as a phone writes it, made without any of the app's code."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PASSPHRASE = "correct horse battery"


def packed(work: Any, photos: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as file:
        file.writestr("work.json", work if isinstance(work, str) else json.dumps(work))
        for sha256, data in photos.items():
            file.writestr(f"photos/{sha256}", data)
    return held.getvalue()


def locked(inside: bytes, passphrase: str = PASSPHRASE, rounds: int = 100_000) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(12)
    header = b"PLUMBLINE-1\n" + salt + rounds.to_bytes(4, "big") + nonce
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds)
    return header + AESGCM(key).encrypt(nonce, inside, header)


def work_of(device: str, operations: Sequence[Any]) -> dict[str, Any]:
    return {"format": 1, "person": "", "device": device, "made_at": 0, "operations": list(operations)}


def rescue(device: str, operations: Sequence[Any], *pictures: bytes) -> bytes:
    photos = {hashlib.sha256(picture).hexdigest(): picture for picture in pictures}
    return locked(packed(work_of(device, operations), photos))
