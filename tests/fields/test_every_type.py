"""What every field type does, written once for all of them. A new type joins by a line in EXAMPLES."""
from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.definitions.field_type import FAMILIES, FieldType
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import KINDS, Type
from runtime.errors import FieldError
from runtime.forms import fill, opened
from tests import makers
from tests.makers import PlainLookup, PlainReader, field_of, fill_shelf, form_of

ROOT = Path(__file__).resolve().parents[2]
LOOKUP = PlainLookup()
fill_shelf("runtime.fields")

WORD = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1,
               max_size=20).filter(lambda text: text.isascii() or text == text.strip())
ROW = {"product": "Tea", "price": Decimal("12.50")}


FILE = "abcdefghijklmnopqrstuv"


def one(value: Any) -> tuple[Any, ...]:
    return (value,)


def decimals(scale: int) -> st.SearchStrategy[Decimal]:
    return st.integers(-10**15, 10**15).map(lambda units: Decimal(units).scaleb(-scale))


# type → (a field of it, a value, other values)
EXAMPLES: dict[str, tuple[dict[str, Any], Any, st.SearchStrategy[Any]]] = {
    "text": (makers.text(), "Lin", st.from_regex(r"[a-z一-龥]{1,30}", fullmatch=True)),
    "long_text": (makers.long_text(), "a\nb", st.from_regex(r"[a-z一-龥]{1,30}\n[a-z]{1,9}", fullmatch=True)),
    "number": (makers.number(decimals=3), Decimal("1234.500"), decimals(3)),
    "money": (makers.money(), Decimal("1860.00"), decimals(2)),
    "date": (makers.day(), date(2024, 2, 29), st.dates()),
    "datetime": (makers.instant(), datetime(2024, 2, 29, 1, 30, tzinfo=UTC), st.datetimes(
        datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))),
    "checkbox": (makers.checkbox(), True, st.booleans()),
    "choice": (makers.choice(), "steady", st.sampled_from(["new", "steady", "lost"])),
    "multi_choice": (makers.multi_choice(), ("tea", "juice"), st.sampled_from([("tea",), ("coffee", "juice"), ("tea", "coffee", "juice")])),
    "phone": (makers.phone(), "+8613812342046", st.integers(13_800_000_000, 13_899_999_999).map(lambda number: f"+86{number}")),
    "email": (makers.email(), "lin@example.com", st.from_regex(r"[a-z]{1,20}@[a-z]{1,9}\.cn", fullmatch=True)),
    "url": (makers.url(), "https://example.com/a?b=1", st.from_regex(r"https?://[a-z]{1,9}\.cn/[a-z]{0,9}", fullmatch=True)),
    "serial": (makers.serial(), "C202400017", st.from_regex(r"C2024[0-9]{5}", fullmatch=True)),
    "member": (makers.member(), 7, st.integers(1, 2**53 - 1)),
    "reference": (makers.reference(), 41, st.integers(1, 2**53 - 1)),
    "subform": (makers.subform(), (ROW,), st.lists(st.fixed_dictionaries(
        {"product": st.from_regex("[a-z]{1,9}", fullmatch=True), "price": decimals(2) | st.none()}), min_size=1, max_size=4).map(tuple)),
    "formula": (makers.formula(result="money", currency="CNY"), Decimal("8.00"), decimals(2)),
    "tags": (makers.tags(), ("vip", "bargain"), st.sampled_from([("vip",), ("bargain", "vip")])),
    "rating": (makers.field("rating", "score"), Decimal(4), st.integers(1, 5).map(Decimal)),
    "percent": (makers.field("percent", "share"), Decimal("0.125"), decimals(3)),
    "time": (makers.field("time", "opens_at"), Decimal(570), st.integers(0, 1439).map(Decimal)),
    "duration": (makers.field("duration", "length"), Decimal(90), st.integers(0, 1_000_000).map(Decimal)),
    "slider": (makers.field("slider", "mood"), Decimal(40), st.integers(0, 100).map(Decimal)),
    "color": (makers.field("color", "shade"), "#1E90FF", st.from_regex("#[0-9A-F]{6}", fullmatch=True)),
    "region": (makers.field("region", "city"), "广东省/深圳市/南山区", st.sampled_from(["北京市", "北京市/朝阳区", "广东省/东莞市", "河南省/济源市"])),
    "address": (makers.field("address", "home"), "广东省/深圳市/南山区 科技园路 1 号", st.sampled_from(
        ["北京市", "北京市/朝阳区 建国路 1 号", "某处 3 楼", "河南省/济源市 宣化街"])),
    "location": (makers.field("location", "place"), "114.057868,22.543099 市民中心", st.tuples(
        st.integers(-180, 180), st.integers(-90, 90)).map(lambda pair: f"{pair[0]}.000000,{pair[1]}.000000")),
    "id_number": (makers.field("id_number", "id_no"), "11010519491231002X", st.just("130503670401001")),
    "company_number": (makers.field("company_number", "reg_no"), "91350100M000100Y43", st.just("91330106MA27XYQY02")),
    "barcode": (makers.field("barcode", "code"), "6901234567892", st.from_regex("[A-Z0-9]{1,30}", fullmatch=True)),
    "cascading": (makers.field("cascading", "product", tree=makers.tree()), "green", st.sampled_from(["green", "black", "beans"])),
    "section_text": (makers.field("section_text", "words"), None, st.none()),
    "approval_state": (makers.field("approval_state", "state", workflow="flow"), "running", st.sampled_from(["approved", "rejected"])),
    "approval_node": (makers.field("approval_node", "node", workflow="flow"), "manager", st.sampled_from(["manager", "finance"])),
    "approval_handlers": (makers.field("approval_handlers", "handlers", workflow="flow"), (7, 8), st.lists(
        st.integers(1, 2**53 - 1), min_size=1, max_size=4, unique=True).map(tuple)),
    "tier": (makers.tier(), "gold", st.sampled_from(["gold", "silver"])),
    "file": (makers.file(), (f"{FILE}:2048:Offer.pdf",), st.from_regex(rf"{FILE}:[1-9][0-9]{{1,5}}:[a-z一-龥]{{1,20}}\.pdf", fullmatch=True).map(one)),
    "image": (makers.image(), (f"{FILE}:2048:Shop.jpg",), st.from_regex(rf"{FILE}:[1-9][0-9]{{1,5}}:[a-z]{{1,20}}\.png", fullmatch=True).map(one)),
    "department": (makers.department(), "north", st.sampled_from(["north", "south"])),
    "departments": (makers.departments(), ("south", "north"), st.sampled_from([("north",), ("south", "north")])),
    "members": (makers.field("members", "crew"), (7, 8), st.lists(st.integers(1, 2**53 - 1), min_size=1, max_size=4, unique=True).map(tuple)),
    "multi_reference": (makers.field("multi_reference", "partners", form="customer"), (41, 42), st.lists(
        st.integers(1, 2**53 - 1), min_size=1, max_size=4, unique=True).map(tuple)),
    "linked_choice": (makers.field("linked_choice", "drink", form="drinks", field="name"), "Tea", st.sampled_from(["Tea", "Coffee"])),
    "query_panel": (makers.field("query_panel", "orders_of", form="order", theirs="phone", ours="mobile"), None, st.none()),
    "button": (makers.field("button", "send", automation="send_offer"), None, st.none()),
    "lookup": (makers.lookup(), "Lin", st.from_regex(r"[a-z一-龥]{1,30}", fullmatch=True)),
    "rollup": (makers.rollup(), Decimal("8.00"), decimals(2)),
    "rich_text": (makers.rich_text(), "<p>A <strong>big</strong> order</p>", st.from_regex("<p>[a-z一-龥]{1,9}</p>", fullmatch=True)),
    "signature": (makers.signature(), (f"{FILE}:2048:Signature.png",), st.sampled_from([(f"{FILE}:9:a.png",), (f"{FILE}:800:b.png",)])),
}
every_type = pytest.mark.parametrize("name", sorted(FIELD_TYPES.kinds))
with_values = pytest.mark.parametrize("name", sorted(name for name, kind in FIELD_TYPES.kinds.items() if kind.stores != "nothing"))
both_languages = pytest.mark.parametrize("language", ["zh", "en"])
HOSTILE = [
    "", " ", "\x00", "a\x00b", "\ud800", "𝟏𝟐", "²", "٣", "1e999999999", "9" * 5000, "-" * 100, "[" * 1000, "{{7*7}}", "%s%n",
    "'; DROP TABLE r_1; --",
    "<script>alert(1)</script>", "\u202e1234", "\ufeff", "=1+1", "NaN", "Infinity", "-0", "0x10", "1_000", "１２３", "2024-13-45",
    "0000-00-00",
    "99991231", "http://[", "javascript:alert(1)", "a@" + "b." * 200 + "c", "+" + "1" * 30, "是", "null", "\n", "a" * 100_000,
    None, True, False, 0, -1, 2**70, 10**400, 1.5, float("nan"), float("inf"), -1e308, Decimal("NaN"), Decimal("1E+1000000"),
    Decimal("1E-1000000"),
    [], [None], [[]], {}, {"a": 1}, [{"a": 1}], [{"product": ["x"]}], (), date(2024, 1, 1), datetime(2024, 1, 1), datetime.max,
    datetime.min,
    datetime.max.replace(tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), object(), b"bytes"]


def example(name: str) -> tuple[FieldType, Any]:
    settings, value, _others = EXAMPLES[name]
    return field_of(settings), value


def test_every_type_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(FIELD_TYPES.kinds)


@every_type
def test_file_test_and_line_of_docs_share_the_name_of_the_type(name: str) -> None:
    assert FIELD_TYPES[name].__module__ == f"runtime.fields.{name}"
    assert (ROOT / f"tests/fields/test_{name}.py").is_file()
    assert f"\n**`{name}`** " in (ROOT / "docs/fields.md").read_text(encoding="utf-8")


def test_docs_name_no_type_that_is_not_there() -> None:
    lines = (ROOT / "docs/fields.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("`")[1] for line in lines if line.startswith("**`")] == sorted(FIELD_TYPES.kinds)


@every_type
def test_docs_name_every_setting(name: str) -> None:
    common = set(FieldType.model_fields)
    own = [alias.alias or key for key, alias in FIELD_TYPES[name].model_fields.items() if key not in common]
    paragraph = (ROOT / "docs/fields.md").read_text(encoding="utf-8").split(f"\n**`{name}`** ")[1].split("\n**`")[0]
    assert [setting for setting in own if f"`{setting}`" not in paragraph] == []


@every_type
def test_every_setting_has_a_title_for_the_property_panel(name: str) -> None:
    fields = FIELD_TYPES[name].model_fields
    assert [key for key, setting in fields.items() if key not in ("type", "key") and not setting.title] == []


@every_type
def test_the_palette_has_a_name_a_sentence_and_a_picture_for_it(name: str) -> None:
    kind = FIELD_TYPES[name]
    own = [each for each in FIELD_TYPES.kinds.values() if str(each.title) == str(kind.title)]
    assert own == [kind] and str(kind.about) and kind.family in FAMILIES
    assert kind.title.in_language("zh") != str(kind.title) and kind.about.in_language("zh") != str(kind.about)
    assert kind.icon in (ROOT / "static/src/icons.txt").read_text().split()


@every_type
def test_a_value_is_understood_as_itself(name: str) -> None:
    field, value = example(name)
    assert field.parse(value, LOOKUP) == value


@every_type
@given(drawn=st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_stored_comes_back(name: str, drawn: st.DataObject) -> None:
    field, value = field_of(EXAMPLES[name][0]), drawn.draw(EXAMPLES[name][2])
    understood = field.parse(value, LOOKUP)
    assert understood == value
    back = field.from_column(field.to_column(understood))
    assert back == understood and type(back) is type(understood)


@every_type
@given(drawn=st.data())
@settings(max_examples=25, deadline=None)
def test_the_schema_holds_for_what_the_api_gives_and_what_it_gives_is_understood(name: str, drawn: st.DataObject) -> None:
    field, value = field_of(EXAMPLES[name][0]), drawn.draw(EXAMPLES[name][2])
    given = json.loads(json.dumps(field.to_json(field.parse(value, LOOKUP))))
    jsonschema.Draft202012Validator(field.schema()).validate(given)
    if name not in ("member", "members", "approval_handlers", "reference", "multi_reference", "formula"):  # ids are looked up; nobody gives a computed value
        assert field.parse(given, LOOKUP) == value


@every_type
def test_the_schema_is_a_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(example(name)[0].schema())


@every_type
@pytest.mark.parametrize("blank", [None, "", "  ", "\u3000", "\u200b"])
def test_a_blank_is_a_blank(name: str, blank: Any) -> None:
    field, _value = example(name)
    if name == "subform" and blank:
        return
    value = field.parse(blank, LOOKUP)
    assert value == (() if field.stores in ("many", "rows", "assigned") else None)
    assert field.is_blank(value)


@every_type
def test_a_blank_is_stored_shown_and_given_as_nothing(name: str) -> None:
    field, _value = example(name)
    blank = field.parse(None, LOOKUP)
    assert field.from_column(field.to_column(blank)) == blank
    assert field.display(blank, PlainReader()) == "" and field.masked(blank) == "" and field.search_text(blank) == ""
    jsonschema.Draft202012Validator(field.schema()).validate(field.to_json(blank))


@every_type
def test_a_required_field_takes_no_null_in_the_api(name: str) -> None:
    if "required" in FIELD_TYPES[name].without:
        pytest.skip("never required")
    schema = field_of({**EXAMPLES[name][0], "required": True}).schema()
    assert not jsonschema.Draft202012Validator(schema).is_valid(None)


@with_values
@both_languages
def test_a_value_is_shown_in_both_languages(name: str, language: str) -> None:
    field, value = example(name)
    shown = field.display(value, PlainReader(language))
    assert shown and isinstance(shown, str)
    assert field.masked(value) != shown


@every_type
@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: ascii(raw).partition(" at 0x")[0][:30])
def test_no_input_breaks_a_field(name: str, raw: Any) -> None:
    field, _value = example(name)
    try:
        value = field.parse(raw, LOOKUP)
    except FieldError as error:
        assert error.message.in_language("zh") and str(error)
        return
    if not field.is_blank(value):
        assert all(message.in_language("zh") for message in field.check(value))
    if field.is_blank(value) or not field.check(value):
        json.dumps(field.to_json(value)).encode()
        field.to_column(value)
        field.display(value, PlainReader())
        field.search_text(value).encode()


@every_type
@given(raw=st.text(max_size=30) | st.integers() | st.floats() | st.lists(st.text(max_size=5),
                                                                         max_size=3) | st.dictionaries(st.text(max_size=3),
                                                                                                       st.text(max_size=3)))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_field(name: str, raw: Any) -> None:
    field, _value = example(name)
    try:
        value = field.parse(raw, LOOKUP)
    except FieldError:
        return
    assert field.parse(value, LOOKUP) == value, "what was understood is understood again"


@every_type
def test_a_type_belongs_to_the_formula_language(name: str) -> None:
    found = example(name)[0].formula_type()
    assert isinstance(found, Type) and found.kind in KINDS


@every_type
def test_filters_ask_at_least_for_blanks(name: str) -> None:
    assert {"blank", "not_blank"} <= set(example(name)[0].operators)


@with_values
@both_languages
def test_an_entry_renders_with_label_and_name(name: str, language: str) -> None:
    field, value = example(name)
    form = form_of({**EXAMPLES[name][0], "label": {"zh": "标签", "en": "Label"}, "help": "A hint"}, title=field.key)
    entry = opened(form, PlainReader(language), {field.key: value})[field.key]
    label = {"zh": "标签", "en": "Label"}[language]
    assert (entry.name, entry.label.text, entry.description) == (f"f_{field.key}", label, "A hint")
    assert str(entry())


@every_type
def test_what_is_posted_from_an_entry_is_the_value(name: str) -> None:
    field, value = example(name)
    if not field.writable:
        pytest.skip("not entered")
    form = form_of(EXAMPLES[name][0], title=field.key)
    control = field.to_entry(value, PlainReader())
    posted = {f"f_{field.key}": control}
    if name == "subform":
        posted = {f"f_{field.key}-0-{key}": each for key, each in control[0].items()}
    entry = fill(form, posted, LOOKUP, PlainReader())
    assert entry.problems == [] and entry.values == {field.key: value}


@every_type
def test_a_setting_that_means_nothing_is_named(name: str) -> None:
    for setting in FIELD_TYPES[name].without:
        given = {"required": True, "unique": True, "default": "1", "mask": True}[setting]
        field = field_of({**EXAMPLES[name][0], setting: given})
        form = form_of(EXAMPLES[name][0], title=field.key)
        assert setting in [problem.path for problem in field.problems(form, makers.catalogue_of())]
