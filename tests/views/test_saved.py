"""Views that are saved: for oneself or for all, with the right to do so; and the one a form opens with."""

from __future__ import annotations

from runtime.views import saved
from tests.pages.visitor import Visitor, words
from tests.views.conftest import SALES, Shop

LIST = "/apps/shop/customer"


def test_a_view_of_ones_own_keeps_filter_order_columns_and_layout_and_is_nobody_elses(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    shop.add(name="Ann", stage="new", owner=shop.sue.id)
    shop.add(name="Bob", stage="won", owner=shop.sue.id)

    answer = sue.post(
        f"{LIST}/views/save", {"label": "Fresh", "back": "where=stage|any_of|new&sort=-name&columns=name,visits&widths=name:240"}
    )
    page = words(sue.get(answer.location))

    assert answer.location.startswith(f"{LIST}?view=my-") and "Fresh" in page and "Ann" in page and "Bob" not in page
    assert "Fresh" not in words(ada.get(LIST)) and ada.get(answer.location).status_code == 404


def test_who_may_not_change_everybodys_views_cannot_save_one_for_all(shop: Shop, sue: Visitor) -> None:
    assert sue.post(f"{LIST}/views/save", {"label": "All's", "whose": "all", "back": "sort=name"}).status_code == 403


def test_a_right_of_its_own_lets_somebody_save_for_all_but_read_nothing_hidden(shop: Shop, sue: Visitor) -> None:
    shop.publish({**SALES, "actions": ["view", "edit", "views"]})
    shop.add(name="Ann", owner=shop.sue.id)

    saved_one = sue.post(
        f"{LIST}/views/save", {"label": "By name", "whose": "all", "opens": "1", "back": "sort=name&as=kanban&group=stage"}
    )
    hidden = sue.post(f"{LIST}/views/save", {"label": "Peek", "whose": "all", "back": "filter=secret > 3"})

    assert saved_one.status_code == 303 and hidden.status_code in (403, 422)
    with shop.workspace.reading(shop.ada) as act:
        view = act.catalogue.views["by_name"]
    assert (view.as_, view.group, view.sort, view.default) == ("kanban", "stage", ("name",), True)


def test_a_form_opens_with_its_default_view_and_each_person_may_choose_another(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    shop.add(name="Ann", stage="new", owner=shop.sue.id)
    shop.add(name="Bob", stage="won", owner=shop.sue.id)
    shop.publish(
        {"kind": "view", "key": "won", "label": "Won ones", "form": "customer", "app": "shop", "filter": "stage == 'won'", "default": True}
    )

    assert "Ann" not in words(ada.get(LIST)) and "Ann" in words(ada.get(f"{LIST}?view=-"))
    assert "Ann" in words(ada.get(f"{LIST}?q=Ann"))  # what somebody asks for is not narrowed behind their back
    sue.post(f"{LIST}/views/opens", {"name": "-"})
    assert "Ann" in words(sue.get(LIST)) and "Ann" not in words(ada.get(LIST))


def test_a_view_for_some_has_no_tab_for_others(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    shop.publish({"kind": "view", "key": "lead", "label": "For leads", "form": "customer", "app": "shop", "for": ["role:lead"]})

    assert "For leads" in words(ada.get(LIST)) and "For leads" not in words(sue.get(LIST))


def test_a_removed_view_comes_back_by_undo(shop: Shop, sue: Visitor) -> None:
    sue.post(f"{LIST}/views/save", {"label": "Fresh", "back": "sort=name"})
    with shop.workspace.reading(shop.sue) as act:
        name = saved.views_of(act, "customer")[0].name

    page = sue.client.get(sue.post(f"{LIST}/views/remove", {"name": name}).location, headers=sue.headers)
    assert "Fresh" not in words(page).partition("Search")[0]
    undo = page.get_data(as_text=True).partition('action="/apps/shop/customer/views/again')[2].partition('"')[0]
    sue.post(f"/apps/shop/customer/views/again{undo.replace('&amp;', '&').replace('&#34;', '')}")

    assert "Fresh" in words(sue.get(LIST))


def test_a_view_of_another_person_cannot_be_removed_or_overwritten(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    sue.post(f"{LIST}/views/save", {"label": "Fresh", "back": "sort=name"})
    with shop.workspace.reading(shop.sue) as act:
        name = saved.views_of(act, "customer")[0].name

    assert ada.post(f"{LIST}/views/remove", {"name": name}).status_code == 404
    assert ada.post(f"{LIST}/views/save", {"label": "Mine", "name": name, "back": "sort=name"}).status_code == 404


def test_nothing_hidden_can_be_asked_by_a_view_of_ones_own(shop: Shop, sue: Visitor) -> None:
    assert sue.post(f"{LIST}/views/save", {"label": "Peek", "back": "filter=secret > 3"}).status_code == 422
    assert sue.post(f"{LIST}/views/again?body=%5B1%5D").status_code == 422


def test_a_list_costs_no_statement_more_for_the_views_that_somebody_keeps(shop: Shop, sue: Visitor) -> None:
    sue.post(f"{LIST}/views/save", {"label": "Fresh", "back": "sort=name"})
    with shop.workspace.reading(shop.sue) as act:
        saved.views_of(act, "customer")
    with shop.workspace.reading(shop.sue) as act:
        act.connection.close()
        assert [each.view.label for each in saved.views_of(act, "customer")] == ["Fresh"]


def test_what_is_saved_elsewhere_is_seen_at_once(shop: Shop, sue: Visitor) -> None:
    for label in ("One", "Two"):
        sue.post(f"{LIST}/views/save", {"label": label, "back": "sort=name"})
        assert label in words(sue.get(LIST))
