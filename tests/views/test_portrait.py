"""What a customer's page says beside the record: the next best step with its rule, and what they brought month by month."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from runtime.pages import portrait
from runtime.records import gateway, query
from runtime.people.person import SYSTEM
from runtime.views.portrait import worth_by_month
from tests.makers import checkbox, day, form_json, instant, money, reference, text
from tests.pages.visitor import Visitor, words
from tests.views.conftest import CUSTOMER, Shop

ORDER = {
    **form_json(
        text("no"),
        money("amount"),
        day("paid_on"),
        reference("customer", form="customer", many_name="orders"),
        app="shop",
        key="order",
        title="no",
    ),
    "event_date": "paid_on",
}
HIDDEN = {
    "kind": "permission_set",
    "key": "orders",
    "label": "Orders",
    "form": "order",
    "for": ["role:sales"],
    "actions": ["view"],
    "fields": {"*": "view", "amount": "hidden"},
}


def test_worth_is_the_sum_of_each_month_and_months_without_are_there(shop: Shop, ada: Visitor) -> None:
    shop.publish(ORDER)
    ann = shop.add(name="Ann", owner=shop.sue.id)
    with shop.workspace.writing(SYSTEM) as act:
        today = act.today
        for amount, on in (("10", today), ("2.50", today), ("4", today - timedelta(days=today.day)), ("99", today - timedelta(days=800))):
            gateway.create(act, "order", {"no": "x", "amount": amount, "paid_on": on, "customer": ann})
    with shop.workspace.reading(shop.ada) as act:
        found = worth_by_month(act, "customer", ann, act.today)
        none = worth_by_month(act, "customer", ann + 1, act.today)

    assert found is not None and none is not None and len(found.months) == 12 and none.total == 0
    assert [(value, count) for _month, value, count in found.months[-2:]] == [
        (Decimal(4), 1),
        (Decimal("12.5"), 2),
    ] and found.total == Decimal("16.5")
    assert "of the last 12 months" in words(ada.get(f"/apps/shop/customer/{ann}"))


def test_whoever_may_not_see_the_amounts_sees_no_worth(shop: Shop, sue: Visitor) -> None:
    shop.publish(ORDER, HIDDEN)
    ann = shop.add(name="Ann", owner=shop.sue.id)

    assert "of the last 12 months" not in words(sue.get(f"/apps/shop/customer/{ann}"))


def test_a_late_follow_up_comes_first_then_what_is_missing_each_with_its_reason(shop: Shop, ada: Visitor) -> None:
    follow_up = form_json(
        text("note"),
        instant("due_at"),
        checkbox("done"),
        reference("customer", form="customer", many_name="follow_ups"),
        app="shop",
        key="follow_up",
        title="note",
    )
    shop.publish({**CUSTOMER, "quality": ["name", "visits", "note"]}, {**follow_up, "event_date": "due_at"})
    ann = shop.add(name="Ann")
    with shop.workspace.writing(SYSTEM) as act:
        gateway.create(act, "follow_up", {"note": "Call her", "due_at": act.now - timedelta(days=2), "customer": ann, "done": False})

    said = words(ada.get(f"/apps/shop/customer/{ann}"))

    assert said.index("Do the follow-up that is late: Call her") < said.index("Fill in: Visits, Note") and "is 33 % complete" in said


def test_the_service_standard_asks_for_contact_only_when_it_is_due(shop: Shop) -> None:
    class Plan:
        contact_every_days, channel = 7, "phone"

    ann = shop.add(name="Ann")
    with shop.workspace.reading(shop.ada) as act, shop.app.test_request_context():
        from flask import g

        g.person, g.language, g.act = shop.ada, "en", act
        record = query.get(act, "customer", ann)
        form = act.catalogue.forms["customer"]
        asked = portrait.steps(act, form, record, "/x", None, Plan(), [], None)
        near = portrait.steps(
            act,
            form,
            record,
            "/x",
            {"lifts": [{"title": "Visits: 5 or more", "score_text": "65"}], "gap_text": "4.9", "next_label": "Gold"},
            None,
            [],
            None,
        )
        far = portrait.steps(
            act,
            form,
            record,
            "/x",
            {"lifts": [{"title": "Visits: 5 or more", "score_text": "65"}], "gap_text": "30", "next_label": "Gold"},
            None,
            [],
            None,
        )

    assert [str(each.text) for each in asked] == ["Get in touch: Phone"] and asked[0].urgent
    assert [str(each.text) for each in near] == ["Nearly Gold: Visits: 5 or more"] and far == []
