"""Cut SPARQL into tokens, and point at places in a query."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from kg.errors import QueryError

TokenKind = Literal[
    "iri", "string", "variable", "blank", "language", "name", "number", "word", "op"
]

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_FIRST = f"{_BASE}_"
_MORE = f"{_FIRST}0-9\u00b7\u0300-\u036f\u203f-\u2040-"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PREFIX = f"[{_BASE}](?:[{_MORE}]|\\.+[{_MORE}])*"
_LOCAL = f"(?:[{_FIRST}:0-9]|{_PLX})(?:[{_MORE}:]|{_PLX}|\\.+(?:[{_MORE}:]|{_PLX}))*"
_UCHAR = (
    r"\\u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}"
    r"|\\U(?!0000[dD][89a-fA-F])00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}"
)
_ESCAPE = rf"\\[tbnrf\"'\\]|{_UCHAR}"


def _compile(prefix: str) -> re.Pattern[str]:
    """Compile what a token may be; no branch takes longer than the text it looks at."""
    kinds = (
        r"(?P<space>[ \t\r\n]+|#[^\r\n]*)",
        rf"(?P<iri><(?:[^\x00-\x20<>\"{{}}|^`\\]|{_UCHAR})*>)",
        rf"(?P<string>'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*'''"
        rf'|"""(?:"{{0,2}}(?:[^"\\]|{_ESCAPE}))*"""'
        rf"|'(?!'')(?:[^'\\\r\n]|{_ESCAPE})*'"
        rf'|"(?!"")(?:[^"\\\r\n]|{_ESCAPE})*")',
        rf"(?P<variable>[?$][{_FIRST}0-9][{_FIRST}0-9\u00b7\u0300-\u036f\u203f-\u2040]*)",
        rf"(?P<blank>_:[{_FIRST}0-9](?:[{_MORE}]|\.+[{_MORE}])*)",
        r"(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)",
        rf"(?P<name>{prefix}:(?:{_LOCAL})?)",
        r"(?P<number>(?:\d++(?:\.\d*+)?|\.\d++)[eE][+-]?\d++|\d*+\.\d++|\d++)",
        rf"(?P<word>[{_BASE}][{_MORE}]*)",
        r"(?P<op><<|>>|\{\||\|\}|\|\||&&|\^\^|!=|<=|>=|[{}()\[\].,;=<>+\-*/|^!?~])",
    )
    return re.compile("|".join(kinds))


_TOKEN = _compile(rf"(?:{_PREFIX})?")
_UNPREFIXED = _compile("")
_DOTTED = re.compile(_PREFIX)


@dataclass(frozen=True)
class Token:
    """A token of a query and its offset in the text, in code points."""

    kind: TokenKind
    text: str
    offset: int

    @property
    def upper(self) -> str:
        """The text as keywords are compared."""
        return self.text.upper()

    @property
    def ends_term(self) -> bool:
        """Tell whether this is a term, or ends one that is written in several tokens."""
        word = self.kind == "word" and self.upper not in ("TRUE", "FALSE")
        return self.kind != "op" and not word


class Reader(Protocol):
    """Whoever reads the tokens, and knows what the text so far means."""

    def after_operand(self) -> bool:
        """Tell whether an expression's operand has just ended, so that `<` compares."""
        ...


def tokens(text: str, context: Reader | None = None) -> Iterator[Token]:
    """Cut a query into tokens, without white space and comments.

    Raises QueryError at the first character that starts no token, an unfinished string among
    them. A `<` is read as a comparison where `context` says that an operand has just ended.
    """
    offset = unprefixed_until = 0
    while offset < len(text):
        kinds = _UNPREFIXED if offset < unprefixed_until else _TOKEN
        match = kinds.match(text, offset)
        if match is not None and match.lastgroup == "iri" and context and context.after_operand():
            message = (
                "`<` right before this text may be a comparison or begin an IRI; "
                "put a space after a `<` that compares"
            )
            raise to_error(message, text, offset)
        if match is None:
            raise to_error(_describe_bad(text, offset), text, offset)
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match.group(), offset)  # type: ignore[arg-type]
        if match.lastgroup == "word" and kinds is _TOKEN and text.startswith(".", match.end()):
            # No colon follows these words, so none of them need be tried as a prefix again.
            dotted = _DOTTED.match(text, offset)
            unprefixed_until = dotted.end() if dotted else offset
        offset = match.end()


def to_error(message: str, text: str, offset: int) -> QueryError:
    """Make a QueryError that points at an offset of the text."""
    return QueryError(message, *to_place(text, offset))


def to_place(text: str, offset: int) -> tuple[int, int]:
    """Give line and column, both from 1, of an offset of the text."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _describe_bad(text: str, offset: int) -> str:
    character = text[offset]
    if character in "'\"":
        return "this string does not end, or holds an escape that SPARQL does not know"
    if character == "\\":
        return "escapes are read in strings and IRIs only; write the character itself here"
    return f"the character {character!r} cannot stand here"
