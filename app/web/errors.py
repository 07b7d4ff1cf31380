"""Every error is rendered here, once: as a page, as a fragment for htmx, or as problem+json for devices."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.db import in_words
from app.domain.errors import NotSignedIn, PlumblineError
from app.web.htmx import htmx, htmx_response
from app.web.identity import to_sign_in
from app.web.sentences import headline, sentence

API = "plumbline/1"
log = logging.getLogger("plumbline")
HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
    429: "too_many",
}


def is_api() -> bool:
    return request.path.startswith("/api/")


def problem(code: str, status: int, **params: object) -> Response:
    """problem+json with the members `api` and `code`."""
    response = jsonify(
        api=API, code=code, title=str(sentence(code, **params)), status=status, **_plain(params)
    )
    response.status_code = status
    response.content_type = "application/problem+json"
    retry = params.get("retry_after")
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response


def _plain(params: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in params.items() if isinstance(value, (str, int, list))}


def answer(code: str, status: int, reference: str = "", **params: object) -> Response | tuple[str, int]:
    if is_api():
        return problem(code, status, **params)
    text = sentence(code, **params)
    if htmx:
        body = render_template("errors/_problem.html", text=text, reference=reference)
        return htmx_response(body, status, retarget="#problems", reswap="innerHTML")
    return render_template(
        "errors/page.html", title=headline(status), text=text, status=status, reference=reference
    ), status


def init(app: Flask) -> None:
    @app.errorhandler(NotSignedIn)
    def not_signed_in(error: NotSignedIn) -> Response | tuple[str, int]:
        if is_api():
            return problem(error.code, 401)
        if htmx:
            return htmx_response("", 200, redirect=to_sign_in().location)
        return to_sign_in()

    @app.errorhandler(PlumblineError)
    def ours(error: PlumblineError) -> Response | tuple[str, int]:
        return answer(error.code, error.status, **error.params)

    @app.errorhandler(OperationalError)
    @app.errorhandler(NoConnectionFree)
    def database(error: OperationalError | NoConnectionFree) -> Response | tuple[str, int]:
        said = in_words(error)
        if said is None:
            return unexpected(error)
        log.warning("the database does not answer: %s", type(error.__cause__ or error).__name__)
        g.setdefault("actor", None)  # the page that says so must not ask it again who is reading
        return ours(said)

    @app.errorhandler(CSRFError)
    def csrf(error: CSRFError) -> Response | tuple[str, int]:
        return answer("csrf_failed", 400)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response | tuple[str, int]:
        status = error.code or 500
        if status in (301, 302, 303, 307, 308):
            return error.get_response()
        return answer(HTTP_CODES.get(status, "bad_request" if status < 500 else "unexpected"), status)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response | tuple[str, int]:
        # the number is what a person can quote and an operator can find; nothing else leaves
        reference = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
        # the rule, not the address: a one-time link carries its secret there
        place = request.url_rule.rule if request.url_rule else request.path
        log.exception("unexpected error %s on %s %s", reference, request.method, place)
        return answer("unexpected", 500, reference=reference)
