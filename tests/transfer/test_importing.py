"""From a file to records: checked first, written in chunks, resumed, cancelled, and taken back."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import jobs
from runtime.system.tables import derived_dirty, event, import_row
from runtime.transfer import chunks, faulty, imports, importing, undoing
from tests.transfer.conftest import Shop

FILE = """客户名称,会员号,手机,来源,入会日期
Ann,C1,13912345678,shop,2025-03-02
Bob,C2,138 1234 2046,网店,2025/4/1
Cid,C3,1391234567,Web,25/13/04
,C4,,,
"""


def counts_of(found, *names):
    return tuple(found[name] for name in names)


def test_the_check_says_what_would_become_of_every_row_and_writes_none(shop: Shop):
    task = shop.upload(FILE)
    found = shop.check(task)
    assert counts_of(found, "rows", "new", "update", "unchanged", "faulty") == (4, 1, 0, 0, 3)
    assert shop.all() == []
    with shop.workspace.reading(SYSTEM) as act:
        rows, after = faulty.listed(act, task)
    assert [(row.number, sorted(problem["path"] for problem in row.problems)) for row in rows] == [
        (3, ["source"]),
        (4, ["mobile", "since"]),
        (5, ["name"]),
    ]
    assert after is None


def test_what_the_check_says_is_what_the_import_does(shop: Shop):
    task = shop.upload(FILE)
    checked = shop.check(task)
    assert {**shop.write(task), "listed": 0} == {**checked, "listed": 0}
    assert shop.all("customer", "name", "code", "mobile", "source", "since") == [("Ann", "C1", "+8613912345678", "shop", date(2025, 3, 2))]


def test_rows_change_what_is_there_and_blanks_overwrite_nothing(shop: Shop):
    shop.bring("name,code,source,credit\nAnn,C1,shop,5\nBob,C2,web,6\n")
    found = shop.bring("code,name,source,credit\nC1,Anna,,7.50\nC2,Bob,web,6.00\nC3,Cid,,\n")
    assert counts_of(found, "new", "update", "unchanged", "faulty", "changes") == (1, 1, 1, 0, 2)
    assert shop.all("customer", "name", "source", "credit") == [
        ("Anna", "shop", Decimal("7.50")),
        ("Bob", "web", Decimal("6.00")),
        ("Cid", None, None),
    ]


def test_only_changing_refuses_rows_without_a_record(shop: Shop):
    shop.bring("name,code\nAnn,C1\n")
    found = shop.bring("name,code\nAnna,C1\nBob,C2\nCid,\n", mode="update")
    assert counts_of(found, "new", "update", "faulty") == (0, 1, 2)


@pytest.mark.parametrize("mode", ["add", "upsert"])
@pytest.mark.parametrize("size", [2, 100])
def test_a_value_that_may_not_repeat_counts_once_in_a_file(shop: Shop, monkeypatch, mode, size):
    monkeypatch.setattr(chunks.chunks, "__defaults__", (size,))
    task = shop.upload("name,code\nAnn,C1\nBob,C2\nCid,C1\nDan,C3\nEve,C2\n")
    checked = shop.check(task, mode=mode, match="code" if mode != "add" else None)
    written = shop.write(task)
    assert counts_of(checked, "new", "faulty") == counts_of(written, "new", "faulty") == (3, 2)
    with shop.workspace.reading(SYSTEM) as act:
        rows, _after = faulty.listed(act, task)
    assert [(row.number, row.problems[0]["en"]) for row in rows] == [
        (4, "The same Member no. stands in row 2 already. Leave out one of the two."),
        (6, "The same Member no. stands in row 3 already. Leave out one of the two."),
    ]


def test_references_people_and_tags_are_found_by_what_people_write(shop: Shop):
    from runtime.people import accounts

    with shop.workspace.writing(SYSTEM) as act:
        ning = accounts.add(act, email="ning@example.com", name="Ning", roles=("member",), password=None).id
    found = shop.bring(
        'name,code,owner,tags,interests\nAnn,001,ning@example.com,贵宾,"Tea,coffee"\n'
        'Bob,002,Ning,"VIP, Loyal",\nCid,003,Nobody,vip,\nDan,004,,Old,\n'
    )
    assert counts_of(found, "new", "faulty") == (2, 2)
    assert shop.all("customer", "name", "owner", "tags", "interests") == [
        ("Ann", ning, ("vip",), ("tea", "coffee")),
        ("Bob", ning, ("vip", "loyal"), ()),
    ]
    ann, bob = shop.ids()
    orders = shop.bring(
        "no,customer,amount,paid_on\nO1,001,10.50,2025-01-01\nO2,002,3,2025-01-02\nO3,999,3,2025-01-03\nO4,001,-1,2025-01-03\n", "order"
    )
    assert counts_of(orders, "new", "faulty") == (2, 2)
    assert shop.all("order", "no", "customer", "amount") == [("O1", ann, Decimal("10.50")), ("O2", bob, Decimal("3.00"))]
    assert shop.all("customer", "name", "spend") == [("Ann", Decimal("10.50")), ("Bob", Decimal("3.00"))]


# -- what follows --------------------------------------------------------------------------------------------------------------------
def test_automations_see_the_rows_of_an_import_only_when_asked_for_and_its_end_always(sqlite_shop: Shop):
    shop = sqlite_shop
    for fire in ("nothing", "automations"):
        task = shop.upload(f"name,code\nAnn,{fire}\n")
        shop.check(task)
        shop.write(task, fire)
    with shop.workspace.reading(SYSTEM) as act:
        rows = act.connection.execute(
            sa.select(event.c.kind, event.c.source, event.c.handled_at.is_(None)).where(event.c.form == "customer").order_by(event.c.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("record_created", "import", 0),
        ("import_finished", "import", 1),
        ("record_created", "import", 1),
        ("import_finished", "import", 1),
    ]


def test_many_rows_have_their_formulas_when_the_import_is_done(sqlite_shop: Shop, monkeypatch):
    shop = sqlite_shop
    shop.bring("name,code\n" + "".join(f"N{number},C{number}\n" for number in range(300)))
    shop.bring("no,customer,amount\n" + "".join(f"O{number},C{number % 300},{number}\n" for number in range(600)), "order")
    with shop.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(derived_dirty)).scalar() == 0
    assert shop.all("customer", "spend")[:2] == [(Decimal("300.00"),), (Decimal("302.00"),)]


# -- killed and cancelled ------------------------------------------------------------------------------------------------------------
class Killed(BaseException):
    pass


def test_a_killed_import_goes_on_exactly_where_it_stood(shop: Shop, monkeypatch):
    monkeypatch.setattr(chunks.chunks, "__defaults__", (10,))
    content = "name,code\n" + "".join(f"N{number},C{number}\n" for number in range(45)) + "again,C3\n"
    task = shop.upload(content)
    shop.check(task)
    original, calls = importing._note_for_undo, []

    def dies(*given):
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return original(*given)

    with shop.workspace.writing(SYSTEM) as act:
        job = imports.start_import(act, shop.find(task))
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(importing, "_note_for_undo", dies)
        jobs.run_now(shop.workspace, job)
    assert len(shop.ids()) == 20
    with shop.workspace.engine.connect() as connection:
        row = jobs.find(connection, job)
    jobs.run(shop.workspace, row)
    done = shop.find(task)
    assert counts_of(done.counts["import"], "rows", "new", "faulty") == (46, 45, 1)
    assert sorted(shop.all("customer", "code")) == sorted((f"C{number}",) for number in range(45))


def test_a_cancelled_import_keeps_its_chunks_and_can_be_taken_back(shop: Shop, monkeypatch):
    monkeypatch.setattr(chunks.chunks, "__defaults__", (10,))
    task = shop.upload("name,code\n" + "".join(f"N{number},C{number}\n" for number in range(45)))
    shop.check(task)

    def tell(done, total, message):
        if done >= 20:
            raise jobs.Cancelled

    with pytest.raises(jobs.Cancelled):
        importing.write(shop.workspace, SYSTEM, shop.find(task), tell)
    assert (shop.find(task).state, len(shop.ids())) == ("cancelled", 20)
    assert shop.undo(task)["deleted"] == 20
    assert shop.ids() == []


# -- mending -------------------------------------------------------------------------------------------------------------------------
def test_a_faulty_row_is_mended_in_place_and_imported(shop: Shop):
    task = shop.upload("name,code,source\nAnn,C1,地推\nBob,C2,地推\nCid,C3,shop\n")
    shop.check(task)
    with shop.workspace.writing(SYSTEM) as act:
        assert faulty.mend(act, shop.find(task), 2, 2, "nothing like it") == (1, 0)
        assert faulty.mend(act, shop.find(task), 2, 2, "web") == (1, 1)
    assert counts_of(shop.find(task).counts["check"], "new", "faulty") == (2, 1)
    assert counts_of(shop.write(task), "new", "faulty") == (2, 1)
    assert shop.all("customer", "name", "source") == [("Ann", "web"), ("Cid", "shop")]


def test_one_fix_mends_all_rows_alike(shop: Shop):
    task = shop.upload("name,code,source\nAnn,C1,地推\nBob,C2,地推\nCid,C3,街边\n")
    shop.check(task)
    with shop.workspace.writing(SYSTEM) as act:
        assert faulty.mend(act, shop.find(task), 3, 2, "shop", alike=True) == (2, 2)
    assert counts_of(shop.write(task), "new", "faulty") == (2, 1)


def test_reasons_are_counted(shop: Shop):
    task = shop.upload("name,code,source,since\nAnn,C1,x,\nBob,C2,y,\nCid,C3,,z\n")
    shop.check(task)
    with shop.workspace.reading(SYSTEM) as act:
        found = faulty.reasons(act, task)
        assert [(each.path, each.count) for each in found] == [("source", 2), ("since", 1)]
        assert [row.number for row in faulty.listed(act, task, found[0].key)[0]] == [2, 3]


def test_the_file_of_refused_rows_says_why_and_holds_no_formula(sqlite_shop: Shop):
    shop = sqlite_shop
    task = shop.upload('name,code,source\n"=1+1","@x",nowhere\n')
    shop.check(task)
    with shop.workspace.reading(SYSTEM) as act:
        text = "".join(faulty.errors_csv(act, task, "en"))
    head, line = text.splitlines()
    assert head == "\ufeffname,code,source,Row,Reason"
    assert line.startswith("'=1+1,'@x,nowhere,2,") and "Source: “nowhere” is none of the options" in line


# -- taking back ---------------------------------------------------------------------------------------------------------------------
def test_an_import_is_taken_back_with_all_old_values(shop: Shop):
    shop.bring("name,code,source,tags\nAnn,C1,shop,Loyal\n")
    task = shop.upload("name,code,source,credit,tags\nAnna,C1,web,7,vip\nBob,C2,web,,\nCid,C3,web,,\n")
    shop.check(task)
    shop.write(task)
    assert shop.all("customer", "name", "source", "credit", "tags") == [
        ("Anna", "web", Decimal("7.00"), ("loyal", "vip")),
        ("Bob", "web", None, ()),
        ("Cid", "web", None, ()),
    ]
    assert shop.undo(task) == {"deleted": 2, "restored": 1, "kept": 0}
    assert shop.all("customer", "name", "source", "credit", "tags") == [("Ann", "shop", None, ("loyal",))]
    assert shop.find(task).state == "undone"
    with pytest.raises(Refused), shop.workspace.writing(SYSTEM) as act:
        imports.start_undo(act, shop.find(task))


def test_what_somebody_has_changed_since_stays_and_is_listed(shop: Shop):
    shop.bring("name,code\nAnn,C1\nBob,C2\n")
    task = shop.upload("name,code\nAnna,C1\nBobby,C2\nCid,C3\nDan,C4\n")
    shop.check(task)
    shop.write(task)
    _ann, bob, cid, _dan = shop.ids()
    with shop.workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", bob, {"source": "web"})
        gateway.update(act, "customer", cid, {"source": "web"})
    assert shop.undo(task) == {"deleted": 1, "restored": 1, "kept": 2}
    assert shop.all() == [("Ann",), ("Bobby",), ("Cid",)]
    with shop.workspace.reading(SYSTEM) as act:
        assert {each["title"] for each in undoing.kept(act, shop.find(task))} == {"Bobby", "Cid"}


def test_records_that_others_point_at_stay(shop: Shop):
    task = shop.upload("name,code\nAnn,C1\nBob,C2\n")
    shop.check(task)
    shop.write(task)
    shop.bring("no,customer\nO1,C1\n", "order")
    assert shop.undo(task) == {"deleted": 1, "restored": 0, "kept": 1}
    assert shop.all() == [("Ann",)]


def test_an_import_of_a_month_ago_cannot_be_taken_back(sqlite_shop: Shop):
    from datetime import timedelta

    shop = sqlite_shop
    task = shop.upload("name,code\nAnn,C1\n")
    shop.check(task)
    shop.write(task)
    later = shop.workspace.now() + timedelta(days=31)
    shop.workspace.now = lambda: later
    with pytest.raises(Refused, match="older than 30 days"), shop.workspace.writing(SYSTEM) as act:
        imports.start_undo(act, shop.find(task))
    with shop.workspace.writing(SYSTEM) as act:
        imports.forget_old(act)
        assert act.connection.execute(sa.select(sa.func.count()).select_from(import_row)).scalar() == 0
    assert not task.path.exists()


def test_the_finished_event_tells_the_counts(sqlite_shop: Shop):
    sqlite_shop.bring("name,code\nAnn,C1\n,C2\n")
    with sqlite_shop.workspace.reading(SYSTEM) as act:
        payload = json.loads(act.connection.execute(sa.select(event.c.payload).where(event.c.kind == "import_finished")).scalar())
    assert (payload["state"], payload["new"], payload["faulty"], payload["file"]) == ("done", 1, 1, "customers.csv")
