"""What every template must be: complete, in both languages, free of problems, and described in the docs as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder import starters
from builder.starters import Template
from runtime import kinds
from runtime.automation.words import sentence
from runtime.definitions import loading, versions
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = starters.templates()
SHOWN = ("label", "meaning", "use", "purpose", "script", "section", "message", "why", "subject", "body", "summary", "help", "unit")


def catalogue_of(bodies: list[dict[str, Any]]) -> Catalogue:
    kinds.load()
    return Catalogue().with_definitions(versions.load_all(bodies))


def texts(body: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every text shown to people, with its path."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key in SHOWN and path.rsplit("/", 1)[-1] != "values" and isinstance(value, (str, dict)):
                yield f"{path}/{key}", value
            else:
                yield from texts(value, f"{path}/{key}")
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from texts(value, f"{path}/{number}")


@pytest.fixture(params=TEMPLATES, ids=lambda each: each.key)
def template(request: pytest.FixtureRequest) -> Template:
    return request.param


def test_a_folder_is_named_like_its_template():
    assert [each.folder.name for each in TEMPLATES] == [each.key for each in TEMPLATES]


def test_the_docs_name_the_templates_that_exist():
    table = (ROOT / "docs/templates.md").read_text(encoding="utf-8").partition("##")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.M)
    assert listed == [each.key for each in TEMPLATES]


def test_a_template_can_be_published_without_a_problem(template: Template):
    definitions = versions.load_all(template.definitions)
    assert loading.check(definitions, Catalogue()) == []


def test_its_drafts_can_be_published_together_after_it(template: Template):
    in_force = catalogue_of(template.definitions)
    assert loading.check(versions.load_all(template.drafts), in_force) == []


def test_a_file_is_named_like_what_it_defines(template: Template):
    for path in sorted(template.folder.glob("d*/*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        assert path.name.startswith(body["kind"] + "_"), path


def test_every_text_is_there_in_both_languages(template: Template):
    missing = [
        f"{body['kind']}:{body['key']}{path}"
        for body in [*template.definitions, *template.drafts]
        for path, text in texts(body)
        if not (isinstance(text, dict) and text.get("zh") and text.get("en"))
    ]
    about = json.loads((template.folder / "template.json").read_text(encoding="utf-8"))
    missing += [f"template.json/{key}" for key in ("label", "industry", "why") if set(about[key]) != {"zh", "en"}]
    assert missing == []


def test_every_automation_says_itself_in_both_languages(template: Template):
    catalogue = catalogue_of(template.definitions)
    for automation in catalogue.automations.values():
        for language in ("zh", "en"):
            words = sentence(automation, language, catalogue)
            assert words and "{" not in words.replace("{" + "name}", ""), words


def test_a_promised_tag_says_what_it_means_what_for_and_whose_it_is(template: Template):
    for tags in catalogue_of(template.definitions).tag_sets.values():
        assert [tag.key for tag in tags.tags if not (tag.meaning and tag.use and tag.owner)] == []


def test_only_the_harmless_automation_is_switched_on():
    automations = catalogue_of(starters.find_template("retail").definitions).automations.values()
    assert [each.key for each in automations if each.enabled] == ["promote_follow_up"]


def test_the_retail_template_has_its_sixteen_tags_and_its_weights():
    retail = starters.find_template("retail")
    assert retail.tags == 16
    assert [each["weight"] for each in retail.model()["dimensions"]] == [30, 30, 40]
    assert [each["weight"] for each in retail.model(full=True)["dimensions"]] == [25, 20, 25, 10, 20]


def test_the_rule_tests_of_a_model_add_up(template: Template):
    """Score = Σ weight × (band − 1) ÷ (bands − 1), then the highest tier whose border it reaches, then the floors."""
    for body in [*template.definitions, *template.drafts]:
        if body["kind"] != "tier_model":
            continue
        model: TierModel = loading.load(body)
        whole = sum(each.weight for each in model.dimensions)
        for test in model.tests:
            score = sum(each.weight * (test.bands[each.key] - 1) * 100 / ((each.bands.count - 1) * whole) for each in model.dimensions)
            tier = next(each.key for each in reversed(model.ranked) if score >= each.from_)
            if model.floors and test.bands["referral"] >= 4:
                tier = max(tier, "gold", key=model.ranks.__getitem__)
            assert (test.expect.score, test.expect.tier) == (score, tier), test.name


def test_a_forecast_names_every_tier_of_its_model(template: Template):
    forecast = template.about.forecast
    assert list(forecast.starter) == [each["key"] for each in template.model()["tiers"]]
    if template.has_full:
        assert list(forecast.full) == [each["key"] for each in template.model(full=True)["tiers"]]


def test_the_headers_of_the_public_records_are_keys_of_the_example():
    import csv
    import gzip

    forms = {
        body["key"]: {field["key"] for field in body["fields"]}
        for body in starters.find_template("rfm_example").definitions
        if body["kind"] == "form"
    }
    for name, form in (("customers", "cdnow_customer"), ("orders", "cdnow_order"), ("orders_sample", "cdnow_order")):
        with gzip.open(ROOT / f"tests/data/cdnow/{name}.csv.gz", "rt", encoding="utf-8") as file:
            assert set(next(csv.reader(file))) <= forms[form]


def test_the_sample_of_the_example_is_the_public_one():
    import gzip

    ours = (starters.find_template("rfm_example").folder / "sample/orders.csv").read_text(encoding="utf-8")
    assert ours == gzip.open(ROOT / "tests/data/cdnow/orders_sample.csv.gz", "rt", encoding="utf-8").read()


def test_the_retail_sample_is_what_its_script_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from scripts import make_retail_sample

    monkeypatch.setattr(make_retail_sample, "SAMPLE", tmp_path)
    make_retail_sample.main()
    sample = starters.find_template("retail").folder / "sample"
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.csv")} == {
        path.name: path.read_text(encoding="utf-8") for path in sample.glob("*.csv")
    }


def test_a_folder_without_sense_is_named(tmp_path: Path):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/template.json").write_text("{}")
    with pytest.raises(starters.SettingsError, match="odd cannot be read"):
        starters.templates(tmp_path)
