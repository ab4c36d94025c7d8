"""People from a file: name, e-mail, department as a path, roles. Everybody is taken, or nobody."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from runtime.errors import Problem, Refused
from runtime.people import accounts, departments
from runtime.people.person import Person
from runtime.system.workspace import Act
from runtime.texts import Message, _

MOST = 5_000
BETWEEN = re.compile(r"[\s,，、;；|]+")
HEADS = {
    "name": ("name", "姓名", "名字"),
    "email": ("email", "e-mail", "mail", "邮箱", "电子邮箱", "邮件"),
    "department": ("department", "部门"),
    "roles": ("roles", "role", "角色"),
}


@dataclass(frozen=True)
class Line:
    """One person of the file; `number` is the line as an editor counts it."""

    number: int
    name: str
    email: str
    department: str
    roles: frozenset[str]


def read(text: str) -> list[Line]:
    """The people of a file with a line of headings. Refused with a problem at `LINE` for each line that cannot be read."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Refused([Problem("", _("This file cannot be read as CSV. Save it as CSV with UTF-8 and try again."))]) from error
    if not rows:
        raise Refused([Problem("", _("The file is empty."))])
    if len(rows) > MOST + 1:
        raise Refused([Problem("", _("A file may have at most {most} people.", most=MOST))])
    at = _columns(rows[0][1])
    return [_line(number, row, at) for number, row in rows[1:]]


def bring_in(act: Act, lines: list[Line]) -> list[Person]:
    """Adds all these people, with the departments that are missing. Refused with the faults by line, and then nothing has happened:
    the caller's transaction must not be committed."""
    added: list[Person] = []
    problems: list[Problem] = []
    for line in lines:
        try:
            someone = accounts.add(act, email=line.email, name=line.name, roles=line.roles or {"member"})
            if line.department:
                departments.place(act, someone.id, [departments.at_path(act, line.department)])
            added.append(someone)
        except Refused as refusal:
            problems += [Problem(str(line.number), each.message) for each in refusal.problems]
    if problems:
        raise Refused(problems)
    return added


def _columns(headings: list[str]) -> dict[str, int]:
    folded = [heading.strip().strip("\ufeff").casefold() for heading in headings]
    found = {key: folded.index(name) for key, names in HEADS.items() for name in names if name in folded}
    missing: list[Message] = [label for key, label in (("name", _("Name")), ("email", _("E-mail"))) if key not in found]
    if missing:
        problem = _("The first line must name the columns; there is none named {missing}.", missing=missing)
        raise Refused([Problem("1", problem)])
    return found


def _line(number: int, row: list[str], at: dict[str, int]) -> Line:
    cells = {key: row[place].strip() if place < len(row) else "" for key, place in at.items()}
    roles = frozenset(each for each in BETWEEN.split(cells.get("roles", "")) if each)
    return Line(number, cells["name"], cells["email"], cells.get("department", ""), roles)


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t，", key=first.count)
