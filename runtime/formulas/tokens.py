"""From the text a person typed to plain tokens, forgiving what is only a matter of keyboards.

Full-width signs and digits, `=` and `<>`, curly quotes, AND(a, b), TRUE and 真, any case of function names: all mean what they seem to
mean. Words, numbers and texts leave here as mere places (`n`), so Python's parser never sees what somebody typed, only operators and
brackets.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from runtime.errors import FormulaProblem, FormulaProblems
from runtime.texts import Message, _

LONGEST = 2_000
LONGEST_TEXT = 1_000
DEEPEST = 40
KEYWORD_ARGUMENTS = frozenset({"where", "on", "days", "months", "by", "before"})
SAME = {
    "×": "*",
    "÷": "/",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "−": "-",
    "–": "-",
    "。": ".",
    "、": ",",
    "【": "{",
    "】": "}",
    "＂": '"',
    "＇": "'",
}
HALF = re.compile("[\ud800-\udfff]")
"""Surrogates, which are no characters by themselves."""
WIDTHS = ("<wide>", "<narrow>", "<small>", "<font>")
"""How Unicode marks signs that differ in their looks only."""
QUOTES = {"'": "'", '"': '"', "“": "”", "”": "”", "‘": "’", "’": "’", "「": "」", "『": "』"}
PLAIN_WORD, PLAIN_DIGITS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII), re.compile(r"[0-9]+")
"""The common case, read at once; signs of other widths are looked at one by one."""
COMMON = re.compile(
    r" *(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*)(?=[ (),.+*/<>=-]|$)|(?P<number>[0-9]{1,15}(?:\.[0-9]{1,8})?)(?=[ (),+*/<>=-]|$)"
    r"|(?P<operator>[<>!=]=|<>|[-+,()=]|[*%/&<>](?=[ A-Za-z0-9(])))",
    re.ASCII,
)
"""Words, numbers and operators in ASCII, read at once; everything else is looked at sign by sign."""
BLANK = re.compile(r"[\s\ufeff\u200b]+")
"""Blanks are passed in one step: one by one, COMMON would look through what is left of them at each."""
OPERATORS = frozenset(("<=", ">=", "<>", "!=", "==", "+", "-", "*", "/", "%", "&", "<", ">", "=", "(", ")", ",", "."))
WORDS = {"and": "and", "or": "or", "not": "not", "in": "in", "if": "if", "else": "else"}
TRUTHS = {"true": True, "false": False, "真": True, "假": False}
DEPENDING = frozenset({*KEYWORD_ARGUMENTS, *WORDS, *TRUTHS})
"""Words whose meaning depends on their neighbours."""
CLOSE_BEFORE, CLOSE_AFTER = frozenset({")", ",", ".", "="}), frozenset({"(", ".", "="})
"""Signs without a space before or after them."""
PREFIXES = frozenset({"-", "+", "not"})
OPERANDS = frozenset({"word", "label", "number", "text", "truth"})
REMEDIES = {
    "[": _("Square brackets have no meaning here; write a list in round brackets: tier in ('gold', 'diamond')."),
    ":": _("A colon has no meaning here; a formula is one expression."),
    ";": _("A semicolon has no meaning here; separate arguments by commas."),
    "!": _("Write not instead of !, and != for “is not”."),
    "^": _("There is no power operator; multiply instead."),
    "|": _("Write or instead of |."),
    "{": _("A label in braces needs its closing brace."),
    "}": _("There is no opening brace before this one."),
}


class Token(NamedTuple):
    """`kind`: word, label, number, text, truth, keyword or operator. `text` is canonical, `start` and `end` are places in what was
    typed."""

    kind: str
    text: str
    value: object
    start: int
    end: int

    @property
    def operand(self) -> bool:
        return self.kind in OPERANDS or self.text == ")"


@dataclass(frozen=True)
class Tokens:
    typed: str
    all: list[Token]
    source: str
    """What Python parses: operators, brackets, and an `n` for each word, number and text."""
    begins: dict[int, int] = field(repr=False)
    """Place in `source` → number of the token that begins there."""
    ends: dict[int, int] = field(repr=False)
    """Place in `source` → number of the token that ends there."""

    def at(self, offset: int) -> int:
        """The number of the token that covers a place of `source`."""
        return max(0, bisect_right(list(self.begins), offset) - 1)


def refuse(message: Message, start: int, end: int) -> FormulaProblems:
    return FormulaProblems([FormulaProblem(message, start, max(1, end - start))])


def tokenize(typed: str) -> Tokens:
    """Raises FormulaProblems where the text has no meaning at all."""
    if len(typed) > LONGEST:
        raise refuse(
            _(
                "A formula has at most {most} characters; this one has {count}. Put a part of it into a formula field of its own.",
                most=LONGEST,
                count=len(typed),
            ),
            LONGEST,
            len(typed),
        )
    if "\0" in typed:
        raise refuse(_("The character U+0000 cannot be stored; take it out."), typed.index("\0"), typed.index("\0") + 1)
    half = HALF.search(typed)
    if half:
        raise refuse(_("There is half a character here, which cannot be stored; take it out."), half.start(), half.end())
    tokens = _spreadsheet_start(_scan(typed))
    if not tokens:
        raise refuse(_("The formula is empty; write what is to be computed."), 0, len(typed))
    tokens = _meant(tokens)
    _check_brackets(tokens, len(typed))
    return _emit(typed, tokens)


def _spreadsheet_start(tokens: list[Token]) -> list[Token]:
    return tokens[1:] if tokens and tokens[0].text == "=" else tokens


def _scan(typed: str) -> list[Token]:
    tokens: list[Token] = []
    place = 0
    while place < len(typed):
        common = COMMON.match(typed, place)
        if common is not None:
            place = common.end()
            kind = common.lastgroup or ""
            text = common[kind]
            value = None if kind == "operator" else text if kind == "word" else Decimal(text)
            tokens.append(Token(kind, text, value, place - len(text), place))
            continue
        blank = BLANK.match(typed, place)
        if blank is not None:
            place = blank.end()
            continue
        sign = typed[place]
        plain = _plain(sign)
        if sign in QUOTES or plain in ("'", '"'):
            token = _text(typed, place)
        elif plain == "{":
            token = _label(typed, place)
        elif _digit(plain) or (plain == "." and _digit(_plain(typed[place + 1 : place + 2])) and not (tokens and tokens[-1].operand)):
            token = _number(typed, place)
        elif unicodedata.normalize("NFKC", sign).isidentifier():
            token = _word(typed, place)
        else:
            token = _operator(typed, place)
        tokens.append(token)
        place = token.end
    return tokens


def _plain(sign: str) -> str:
    """A sign of another width as its ordinary one. A raised ² stays what it is: 5² is not 52."""
    if sign in SAME:
        return SAME[sign]
    if sign.isascii() or unicodedata.decomposition(sign).partition(" ")[0] not in WIDTHS:
        return sign
    folded = unicodedata.normalize("NFKC", sign)
    return folded if len(folded) == 1 else sign


def _digit(sign: str) -> bool:
    return sign.isascii() and sign.isdigit()


def _text(typed: str, start: int) -> Token:
    opening = typed[start]
    closing = {QUOTES.get(opening, opening), _plain(opening)} if opening in "“”‘’" or opening not in QUOTES else {QUOTES[opening]}
    said: list[str] = []
    place = start + 1
    while place < len(typed):
        sign = typed[place]
        if sign == "\\" and typed[place + 1 : place + 2] in ("\\", "'", '"', "n") and place + 1 < len(typed):
            said.append("\n" if typed[place + 1] == "n" else typed[place + 1])
            place += 2
        elif sign in closing or _plain(sign) in closing:
            if typed[place + 1 : place + 2] != sign or sign not in "'\"":
                value = unicodedata.normalize("NFC", "".join(said))
                if len(value) > LONGEST_TEXT:
                    raise refuse(_("A text in a formula has at most {most} characters.", most=LONGEST_TEXT), start, place + 1)
                return Token("text", quoted(value), value, start, place + 1)
            said.append(sign)
            place += 2
        else:
            said.append(sign)
            place += 1
    raise refuse(_("This text has no closing quotation mark; add one."), start, len(typed))


def quoted(value: str) -> str:
    """A text as it is written in a formula."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _label(typed: str, start: int) -> Token:
    end = start + 1
    while end < len(typed) and _plain(typed[end]) != "}":
        end += 1
    if end == len(typed):
        raise refuse(REMEDIES["{"], start, end)
    name = typed[start + 1 : end].strip()
    if not name:
        raise refuse(_("The braces are empty; write a field's label between them."), start, end + 1)
    return Token("label", "{" + name + "}", unicodedata.normalize("NFKC", name), start, end + 1)


def _number(typed: str, start: int) -> Token:
    end, written, dots = start, "", 0
    digits = PLAIN_DIGITS.match(typed, start)
    if digits is not None:
        end, written = digits.end(), digits.group()
    while end < len(typed):
        plain = _plain(typed[end])
        if plain == "." and dots == 0 and _digit(_plain(typed[end + 1 : end + 2])):
            dots = 1
        elif not _digit(plain):
            break
        written += plain
        end += 1
    rest = _plain(typed[end : end + 1])
    if rest == "." or (rest and ("a" + rest).isidentifier()):
        raise refuse(_("This is neither a number nor a name. Write numbers in digits with a point: 1250.75."), start, end + 1)
    number = Decimal(written)
    whole, __, decimals = written.partition(".")
    if len(whole.lstrip("0")) > 15 or len(decimals.rstrip("0")) > 8:
        raise refuse(_("A number in a formula has at most 15 digits before the point and 8 after it."), start, end)
    return Token("number", written if whole else "0" + written, number, start, end)


def _word(typed: str, start: int) -> Token:
    plain = PLAIN_WORD.match(typed, start)
    if plain is not None and typed[plain.end() : plain.end() + 1].isascii():
        return Token("word", plain.group(), plain.group(), start, plain.end())
    end = start
    while end < len(typed) and ("a" + unicodedata.normalize("NFKC", typed[end])).isidentifier():
        end += 1
    name = unicodedata.normalize("NFKC", typed[start:end])
    if not name.isidentifier():
        raise refuse(_("“{sign}” has no meaning in a formula.", sign=typed[start:end]), start, end)
    return Token("word", name, name, start, end)


def _operator(typed: str, start: int) -> Token:
    two = typed[start : start + 2]
    if not two.isascii():
        two = "".join(map(_plain, two))
    for operator in (two[:2], two[:1]):
        if operator in OPERATORS:
            # one typed sign may stand for two (≥)
            end = start + 1 if len(_plain(typed[start])) >= len(operator) else start + len(operator)
            if operator in "*/" and two == operator * 2:
                raise refuse(_("“{sign}” has no meaning in a formula; use * and /, and INT for whole numbers.", sign=two), start, start + 2)
            if two in ("&&", "<<", ">>"):
                raise refuse(_("“{sign}” has no meaning in a formula; write and, or, < or >.", sign=two), start, start + 2)
            return Token("operator", operator, None, start, end)
    raise refuse(REMEDIES.get(_plain(typed[start]), _("“{sign}” has no meaning in a formula.", sign=typed[start])), start, start + 1)


def _meant(tokens: list[Token]) -> list[Token]:
    """Settles what depends on the neighbours: keywords or functions, `=` as comparison or before a keyword argument."""
    meant: list[Token] = []
    before: Token | None = None
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.text in ("=", "<>") or (token.kind == "word" and token.text.casefold() in DEPENDING):
            token = _meaning(token, before, after)
        meant.append(token)
        before = token
    return meant


def _meaning(token: Token, before: Token | None, after: Token | None) -> Token:
    if token.text == "=":
        return token if before and before.text in KEYWORD_ARGUMENTS else token._replace(text="==")
    if token.text == "<>":
        return token._replace(text="!=")
    if before and before.text == ".":
        return token
    word, called, follows_operand = token.text.casefold(), bool(after and after.text == "("), bool(before and before.operand)
    if word in KEYWORD_ARGUMENTS and after and after.text == "=" and before and before.text in ("(", ","):
        return Token("keyword", word, None, token.start, token.end)
    if word in TRUTHS and not called:
        return Token("truth", "TRUE" if TRUTHS[word] else "FALSE", TRUTHS[word], token.start, token.end)
    if word in WORDS and (token.text == word or token.text.isupper() or called):
        is_function = called and not follows_operand and word in ("and", "or", "if", "not") and not (word == "not" and token.text == "not")
        return (
            Token("word", word.upper(), word.upper(), token.start, token.end)
            if is_function
            else Token("keyword", word, None, token.start, token.end)
        )
    return token


def _check_brackets(tokens: list[Token], length: int) -> None:
    opened: list[Token] = []
    prefixes, before = 0, None
    for token in tokens:
        if token.text == "(":
            opened.append(token)
        elif token.text == ")":
            if not opened:
                raise refuse(_("There is no opening bracket for this closing one; take it out or add “(”."), token.start, token.end)
            opened.pop()
        prefixes = prefixes + 1 if token.text in PREFIXES and not (before and before.operand) else 0
        before = token
        if len(opened) > DEEPEST or prefixes > DEEPEST:
            raise refuse(
                _("The formula is nested more than {most} levels deep. Put a part of it into a formula field of its own.", most=DEEPEST),
                token.start,
                token.end,
            )
    if opened:
        raise refuse(_("This bracket is not closed; add “)”."), opened[-1].start, min(length, opened[-1].end))


def _emit(typed: str, tokens: list[Token]) -> Tokens:
    parts = ["n" if token.kind in OPERANDS else token.text for token in tokens]
    after = list(accumulate([len(part) + 1 for part in parts]))
    begins = dict(zip([0, *after[:-1]], range(len(parts)), strict=True))
    ends = {place - 1: number for number, place in enumerate(after)}
    return Tokens(typed, tokens, " ".join(parts), begins, ends)


def stored(tokens: Tokens, names: dict[int, str]) -> str:
    """The text as it is stored. Raises FormulaProblems where keys, spaces and quotation marks have made it too long to be read again."""
    text = canonical(tokens, names)
    if len(text) > LONGEST:
        raise refuse(
            _(
                "Written out with keys and spaces the formula has {count} characters, of {most}. Put a part of it into a formula field of its own.",
                count=len(text),
                most=LONGEST,
            ),
            0,
            len(tokens.typed),
        )
    return text


def canonical(tokens: Tokens, names: dict[int, str]) -> str:
    """The text as it is stored: keys instead of labels, one spelling of operators and functions. `names`: token number → what it
    refers to."""
    written: list[str] = []
    several_lines = "\n" in tokens.typed
    before, close = Token("operator", "(", None, 0, 0), True
    for number, token in enumerate(tokens.all):
        gap = tokens.typed[before.end : token.start] if several_lines and number else ""
        if "\n" in gap:
            written.append("\n" + " " * (len(gap) - gap.rfind("\n") - 1))
        elif not close and token.text not in CLOSE_BEFORE and (token.text != "(" or before.kind not in ("word", "label")):
            written.append(" ")
        written.append(names.get(number, token.text))
        close = token.text in CLOSE_AFTER or (token.text in PREFIXES and token.text != "not" and not before.operand)
        before = token
    return "".join(written)
