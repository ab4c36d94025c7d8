"""Hostile formulas at every door that takes formulas from outside: nothing but an answer, or a refusal that says what to change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from pathlib import Path
from urllib.parse import quote

import pytest

from werkzeug.test import TestResponse

from runtime.definitions import versions
from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from tests import makers
from tests.api.caller import Caller
from tests.api.conftest import caller, opened
from tests.hostile.corpus import Hostile, collected
from tests.pages import conftest as pages
from tests.pages.visitor import Visitor, words

EACH = 4
"""How many of each category go through each door."""
ANSWERS = {200, 400, 403, 413, 414, 422}
OWN = makers.form_json(
    makers.text("name"), makers.text("other"), makers.number("amount"), makers.number("whole", decimals=0), makers.money("spend"),
    makers.day("day"), makers.instant("seen_at"), makers.checkbox("agreed"), makers.member("owner"), makers.choice("status", "draft", "done"),
    makers.multi_choice("colors"), makers.reference("parent", form="sample", many_name="children"),
    makers.formula("later", "day + DAYS(whole)", result="date"),
    key="sample", title="name",
)  # fmt: skip
ON_SQLITE_ONLY = [
    "VALUE(name) > 1",
    "day + DAYS(999) > TODAY()",
    "EDATE(day, 12) == day",
    "SUM(children.amount) * amount * amount > 1",
    "amount * amount * amount > 1",
    "spend / amount / amount > 0.1",
    "later == day",
    "IF(agreed, " * 36 + "agreed" + ", FALSE)" * 36,
    "MAX(amount, " * 36 + "1" + ")" * 36 + " > 0",
    "SUBSTITUTE(name, 'n', other) == name",
    "EDATE(EDATE(EDATE(day, 1), 1), 1) > day",
]
"""Conditions that are right but hard for the database."""


browser_files = pages.browser_files


@pytest.fixture
def shop(sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    opened(sqlite_workspace)
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(
            act, [OWN, {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:sample"]}]}]
        )
        accounts.add(act, email="eve@example.com", name="Eve", roles=("builder", "member"), password=pages.PASSWORD)
    with sqlite_workspace.writing(SYSTEM) as act:
        for name in ("n" * 255, "Ann"):
            gateway.create(
                act, "sample", {"name": name, "other": "x" * 255, "amount": "9999999999.99", "spend": "-9999999999.99", "day": "9999-12-31"}
            )
    return sqlite_workspace


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text("{}")
    return tmp_path / "dist"


@pytest.fixture
def api(shop: Workspace, dist: Path) -> Caller:
    return caller(shop, dist, "ada")


def some() -> Iterator[Hostile]:
    by_category = groupby(sorted(collected(), key=lambda each: each.category), key=lambda each: each.category)
    for _category, inputs in by_category:
        found = list(inputs)
        yield from islice(found, 0, None, max(1, len(found) // EACH))


def sentence(answer: TestResponse) -> str:
    return answer.get_json().get("detail", "")


def texts() -> list[str]:
    return [*(each.typed for each in some()), *ON_SQLITE_ONLY]


def wrong(ask: Callable[[str], tuple[int, str]]) -> list[str]:
    """The inputs that a door did not answer, or refused without a sentence."""
    found = []
    for typed in texts():
        status, said = ask(typed)
        if status not in ANSWERS or (status != 200 and not said):
            found.append(f"{status} {ascii(typed[:80])} {said[:200]}")
    return found


@pytest.mark.parametrize("path", ["/formulas/check", "/formulas/evaluate"])
def test_trying_out_a_formula(api: Caller, path: str):
    def ask(typed: str) -> tuple[int, str]:
        body = json.dumps({"form": "sample", "formula": typed}).encode()
        answer = api.send("POST", path, body)
        return answer.status_code, sentence(answer)

    assert wrong(ask) == []


@pytest.mark.parametrize("record", ["1", "2"])
def test_trying_it_out_on_a_record(api: Caller, record: str):
    def ask(typed: str) -> tuple[int, str]:
        body = json.dumps({"form": "sample", "formula": typed, "record": record}).encode()
        answer = api.send("POST", "/formulas/evaluate", body)
        return answer.status_code, sentence(answer)

    assert wrong(ask) == []


@pytest.mark.parametrize("path", ["/forms/sample/records?filter={}", "/forms/sample/records?sort={}", "/forms/sample/records?fields={}"])
def test_the_address_of_a_list(api: Caller, path: str):
    def ask(typed: str) -> tuple[int, str]:
        answer = api.send("GET", path.format(quote(typed, errors="surrogatepass")))
        return answer.status_code, sentence(answer)

    assert wrong(ask) == []


def test_grouped_figures(api: Caller):
    def ask(typed: str) -> tuple[int, str]:
        body = json.dumps({"by": ["status"], "measures": [typed, "COUNT(record)"], "filter": typed}).encode()
        answer = api.send("POST", "/forms/sample/aggregate", body)
        return answer.status_code, sentence(answer)

    assert wrong(ask) == []


@pytest.mark.parametrize(
    "wish", ["filter={}", "where=name|is|{}", "where=amount|gt|{}", "where=day|last_days|{}", "where={}|is|1", "sort={}"]
)
def test_the_page_of_a_list(shop: Workspace, browser_files: Path, wish: str):
    from app import create_app

    visitor = Visitor(create_app(shop, dist=browser_files)).sign_in("eve@example.com", pages.PASSWORD)

    def ask(typed: str) -> tuple[int, str]:
        answer = visitor.get(f"/apps/shop/sample?{wish.format(quote(typed, errors='surrogatepass'))}")
        return answer.status_code, words(answer)

    assert wrong(ask) == []


def test_values_of_a_new_record(api: Caller):
    def ask(typed: str) -> tuple[int, str]:
        body = json.dumps({"values": {"name": typed, "amount": typed, "day": typed, "status": typed}}).encode()
        answer = api.send("POST", "/forms/sample/records", body, Idempotency_Key=str(abs(hash(typed))))
        return answer.status_code if answer.status_code != 201 else 200, sentence(answer)

    assert wrong(ask) == []
