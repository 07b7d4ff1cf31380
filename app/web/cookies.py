"""The signed cookie: `__Host-` and Secure wherever the request came over TLS."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer as Serializer


def secure() -> bool:
    """Whether cookies of this request must only travel over TLS."""
    return bool(current_app.config["HTTPS_ONLY"]) or request.is_secure


class HostCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, under a name that a sibling site cannot set when TLS is there.

    It holds the CSRF token, messages and the secret of the server-side session; the session row decides.
    """

    _signing: Serializer | None = None

    def get_signing_serializer(self, app: Flask) -> Serializer | None:
        """Made once: Flask would derive its keys anew for every request."""
        if self._signing is None:
            self._signing = super().get_signing_serializer(app)
        return self._signing

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-plumbline" if secure() else "plumbline"

    def get_cookie_secure(self, app: Flask) -> bool:
        return secure()
