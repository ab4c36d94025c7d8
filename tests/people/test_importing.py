"""People from a file: all of them or nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runtime.errors import Refused
from runtime.people import accounts, importing
from runtime.people.organisation import organisation_of
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace

GOOD = "姓名,邮箱,部门,角色\n宁导购,ning@example.com,销售 / 华东,member 导购\n李四,li@example.com,销售 / 华东,\n"


def bring_in(workspace: Workspace, text: str) -> int:
    with workspace.writing(SYSTEM) as act:
        return len(importing.bring_in(act, importing.read(text)))


def faults(workspace: Workspace, text: str) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refusal:
        bring_in(workspace, text)
    with workspace.reading(SYSTEM) as act:
        assert accounts.everybody(act.connection) == [] and not organisation_of(act.connection).departments
    return [(each.path, str(each.message)) for each in refusal.value.problems]


def test_people_come_with_department_and_roles(workspace: Workspace):
    assert bring_in(workspace, GOOD) == 2

    with workspace.reading(SYSTEM) as act:
        ning, li = accounts.named(act.connection, "ning@example.com"), accounts.named(act.connection, "li@example.com")
        assert ning.name == "宁导购" and ning.roles == {"member", "导购"} and li.roles == {"member"}
        assert [organisation_of(act.connection).path(each) for each in li.departments] == ["销售 / 华东"]


@pytest.mark.parametrize(
    "text",
    ["E-Mail;Name\nning@example.com;Ning\n", "\ufeffname\temail\r\nNing\tning@example.com\r\n", "NAME，EMAIL\nNing，ning@example.com"],
)
def test_separators_marks_and_capitals_are_forgiven(workspace: Workspace, text: str):
    assert bring_in(workspace, text) == 1


def test_every_fault_is_told_with_its_line_and_nobody_is_added(workspace: Workspace):
    found = faults(
        workspace,
        'name,email,department,roles\nNing,ning@example.com,Sales,\n\n"",li,,\nLi,NING@example.com,,\nBo,bo@example.com,,Big-Role\n',
    )

    assert [line for line, _words in found] == ["4", "4", "5", "6"]
    assert "e-mail address like" in found[0][1] and "name of 1 to 200" in found[1][1]
    assert "has an account already" in found[2][1] and "is no key" in found[3][1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The file is empty."),
        ("\n\n", "The file is empty."),
        ("name,phone\nNing,1", "there is none named E-mail"),
        ('name,email\n"Ning,ning@example.com', "cannot be read as CSV"),
        ("name,email\n" + "N,n@example.com\n" * 5001, "at most 5000 people"),
    ],
)
def test_what_is_no_list_of_people_is_refused(workspace: Workspace, text: str, words: str):
    assert words in faults(workspace, text)[0][1]


def test_a_department_too_deep_is_a_fault_of_its_line(workspace: Workspace):
    found = faults(workspace, "name,email,department\nNing,ning@example.com," + "/".join("abcdefghijklmnopqrstuvwxyz") + "\n")
    assert found[0][0] == "2" and "at most 20 deep" in found[0][1]


def test_somebody_who_is_there_already_is_a_fault(workspace: Workspace, add_person: Callable):
    add_person("ning@example.com", "member")

    with pytest.raises(Refused, match="has an account already"):
        bring_in(workspace, GOOD)
