"""Bytes by their hash: what is there is whole, whoever writes at the same moment and whatever breaks."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from app.adapters.blobs import LocalBlobs
from app.config import ROOT
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale, Unavailable


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "data")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def left_over(blobs: LocalBlobs) -> list[Path]:
    return [path for path in (blobs.folder / "unfinished").rglob("*") if path.is_file()]


def test_put_keeps_bytes_streams_and_files(blobs: LocalBlobs, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"three" * 500_000)
    for data in (b"one", BytesIO(b"two" * 900_000), source):
        content = (
            data
            if isinstance(data, bytes)
            else data.read_bytes()
            if isinstance(data, Path)
            else data.getvalue()
        )
        assert not blobs.exists(sha(content))
        blobs.put(sha(content), data)
        blobs.put(sha(content), content)  # again: welcome
        assert blobs.exists(sha(content)) and blobs.size(sha(content)) == len(content)
        with blobs.open(sha(content)) as file:
            assert file.read() == content
    assert source.exists()
    kept = blobs.folder / "blobs" / sha(b"one")[:2] / sha(b"one")[2:4] / sha(b"one")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert left_over(blobs) == []
    blobs.delete(sha(b"one"))
    blobs.delete(sha(b"one"))
    assert not blobs.exists(sha(b"one"))


def test_bytes_with_another_hash_are_refused(blobs: LocalBlobs) -> None:
    with pytest.raises(Invalid) as caught:
        blobs.put(sha(b"promised"), b"delivered")
    assert caught.value.code == "sha_mismatch"
    assert not blobs.exists(sha(b"promised")) and left_over(blobs) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "a" * 63, "", "a" * 64 + "\n", "a/" * 32])
def test_a_hash_is_no_path(blobs: LocalBlobs, name: str) -> None:
    attempts: list[Callable[[], Any]] = [
        lambda: blobs.put(name, b"x"),
        lambda: blobs.open(name),
        lambda: blobs.exists(name),
        lambda: blobs.delete(name),
        lambda: blobs.put_part(name, 0, b"x", 10),
        lambda: blobs.discard_parts(name),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()


@pytest.mark.parametrize(
    "name", ["../x.jpg", "derived/../../x", "/etc/passwd", "derived//x", "derived/.x", "x", "derived/a\0b"]
)
def test_a_name_stays_inside(blobs: LocalBlobs, name: str) -> None:
    with pytest.raises(NotFound):
        blobs.put_named(name, b"x")
    with pytest.raises(NotFound):
        blobs.open_named(name)


def test_named_bytes_can_be_replaced_and_removed(blobs: LocalBlobs) -> None:
    name = f"derived/480/{sha(b'x')}.jpg"
    assert not blobs.has_named(name)
    blobs.put_named(name, b"first")
    blobs.put_named(name, b"second")
    with blobs.open_named(name) as file:
        assert file.read() == b"second"
    blobs.delete_named(name)
    with pytest.raises(NotFound):
        blobs.open_named(name)


def test_parts_in_any_order_become_the_whole(blobs: LocalBlobs) -> None:
    content = os.urandom(1000)
    pieces = {index: content[index * 300 : index * 300 + 300] for index in range(4)}
    for index in (3, 0, 2, 0):
        blobs.put_part(sha(content), index, pieces[index], 300)
    assert blobs.parts(sha(content), 300) == [0, 2, 3] and blobs.parts(sha(content), 500) == []
    with pytest.raises(Stale) as caught, blobs.assembled(sha(content), 4, 1000, 300):
        pass
    assert (caught.value.code, caught.value.params) == ("parts_missing", {"missing": [1]})
    blobs.put_part(sha(content), 1, pieces[1], 300)
    with blobs.assembled(sha(content), 4, 1000, 300) as path:
        assert path.read_bytes() == content
        blobs.put(sha(content), path)
    assert not path.exists() and blobs.exists(sha(content))
    blobs.discard_parts(sha(content))
    blobs.discard_parts(sha(content))
    assert blobs.parts(sha(content), 300) == []


def test_wrong_parts_are_all_sent_again(blobs: LocalBlobs) -> None:
    promised = sha(b"aaabbb")
    blobs.put_part(promised, 0, b"aaa", 3)
    blobs.put_part(promised, 1, b"bbX", 3)
    with pytest.raises(Invalid) as caught, blobs.assembled(promised, 2, 6, 3):
        pass
    assert caught.value.code == "sha_mismatch" and blobs.parts(promised, 3) == []
    blobs.put_part(promised, 0, b"aaa", 3)
    blobs.put_part(promised, 1, b"bb", 3)
    with pytest.raises(Invalid) as caught, blobs.assembled(promised, 2, 6, 3):
        pass
    assert caught.value.code == "size_mismatch" and blobs.parts(promised, 3) == []
    for count, size in ((0, 0), (2, 3), (2, 7), (-1, 5), (1, 0)):
        with pytest.raises(Invalid), blobs.assembled(promised, count, size, 3):
            pass
    for index, data, part_size in ((-1, b"x", 3), (0, b"", 3), (0, b"four", 3), (10_000, b"x", 3)):
        with pytest.raises(Invalid):
            blobs.put_part(promised, index, data, part_size)


def test_two_writers_of_the_same_content(blobs: LocalBlobs) -> None:
    content = os.urandom(3_000_000)
    problems: list[BaseException] = []
    gate = threading.Barrier(8)

    def write() -> None:
        try:
            gate.wait()
            for index in range(3):
                blobs.put_part(sha(content), index, content[index * 1_000_000 :][:1_000_000], 1_000_000)
            with blobs.assembled(sha(content), 3, 3_000_000, 1_000_000) as path:
                blobs.put(sha(content), path)
        except BaseException as error:
            problems.append(error)

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert problems == []
    with blobs.open(sha(content)) as file:
        assert file.read() == content
    assert left_over(blobs) == []


WRITER = """
import hashlib, sys
from pathlib import Path
from app.adapters.blobs import LocalBlobs
blobs = LocalBlobs(Path(sys.argv[1]))
for number in range(100_000):
    content = str(number).encode() * 40_000
    blobs.put(hashlib.sha256(content).hexdigest(), content)
    print(hashlib.sha256(content).hexdigest(), flush=True)
"""


def test_killed_while_writing_only_whole_blobs_have_names(tmp_path: Path) -> None:
    for wait in (0.15, 0.2, 0.25):
        folder = tmp_path / str(wait)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip()]
        time.sleep(wait)
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.read().split()
        writer.wait()
        blobs = LocalBlobs(folder)
        named = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
        assert len(named) >= len(said) >= 1
        for path in named:
            assert sha(path.read_bytes()) == path.name
        for promised in said:
            assert blobs.exists(promised)
        blobs.sweep(datetime.now(UTC) + timedelta(hours=1))
        assert left_over(blobs) == []


def test_content_is_on_the_disk_before_its_name(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        target = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append(f"sync {'folder' if target.is_dir() else 'file'}")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        done.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    blobs.put(sha(b"x"), b"x")
    assert done == ["sync file", "name", *["sync folder"] * 4]  # ab/cd, ab, blobs, data
    done.clear()
    blobs.put(sha(b"x"), b"x")  # named already, perhaps a moment ago by someone who has not synced yet
    assert done == ["sync folder"] * 4


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EIO, "storage_unavailable")],
)
def test_a_disk_that_cannot_is_a_reason_to_wait(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    blobs.put_part(sha(b"xyz"), 0, b"xyz", 3)

    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", refuse)
        for attempt in (lambda: blobs.put(sha(b"xyz"), b"xyz"), lambda: blobs.put_named("a/b", b"x")):
            with pytest.raises(Unavailable) as caught:
                attempt()
            assert (caught.value.code, caught.value.status) == (code, 507 if code == "disk_full" else 503)
    assert not blobs.exists(sha(b"xyz")) and left_over(blobs) == []
    assert blobs.parts(sha(b"xyz"), 3) == [0]
    blobs.put(sha(b"xyz"), b"xyz")


FULL_DISK = """
import hashlib, os, resource, signal, sys
from pathlib import Path
from app.adapters.blobs import LocalBlobs
from app.domain.errors import Unavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
blobs = LocalBlobs(Path(sys.argv[1]))
content = os.urandom(500_000)
sha256 = hashlib.sha256(content).hexdigest()
for attempt in (lambda: blobs.put(sha256, content), lambda: blobs.put_part(sha256, 0, content, 500_000)):
    try:
        attempt()
    except Unavailable as error:
        assert error.code == "disk_full"
    else:
        sys.exit("kept more than there is room for")
assert not blobs.exists(sha256) and blobs.parts(sha256, 500_000) == []
"""


def test_the_kernel_says_no_in_the_middle_of_a_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_sweep_takes_what_nobody_finished(blobs: LocalBlobs) -> None:
    blobs.put(sha(b"kept"), b"kept")
    blobs.put_part(sha(b"old"), 0, b"old", 3)
    blobs.put_part(sha(b"new"), 0, b"new", 3)
    yesterday = time.time() - 86_400
    os.utime(blobs.folder / "parts" / sha(b"old") / "3" / "0", (yesterday, yesterday))
    crashed = blobs.folder / "unfinished" / "0123"
    crashed.write_bytes(b"half")
    os.utime(crashed, (yesterday, yesterday))
    assert blobs.sweep(datetime.now(UTC) - timedelta(hours=1)) == 2
    assert blobs.parts(sha(b"old"), 3) == [] and blobs.parts(sha(b"new"), 3) == [0]
    assert blobs.exists(sha(b"kept")) and left_over(blobs) == []


def test_what_is_not_here_is_not_found(blobs: LocalBlobs) -> None:
    for attempt in (lambda: blobs.open(sha(b"?")), lambda: blobs.size(sha(b"?"))):
        with pytest.raises(PlumblineError) as caught:
            attempt()
        assert (caught.value.code, caught.value.status) == ("media_unknown", 404)
