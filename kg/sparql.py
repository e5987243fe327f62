"""Check a SPARQL query before an engine sees it: no calls to other servers, no updates, no bombs.

The engine follows every `SERVICE`, and dies of deeply nested or very long queries. So a query
is cut into tokens first. The engine reads without separate tokens, which makes some texts
ambiguous: `?a <'b>' && ...` may be an IRI or a comparison with a string. Wherever the two
readings differ, the query is refused, with a sentence on how to write it plainly.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal, get_args

from pyoxigraph import Store

from kg.errors import QueryError, QueryLimitError
from kg.tokens import Token, to_error, to_place, tokens

__all__ = ["QueryForm", "QueryLimits", "check_query", "explain_syntax_error", "find_services"]
__all__ += ["Token", "to_error", "tokens"]

QueryForm = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
Frame = Literal["top", "group", "select", "expression", "list", "triple", "data"]

_CLOSING = {")": "(", "}": "{", "]": "[", "|}": "{|", ">>": "<<"}
_CHAINS = frozenset(("||", "&&", "+", "-", "*", "/", "|", "!", "=", "!=", "<", ">", "<=", ">="))
_CHAIN_WORDS = frozenset(("UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "LATERAL", "GRAPH"))
_NOT_OPERANDS = frozenset(("DISTINCT", "REDUCED", "IN", "NOT", "AS", "EXISTS", "SEPARATOR"))
_LIST_WORDS = frozenset(("A", "UNDEF", "TRUE", "FALSE"))
_OPENERS = frozenset(("{", "[", "{|", "<<"))
_ENDINGS = frozenset((".", ";", ",", ")", "}", "]"))
_PATTERN_FRAMES = frozenset(("group", "list", "triple"))
_BOOLEAN = re.compile("true|false", re.IGNORECASE)
# A sign that no pattern can follow, since the next token is another sign or a keyword.
_NO_START = re.compile(
    rb"[.;,)}\]]\s*(?=[)}\].;,]|(?:AS|FILTER|OPTIONAL|BIND|UNION|ORDER|GROUP|LIMIT)[\s({])",
    re.IGNORECASE,
)
_UPDATES = frozenset(
    ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
)
_FORMS: dict[str, QueryForm] = {form: form for form in get_args(QueryForm)}
_PROLOGUE = re.compile(
    r"(?:\s|#[^\r\n]*[\r\n]|PREFIX\s+[\w.-]*:\s*<[^<>]*>|BASE\s*<[^<>]*>)*"
    r"(SELECT|ASK|CONSTRUCT|DESCRIBE)(?=[\s{(*?$<#])",
    re.IGNORECASE,
)
_HIDDEN_SERVICE = re.compile(r"(?:^|\.)service", re.IGNORECASE)
_HIDDEN_FILTER = re.compile(r"(?:^|\.)filter", re.IGNORECASE)
# Only to name the line that would allow a call; what is allowed, the tokens decide.
_TARGET = re.compile(
    r"""SERVICE\s+(?:SILENT\s+)?<(https?://[^\s<>"{}|\\^`]{1,200})>""", re.IGNORECASE
)
# Longer than the longest keyword that the engine's parser compares with the text.
_GAP = " " * 24
_SENTENCE = re.compile(r"[A-Za-z]\w* [A-Za-z]\w* ")
_ENGINE_PLACE = re.compile(r"^error at (\d+):(\d+): expected (.*)$", re.DOTALL)


@dataclass(frozen=True)
class QueryLimits:
    """How much a query may hold, and whom it may call.

    `patterns` bounds triple patterns and groups: the engine plans their joins in a time that
    grows with the third power and worse (200 patterns about one subject: 10 s and more).
    """

    nesting: int = 100
    """The deepest nesting of brackets."""
    operators: int = 1000
    """How many operators and keywords that work like operators."""
    patterns: int = 150
    """How many triple patterns, groups, steps of paths, and pairs of elements of collections."""
    services: frozenset[str] = frozenset()
    """The addresses that SERVICE may call, each spelled as a query must spell it."""


DEFAULT_LIMITS = QueryLimits()


@dataclass(frozen=True)
class _Bracket:
    sign: str
    frame: Frame
    offset: int


def check_query(text: str, limits: QueryLimits = DEFAULT_LIMITS) -> QueryForm:
    """Tell the form of a query that is safe to hand to the engine.

    Raises QueryError, with line and column, for `SERVICE` to an address that is not allowed,
    for updates, for a prefix that is not declared, and for text that could be read in two ways;
    QueryLimitError for nesting, operator chains or patterns that would crash or stall the
    engine. Other mistakes are left to the engine's parser.
    """
    return check_quickly(text, limits) or _check_tokens(text, limits)


def find_services(text: str) -> tuple[str, ...]:
    """List the addresses that a query, which has passed the check, calls with `SERVICE`."""
    if "service" not in text.lower():
        return ()
    read = [token for token in tokens(text) if token.upper != "SILENT"]
    pairs = zip(read, read[1:], strict=False)
    return tuple(b.text[1:-1] for a, b in pairs if a.upper == "SERVICE" and b.kind == "iri")


def check_quickly(text: str, limits: QueryLimits = DEFAULT_LIMITS) -> QueryForm | None:
    """Tell the form of a query that cannot break a rule; None when its tokens must be read.

    Outside strings and IRIs no escape is decoded, so a text without the word has no SERVICE.
    """
    start = _PROLOGUE.match(text)
    if start is None or "SERVICE" in text.upper():
        return None
    body = text[start.start(1) :].encode("utf-8", "surrogatepass")
    if _count_signs(body, b"({[<") > limits.nesting:
        return None
    if _count_signs(body, b"|&+-*/!=<>") + len(body) // 4 > limits.operators:
        return None
    patterns = _count_signs(body, b"{}[](),;./") + body.count(b"<<")
    if b"(" in body:
        patterns += _bound_elements(body, text.lower()) // 2
    if patterns > limits.patterns and patterns - len(_NO_START.findall(body)) > limits.patterns:
        return None
    return _FORMS[start[1].upper()]


def _bound_elements(body: bytes, lowered: str) -> int:
    """Give a number that the elements of all collections cannot exceed.

    An element needs nothing before it but a space, a bracket, or the sign it begins with; and
    after a string not even that.
    """
    counted_twice = body.count(b" ?") + body.count(b"(?")
    signs = _count_signs(body, b"<>?$:+-@'\"")
    return (
        len(body.split()) + signs - counted_twice + lowered.count("true") + lowered.count("false")
    )


def _count_signs(text: bytes, signs: bytes) -> int:
    return len(text) - len(text.translate(None, signs))


def _check_tokens(text: str, limits: QueryLimits) -> QueryForm:
    check = _Check(text, limits)
    for token in tokens(text, check):
        check.accept(token)
    return check.finish()


def explain_syntax_error(message: str, text: str, base_iri: str | None = None) -> QueryError:
    """Turn the engine's syntax error into a sentence with the place of the token at fault.

    The engine's parser points past the word it tried to read, often into the next line. Read
    again with wide gaps between the tokens, its place always lies behind the right one.
    """
    try:
        passed = frozenset(find_services(text))
        _check_tokens(text, QueryLimits(len(text), len(text), len(text), passed))
    except QueryError as error:
        return error
    read = list(tokens(text))
    starts, padded = [], ""
    for token in read:
        starts.append(len(padded))
        padded += token.text + _GAP
    found = _ENGINE_PLACE.match(_ask_engine(padded, base_iri) or message)
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


def _ask_engine(text: str, base_iri: str | None) -> str | None:
    try:
        Store().query(text, base_iri=base_iri)
    except SyntaxError as error:
        return str(error)
    except (ValueError, OSError, RuntimeError):
        return None
    return None


@dataclass
class _Check:
    """What has been read so far: open brackets, declared prefixes, the token before."""

    text: str
    limits: QueryLimits
    stack: list[_Bracket] = field(default_factory=lambda: [_Bracket("", "top", 0)])
    prefixes: set[str] = field(default_factory=set)
    form: QueryForm | None = None
    operators: int = 0
    patterns: int = 0
    elements: int = 0
    filtering: bool = False
    values: bool = False
    calling: Token | None = None
    before: Token | None = None
    before_that: Token | None = None

    def accept(self, token: Token) -> None:
        """Take the next token, or refuse it."""
        self._check_service(token)
        if self.form is None:
            self._read_prologue(token)
        if token.kind == "name":
            self._check_prefix(token)
        if token.kind == "word":
            self._read_word(token)
        self._count_patterns(token)
        if token.kind == "op":
            self._count(token)
            self._nest(token)
        self.before_that, self.before = self.before, token

    def finish(self) -> QueryForm:
        """Tell the form once all tokens are read."""
        if self.calling:
            self._refuse_service(self.calling)
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

    def _check_service(self, token: Token) -> None:
        before = self.before
        if self.calling:
            self._check_target(token, self.calling)
            return
        # The engine takes `SERVICEex:a {` and `ex:a.SERVICE <b> {` for calls, too.
        glued = before if token.text == "{" and before and before.kind == "name" else None
        bare = token.kind in ("word", "language", "number") and "SERVICE" in token.upper
        dotted = token.kind in ("name", "blank") and ".SERVICE" in token.upper
        if glued and _HIDDEN_SERVICE.search(glued.text):
            self._refuse_service(glued)
        allowed = self.limits.services and self.stack[-1].frame == "group"
        if allowed and token.kind == "word" and token.upper == "SERVICE":
            self.calling = token
        elif bare or dotted:
            self._refuse_service(token)

    def _check_target(self, token: Token, service: Token) -> None:
        """Take what follows SERVICE: a constant IRI of the list, after SILENT or not."""
        if token.kind == "iri" and token.text[1:-1] in self.limits.services:
            self.calling = None
        elif token.upper != "SILENT" or self.before is not service:
            self._refuse_service(service)

    def _refuse_service(self, token: Token) -> None:
        target = _TARGET.match(self.text, token.offset)
        line = f"`--allow-service {target[1] if target else 'ADDRESS'}`"
        message = (
            "SERVICE is refused: this service calls no other servers; run the query from your own "
            f"machine, or have whoever runs this service add {line} to `kg serve`"
        )
        if self.limits.services:
            listed = " ".join(f"<{address}>" for address in sorted(self.limits.services))
            message = (
                f"SERVICE is refused: its target must be one of {listed}, written in full; "
                f"another one needs {line}"
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
            shown = prefix if len(prefix) < 60 else f"{prefix[:57]}..."
            message = f"the prefix {shown} is not declared; add `PREFIX {shown} <...>` at the top"
            raise to_error(message, self.text, token.offset)

    def _read_word(self, token: Token) -> None:
        word = token.upper
        if word in _CHAIN_WORDS:
            self._count(token)
        if word.startswith("SELECT") and self.stack[-1].frame == "group":
            self.stack[-1] = _Bracket("{", "select", self.stack[-1].offset)
        if "FILTER" in word or "BIND" in word:
            self.filtering = True
        if word == "VALUES":
            self.values = True

    def _count(self, token: Token) -> None:
        if token.kind == "op" and token.text not in _CHAINS:
            return
        self.operators += 1
        if self.operators > self.limits.operators:
            self._exceed(
                "query_operators", self.limits.operators, "has more than {} operators", token
            )

    def _count_patterns(self, token: Token) -> None:
        """Count what makes the engine plan a join; when in doubt, one more."""
        before, frame = self.before, self.stack[-1].frame
        if before is None or frame == "data":
            return
        inside = self.stack[-1].sign == "("
        parts = token.text.split(".")[1:] if token.kind in ("name", "blank") else ()
        found = sum(map(bool, parts))
        if token.kind == "op":
            step = token.text == "/" and frame in _PATTERN_FRAMES
            found += step or (token.text in _OPENERS and not self.values)
        elif token.kind != "word":
            found += before.text in _ENDINGS and before.kind == "op" and frame in _PATTERN_FRAMES
            self.elements += inside and self._is_element(token, before, frame)
        elif inside:
            # The engine reads `truefalse` as two elements of a collection.
            glued = len(_BOOLEAN.findall(token.text))
            self.elements += glued and glued - (frame == "expression" and not before.ends_term)
        self.patterns += found
        if self.patterns + self.elements // 2 > self.limits.patterns:
            what = "has more than {} triple patterns and groups"
            self._exceed("query_patterns", self.limits.patterns, what, token)

    def _is_element(self, token: Token, before: Token, frame: Frame) -> bool:
        """Tell whether a term stands right behind another, as in collections only."""
        if frame == "list" and before.text in ("+", "-"):
            return token.kind == "number"
        return before.ends_term and token.kind != "language"

    def _exceed(self, limit_name: str, value: int, what: str, token: Token) -> None:
        message = f"the query {what.format(value)}; ask in parts"
        line, column = to_place(self.text, token.offset)
        raise QueryLimitError(message, limit_name, value, line, column)

    def _nest(self, token: Token) -> None:
        sign = token.text
        if sign in ("<<",) and self.after_operand():
            message = "`<<` may be read in two ways here; put a space between the two signs"
            raise to_error(message, self.text, token.offset)
        if sign in ("(", "{", "[", "{|", "<<"):
            frame = self._frame(sign)
            self.stack.append(_Bracket(sign, frame, token.offset))
            self.patterns += sign == "(" and frame == "list"
            self.filtering = False
        elif sign in _CLOSING:
            self._close(token)
        if len(self.stack) - 1 > self.limits.nesting:
            what = "has brackets nested more than {} deep"
            self._exceed("query_depth", self.limits.nesting, what, token)

    def _frame(self, sign: str) -> Frame:
        """Tell what an opening bracket encloses; when in doubt, an expression."""
        around = self.stack[-1].frame
        if self.values or around == "data":
            self.values = self.values and sign != "{"
            return "data"
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
