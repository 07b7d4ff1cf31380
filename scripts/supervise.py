"""Children that live and die together: when one stops, all stop, and a sentence says which."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 35.0  # seconds after SIGTERM: gunicorn gives its requests 30
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    name: str
    process: asyncio.subprocess.Process


def _end_with_parent() -> None:
    # a supervisor killed with -9 must not leave a server behind that holds the port
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


async def start(
    name: str, command: list[str], environ: Mapping[str, str], cwd: str, sockets: tuple[int, ...] = ()
) -> Child:
    """Starts a child in a session of its own: Ctrl-C reaches only the supervisor, which asks politely."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=dict(environ),
        pass_fds=sockets,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    return Child(name, process)


def stop_on_signals() -> asyncio.Event:
    """An event set by SIGTERM, SIGINT or SIGHUP; the second such signal ends this process at once."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def heard() -> None:
        if asked.is_set():
            os._exit(130)  # the children follow their parent
        asked.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, heard)
    return asked


async def first_end(children: list[Child], asked: asyncio.Event) -> Child | None:
    """Waits until a stop is asked for (None) or a child has ended (that child)."""
    waits = {asyncio.create_task(child.process.wait()): child for child in children}
    stop = asyncio.create_task(asked.wait())
    done, rest = await asyncio.wait({stop, *waits}, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    return None if stop in done else next(waits[task] for task in done if task in waits)


async def stop(children: list[Child], patience: float = PATIENCE) -> None:
    """SIGTERM to all, then SIGKILL to whoever is still there after `patience` seconds."""
    running = [child.process for child in children if child.process.returncode is None]
    for process in running:
        _signal(process, signal.SIGTERM)
    if running:
        await asyncio.wait([asyncio.create_task(process.wait()) for process in running], timeout=patience)
    for process in running:
        if process.returncode is None:
            _signal(process, signal.SIGKILL)
            await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)
