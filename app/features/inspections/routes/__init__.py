"""Inspections at the desk: the list, one to read with its history, planning one, changing a plan."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

bp = Blueprint("inspections", __name__)
Answer = str | Response | tuple[str, int]

from app.features.inspections.routes import changes, planning, reading  # noqa: E402, F401 (they fill `bp`)
