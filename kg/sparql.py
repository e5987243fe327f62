"""Check a SPARQL query before an engine sees it: no calls to other servers, no updates, no bombs.

The engine follows every `SERVICE`, and dies of deeply nested or very long queries. So a query
is cut into tokens first. The engine reads without separate tokens, which makes some texts
ambiguous: `?a <'b>' && ...` may be an IRI or a comparison with a string. Wherever the two
readings differ, the query is refused, with a sentence on how to write it plainly.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pyoxigraph import Store

from kg.errors import QueryError

QueryForm = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
TokenKind = Literal[
    "iri", "string", "variable", "blank", "language", "name", "number", "word", "op"
]
Frame = Literal["top", "group", "select", "expression", "list", "triple"]

MAX_NESTING = 100
MAX_OPERATORS = 1000

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

_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<space>[ \t\r\n]+|#[^\r\n]*)",
            rf"(?P<iri><(?:[^\x00-\x20<>\"{{}}|^`\\]|{_UCHAR})*>)",
            rf"(?P<string>'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*'''"
            rf'|"""(?:"{{0,2}}(?:[^"\\]|{_ESCAPE}))*"""'
            rf"|'(?!'')(?:[^'\\\r\n]|{_ESCAPE})*'"
            rf'|"(?!"")(?:[^"\\\r\n]|{_ESCAPE})*")',
            rf"(?P<variable>[?$][{_FIRST}0-9][{_FIRST}0-9\u00b7\u0300-\u036f\u203f-\u2040]*)",
            rf"(?P<blank>_:[{_FIRST}0-9](?:[{_MORE}]|\.+[{_MORE}])*)",
            r"(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)",
            rf"(?P<name>(?:{_PREFIX})?:(?:{_LOCAL})?)",
            r"(?P<number>(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+|\d*\.\d+|\d+)",
            rf"(?P<word>[{_BASE}][{_MORE}]*)",
            r"(?P<op><<|>>|\{\||\|\}|\|\||&&|\^\^|!=|<=|>=|[{}()\[\].,;=<>+\-*/|^!?~])",
        )
    )
)
_CLOSING = {")": "(", "}": "{", "]": "[", "|}": "{|", ">>": "<<"}
_CHAINS = frozenset(("||", "&&", "+", "-", "*", "/", "|", "!", "=", "!=", "<", ">", "<=", ">="))
_CHAIN_WORDS = frozenset(("UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "LATERAL", "GRAPH"))
_NOT_OPERANDS = frozenset(("DISTINCT", "REDUCED", "IN", "NOT", "AS", "EXISTS", "SEPARATOR"))
_LIST_WORDS = frozenset(("VALUES", "A", "UNDEF", "TRUE", "FALSE"))
_UPDATES = frozenset(
    ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
)
_FORMS: dict[str, QueryForm] = {
    "SELECT": "SELECT",
    "ASK": "ASK",
    "CONSTRUCT": "CONSTRUCT",
    "DESCRIBE": "DESCRIBE",
}
_PROLOGUE = re.compile(
    r"(?:\s|#[^\r\n]*[\r\n]|PREFIX\s+[\w.-]*:\s*<[^<>]*>|BASE\s*<[^<>]*>)*"
    r"(SELECT|ASK|CONSTRUCT|DESCRIBE)(?=[\s{(*?$<#])",
    re.IGNORECASE,
)
_HIDDEN_SERVICE = re.compile(r"(?:^|\.)service", re.IGNORECASE)
_HIDDEN_FILTER = re.compile(r"(?:^|\.)filter", re.IGNORECASE)
# Longer than the longest keyword that the engine's parser compares with the text.
_GAP = " " * 24
_SENTENCE = re.compile(r"[A-Za-z]\w* [A-Za-z]\w* ")
_ENGINE_PLACE = re.compile(r"^error at (\d+):(\d+): expected (.*)$", re.DOTALL)


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


@dataclass(frozen=True)
class _Bracket:
    sign: str
    frame: Frame
    offset: int


def check_query(
    text: str, *, max_nesting: int = MAX_NESTING, max_operators: int = MAX_OPERATORS
) -> QueryForm:
    """Tell the form of a query that is safe to hand to the engine.

    Raises QueryError, with line and column, for `SERVICE`, for updates, for nesting or
    operator chains that would crash the engine, for a prefix that is not declared, and for
    text that could be read in two ways. Other mistakes are left to the engine's parser.
    """
    form = _check_quickly(text, max_nesting, max_operators)
    return form or _check_tokens(text, max_nesting, max_operators)


def tokens(text: str, context: "_Check | None" = None) -> Iterator[Token]:
    """Cut a query into tokens, without white space and comments.

    Raises QueryError at the first character that starts no token, an unfinished string among
    them. A `<` is read as a comparison where `context` says that an operand has just ended.
    """
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
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
        offset = match.end()


def _check_quickly(text: str, max_nesting: int, max_operators: int) -> QueryForm | None:
    """Tell the form of a query that cannot break a rule; None when its tokens must be read.

    Outside strings and IRIs no escape is decoded, so a text without the word has no SERVICE.
    """
    nesting = sum(map(text.count, "({[<"))
    operators = sum(map(text.count, "|&+-*/!=<>")) + len(text) // 4
    if nesting > max_nesting or operators > max_operators or "SERVICE" in text.upper():
        return None
    start = _PROLOGUE.match(text)
    return _FORMS[start[1].upper()] if start else None


def _check_tokens(text: str, max_nesting: int, max_operators: int) -> QueryForm:
    check = _Check(text, max_nesting, max_operators)
    for token in tokens(text, check):
        check.accept(token)
    return check.finish()


def to_error(message: str, text: str, offset: int) -> QueryError:
    """Make a QueryError that points at an offset of the text."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return QueryError(message, line, column)


def explain_syntax_error(message: str, text: str) -> QueryError:
    """Turn the engine's syntax error into a sentence with the place of the token at fault.

    The engine's parser points past the word it tried to read, often into the next line. Read
    again with wide gaps between the tokens, its place always lies behind the right one.
    """
    try:
        _check_tokens(text, MAX_NESTING, MAX_OPERATORS)
    except QueryError as error:
        return error
    read = list(tokens(text))
    starts, padded = [], ""
    for token in read:
        starts.append(len(padded))
        padded += token.text + _GAP
    found = _ENGINE_PLACE.match(_ask_engine(padded) or message)
    if found is None:
        return QueryError(f"this is not valid SPARQL 1.1: {message}")
    lines = padded.split("\n")
    reached = sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1
    index = bisect_right(starts, reached) - 1
    waited = found[3].removeprefix("one of ").split(", ")
    sentence = next((item for item in waited if _SENTENCE.match(item)), None)
    if index < 0 or (reached >= len(padded) - 1 and sentence is None):
        return to_error("the query ends too early", text, len(text.rstrip()))
    shown = read[index].text if len(read[index].text) < 60 else read[index].text[:57] + "..."
    what = f"this is not valid SPARQL 1.1: {sentence}" if sentence else f"`{shown}` is not expected"
    return to_error(what, text, read[index].offset)


def _ask_engine(text: str) -> str | None:
    try:
        Store().query(text)
    except SyntaxError as error:
        return str(error)
    except (ValueError, OSError, RuntimeError):
        return None
    return None


def _describe_bad(text: str, offset: int) -> str:
    character = text[offset]
    if character in "'\"":
        return "this string does not end, or holds an escape that SPARQL does not know"
    if character == "\\":
        return "escapes are read in strings and IRIs only; write the character itself here"
    return f"the character {character!r} cannot stand here"


@dataclass
class _Check:
    """What has been read so far: open brackets, declared prefixes, the token before."""

    text: str
    max_nesting: int
    max_operators: int
    stack: list[_Bracket] = field(default_factory=lambda: [_Bracket("", "top", 0)])
    prefixes: set[str] = field(default_factory=set)
    form: QueryForm | None = None
    operators: int = 0
    filtering: bool = False
    before: Token | None = None
    before_that: Token | None = None

    def accept(self, token: Token) -> None:
        """Take the next token, or refuse it."""
        self._refuse_service(token)
        if self.form is None:
            self._read_prologue(token)
        if token.kind == "name":
            self._check_prefix(token)
        if token.kind == "word":
            self._read_word(token)
        if token.kind == "op":
            self._count(token)
            self._nest(token)
        self.before_that, self.before = self.before, token

    def finish(self) -> QueryForm:
        """Tell the form once all tokens are read."""
        if len(self.stack) > 1:
            bracket = self.stack[-1]
            raise to_error(f"this `{bracket.sign}` is never closed", self.text, bracket.offset)
        if self.form is None:
            message = (
                "the query holds no SELECT, ASK, CONSTRUCT or DESCRIBE; begin with one of them"
            )
            raise QueryError(message, 1, 1)
        return self.form

    def after_operand(self) -> bool:
        """Tell whether an expression's operand has just ended, so that `<` compares."""
        token = self.before
        if self.stack[-1].frame != "expression" or token is None:
            return False
        if token.kind == "word":
            return token.upper not in _NOT_OPERANDS
        return token.kind != "op" or token.text in (")", "]", "}", ">>", "|}")

    def _refuse_service(self, token: Token) -> None:
        before = self.before
        # The engine takes `SERVICEex:a {` and `ex:a.SERVICE <b> {` for calls, too.
        glued = before if token.text == "{" and before and before.kind == "name" else None
        bare = token.kind in ("word", "language", "number") and "SERVICE" in token.upper
        dotted = token.kind in ("name", "blank") and ".SERVICE" in token.upper
        if glued and _HIDDEN_SERVICE.search(glued.text):
            token = glued
        elif not bare and not dotted:
            return
        message = (
            "SERVICE is refused: this service never calls other servers; "
            "run the federated query from your own machine"
        )
        raise to_error(message, self.text, token.offset)

    def _read_prologue(self, token: Token) -> None:
        before, prior = self.before, self.before_that
        if token.kind == "iri" and before and before.kind == "name" and prior:
            if prior.upper == "PREFIX":
                self.prefixes.add(before.text)
        elif token.kind == "word" and token.upper in _UPDATES:
            message = f"{token.upper} is refused: this data is read-only, updates are not answered"
            raise to_error(message, self.text, token.offset)
        elif token.kind == "word":
            form = next((f for f in _FORMS if token.upper.startswith(f)), None)
            self.form = _FORMS[form] if form else None

    def _check_prefix(self, token: Token) -> None:
        prefix = token.text[: token.text.index(":") + 1]
        declaring = self.form is None and self.before and self.before.upper == "PREFIX"
        if not declaring and prefix not in self.prefixes:
            message = f"the prefix {prefix} is not declared; add `PREFIX {prefix} <...>` at the top"
            raise to_error(message, self.text, token.offset)

    def _read_word(self, token: Token) -> None:
        word = token.upper
        if word in _CHAIN_WORDS:
            self._count(token)
        if word.startswith("SELECT") and self.stack[-1].frame == "group":
            self.stack[-1] = _Bracket("{", "select", self.stack[-1].offset)
        if "FILTER" in word or "BIND" in word:
            self.filtering = True

    def _count(self, token: Token) -> None:
        if token.kind == "op" and token.text not in _CHAINS:
            return
        self.operators += 1
        if self.operators > self.max_operators:
            message = f"the query has more than {self.max_operators} operators; ask in parts"
            raise to_error(message, self.text, token.offset)

    def _nest(self, token: Token) -> None:
        sign = token.text
        if sign in ("<<",) and self.after_operand():
            message = "`<<` may be read in two ways here; put a space between the two signs"
            raise to_error(message, self.text, token.offset)
        if sign in ("(", "{", "[", "{|", "<<"):
            self.stack.append(_Bracket(sign, self._frame(sign), token.offset))
            self.filtering = False
        elif sign in _CLOSING:
            self._close(token)
        if len(self.stack) - 1 > self.max_nesting:
            message = f"brackets are nested more than {self.max_nesting} deep; ask in parts"
            raise to_error(message, self.text, token.offset)

    def _frame(self, sign: str) -> Frame:
        """Tell what an opening bracket encloses; when in doubt, an expression."""
        around = self.stack[-1].frame
        if sign == "{":
            return "group"
        if sign == "<<":
            return "triple"
        if sign != "(":
            return "list"
        before = self.before
        word = before.upper if before and before.kind == "word" else None
        if around in ("list", "triple"):
            return around
        if word == "VALUES":
            return "list"
        if around in ("top", "select", "expression"):
            return "expression"
        glued = before is not None and before.kind in ("name", "blank", "language", "number")
        hidden = glued and before is not None and _HIDDEN_FILTER.search(before.text)
        if self.filtering or hidden or (word is not None and word not in _LIST_WORDS):
            return "expression"
        return "list"

    def _close(self, token: Token) -> None:
        if self.stack[-1].sign == _CLOSING[token.text]:
            self.stack.pop()
        elif token.text != ">>":
            raise to_error(f"this `{token.text}` closes nothing", self.text, token.offset)
