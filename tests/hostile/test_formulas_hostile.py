"""What attackers and accidents write as formulas: each is refused at once, with a sentence and a place."""

from __future__ import annotations

import importlib
import threading
import time
import tracemalloc
from decimal import Decimal

import pytest

from runtime.errors import FormulaProblems
from runtime.formulas import CannotCompute, evaluate
from runtime.formulas.evaluate import Evaluator
from tests.formulas.world import a_record, example, formula

evaluation = importlib.import_module("runtime.formulas.evaluate")

REFUSED = [
    # attributes, dunders, ways out of the language
    "name.__class__",
    "name.__class__.__mro__",
    "().__class__",
    "''.join(('a', 'b'))",
    "name.upper()",
    "amount.real",
    "(1).bit_length()",
    "__import__('os')",
    "__builtins__",
    "orders.__init__",
    "record.__dict__",
    "parent.__class__.name",
    "parent.name.__len__()",
    "TODAY().year",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "getattr(name, 'x')",
    "globals()",
    "print(1)",
    "type(amount)",
    "vars()",
    "dir()",
    "help()",
    "breakpoint()",
    "os.system('id')",
    # powers, shifts, repetition, formats
    "9 ** 9",
    "4000000 ** 4000000",
    "2 ** 2 ** 2 ** 99",
    "1 << 99999",
    "1 >> 2",
    "9 // 2",
    "amount ^ 2",
    "~amount",
    "amount | 1",
    "'a' * 999999999",
    "'%999999999d' % 5",
    "'%s' % name",
    "'{0.__class__}'.format(name)",
    "f'{name}'",
    "rb'x'",
    "u'x'",
    "'a' 'b'",
    "'a' + 'b'",
    # other syntax of Python
    "lambda: 1",
    "(lambda x: x)(1)",
    "[x for x in tags]",
    "{x for x in tags}",
    "(x for x in tags)",
    "{'a': 1}",
    "[1, 2]",
    "tags[0]",
    "name[0:2]",
    "name[::-1]",
    "x := 1",
    "(x := 5)",
    "import os",
    "del name",
    "yield 1",
    "await amount",
    "amount; name",
    "return 1",
    "print",
    "*tags",
    "SUM(*tags)",
    "SUM(**tags)",
    "MAX(amount, key=1)",
    "amount is None",
    "None",
    "...",
    "name if",
    "a = 1; b = 2",
    "@name",
    "if amount: 1",
    "while 1",
    "amount!",
    "#",
    "$name",
    "`name`",
    "name\\",
    "\\x41",
    "1 if 2 else",
    "not",
    "and",
    "in",
    "==",
    "1 ==",
    "()",
    "(,)",
    ",",
    "SUM(",
    "SUM)",
    "((1)",
    "IF(1,2",
    "1 2",
    "name name",
    # numbers that are none, or too many digits
    "1e400",
    "1e5",
    "0x10",
    "1_000_000",
    "1j",
    "1.2.3",
    "9" * 40,
    "0." + "1" * 40,
    "inf",
    "nan",
    "NaN + 1",
    "٣ + 1",
    # sizes
    "1" + "+1" * 900,
    "-" * 1500 + "1",
    "not " * 400 + "agreed",
    "(" * 500 + "1" + ")" * 500,
    "IF(agreed, " * 60 + "1" + ", 2)" * 60,
    "ABS(" * 45 + "1" + ")" * 45,
    "'" + "a" * 1500 + "'",
    "amount" + " " * 3000,
    "1 " + "and 1 " * 300,
    "amount in (" + "1," * 400 + "1)",
    "MAX(" + "1," * 320 + "1)",
    "a." * 500 + "b",
    "parent.parent.parent.name",
    # signs that look like others, and ones that cannot be stored
    "name\0",
    "'a\0b'",
    "nаme",
    "amount\u202e+1",
    "amount + \ud800",
    "ａｍｏｕｎｔ．real",
    "𝒂mount.x",
    "{name",
    "name}",
    "{}",
    "{ }",
    "“abc",
    "'abc",
    '"',
    "'\\'",
    "\ufdd0",
    "amount\x07",
    "🙂",
    "amount\u2028;",
    # conditions and values in the wrong place
    "amount and 1",
    "not amount",
    "agreed + 1",
    "TRUE + TRUE",
    "1 == '1'",
    "'1' + 1",
    "1 < 'a'",
    "amount + name",
    "day + 1",
    "day == '2024-01-01'",
    "spend + dollars",
    "spend + amount",
    "tags == 'vip'",
    "name in name",
    "'v' in name",
    "amount in tags",
    "tags + tags",
    "orders",
    "orders.amount",
    "SUM(orders)",
    "COUNT(record)",
    "SUM(orders.amount, where=1)",
    "SUM(orders.amount, days=30.5)",
    "SUM(orders.amount, days=0)",
    "SUM(orders.amount, days=amount)",
    "SUM(orders.amount, days=99999999)",
    "SUM(children.amount, days=3)",
    "SUM(orders.amount, on=orders.amount, days=3)",
    "SUM(orders.amount + children.amount)",
    "SUM(orders.amount, foo=1)",
    "SUM(orders.amount, where=TRUE, where=TRUE)",
    "SUM(orders.amount, 1, where=agreed)",
    "ROUND(amount, 99)",
    "ROUND(amount, whole)",
    "LEFT(name, -1)",
    "LEFT(name, 1.5)",
    "LEFT(name, 99999999)",
    "MID(name, 0, 1)",
    "BAND(amount, 3, 2)",
    "BAND(amount, whole)",
    "DATEDIF(day, day, 'weeks')",
    "EDATE(day, 99999)",
    "IFS(agreed)",
    "IF(agreed, 1, 'a')",
    "SWITCH(status, 'nonsense', 1)",
    "status == 'nonsense'",
    "'nonsense' in tags",
    "status < 'done'",
    "IN_SEGMENT('nonsense')",
    "NOSUCH(1)",
    "IF(1, 2, 3)",
    "TODAY(1)",
    "ABS()",
    "ISEMPTY(orders)",
    "",
]


@pytest.mark.parametrize("typed", REFUSED, ids=lambda typed: ascii(typed[:40]))
def test_it_is_refused_at_once_with_a_sentence(typed):
    began = time.process_time()
    with pytest.raises(FormulaProblems) as refused:
        formula(typed)
    assert time.process_time() - began < 0.5
    for problem in refused.value.problems:
        sentence, chinese = str(problem.message), problem.message.in_language("zh")
        assert sentence[0].isupper() or sentence[0] in "“+&" or sentence.split("=")[0].isalpha(), sentence
        assert sentence.endswith((".", ")", "…", "')", "?")) and "{" not in chinese.replace("{name", "").replace("{}", ""), sentence
        assert any("一" <= sign <= "鿿" for sign in chinese), f"not translated: {problem.message.text}"
        assert 0 <= problem.position <= len(typed) and problem.length >= 1


def test_a_hundred_times_nested_call_costs_no_more_than_its_length():
    began = time.process_time()
    for name in ("MAX", "SUM", "COALESCE", "AVG", "CONCAT"):
        formula(f"{name}(" * 36 + "1" + ", 2)" * 36)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "SUBSTITUTE(" * 7 + "'aaaaaaaaaa'" + ", 'a', 'aaaaaaaaaaaaaaaaaaaa')" * 7,
        "CONCAT(" + ", ".join(["name"] * 200) + ")",
        " * ".join(["99999999999999"] * 30),
        "amount * 0.00000001 * 0.00000001 * 0.00000001 * 0.00000001 / 0.00000001",
    ],
)
def test_what_grows_without_measure_is_stopped(text):
    record = a_record(name="x" * 10_000, amount="1")
    tracemalloc.start()
    began = time.process_time()
    try:
        evaluate(formula(text), record)
    except (CannotCompute, FormulaProblems):
        pass
    assert time.process_time() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        "DATE(9999, 12, 31) + DAYS(1)",
        "EDATE(DATE(9999, 12, 31), 1)",
        "DATE(1, 1, 1) - DAYS(400)",
        "NOW() + DAYS(99999999999)",
        "START_OF_WEEK(DATE(1, 1, 1)) - DAYS(1)",
        "DAYS(amount * 9999999999)",
        "amount / 0.00000001",
    ],
)
def test_a_result_beyond_the_calendar_or_all_numbers_is_one_sentence(text):
    with pytest.raises(CannotCompute, match="too large"):
        evaluate(formula(text), a_record(amount="9000000000000.00"))


def test_too_many_steps_are_stopped(monkeypatch):
    monkeypatch.setattr(evaluation, "MOST_STEPS", 5)
    with pytest.raises(CannotCompute, match="too many steps"):
        evaluate(formula("SUM(orders.amount, where=orders.status == 'done')"), example())


def test_simpleeval_keeps_nothing_that_could_be_misused():
    evaluator = Evaluator()
    assert {kind.__name__ for kind in evaluator.nodes} == {
        "UnaryOp",
        "BinOp",
        "BoolOp",
        "Compare",
        "IfExp",
        "Call",
        "Lazy",
        "Rows",
        "Held",
        "Read",
    }
    assert evaluator.allowed_attrs == {} and evaluator.names == {}
    assert not {"int", "float", "str", "rand", "randint"} & set(evaluator.functions)
    assert "Pow" not in {kind.__name__ for kind in evaluator.operators}


def test_threads_do_not_disturb_each_other():
    wanted, wrong = formula("IF(amount > 50, ROUND(amount * 1.5, 1), 0 - amount)"), []

    def work(start: int) -> None:
        for number in range(start, start + 400):
            expected = Decimal(number) * 3 / 2 if number > 50 else Decimal(-number)
            if evaluate(wanted, a_record(amount=str(number))) != expected:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
