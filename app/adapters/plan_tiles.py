"""The tiles of a large plan, all in one file: hundreds of small files would make backups slow.

The file: four bytes that say how long the index is (big-endian), the index as JSON, the tiles one after the
other. Index: [level][row][column] → [offset behind the index, length]; length 0 is a tile that is all white.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import BinaryIO

EDGE = 512  # pixels of a tile
_HEAD = struct.Struct(">I")


def tiles_name(picture_sha256: str) -> str:
    """The blob name of the tiles that belong to a picture."""
    return f"plans/tiles/{picture_sha256}"


def packed(levels: Sequence[Sequence[Sequence[bytes]]]) -> bytes:
    """The file of these tiles."""
    parts: list[bytes] = []
    index: list[list[list[list[int]]]] = []
    at = 0
    for level in levels:
        rows = []
        for row in level:
            places = []
            for tile in row:
                places.append([at, len(tile)])
                parts.append(tile)
                at += len(tile)
            rows.append(places)
        index.append(rows)
    head = json.dumps(index, separators=(",", ":")).encode()
    return b"".join([_HEAD.pack(len(head)), head, *parts])


def tile(file: BinaryIO, level: int, row: int, column: int) -> bytes | None:
    """One tile; empty where the plan is white, None where there is none."""
    (length,) = _HEAD.unpack(file.read(_HEAD.size))
    index = json.loads(file.read(length))
    if min(level, row, column) < 0:
        return None
    try:
        offset, size = index[level][row][column]
    except IndexError:
        return None
    file.seek(_HEAD.size + length + offset)
    return file.read(size)
