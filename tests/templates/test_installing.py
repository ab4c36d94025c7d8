"""Installing a template: everything in one transaction, what is there stays, the sample counts as promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from builder import starters
from runtime.automation import engine
from runtime.definitions import versions
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.system import jobs
from runtime.system.tables import event, role, tier_history
from runtime.system.workspace import Workspace
from runtime.tiers.explaining import distribution
from tests import makers
from tests.templates.conftest import installed


def tiers(workspace: Workspace, model: str) -> dict[str, int]:
    with workspace.reading(SYSTEM) as act:
        return {each.key: each.count for each in distribution(act, model).tiers}


def work(workspace: Workspace) -> None:
    while jobs.run_next(workspace):
        pass


# -- with the sample ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [each.key for each in starters.templates()])
def test_the_sample_falls_into_the_tiers_that_the_gallery_promises(workspace: Workspace, key: str):
    about = starters.find_template(key).about
    done = installed(workspace, key, sample=True)
    work(workspace)

    assert sum(done.records.values()) == starters.find_template(key).sample_count()
    assert tiers(workspace, about.tier_model) == about.forecast.starter


def test_nobody_seems_to_have_risen_on_the_day_of_installation(retail: Workspace):
    with retail.reading(SYSTEM) as act:
        assert set(act.connection.execute(sa.select(tier_history.c.cause)).scalars()) == {"first"}
        assert act.connection.execute(sa.select(sa.func.count()).select_from(event).where(event.c.handled_at.is_(None))).scalar() == 0


def test_the_sample_ends_on_the_day_of_installation(retail: Workspace):
    with retail.reading(SYSTEM) as act:
        last = query.page(act, "order", sort=["-paid_on"], columns=["no", "paid_on"], limit=1).records[0].values
        assert 0 <= (act.today - last["paid_on"]).days <= 2
        assert last["no"].startswith(f"SO{last['paid_on']:%Y%m}")
        lines = query.aggregate(act, "order", measures=["COUNT(record)", "SUM(amount)"])[0]
        assert lines["COUNT(record)"] == 3100 and lines["SUM(amount)"] > 1_000_000


def test_tags_by_rule_and_by_hand_are_given(retail: Workspace):
    with retail.reading(SYSTEM) as act:
        for tag in ("double11", "group_buyer", "store_buyer", "advocate", "likely_again", "cross_category", "returns_often"):
            assert query.count(act, "customer", filter=f"'{tag}' in tags") > 5, tag


def test_the_full_model_can_be_published_over_the_sample(retail: Workspace):
    with retail.writing(SYSTEM, "publish") as act:
        versions.publish(act, [each.body for each in versions.drafts(act.connection)])
    work(retail)

    assert tiers(retail, "retail_value") == starters.find_template("retail").about.forecast.full


# -- and then it works --------------------------------------------------------------------------------------------------------------
def test_a_promoted_customer_gets_a_follow_up_within_a_day(sqlite_workspace: Workspace):
    installed(sqlite_workspace, "retail")
    whole = {"name": "林女士", "mobile": "13900000001", "city": "杭州", "source": "store", "birthday": "1990-05-01", "categories": ["food"]}
    with sqlite_workspace.writing(SYSTEM) as act:
        lin = gateway.create(act, "customer", whole).id
        gateway.create(act, "order", order_of(lin, 100))
    for _ in range(2):
        with sqlite_workspace.writing(SYSTEM) as act:
            gateway.create(act, "order", order_of(lin, 2_000))
        engine.settle(sqlite_workspace)

    with sqlite_workspace.reading(SYSTEM) as act:
        assert query.get(act, "customer", lin).values["tier"] == "high"
        found = query.page(act, "follow_up", columns=["customer", "note", "due_at"]).records
        assert [(each.values["customer"], each.values["note"]) for each in found] == [(lin, "恭喜升级:林女士")] * len(found)
        assert found and all(0 < (each.values["due_at"] - act.now).total_seconds() <= 86_400 for each in found)


def order_of(customer: int, price: int) -> dict[str, object]:
    return {"customer": customer, "status": "done", "items": [{"product": "茶", "quantity": 1, "price": price}]}


# -- what it leaves behind ----------------------------------------------------------------------------------------------------------
def test_installing_publishes_the_starter_saves_the_drafts_and_makes_the_roles(workspace: Workspace):
    done = installed(workspace, "retail")

    with workspace.reading(SYSTEM) as act:
        assert [each.key for each in act.catalogue.tier_models["retail_value"].tiers] == ["high", "middle", "low"]
        draft = versions.find_draft(act.connection, "tier_model", "retail_value")
        assert [each["key"] for each in draft.body["tiers"]] == ["diamond", "gold", "silver", "basic"]
        assert {"sales", "senior_sales", "crm_lead", "service"} <= set(act.connection.execute(sa.select(role.c.key)).scalars())
    assert (done.app, done.used) == ("retail", [])


def test_installing_a_second_time_changes_nothing(sqlite_workspace: Workspace):
    first = installed(sqlite_workspace, "retail")
    again = installed(sqlite_workspace, "retail")

    assert again.published == [] and again.drafts == []
    assert len(again.used) == len(first.published)


def test_an_existing_form_gets_the_fields_it_lacks_and_keeps_its_own(sqlite_workspace: Workspace):
    own = makers.form_json(makers.text("name"), makers.text("shoe_size"), key="customer")
    with sqlite_workspace.writing(SYSTEM) as act:
        versions.publish(act, [own])
    done = installed(sqlite_workspace, "retail")

    with sqlite_workspace.reading(SYSTEM) as act:
        fields = act.catalogue.forms["customer"].by_key
        assert {"shoe_size", "tier", "mobile", "spend_365d"} <= set(fields) and not fields["name"].required
        seen = starters.preview(act, "retail")
    assert done.used == [("form", "customer")]
    assert ("form", "customer") in seen.conflicts and (seen.forms, seen.tags) == (10, 16)


def test_under_a_prefix_everything_is_new(sqlite_workspace: Workspace):
    installed(sqlite_workspace, "rfm_example")
    done = installed(sqlite_workspace, "rfm_example", prefix="north", sample=True)

    assert done.app == "north_rfm_example" and done.used == []
    with sqlite_workspace.reading(SYSTEM) as act:
        assert query.count(act, "north_cdnow_order") == 6919 and query.count(act, "cdnow_order") == 0
        assert act.catalogue.tier_models["north_rfm"].form == "north_cdnow_customer"


def test_formulas_name_segments_by_their_new_key(sqlite_workspace: Workspace):
    installed(sqlite_workspace, "retail", prefix="north")

    with sqlite_workspace.reading(SYSTEM) as act:
        assert act.catalogue.views["north_at_risk"].filter == "IN_SEGMENT('north_vip_at_risk')"
        assert act.catalogue.apps["north_retail"].first_form() == "north_customer"


def test_a_sample_does_not_mix_with_records_of_ones_own(sqlite_workspace: Workspace):
    installed(sqlite_workspace, "rfm_example")
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "cdnow_customer", {"customer_id": "1", "name": "Own"})

    with pytest.raises(Refused, match="records of your own"):
        installed(sqlite_workspace, "rfm_example", sample=True)


def test_a_sample_that_does_not_fit_leaves_nothing(sqlite_workspace: Workspace, tmp_path: Path):
    folder = small_template(tmp_path, "name,since\nLin,-3\n,-1\n")

    with pytest.raises(Refused, match="The sample does not fit") as refused, sqlite_workspace.writing(SYSTEM) as act:
        starters.import_folder(act, folder, sample=True)
    assert refused.value.problems[0].path == "guests.csv:3/name"
    with sqlite_workspace.reading(SYSTEM) as act:
        assert act.catalogue.apps == {}


@pytest.mark.parametrize("prefix", ["1st", "No", "with space", "averyveryverylongprefixthatistoolong"])
def test_a_prefix_is_a_short_key(sqlite_workspace: Workspace, prefix: str):
    with pytest.raises(Refused, match="prefix"):
        installed(sqlite_workspace, "retail", prefix=prefix)


def test_a_campaign_that_is_over_moves_to_the_next_year(sqlite_workspace: Workspace):
    installed(sqlite_workspace, "retail")
    with sqlite_workspace.reading(SYSTEM) as act:
        ends = [tag.expires for tag in act.catalogue.tag_sets["customer_tags"].tags if tag.expires]
        assert ends and all(day >= act.today for day in ends)


def test_only_those_who_build_install(sqlite_workspace: Workspace):
    ning = Person(7, "ning@example.com", "Ning", frozenset({"member"}))
    with pytest.raises(NotAllowed), sqlite_workspace.writing(ning) as act:
        starters.install(act, "retail")


def test_an_unknown_template_is_answered_with_the_list(sqlite_workspace: Workspace):
    with pytest.raises(NotFound, match="There are: retail, manufacturing, rfm_example"):
        installed(sqlite_workspace, "bakery")


# -- as long work, and as files -----------------------------------------------------------------------------------------------------
def test_an_installation_as_long_work_ends_with_the_app(sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        job = starters.start(act, "rfm_example")
    row = jobs.run_now(sqlite_workspace, job)

    assert (row.state, json.loads(row.result)) == ("done", {"app": "rfm_example", "records": 9276})


def test_an_exported_app_installs_elsewhere(sqlite_workspace: Workspace, tmp_path: Path):
    installed(sqlite_workspace, "retail")
    with sqlite_workspace.reading(SYSTEM) as act:
        written = starters.export(act, "retail", tmp_path / "shop")
        before = {(each.kind, each.key) for each in act.catalogue.all()}

    assert {path.parent.name for path in written} == {"definitions", "drafts", "shop"}
    with sqlite_workspace.writing(SYSTEM) as act:
        again = starters.import_folder(act, tmp_path / "shop", prefix="copy")
    with sqlite_workspace.reading(SYSTEM) as act:
        assert {(each.kind, each.key) for each in act.catalogue.all()} == before | {(kind, f"copy_{key}") for kind, key in before}
    assert again.app == "copy_retail"


def small_template(folder: Path, rows: str) -> Path:
    """A template of one form with one file of rows."""
    (folder / "definitions").mkdir()
    (folder / "sample").mkdir()
    about = {
        "key": "guests",
        "label": "Guests",
        "industry": "Inns",
        "why": "Small.",
        "sample": {"about": "Some guests", "files": [{"form": "guest", "file": "guests.csv", "relative_days": ["since"]}]},
    }
    (folder / "template.json").write_text(json.dumps(about))
    (folder / "definitions/app_guests.json").write_text(json.dumps({"kind": "app", "key": "guests", "label": "Guests"}))
    form = makers.form_json(makers.text("name", required=True), makers.day("since"), key="guest", app="guests")
    (folder / "definitions/form_guest.json").write_text(json.dumps(form))
    (folder / "sample/guests.csv").write_text(rows)
    return folder
