"""Bytes by their SHA-256: photos, files, issued reports; beside them named copies that can be made again.

LocalBlobs keeps them in a folder. An S3-compatible store comes later behind the same protocol (obstore), with
parts as its multipart upload; nothing above this file may ask for a path it did not get from here.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from app.domain.errors import Full, Invalid, NotFound, PlumblineError, Stale, Unavailable

SHA256 = re.compile(r"[0-9a-f]{64}")
OWNER = re.compile(r"[0-9a-f-]{0,36}")
NAME = re.compile(r"[a-z0-9]+(/[a-z0-9][a-z0-9._-]*){1,4}")
LARGEST_PART = 16 << 20  # one photo in one part
MOST_PARTS = 10_000
CHUNK = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Data = bytes | BinaryIO | Path


class BlobStore(Protocol):
    """Where bytes are kept. Every sha256 is 64 lower-case hex digits; all calls are safe to repeat.

    Raises Invalid(sha_mismatch, size_mismatch, bad_request), Stale(parts_missing, missing=[...]),
    NotFound(media_unknown), Unavailable(disk_full, storage_unavailable).
    """

    def put(self, sha256: str, data: Data) -> None:
        """Keeps bytes for ever; on return they survive a power cut. Refuses bytes with another hash."""

    def open(self, sha256: str) -> BinaryIO: ...
    def exists(self, sha256: str) -> bool: ...
    def size(self, sha256: str) -> int: ...
    def delete(self, sha256: str) -> None: ...

    def put_part(self, sha256: str, index: int, data: bytes, part_size: int, by: str = "") -> None:
        """Keeps part `index` (from 0) of an upload in parts of `part_size` bytes; the last may be shorter.

        `by` names whose upload it is: two people who send the same content each send all of it.
        """

    def part(self, sha256: str, index: int, part_size: int, by: str = "") -> bytes | None: ...

    def parts(self, sha256: str, part_size: int, by: str = "") -> list[int]:
        """Indexes of the parts that are here, ascending."""

    def assembled(
        self, sha256: str, count: int, size: int, part_size: int, by: str = ""
    ) -> AbstractContextManager[Path]:
        """The whole of an upload as a file that lasts as long as the block. Wrong bytes drop all parts."""

    def discard_parts(self, sha256: str, by: str = "") -> None: ...

    def put_named(self, name: str, data: bytes) -> None:
        """Keeps or replaces what can be made again, such as derived/480/<sha256>.jpg."""

    def open_named(self, name: str) -> BinaryIO: ...
    def has_named(self, name: str) -> bool: ...
    def delete_named(self, name: str) -> None: ...

    def sweep(self, before: datetime) -> int:
        """Removes uploads and unfinished files untouched since then; how many."""


class LocalBlobs:
    """In a folder: blobs/ab/cd/<sha256>, parts/<sha256>[-<by>]/<part size>/<index>, named/…, unfinished."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, sha256: str, data: Data) -> None:
        target = self._blob(sha256)
        with _disk(), self._unfinished() as (path, file):
            if _copy_hashed(data, file) != sha256:
                raise Invalid("sha_mismatch")
            if not target.exists():
                _settle(path, file, target)
            _sync_folders(target.parent, self.folder)  # also when another writer has just named it

    def open(self, sha256: str) -> BinaryIO:
        return _open(self._blob(sha256))

    def exists(self, sha256: str) -> bool:
        return self._blob(sha256).is_file()

    def size(self, sha256: str) -> int:
        try:
            return self._blob(sha256).stat().st_size
        except FileNotFoundError as error:
            raise NotFound("media_unknown") from error

    def delete(self, sha256: str) -> None:
        with _disk():
            self._blob(sha256).unlink(missing_ok=True)

    def put_part(self, sha256: str, index: int, data: bytes, part_size: int, by: str = "") -> None:
        if not 0 <= index < MOST_PARTS or not 0 < len(data) <= part_size <= LARGEST_PART:
            raise Invalid("bad_request")
        target = self._parts(sha256, by) / str(part_size) / str(index)
        with _disk(), self._unfinished() as (path, file):
            file.write(data)
            file.close()  # not forced to the disk: the sender keeps it until the whole has been checked
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)

    def part(self, sha256: str, index: int, part_size: int, by: str = "") -> bytes | None:
        try:
            return (self._parts(sha256, by) / str(part_size) / str(index)).read_bytes()
        except FileNotFoundError:
            return None

    def parts(self, sha256: str, part_size: int, by: str = "") -> list[int]:
        folder = self._parts(sha256, by) / str(part_size)
        return sorted(int(part.name) for part in folder.iterdir()) if folder.is_dir() else []

    @contextmanager
    def assembled(self, sha256: str, count: int, size: int, part_size: int, by: str = "") -> Iterator[Path]:
        if not 0 < count <= MOST_PARTS or not (count - 1) * part_size < size <= count * part_size:
            raise Invalid("size_mismatch")
        here = set(self.parts(sha256, part_size, by))
        if missing := [index for index in range(count) if index not in here]:
            raise Stale("parts_missing", missing=missing)
        with self._unfinished() as (path, file):
            with _disk():
                self._join(sha256, count, size, part_size, by, file)
            yield path

    def _join(self, sha256: str, count: int, size: int, part_size: int, by: str, file: BinaryIO) -> None:
        digest = hashlib.sha256()
        folder = self._parts(sha256, by) / str(part_size)
        for index in range(count):
            try:
                part = (folder / str(index)).read_bytes()
            except FileNotFoundError as error:  # another request has just finished or dropped them
                raise Stale("parts_missing", missing=[index]) from error
            digest.update(part)
            file.write(part)
        file.flush()
        if file.tell() != size or digest.hexdigest() != sha256:
            self.discard_parts(sha256, by)  # which one is wrong cannot be known: all are sent again
            raise Invalid("size_mismatch" if file.tell() != size else "sha_mismatch")

    def discard_parts(self, sha256: str, by: str = "") -> None:
        shutil.rmtree(self._parts(sha256, by), ignore_errors=True)

    def put_named(self, name: str, data: bytes) -> None:
        target = self._named(name)
        with _disk(), self._unfinished() as (path, file):
            file.write(data)
            _settle(path, file, target)

    def open_named(self, name: str) -> BinaryIO:
        return _open(self._named(name))

    def has_named(self, name: str) -> bool:
        return self._named(name).is_file()

    def delete_named(self, name: str) -> None:
        with _disk():
            self._named(name).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        removed = 0
        for file in _entries(self.folder / "unfinished"):
            if file.stat().st_mtime < before.timestamp():
                file.unlink(missing_ok=True)
                removed += 1
        for upload in _entries(self.folder / "parts"):
            newest = max((part.stat().st_mtime for part in upload.glob("*/*")), default=0.0)
            if newest < before.timestamp():
                shutil.rmtree(upload, ignore_errors=True)
                removed += 1
        return removed

    def _blob(self, sha256: str) -> Path:
        return self.folder / "blobs" / _checked(sha256)[:2] / sha256[2:4] / sha256

    def _parts(self, sha256: str, by: str) -> Path:
        if not OWNER.fullmatch(by):
            raise NotFound("media_unknown")
        return self.folder / "parts" / (f"{_checked(sha256)}-{by}" if by else _checked(sha256))

    def _named(self, name: str) -> Path:
        if not NAME.fullmatch(name) or ".." in name:
            raise NotFound("media_unknown")
        return self.folder / "named" / name

    @contextmanager
    def _unfinished(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A new file of its own, on the same disk as its target; gone after the block unless moved away."""
        with _disk():
            folder = self.folder / "unfinished"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / secrets.token_hex(16)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        file = os.fdopen(descriptor, "w+b")
        try:
            yield path, file
        finally:
            with contextlib.suppress(OSError):  # a full disk shows again when the buffer is flushed
                file.close()
            path.unlink(missing_ok=True)


@contextmanager
def _disk() -> Iterator[None]:
    """A disk that cannot take it is a reason to wait, not to lose the request in a traceback."""
    try:
        yield
    except PlumblineError:
        raise
    except OSError as error:
        raise (Full() if error.errno in FULL else Unavailable("storage_unavailable")) from error


def _checked(sha256: str) -> str:
    if not SHA256.fullmatch(sha256):
        raise NotFound("media_unknown")
    return sha256


def _copy_hashed(data: Data, file: BinaryIO) -> str:
    if isinstance(data, Path):
        with data.open("rb") as source:
            return _copy_hashed(source, file)
    if isinstance(data, bytes):
        file.write(data)
        return hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256()
    while chunk := data.read(CHUNK):
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()


def _settle(path: Path, file: BinaryIO, target: Path) -> None:
    """Content on the disk before it gets its name: a name never points at half a file."""
    file.flush()
    os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.replace(target)


def _sync_folders(folder: Path, top: Path) -> None:
    """The name on the disk too, and the folders above it, which may be just as new (offline.md §4.5)."""
    for each in (folder, *folder.parents):
        descriptor = os.open(each, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if each == top:
            return


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise NotFound("media_unknown") from error


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
