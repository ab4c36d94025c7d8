"""The frame around a page: whose apps, which menu, what Ctrl K finds among records."""
from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask, g

from runtime.definitions.versions import publish
from runtime.pages.shell import Shell, present_shell
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.tables import notification
from runtime.system.workspace import Workspace
from tests.makers import form_json, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

CUSTOMER = form_json(text("name"), app="retail", label={"zh": "客户", "en": "Customer"})
APP = {"kind": "app", "key": "retail", "label": {"zh": "零售会员", "en": "Retail"}, "icon": "shopping-bag",
       "menu": [{"section": {"zh": "客户", "en": "Customers"}, "items": ["form:customer", "view:all_customers"]}],
       "roles": {"member": ["role:sales"]}}
ALL = {"kind": "view", "key": "all_customers", "app": "retail", "label": {"zh": "全部客户", "en": "All customers"}, "form": "customer"}


@pytest.fixture
def retail(app: Flask, builder: Person, sqlite_workspace: Workspace) -> None:
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [APP, CUSTOMER, ALL])


@pytest.fixture
def shell_of(app: Flask) -> Callable[..., Shell]:
    """The frame that a person would see on a page."""
    def frame(person: Person | None, path: str = "/me", language: str = "en") -> Shell:
        with app.test_request_context(path):
            g.person, g.language = person, language
            return present_shell()

    return frame


@pytest.mark.usefixtures("retail")
def test_an_app_is_open_to_builders_to_members_and_to_whom_it_names(shell_of: Callable[..., Shell], builder: Person, add_person: Callable):
    def apps(person: Person) -> list[str]:
        return [each.key for each in shell_of(person).apps]

    assert apps(builder) == apps(add_person("m@example.com", "member")) == apps(add_person("s@example.com", "sales")) == ["retail"]
    assert apps(add_person("x@example.com", "service")) == []


@pytest.mark.usefixtures("retail")
def test_the_menu_of_the_only_app_is_shown_on_every_page_in_the_readers_language(shell_of: Callable[..., Shell], builder: Person):
    sections = shell_of(builder, language="zh").menu

    assert sections[0].label == "客户"
    assert [(each.label, each.href) for each in sections[0].items] == [
        ("客户", "/apps/retail/customer"), ("全部客户", "/apps/retail/customer?view=all_customers")]


@pytest.mark.usefixtures("retail")
def test_only_the_present_entry_of_the_menu_is_marked(shell_of: Callable[..., Shell], builder: Person):
    def marked(path: str) -> list[str]:
        return [each.label for section in shell_of(builder, path).menu for each in section.items if each.active]

    assert marked("/apps/retail/customer") == marked("/apps/retail/customer/12") == ["Customer"]
    assert marked("/apps/retail/customer?view=all_customers") == ["All customers"]
    assert marked("/apps/retail/customer_notes") == marked("/me") == []


@pytest.mark.usefixtures("retail")
def test_what_is_not_published_any_more_leaves_no_dead_entry(shell_of: Callable[..., Shell], builder: Person, sqlite_workspace: Workspace):
    with sqlite_workspace.reading(SYSTEM) as act:
        act.catalogue.views.pop("all_customers")

    assert [each.key for each in shell_of(builder).menu[0].items] == ["customer"]


def test_members_have_no_tools(shell_of: Callable[..., Shell], builder: Person, add_person: Callable):
    assert "/admin/people" in [each.href for each in shell_of(builder).tools]
    assert shell_of(add_person("m@example.com", "member")).tools == ()


def test_the_bell_counts_what_one_has_not_read(shell_of: Callable[..., Shell], builder: Person, sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        for number, (person, read_at) in enumerate([(builder.id, None), (builder.id, None), (builder.id, 5), (99, None)]):
            act.connection.execute(notification.insert().values(id=number + 1, person=person, at=1, subject="x", read_at=read_at))

    assert shell_of(builder).notifications == 2


@pytest.mark.usefixtures("retail")
def test_the_start_page_shows_the_apps_as_cards(app: Flask, builder: Person):
    assert "零售会员" in words(Visitor(app, language="zh").sign_in(builder.email, PASSWORD).get("/"))


@pytest.mark.usefixtures("retail")
@pytest.mark.parametrize(("wanted", "href"), [
    ("retail", "/apps/retail"), ("lshy", "/apps/retail"), ("客户", "/apps/retail/customer"), ("kh", "/apps/retail/customer"),
    ("all cust", "/apps/retail/customer?view=all_customers"),
])
def test_jump_finds_what_is_in_the_menus(signed_in: Visitor, wanted: str, href: str):
    assert href in [each["href"] for each in signed_in.get(f"/jump?q={wanted}").get_json()]


@pytest.mark.usefixtures("retail")
def test_jump_finds_records_by_their_words(signed_in: Visitor, sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        saved = gateway.create(act, "customer", {"name": "林女士"})
        gateway.create(act, "customer", {"name": "陈先生"})

    found = signed_in.get("/jump?q=林女").get_json()
    assert found == [{"label": "林女士", "href": f"/apps/retail/customer/{saved.id}", "hint": "Customer"}]


@pytest.mark.usefixtures("retail")
def test_jump_shows_nothing_of_an_app_that_is_not_open_to_one(app: Flask, add_person: Callable, sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "林女士"})
    stranger = Visitor(app).sign_in(add_person("x@example.com", "service").email, PASSWORD)

    assert stranger.get("/jump?q=林女").get_json() == [] and stranger.get("/jump?q=retail").get_json() == []


@pytest.mark.usefixtures("retail")
@pytest.mark.parametrize(("wanted", "href"), [("sjrz", "/admin/audit"), ("发布", "/build/retail/publish"), ("calendar", "/admin/calendar")])
def test_jump_finds_what_builders_look_after(signed_in: Visitor, wanted: str, href: str):
    assert href in [each["href"] for each in signed_in.get(f"/jump?q={wanted}").get_json()]


@pytest.mark.usefixtures("retail")
def test_the_page_of_what_is_found_shows_records_by_form_and_where_there_are_more(signed_in: Visitor, sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        first = [gateway.create(act, "customer", {"name": f"林女士 {n}"}) for n in range(21)][0]
        gateway.create(act, "customer", {"name": "陈先生"})

    found = signed_in.get("/search?q=林女").text
    assert found.count('href="/apps/retail/customer/') == 20 and "陈先生" not in found
    assert 'href="/apps/retail/customer?q=%E6%9E%97%E5%A5%B3"' in found

    one = signed_in.get("/search?q=林女士 0").text
    assert f'href="/apps/retail/customer/{first.id}"' in one and "/apps/retail/customer?q=" not in one


@pytest.mark.usefixtures("retail")
@pytest.mark.parametrize(("query", "sentence"), [
    ("", "Customers by name, number or phone"), ("zzzz", "Nothing that you may see has “zzzz” in it."),
    ("<script>", "Nothing that you may see has “&lt;script&gt;” in it."), ("林", "Records are looked for from two characters on."),
])
def test_the_page_of_what_is_found_says_what_to_do_when_nothing_is(signed_in: Visitor, query: str, sentence: str):
    assert sentence in signed_in.get(f"/search?q={quote(query)}").text


@pytest.mark.usefixtures("retail")
def test_the_page_of_what_is_found_shows_nothing_that_is_not_open_to_one(app: Flask, add_person: Callable, sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "林女士"})
    stranger = Visitor(app).sign_in(add_person("x@example.com", "service").email, PASSWORD)
    assert "林女士" not in stranger.get("/search?q=林女").text and "Retail" not in stranger.get("/search?q=retail").text
    assert Visitor(app).get("/search?q=林女").status_code == 303


@pytest.mark.usefixtures("retail")
def test_home_and_to_dos_stand_above_a_menu_whose_first_section_has_a_name(shell_of: Callable[..., Shell], builder: Person):
    frame = shell_of(builder, "/apps/retail")
    assert [(each.href, each.active) for each in frame.top] == [("/apps/retail", True), ("/tasks", False)]
    assert frame.first is not None and frame.first.href == "/apps/retail/customer"


@pytest.mark.usefixtures("retail")
def test_what_is_drawn_once_for_many_says_nothing_of_somebody_else(app: Flask, signed_in: Visitor, add_person: Callable[..., Person]):
    other = Visitor(app).sign_in(add_person("eve@example.com", "member", "builder").email, PASSWORD)
    own, theirs = signed_in.get("/apps/retail/customer").text, other.get("/apps/retail/customer?q=zz").text
    assert "ada@example.com" in own and "eve@example.com" not in own and "ada@example.com" not in theirs and "eve@example.com" in theirs
    assert 'name="next" value="/apps/retail/customer?q=zz"' in theirs


@pytest.mark.usefixtures("retail")
def test_tiering_stands_after_the_first_section_of_a_long_menu(shell_of: Callable[..., Shell], builder: Person, sqlite_workspace: Workspace):
    long = [{"section": name, "items": ["form:customer"]} for name in ("Customers", "Trade", "Stores")]
    segment = {"kind": "segment", "key": "named", "form": "customer", "label": "Named", "where": "name != ''"}
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [{**APP, "menu": long}, segment])

    assert [each.label for each in shell_of(builder).named][:4] == ["Customers", "Tiering", "Trade", "Stores"]


@pytest.mark.usefixtures("retail")
def test_pages_of_the_workspace_stand_behind_one_entry_of_the_sidebar(signed_in: Visitor):
    side = signed_in.get("/apps/retail/customer").text.split('<nav class="tl-side"')[1].split("</nav>")[0]
    foot = side.split('<div class="tl-side-foot">')[1]

    assert [part.split('"')[0] for part in foot.split('class="tl-side-link" href="')[1:]] == ["/build/retail"]
    assert 'class="dropdown-item" href="/admin/people"' in foot and 'class="dropdown-item" href="/admin/health"' in foot
