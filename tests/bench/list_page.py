"""A page of 50 out of many, filtered and sorted: the application core against the bare driver, the whole page against a bare Flask view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jinja2
from flask import Flask, request

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import derived, query
from tests.bench.databases import driver, settle_down, workspace_on
from tests.bench.measuring import Result, in_turn
from tests.bench.recording import Recorder, replay
from tests.bench.world import open_shop, signed_in

LIMIT_CORE, LIMIT_PAGE = 3.0, 4.0
WISH: dict[str, Any] = {
    "filter": "stage == 'new' and spend == 0",
    "sort": ("-code",),
    "columns": ["code", "name", "stage", "tier", "last_on", "spend"],
}
TABLE = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """
{%- macro badge(tier) -%}
<span class="tl-tier tier-{{ tier.color }}"><svg viewBox="0 0 11 12" aria-hidden="true" focusable="false">
{%- for i in range(tier.count) -%}
<rect x="0" y="{{ '%.2f'|format(9.6 - i * 4.65) }}" width="11" height="2.10" rx="1" fill="currentColor"{% if i >= tier.rank %} opacity=".22"{% endif %}/>
{%- endfor -%}</svg>{{ tier.label }}</span>
{%- endmacro -%}
<!doctype html><title>{{ title }}</title><table class="table"><thead><tr>
{% for head in heads %}<th scope="col"{% if head.state %} aria-sort="{{ head.state }}"{% endif %}><a href="{{ head.href }}">{{ head.label }}</a></th>{% endfor %}
</tr></thead>
<tbody>
{% for row in rows %}
<tr data-row-key="{{ row.id }}" data-href="{{ base }}/{{ row.id }}" data-edit-href="{{ base }}/{{ row.id }}/edit" tabindex="-1"><td class="tl-check"><input class="form-check-input" type="checkbox" name="id" value="{{ row.id }}" form="picked" data-pick aria-label="Pick {{ row.name }}"></td><td class="tl-stick"><a class="tl-row-title" href="{{ base }}/{{ row.id }}"><b>{{ row.code }}</b></a></td><td>{{ row.name }}</td><td>{{ row.stage }}</td><td>{% if row.tier %}{{ badge(row.tier) }}{% else %}<span class="tl-quiet">—</span>{% endif %}</td><td>{% if row.score is not none %}<span class="tl-score"><span class="tl-num">{{ "%.2f"|format(row.score / 10000) }}</span></span>{% endif %}</td><td>{% if row.last is not none %}<span title="{{ row.last }}">{{ row.last }}</span>{% else %}<span class="tl-quiet">—</span>{% endif %}</td><td class="tl-num">{% if row.spend is not none %}¥{{ "{:,}".format(row.spend // 100) }}{% else %}<span class="tl-quiet">—</span>{% endif %}</td></tr>
{% endfor %}
</tbody>
</table>
<ul class="tl-line-cards">
{% for row in rows %}
<li><a href="{{ base }}/{{ row.id }}"><div class="tl-row"><b class="tl-cut">{{ row.name }}</b><span class="tl-push">{% if row.tier %}{{ badge(row.tier) }}{% else %}<span class="tl-quiet">—</span>{% endif %}</span></div><div class="tl-meta tl-quiet tl-cut">{{ row.stage }}</div></a></li>
{% endfor %}
</ul>"""
)
NAMES = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "code", "name", "stage", "tier", "last", "spend", "score")
HEADS = [{"label": name.title(), "href": f"?sort={name}", "state": None} for name in WISH["columns"]]


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of one page; the reference runs the statements that the product ran, and for the page renders their rows in a table."""
    count = rows or 1_000_000
    recorder = Recorder()
    with workspace_on(database_name, recorder) as workspace:
        open_shop(workspace, count)
        derived.work_off(workspace)
        with workspace.engine.begin() as connection:
            settle_down(connection)

        def core() -> None:
            with workspace.reading(SYSTEM) as act:
                query.page(act, "customer", **WISH)

        core()
        recorder.on = True
        core()
        recorder.on = False
        said = list(recorder.said)
        bare = driver(workspace)

        def replayed() -> None:
            replay(bare, said)
            bare.rollback()

        ours, reference, ratio = in_turn(core, replayed)
        yield Result("list page, core", ratio, LIMIT_CORE, ours, reference, "CPU seconds a page", count, database_name)
        page, plain = _pages(workspace, bare, said)
        ours, reference, ratio = in_turn(page, plain)
        yield Result("list page, whole page", ratio, LIMIT_PAGE, ours, reference, "CPU seconds a page", count, database_name)
        bare.close()


def _pages(workspace: Any, bare: Any, said: Any) -> tuple[Any, Any]:
    """Our page and that of a bare Flask view that runs the same statements and renders the same rows and cards in Jinja."""
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Data", "items": ["form:customer"]}]}])
    app, cookie = signed_in(workspace)
    client = app.test_client()
    name, _mark, value = cookie.partition("=")
    client.set_cookie(name, value)
    base = "/apps/shop/customer"
    address = f"{base}?where=stage|any_of|new&where=spend|lte|0&sort=-code&columns=code,name,stage,tier,last_on,spend"
    flask = Flask("bare")

    @flask.get("/list")
    def plain_list() -> str:
        found: list[Any] = []
        cursor = bare.cursor()
        for kind, text, parameters in said:
            if kind == "execute":
                cursor.execute(text, parameters)
                if cursor.description is not None:
                    found = cursor.fetchall() or found
        bare.rollback()
        return TABLE.render(rows=[dict(zip(NAMES, row, strict=False)) for row in found[:50]], base=base, heads=HEADS, title=request.path)

    bare_client = flask.test_client()

    def page() -> str:
        answer = client.get(address)
        assert answer.status_code == 200
        return answer.text

    def plain() -> str:
        answer = bare_client.get("/list")
        assert answer.status_code == 200
        return answer.text

    assert _rows(page()) == _rows(plain())
    return page, plain


def _rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith(("<tr data-row-key", '<li><a href="/apps/shop/customer/'))]
