"""A shelf of kinds: an empty registry here, filled by the folder that holds the kinds."""
from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic_core import core_schema

from runtime.definitions.model import Model


Kind = TypeVar("Kind", bound=Model)


class Shelf(Generic[Kind]):
    """Kinds by their `type`. As an annotation, `Annotated[Base, OneOf(shelf)]`, it is the union of all of them."""

    def __init__(self, name: str):
        self.name = name
        self.kinds: dict[str, type[Kind]] = {}

    def register(self, kind: type[Kind]) -> type[Kind]:
        """Class decorator: puts a kind on the shelf under the default of its `type`."""
        name = kind.model_fields["type"].default
        if self.kinds.get(name, kind).__qualname__ != kind.__qualname__:
            raise ValueError(f"two kinds named {name} on the shelf {self.name}")
        self.kinds[name] = kind
        return kind

    def __getitem__(self, name: str) -> type[Kind]:
        return self.kinds[name]

    def __contains__(self, name: object) -> bool:
        return name in self.kinds


class OneOf:
    """Annotation: any kind of a shelf but those in `without`, told apart by `type`.

    The union is built when it is first used, after all shelves are filled.
    """

    def __init__(self, shelf: Shelf[Any], without: tuple[str, ...] = ()):
        self.shelf, self.without = shelf, without

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        if not self.shelf.kinds:
            raise RuntimeError(f"the shelf {self.shelf.name} is empty: call runtime.kinds.load() first")
        choices: dict[Any, core_schema.CoreSchema] = {
            name: handler.generate_schema(kind) for name, kind in self.shelf.kinds.items() if name not in self.without}
        return core_schema.tagged_union_schema(choices, discriminator="type")


FIELD_TYPES: Shelf[Any] = Shelf("fields")
TRIGGERS: Shelf[Any] = Shelf("triggers")
STEPS: Shelf[Any] = Shelf("steps")
CHARTS: Shelf[Any] = Shelf("charts")
NODES: Shelf[Any] = Shelf("nodes")
