"""docs/performance.md: written by the run, so that no figure in it is older than the code beside it."""

from __future__ import annotations

from app.config import ROOT

TARGET = ROOT / "docs" / "performance.md"
