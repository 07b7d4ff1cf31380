"""What this machine has for drawing reports: system libraries and Chinese fonts.

Standard library only: the set-up reads this table before anything is installed. Nothing is loaded into the
asking process (the web process must not carry the renderer's libraries, DESIGN §5.7): a short-lived child
tries to open them, as WeasyPrint will.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

# what WeasyPrint opens (weasyprint/text/ffi.py) → the Debian package that brings it
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONT_PACKAGE = "fonts-noto-cjk"
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
_TRY = """
import ctypes, sys
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
    except OSError:
        print(name)
"""


def missing_libraries() -> list[str]:
    """The names of the libraries that cannot be opened, in the order of LIBRARIES."""
    tried = subprocess.run(  # noqa: S603 (our own interpreter and text)
        [sys.executable, "-I", "-S", "-c", _TRY, *LIBRARIES],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if tried.returncode:  # a library that kills its process is as good as none
        return list(LIBRARIES)
    return tried.stdout.split()


def has_chinese_font(folders: tuple[Path, ...] = FONT_FOLDERS) -> bool:
    """Whether some installed font draws Chinese: asked of fontconfig, else looked for by file name."""
    asking = shutil.which("fc-list")
    if asking:
        answer = subprocess.run(  # noqa: S603 (found on the path, fixed arguments)
            [asking, ":lang=zh-cn", "family"], capture_output=True, timeout=20, check=False
        )
        return bool(answer.stdout.strip())
    return any(folder.is_dir() and next(folder.rglob("*CJK*"), None) is not None for folder in folders)


def missing_packages() -> list[str]:
    """The Debian packages that would make reports complete; empty when nothing is missing."""
    packages = [LIBRARIES[name] for name in missing_libraries()]
    return packages if has_chinese_font() else [*packages, FONT_PACKAGE]


def advice(packages: list[str]) -> str:
    """What to say about missing packages: what does not work, and the command that mends it."""
    lacks = "Chinese text in reports" if packages == [FONT_PACKAGE] else "PDF reports"
    return f"{lacks} will not work until this is installed: apt-get install {' '.join(packages)}"
