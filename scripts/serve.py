"""`make run`: prepares the installation, then serves web and worker together until asked to stop.

Standard library only in this process, so that it starts at once and stays small. Every reason not to start
is a sentence and a number, never a traceback.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.adapters.machine import advice, missing_packages
from app.adapters.schema import newest_revision
from app.config import ROOT, BadSetting, Config, read_config
from scripts import supervise
from scripts.addresses import CannotListen, from_here, in_url, listen, local_addresses, reaches_others
from scripts.greeting import greeting, sign_ins

if TYPE_CHECKING:
    from scripts.tls_front import TlsFront

WEB = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "scripts" / "gunicorn_conf.py")]
PREPARE = [sys.executable, "-m", "scripts.prepare"]
WORKER = [sys.executable, "-m", "scripts.worker"]
SIGN_INS = "demo-sign-ins.txt"
ANSWERS_WITHIN = 60.0  # seconds; two slow cores need five


class CannotServe(Exception):
    """It cannot start; the text says why."""


@dataclass(frozen=True)
class Place:
    """Where to listen. https_port is None when phones are not served, or a proxy of the operator does it."""

    host: str
    port: int
    https_port: int | None
    processes: int


def read_place(environ: Mapping[str, str], proxies: int, sqlite: bool) -> Place:
    """HOST, PORT, HTTPS_PORT and WEB_CONCURRENCY. Raises CannotServe with a sentence."""

    def number(name: str, default: int, low: int, high: int) -> int:
        text = environ.get(name, "").strip() or str(default)
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise CannotServe(f"{name} is {text!r}; it must be a whole number from {low} to {high}.")
        return int(text)

    host = environ.get("HOST", "").strip() or "127.0.0.1"
    https_port = number("HTTPS_PORT", 8443, 0, 65535)
    processes = number("WEB_CONCURRENCY", 1, 1, 64)
    if sqlite and processes > 1:
        raise CannotServe("WEB_CONCURRENCY above 1 needs PostgreSQL; SQLite is served by one process.")
    phones = reaches_others(host) and not proxies and https_port
    return Place(host, number("PORT", 8000, 1, 65535), https_port if phones else None, processes)


def default_public_url(place: Place) -> str:
    """The address that letters and QR codes name when the operator does not say: the best others can open."""
    if place.https_port:
        addresses = local_addresses(place.host)
        if addresses:
            return f"https://{in_url(addresses[0])}:{place.https_port}"
    return f"http://{in_url(from_here(place.host))}:{place.port}"


def is_ready(config: Config) -> bool:
    """Whether an SQLite database is at the present schema and has people, and those are not the demo's where
    none is wanted: nothing to prepare or to refuse then.
    """
    path = Path(config.database_url.removeprefix("sqlite:///"))
    if not config.sqlite or not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()
            somebody = database.execute("SELECT 1 FROM people LIMIT 1").fetchone()
            demo = database.execute("SELECT demo FROM installation").fetchone()
    except sqlite3.Error:
        return False
    wanted = config.demo or demo != (1,)
    return somebody is not None and revision == (newest_revision(),) and wanted


def check_data_folder(folder: Path) -> None:
    """Raises CannotServe when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"plumbline")
    except OSError as problem:
        raise CannotServe(
            f"The data folder {folder} cannot be written: {problem.strerror}. "
            "Mend that, or name another: PLUMBLINE_DATA=/path make run"
        ) from None


async def prepare(environ: Mapping[str, str], asked: asyncio.Event) -> bool:
    """Migrates and fills the database in a process of its own; False when a stop was asked for meanwhile.
    Raises CannotServe.
    """
    child = await supervise.start("The preparation", PREPARE, environ, str(ROOT))
    ended = await supervise.first_end([child], asked)
    await supervise.stop([child])
    if ended and child.process.returncode:
        raise CannotServe("The database could not be prepared (see above).")
    return ended is not None


async def serve(place: Place, config: Config, environ: dict[str, str]) -> int:
    """Serves until a stop is asked for (0) or a child dies (1)."""
    asked = supervise.stop_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="plumbline-"))  # 0700: only we reach the inner socket
    children: list[supervise.Child] = []
    try:
        sockets = [listen(place.host, place.port)]  # a port in use is said before anything is made
        outer = listen(place.host, place.https_port, "HTTPS_PORT") if place.https_port else None
        if outer:
            sockets.append(_inner_socket(folder / "web"))
            environ["PLUMBLINE_FRONT_PORT"] = str(place.https_port)
        if not (is_ready(config) or await prepare(environ, asked)):
            return 0
        bind = [part for each in sockets for part in ("--bind", f"fd://{each.fileno()}")]
        web = [*WEB, "--workers", str(place.processes), *bind]
        numbers = tuple(each.fileno() for each in sockets)
        children.append(await supervise.start("The web process", web, environ, str(ROOT), numbers))
        children.append(await supervise.start("The worker", WORKER, environ, str(ROOT)))
        for each in sockets:
            each.close()  # a copy left here would let callers wait for a server that is gone
        front = await _tls_front(place, outer, config, str(folder / "web")) if outer else None
        stood, ended = await _watch(place, config, children, asked)
        if front:
            front.stop_accepting()
        # gunicorn may miss the signal while it boots, and there is no request to be finished yet
        await supervise.stop(children, supervise.PATIENCE if stood else 3.0)
        if front:
            await front.finish(2.0)
    finally:
        await supervise.stop(children, 1.0)
        shutil.rmtree(folder, ignore_errors=True)
    if ended is None:
        print("Stopped.", flush=True)
        return 0
    print(f"{ended.name} stopped by itself ({ended.process.returncode}): all stopped.", file=sys.stderr)
    return 1


async def _watch(
    place: Place, config: Config, children: list[supervise.Child], asked: asyncio.Event
) -> tuple[bool, supervise.Child | None]:
    """Greets as soon as the web process answers. Returns whether it did, and who ended: None when a stop was
    asked for.
    """
    answers = asyncio.create_task(_await_answer(place))
    ending = asyncio.create_task(supervise.first_end(children, asked))
    await asyncio.wait({answers, ending}, return_when=asyncio.FIRST_COMPLETED)
    stood = not ending.done()
    answers.cancel()
    if stood:
        print(_greeting(place, config), flush=True)
    return stood, await ending


def _inner_socket(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    made.listen(1024)
    return made


async def _tls_front(place: Place, outer: socket.socket, config: Config, target: str) -> TlsFront:
    # only here: a server without phones need not load the cryptography
    from app.adapters import certificates
    from scripts.tls_front import TlsFront

    named = urlsplit(config.public_url).hostname
    hosts = [*local_addresses(place.host), socket.gethostname(), *([named] if named else [])]
    context = certificates.server_context(config.data / "tls", hosts, config.organisation)
    front = TlsFront(outer, context, target)
    await front.start()
    return front


async def _await_answer(place: Place) -> None:
    """Returns when the web process answers, well or not; or when it takes too long to wait."""
    until = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(from_here(place.host), place.port)
            writer.write(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            said = await asyncio.wait_for(reader.readline(), 5)
            writer.close()
            if said.startswith(b"HTTP/"):
                return
        except (OSError, TimeoutError):
            pass  # not yet
        await asyncio.sleep(0.05)


def _greeting(place: Place, config: Config) -> str:
    people = sign_ins(config.data / SIGN_INS) if config.demo else ""
    packages = missing_packages()
    warnings = [advice(packages)] if packages else []
    phones, authority = [], ""
    if place.https_port:
        addresses = local_addresses(place.host)
        phones = [f"https://{in_url(each)}:{place.https_port}/" for each in addresses]
        authority = f"http://{in_url(addresses[0])}:{place.port}/ca.crt" if addresses else ""
    return greeting(
        f"http://{in_url(from_here(place.host))}:{place.port}", people, phones, authority, warnings
    )


def main() -> int:
    os.umask(0o077)  # names and photos of people: for this account only
    environ = dict(os.environ)
    try:
        first = read_config(environ)
        check_data_folder(first.data)
        place = read_place(environ, first.proxies, first.sqlite)
        given = environ.get("PUBLIC_URL", "").strip()
        if given.startswith("https://") and not environ.get("PLUMBLINE_DEMO", "").strip():
            environ["PLUMBLINE_DEMO"] = "0"  # a real address: a demo there only for whoever asks for it
        if not given:
            environ["PUBLIC_URL"] = default_public_url(place)
        return asyncio.run(serve(place, read_config(environ), environ))
    except (BadSetting, CannotServe, CannotListen) as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:  # the secret key is made in the data folder before anything else is looked at
        print(f"{problem.filename or 'A file'} cannot be used: {problem.strerror}.", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
