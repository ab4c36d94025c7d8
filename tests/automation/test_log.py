"""What the run log shows, and to whom; automations in words; every kind in the docs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runtime.automation import log, runs
from runtime.automation.words import sentence
from runtime.definitions.loading import load
from runtime.definitions.shelf import STEPS, TRIGGERS
from runtime.errors import NotAllowed, NotFound
from runtime.people.person import SYSTEM, Person
from tests.automation.conftest import House, automation, created, setting, tell, updated
from tests.makers import catalogue_of, checkbox, day, form_json, member, options, tag_set_of, text, tier_model_of

MEMBER = Person(5, "a@example.com", "A", frozenset({"member"}))
STRANGER = Person(6, "b@example.com", "B", frozenset())


@pytest.fixture
def logged(small_house: House) -> House:
    small_house.person("boss@example.com", "boss")
    small_house.publish(form_json(text()), automation(created(), tell()), automation(created(), tell(), key="other", when="name == 'b'"))
    for name in ("a", "b", "c"):
        small_house.create(name=name)
        small_house.settle()
    return small_house


def test_the_log_lists_the_newest_first_page_by_page(logged: House) -> None:
    with logged.workspace.reading(SYSTEM) as act:
        first = log.runs(act, limit=4)
        rest = log.runs(act, limit=4, cursor=first.next)
        assert [each.id for each in (*first.runs, *rest.runs)] == sorted((each.id for each in (*first.runs, *rest.runs)), reverse=True)
        assert (len(first.runs), len(rest.runs), rest.next) == (4, 2, None)
        assert first.counts == {"done": 4, "skipped": 2}


def test_the_log_can_be_narrowed(logged: House) -> None:
    with logged.workspace.reading(SYSTEM) as act:
        assert len(log.runs(act, automation="other").runs) == 3
        assert [each.record for each in log.runs(act, automation="other", state="done").runs] == [2]
        assert {each.automation for each in log.runs(act, record=("customer", 2)).runs} == {"rule", "other"}
        assert set(log.last_runs(act)) == {"rule", "other"}


def test_the_log_is_the_builders_and_a_records_runs_are_for_who_may_see_it(logged: House) -> None:
    with logged.workspace.reading(MEMBER) as act:
        for look in (lambda: log.runs(act), lambda: log.run(act, 1)):
            with pytest.raises(NotAllowed):
                look()
        assert len(log.runs(act, record=("customer", 2)).runs) == 2
    with logged.workspace.reading(STRANGER) as act, pytest.raises(NotAllowed):
        log.runs(act, record=("customer", 2))
    with logged.workspace.writing(MEMBER) as act, pytest.raises(NotAllowed):
        runs.retry(act, 1)


def test_only_what_failed_can_be_run_again(logged: House) -> None:
    with logged.workspace.writing(SYSTEM) as act:
        for number in (1, 999):
            with pytest.raises(NotFound):
                runs.retry(act, number)


def test_a_run_keeps_the_version_with_which_it_began(small_house: House) -> None:
    from runtime.automation import matching

    small_house.publish(form_json(text()), automation(created(), setting(name="name & '1'")))
    record = small_house.create(name="a")
    matching.match(small_house.workspace)
    small_house.publish(automation(created(), setting(name="name & '2'")))
    small_house.settle()
    assert small_house.values(record)["name"] == "a1" and small_house.run().version == 1


# -- in words -------------------------------------------------------------------------------------------------------------------------
CUSTOMER = form_json(
    text(),
    checkbox("consent"),
    member(),
    day(),
    {"type": "choice", "key": "grade", "label": {"zh": "等级", "en": "Grade"}, "options": options("gold")},
    label={"zh": "客户", "en": "Customer"},
)


@pytest.mark.parametrize(
    ("body", "english", "chinese"),
    [
        (
            automation(
                {"type": "tier_changed", "tier_model": "value", "to": ["gold"], "direction": "up"},
                {"type": "assign", "field": "owner", "pool": "role:senior", "capacity": 40},
                {"type": "branch", "when": "consent", "then": [tell("field:owner", channel="email")]},
                {"type": "call_webhook", "url": "https://example.com/a"},
                when="not consent",
            ),
            "When the tier by “value” rises to “Gold”, only if not consent: assign “Owner” to whoever of the role senior has the fewest "
            "(at most 40 each); if consent (send an e-mail to Owner of the record); call example.com.",
            "当「value」的等级升到「Gold」，仅当 not consent：把「Owner」分给角色 senior 里最空闲的人（每人最多 40 条）；"
            "如果 consent（给记录的 Owner 发邮件）；调用 example.com。",
        ),
        (
            automation(updated("grade"), setting(name="'x'"), {"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}),
            "When “Grade” changes in a record of “Customer”: set “Name”; add the tag “Vip”.",
            "当「客户」的记录里「等级」改变：填写「Name」；加上标签「vip的标签」。",
        ),
        (
            automation({"type": "schedule", "cron": "30 8 * * 1", "timezone": "Europe/Berlin"}, tell()),
            "Every Monday at 08:30 (Europe/Berlin): tell the role boss.",
            "每周一 08:30（Europe/Berlin）：通知角色 boss。",
        ),
        (
            automation(
                {"type": "date_field", "form": "customer", "field": "due_on", "days": -30},
                {"type": "create_record", "form": "customer", "values": {"name": "'x'"}},
            ),
            "30 days before “Due_on” of “Customer” at 09:00: add a record to “Customer”.",
            "「客户」的「Due_on」前 30 天的 09:00：在「客户」里新增一条记录。",
        ),
    ],
)
def test_an_automation_says_itself_in_a_sentence(body: dict, english: str, chinese: str) -> None:
    catalogue = catalogue_of(CUSTOMER, tier_model_of(), tag_set_of(), load(body))
    rule = catalogue.automations["rule"]
    assert (sentence(rule, "en", catalogue), sentence(rule, "zh", catalogue)) == (english, chinese)


@pytest.mark.parametrize("line", ["0 9 * * *", "0 9 31 * *", "0 9 L * *", "0 9 * * sun", "*/5 * * * *", "0 9 * 1 *"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_schedule_has_words(line: str, language: str) -> None:
    catalogue = catalogue_of(load(automation({"type": "schedule", "cron": line}, tell())))
    assert "09:00" in (said := sentence(catalogue.automations["rule"], language, catalogue)) or line in said


def test_words_can_be_found_even_for_what_is_gone() -> None:
    steps = [
        setting(gone="1"),
        {"type": "add_tag", "tag_set": "gone", "tag": "gone"},
        tell("field:gone"),
        {"type": "assign", "field": "gone", "pool": "role:a"},
    ]
    for trigger in (
        updated("gone", form="gone"),
        {"type": "tier_changed", "tier_model": "gone", "to": ["gone"]},
        {"type": "date_field", "form": "gone", "field": "gone"},
    ):
        catalogue = catalogue_of(load(automation(trigger, *steps)))
        assert "gone" in sentence(catalogue.automations["rule"], "en", catalogue)


# -- every kind -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shelf", [TRIGGERS, STEPS], ids=["triggers", "steps"])
def test_every_kind_has_its_file_and_its_line_of_docs(shelf: object) -> None:
    docs = (Path(__file__).parents[2] / "docs/automations.md").read_text(encoding="utf-8")
    folder = Path(__file__).parents[2] / "runtime/automation" / shelf.name
    assert {path.stem for path in folder.glob("*.py") if not path.name.startswith("_")} == set(shelf.kinds)
    assert [kind for kind in shelf.kinds if f"`{kind}`" not in docs] == []


@pytest.mark.parametrize("shelf", [TRIGGERS, STEPS], ids=["triggers", "steps"])
def test_every_setting_of_a_kind_is_in_the_docs(shelf: object) -> None:
    docs = (Path(__file__).parents[2] / "docs/automations.md").read_text(encoding="utf-8")
    settings = {
        (name, field.alias or setting_)
        for name, kind in shelf.kinds.items()
        for setting_, field in kind.model_fields.items()
        if setting_ != "type"
    }
    assert sorted(f"{name}: {setting_}" for name, setting_ in settings if f"`{setting_}`" not in docs) == []


# -- whose runs, and when -------------------------------------------------------------------------------------------------------------
def test_whoever_an_automation_runs_in_the_name_of_sees_its_runs_and_no_others(small_house: House) -> None:
    small_house.person("boss@example.com", "boss")
    mine = automation(created(), tell(), owner="user:boss@example.com")
    small_house.publish(form_json(text()), mine, automation(created(), tell(), key="other"))
    small_house.create(name="a")
    small_house.settle()
    boss = small_house.as_person(1)
    with small_house.workspace.reading(boss) as act:
        assert {each.automation for each in log.runs(act).runs} == {"rule"}
        numbers = {each.automation: each.id for each in log.runs(act, of_designer=True).runs}
        assert log.run(act, numbers["rule"]).automation == "rule"
        with pytest.raises(NotAllowed):
            log.run(act, numbers["other"])


def test_the_log_is_narrowed_to_days_and_sums_up_each_automation(logged: House) -> None:
    middle = logged.moment + timedelta(days=1)
    logged.at("2024-05-09T10:00:00")
    logged.create(name="late")
    logged.settle()
    with logged.workspace.reading(SYSTEM) as act:
        assert [
            len(log.runs(act, since=since, until=until).runs) for since, until in ((None, middle), (middle, None), (middle, middle))
        ] == [6, 2, 0]
        assert len(log.runs(act, without=["rule"]).runs) == 4
        assert {key: each.failed for key, each in log.summaries(act).items()} == {"rule": 0, "other": 0}
        assert log.summaries(act)["rule"].last == logged.moment
        steps = log.steps_of(act, [each.id for each in log.runs(act, "rule").runs])
        assert [len(lines) for lines in steps.values()] == [1, 1, 1, 1]
