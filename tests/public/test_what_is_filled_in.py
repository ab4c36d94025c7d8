"""What a public form fills in and reckons by itself tells nothing that its link does not show: of the record it is bound to, or of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.public import inviting
from runtime.records import gateway
from tests import makers
from tests.public.world import FEEDBACK, World, texts, ticket_in

CHECK = {"Accept": "application/json"}
FILLED = {
    **FEEDBACK,
    "fields": [
        *FEEDBACK["fields"],
        makers.text("filled"),
        makers.text("by_condition"),
        makers.text("found"),
        makers.text("proposed", default="customer.secret"),
        makers.text("looked", default="LOOKUP('customer', 'level', 'gold', 'secret')"),
        makers.formula("told", "filled & by_condition & found & '!'", result="text"),
    ],
    "rules": [
        {"fill": [{"field": "filled", "by": "customer.secret & '?'"}], "chosen": "customer"},
        {"fill": [{"field": "by_condition", "by": "'isgold'"}], "chosen": "customer", "when": "customer.level == 'gold'"},
        {"fill": [{"field": "found", "by": "LOOKUP('customer', 'level', 'gold', 'secret')"}], "chosen": "customer"},
    ],
}
ASKED = ("name", "filled", "by_condition", "proposed", "looked", "told")


@pytest.fixture
def filling(world: World) -> Iterator[World]:
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FILLED])
    yield world
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FEEDBACK])


@pytest.mark.parametrize("way", ["bound", "picked"])
def test_what_is_filled_in_for_a_stranger_and_reckoned_from_it_tells_nothing_of_the_record(filling: World, way: str) -> None:
    customer = filling.customer("Lin Zhenzhen", secret="owesmoney", level="gold")
    more: dict[str, Any] = {"bound": "customer"} if way == "bound" else {"pick": {"customer": "level == 'gold'"}}
    link = filling.link(fields=(*ASKED, *(["customer"] if way == "picked" else [])), **more)
    with filling.building() as act:
        path = inviting.one(act, link, customer, 1, 5) if way == "bound" else link.path
    stranger = filling.stranger()

    page = stranger.get(path)
    typed = {"page": ticket_in(page), "f_name": "Lin", **({"f_customer": str(customer)} if way == "picked" else {})}
    checked = stranger.post(f"{link.path}/check", {**typed, "_field": "f_name"}, **CHECK)
    again = stranger.post(link.path, {**typed, "f_name": ""})

    assert texts(checked)["values"] == {"f_told": "!"}
    for answer in (page, checked, again):
        said = answer.get_data(as_text=True)
        assert "owesmoney" not in said and "isgold" not in said
    with filling.workspace.writing(SYSTEM) as act:
        gateway.delete(act, "customer", customer)
