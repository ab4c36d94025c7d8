"""Changing the tree of departments: who stands where, and who heads what."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.people.organisation import Department, Organisation, organisation_of, touch
from runtime.system.audit import note
from runtime.system.tables import department, department_member, person
from runtime.system.workspace import Act
from runtime.texts import Message, _

LONGEST = 100
MOST_LEVELS = 20
BETWEEN = re.compile(r"\s*[/／]\s*")


def add(act: Act, name: str, parent: int | None = None, head: int | None = None) -> int:
    """A new department as the last one under `parent` (None: at the top)."""
    tree = _opened(act)
    _check_place(tree, None, parent)
    new_id = act.take_ids("department")
    name = _named(tree, name, parent)
    position = max((len(tree.children.get(parent, ())), *_positions(act, parent)))
    act.connection.execute(
        department.insert().values(id=new_id, key=key_for(name, {each.key for each in tree.departments.values()}), name=name, parent=parent,
                                   head=_known_person(act, head), position=position + 1)
    )  # fmt: skip
    touch(act.connection)
    note(act, "department_added", f"department:{new_id}", name=name, parent=parent)
    return new_id


def rename(act: Act, its: int, name: str) -> None:
    """The key stays: definitions mention it."""
    tree = _opened(act)
    before = one(tree, its)
    name = _named(tree, name, before.parent, but=its)
    act.connection.execute(department.update().where(department.c.id == its).values(name=name))
    touch(act.connection)
    note(act, "department_renamed", f"department:{its}", before=before.name, after=name)


def move(act: Act, its: int, parent: int | None) -> None:
    """Under another department, with everything below it; refused where it would come to lie under itself."""
    tree = _opened(act)
    before = one(tree, its)
    _check_place(tree, its, parent)
    _named(tree, before.name, parent, but=its)
    position = max((0, *_positions(act, parent))) + 1
    act.connection.execute(department.update().where(department.c.id == its).values(parent=parent, position=position))
    touch(act.connection)
    note(act, "department_moved", f"department:{its}", before=before.parent, after=parent)


def shift(act: Act, its: int, steps: int) -> None:
    """Up (-1) or down (1) among those under the same department; at the end it stays where it is."""
    tree = _opened(act)
    siblings = [each.id for each in tree.children[one(tree, its).parent]]
    here = siblings.index(its)
    siblings.insert(max(0, here + steps), siblings.pop(here))
    for position, each in enumerate(siblings, 1):
        act.connection.execute(department.update().where(department.c.id == each).values(position=position))
    touch(act.connection)


def remove(act: Act, its: int) -> None:
    """Only an empty one: nobody loses a department by somebody else's slip."""
    tree = _opened(act)
    before = one(tree, its)
    people, below = len(tree.members.get(its, ())), len(tree.children.get(its, ()))
    if people or below:
        raise Refused([Problem("", _(
            "{name} still has {people} people and {below} departments under it. Move them first.", name=before.name, people=people, below=below
        ))])  # fmt: skip
    act.connection.execute(department.delete().where(department.c.id == its))
    touch(act.connection)
    note(act, "department_removed", f"department:{its}", name=before.name)


def set_head(act: Act, its: int, head: int | None) -> None:
    before = one(_opened(act), its)
    act.connection.execute(department.update().where(department.c.id == its).values(head=_known_person(act, head)))
    touch(act.connection)
    note(act, "department_head", f"department:{its}", before=before.head, after=head)


def place(act: Act, person_id: int, departments: Sequence[int]) -> None:
    """Puts a person into these departments and no others; the first is the main one."""
    tree = _opened(act)
    wanted = list(dict.fromkeys(departments))
    for each in wanted:
        one(tree, each)
    _known_person(act, person_id)
    if wanted == tree.own.get(person_id, []):
        return
    act.connection.execute(department_member.delete().where(department_member.c.person == person_id))
    for number, each in enumerate(wanted):
        act.connection.execute(department_member.insert().values(person=person_id, department=each, main=int(number == 0)))
    touch(act.connection)
    note(act, "departments_changed", f"person:{person_id}", before=tree.own.get(person_id, []), after=wanted)


def at_path(act: Act, path: str) -> int:
    """The department a path such as `Sales / North` names; what is missing of it is made."""
    here: int | None = None
    for name in filter(None, BETWEEN.split(path.strip())):
        tree = organisation_of(act.connection)
        found = [each.id for each in tree.children.get(here, ()) if each.name.casefold() == name.casefold()]
        here = found[0] if found else add(act, name, here)
    if here is None:
        raise Refused([Problem("department", _("Write a department as a path, for example Sales / North."))])
    return here


def one(tree: Organisation, its: int) -> Department:
    found = tree.departments.get(its)
    if found is None:
        raise NotFound(_("There is no such department. Somebody may have removed it."))
    return found


def key_for(name: str, taken: set[str]) -> str:
    """A key made of a name, unlike all others: definitions and formulas mention it for ever."""
    plain = re.sub(r"[^a-z0-9\u3400-\u9fff]+", "_", name.casefold()).strip("_")[:36]
    base = plain if re.match(r"[a-z\u3400-\u9fff]", plain) else f"d_{plain}".rstrip("_")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


# -- rules --------------------------------------------------------------------------------------------------------------------
def _opened(act: Act) -> Organisation:
    """The tree, held so that two who change it at once do so one after the other."""
    require(act.person, "administer")
    act.connection.execute(sa.select(department.c.id).order_by(department.c.id).with_for_update()).all()
    return organisation_of(act.connection)


def _positions(act: Act, parent: int | None) -> list[int]:
    under = department.c.parent.is_(None) if parent is None else department.c.parent == parent
    return list(act.connection.execute(sa.select(department.c.position).where(under)).scalars())


def _check_place(tree: Organisation, its: int | None, parent: int | None) -> None:
    if parent is None:
        return
    above = one(tree, parent)
    if its is not None and parent in tree.below([its]):
        raise Refused([Problem("parent", _circle(tree.departments[its], above))])
    if tree.path(parent).count(" / ") + 2 > MOST_LEVELS:
        raise Refused([Problem("parent", _("Departments may lie at most {most} deep.", most=MOST_LEVELS))])


def _circle(its: Department, above: Department) -> Message:
    if its.id == above.id:
        return _("{name} cannot lie under itself.", name=its.name)
    return _("{name} cannot be moved under {above}, which lies under {name} itself.", name=its.name, above=above.name)


def _named(tree: Organisation, name: str, parent: int | None, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST or BETWEEN.search(name):
        raise Refused([Problem("name", _("Write a name of 1 to {longest} characters without a slash.", longest=LONGEST))])
    if any(each.name.casefold() == name.casefold() and each.id != but for each in tree.children.get(parent, ())):
        raise Refused([Problem("name", _("There is a department {name} in this place already.", name=name))])
    return name


def _known_person(act: Act, person_id: int | None) -> int | None:
    if person_id is not None and act.connection.execute(sa.select(person.c.id).where(person.c.id == person_id)).scalar() is None:
        raise NotFound(_("This person is not known here."))
    return person_id
