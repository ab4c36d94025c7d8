"""What every test may ask for: databases, workspaces, a browser.

`workspace` runs a test on SQLite and on PostgreSQL; `sqlite_workspace` only on SQLite, for what does not depend on the database.
`page` is a page in Chromium of the server `live`; at its end it fails when the page broke its policy, logged an error or asked
another host. Imports of the product stand in the fixtures: a test of one formula shall not wait for a database and a browser.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.dev import NO_CHROMIUM, NO_POSTGRESQL, find_chromium, find_postgresql
from tests.support.missing import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from runtime.system.workspace import Workspace
    from tests.support.databases import SqliteFiles
    from tests.support.postgres import Cluster
    from tests.support.server import Live

PAGE = {"viewport": {"width": 1280, "height": 800}}
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def pytest_configure() -> None:
    from tests.support.routes import compile_routes_once

    compile_routes_once()


# -- databases ------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    from tests.support.databases import SqliteFiles

    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    from tests.support.postgres import running_cluster

    with running_cluster(find_postgresql() or missing(NO_POSTGRESQL)) as cluster:
        yield cluster


@pytest.fixture
def database_name(cluster: Cluster) -> Iterator[Callable[[str], str]]:
    """Makes PostgreSQL databases of this test, which are dropped at its end."""
    made: list[str] = []

    def make(template: str = "template0") -> str:
        made.append(cluster.create(template))
        return made[-1]

    yield make
    for name in made:
        cluster.drop(name)


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def empty_database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    return request.getfixturevalue("cluster").url(request.getfixturevalue("database_name")())


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the system tables and nothing in them."""
    if engine_name == "sqlite":
        return request.getfixturevalue("sqlite_files").copy_to(tmp_path / "tierloom.sqlite")
    from tests.support.databases import fill

    cluster = request.getfixturevalue("cluster")
    return cluster.url(request.getfixturevalue("database_name")(cluster.template("upgraded", fill)))


@pytest.fixture
def workspace(database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace without people or definitions, once on each database."""
    from runtime.system.workspace import Workspace
    from tests.support.databases import settings_for

    workspace = Workspace(settings_for(tmp_path, database_url))
    yield workspace
    workspace.engine.dispose()


@pytest.fixture
def sqlite_workspace(sqlite_files: SqliteFiles, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace without people or definitions, on SQLite only."""
    from runtime.system.workspace import Workspace
    from tests.support.databases import settings_for

    workspace = Workspace(settings_for(tmp_path, sqlite_files.copy_to(tmp_path / "tierloom.sqlite")))
    yield workspace
    workspace.engine.dispose()


# -- browser --------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def live(sqlite_workspace: Workspace) -> Iterator[Live]:
    """The whole product on a free port, with clock and worker: `live.url`, `live.workspace`, `live.app`."""
    from tests.support.server import serving

    with serving(sqlite_workspace) as live:
        yield live


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from tests.support.browser import FLAGS

    chromium = find_chromium() or missing(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, live: Live) -> Iterator[Callable[..., Page]]:
    """Opens pages of `live`: `new_page(locale="zh-CN", viewport=…)` takes what a Playwright context takes."""
    from tests.support.browser import Watch

    watches: list[Watch] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(base_url=live.url, **{"locale": "en-US", **PAGE, **options})
        page = context.new_page()
        page.watch = Watch(page, live.url)
        watches.append(page.watch)
        return page

    yield open_page
    faults = [fault for watch in watches for fault in watch.faults()]
    for watch in watches:
        watch.page.context.close()
    assert faults == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A desktop page in English; what it must not do is checked at its end."""
    return new_page()
