"""A backup is one tar file: the database, the blobs, what was issued, and last a manifest of hashes.

Written beside its final name and renamed when everything is on the disk: a file that has its name is whole.
Nothing is compressed: photos and PDFs do not shrink, and a damaged byte then costs one file.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20


class Damaged(Exception):
    """The file is no whole backup; the text says what is wrong with it."""


class Writer:
    """`add(name, path)` copies a file in and notes its hash; leaving `writing()` writes the manifest."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path) -> str:
        """The SHA-256 of what was copied. A file that disappears meanwhile raises FileNotFoundError."""
        with path.open("rb") as file:
            info = tarfile.TarInfo(name)
            info.size, info.mode = os.fstat(file.fileno()).st_size, 0o600
            hashed = _Hashed(file)
            self._tar.addfile(info, cast("BinaryIO", hashed))
        self.files[name] = {"sha256": hashed.digest.hexdigest(), "size": info.size}
        return hashed.digest.hexdigest()

    def close(self, facts: dict[str, Any]) -> None:
        body = json.dumps({"format": FORMAT, **facts, "files": self.files}, indent=1, sort_keys=True).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(body), 0o600
        self._tar.addfile(info, io.BytesIO(body))


class _Hashed:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


@contextmanager
def writing(target: Path, facts: dict[str, Any]) -> Iterator[Writer]:
    """A new backup file, only for its owner to read. `facts` go into the manifest as they are at the end."""
    unfinished = target.with_name(target.name + ".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                writer = Writer(tar)
                yield writer
                writer.close(facts)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        unfinished.unlink(missing_ok=True)


class Unpacked:
    """A backup laid out in a folder, every hash compared with its manifest."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest

    def below(self, name: str) -> list[Path]:
        """The files under a folder of the backup."""
        root = self.folder / name
        return sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []

    @classmethod
    def of(cls, file: Path, folder: Path) -> Self:
        """Unpacks `file` into an empty folder. Raises Damaged before anything else is touched."""
        found: dict[str, dict[str, Any]] = {}
        manifest: dict[str, Any] | None = None
        try:
            with tarfile.open(file, "r:") as tar:
                for member in tar:
                    data = tar.extractfile(member) if member.isfile() else None
                    if data is None:
                        raise Damaged(f"{member.name} is no file.")
                    if member.name == MANIFEST:
                        manifest = json.loads(data.read())
                    else:
                        found[member.name] = _laid_out(cast("BinaryIO", data), _inside(folder, member.name))
        except (tarfile.TarError, EOFError, OSError, ValueError) as error:
            raise Damaged(f"it cannot be read as a backup ({error}).") from error
        if manifest is None:
            raise Damaged("it has no manifest: it was not written to its end.")
        if manifest.get("format") != FORMAT:
            raise Damaged(f"its format is {manifest.get('format')!r}; this version reads {FORMAT}.")
        _compare(manifest["files"], found)
        return cls(folder, manifest)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Damaged(f"{name} leads out of its folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _laid_out(data: BinaryIO, path: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := data.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": digest.hexdigest(), "size": size}


def _compare(promised: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> None:
    for name in sorted(promised.keys() | found.keys()):
        if name not in found:
            raise Damaged(f"{name} is missing.")
        if name not in promised:
            raise Damaged(f"{name} is not in its manifest.")
        if found[name] != promised[name]:
            raise Damaged(f"{name} is not what it was when the backup was made.")
