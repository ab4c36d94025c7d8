"""Rules of the whole project, read from its files."""
from __future__ import annotations

import ast
import configparser
import json
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from scripts import dev

ROOT = Path(__file__).resolve().parent.parent
PYTHON_FILES = sorted(path for top in ("builder", "runtime") for path in (ROOT / top).rglob("*.py")) + [ROOT / "app.py"]
PAGES = sorted(path for top in ("builder", "runtime") for path in (ROOT / top).rglob("*.html"))

# Who may import whom: a layer may import itself and those above it in this list.
LAYERS = (
    # the person is a plain value that every act carries; accounts, sign-in and rights are in the next layer
    ("runtime.errors", "runtime.texts", "runtime.settings", "runtime.logs", "runtime.definitions", "runtime.system",
     "runtime.people.person", "runtime.people.organisation"),
    ("runtime.people",),
    ("runtime.files",),
    ("runtime.formulas",),
    ("runtime.fields",),
    ("runtime.forms", "runtime.records"),
    ("runtime.tags", "runtime.tiers", "runtime.segments", "runtime.potential", "runtime.quality", "runtime.transfer"),
    ("runtime.automation", "runtime.reports", "runtime.collaboration", "runtime.ownership",
     "runtime.coverage", "runtime.effect", "runtime.reviews", "runtime.public", "runtime.views", "runtime.workflow", "runtime.cadence", "runtime.wordings"),
    ("runtime.kinds",),
    ("runtime.pages", "runtime.api", "runtime.cli"),
    ("builder",),
    ("app",),
)
ONLY_HOME = {
    "simpleeval": "runtime/formulas/evaluate.py",
    "alembic.operations": "runtime/records/schema_changes.py",
    "apscheduler": "runtime/automation/clock.py",
}
SHELVES = (
    "runtime/fields", "runtime/formulas/functions", "runtime/automation/triggers", "runtime/automation/steps", "runtime/reports/charts", "runtime/workflow/nodes",
)
# Installed by those we declare, which hand their parts to us on purpose: Flask, Flask-WTF, requests-hardened, pydantic.
THEIR_PARTS = {"werkzeug", "markupsafe", "click", "itsdangerous", "requests", "urllib3", "pydantic-core", "typing-extensions"}


# -- imports --------------------------------------------------------------------------------------------------------------------
def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Full names of what a file imports, wherever in it; not what only a type checker reads."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    return frozenset(name for node in ast.walk(tree) for name in _names(node, path))


def _names(node: ast.AST, path: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        package = module_of(path).split(".")
        above = package[: len(package) - node.level + (path.name == "__init__.py")] if node.level else []
        base = ".".join([*above, *filter(None, [node.module])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names if not is_ours(base) or is_ours(f"{base}.{alias.name}"))


def is_ours(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def layer_of(name: str) -> int | None:
    """The number of the layer whose longest entry holds this module."""
    fits = [(len(entry), number) for number, layer in enumerate(LAYERS) for entry in layer if is_within(name, entry)]
    return max(fits)[1] if fits else None


def test_every_module_has_a_layer() -> None:
    assert [str(path) for path in PYTHON_FILES if layer_of(module_of(path)) is None and module_of(path) != "runtime"] == []


def test_a_module_imports_only_its_own_layer_and_those_below() -> None:
    upwards = [f"{module_of(path)} imports {name}" for path in PYTHON_FILES for name in sorted(imports_of(path))
               if layer_of(name) is not None and layer_of(name) > (layer_of(module_of(path)) or 0)]
    assert upwards == []


def test_the_runtime_never_imports_the_builder() -> None:
    assert [str(path) for path in PYTHON_FILES if is_within(module_of(path), "runtime")
            and any(is_within(name, "builder") or name == "app" for name in imports_of(path))] == []


@pytest.mark.parametrize(("library", "home"), ONLY_HOME.items())
def test_a_library_has_one_home(library: str, home: str) -> None:
    users = {str(path.relative_to(ROOT)) for path in PYTHON_FILES if any(is_within(name, library) for name in imports_of(path))}
    assert users <= {home}


@pytest.mark.parametrize("shelf", SHELVES)
def test_a_kind_imports_no_other_kind_of_its_shelf(shelf: str) -> None:
    siblings = {module_of(path) for path in (ROOT / shelf).glob("*.py") if is_kind(path)}
    between = [f"{module_of(path)} imports {name}" for path in (ROOT / shelf).glob("*.py") if is_kind(path)
               for name in imports_of(path) & siblings]
    assert between == []


def is_kind(path: Path) -> bool:
    """What several kinds share lives in base.py or a file with an underscore: no kind, and no sibling."""
    return not path.name.startswith("_") and path.name != "base.py"


# -- packages -------------------------------------------------------------------------------------------------------------------
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def names_in(requirements: str) -> set[str]:
    return {normal(re.split(r"[\[<>=;! ]", line)[0]) for line in requirements.split("\n") if line.strip()}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9].*?==[^ ]+", (ROOT / f"requirements/{lock}.txt").read_text(), re.M))


def test_every_library_the_product_imports_is_declared() -> None:
    declared = names_in(setup()["options"]["install_requires"]) | names_in(
        setup()["options.extras_require"]["postgres"] + setup()["options.extras_require"]["ml"])
    provided_by = packages_distributions()
    undeclared = [f"{path.relative_to(ROOT)} imports {name}" for path in PYTHON_FILES
                  for name in sorted({name.split(".")[0] for name in imports_of(path)} - {"app", "builder", "runtime", "migrations"})
                  if name in provided_by and not set(map(normal, provided_by[name])) & (declared | THEIR_PARTS)]
    assert undeclared == []


@pytest.mark.parametrize("lock", ["dev", "postgres"])
def test_a_larger_lock_holds_the_smaller_one(lock: str) -> None:
    assert pins("run") - pins(lock) == set()


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "requirements").iterdir()))
def test_a_lock_of_python_packages_names_no_host(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_the_lock_of_browser_packages_names_no_host() -> None:
    lines = (ROOT / "package-lock.json").read_text().splitlines()
    # pages where authors ask for support are the only addresses
    assert [line for line in lines if "://" in line and not line.strip().startswith(('"url":', '"funding":'))] == []
    assert [line for line in lines if '"resolved"' in line] == []


def test_browser_packages_are_named_by_exact_version() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    loose = [name for part in ("dependencies", "devDependencies") for name, version in package[part].items() if not version[0].isdigit()]
    assert loose == []


# -- pages ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("forbidden", "why"), [
    (r"(?<![\w-])style\s*=\s*[\"']", "the page's policy blocks a style attribute: use a class"),
    (r"<script\b(?![^>]*\b(src\s*=|type\s*=\s*\"application/json\"))", "the page's policy blocks code in a page: it belongs in static/src"),
    (r"<[^<>]*\son[a-z]+\s*=\s*[\"']", "the page's policy blocks on… handlers: listen in static/src"),
    (r"\bhx-on\b", "htmx would need eval for it"),
    (r"<(script|link|img)\b[^>]*\b(src|href)\s*=\s*[\"'](https?:)?//", "nothing is loaded from another host"),
])
def test_no_page_has_what_its_policy_blocks(forbidden: str, why: str) -> None:
    found = [f"{path.relative_to(ROOT)}: {match[0][:60]}" for path in PAGES
             for match in re.finditer(forbidden, path.read_text(encoding="utf-8"))]
    assert found == [], why


# -- texts ----------------------------------------------------------------------------------------------------------------------
def messages() -> Iterator[tuple[str, str]]:
    """Every sentence marked with _() and where it stands."""
    for path in [*PYTHON_FILES, *PAGES]:
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        for line, sentence, _comments, _context in extract_from_file(method, path, keywords={"_": None}, options={"silent": "false"}):
            yield sentence, f"{path.relative_to(ROOT)}:{line}"


def places(sentence: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _text, name, _format, _conversion in string.Formatter().parse(sentence) if name is not None}


@cache
def chinese() -> dict[str, str]:
    entries = {}
    for path in sorted((ROOT / "runtime/translations/zh").glob("*.po")):
        with path.open("rb") as file:
            entries.update({entry.id: entry.string for entry in read_po(file, locale="zh", abort_invalid=True) if entry.id})
    return entries


def test_every_sentence_is_translated() -> None:
    assert [f"{place}: {sentence}" for sentence, place in messages() if not chinese().get(sentence)] == []


def test_a_translation_has_the_same_places() -> None:
    differing = [f"{place}: {sentence} → {chinese()[sentence]}" for sentence, place in messages()
                 if chinese().get(sentence) and places(sentence) != places(chinese()[sentence])]
    assert differing == []


# -- papers and commands --------------------------------------------------------------------------------------------------------
def test_the_notice_names_the_origin_of_the_data() -> None:
    notice = (ROOT / "NOTICE").read_text()
    assert all(word in notice for word in ("tests/data/cdnow", "Fader", "Hardie", "lifetimes", "MIT License"))


def test_the_licence_is_the_one_that_the_metadata_names() -> None:
    assert setup()["metadata"]["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("command", dev.COMMANDS)
def test_a_command_is_in_the_makefile_and_in_the_docs(command: str) -> None:
    assert re.search(rf"^run\b.*\b{command}\b|^{command}\b", (ROOT / "Makefile").read_text(), re.M)
    assert f"make {command}" in (ROOT / "docs/development.md").read_text(encoding="utf-8")


def test_the_script_behind_make_needs_nothing_installed() -> None:
    assert {name.split(".")[0] for name in imports_of(ROOT / "scripts/dev.py")} <= sys.stdlib_module_names


def test_an_unknown_command_is_answered_with_the_list() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/dev.py", "fly"], capture_output=True, text=True)
    assert done.returncode == 2 and "dev.py run" in done.stdout


def test_a_step_is_repeated_when_what_it_read_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path)
    source = tmp_path / "source"
    source.write_text("one")
    dev.mark_done("step", dev.hash_of(source))
    assert dev.is_done("step", dev.hash_of(source))
    source.write_text("two")
    assert not dev.is_done("step", dev.hash_of(source))


def test_a_failing_step_says_what_failed_and_what_to_do() -> None:
    with pytest.raises(dev.Stop, match="Reading the moon: that failed.*Look up. Then run the same command again"):
        dev.step("Reading the moon", sys.executable, "-c", "raise SystemExit(3)", hint="Look up.")
