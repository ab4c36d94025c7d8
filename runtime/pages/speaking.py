"""What Jinja pages say many times over: sentences, icons, and parts that are the same on every page of a language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from flask import g
from jinja2 import Environment
from markupsafe import Markup, escape

from runtime.texts import Message, catalogue, shown


def translate(sentence: str, **values: Any) -> str:
    """`_("…")` of the pages: a sentence in the reader's language."""
    if values:
        return Message(sentence, values).in_language(g.language)
    return catalogue(g.language).get(sentence, sentence)


def shown_here(text: Any) -> str:
    """`…|shown` of the pages: a text of a definition in the reader's language."""
    return shown(text, g.language)


@cache
def icons(sprite: str) -> Callable[..., Markup]:
    """The function that draws an icon out of the sprite at this address; a label makes it speak."""

    @cache
    def icon(name: str, label: str | None = None, size: str | None = None) -> Markup:
        spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup('<svg class="icon{}" width="16" height="16" {} focusable="false"><use href="{}#{}"/></svg>').format(
            f" icon-{size}" if size else "", spoken, sprite, name
        )

    return icon


class Once:
    """Macros without anything of the reader but the language are drawn once: `once("macros/frame.html", "dialogs", True)`."""

    def __init__(self, environment: Environment):
        self.environment = environment
        self._drawn: dict[tuple[Any, ...], Markup] = {}

    def __call__(self, page: str, macro: str, *given: Any) -> Markup:
        key = (g.language, page, macro, *given)
        if key not in self._drawn:
            self._drawn[key] = Markup(getattr(self.environment.get_template(page).module, macro)(*given))
        return self._drawn[key]


class Own(dict[str, Any]):
    """What is the reader's own in a part that is kept for many; within the kept part each stands as a mark."""

    __getattr__ = dict.__getitem__


class Kept:
    """Parts of the frame that are the same for all who have the same frame: drawn once, with the reader's own filled in each time.

    `kept_part("macros/side.html", "sidebar", own, shell, …)` draws the macro with marks in place of what is `own`; everything else it is
    given is hashable and decides which of the kept drawings fits.
    """

    def __init__(self, environment: Environment, most: int = 500):
        self.environment = environment
        self._drawn = lru_cache(most)(self._draw)

    def __call__(self, page: str, macro: str, own: Own, *given: Any) -> Markup:
        pieces = self._drawn(g.language, page, macro, tuple(own), *given).copy()
        pieces[1::2] = [str(escape(own[name])) for name in pieces[1::2]]
        return Markup("".join(pieces))

    def _draw(self, _language: str, page: str, macro: str, names: tuple[str, ...], *given: Any) -> list[str]:
        """Pieces of the page, and between any two of them the name of what stands there."""
        marks = Own((name, Markup(f"\0{name}\0")) for name in names)
        return getattr(self.environment.get_template(page).module, macro)(marks, *given).split("\0")
