"""Looking after people: finding them, departments, groups, roles, a file of people, and leaving."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from runtime.definitions import versions
from runtime.pages import people_import
from runtime.pages.reader import Reader
from runtime.people import accounts, departments
from runtime.people.organisation import organisation_of
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.system.tables import todo
from runtime.system.workspace import Workspace
from tests.makers import form_json, instant, member, number, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


def names_on(answer) -> list[str]:
    return re.findall(r'<a href="/admin/people/\d+"><b>(.*?)</b>', answer.get_data(as_text=True))


# -- finding --------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def crowd(sqlite_workspace: Workspace, signed_in: Visitor) -> Visitor:
    """The builder with 120 others; every third belongs to Sales, every fifth is switched off."""
    with sqlite_workspace.writing(SYSTEM) as act:
        sales = departments.add(act, "Sales")
        north = departments.add(act, "North", sales)
        for each in range(120):
            someone = accounts.add(
                act, email=f"p{each}@example.com", name=f"Person {each:03}", roles=["member", "clerk"] if each < 7 else ["member"]
            )
            if each % 3 == 0:
                departments.place(act, someone.id, [north])
            if each % 5 == 0:
                accounts.deactivate(act, someone.id)
    return signed_in


def test_a_long_list_comes_in_pages_each_person_once_the_active_first(crowd: Visitor):
    seen: list[str] = []
    href: str | None = "/admin/people"
    while href:
        page = crowd.get(href)
        seen += names_on(page)
        found = re.search(r'href="([^"]+)" rel="next"', page.get_data(as_text=True))
        href = found[1].replace("&amp;", "&") if found else None

    assert len(seen) == len(set(seen)) == 121
    assert seen[0] == "Ada" and seen[97:] == [f"Person {each:03}" for each in range(0, 120, 5)]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("q=person+01", 12),
        ("q=P17@", 1),
        ("role=clerk", 7),
        ("state=off", 24),
        ("state=active&role=clerk", 5),
        ("q=%25", 0),
        ("q=_", 0),
        ("department={sales}", 40),
        ("department={sales}&state=off", 8),
        ("after=999999&q=Ada", 1),
        ("department=x&after=y", 50),
    ],
)
def test_people_are_found_by_words_department_role_and_state(crowd: Visitor, sqlite_workspace: Workspace, asked: str, count: int):
    with sqlite_workspace.reading(SYSTEM) as act:
        sales = organisation_of(act.connection).children[None][0].id
    answer = crowd.get(f"/admin/people?{asked.format(sales=sales)}")

    assert len(names_on(answer)) == min(count, 50)
    if not count:
        assert "Nobody fits these conditions." in words(answer)


# -- departments ------------------------------------------------------------------------------------------------------------------
def test_a_tree_is_built_and_changed_on_the_page(signed_in: Visitor, sqlite_workspace: Workspace, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    assert "Here stands how your company is divided." in words(signed_in.get("/admin/people/departments"))
    signed_in.post("/admin/people/departments", {"name": "Sales", "head": "ning@example.com"})
    with sqlite_workspace.reading(SYSTEM) as act:
        [sales] = organisation_of(act.connection).departments.values()
    signed_in.post("/admin/people/departments", {"name": "North", "parent": str(sales.id)})
    with sqlite_workspace.reading(SYSTEM) as act:
        north = organisation_of(act.connection).children[sales.id][0]

    page = words(signed_in.get("/admin/people/departments"))
    assert sales.head == ning.id and "Head: Ning" in page and page.index("Sales") < page.index("North")
    answer = signed_in.post(f"/admin/people/departments/{sales.id}", {"name": "Sales", "parent": str(north.id), "head": str(ning.id)})
    assert answer.status_code == 422
    assert "Sales cannot be moved under North, which lies under Sales itself." in words(answer)
    assert "Sales still has 0 people and 1 departments" in words(signed_in.post(f"/admin/people/departments/{sales.id}/remove"))
    signed_in.post(f"/admin/people/departments/{north.id}", {"name": "Nord", "parent": "", "head": ""})
    with sqlite_workspace.reading(SYSTEM) as act:
        tree = organisation_of(act.connection)
    assert tree.path(north.id) == "Nord" and tree.departments[north.id].key == "north"


def test_a_head_who_is_not_here_is_a_fault_beside_the_field(signed_in: Visitor):
    answer = signed_in.post("/admin/people/departments", {"name": "Sales", "head": "nobody@example.com"})

    assert answer.status_code == 422 and "Nobody here has the e-mail address nobody@example.com." in words(answer)
    assert 'value="Sales"' in answer.get_data(as_text=True)


def test_a_person_is_put_into_departments_with_one_as_main(signed_in: Visitor, sqlite_workspace: Workspace, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    with sqlite_workspace.writing(SYSTEM) as act:
        sales, service = departments.add(act, "Sales"), departments.add(act, "Service")

    form = {"name": "Ning Li", "departments": [str(sales), str(service)], "main": str(service)}
    assert signed_in.post(f"/admin/people/{ning.id}", form).status_code == 303
    with sqlite_workspace.reading(SYSTEM) as act:
        found = accounts.by_id(act.connection, ning.id)
    assert found.name == "Ning Li" and found.departments == (service, sales)


# -- groups and roles ---------------------------------------------------------------------------------------------------------------
def test_a_group_gains_and_loses_people(signed_in: Visitor, builder: Person, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    signed_in.post("/admin/people/groups", {"name": "Night shift"})
    page = signed_in.get("/admin/people/groups").get_data(as_text=True)
    path = re.search(r"/admin/people/groups/\d+", page)[0]

    assert "There is a group night shift already." in words(signed_in.post("/admin/people/groups", {"name": "night shift"}))
    signed_in.post(path, {"name": "Night shift", "person": "ning@example.com"})
    assert f'name="people" value="{ning.id}"' in signed_in.get("/admin/people/groups").get_data(as_text=True)
    assert signed_in.post(path, {"name": "Night shift", "people": [str(ning.id)], "person": "who"}).status_code == 422
    signed_in.post(path, {"name": "Night shift"})
    assert "nobody yet" in words(signed_in.get("/admin/people/groups"))


def test_roles_get_names_and_leave_only_when_nobody_has_them(signed_in: Visitor, add_person: Callable):
    signed_in.post("/admin/roles", {"key": "crm_lead", "label": "CRM lead"})
    assert "CRM lead" in words(signed_in.get("/admin/roles"))
    ning = add_person("ning@example.com", "crm_lead")

    assert "is in use" in words(signed_in.post("/admin/roles/crm_lead/remove"))
    signed_in.post(f"/admin/people/{ning.id}/roles", {"roles": ["member"]})
    assert signed_in.post("/admin/roles/crm_lead/remove").status_code == 303
    assert "keeps its name" in words(signed_in.post("/admin/roles", {"key": "builder", "label": "Boss"}))
    assert "is no key" in words(signed_in.post("/admin/roles", {"key": "CRM Lead", "label": ""}))
    assert signed_in.post("/admin/roles/nothing/remove").status_code == 404


# -- a file of people ---------------------------------------------------------------------------------------------------------------
def send(visitor: Visitor, raw: bytes):
    return visitor.post("/admin/people/import", {"file": (io.BytesIO(raw), "people.csv")})


def test_everybody_of_a_file_gets_a_link_that_works(app: Flask, signed_in: Visitor):
    answer = send(signed_in, "姓名,邮箱,部门\n宁,ning@example.com,销售 / 华东\n李,li@example.com,\n".encode("gb18030"))

    links = re.findall(r"<code[^>]*>http://localhost(/invite/[\w-]+)", answer.get_data(as_text=True))
    assert len(links) == 2 and "2 people were added" in words(answer)
    assert Visitor(app).post(links[0], {"password": "a river in the fog", "name": "宁导购"}).location == "/"
    assert "销售 / 华东" in words(signed_in.get("/admin/people"))


def test_the_faults_of_a_file_stand_by_line_and_nobody_is_added(signed_in: Visitor):
    answer = send(signed_in, b"name,email\nNing,ning@example.com\nLi,li\nAda,ada@example.com\n")

    said = words(answer)
    assert answer.status_code == 422 and "Nobody was added." in said
    assert "Line 3 : Write an e-mail address" in said and "Line 4 : ada@example.com has an account already." in said
    assert names_on(signed_in.get("/admin/people")) == ["Ada"]


@pytest.mark.parametrize(("raw", "sentence"), [(b"", "The file is empty."), (b"x" * 2_001, "at most 2 MB")])
def test_a_file_that_is_none_is_refused(signed_in: Visitor, monkeypatch: pytest.MonkeyPatch, raw: bytes, sentence: str):
    monkeypatch.setattr(people_import, "LARGEST", 2_000)
    assert sentence in words(send(signed_in, raw))


def test_without_a_file_one_is_asked_for_it(signed_in: Visitor):
    assert "Choose a file first." in words(signed_in.post("/admin/people/import"))


# -- leaving ------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def owned(sqlite_workspace: Workspace, add_person: Callable) -> Person:
    """Ning, who owns three customers and has one open to-do and one that is done."""
    ning = add_person("ning@example.com", "member")
    form = form_json(text("name"), member("owner"), number("points"))
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form])
    with sqlite_workspace.writing(SYSTEM) as act:
        for name in ("one", "two", "three"):
            gateway.create(act, "customer", {"name": name, "owner": ning.id})
        gateway.create(act, "customer", {"name": "free"})
        for its, done_at in ((1, None), (2, act.micros)):
            act.connection.execute(
                todo.insert().values(id=its, title="Call", person=ning.id, created_by=ning.id, created_at=act.micros, done_at=done_at)
            )
    return ning


def owners(workspace: Workspace) -> list[int | None]:
    with workspace.reading(SYSTEM) as act:
        return [each.values["owner"] for each in query.page(act, "customer", sort=["name"]).records]


def test_what_somebody_owns_is_counted_before_they_are_switched_off(signed_in: Visitor, owned: Person):
    said = words(signed_in.get(f"/admin/people/{owned.id}/deactivate"))

    assert "Customer: 3" in said and "Open to-dos: 1" in said and "signed out at once: 0 browsers and 0 API tokens" in said


def test_with_a_successor_all_records_move_with_the_switching_off(
    app: Flask, signed_in: Visitor, owned: Person, builder: Person, sqlite_workspace: Workspace
):
    leaving = Visitor(app).sign_in(owned.email, PASSWORD)

    assert signed_in.post(f"/admin/people/{owned.id}/deactivate", {"successor": builder.email}).status_code == 303

    assert owners(sqlite_workspace).count(builder.id) == 3 and owned.id not in owners(sqlite_workspace)
    with sqlite_workspace.engine.connect() as connection:
        assert connection.execute(sa.select(todo.c.person).order_by(todo.c.id)).scalars().all() == [builder.id, owned.id]
    assert "4 records and to-dos now belong to the successor." in signed_in.get("/admin/people").get_data(as_text=True)
    assert not leaving.is_signed_in


@pytest.mark.parametrize("successor", ["ning@example.com", "nobody@example.com", "999999"])
def test_who_cannot_take_over_is_refused_and_nothing_has_happened(
    signed_in: Visitor, owned: Person, sqlite_workspace: Workspace, successor: str
):
    answer = signed_in.post(f"/admin/people/{owned.id}/deactivate", {"successor": successor})

    assert answer.status_code == 422
    assert owners(sqlite_workspace).count(owned.id) == 3
    with sqlite_workspace.reading(SYSTEM) as act:
        assert accounts.by_id(act.connection, owned.id).active


def test_the_last_administrator_hands_nothing_over_and_stays(
    signed_in: Visitor, builder: Person, owned: Person, sqlite_workspace: Workspace
):
    answer = signed_in.post(f"/admin/people/{builder.id}/deactivate", {"successor": owned.email})

    assert "Ada is the last one who may build here." in words(answer)
    assert signed_in.is_signed_in


def test_times_are_typed_and_shown_in_the_own_zone_and_meant_for_everybody(sqlite_workspace: Workspace, builder: Person):
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form_json(text("name"), instant("due"))])
    with sqlite_workspace.writing(builder) as act:
        accounts.set_zone(act, builder.id, "Europe/Berlin")
    with sqlite_workspace.reading(SYSTEM) as act:
        ada = accounts.by_id(act.connection, builder.id)

    with sqlite_workspace.writing(ada) as act:
        record = gateway.create(act, "customer", {"name": "Ning", "due": "2026-01-15T10:00"}).id
    with sqlite_workspace.writing(ada, "import") as act:
        imported = gateway.create(act, "customer", {"name": "Li", "due": "2026-01-15T10:00"}).id
    with sqlite_workspace.reading(SYSTEM) as act:
        due = query.get(act, "customer", record).values["due"]
        assert query.get(act, "customer", imported).values["due"].isoformat() == "2026-01-15T02:00:00+00:00"  # Shanghai

    assert due.isoformat() == "2026-01-15T09:00:00+00:00"
    assert Reader("en", sqlite_workspace.zone, person=ada).datetime(due).endswith("01-15 10:00")
    assert Reader("en", sqlite_workspace.zone).datetime(due).endswith("01-15 17:00")


def test_a_member_reaches_none_of_these_pages(app: Flask, builder: Person, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    visitor = Visitor(app).sign_in(ning.email, PASSWORD)

    for path in (
        "/admin/people",
        f"/admin/people/{builder.id}",
        "/admin/people/departments",
        "/admin/people/groups",
        "/admin/roles",
        "/admin/people/import",
        "/admin/people/sign-in",
        f"/admin/people/{builder.id}/deactivate",
    ):
        assert visitor.get(path).status_code == 403, path
    for path in ("/admin/people/departments", "/admin/people/groups", "/admin/roles", "/admin/people/import", "/admin/people/sign-in"):
        assert visitor.post(path, {"name": "Mine", "rule": ""}).status_code == 403, path
