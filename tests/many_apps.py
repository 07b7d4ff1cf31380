"""What a thousand apps in one process need not do a thousand times.

Every test has an app of its own, as an installation has one; but templates and routes are the same each time.
Compiled templates are kept (Jinja's own cache of bytecode, which compares the source), and so are the URL
builders that Werkzeug compiles for each rule: they follow from its text. No request changes what is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.datastructures import ImmutableDict
from werkzeug.routing import Rule


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


def compile_once() -> None:
    """From here on, templates and routes are compiled once in this process."""
    Flask.jinja_options = ImmutableDict(Flask.jinja_options, bytecode_cache=_Kept())
    Rule._compile_builder = _builder  # type: ignore[method-assign]
