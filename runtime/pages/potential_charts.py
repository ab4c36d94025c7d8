"""What a model of potential has learnt and how it stood its test: in words, as pictures, and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.potential import Outcome, Potential
from runtime.pages.tier_charts import Drawn
from runtime.pages.web import reader
from runtime.potential.using import Fit
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.potential.testing import Test

EXPECTED, CAME, CHANCE = "var(--tl-accent)", "var(--tier-teal-chart)", "var(--tl-chart-neutral)"
TOO_CLOSE = 0.3
"""Where frequency and value go together further than this, the expected value is not to be trusted."""
Line = tuple[str, str]


# -- the test -------------------------------------------------------------------------------------------------------------------------
def checks(test: Test, is_yes: bool) -> list[dict[str, Any]]:
    """The points of the test as sentences, with what was found and what it had to be."""
    say, number = reader().say, reader().number
    found = []
    for each in test.checks:
        value, limit = each.found, each.limit
        words: dict[str, tuple[Message, Message, str]] = {
            "enough": (
                _("Enough to judge by"),
                _("at least {n} events among 100 records or more", n=number(round(limit))),
                say(_("{n} events, {records} records", n=number(round(value or 0)), records=number(test.records))),
            ),
            "total": (_("Together as many as came"), _("off by at most {share}", share=_share(limit)), _share(value)),
            "calibration": (_("Right in every tenth"), _("off by at most {share}", share=_share(limit)), _share(value)),
            "lift": (_("Picks out the best tenth"), _("at least {n} times as many as by chance", n=_plain(limit)), _times(value)),
            "error": (
                _("Better than the naive guess"),
                _("error below {n}, that of “as likely as for everybody”", n=_plain(limit, 3))
                if is_yes
                else _("error below {n}, that of “as often as before”", n=_plain(limit, 3)),
                _plain(value, 3),
            ),
        }
        title, wanted, shown = words[each.what]
        found.append({"title": say(title), "wanted": say(wanted), "found": shown, "passed": each.passed})
    return found


def calibration(test: Test) -> Drawn:
    """Expected beside actual in each tenth of the records, those of whom most was expected first."""
    say, number = reader().say, reader().number
    names = [str(place) for place in range(1, len(test.tenths) + 1)]
    expected, came = say(_("expected")), say(_("came"))
    series = [
        {
            "type": "bar",
            "name": name,
            "barMaxWidth": 16,
            "itemStyle": {"color": color},
            "data": [round(each[place], 1) for each in test.tenths],
        }
        for name, color, place in ((expected, EXPECTED, 1), (came, CAME, 2))
    ]
    option = {
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"selectedMode": False},
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value", "splitNumber": 3},
        "series": series,
    }
    rows: list[list[Any]] = [
        [name, number(records), _plain(hoped, 1), _plain(got, 1)] for name, (records, hoped, got) in zip(names, test.tenths, strict=True)
    ]
    columns = [say(_("Tenth")), say(_("Records")), expected, came]
    return Drawn(_("Expected and what came"), say(_("by tenths, the most promising first")), option, columns, rows)


def lift(test: Test) -> Drawn:
    """Which share of what came the most promising share of the records brought."""
    say = reader().say
    names = [f"{10 * place}%" for place in range(len(test.gains))]
    model, chance = say(_("by the model")), say(_("by chance"))
    lines = (
        (model, EXPECTED, [round(100 * each, 1) for each in test.gains]),
        (chance, CHANCE, [10.0 * place for place in range(len(test.gains))]),
    )
    series = [
        {
            "type": "line",
            "name": name,
            "symbol": "none",
            "lineStyle": {"color": color, "width": 2},
            "itemStyle": {"color": color},
            "data": data,
        }
        for name, color, data in lines
    ]
    option = {
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"selectedMode": False},
        "xAxis": {"type": "category", "boundaryGap": False, "data": names},
        "yAxis": {"type": "value", "max": 100, "interval": 25, "axisLabel": {"formatter": "{value}%"}},
        "series": series,
    }
    rows: list[list[Any]] = [
        [name, _share(gain), f"{10 * place}%"] for place, (name, gain) in enumerate(zip(names, test.gains, strict=True))
    ]
    columns = [say(_("The most promising")), model, chance]
    return Drawn(_("How well does it pick out?"), say(_("share of what came; best tenth {n}", n=_times(test.lift))), option, columns, rows)


# -- what was learnt ------------------------------------------------------------------------------------------------------------------
def facts(model: Potential, fit: Fit) -> list[Line]:
    """(name, figure) of what a model was learnt from and what it found."""
    number, say, learnt = reader().number, reader().say, fit.learnt
    if learnt["by"] == "outcome":
        return [
            (say(_("Records learnt from")), number(learnt["customers"])),
            (say(_("with a yes")), f"{number(learnt['yes'])} · {reader().share(learnt['yes'], learnt['customers'])}"),
        ]
    found = [
        (say(_("Records that have bought")), number(learnt["customers"])),
        (say(_("bought again")), f"{number(learnt['again'])} · {reader().share(learnt['again'], learnt['customers'])}"),
        (say(_("Usual time between purchases")), say(_("{n} days", n=round(learnt["usual_gap"])))),
        (say(_("Expected purchases in {n} days, on average", n=model.horizon_days)), _plain(learnt["usual_orders"])),
    ]
    if learnt["usual_worth"] is not None:
        found.append((say(_("Usual value of a purchase")), _plain(learnt["usual_worth"])))
    return found


def parameters(fit: Fit) -> list[Line]:
    """The fitted numbers under the names of the literature."""
    if fit.learnt["by"] == "outcome":
        return []
    names = {"r": "r", "alpha": "α", "a": "a", "b": "b"}
    found = [(f"BG/NBD {letter}", _plain(fit.learnt["buying"][name], 3)) for name, letter in names.items()]
    worth = fit.learnt["worth"]
    if worth and worth["p"] is not None:
        found += [(f"Gamma–Gamma {letter}", _plain(worth[name], 3)) for name, letter in (("p", "p"), ("q", "q"), ("gamma", "γ"))]
    return found


def cautions(fit: Fit) -> list[str]:
    """What somebody should know before they trust the figures."""
    say, number = reader().say, reader().number
    together, left = fit.learnt.get("together"), fit.learnt.get("left_out") or {}
    sentences: dict[str, Message] = {
        "undated": _("{n} purchases have no date and do not count.", n=number(left.get("undated", 0))),
        "later": _("{n} purchases lie in the future and do not count yet.", n=number(left.get("later", 0))),
        "unknown": _("{n} purchases belong to nobody and do not count.", n=number(left.get("unknown", 0))),
    }
    found = [say(sentences[reason]) for reason in left]
    if together is not None and abs(together) > TOO_CLOSE:
        found.append(
            say(
                _(
                    "Who buys often and who buys much go together here ({n}); the expected value takes them for independent, so read it with care.",
                    n=_plain(together),
                )
            )
        )
    return found


def effects(catalogue: Catalogue, model: Potential, fit: Fit) -> list[dict[str, Any]]:
    """What each figure of a regression does to the chance, the strongest first."""
    if fit.learnt["by"] != "outcome" or not isinstance(model.learn, Outcome):
        return []
    columns = sorted(fit.learnt["chances"]["columns"], key=lambda each: -abs(each["coefficient"]))
    return [
        {
            "label": figure_name(catalogue, model, fit, each["figure"], each),
            "usual": _plain(each["mean"]) if each["what"] == "number" else reader().share(each["mean"]),
            "coefficient": f"{each['coefficient']:+.2f}".replace("-", "−"),
            "up": each["coefficient"] > 0,
        }
        for each in columns
    ]


def figure_name(catalogue: Catalogue, model: Potential, fit: Fit, place: int, column: Any = None) -> str:
    """The name of a figure, with the option where a column stands for one."""
    label = reader().shown(fit.learnt["labels"][place])
    if column is None or column["what"] == "number":
        return label
    if column["what"] == "blank":
        return reader().say(_("{figure}: not known", figure=label))
    return f"{label}: {option_label(catalogue, model, place, column['option'])}"


def option_label(catalogue: Catalogue, model: Potential, place: int, option: str | None) -> str:
    """A choice in words, where the figure is a field of the form."""
    if option is None:
        return reader().say(_("not filled"))
    assert isinstance(model.learn, Outcome)
    form, text = catalogue.forms.get(model.form), model.learn.features[place].value.strip()
    field = form.by_key.get(text) if form is not None else None
    labels = {each.key: each.label for each in getattr(field, "options", ())}
    return reader().shown(labels[option]) if option in labels else option


# -- figures --------------------------------------------------------------------------------------------------------------------------
def _plain(value: float | None, places: int = 2) -> str:
    return "–" if value is None else f"{value:,.{places}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else reader().share(value)


def _times(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}×"
