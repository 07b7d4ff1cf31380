"""Headers of every answer: a strict content security policy, and nothing private in any cache."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def protect(app: Flask, https: bool) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        camera = "(self)" if request.path.startswith("/app/") else "()"  # the runner photographs, nobody else
        headers.setdefault("Permissions-Policy", f"camera={camera}, geolocation=(), microphone=()")
        if https and request.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if "Cache-Control" not in headers:
            # whatever a person sees may be private; only what says otherwise may be kept
            headers["Cache-Control"] = "no-store, private"
            response.vary.add("Cookie")
        return response
