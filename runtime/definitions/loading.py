"""From JSON to frozen models. All problems are reported, each with its path; everything after this trusts the models."""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.kinds import KINDS
from runtime.definitions.model import Definition, LocalText
from runtime.definitions.tag_set import TagSet
from runtime.definitions.tier_model import TierModel
from runtime.definitions.upgrades import upgraded
from runtime.errors import DefinitionProblems, Problem
from runtime.texts import Message, _

CHECKS: list[Callable[[Definition, Catalogue], Iterable[Problem]]] = []
"""Further checks of a definition among the others in force (formulas, for one), added by runtime/kinds.py in plain sight."""
SHOWN_BROKEN = ("app", "automation", "dashboard", "view", "wording", "workflow")
"""Kinds that are shown as broken where something they read is gone; of all others nothing may be taken away."""


def load(body: Any) -> Definition:
    """One definition from its JSON. Raises DefinitionProblems with every problem of its shape."""
    if not isinstance(body, dict):
        raise DefinitionProblems([Problem("", _("A definition is a JSON object with kind and key."))])
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        choices = ", ".join(KINDS)
        raise DefinitionProblems([
            Problem("kind", _("There is no kind of definition called {kind}; choose one of {kinds}.", kind=str(kind), kinds=choices))])
    try:
        text = json.dumps(upgraded(body) if isinstance(body.get("format", 1), int) else body)
    except (TypeError, ValueError, RecursionError) as error:
        raise DefinitionProblems([Problem("", _("This is no JSON, or it is nested too deeply."))]) from error
    try:
        return KINDS[kind].model_validate_json(text)
    except ValidationError as error:
        raise DefinitionProblems(_problems(error.errors(include_url=False), body)) from error


def check(definitions: Iterable[Definition], catalogue: Catalogue) -> list[Problem]:
    """What is wrong with a set of definitions taken together with those in force; paths begin with `kind:key/` when there are several."""
    given = list(definitions)
    wanted = catalogue.with_definitions(given)
    found: list[Problem] = []
    for each in given:
        problems = [_of_blank(problem) for problem in (*each.problems(wanted), *(one for extra in CHECKS for one in extra(each, wanted)))]
        found += [problem.under(f"{each.kind}:{each.key}") for problem in problems] if len(given) > 1 else problems
    return [*found, *_left_behind(given, catalogue, wanted)]


def _of_blank(problem: Problem) -> Problem:
    """A name that is still blank is not one that does not exist: nobody chose it yet."""
    return Problem(problem.path, _("Nothing is chosen here yet.")) if "" in problem.message.values.values() else problem


def _left_behind(given: list[Definition], catalogue: Catalogue, wanted: Catalogue) -> list[Problem]:
    """Published definitions outside the set whose formulas could not be worked out any more, or that name something which is not there any
    more, because the set takes a field, an option, a tier or a tag from them. What was wrong with them before is nobody's fault here."""
    if not any(_takes_away(each, catalogue) for each in given):
        return []
    names = {(each.kind, each.key) for each in given}
    others = [each for each in wanted.all() if each.kind not in SHOWN_BROKEN and (each.kind, each.key) not in names]
    return [
        Problem(
            f"{other.kind}:{other.key}/{problem.path}",
            _("“{label}” needs this: {problem} Change it first, or publish both together.", label=other.label, problem=problem.message),
        )
        for other in others
        for problem in left_faulty(other, catalogue, wanted)
    ]


def left_faulty(other: Definition, catalogue: Catalogue, wanted: Catalogue) -> list[Problem]:
    """What would be wrong with a definition in another catalogue and is not wrong with it now."""
    return [problem for extra in (_own_problems, *CHECKS) for problem in _new_problems(extra, other, catalogue, wanted)]


def _own_problems(definition: Definition, catalogue: Catalogue) -> Iterable[Problem]:
    """Without those of permission sets: the rights on a field that is gone are no rights on anything."""
    return () if definition.kind == "permission_set" else definition.problems(catalogue)


def is_elsewhere(problem: Problem) -> bool:
    """Whether it is a problem of a definition that is not published with the set."""
    return ":" in problem.path.partition("/")[0]


def _new_problems(
    extra: Callable[[Definition, Catalogue], Iterable[Problem]], other: Definition, catalogue: Catalogue, wanted: Catalogue
) -> list[Problem]:
    found = list(extra(other, wanted))
    known = {each.path for each in extra(other, catalogue)} if found else set()
    return [each for each in found if each.path not in known]


def _takes_away(each: Definition, catalogue: Catalogue) -> bool:
    """Whether a definition lacks a name that it gives to formulas now, or gives it another meaning."""
    before = catalogue.of_kind(each.kind).get(each.key)
    return before is not None and not _names(before).items() <= _names(each).items()


def _names(definition: Definition) -> dict[str, Any]:
    """What formulas elsewhere may name: fields with their types and options, tiers and dimensions, tags."""
    if isinstance(definition, Form):
        return _types(definition)
    if isinstance(definition, TierModel):
        keys = [*definition.by_key, *(f"dimension {each.key}" for each in definition.dimensions)]
        return {"form": definition.form, **dict.fromkeys(keys)}
    if isinstance(definition, TagSet):
        return {"form": definition.form, **dict.fromkeys(definition.by_key)}
    return {}


def _types(form: Form) -> dict[str, Any]:
    fields = {each.key: each for each in form.fields}
    lines = {f"{each.key}.{key}": line for each in form.fields for key, line in each.lines().items()}
    return {path: (each.formula_type(), getattr(each, "many_name", None)) for path, each in {**fields, **lines}.items()}


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of a kind of definition."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(KINDS[kind]).json_schema(by_alias=True)}


def _problems(errors: list[ErrorDetails], body: Any) -> list[Problem]:
    """Pydantic's errors as ours, one for a path: a text that is neither string nor {zh, en} is one problem, not two."""
    found: dict[str, Message] = {}
    for error in errors:
        if not _is_beside_the_point(error, errors):
            found.setdefault(_path(error, body), _sentence(error))
    return [Problem(path, message) for path, message in found.items()]


def _is_beside_the_point(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether the error only says that a thing is not what it was never meant to be: {"zh": …} is no string, a wrong day not “today”,
    a list too short once its faulty parts are taken off."""
    place = error["loc"][:-1]
    if error["type"] == "too_short":
        return any(len(other["loc"]) > len(error["loc"]) and other["loc"][:len(error["loc"])] == error["loc"] for other in errors)
    if error["type"] == "string_type" and isinstance(error["input"], dict):
        return any(other["loc"][:len(place)] == place and LocalText.__name__ in str(other["loc"][len(place):]) for other in errors)
    return error["type"] == "literal_error" and any(other["loc"][:-1] == place and other["type"].startswith("date_") for other in errors)


def _path(error: ErrorDetails, body: Any) -> str:
    """The path a person knows: pydantic also names the member of a union that it tried, which stands nowhere in the JSON."""
    parts: list[str] = []
    here: Any = body
    entered = True
    for part in error["loc"]:
        if isinstance(here, dict) and entered and part in (here.get("type"), here.get("by")):
            entered = False
        elif _holds(here, part):
            parts.append(str(part))
            here, entered = here[part], True
    if error["type"] == "missing":
        parts.append(str(error["loc"][-1]))
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        parts.append(str(error["ctx"]["discriminator"]).strip("'"))
    return "/".join(parts)


def _holds(here: Any, part: int | str) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _sentence(error: ErrorDetails) -> Message:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "string_too_short" and not str(error["input"]).strip():
        return _PLAIN["missing"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _KINDS_OF_VALUE:
        return _("This needs to be {what}.", what=_KINDS_OF_VALUE[kind])
    if kind in _BOUNDS:
        name, sentence = _BOUNDS[kind]
        return _(sentence, bound=context[name])
    if kind == "string_pattern_mismatch" and isinstance(error["input"], str) and not error["input"].strip():
        return _PLAIN["missing"]
    if kind == "string_pattern_mismatch":
        return _("This does not have the right form: {pattern}", pattern=context["pattern"])
    if kind in ("union_tag_invalid", "literal_error"):
        choices = str(context.get("expected_tags") or context["expected"])
        return _("Choose one of {choices}.", choices=choices.replace(" or ", ", ").replace("'", ""))
    if kind in _OWN:
        return _(_OWN[kind], **context)
    return _("This is not valid: {reason}.", reason=error["msg"])


_TOO_SHORT, _A_DAY = _("This is too short or empty."), _("Give a day like 2024-01-31, or a word that this setting knows.")
_PLAIN = {
    "missing": _("This is needed."), "extra_forbidden": _("There is no setting of this name here."),
    "union_tag_not_found": _("Say of which type this is."), "string_too_short": _TOO_SHORT, "too_short": _TOO_SHORT,
    "date_type": _A_DAY, "date_parsing": _A_DAY, "date_from_datetime_parsing": _A_DAY, "date_from_datetime_inexact": _A_DAY}
_A_TEXT, _A_WHOLE, _A_NUMBER, _A_LIST, _AN_OBJECT = _("a text"), _("a whole number"), _("a number"), _("a list"), _("an object")
_KINDS_OF_VALUE = {
    "string_type": _A_TEXT, "int_type": _A_WHOLE, "int_from_float": _A_WHOLE, "int_parsing": _A_WHOLE, "bool_type": _("true or false"),
    "decimal_type": _A_NUMBER, "decimal_parsing": _A_NUMBER, "finite_number": _A_NUMBER, "tuple_type": _A_LIST, "list_type": _A_LIST,
    "dict_type": _AN_OBJECT, "model_type": _AN_OBJECT, "model_attributes_type": _AN_OBJECT}
_BOUNDS = {
    "greater_than_equal": ("ge", _("Give {bound} or more.").text), "less_than_equal": ("le", _("Give {bound} or less.").text),
    "greater_than": ("gt", _("Give more than {bound}.").text), "less_than": ("lt", _("Give less than {bound}.").text),
    "string_too_long": ("max_length", _("This is too long; {bound} at most.").text),
    "too_long": ("max_length", _("This is too long; {bound} at most.").text),
    "decimal_max_places": ("decimal_places", _("Give at most {bound} decimals.").text),
    "decimal_max_digits": ("max_digits", _("Give at most {bound} digits.").text)}
_OWN = {
    "reserved_key": _("“{key}” has a meaning of its own in formulas; choose another key.").text,
    "empty_text": _("Write the text in at least one language.").text,
    "one_purpose": _("A rule has exactly one of show, require, read_only and check.").text,
    "no_message": _("A check needs a message that says what to do.").text,
    "no_condition": _("Say when the rule holds.").text}
