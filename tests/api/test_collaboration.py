"""Comments, following and to-dos over the API."""

from __future__ import annotations

from tests.api.caller import Caller, done


def customer(lite: Caller) -> str:
    return lite.post("/forms/customer/records", {"name": "Lin"})["id"]


def test_comments_are_written_listed_changed_and_removed(lite: Caller) -> None:
    here = f"/forms/customer/records/{customer(lite)}/comments"
    first = lite.post(here, {"body": "first"})
    second = lite.post(here, {"body": "second"})
    assert [each["body"] for each in lite.get(here)["items"]] == ["second", "first"]
    page = lite.get(f"{here}?limit=1")
    assert [each["id"] for each in page["items"]] == [second["id"]]
    assert [each["id"] for each in lite.get(f"{here}?limit=1&cursor={page['next']}")["items"]] == [first["id"]]
    assert lite.patch(f"{here}/{first['id']}", {"body": "better"})["edited_at"] is not None
    assert lite.send("DELETE", f"{here}/{first['id']}").status_code == 204
    assert lite.get(here)["items"][1]["body"] is None


def test_following_is_put_and_taken_away(lite: Caller) -> None:
    here = f"/forms/customer/records/{customer(lite)}/follow"
    assert done(lite.send("PUT", here))["follows"] is True
    assert done(lite.send("DELETE", here)) == {"follows": False, "followers": []}


def test_todos_are_added_ticked_and_removed(lite: Caller) -> None:
    record = customer(lite)
    made = lite.post("/todos", {"title": "Call", "due": "2026-11-21", "form": "customer", "record": record})
    assert (made["due"], made["record"], made["done"]) == ("2026-11-21", record, False)
    assert [each["id"] for each in lite.get("/todos")["items"]] == [made["id"]]
    assert lite.patch(f"/todos/{made['id']}", {"done": True})["done"] is True
    assert lite.get("/todos")["items"] == [] and len(lite.get("/todos?box=done")["items"]) == 1
    assert lite.send("DELETE", f"/todos/{made['id']}").status_code == 204
    assert lite.get("/todos?box=done")["items"] == []
