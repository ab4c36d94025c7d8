"""The reference of all functions, made from their docstrings; docs/formulas.md ends with it."""

from __future__ import annotations

from itertools import groupby

from runtime.formulas.functions import FUNCTIONS, Function

FAMILIES = {
    "logic": "Logic 逻辑",
    "numbers": "Numbers 数学",
    "text": "Text 文本",
    "dates": "Dates 日期",
    "periods": "Periods 期间",
    "aggregates": "Aggregates 汇总",
    "conditional": "Conditional aggregates 条件汇总",
    "lists": "Lists 列表",
    "tiering": "Tiering 分层",
    "records": "Other records 其他记录",
    "people": "People 人员",
}
GROUPS = {
    "person": "only where the answer may differ from person to person",
    "dimension": "only in floors, ceilings and freezes",
    "effects": "only in defaults and values of steps",
}


def reference() -> str:
    """Markdown: a heading a family, a paragraph a function."""
    by_family = sorted(FUNCTIONS, key=lambda each: (list(FAMILIES).index(each.family), each.name))
    parts = [
        f"### {FAMILIES[family]}\n\n" + "\n\n".join(_entry(each) for each in functions)
        for family, functions in groupby(by_family, key=lambda each: each.family)
    ]
    return "\n\n".join(parts) + "\n"


def _in_sql(function: Function) -> str:
    if not function.in_sql:
        return f"not in SQL: {function.not_in_sql}"
    return f"runs in SQL, but not {function.not_in_sql}" if function.not_in_sql else "runs in SQL"


def _entry(function: Function) -> str:
    facts = [function.label["zh"]]
    if function.aliases:
        facts.append("also " + ", ".join(f"`{each}`" for each in function.aliases))
    facts.append(_in_sql(function))
    if function.blank == "blank" and function.parameters:
        facts.append("a blank argument gives blank")
    if function.group is not None:
        facts.append(GROUPS[function.group])
    examples = "\n".join(f"{text}   → {result}" for text, result in function.examples())
    return f"**`{function.signature()}`** · {' · '.join(facts)}\n\n{function.description()}\n\n```\n{examples}\n```"
