"""What a thousand apps in one process need not do a thousand times.

Every test has an app of its own, as an installation has one; but templates, routes, statements and the rooms
for work on strange files are the same each time. Kept are compiled templates (Jinja's own cache of bytecode,
which compares the source), what Werkzeug makes of the text of a rule, the SQL that follows from a statement
(as an engine keeps it, here for every engine of a kind), and the processes of the rooms, which forget each
job. No request changes what is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.engine.base import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.datastructures import ImmutableDict
from werkzeug.routing import IntegerConverter, Rule, UnicodeConverter, UUIDConverter

from app import wiring
from app.adapters.pdf import PrintRoom
from app.features.reports import jobs


class _Kept(BytecodeCache):
    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_compile = Rule._compile_builder
_builders: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


def _builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    if rule.defaults:  # turned into text by converters, which belong to one app
        return _compile(rule, append_unknown)
    key = (rule.rule, tuple(rule._trace), append_unknown)
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]


PLAIN = {IntegerConverter, UnicodeConverter, UUIDConverter}  # these do not look at the map they are in
_parse = Rule._parse_rule
_parsed: dict[str, tuple[Any, ...]] = {}


def _parts(rule: Rule, text: str) -> Any:
    """As Werkzeug's: the parts of a rule; fills its trace, its converters and the names of its arguments."""
    if text not in _parsed:
        before = len(rule._trace)
        parts = list(_parse(rule, text))
        if any(type(each) not in PLAIN for each in rule._converters.values()):
            return parts
        _parsed[text] = (parts, rule._trace[before:], dict(rule._converters))
        return parts
    parts, trace, converters = _parsed[text]
    rule._trace += trace
    rule._converters |= converters
    rule.arguments |= converters.keys()
    return parts


_statements = LRUCache(2000)
_init = Engine.__init__


def _engine(engine: Engine, *positional: Any, **named: Any) -> None:
    _init(engine, *positional, **named)
    engine._compiled_cache = _statements


_printing = cache(lambda: PrintRoom(Path())._room)


def _print_room(fonts: Path) -> PrintRoom:
    """With its own folder of fonts, which goes along with each job; in the process that is there already."""
    room = PrintRoom(fonts)
    room._room = _printing()
    return room


def compile_once() -> None:
    """From here on, templates, routes and statements are compiled once in this process; rooms are kept."""
    Flask.jinja_options = ImmutableDict(Flask.jinja_options, bytecode_cache=_Kept())
    Rule._compile_builder = _builder  # type: ignore[method-assign]
    Rule._parse_rule = _parts  # type: ignore[method-assign]
    # dialects are parts of the keys; two of a kind write the same SQL
    DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign,assignment]
    DefaultDialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]
    Engine.__init__ = _engine  # type: ignore[method-assign]
    for name in ("PictureRoom", "PlanRoom", "CheckRoom"):
        setattr(wiring, name, cache(getattr(wiring, name)))
    jobs.PrintRoom = _print_room  # type: ignore[misc,assignment]
