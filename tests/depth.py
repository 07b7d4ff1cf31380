"""How much of a long table one run walks through: `make test` a share of each, `make soak` all of it.

Which share follows from what is asked, not from chance: two runs of one commit do the same, and all that is
asked together meets every value.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

WHOLE = os.environ.get("PLUMBLINE_DEPTH") == "whole"
T = TypeVar("T")


def share(values: Sequence[T], of: str, count: int) -> Sequence[T]:
    """`count` of the values, spread over the table, other ones for every `of`; all of them in a soak."""
    if WHOLE:
        return values
    first = crc32(of.encode())
    return [values[(first + n * len(values) // count) % len(values)] for n in range(count)]
