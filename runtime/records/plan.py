"""What a write needs to know of a form, worked out once per published revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form, Rule
from runtime.definitions.types import Type
from runtime.fields._files import Attached
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula, is_computed
from runtime.formulas.tree import Field as FieldNode
from runtime.formulas.tree import walk
from runtime.records.narrowing import narrowed_fields
from runtime.records.tables import LISTS, SYSTEM_COLUMNS, FormTables, tables_of
from runtime.system.prepared import Prepared

PERSON = frozenset({"person"})
DEFAULTS = frozenset({"person", "effects"})


@dataclass
class Checked:
    """A rule with its compiled formulas."""

    rule: Rule
    when: Formula | None
    check: Formula | None
    fill: tuple[tuple[str, Formula], ...] = ()
    """The fields it fills, each with the formula that does it."""


@dataclass
class Plan:
    form: Form
    built: FormTables
    catalogue: Catalogue
    dialect: sa.Dialect
    writable: dict[str, FieldType] = field(init=False)
    imported: dict[str, FieldType] = field(init=False)
    """Fields that fill themselves, but take what an import brings: serial numbers."""
    defaults: dict[str, Formula] = field(init=False)
    computed: dict[str, Formula] = field(init=False)
    """Computed fields that live in the main table, in an order in which each comes after those it reads."""
    followed: dict[str, Formula] = field(init=False)
    """Computed fields kept elsewhere that can be told while the record is still being filled in: what is looked up, and what follows from it."""
    looked_up: dict[str, Formula] = field(init=False)
    """Those of them that rules, defaults or rows read, so that a write has to know them."""
    line_defaults: dict[str, dict[str, Formula]] = field(init=False)
    line_computed: dict[str, dict[str, Formula]] = field(init=False)
    rules: list[Checked] = field(init=False)
    """Those about the record itself, without those that fill."""
    row_rules: dict[str, list[Checked]] = field(init=False)
    """By sub-form those about its rows."""
    fills: list[Checked] = field(init=False)
    compares_before: bool = field(init=False)
    shown_by_rule: frozenset[str] = field(init=False)
    shown_in_rows: dict[str, frozenset[str]] = field(init=False)
    treatments: dict[str, str] = field(init=False)
    """What becomes of the value of a field that is hidden."""
    row_treatments: dict[tuple[str, str], str] = field(init=False)
    narrowed: tuple[tuple[FieldType | None, FieldType], ...] = field(init=False)
    """Linked choices that are narrowed by other fields, with the sub-form in whose rows they stand."""

    def __post_init__(self) -> None:
        form, catalogue = self.form, self.catalogue
        self.writable = {each.key: each for each in form.fields if each.writable and each.stores in ("column", "many", "rows")}
        self.imported = {each.key: each for each in form.fields if each.importable and not each.writable and each.stores == "column"}
        self.defaults = {
            each.key: formula(catalogue, form.key, each.default, allow=DEFAULTS, expect=each.formula_type())
            for each in form.fields
            if each.default is not None
        }
        self.computed = {key: each for key, each in computed(catalogue, form).items() if self.built.places.get(key) == "main"}
        self.followed = self._followed(computed(catalogue, form))
        self.line_defaults, self.line_computed = {}, {}
        for each in form.fields:
            lines = each.lines()
            if lines:
                self.line_defaults[each.key] = {
                    line.key: formula(catalogue, form.key, line.default, allow=DEFAULTS, subform=each.key)
                    for line in lines.values()
                    if line.default is not None
                }
                self.line_computed[each.key] = {
                    line.key: formula(catalogue, form.key, getattr(line, "formula"), subform=each.key)
                    for line in lines.values()
                    if line.stores == "computed"
                }
        self.narrowed = narrowed_fields(form)
        self._take_rules([self._checked(rule) for rule in form.rules])
        self.looked_up = self._looked_up()

    def _followed(self, formulas: Mapping[str, Formula]) -> dict[str, Formula]:
        """Those that read nothing but the record, its rows, the day, and the records that it points at; each after those it reads."""
        found: dict[str, Formula] = {}
        for key, each in formulas.items():
            uses, own = each.uses, self.form.by_key
            reads = [own[name] for name in uses.fields if name in own]
            told = all(read.key in self.computed or read.key in found if is_computed(read) else read.writable for read in reads)
            only_here = all(relation.subform is not None and relation.path[0] in own for relation in uses.relations)
            further = uses.names or uses.person or uses.population or uses.beyond or uses.segments or uses.dimensions
            further = further or any(isinstance(node, FieldNode) and node.system for node in walk(each.tree))
            if key not in self.computed and told and only_here and not further:
                found[key] = each
        return found

    def _looked_up(self) -> dict[str, Formula]:
        checked = [*self.rules, *self.fills, *(each for rules in self.row_rules.values() for each in rules)]
        readers = [each for rule in checked for each in (rule.when, rule.check, *(by for _key, by in rule.fill)) if each is not None]
        readers += [
            *self.defaults.values(),
            *(each for named in (self.line_defaults, self.line_computed) for of in named.values() for each in of.values()),
        ]
        wanted = {key for each in readers for key in each.uses.fields | each.uses.parent}
        for key, each in reversed(self.followed.items()):
            if key in wanted:
                wanted |= each.uses.fields
        return {key: each for key, each in self.followed.items() if key in wanted}

    def _take_rules(self, every: list[Checked]) -> None:
        self.fills = [each for each in every if each.fill]
        self.rules = [each for each in every if each.rule.fill is None and each.rule.subform is None]
        self.row_rules = {}
        for each in every:
            if each.rule.fill is None and each.rule.subform is not None:
                self.row_rules.setdefault(each.rule.subform, []).append(each)
        self.compares_before = any(each.check is not None and each.check.uses.names for each in self.rules)
        self.shown_by_rule = self.form.shown_by_rule
        shown = {subform: frozenset(key for each in rules for key in each.rule.show or ()) for subform, rules in self.row_rules.items()}
        self.shown_in_rows = {subform: keys for subform, keys in shown.items() if keys}
        self.row_treatments = {
            (subform, key): each.rule.hidden_value
            for subform, rules in self.row_rules.items()
            for each in rules
            for key in each.rule.show or ()
        }
        self.treatments = {key: each.rule.hidden_value for each in self.rules for key in each.rule.show or ()}

    @property
    def most_rounds(self) -> int:
        """How often hidden fields may decide about others before what they decided last counts."""
        return len(self.shown_by_rule) + sum(map(len, self.shown_in_rows.values())) + 1

    def _checked(self, rule: Rule) -> Checked:
        subform = rule.subform
        fields = self.form.by_key if subform is None else self.form.by_key[subform].lines()
        fill = tuple((each.field, self._formula(each.by, subform, fields[each.field].formula_type())) for each in rule.fill or ())
        when = None if rule.when is None else self._formula(rule.when, subform)
        return Checked(rule, when, None if rule.check is None else self._check(rule.check, subform), fill)

    def _formula(self, text: str, subform: str | None, expect: Type | None = None) -> Formula:
        return formula(self.catalogue, self.form.key, text, None, PERSON, subform, expect)

    def _check(self, text: str, subform: str | None) -> Formula:
        return formula(self.catalogue, self.form.key, text, self.form.before if subform is None else None, PERSON, subform)

    def names_before(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What checks may ask of the values before a change, which are blank for a new record; nothing where no check does."""
        return {name: before.get(name.removeprefix("previous.")) for name in self.form.before} if self.compares_before else {}

    @cached_property
    def serials(self) -> list[Any]:
        return [each for each in self.form.fields if each.type == "serial"]

    @cached_property
    def searched(self) -> list[FieldType]:
        return [each for each in self.form.fields if self.built.places.get(each.key) in ("main", *LISTS)]

    @cached_property
    def main_keys(self) -> list[str]:
        return [key for key, place in self.built.places.items() if place == "main"]

    @cached_property
    def distinct(self) -> list[FieldType]:
        return [each for each in self.form.fields if each.distinct and self.built.places.get(each.key) == "main"]

    @cached_property
    def attached(self) -> list[str]:
        """The paths of the fields that hold files, `papers` or `items.photos`."""
        inside = [f"{each.key}.{key}" for each in self.form.fields for key, line in each.lines().items() if isinstance(line, Attached)]
        return [each.key for each in self.form.fields if isinstance(each, Attached)] + inside

    @cached_property
    def multi_references(self) -> list[Any]:
        return [each for each in self.form.fields if each.type == "multi_reference" and self.built.places.get(each.key) == "links"]

    @cached_property
    def references(self) -> list[Any]:
        return [each for each in self.form.fields if each.type == "reference" and each.key in self.built.columns]

    # -- statements -----------------------------------------------------------------------------------------------------------
    def prepare(self, statement: Any) -> Prepared:
        return Prepared(statement, self.dialect)

    @cached_property
    def insert(self) -> Prepared:
        names = [*SYSTEM_COLUMNS, *(self.built.columns[key].name for key in self.main_keys)]
        return self.prepare(sa.insert(self.built.main).values({name: sa.bindparam(name) for name in names}))

    @cached_property
    def update(self) -> Prepared:
        names = ["version", "updated_at", "updated_by", "search", *(self.built.columns[key].name for key in self.main_keys)]
        main = self.built.main
        return self.prepare(
            sa.update(main)
            .where(main.c.id == sa.bindparam("the_id"), main.c.version == sa.bindparam("the_version"))
            .values({name: sa.bindparam(name) for name in names})
        )

    @cached_property
    def deletion(self) -> Prepared:
        main = self.built.main
        names = ("version", "updated_at", "updated_by", "deleted_at")
        return self.prepare(
            sa.update(main)
            .where(main.c.id == sa.bindparam("the_id"), main.c.version == sa.bindparam("the_version"))
            .values({name: sa.bindparam(name) for name in names})
        )

    @cached_property
    def row_inserts(self) -> dict[str, Prepared]:
        return {
            key: self.prepare(sa.insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns}))
            for key, table in self.built.rows.items()
        }

    @cached_property
    def row_deletes(self) -> dict[str, Prepared]:
        return {
            key: self.prepare(sa.delete(table).where(table.c.record == sa.bindparam("the_record")))
            for key, table in self.built.rows.items()
        }

    @cached_property
    def many_inserts(self) -> dict[str, Prepared]:
        """By the name of the table."""
        return {
            many.name: self.prepare(sa.insert(many).values({name: sa.bindparam(name) for name in ("field", "record", "value", "position")}))
            for many in self.built.lists
        }

    @cached_property
    def many_deletes(self) -> dict[str, Prepared]:
        return {
            many.name: self.prepare(
                sa.delete(many).where(many.c.field == sa.bindparam("the_field"), many.c.record == sa.bindparam("the_record"))
            )
            for many in self.built.lists
        }

    @cached_property
    def search_statements(self) -> tuple[str, str]:
        """(add, forget) the bigrams of a record, in the driver's own words: full-text tables are outside SQLAlchemy."""
        name = self.built.search.name
        if self.dialect.name == "sqlite":
            return f"INSERT INTO {name}(rowid, grams) VALUES (?, ?)", f"INSERT INTO {name}({name}, rowid, grams) VALUES ('delete', ?, ?)"
        return (
            f"INSERT INTO {name}(record, grams) VALUES (%s, %s)",
            f"DELETE FROM {name} WHERE record = %s AND CAST(%s AS text) IS NOT NULL",
        )


def plan_of(catalogue: Catalogue, form_key: str, dialect: sa.Dialect) -> Plan:
    key = ("plan", form_key)
    if key not in catalogue.memo:
        catalogue.memo[key] = Plan(catalogue.forms[form_key], tables_of(catalogue)[form_key], catalogue, dialect)
    return catalogue.memo[key]
