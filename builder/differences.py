"""Two versions of a definition compared into sentences: what changed, from what to what, in the words of the screen.

For programs builder/comparing.py gives the same as paths and values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from builder.flowing.comparing import drawn_alike
from builder.field_words import choice_of, setting_of
from builder.words import CHOICES, KIND_NAMES, SETTINGS, THINGS, setting
from runtime.definitions.service_plan import channel_name
from runtime.system.database import to_json
from runtime.texts import Message, _, in_language

LONGEST = 80
LONGEST_PARTS = 240
WHOLE_LIST = 12
MISSING: Any = object()
NAMING = ("tier",)
"""Settings whose value is the key of something in the definition itself."""
PASSED = ("bands", "movement")
"""Objects that are not named on the way: “Recency · Cuts” is enough."""


NO_NAMES: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Difference:
    """One change; `path` leads to it in the newer body, or to the list from which something was taken."""

    path: str
    message: Message


def named(name: str, labels: Mapping[str, Any]) -> Any:
    """The setting of this name, or the thing under whose key something stands."""
    return labels[name] if name in labels and name not in SETTINGS else setting(name)


@dataclass(frozen=True)
class Place:
    """Names of the parts on the way, from outside in: “Word of mouth · Weight”."""

    parts: tuple[Any, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    """What the definition itself calls its things, by key: a service plan stands under the key of its tier."""

    def and_(self, part: Any) -> Place:
        return Place((*self.parts, part), self.labels)

    def of(self, name: str) -> Place:
        return self.and_(named(name, self.labels))

    def in_language(self, language: str) -> str:
        return " · ".join(str(in_language(each, language)) for each in self.parts)


@dataclass(frozen=True)
class Shown:
    """A value as people write it, cut where it is long."""

    value: Any
    labels: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    """Of the setting: the key of a tier is no word of its own."""

    def in_language(self, language: str) -> str:
        text = self._text(language)
        longest = LONGEST_PARTS if isinstance(self.value, dict) else LONGEST
        return text if len(text) <= longest else f"{text[: longest - 1]}…"

    def _text(self, language: str) -> str:
        value = self.value
        if isinstance(value, bool):
            return CHOICES["true" if value else "false"].in_language(language)
        if isinstance(value, str):
            return str(in_language(self._word(value), language))
        if value is None or isinstance(value, (int, float)):
            return json.dumps(value)
        if isinstance(value, list) and not any(isinstance(each, (dict, list)) for each in value):
            return ("、" if language == "zh" else ", ").join(
                str(in_language(self._word(each), language)) if isinstance(each, str) else str(each) for each in value
            )
        if is_text(value):
            return str(in_language(value, language))
        return ("；" if language == "zh" else "; ").join(self._parts(language))

    def _word(self, value: str) -> Any:
        """What a value is called: a tier, a role and a channel have names of their own, a choice its word."""
        if self.name in NAMING:
            return self.labels.get(f"{self.name}:{value}", value)
        if self.name == "channel":
            return channel_name(value)
        if value.startswith("role:"):
            return self.labels.get(value) or _("role {role}", role=value.removeprefix("role:"))
        return choice_of(self.name, value) or (self.labels if isinstance(self.value, list) else CHOICES).get(value, value)

    def _parts(self, language: str) -> Iterator[str]:
        """What is made of parts, part by part: “Contact every (days): 30; Channel: wechat”."""
        if isinstance(self.value, list):
            yield from (Shown(each, self.labels, self.name)._text(language) for each in self.value)
            return
        for name, each in self.value.items():
            if each is not None and each != [] and each != {}:
                what = in_language(setting_of(self.value.get("type"), name) or named(name, self.labels), language)
                yield f"{what}{'：' if language == 'zh' else ': '}{Shown(each, self.labels, name)._text(language)}"


def differences(before: dict[str, Any] | None, after: dict[str, Any], names: Mapping[str, Any] = NO_NAMES) -> list[Difference]:
    """What changed from one body to the other, in the order of the definition; without `before` it is new. `names`: what roles are called,
    by `role:KEY`."""
    if before is None:
        kind = KIND_NAMES.get(str(after.get("kind")), str(after.get("kind")))
        name = after.get("label") if is_text(after.get("label")) else after.get("key")
        return [Difference("", _("New: {kind} “{name}”", kind=kind, name=name))]
    if after.get("kind") == "workflow":
        before, after, moved = drawn_alike(before, after)
        return [
            *_objects(before, after, "", Place((), {**names, **labels_of(before, after)})),
            *([Difference("nodes", _("The drawing is arranged in another way"))] if moved else []),
        ]
    return list(_objects(before, after, "", Place((), {**names, **labels_of(before, after)})))


def labels_of(*bodies: dict[str, Any]) -> dict[str, Any]:
    """Labels of the things that stand in the lists of definitions, by key; the last body's word counts."""
    things = [
        (name, each) for body in bodies for name, found in body.items() if name in THINGS and isinstance(found, list) for each in found
    ]
    labelled = [
        (name, each["key"], each["label"])
        for name, each in things
        if isinstance(each, dict) and isinstance(each.get("key"), str) and is_text(each.get("label"))
    ]
    return {
        **{key: label for _name, key, label in labelled},
        **{f"tier:{key}": label for name, key, label in labelled if name == "tiers"},
    }


def _objects(before: dict[str, Any], after: dict[str, Any], path: str, place: Place) -> Iterator[Difference]:
    for name in dict.fromkeys((*after, *before)):
        if name == "formerly":
            continue  # the key itself says it
        word = setting_of(after.get("type"), name)
        here = place.and_(word) if word else place.of(name)
        yield from _values(before.get(name, MISSING), after.get(name, MISSING), f"{path}/{name}".lstrip("/"), place, name, here)


def _values(before: Any, after: Any, path: str, place: Place, name: str, here: Place) -> Iterator[Difference]:
    """One setting; `here` is its place and its name."""
    if before is after or (before == after and type(before) is type(after)):
        return
    if is_list_of_things(before, name) and is_list_of_things(after, name):
        yield from _lists(_list(before), _list(after), path, place, name)
    elif isinstance(before, dict) and isinstance(after, dict) and not (is_text(before) or is_text(after)):
        yield from _objects(before, after, path, place if name in PASSED else here)
    elif isinstance(before, list) and isinstance(after, list) and max(len(before), len(after)) > WHOLE_LIST:
        yield from _long_lists(before, after, path, here, place.labels)
    elif before is MISSING or before is None:
        yield Difference(path, _("{what}: now {after}", what=here, after=Shown(after, place.labels, name)))
    elif after is MISSING or after is None:
        yield Difference(path, _("{what}: {before} is taken out", what=here, before=Shown(before, place.labels, name)))
    elif name == "key":  # never the word of a choice that happens to be called so
        yield Difference(path, _("{what}: {before} → {after}", what=here, before=before, after=after))
    elif is_text(before) and is_text(after):
        yield from _texts(before, after, path, here, name)
    else:
        change = {"before": Shown(before, place.labels, name), "after": Shown(after, place.labels, name)}
        yield Difference(path, _("{what}: {before} → {after}", what=here, **change))


def is_text(value: Any) -> bool:
    """A text of one or both languages."""
    return isinstance(value, str) or (isinstance(value, dict) and bool(value) and value.keys() <= {"zh", "en"})


def is_list_of_things(value: Any, name: str) -> bool:
    """A list of things that people know by name: fields, dimensions, steps …"""
    return value is MISSING or (isinstance(value, list) and name in THINGS and all(isinstance(each, dict) for each in value))


def _list(value: Any) -> list[dict[str, Any]]:
    return [] if value is MISSING else value


def _texts(before: Any, after: Any, path: str, here: Place, name: str) -> Iterator[Difference]:
    """Two texts; where they are in two languages, each language that changed."""
    if isinstance(before, str) and isinstance(after, str):
        words = {"before": Shown(before, here.labels, name), "after": Shown(after, here.labels, name)}
        yield Difference(path, _("{what}: {before} → {after}", what=here, **words))
        return
    one, other = _languages(before), _languages(after)
    for language in ("zh", "en"):
        if one.get(language) != other.get(language):
            change = {"before": Shown(one.get(language) or "–"), "after": Shown(other.get(language) or "–")}
            yield Difference(path, _("{what}: {before} → {after}", what=here.and_(setting(language)), **change))


def _languages(text: Any) -> dict[str, str]:
    return {"zh": text, "en": text} if isinstance(text, str) else text


def _long_lists(before: list[Any], after: list[Any], path: str, here: Place, labels: Mapping[str, Any]) -> Iterator[Difference]:
    new, gone = [each for each in after if each not in before], [each for each in before if each not in after]
    if new:
        yield Difference(path, _("{what}: {after} added", what=here, after=Shown(new, labels)))
    if gone:
        yield Difference(path, _("{what}: {before} is taken out", what=here, before=Shown(gone, labels)))
    if not new and not gone:
        yield Difference(path, _("{what}: another order", what=here))


def _lists(before: list[dict[str, Any]], after: list[dict[str, Any]], path: str, place: Place, name: str) -> Iterator[Difference]:
    """Things matched by their key, where they have none by their name, and where they have no name by their place."""
    thing = place.and_(THINGS[name])
    then, now = _by_name(before), _by_name(after)
    then = _renamed(_under_new_keys(then, now), now)
    for key, (number, each) in now.items():
        if key not in then:
            yield Difference(f"{path}/{number}", _("Added: {thing} “{name}”", thing=thing, name=_name(each, number)))
        else:
            yield from _objects(then[key][1], each, f"{path}/{number}", place.and_(_name(each, number)))
    for key, (number, each) in then.items():
        if key not in now:
            yield Difference(path, _("Removed: {thing} “{name}”", thing=thing, name=_name(each, number)))
    if [key for key in then if key in now] != [key for key in now if key in then]:
        yield Difference(path, _("{what}: another order", what=place.and_(setting(name))))


def _by_name(things: list[dict[str, Any]]) -> dict[Any, tuple[int, dict[str, Any]]]:
    found: dict[Any, tuple[int, dict[str, Any]]] = {}
    for number, each in enumerate(things):
        key = each.get("key")
        if key is None and is_text(each.get("name")):
            key = f"name {to_json(each['name'])}"
        found[key if isinstance(key, str) and key not in found else number] = (number, each)
    return found


def _renamed(
    then: dict[Any, tuple[int, dict[str, Any]]], now: dict[Any, tuple[int, dict[str, Any]]]
) -> dict[Any, tuple[int, dict[str, Any]]]:
    """What was before, where something without a key is the same as now but for its name: under the name that it has now."""
    come = {key: {**each, "name": ""} for key, (_number, each) in now.items() if key not in then and "key" not in each}
    found = {}
    for key, (number, each) in then.items():
        same = next((new for new, other in come.items() if key not in now and other == {**each, "name": ""}), key)
        come.pop(same, None)
        found[same] = (number, each)
    return found


def _under_new_keys(
    then: dict[Any, tuple[int, dict[str, Any]]], now: dict[Any, tuple[int, dict[str, Any]]]
) -> dict[Any, tuple[int, dict[str, Any]]]:
    """What was before, each thing under the key that it has now: one of the two says that it had the other's key."""
    gone, come = [key for key in then if key not in now], [key for key in now if key not in then]
    found = {}
    for key in gone:
        new = next((each for each in come if key in _former(now[each][1]) or each in _former(then[key][1])), None)
        if new is not None:
            found[key] = new
            come.remove(new)
    return {found.get(key, key): each for key, each in then.items()}


def _former(thing: dict[str, Any]) -> Any:
    given = thing.get("formerly")
    return given if isinstance(given, list) else ()


def _name(thing: dict[str, Any], number: int) -> Any:
    for key in ("label", "section", "name", "key", "why", "when"):
        if is_text(thing.get(key)):
            return Shown(thing[key]) if key == "when" else thing[key]
    return CHOICES.get(str(thing.get("type")), str(number + 1))
