"""Text as it can be printed: what a PDF/A cannot hold, or what would deceive its reader, is taken out.

A PDF/A must map every character to a glyph, so controls, private and unassigned-for-ever code points are
refused by validators; U+2028 beside a soft hyphen ends WeasyPrint 70 with an assertion (pdf.md §3). Marks
that turn the direction of what follows could make one sentence read as another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls but tab and line end
    "\u00ad\u200b\u2060-\u2064\ufeff"  # soft hyphen, nothing one can see
    "\u202a-\u202e\u2066-\u206f"  # what turns the direction of what follows
    "\ud800-\udfff"  # half a character
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: every font draws another thing
    "\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff"  # never characters; anchors of annotations
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff\U0005fffe\U0005ffff"
    "\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff\U0009fffe\U0009ffff\U000afffe\U000affff"
    "\U000bfffe\U000bffff\U000cfffe\U000cffff\U000dfffe\U000dffff\U000e0000-\U000effff]"
)


def printable(text: str) -> str:
    """The text with every kind of line end as "\\n" and without what cannot be printed. Idempotent."""
    return _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))


def printable_all(value: Any) -> Any:
    """The same value with every text in it printable, keys too; what is neither text nor a container
    stays.
    """
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable_all(key): printable_all(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        made = [printable_all(held) for held in value]
        return tuple(made) if isinstance(value, tuple) and not hasattr(value, "_fields") else made
    return value
