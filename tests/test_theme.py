"""The look: contrasts computed from theme.css, icons that exist, pages and macros that keep the policy and the accessible names."""
from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

import pytest
from flask import Flask, g
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from runtime.pages import files, speaking
from runtime.pages.shell import Item, Section, Shell
from runtime.texts import catalogue

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "static" / "src"
PAGES = ROOT / "runtime" / "pages" / "templates"
PARTS = ("fields", "frame", "parts", "side", "tags", "tiers")
OURS = [PAGES / "layout.html", PAGES / "blank.html", *(PAGES / "macros" / f"{part}.html" for part in PARTS)]
COLORS = ["purple", "yellow", "gray", "blue", "green", "teal", "orange", "red", "pink", "cyan", "indigo", "lime", "azure"]
MODES = ["light", "dark"]


# -- colours --------------------------------------------------------------------------------------------------------------------
def tokens(mode: str) -> dict[str, str]:
    """The colours of one mode as theme.css gives them."""
    found: dict[str, str] = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", (SOURCE / "theme.css").read_text()):
        if f'[data-bs-theme="{mode}"]' in selector:
            found.update(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})\b", body))
    return found


def luminance(color: str) -> float:
    parts = [int(color[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("color", COLORS)
def test_the_word_on_a_tier_badge_can_be_read(color: str, mode: str) -> None:
    here = tokens(mode)
    assert contrast(here[f"--tier-{color}-text"], here[f"--tier-{color}-ground"]) >= 4.5
    assert contrast(here[f"--tier-{color}-text"], here["--tl-card"]) >= 4.5, "a provisional badge stands on the card itself"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("color", COLORS)
def test_the_chart_colour_of_a_tier_can_be_seen_on_its_card(color: str, mode: str) -> None:
    here = tokens(mode)
    assert contrast(here[f"--tier-{color}-chart"], here["--tl-card"]) >= 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("ink", "ground", "least"), [
    ("--tl-ink", "--tl-ground", 7), ("--tl-ink-second", "--tl-ground", 4.5), ("--tl-ink-meta", "--tl-ground", 4.5),
    ("--tl-ink-meta", "--tl-side-ground", 4.5), ("--tl-placeholder", "--tl-card", 4.5), ("--tl-accent", "--tl-card", 4.5),
    ("--tl-accent-strong", "--tl-accent-soft", 4.5), ("--tl-on-accent", "--tl-accent-fill", 4.5), ("--tl-good", "--tl-card", 4.5),
    ("--tl-care", "--tl-card", 4.5), ("--tl-bad", "--tl-card", 4.5), ("--tl-good-ink", "--tl-good-soft", 4.5),
    ("--tl-care-ink", "--tl-care-soft", 4.5), ("--tl-bad-ink", "--tl-bad-soft", 4.5), ("--tl-good", "--tl-care-soft", 4.5),
    ("--tl-on-accent", "--tl-bad-fill", 4.5), ("--tl-ink-second", "--tl-line-soft", 4.5), ("--tl-ink-second", "--tl-band-empty", 4.5),
    ("--tl-bar", "--tl-card", 3), ("--tl-bar-sum", "--tl-card", 3), ("--tl-band", "--tl-card", 3), ("--tl-good-chart", "--tl-card", 3),
    ("--tl-care-chart", "--tl-card", 3), ("--tl-chart-neutral", "--tl-card", 3), ("--tag-attribute", "--tl-card", 3),
    ("--tag-behaviour", "--tl-card", 3), ("--tag-potential", "--tl-card", 3), ("--tag-campaign", "--tl-card", 3),
    ("--tag-other", "--tl-card", 3),
])
def test_ink_meaning_and_drawings_keep_their_contrast(ink: str, ground: str, least: float, mode: str) -> None:
    here = tokens(mode)
    assert contrast(here[ink], here[ground]) >= least


def test_both_modes_know_the_same_colours() -> None:
    assert tokens("light").keys() == tokens("dark").keys()


def test_every_tier_colour_has_its_class() -> None:
    classes = (SOURCE / "css" / "tier_colors.css").read_text()
    assert re.findall(r"^\.tier-(\w+)", classes, re.M) == COLORS


def test_nothing_is_smaller_than_11_5_px_and_only_two_weights_are_used() -> None:
    styles = "".join(path.read_text() for path in SOURCE.rglob("*.css"))
    assert [size for size in re.findall(r"font(?:-size)?:\s*(\d+(?:\.\d+)?)px", styles) if float(size) < 11.5] == []
    assert set(re.findall(r"font-weight:\s*(\d+)", styles)) <= {"400", "700"}


# -- class names ----------------------------------------------------------------------------------------------------------------
def bare_classes(style: str) -> set[str]:
    """Classes that a style sheet says something about wherever they stand; what it says of print, or within other classes, is left out."""
    found: set[str] = set()
    around: list[str] = []
    for words, brace in re.findall(r"([^{};]*)([{};])", re.sub(r"/\*.*?\*/", "", style, flags=re.S)):
        if brace == "{":
            around.append(words.strip())
            if not any(each.startswith("@media print") for each in around):
                found |= {each.strip() for each in re.split(r",(?![^(]*\))", words) if re.fullmatch(r"\s*\.[\w-]+\s*", each)}
        elif brace == "}":
            around.pop()
    return found


def test_the_class_names_of_a_style_sheet_are_those_that_it_gives_everywhere() -> None:
    style = "/* .a { } */ .b, .c:hover, .d .e { } @media (width < 9px) { .f { color: red } } @media print { .g { color: red } } :is(p, .h) { }"
    assert bare_classes(style) == {".b", ".f"}


def test_a_class_name_belongs_to_one_style_sheet() -> None:
    """Two sheets of one page with the same name undo each other: coloured records were as wide as an icon."""
    homes: dict[str, list[str]] = {}
    for path in sorted(SOURCE.rglob("*.css")):
        if path.name != "print.css":
            for name in bare_classes(path.read_text()):
                homes.setdefault(name, []).append(path.name)
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


# -- icons and the policy -------------------------------------------------------------------------------------------------------
def listed_icons() -> set[str]:
    return set((SOURCE / "icons.txt").read_text().split())


def test_every_icon_of_a_page_or_script_stands_in_the_list() -> None:
    used: set[str] = set()
    for path in PAGES.rglob("*.html"):
        used.update(re.findall(r"""\bicon\(\s*["']([\w-]+)["']""", path.read_text()))
    for path in SOURCE.rglob("*.ts*"):
        used.update(re.findall(r"""\bicon\('([\w-]+)'""", path.read_text()))
    assert used - listed_icons() == set()


def test_every_listed_icon_is_drawn_by_tabler() -> None:
    folder = ROOT / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
    if not folder.is_dir():
        pytest.skip("node_modules is not installed")
    assert [name for name in sorted(listed_icons()) if not (folder / f"{name}.svg").exists()] == []


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.html")), ids=lambda path: path.name)
def test_a_page_carries_nothing_that_the_policy_blocks(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"\son(?:blur|change|click|error|focus|input|key\w+|load|mouse\w+|pointer\w+|reset|submit|toggle)=", text)
    assert not re.search(r"hx-on|hx-vals=['\"]js:|hx-trigger=['\"][^'\"]*\[", text)
    for attributes in re.findall(r"<script([^>]*)>", text):
        assert "src=" in attributes or 'type="application/json"' in attributes


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_every_sentence_has_a_chinese_one_with_the_same_places(path: Path) -> None:
    chinese = catalogue("zh")
    for sentence in re.findall(r'\b_\(\s*"([^"]*)"', path.read_text()) + re.findall(r"\b_\(\s*'([^']*)'", path.read_text()):
        assert sentence in chinese, sentence
        assert set(re.findall(r"\{\w+\}", chinese[sentence])) == set(re.findall(r"\{\w+\}", sentence)), sentence


# -- rendering ------------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("looks")
    app.secret_key = "tests only"
    app.jinja_loader = ChoiceLoader([DictLoader(TRIALS), FileSystemLoader(PAGES)])
    app.jinja_env.globals.update(
        asset=lambda name: f"/static/{name}", asset_css=lambda name: f"/static/{name}.css", csrf_token=lambda: "token", unwrapped=lambda shell: shell,
        once=speaking.Once(app.jinja_env), kept_part=speaking.Kept(app.jinja_env), drawn_icon=speaking.icons,
        frame_own=lambda: speaking.Own(token="token", next="/?", name="Meng", email="meng@example.org", avatar=Markup("<span>M</span>")),
        _=lambda sentence, **values: sentence.format(**values) if values else sentence)
    app.jinja_env.filters["shown"] = lambda text: text["en"] if isinstance(text, dict) else str(text)
    app.jinja_env.filters["shown_file"] = files.shown
    app.before_request(lambda: setattr(g, "nonce", "nonce"))
    return app


HOME, TODOS = Item("Home", "/apps/retail", "home"), Item("To-dos", "/tasks", "checklist", count=7)
CUSTOMERS = Section("Customers", (Item("Customer", "/apps/retail/customer", "users", active=True, count=12486),))
RETAIL = Item("Retail", "/apps/retail", "users", key="retail")
SHELL = Shell(
    workspace_name="Workspace", apps=(RETAIL,), app=RETAIL, notifications=2, menu=(Section("", (HOME, TODOS)), CUSTOMERS),
    tools=(Item("Design", "/build/retail", "tools"),), top=(HOME, TODOS))
READER = Thing(language="en", person=Thing(name="Meng", email="meng@example.org", is_builder=True))
TRIALS = {
    "trial.html": '{% extends "layout.html" %}{% block title %}Customers <b>gold</b>{% endblock %}'
                  '{% block actions %}<a class="btn" href="/new">New</a>{% endblock %}{% block body %}<p>Body</p>{% endblock %}',
    "trial_blank.html": '{% extends "blank.html" %}{% block title %}Sign in{% endblock %}{% block body %}<p>Body</p>{% endblock %}',
}


def drawn(app: Flask, source: str, **values: Any) -> str:
    with app.test_request_context("/apps/retail/customer"):
        return app.jinja_env.from_string('{% import "macros/ui.html" as ui %}' + source).render(**values)


def page(app: Flask, name: str, flashed: Any = ()) -> str:
    with app.test_request_context("/apps/retail/customer"):
        g.nonce, g.language = "nonce", "en"
        template = app.jinja_env.get_template(name)
        here = Thing(path="/", full_path="/?")
        return template.render(shell=SHELL, reader=READER, request=here, g=g, get_flashed_messages=lambda **_: flashed)


class Elements(HTMLParser):
    """Every element as (name, attributes), and the text of all."""

    def __init__(self, html: str):
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        fits = {key.rstrip("_"): value for key, value in wanted.items()}
        return [given for name, given in self.all if name == tag and fits.items() <= given.items()]


class Line(Form):
    product = StringField("Product", [DataRequired()])
    quantity = IntegerField("Quantity")


class Entry(Form):
    name = StringField("Name", [DataRequired(), Length(max=80)], description="As on the invoice")
    note = TextAreaField("Note")
    age = IntegerField("Age")
    spend = DecimalField("Spend")
    born = DateField("Born")
    agrees = BooleanField("Agrees")
    kind = SelectField("Kind", choices=[SelectChoice("company", "Company"), SelectChoice("person", "Person")])
    source = SelectField("Source", choices=[SelectChoice(str(n), f"Source {n}") for n in range(9)])
    likes = SelectMultipleField("Likes", choices=[SelectChoice("a", "Apples"), SelectChoice("b", "Bread")])
    mobile = StringField("Mobile")
    email = StringField("E-mail")
    site = StringField("Site")
    owner = StringField("Owner")
    customer = StringField("Customer")
    number = StringField("Number")
    items = FieldList(FormField(Line))


WIDGETS = {"spend": "money", "mobile": "phone", "email": "email", "site": "url", "owner": "member", "customer": "reference",
           "number": "readonly"}


def entry(**data: Any) -> Entry:
    form = Entry(data=data)
    for name, widget in WIDGETS.items():
        form[name].kind = Thing(widget=widget)
    form["customer"].search_url = "/search"
    form["items"].blank_row = Line(prefix="items-__row__-")
    return form


def test_every_widget_has_a_label_and_what_describes_it_exists(app: Flask) -> None:
    form = entry(items=[{"product": "Coat"}])
    for field in form:
        if field.name != "items":
            field.errors = ["Something is wrong."]
    html = drawn(app, "{{ ui.all_fields(form, 2) }}", form=form)
    found = Elements(html)
    ids = [given["id"] for _, given in found.all if given.get("id")]
    labelled = {given.get("for") for given in found.of("label")}
    for tag in ("input", "select", "textarea"):
        for control in found.of(tag):
            choice = control.get("type") in ("checkbox", "radio")
            assert choice or control["id"] in labelled, control
    for _, given in found.all:
        for name in (given.get("aria-describedby") or "").split():
            assert name in ids
    assert sorted(ids) == sorted(set(ids)), "an id stands once"
    assert "style=" not in html


@pytest.mark.parametrize(("name", "expected"), [
    ("name", {"type": "text", "maxlength": "80", "required": None}), ("spend", {"inputmode": "decimal"}), ("born", {"type": "date"}),
    ("mobile", {"type": "tel"}), ("email", {"type": "email"}), ("site", {"type": "url"}), ("customer", {"data-search-url": "/search"}),
])
def test_a_widget_renders_the_control_that_fits(app: Flask, name: str, expected: dict[str, str | None]) -> None:
    found = Elements(drawn(app, "{{ ui.field(entry) }}", entry=entry()[name]))
    control = found.of("input", name=name)[0]
    assert expected.items() <= control.items()


def test_an_error_stands_beside_its_field_and_is_announced_with_it(app: Flask) -> None:
    form = entry(mobile="138")
    form.mobile.errors = ["The mobile number needs 11 digits."]
    found = Elements(drawn(app, "{{ ui.field(entry) }}", entry=form.mobile))
    control = found.of("input")[0]
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "mobile-error"
    assert "The mobile number needs 11 digits." in found.text


def test_what_was_typed_is_never_read_as_markup(app: Flask) -> None:
    html = drawn(app, "{{ ui.all_fields(form) }}", form=entry(name='"><script>alert(1)</script>', note="</textarea><script>"))
    assert "<script" not in html


def test_few_options_are_buttons_and_many_a_list(app: Flask) -> None:
    form = entry(kind="person")
    radios = Elements(drawn(app, "{{ ui.field(e) }}", e=form.kind)).of("input", type="radio")
    assert [given["value"] for given in radios] == ["company", "person"]
    assert Elements(drawn(app, "{{ ui.field(e) }}", e=form.source)).of("select", name="source")


def test_a_subform_renders_its_rows_and_an_empty_one_to_copy(app: Flask) -> None:
    form = entry(items=[{"product": "Coat", "quantity": 1}, {"product": "Scarf", "quantity": 2}])
    html = drawn(app, "{{ ui.field(entry) }}", entry=form["items"])
    template = html[html.index("<template>"):html.index("</template>")]
    assert html.count("data-row-remove") == 3
    assert 'name="items-1-product"' in html
    assert 'name="items-__row__-quantity"' in template


CARD = {
    "tier": {"label": "Silver", "rank": 2, "count": 4, "color": "gray", "provisional": False}, "score": 48.75, "score_text": "48.75",
    "gap_text": "6.25", "next_label": "Gold", "made_by": "Retail value v7", "made_short": "v7", "weight_total_text": "100",
    "borders": [{"label": "Silver", "at": 35, "next": False}, {"label": "Gold", "at": 55, "next": True}],
    "rows": [{"label": "Recency", "fact": "24 days ago", "fact_href": "/orders", "band": 4, "bands": 5, "weight": 25, "weight_text": "25",
              "start": 0, "points": 18.75, "points_text": "18.75"},
             {"label": "Spend", "fact": "1,860", "fact_href": None, "band": 3, "bands": 5, "weight": 25, "weight_text": "25",
              "start": 18.75, "points": 30, "points_text": "30.00"}],
    "lifts": [{"title": "Buy once more", "change": "Recency 4 → 5", "gain_text": "+6.25", "score_text": "55.00"}],
}


def test_each_bar_of_the_tier_card_starts_where_the_one_before_ended(app: Flask) -> None:
    found = Elements(drawn(app, "{{ ui.tier_card(card) }}", card=CARD))
    bars = [given for given in found.of("rect") if given.get("class") == "tl-fill-got"]
    ends = [float(str(bar["x"]).rstrip("%")) + float(str(bar["width"]).rstrip("%")) for bar in bars]
    assert float(str(bars[1]["x"]).rstrip("%")) == pytest.approx(ends[0])
    assert ends[-1] == pytest.approx(CARD["score"])
    assert "style=" not in drawn(app, "{{ ui.tier_card(card) }}", card=CARD)


def test_the_tier_card_shows_bands_as_boxes_and_facts_as_links(app: Flask) -> None:
    found = Elements(drawn(app, "{% call ui.tier_card(card) %}<button>Try it</button>{% endcall %}", card=CARD))
    boxes = [given for given in found.of("rect") if given.get("class") in ("tl-fill-band", "tl-fill-band-empty")]
    assert [given["class"] for given in boxes[:5]] == ["tl-fill-band"] * 4 + ["tl-fill-band-empty"]
    assert found.of("a", href="/orders")
    assert "Try it" in found.text
    assert "Easiest way to Gold:" in found.text


@pytest.mark.parametrize(("rank", "count"), [(1, 3), (3, 3), (2, 4), (1, 1), (5, 9)])
def test_a_badge_has_as_many_rungs_as_there_are_tiers(app: Flask, rank: int, count: int) -> None:
    rungs = Elements(drawn(app, "{{ ui.tier_badge('Gold', rank, count, 'yellow') }}", rank=rank, count=count)).of("rect")
    assert len(rungs) == count
    assert len([rung for rung in rungs if "opacity" not in rung]) == rank


def test_tags_beyond_the_third_become_a_number_with_their_names(app: Flask) -> None:
    tags = [{"label": name, "family": "behaviour"} for name in ("a", "b", "c", "d", "e")]
    found = Elements(drawn(app, "{{ ui.tags_row(tags) }}", tags=tags))
    assert "+2" in found.text
    assert [given["title"] for given in found.of("span") if given.get("title")] == ["d, e"]


def test_a_running_job_fetches_itself_and_can_be_cancelled(app: Flask) -> None:
    job = {"state": "running", "what": "Import", "done": 2300, "total": 4989, "href": "/jobs/1", "cancel_href": "/jobs/1/cancel"}
    found = Elements(drawn(app, "{{ ui.progress_job(job) }}", job=job))
    assert [given["hx-get"] for _, given in found.all if "hx-get" in given] == ["/jobs/1"]
    assert found.of("progress", value="2300", max="4989")
    assert found.of("form", action="/jobs/1/cancel")


def test_a_finished_job_rests(app: Flask) -> None:
    assert "hx-get" not in drawn(app, "{{ ui.progress_job(job) }}", job={"state": "done", "what": "Import", "result_href": "/r"})


def test_problems_jump_to_their_fields(app: Flask) -> None:
    problems = [Thing(path="mobile", message="The number is too short.")]
    found = Elements(drawn(app, "{{ ui.problem_list(problems, {'mobile': '#mobile'}) }}", problems=problems))
    assert found.of("a", href="#mobile")
    assert "One thing needs your attention" in found.text


def test_every_other_part_renders_without_style(app: Flask) -> None:
    html = drawn(app, """{{ ui.avatar("林女士") }}{{ ui.avatar("") }}{{ ui.empty("receipt", "No orders yet.", "Import", "/i", "/e") }}
        {{ ui.stat("Customers", "12,486", "new", "/c", "good") }}{{ ui.steps(["Upload", {"label": "Columns", "href": "/c"}, "Check"], 3) }}
        {{ ui.pager("/next", "/first", "1–50") }}
        {{ ui.chip({"before": "Tier is", "value": "Gold"}, "/x") }}{{ ui.chip("Owner is me", "/x") }}
        {{ ui.tabs([{"label": "All", "href": "/", "active": True, "count": 3}], "Views") }}
        {{ ui.note("Text", "care") }}{{ ui.pill("4", "bad") }}
        {{ ui.segment([{"icon": "list", "href": "/", "hint": "List", "active": True}], "Show as") }}
        {{ ui.share_bar(0.9, "Complete", "good") }}
        {{ ui.post_button("Delete", "/d", confirm={"title": "Delete 12?", "type": "12"}, fields={"id": 3}) }}{{ ui.copy_button("x") }}
        {{ ui.chart("c", "Who moved", {"series": []}, columns=["a"], rows=[["1"]]) }}{{ ui.drop_zone("file", ".csv") }}
        {{ ui.bar_pair([{"label": "Gold", "color": "yellow", "first": 0.2, "second": 0.4, "first_text": "20%", "second_text": "40%"}],
                       "Customers", "Revenue") }}
        {{ ui.stripe([("Recency", 25), ("Spend", 75)]) }}{{ ui.tier_stripe([{"label": "High", "color": "purple", "count": 54}]) }}
        {{ ui.score_bar(140, "yellow") }}{{ ui.tier_badge(None) }}{{ ui.logo() }}""")
    assert "style=" not in html
    assert 'width="100.00%"' in html, "a score beyond the scale fills the bar and no more"


# -- the frame ------------------------------------------------------------------------------------------------------------------
def test_the_layout_has_one_heading_a_skip_link_and_a_plain_title(app: Flask) -> None:
    html = page(app, "trial.html")
    found = Elements(html)
    assert len(found.of("h1")) == 1
    assert found.of("a", href="#main", class_="tl-skip")
    assert found.of("main", id="main")
    assert "<title>Customers gold · Retail</title>" in html
    assert html.startswith("<!doctype html>")


def test_the_phone_bar_leads_home_to_the_to_dos_and_to_the_first_form(app: Flask) -> None:
    html = page(app, "trial.html")
    bar = Elements(html[html.index('<nav class="tl-phone-bar"'):html.index('id="more"')])
    assert [given["href"] for given in bar.of("a")] == ["/apps/retail", "/tasks", "/apps/retail/customer", "/search"]


def test_a_message_may_carry_an_undo_that_posts_with_the_token(app: Flask) -> None:
    html = page(app, "trial.html", [("good", {"text": "12 customers deleted", "undo": "/undo/5"}), ("bad", "Not saved")])
    found = Elements(html)
    assert found.of("form", action="/undo/5")
    assert [given["data-toast"] for given in found.of("div") if "data-toast" in given] == ["10", "stay"]


@pytest.mark.parametrize("name", ["trial.html", "trial_blank.html"])
def test_scripts_find_their_sentences_in_one_block(app: Flask, name: str) -> None:
    html = page(app, name)
    block = re.search(r'<script type="application/json" id="texts">(.*?)</script>', html, re.S)
    assert block is not None
    texts = json.loads(block[1])
    said: set[str] = set()
    for path in SOURCE.rglob("*.ts*"):
        if path.parent.name in ("base", "charts", "formulas", "views", "public") or path.name in ("base.ts", "charts.ts", "list.ts"):
            for asked in re.findall(r"\b(?:say|announce)\(([^,()]*)", path.read_text()):
                said.update(re.findall(r"'(\w+)'", asked))
    assert said <= texts.keys()
    assert texts.keys() - said == {"language"}


def test_a_blank_page_has_no_navigation(app: Flask) -> None:
    found = Elements(page(app, "trial_blank.html"))
    assert found.of("nav") == []
    assert found.of("form", action="/language")
