"""The application for gunicorn and for `flask --app wsgi`."""

from __future__ import annotations

import os
import sys

from app.config import BadSetting, read_config
from app.factory import create_app
from app.web.assets import NotBuilt
from app.web.listeners import Listeners

CANNOT_BOOT = 3  # gunicorn gives up on this number instead of trying for ever

try:
    config = read_config()
    app = create_app(config)
except (BadSetting, NotBuilt, OSError) as problem:
    print(problem, file=sys.stderr)  # noqa: T201 (the operator's terminal)
    raise SystemExit(CANNOT_BOOT) from None


def _authority() -> bytes:
    from app.adapters.certificates import ca_der  # only when a phone asks

    return ca_der(config.data / "tls")


# set by scripts/serve.py when it runs a TLS front of its own
_https_port = os.environ.get("PLUMBLINE_FRONT_PORT", "")
app.wsgi_app = Listeners(  # type: ignore[method-assign,assignment]
    app.wsgi_app, config.proxies, int(_https_port) if _https_port else None, _authority
)
