"""From the text of a filter to its terms. Reads from left to right, a word at a time; nothing is ever executed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cellwright.annotation.filter_terms import (
    UNITS,
    All,
    Amount,
    Any,
    Column,
    Compare,
    Contains,
    FilterMistake,
    Kind,
    Not,
    OneOf,
    Place,
    Quantity,
    Term,
    Unmeasured,
)

_DEEPEST = 50
"""Brackets and `not` within each other; far more than anybody reads."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>`[^`]+`)
    |(?P<sign><=|>=|==|!=|<>|≤|≥|≠|=|<|>)
    |(?P<mark>[(),%-])
    |(?P<word>[^\W\d][\w²]*(?:-\w+)*(?:\^2)?)
    )""",
    re.VERBOSE,
)
_SAME_SIGN = {"=": "==", "≤": "<=", "≥": ">=", "≠": "!=", "<>": "!="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_USUAL = ("area", "area_um2", "width", "height", "x", "y", "score", "class", "status", "source")
_MOST_LISTED = 12
"""Of more names than this only some are said, as examples."""

_JOINING = ("and", "or", "not", "in", "contains")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text and where it stands: characters ``start … end - 1``."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.start, self.end)

    def says(self, *words: str) -> bool:
        """Whether it is one of these words or marks."""
        return self.kind in ("word", "mark") and self.text.lower() in words

    def __str__(self) -> str:
        return f"'{self.text}'" if self.kind != "end" else "the end"


class Parser:
    """Reads one filter.

    Parameters
    ----------
    text : str
        What a person wrote.
    names : mapping of str to Quantity or Kind
        The columns there are, in small letters.
    choices : mapping of str to collection of str
        For columns of words with a closed list: the words there are. Others may hold any.
    unmeasured : collection of str
        Columns that could be measured and have not been, in small letters.
    advice : mapping of str to str
        Of names that have no values here, in small letters, what to say in a sentence.
    """

    def __init__(
        self,
        text: str,
        names: Mapping[str, Quantity | Kind],
        choices: Mapping[str, Collection[str]],
        unmeasured: Collection[str] = (),
        advice: Mapping[str, str] | None = None,
    ) -> None:
        self._names, self._choices, self._unmeasured, self._advice = names, choices, unmeasured, advice or {}
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0

    def term(self) -> Term:
        """Return the whole filter; `FilterMistake` where it cannot be understood."""
        if self._next.kind == "end":
            raise self._mistake("Write what you look for, such as: area < 20 µm² and score < 0.4")
        found = self._any()
        if self._next.kind != "end":
            raise self._mistake(f"Two conditions need 'and' or 'or' between them, not {self._next}.")
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _mistake(self, text: str, token: Token | None = None) -> FilterMistake:
        about = token or self._next
        return FilterMistake(text, about.start, about.end)

    def _any(self) -> Term:
        terms = [self._all()]
        while self._next.says("or"):
            self._take()
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else Any(tuple(terms))

    def _all(self) -> Term:
        terms = [self._one()]
        while self._next.says("and"):
            self._take()
            terms.append(self._one())
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _one(self) -> Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._mistake(f"More than {_DEEPEST} brackets within each other cannot be read: write it in parts.")
        if self._next.says("not"):
            self._take()
            found: Term = Not(self._one())
        elif self._next.says("("):
            opened = self._take()
            found = self._any()
            if not self._next.says(")"):
                raise self._mistake(f"The bracket at character {opened.start + 1} is not closed before {self._next}.")
            self._take()
        else:
            found = self._condition()
        self._depth -= 1
        return found

    def _condition(self) -> Term:
        first = self._next
        left = self._operand()
        if isinstance(left, Column) and left.quantity is Quantity.WORDS:
            return self._of_words(left)
        compared: list[Term] = []
        while not compared or self._next.kind == "sign":  # 10 < area < 20
            sign = self._sign(left)
            second = self._next
            right = self._operand()
            compared.append(self._compared(left, first, sign, right, second))
            left, first = right, second
        return compared[0] if len(compared) == 1 else All(tuple(compared))

    def _compared(
        self, left: Column | Amount, first: Token, sign: str, right: Column | Amount, second: Token
    ) -> Compare:
        if isinstance(left, Column):
            self._refuse_other_quantity(left, right, second)
            return Compare(left, sign, right)
        if isinstance(right, Column):
            self._refuse_other_quantity(right, left, first)
            return Compare(right, _TURNED[sign], left)
        raise self._mistake("Compare something of the objects, such as area or score, not two numbers.", first)

    def _refuse_other_quantity(self, column: Column, other: Column | Amount, token: Token) -> None:
        if isinstance(other, Column):
            if other.quantity is not column.quantity or other.unit != column.unit:
                units = f": {_unit_of(column)} and {_unit_of(other)}" if other.quantity is column.quantity else ""
                raise self._mistake(f"{column.name} and {other.name} cannot be compared{units}.", token)
        elif other.unit and UNITS[other.unit][0] is not column.quantity:
            fitting = [unit for unit, (quantity, _) in UNITS.items() if quantity is column.quantity]
            raise self._mistake(f"{column.name} is measured in {_either(fitting)}, not in {other.unit}.", token)

    def _sign(self, left: Column | Amount) -> str:
        token = self._next
        if token.kind != "sign":
            raise self._mistake(f"After {str(left)!r} comes a comparison such as < or >=, not {token}.")
        self._take()
        return _SAME_SIGN.get(token.text, token.text)

    def _operand(self) -> Column | Amount:
        token = self._next
        if token.kind == "number" or token.says("-"):
            return self._amount()
        if token.kind not in ("word", "name") or token.says(*_JOINING):
            raise self._mistake(f"Here should stand something to compare, such as area or score, not {token}.")
        name = token.text.strip("`").lower()
        if name in self._advice and name not in self._names:
            raise self._mistake(self._advice[name])
        if name in self._unmeasured and name not in self._names:
            raise Unmeasured(f"{name} has not been measured here yet: measure it first.", token.start, token.end)
        if name not in self._names:
            raise self._mistake(f"Nothing is called {token}. {_hint(name, {*self._names, *self._unmeasured})}")
        self._take()
        known = self._names[name]
        kind = known if isinstance(known, Kind) else Kind(known)
        return Column(name, kind.quantity, token.place, kind.unit)

    def _amount(self) -> Amount:
        first = self._next
        factor = 1.0
        if first.says("-"):
            self._take()
            factor = -1.0
        number = self._next
        if number.kind != "number":
            raise self._mistake(f"After '-' comes a number, not {number}.")
        self._take()
        unit, last = "", number
        if self._next.says("%") or (self._next.kind == "word" and not self._next.says(*_JOINING)):
            last = self._take()
            unit = self._unit(last)
        return Amount(factor * float(number.text), unit, Place(first.start, last.end))

    def _unit(self, token: Token) -> str:
        unit = token.text.replace("^2", "²").replace("μ", "µ")
        unit = unit[:-1] + "²" if unit.endswith("2") else unit
        unit = unit.replace("um", "µm")
        if unit not in UNITS:
            raise self._mistake(f"There is no unit {token}: use {_either(UNITS)}.", token)
        return unit

    def _of_words(self, column: Column) -> Term:
        is_not = self._next.says("not")
        if is_not:
            self._take()
        token = self._take()
        if token.says("in"):
            found: Term = OneOf(column, self._list(column))
        elif token.says("contains"):
            found = Contains(column, self._word(None))
        elif token.kind == "sign" and not is_not and _SAME_SIGN.get(token.text, token.text) in ("==", "!="):
            found = OneOf(column, (self._word(column),))
            is_not = _SAME_SIGN.get(token.text, token.text) == "!="
        else:
            raise self._mistake(f"{column.name} is compared by ==, !=, in or contains, not by {token}.", token)
        return Not(found) if is_not else found

    def _list(self, column: Column) -> tuple[str, ...]:
        opened = self._take()
        if not opened.says("("):
            raise self._mistake(f"After 'in' comes a list in brackets, such as (NEU, EOS), not {opened}.", opened)
        words = [self._word(column)]
        while self._next.says(","):
            self._take()
            words.append(self._word(column))
        if not self._next.says(")"):
            raise self._mistake(f"The bracket at character {opened.start + 1} is not closed before {self._next}.")
        self._take()
        return tuple(words)

    def _word(self, column: Column | None) -> str:
        """Read a word, with or without quotes; one of the column's choices where it has any."""
        token = self._take()
        if token.kind == "text":
            word = re.sub(r"\\(.)", r"\1", token.text[1:-1])
        elif token.kind in ("word", "number") and not token.says(*_JOINING):
            word = token.text
        else:
            raise self._mistake(f"Here should stand a word such as 'WBC', not {token}.", token)
        if column is not None and column.name in self._choices:
            choices = self._choices[column.name]
            if word.casefold() not in {each.casefold() for each in choices}:
                raise self._mistake(f"No {column.name} is called {word!r}. {_hint(word, choices)}", token)
        return word


def tokens(text: str) -> Iterable[Token]:
    """Cut a text into words, numbers and marks, the end last; `FilterMistake` at what is none of them."""
    at = 0
    while rest := text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            start = len(text) - len(text[at:].lstrip())
            what = "This quote is not closed." if rest[0] in "\"'" else f"{rest[0]!r} has no meaning here."
            raise FilterMistake(what, start, start + 1)
        yield Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup), match.end())
        at = match.end()
    yield Token("end", "", len(text), len(text))


def _hint(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    if len(names) > _MOST_LISTED:
        return (
            f"There is, for example: {', '.join([name for name in _USUAL if name in names] or names[:_MOST_LISTED])}."
        )
    return f"There is: {', '.join(names) or 'none'}."


def _unit_of(column: Column) -> str:
    return column.unit or ("px²" if column.quantity is Quantity.AREA else "px")


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
