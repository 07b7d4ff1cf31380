"""One value, one sequence of bytes: what is hashed on the phone and on the server must agree to the byte.

Equal to ``json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`` in UTF-8, and
refuses what the two languages would write differently or PostgreSQL would not keep: floats, integers beyond
±(2^53-1), lone surrogates, NUL, keys that are not printable ASCII. Twin:
``static/src/js/domain/canonical.js``.
"""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring  # the C routine behind json.dumps
from typing import Any

from app.domain.errors import Invalid

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32

_quote = encode_basestring


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Raises ``Invalid`` with an ``op_*`` code for what has none."""
    text = canonical_text(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Invalid("op_text") from None


def canonical_text(value: Any, max_text: int | None = None, max_depth: int = MAX_DEPTH) -> str:
    """The canonical text of a JSON value, which may still hold a lone surrogate (its encoding to UTF-8
    shows it).
    """
    # One pass that both judges and writes: half the cost of a check followed by json.dumps.
    kind = type(value)
    if kind is str:
        if "\x00" in value:
            raise Invalid("op_text")
        if max_text is not None and len(value) > max_text:
            raise Invalid("op_text_too_long", limit=max_text)
        return _quote(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        if -MAX_INTEGER <= value <= MAX_INTEGER:
            return str(value)
        raise Invalid("op_integer")
    if max_depth <= 0:
        raise Invalid("op_too_deep")
    if kind is dict:
        parts = []
        for key in sorted(value) if all(type(k) is str for k in value) else ():
            if not (key.isascii() and key.isprintable()):
                raise Invalid("op_key")
            parts.append(f"{_quote(key)}:{canonical_text(value[key], max_text, max_depth - 1)}")
        if len(parts) != len(value):
            raise Invalid("op_key")
        return "{" + ",".join(parts) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([canonical_text(item, max_text, max_depth - 1) for item in value]) + "]"
    raise Invalid("op_value")


def digest(data: bytes) -> str:
    """SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
