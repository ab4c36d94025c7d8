"""Tierloom: the web application and the command line. The one place that knows both halves, design time and run time."""
from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Blueprint, Flask
from flask_wtf.csrf import generate_csrf
from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader
from jinja2.bccache import Bucket
from markupsafe import Markup
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

from runtime import cli
from runtime.errors import SettingsError
from runtime.kinds import load as load_kinds
from runtime.pages import errors, files, headers, identity, limits, metrics, shell, speaking, web
from runtime.pages.agents import browser_of
from runtime.reviews.comparing import COMPARE
from runtime.settings import Settings, read_settings
from runtime.system.secrets import derive
from runtime.system.upgrade import upgrade
from runtime.system.workspace import Workspace
from runtime.texts import _

ROOT = Path(__file__).resolve().parent
DIST = ROOT / "static" / "dist"
TEMPLATES = [ROOT / "runtime" / "pages" / "templates", ROOT / "builder" / "templates", ROOT / "builder" / "pages" / "templates"]
A_YEAR = 365 * 24 * 3600

ROUTES = ["runtime.pages", "runtime.api", "builder.pages", "builder.api"]
"""Where routes are: in each module of these packages that has a `blueprint`."""

COMMAND_SHELVES = ["runtime.cli", "builder.cli"]


class Compiled(BytecodeCache):
    """Compiled Jinja pages of this process: an application made a second time, as in tests, compiles none again."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.pages:
            bucket.bytecode_from_string(self.pages[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.pages[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def create_app(given: Settings | Workspace | None = None, *, dist: Path = DIST) -> Flask:
    """The web application of one workspace. With settings, or none, it opens the workspace and brings its tables up to date."""
    workspace = given if isinstance(given, Workspace) else open_workspace(given)
    load_kinds()
    COMPARE[:] = [_differences]
    app = Flask("tierloom", root_path=str(ROOT), static_folder=str(dist), static_url_path="/static", template_folder=str(TEMPLATES[0]))
    app.extensions["workspace"] = workspace
    app.config.update(_config(workspace.settings))
    app.jinja_loader = ChoiceLoader([FileSystemLoader(str(folder)) for folder in TEMPLATES])  # type: ignore[assignment]
    _speak(app, _manifest(dist))
    if workspace.settings.metrics:
        metrics.install(app)
    identity.install(app)
    limits.install(app, workspace.settings.requests_per_minute)
    headers.install(app)
    errors.install(app)
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)
    if workspace.settings.proxies:
        trusted = workspace.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]
    return app


def open_workspace(settings: Settings | None = None) -> Workspace:
    workspace = Workspace(settings or read_settings())
    upgrade(workspace.engine)
    load_kinds()
    return workspace


def main(argv: list[str] | None = None) -> int:
    """The command line; gives the exit code: 0 done, 1 refused, 2 wrong usage."""
    return cli.run(sys.argv[1:] if argv is None else argv, COMMAND_SHELVES, cli.Program(open_workspace, create_app, _install_template))


def _install_template(act: Any, key: str, sample: bool) -> Any:
    from builder import starters  # the templates are read only when one is installed

    return starters.install(act, key, sample=sample)


def _differences(before: Any, after: Any) -> Any:
    from builder.differences import differences  # the words of the designers are read only when two definitions are compared

    return differences(before, after)


# -- the pieces of create_app -----------------------------------------------------------------------------------------------------
def _config(settings: Settings) -> dict[str, Any]:
    https = settings.base_url.startswith("https:")
    return {
        "SECRET_KEY": derive(settings.secret_key, "form tokens"),
        "SESSION_COOKIE_NAME": "__Host-tierloom_form" if https else "tierloom_form", "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True, "SESSION_COOKIE_SECURE": https,
        "SEND_FILE_MAX_AGE_DEFAULT": A_YEAR, "MAX_CONTENT_LENGTH": settings.max_upload_mb * 1024 * 1024,
        "MAX_FORM_PARTS": 5000, "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
    }


def _manifest(dist: Path) -> dict[str, dict[str, Any]]:
    try:
        return json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(_("The browser files in {folder} are not built. Build them with: make assets", folder=str(dist))) from None


def _speak(app: Flask, manifest: dict[str, dict[str, Any]]) -> None:
    """What every Jinja page may say: texts, files of the browser, the reader and the frame."""
    app.jinja_env.globals.update(
        _=speaking.translate, csrf_token=generate_csrf, reader=LocalProxy(web.reader),
        shell=LocalProxy(shell.present_shell), unwrapped=lambda proxy: proxy._get_current_object(),
        once=speaking.Once(app.jinja_env), kept_part=speaking.Kept(app.jinja_env), drawn_icon=speaking.icons, frame_own=shell.own,
        asset=lambda name: f"/static/{manifest[name]['file']}",
        asset_css=lambda name: f"/static/{manifest[name]['css']}" if manifest[name].get("css") else None,
        preload=lambda name: [f"/static/{each}" for each in manifest[name].get("imports", [])],
        csrf_field=lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()))
    app.context_processor(lambda: {"reader": web.reader()})
    app.jinja_env.filters["shown"] = speaking.shown_here
    app.jinja_env.filters["browser"] = browser_of
    app.jinja_env.filters["shown_file"] = files.shown
    app.jinja_env.filters["say"] = lambda message: web.reader().say(message)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = COMPILED


def _blueprints() -> list[Blueprint]:
    found = (getattr(module, "blueprint", None) for name in ROUTES for module in _modules(name))
    return list(dict.fromkeys(each for each in found if each is not None and each is not headers.blueprint))


def _modules(name: str) -> Iterator[ModuleType]:
    """A module, and those in it if it is a package; in the order of their names."""
    if find_spec(name) is None:
        return
    module = importlib.import_module(name)
    yield module
    for found in sorted(pkgutil.iter_modules(getattr(module, "__path__", [])), key=lambda each: each.name):
        yield importlib.import_module(f"{name}.{found.name}")


if __name__ == "__main__":
    sys.exit(main())
