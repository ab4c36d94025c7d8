"""What people type is understood, whatever keyboard it comes from, and stored in one spelling."""

from __future__ import annotations

import pytest

from tests.formulas.world import formula

TYPED = [
    ("（amount＋１２）＊２＞＝100", "(amount + 12) * 2 >= 100"),
    ("=amount + 1", "amount + 1"),
    ("amount = 5", "amount == 5"),
    ("amount <> 5", "amount != 5"),
    ("amount ≥ 5 and amount ≤ 9 and amount ≠ 7", "amount >= 5 and amount <= 9 and amount != 7"),
    ("amount×2÷3－1", "amount * 2 / 3 - 1"),
    ("status＝“done”", "status == 'done'"),
    ("status=‘done’", "status == 'done'"),
    ("status = 「done」", "status == 'done'"),
    ("and(amount>1,amount<9)", "AND(amount > 1, amount < 9)"),
    ("Or(agreed，amount<9)", "OR(agreed, amount < 9)"),
    ("NOT(agreed)", "NOT(agreed)"),
    ("not agreed", "not agreed"),
    ("agreed AND NOT agreed", "agreed and not agreed"),
    ("agreed and (amount > 1)", "agreed and (amount > 1)"),
    ("if(agreed,1,2)", "IF(agreed, 1, 2)"),
    ("1 if agreed else 2", "1 if agreed else 2"),
    ("round(amount,1)", "ROUND(amount, 1)"),
    ("Average(amount,1)", "AVG(amount, 1)"),
    ("concatenate(name, 'x')", "CONCAT(name, 'x')"),
    ("agreed == TRUE", "agreed == TRUE"),
    ("agreed = 真", "agreed == TRUE"),
    ("agreed = false", "agreed == FALSE"),
    ("金额 + 1", "amount + 1"),
    ("名称 & '先生'", "name & '先生'"),
    ("{Amount, net} * 2", "amount * 2"),
    ("｛金额｝*2", "amount * 2"),
    ("AMOUNT + Amount", "amount + amount"),
    ("owner", "owner"),
    ("负责人 = CURRENT_USER()", "owner == CURRENT_USER()"),
    ("创建时间 > NOW()", "created_at > NOW()"),
    (
        "SUM(orders.amount, where=orders.status = 'done', on=orders.paid_on, days=365)",
        "SUM(orders.amount, where=orders.status == 'done', on=orders.paid_on, days=365)",
    ),
    ("sum(订单.订单金额，WHERE＝orders.status＝'done')", "SUM(orders.amount, where=orders.status == 'done')"),
    ("count(订单)", "COUNT(orders)"),
    ("'vip' IN tags", "'vip' in tags"),
    ("status not in ('done')", "status not in ('done')"),
    ("'it''s'", "'it\\'s'"),
    ('"a\\"b"', "'a\"b'"),
    (".5 + 1", "0.5 + 1"),
    ("-amount", "-amount"),
    ("amount\n  + 1", "amount\n  + 1"),
    ("amount - -1", "amount - -1"),
    ("name&other&'x'", "name & other & 'x'"),
    ("LEN('e\u0301')", "LEN('é')"),
]


@pytest.mark.parametrize(("typed", "stored"), TYPED)
def test_what_is_typed_is_understood(typed, stored):
    assert formula(typed).text == stored


@pytest.mark.parametrize("stored", [stored for __, stored in TYPED])
def test_what_is_stored_means_the_same_again(stored):
    again = formula(stored)
    assert again.text == stored
    assert formula(again.text).tree == again.tree


def test_a_key_may_equal_the_name_of_a_function():
    # only a word before a bracket is a function
    assert formula("day").type.kind == "date"
    assert formula("DAY(day)").type.kind == "number"


def test_the_label_in_the_readers_language_comes_first():
    assert formula("名称", language="zh").uses.fields == {"name"}
    assert formula("Name", language="en").uses.fields == {"name"}
