"""Company names as they are compared, not as they are shown."""

from __future__ import annotations

import re
import unicodedata

# What says only which legal form a company has, or that it is one; the longest first.
_FORMS_ZH = re.compile(
    "(股份有限公司|有限責任公司|有限责任公司|集團有限公司|集团有限公司|股份公司|有限公司|集團公司|集团公司|集團|集团|公司|總廠|总厂|工廠|工厂|廠|厂)$"
)
_LEGAL_WORDS = """
    ab ag aps as bhd bv co company corp corporation gmbh group holding holdings inc incorporated kg kk limited
    llc llp lp ltd nv ohg oy plc pte pty sa sarl sas sdn se spa srl ug
"""
_FORMS = frozenset(_LEGAL_WORDS.split())
_JOINED = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # S.A. and B.V. are words, not letters


def normalise_company_name(text: str) -> str:
    """A name without width, case, punctuation and legal form: "Suzhou Hengda Co., Ltd." → "suzhou hengda".

    A name made of nothing else keeps what it is, so that no two such names become equal by being empty.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    words = re.findall(r"[^\W_]+", _JOINED.sub("", folded))
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _FORMS:
        kept.pop()
    if kept:
        stem = kept[-1]
        while (shorter := _FORMS_ZH.sub("", stem)) not in ("", stem):
            stem = shorter
        kept[-1] = stem
    return " ".join(kept) or folded
