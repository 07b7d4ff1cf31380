"""How a text becomes search terms, the same on SQLite and PostgreSQL.

Chinese has no spaces, so a run of Han is indexed as its single characters and its pairs: 质量 finds
产品质量部, and 质 alone finds it too. Everything else is cut into words, which a query matches by their
beginning.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

# Han (with extensions and compatibility), kana and hangul, which also run without spaces.
_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_PIECES = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")


class Term(NamedTuple):
    """One term a document must hold; with ``prefix`` a word that begins so is enough."""

    text: str
    prefix: bool


def tokens(text: str) -> list[str]:
    """The terms to index, each once, in order of appearance."""
    found: dict[str, None] = {}
    for run, is_cjk in _pieces(text):
        if is_cjk:
            found.update(dict.fromkeys(run))
            found.update(dict.fromkeys(_pairs(run)))
        else:
            found[run] = None
    return list(found)


def query_tokens(text: str) -> list[Term]:
    """The terms a query asks for, all of them."""
    found: dict[Term, None] = {}
    for run, is_cjk in _pieces(text):
        wanted = (_pairs(run) or [run]) if is_cjk else [run]
        found.update(dict.fromkeys(Term(term, not is_cjk) for term in wanted))
    return list(found)


def _pieces(text: str) -> list[tuple[str, bool]]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return [(m[1], True) if m[1] else (_plain(m[2]), False) for m in _PIECES.finditer(folded)]


def _plain(word: str) -> str:
    # "Zürich" is found by "zurich".
    letters = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(c for c in letters if not unicodedata.combining(c))) or word


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
