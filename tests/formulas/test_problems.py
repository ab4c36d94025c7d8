"""What is wrong is said with its place, all at once, with a remedy; and what a place does not allow is refused."""

from __future__ import annotations

from unittest import mock

import pytest

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.loading import load
from runtime.definitions.types import CHOICE, DATE, MONEY, NUMBER
from runtime.errors import FormulaProblems
from runtime.formulas import Scope, check
from runtime.formulas import scope as names
from runtime.formulas.definitions import computed, formula_problems, lives_in_calc
from tests.formulas.world import LOYALTY, ORDER, SAMPLE, a_record, catalogue, formula, number, scope, text


def problems(typed: str, expect=None, **more) -> list[tuple[str, str]]:
    """(marked part, sentence) of every problem."""
    with pytest.raises(FormulaProblems) as refused:
        formula(typed, expect, **more)
    return [(typed[each.position : each.position + each.length], str(each.message)) for each in refused.value.problems]


def test_all_problems_are_reported_together_each_at_its_place():
    found = problems("amout + 1 > 5 and stauts == 'done' and ROND(amount) > LEN(amount)")
    assert [part for part, __ in found] == ["amout", "stauts", "ROND", "amount"]
    assert [sentence for __, sentence in found] == [
        "There is no field called amout here. Did you mean amount?",
        "There is no field called stauts here. Did you mean status?",
        "There is no function called ROND. Did you mean ROUND?",
        found[3][1],
    ]


@pytest.mark.parametrize(
    ("typed", "part", "words"),
    [
        ("SUM(orders.amont)", "amont", "Did you mean amount?"),
        ("status == 'doen'", "status == 'doen'", "choose one of draft, done, returned"),
        ("'vpi' in tags", "'vpi'", "Did you mean vip?"),
        ("IN_SEGMENT('vip_at_rik')", "'vip_at_rik'", "Did you mean vip_at_risk?"),
        ("TODAY > day", "TODAY", "TODAY is a function and needs brackets: TODAY()"),
        ("金额x + 1", "金额x", "There is no field"),
        ("orders.amount > 1", "orders.amount", "There are many orders"),
        ("name + 'x'", "name + 'x'", "join texts with &"),
        ("day + 7", "day + 7", "DAYS(7)"),
        ("1 == '1'", "1 == '1'", "VALUE(text)"),
        ("day > '2024-01-01'", "day > '2024-01-01'", "DATE(2026, 11, 21)"),
        ("spend + dollars", "spend + dollars", "Currencies never mix"),
        ("spend + amount", "spend + amount", "do not meet"),
        ("agreed + 1", "agreed + 1", "IF(condition, 1, 0)"),
        ("name.length", "name", "is no reference"),
        ("SUM(orders.amount", "(", "not closed"),
        ("amount 5", "5", "between “amount” and “5”"),
        ("amount +", "+", "A value is missing after"),
        ("IF(amount, 1, 2)", "amount", "“condition” needs"),
        ("（amount＋）", "＋", "A value is missing after"),
    ],
)
def test_a_problem_marks_its_part_and_offers_a_remedy(typed, part, words):
    (found,) = problems(typed)
    assert found[0] == part and words in found[1]


def test_a_label_that_two_fields_share_names_both():
    form = load({**SAMPLE, "fields": [*SAMPLE["fields"], text("second_name", {"zh": "名称", "en": "Second"})]})
    with pytest.raises(FormulaProblems, match="name, second_name"):
        check("名称", Scope(Catalogue().with_definitions([form]), "sample"))


@pytest.mark.parametrize(
    ("typed", "group"),
    [
        ("CURRENT_USER() == owner", "person"),
        ("HAS_ROLE('sales')", "person"),
        ("UUID()", "effects"),
        ("DIMENSION_BAND('referral') > 1", "dimension"),
    ],
)
def test_restricted_functions_need_a_place_that_allows_them(typed, group):
    assert formula(typed, allow=frozenset({group}))
    (found,) = problems(typed, allow=frozenset())
    assert found[0] == typed.split(")")[0] + ")" and "use" in found[1].lower()


@pytest.mark.parametrize(
    ("typed", "expect"),
    [
        ("amount > 1", "boolean"),
        ("amount", ("number", "money")),
        ("spend", ("number", "money")),
        ("0", MONEY("CNY")),
        ("1250.5", MONEY("CNY")),
        ("'draft'", CHOICE(("draft", "done"))),
        ("status", "text"),
        ("TODAY()", DATE),
        ("IF(agreed, 'draft', 'done')", CHOICE(("draft", "done"))),
        ("amount", NUMBER(0)),
        ("IF(agreed, 1)", "number"),
    ],
)
def test_a_result_fits_what_is_expected(typed, expect):
    assert formula(typed, expect)


@pytest.mark.parametrize(
    ("typed", "expect"),
    [
        ("amount", "boolean"),
        ("name", ("number", "money")),
        ("dollars", MONEY("CNY")),
        ("amount", MONEY("CNY")),
        ("'nonsense'", CHOICE(("draft", "done"))),
        ("name", DATE),
        ("agreed", NUMBER(2)),
    ],
)
def test_a_result_that_does_not_fit_is_refused(typed, expect):
    assert len(problems(typed, expect)) == 1


def test_a_row_of_a_sub_form_reads_its_own_fields_first_and_then_its_records():
    inside = {"form": "order", "subform": "items"}
    own = formula("amount * quantity", **inside)
    assert own.uses.fields == {"amount", "quantity"} and not own.uses.parent
    assert formula("IF(status == 'done', price, 0)", **inside).uses.parent == {"status"}
    assert formula("customer.name", **inside).uses.paths == {("customer", "name")}


def test_paths_go_over_two_references():
    wanted = formula("customer.parent.name & customer.name", form="order")
    assert wanted.uses.paths == {("customer.parent", "name"), ("customer", "name")}
    assert "two references" in problems("customer.parent.parent.name", form="order")[0][1]


def test_a_formula_without_a_form_knows_only_its_names():
    assert check("score >= 60", Scope(catalogue(), None, names={"score": NUMBER(4)})).uses.names == {"score"}
    assert problems("amount > 1", form=None)[0][0] == "amount"


def test_names_may_have_a_point():
    wanted = formula("previous.status != status", names={"previous.status": CHOICE(("draft", "done"))})
    record = a_record(status="done")
    record.names = {"previous.status": "draft"}
    assert wanted.uses.names == {"previous.status"}


# -- formulas of definitions ------------------------------------------------------------------------------------------------------
def form_with(*fields):
    return load({**SAMPLE, "fields": [*SAMPLE["fields"], *fields]})


def computed_field(key: str, formula: str, **more):
    return {"type": "formula", "key": key, "label": key, "formula": formula, "result": "number", **more}


def test_problems_of_a_definition_stand_at_their_paths():
    form = form_with(computed_field("double", "amout * 2"))
    found = list(formula_problems(form, Catalogue().with_definitions([form])))
    assert [(each.path, str(each.message)) for each in found] == [
        (f"fields/{len(SAMPLE['fields'])}/formula", "Character 1: There is no field called amout here. Did you mean amount?")
    ]


def test_formula_fields_that_need_each_other_are_refused():
    form = form_with(computed_field("chicken", "egg + 1"), computed_field("egg", "chicken + 1"), computed_field("sound", "egg * 2"))
    found = list(formula_problems(form, Catalogue().with_definitions([form])))
    assert sorted(each.path.split("/")[1] for each in found) == [str(len(SAMPLE["fields"])), str(len(SAMPLE["fields"]) + 1)]
    assert all("chicken, egg" in str(each.message) for each in found)


def test_computed_fields_come_after_those_they_read_and_lie_where_they_belong():
    form = form_with(
        computed_field("c", "b + 1"),
        computed_field("b", "a * 2"),
        computed_field("a", "amount"),
        computed_field("d", "COUNT(orders)"),
        computed_field("e", "d + a"),
    )
    known = Catalogue().with_definitions([form, load(ORDER)])
    order = list(computed(known, form))
    assert order.index("a") < order.index("b") < order.index("c") and order.index("d") < order.index("e")
    assert {key for key in "abcde" if lives_in_calc(known, form, key)} == {"d", "e"}


def test_a_number_field_sets_the_bounds_of_its_values():
    assert formula("whole").tree.bound == (-1000, 1000)
    assert number("x")["decimals"] == 2


def test_a_condition_of_a_tier_model_names_dimensions_that_it_has():
    floors = [{"tier": "silver", "when": "DIMENSION_BAND('spent') >= 2"}, {"tier": "silver", "when": "DIMENSION_BAND('spend') >= 2"}]
    model = load({**LOYALTY, "floors": floors})
    found = [(each.path, str(each.message)) for each in formula_problems(model, catalogue().with_definitions([model]))]
    assert found == [("floors/0/when", "There is no dimension spent in this tier model. Did you mean spend?")]


def test_an_unknown_word_is_not_looked_for_again_and_again_however_deep_aggregates_ask():
    nested = "MEDIAN(" * 38 + "{**record}" + ", {**record})" * 38
    place = scope().place
    assert place is not None
    with mock.patch.object(names, "_labels", side_effect=names._labels) as looked, pytest.raises(FormulaProblems):
        formula(nested)
    assert looked.call_count <= 4 * len(place._all)
