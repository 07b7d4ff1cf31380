"""The signed cookie: `__Host-` and Secure wherever the request came over TLS."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class HostCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, under a name that a sibling site cannot set when TLS is there.

    It holds the CSRF token, messages and the secret of the server-side session; the session row decides.
    """

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-plumbline" if self.get_cookie_secure(app) else "plumbline"

    def get_cookie_secure(self, app: Flask) -> bool:
        return bool(app.config["HTTPS_ONLY"]) or request.is_secure
