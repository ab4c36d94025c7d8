"""What somebody gives with a decision besides the comment: a signature and files. Stored with the line of the log, read through its gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.model import LocalText
from runtime.errors import FieldError, Problem, Refused
from runtime.fields._files import Attached
from runtime.fields.file import File
from runtime.fields.signature import Signature
from runtime.files import tokens, using
from runtime.files.using import Stored
from runtime.people.may import may
from runtime.records.lookup import ActLookup
from runtime.system.tables import file_use, stored_file, workflow_run
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

PLACE = "*decision:"
"""In the place of a field, with the number of the run: no field has such a key."""
SIGNATURE, FILES = "signature", "files"
MEGABYTES = 20


@dataclass(frozen=True)
class Given:
    """`signature`: the token of a picture. `files`: tokens, in their order."""

    signature: str | None = None
    files: tuple[str, ...] = ()

    @property
    def more(self) -> dict[str, Any]:
        """As a line of the log keeps it."""
        return {**({SIGNATURE: self.signature} if self.signature else {}), **({FILES: list(self.files)} if self.files else {})}

    @property
    def tokens(self) -> tuple[str, ...]:
        return (*((self.signature,) if self.signature else ()), *self.files)


NOTHING = Given()


def field_for(node: Any, what: str) -> Attached | None:
    """What takes a signature or files at a node, as a field does; None where it takes none."""
    if what == SIGNATURE and getattr(node, "signature", "no") != "no":
        return Signature(key=SIGNATURE, label=_both(_("Signature")), max_size=5)
    if what == FILES and (most := getattr(node, "attachments", 0)):
        return File(key=FILES, label=_both(_("Files")), most=most, max_size=MEGABYTES)
    return None


def _both(said: Message) -> LocalText:
    return LocalText(zh=said.in_language("zh"), en=said.in_language("en"))


def read(act: Act, node: Any, signature: Iterable[str], files: Iterable[str]) -> Given:
    """What was sent with a decision, checked like a value of a field. What the node does not ask for is refused."""
    problems: list[Problem] = []
    sent = [_read(act, node, what, given, problems) for what, given in ((SIGNATURE, signature), (FILES, files))]
    if problems:
        raise Refused(problems)
    return Given(next(iter(sent[0]), None), sent[1])


def _read(act: Act, node: Any, what: str, given: Iterable[str], problems: list[Problem]) -> tuple[str, ...]:
    raw = [each for each in given if each]
    kind = field_for(node, what)
    if not raw:
        return ()
    if kind is None:
        problems.append(Problem(what, _("Nothing can be sent along with a decision here.")))
        return ()
    if what == SIGNATURE and not all(_fresh(act, each) for each in raw):
        problems.append(Problem(what, _("Sign anew: a signature counts for one decision, and for whoever has written it.")))
        return ()
    try:
        found = kind.parse(raw, ActLookup(act))
    except FieldError as error:
        problems.append(Problem(what, error.message))
        return ()
    problems += [Problem(what, each) for each in kind.check(found)]
    return found


def _fresh(act: Act, token: str) -> bool:
    """Whether the person has sent it themselves and it stands nowhere yet."""
    id = tokens.id_in(token)
    used = sa.exists().where(file_use.c.file == stored_file.c.id)
    own = sa.select(stored_file.c.id).where(stored_file.c.id == id, stored_file.c.person == act.person.id, ~used)
    return act.connection.execute(own).first() is not None


def needed(node: Any, what: str, given: Given) -> None:
    """Refuses a decision that lacks the signature its node asks for."""
    wanted = getattr(node, "signature", "no")
    if given.signature is None and (wanted == "every" or wanted == "on_approve" and what == "approve"):
        raise Refused([Problem(SIGNATURE, _("Sign first: this decision needs your signature, which is written on its own page."))])


def keep(act: Act, row: Any, given: Given) -> None:
    """From here on the files belong to the run, and are thrown away with nobody's draft."""
    if given.tokens:
        using.note(act, row.form, [(row.record, f"{PLACE}{row.id}", _held(act, row), (*_held(act, row), *given.tokens))])


def _held(act: Act, row: Any) -> tuple[str, ...]:
    own = file_use.c
    here = (own.form == row.form, own.record == row.record, own.field == f"{PLACE}{row.id}", own.removed_at.is_(None))
    return tuple(tokens.token(id, 0, "-") for id in act.connection.execute(sa.select(own.file).where(*here)).scalars())


# -- the gate -----------------------------------------------------------------------------------------------------------------------
def seen(act: Act, id: str) -> Stored | None:
    """The file with this id, if the person sees a field or a decision that holds it, by their rights or as somebody who is asked."""
    found = using.seen(act, id)
    if found is not None:
        return found
    row = act.connection.execute(sa.select(stored_file).where(stored_file.c.id == id)).first()
    uses = act.connection.execute(sa.select(file_use.c.form, file_use.c.record, file_use.c.field).where(file_use.c.file == id)).all()
    return Stored(*row) if row is not None and any(_sees(act, *use) for use in uses) else None


def _sees(act: Act, form: str, record: int, field: str) -> bool:
    from runtime.workflow import boxes, running

    if form not in act.catalogue.forms:
        return False
    if field.startswith(PLACE):
        run = int(field.removeprefix(PLACE))
        return boxes.concerned(act, run) or may(act.person, "view", form, record)
    own, person = workflow_run.c, act.person
    for row in act.connection.execute(sa.select(workflow_run).where(own.form == form, own.record == record).order_by(own.id.desc())).all():
        node = running.node_of(act, row) if boxes.concerned(act, row.id) else None
        if node is None:
            continue
        act.act_for(running.as_handler(act, person, form, record, node))
        try:
            if may(act.person, "view", form, record, field.partition(".")[0]):
                return True
        finally:
            act.act_for(person)
    return False
