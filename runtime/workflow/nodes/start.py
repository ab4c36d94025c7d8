"""Where the starter submits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.naming import Names
from runtime.definitions.node import Node, Right, RowRights, rows_problems
from runtime.definitions.shelf import NODES

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.errors import Problem


@NODES.register
class Start(Node):
    type: Literal["start"] = "start"
    fields: Annotated[dict[str, Right], Names()] = Field({"*": "edit"}, title="Fields")
    rows: tuple[RowRights, ...] = Field((), max_length=50, title="Rows of sub-forms")
    """When the starter submits it again: for each sub-form that the node lets be changed what may be done with its rows."""

    def problems(self, form: str, catalogue: Catalogue) -> Iterator[Problem]:
        yield from rows_problems(self.rows, catalogue.forms.get(form))
