"""How gunicorn serves the app; scripts/serve.py starts it with already bound sockets."""

from __future__ import annotations

import gc
import os
from typing import Any

from app.config import read_config

_config = read_config()

wsgi_app = "wsgi:app"
worker_class = "scripts.web_worker.PatientWorker"  # gthread, but a slow client holds no thread
# SQLite: one process, because those who push at the same moment share one commit (DESIGN §5.6). With
# PostgreSQL scripts/serve.py passes on as many --workers as WEB_CONCURRENCY says.
threads = _config.threads
keepalive = 30  # a phone that walks through a form taps every few seconds
timeout = 60
graceful_timeout = 30  # an upload under way at SIGTERM is finished
# the heartbeat stays off slow disks where there is memory to write to
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True  # gunicorn 27 would open one in the home folder
loglevel = "warning"
proc_name = "plumbline-web"
server_software = "plumbline"
# Forwarding headers are judged in app/web/listeners.py and by PLUMBLINE_PROXIES, nowhere else. The Unix
# socket of our TLS front would otherwise count as a proxy that may set the scheme and SCRIPT_NAME.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""


def post_worker_init(worker: Any) -> None:
    """What was imported stays for good: the collector need not walk through it again and again. A push makes
    thousands of small things that live until its answer; by default each would start a dozen collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
