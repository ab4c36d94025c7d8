"""What steps give to those behind them: values, a record, a list of records."""

from __future__ import annotations


from tests.automation.conftest import House, adding, automation, created, setting, tell, visits
from tests.makers import choice, day, form_json, member, money, number, reference, text

ORDERS = form_json(reference(), money("amount"), day("paid_on"), choice("state", "open", "paid"), key="order", title="state")
CUSTOMERS = form_json(text(), number("points"), money("spend"), member())


def finding(**settings: object) -> dict:
    return {"type": "find_one", "key": "latest", "form": "order", "where": "customer == this.record", "order": ["-paid_on"], **settings}


def house_of(house: House) -> House:
    house.person("boss@example.com", "boss", language="en")
    house.publish(CUSTOMERS, visits(), ORDERS)
    return house


def test_a_calculated_value_is_kept_and_used_by_the_steps_behind(house: House) -> None:
    house_of(house).publish(
        automation(
            created(),
            {"type": "calculate", "key": "bonus", "value": "IFEMPTY(points, 0) * 2 + 0.5"},
            {"type": "calculate", "key": "due", "value": "TODAY() + DAYS(3)"},
            setting(points="99"),
            adding(note="bonus & ' until ' & due"),
            tell(subject="{bonus} for {name}, {due}"),
        )
    )
    house.create(name="Lin", points=5)
    house.settle()
    assert [each["note"] for each in house.all("visit")] == ["10.5 until 2024-05-09"]
    assert house.notifications() == [(1, "10.5 for Lin, 2024-05-09")]
    assert house.run().steps[0].result == {"gives": {"bonus": "10.50"}}


def test_a_found_record_is_read_as_it_is_when_a_step_asks(house: House) -> None:
    house_of(house)
    lin = house.create(name="Lin")
    for amount, paid_on in ((10, "2024-05-01"), (30, "2024-05-03"), (20, "2024-05-02")):
        house.create("order", customer=lin, amount=amount, paid_on=paid_on, state="open")
    house.create("order", customer=house.create(name="Wu"), amount=99, paid_on="2024-05-09", state="open")
    house.publish(
        automation(
            {"type": "record_updated", "form": "customer", "fields": ["points"]},
            finding(),
            finding(key="none", where="customer == this.record and amount > latest.amount"),
            setting(spend="latest.amount + 1"),
            adding(note="IF(ISBLANK(none), 'no larger one') & latest.state", customer="latest.customer"),
            tell(subject="{latest.amount} {latest.state} {latest.paid_on} {none.amount}"),
        )
    )
    house.later(seconds=1).update(lin, points=1)
    house.settle()
    assert house.run().state == "done", house.run().reason
    assert house.values(lin)["spend"] == 31
    assert [(each["note"], each["customer"]) for each in house.all("visit")] == [("no larger oneopen", lin)]
    assert house.notifications() == [(1, "¥30.00 Open 2024-05-03 ")]
