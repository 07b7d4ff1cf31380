"""The worker process: carries out what left the transactions (letters, reports), until asked to stop."""

from __future__ import annotations

import signal
import sys
import threading

from app.adapters import heartbeat
from app.adapters.jobs import run_worker


def main() -> int:
    from wsgi import app, config  # says a bad setting in a sentence and ends

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    heart = threading.Thread(target=heartbeat.beat, args=(config.data, stop), daemon=True)
    heart.start()
    run_worker(app, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
