"""Where a tag is named: rules, segments, views, automations, tier models, permission sets. Found in the checked formulas and in what the
definitions say outright, and rewritten to name another tag where that is exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import Definition
from runtime.definitions.tag_set import TagSet
from runtime.errors import FormulaProblems
from runtime.formulas import Formula
from runtime.formulas.definitions import of_use
from runtime.formulas.tokens import tokenize
from runtime.formulas.tree import Literal, Node, walk
from runtime.tags.publishing import Body, Edit

if TYPE_CHECKING:
    from runtime.definitions.types import Type

PLANS = "plans/"


@dataclass(frozen=True)
class Reference:
    """One place: definition, path in it, and its text; `exact`: naming another tag instead is a plain exchange."""

    kind: str
    key: str
    label: Any
    path: str
    text: str
    exact: bool
    formula: bool

    @property
    def name(self) -> tuple[str, str]:
        return self.kind, self.key


def consumers(catalogue: Catalogue, tags: TagSet) -> dict[str, list[tuple[str, str]]]:
    """For each tag of a dictionary the definitions that do something with it; `plan` stands for the service plans of a tier model."""
    memo = catalogue.memo.setdefault("tag consumers", {})
    if tags.key not in memo:
        memo[tags.key] = {tag.key: _consumers(catalogue, tags, tag.key) for tag in tags.tags}
    return memo[tags.key]


def _consumers(catalogue: Catalogue, tags: TagSet, tag: str) -> list[tuple[str, str]]:
    found = {}
    for each in references(catalogue, tags, tag):
        kind = "plan" if each.kind == "tier_model" and each.path.startswith(PLANS) else each.kind
        found[kind, each.key] = None
    return list(found)


def references(catalogue: Catalogue, tags: TagSet, tag: str) -> list[Reference]:
    """Everywhere a tag is named, but for its own place in the dictionary."""
    return [
        each
        for definition in catalogue.all()
        for each in (*_in_formulas(definition, catalogue, tags, tag), *_outright(definition, tags, tag))
    ]


# -- formulas -----------------------------------------------------------------------------------------------------------------------
def _in_formulas(definition: Definition, catalogue: Catalogue, tags: TagSet, tag: str) -> Iterator[Reference]:
    body: Body | None = None
    for use in definition.formulas(catalogue):
        if tag not in use.text:
            continue
        try:
            found = of_use(catalogue, use)
        except FormulaProblems:
            continue  # a broken formula is reported where it stands
        meant, all = _named(found, tags, tag)
        if meant:
            body = body if body is not None else definition.model_dump(mode="json", by_alias=True)
            exact = meant == all and _at(body, use.path) == use.text
            yield Reference(definition.kind, definition.key, definition.label, use.path, use.text, exact, True)


def _named(found: Formula, tags: TagSet, tag: str) -> tuple[int, int]:
    """How often the text of the tag's key stands where one of the dictionary's tags is meant, and how often at all."""
    options = tuple(each.key for each in tags.tags)
    meant = all = 0
    for node in walk(found.tree):
        if isinstance(node, Literal) and node.value == tag:
            all += 1
        beside = [each for each in _children(node)]
        if any(_holds(each.type, options) for each in beside):
            meant += sum(1 for each in beside if isinstance(each, Literal) and each.value == tag)
    return meant, all


def _children(node: Node) -> Iterator[Node]:
    for each in fields(node):
        value = getattr(node, each.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Node):
                yield one


def _holds(type: Type, options: tuple[str, ...]) -> bool:
    return type.options == options or (type.item is not None and type.item.options == options)


def exchanged(text: str, tag: str, into: str) -> str:
    """A formula with one text in the place of another."""
    for token in reversed([each for each in tokenize(text).all if each.kind == "text" and each.value == tag]):
        text = f"{text[: token.start]}'{into}'{text[token.end :]}"
    return text


# -- steps of automations ---------------------------------------------------------------------------------------------------------
def _outright(definition: Definition, tags: TagSet, tag: str) -> Iterator[Reference]:
    for path in _pairs(definition.model_dump(mode="json", by_alias=True), tags.key, tag):
        yield Reference(definition.kind, definition.key, definition.label, path, tag, True, False)


def _pairs(value: Any, tag_set: str, tag: str, path: str = "") -> Iterator[str]:
    """The paths of `tag` beside a `tag_set`."""
    if isinstance(value, dict):
        if value.get("tag_set") == tag_set and value.get("tag") == tag:
            yield f"{path}tag"
        for name, each in value.items():
            yield from _pairs(each, tag_set, tag, f"{path}{name}/")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _pairs(each, tag_set, tag, f"{path}{number}/")


# -- rewriting ----------------------------------------------------------------------------------------------------------------------
def rewriting(found: list[Reference], tag: str, into: str) -> Edit:
    """A definition that names `into` wherever `found` says it names `tag`; a place that reads otherwise stays."""
    changes = [(each.path, each.text, exchanged(each.text, tag, into) if each.formula else into) for each in found]
    return replacing(changes)


def replacing(changes: list[tuple[str, str, str]]) -> Edit:
    """A definition with other texts: (path, text now, text then)."""

    def edit(body: Body) -> Body:
        for path, now, then in changes:
            if _at(body, path) == now:
                _put(body, path, then)
        return body

    return edit


def _at(body: Any, path: str) -> Any:
    for part in path.split("/"):
        if isinstance(body, dict):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body


def _put(body: Any, path: str, text: str) -> None:
    *way, last = path.split("/")
    for part in way:
        body = body[int(part)] if isinstance(body, list) else body[part]
    body[int(last) if isinstance(body, list) else last] = text
