from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import DefinitionProblems
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from runtime.transfer.exporting import exportable
from tests import makers
from tests.makers import PlainReader, catalogue_of, field, form_json, form_of, text

WORDS = field("section_text", "about", text={"zh": "先读这里", "en": "Read this first"})


def test_it_is_no_place_for_a_value_and_no_name_of_a_record() -> None:
    form = form_of(WORDS, text("name"), title="about")
    assert [each.path for each in form.fields[0].problems(form, catalogue_of())] == ["key"]


def test_its_words_stand_in_the_readers_language() -> None:
    control = form_of(WORDS, text("name"), title="name").fields[0].entry([], PlainReader("zh"))
    assert control.kwargs["words"] == "先读这里"


def test_a_form_with_it_keeps_and_exports_only_values(workspace: Workspace) -> None:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form_json(text("name"), WORDS)])
    with workspace.writing(SYSTEM) as act:
        saved = gateway.create(act, "customer", {"name": "Lin"})
        form = act.catalogue.forms["customer"]
        assert [each.key for each in exportable(act, form)] == ["name"]
        assert query.get(act, "customer", saved.id).values.get("about") is None


@pytest.mark.parametrize("formula", ["about", "ISEMPTY(about)", "about == 'x'"])
def test_formulas_do_not_know_it(workspace: Workspace, formula: str) -> None:
    kinds.load()
    body: Any = form_json(text("name"), WORDS, makers.formula("total", formula, result="text"))
    with pytest.raises(DefinitionProblems), workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])
