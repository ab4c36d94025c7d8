"""A condition taken apart into those that must all hold, and put together again."""

from __future__ import annotations

from runtime.formulas.tokens import Token, tokenize

LOOSER = ("or", "if", "else")
"""What binds less tightly than `and`: where it stands outside of all brackets, the condition is one piece."""


def parts(text: str) -> list[str]:
    """parts("a > 1 and not b") is ["a > 1", "not b"]; a condition with `or` at its top is one. Raises FormulaProblems."""
    found, begin = [], 0
    for token in _outside(tokenize(text).all):
        if token.kind == "keyword" and token.text in LOOSER:
            return [text.strip()]
        if token.kind == "keyword" and token.text == "and":
            found.append(text[begin : token.start].strip())
            begin = token.end
    return [each for each in (*found, text[begin:].strip()) if each]


def joined(conditions: list[str]) -> str:
    """One condition that holds where all do: joined(["a or b", "c"]) is "(a or b) and c". Raises FormulaProblems."""
    if len(conditions) == 1:
        return conditions[0]
    return " and ".join(f"({each})" if _is_loose(each) else each for each in conditions)


def _is_loose(text: str) -> bool:
    return any(each.kind == "keyword" and each.text in LOOSER for each in _outside(tokenize(text).all))


def _outside(tokens: list[Token]) -> list[Token]:
    """The tokens that stand in no brackets."""
    found, depth = [], 0
    for each in tokens:
        if each.kind == "operator" and each.text in "()":
            depth += 1 if each.text == "(" else -1
        elif depth == 0:
            found.append(each)
    return found
