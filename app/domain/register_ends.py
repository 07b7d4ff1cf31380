"""What decides about an inspection as a whole: cancelled, completed, approved, returned, reopened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.errors import Invalid
from app.domain.register_values import SHA256, members, text, uuid

SIGNATURES_AT_MOST = 100
COMMENTS_AT_MOST = 60
MEDIA_AT_MOST = 5000


def _reason(value: Any) -> None:
    if type(value) is not dict or value.get("reason") is None:
        raise Invalid("reason_missing")
    text(value["reason"])


def _cancelled(value: Any) -> None:
    _reason(value)
    members(value, "reason")


def _completed(value: Any) -> None:
    """`signatures` are the rows that count; phones of before there were signatures name none."""
    members(value, "operations", "media", optional=frozenset({"signatures"}))
    if type(value["operations"]) is not int:
        raise Invalid("op_value")
    if type(value["media"]) is not list or len(value["media"]) > MEDIA_AT_MOST:
        raise Invalid("op_value")
    if not all(type(sha) is str and SHA256(sha) for sha in value["media"]):
        raise Invalid("op_value")
    signatures = value.get("signatures", [])
    if type(signatures) is not list or len(signatures) > SIGNATURES_AT_MOST:
        raise Invalid("op_value")
    for row in signatures:
        uuid(row)


def _approved(value: Any) -> None:
    members(value)


def _returned(value: Any) -> None:
    _reason(value)
    members(value, "reason", "comments")
    comments = value["comments"]
    if type(comments) is not list or len(comments) > COMMENTS_AT_MOST:
        raise Invalid("op_value")
    for comment in comments:
        members(comment, "question", "text")
        if type(comment["question"]) is not str or comment["text"] is None:
            raise Invalid("op_value")
        text(comment["text"])


def _reopened(value: Any) -> None:
    """`revision`: the one that begins now, from 2."""
    _reason(value)
    members(value, "reason", "revision")
    if type(value["revision"]) is not int or not 2 <= value["revision"] <= 1000:
        raise Invalid("op_value")


RECORD: dict[str, Callable[[Any], None]] = {
    "cancelled": _cancelled,
    "completed": _completed,
    "approved": _approved,
    "returned": _returned,
    "reopened": _reopened,
}
