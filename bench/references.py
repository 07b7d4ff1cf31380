"""The least a Flask app can do, under the same gunicorn settings: what ours are held against."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Flask

_LIST = """<!doctype html><html lang="en"><title>List</title><table>
{% for number, state, due, score, grade in rows %}<tr><td><a href="/{{ number }}">{{ number }}</a></td>
<td>{{ state }}</td><td>{{ due }}</td><td>{{ score }}</td><td>{{ grade }}</td></tr>{% endfor %}</table>"""
# by an index
_QUERY = "SELECT number, state, due, score, grade FROM inspections ORDER BY created_at DESC LIMIT 50"

hello = Flask("hello")


@hello.get("/")
@hello.get("/health")
def says_hello() -> str:
    return "hello"


page = Flask("page")
_TEMPLATE = page.jinja_env.from_string(_LIST)


@page.get("/health")
def is_well() -> str:
    return "ok"


@page.get("/")
def lists() -> str:
    """One indexed query on the same database, 50 rows, one Jinja template."""
    path = Path(os.environ["PLUMBLINE_DATA"]) / "plumbline.db"
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(_QUERY).fetchall()
    return _TEMPLATE.render(rows=rows)


rows = Flask("rows")
# what a page of an estate is made of, read and written out as it comes
_ROWS = {
    "states": "SELECT short_id, name, state FROM units WHERE retired_at IS NULL",
    "open": """SELECT d.unit_id, a.severity, count(*) FROM action_defects d
        JOIN actions a ON a.id = d.action_id
        WHERE a.phase NOT IN ('closed', 'cancelled') GROUP BY d.unit_id, a.severity""",
    "defects": """SELECT a.trade, a.company_id, d.room, f.code, a.severity, count(*) FROM action_defects d
        JOIN actions a ON a.id = d.action_id JOIN defects f ON f.id = d.defect_id
        WHERE a.phase <> 'cancelled' GROUP BY a.trade, a.company_id, d.room, f.code, a.severity""",
    "due": """SELECT u.id, a.severity, a.company_id FROM units u
        LEFT JOIN action_defects d ON d.unit_id = u.id LEFT JOIN actions a ON a.id = d.action_id
        WHERE u.delivery_on IS NOT NULL""",
}


@rows.get("/health")
def is_there() -> str:
    return "ok"


@rows.get("/<name>")
def read(name: str) -> str:
    """One query on the same database, its rows as text."""
    path = Path(os.environ["PLUMBLINE_DATA"]) / "plumbline.db"
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(map(str, database.execute(_ROWS[name]).fetchall()))
