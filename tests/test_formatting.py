"""Turtle and TriG are code: the one style that every file of data/ and ontology/ keeps."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from pyoxigraph import BlankNode, RdfFormat, parse

from kg.syntax import Token, declared_prefixes, tokens

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder in ("data", "ontology")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".ttl", ".trig")
)
COLUMNS = 100
BASE = "https://w3id.org/elbe-day/"
LIST_PREDICATES = {"first", "rest"}

# Every prefix in the order in which a file declares those it needs.
BORROWED = """
rdf http://www.w3.org/1999/02/22-rdf-syntax-ns#
rdfs http://www.w3.org/2000/01/rdf-schema#
owl http://www.w3.org/2002/07/owl#
xsd http://www.w3.org/2001/XMLSchema#
sh http://www.w3.org/ns/shacl#
skos http://www.w3.org/2004/02/skos/core#
dcterms http://purl.org/dc/terms/
vann http://purl.org/vocab/vann/
bibo http://purl.org/ontology/bibo/
dcat http://www.w3.org/ns/dcat#
void http://rdfs.org/ns/void#
foaf http://xmlns.com/foaf/0.1/
prov http://www.w3.org/ns/prov#
oa http://www.w3.org/ns/oa#
org http://www.w3.org/ns/org#
schema https://schema.org/
sem http://semanticweb.cs.vu.nl/2009/11/sem/
crm http://www.cidoc-crm.org/cidoc-crm/
cito http://purl.org/spar/cito/
edtf http://id.loc.gov/datatypes/edtf/
sssom https://w3id.org/sssom/
semapv https://w3id.org/semapv/vocab/
wd http://www.wikidata.org/entity/
wdt http://www.wikidata.org/prop/direct/
spdx http://spdx.org/rdf/terms#
"""
KINDS = """
action agent article aspect assessment award claim concept confidence depiction event grade
hypothesis inscription line mapping membership mention modality object organization passage person
photograph place posture question rank role scheme shape source span unit verdict voice
"""
PREFIXES = dict(line.split() for line in BORROWED.strip().splitlines())
PREFIXES["edo"] = f"{BASE}def#"
PREFIXES |= {kind: f"{BASE}id/{kind}/" for kind in KINDS.split()}
PREFIXES["shape"] = f"{BASE}shapes#"


class Block(NamedTuple):
    """A subject with all that is said of it, up to the full stop; deep = inside a claim's graph."""

    deep: bool
    tokens: list[Token]

    @property
    def margin(self) -> int:
        return 5 if self.deep else 1

    def predicates(self) -> Iterator[Token]:
        """Predicates in order; those within brackets or lists belong to other subjects."""
        nested, expected = 0, True
        for token in self.tokens[1:]:
            nested += (token.text in ("[", "(")) - (token.text in ("]", ")"))
            if expected:
                yield token
            expected = token.text == ";" and not nested


def last_line(token: Token) -> int:
    return token.line + token.text.count("\n")


def body(text: str) -> list[Token]:
    """Tokens after the last PREFIX line, comments among them."""
    found = list(tokens(text))
    starts = [i for i, token in enumerate(found) if token.text == "PREFIX"]
    return found[starts[-1] + 3 :] if starts else found


def blocks(text: str) -> Iterator[Block]:
    """Cut a file into its blocks; a graph's braces only tell which blocks are deep."""
    deep, nested, block = False, 0, list[Token]()
    for token in body(text):
        if token.kind == "comment":
            continue
        if token.text in ("{", "}"):
            deep, block = token.text == "{", []
            continue
        block.append(token)
        nested += (token.text in ("[", "(")) - (token.text in ("]", ")"))
        if token.text == "." and not nested:
            yield Block(deep, block)
            block = []


def check_bytes(raw: bytes) -> Iterator[str]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"not UTF-8: {error}"
        return
    if text.startswith("\ufeff"):
        yield "1: starts with a byte order mark"
    if "\r" in text:
        yield "a carriage return: lines end with LF alone"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield "the file does not end with exactly one newline"
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield f"{number}: a tab; indent with 4 spaces"
        if line != line.rstrip():
            yield f"{number}: white space at the end of the line"


def check_columns(text: str) -> Iterator[str]:
    """Lines keep to 100 columns, but for a string or an address alone on its line."""
    alone = re.compile(r' *(?:"(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^\S+)?|<[^<>\s]+>)(?: ?[;,.])?')
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS and not alone.fullmatch(line):
            yield f"{number}: {len(line)} columns; at most {COLUMNS}, or a string on its own line"


def check_header(text: str) -> Iterator[str]:
    lines = text.split("\n")
    declared = [n for n, line in enumerate(lines) if re.match(r"@?prefix\b", line, re.IGNORECASE)]
    if not lines[0].startswith("# "):
        yield "1: no comment that says what the file holds"
    if not declared:
        return
    first, last = declared[0], declared[-1]
    if declared != list(range(first, last + 1)):
        yield f"{last + 1}: PREFIX lines do not stand together"
    if lines[last + 1] or not lines[last + 2]:
        yield f"{last + 2}: not one blank line after the PREFIX lines"
    for number in declared:
        if not re.fullmatch(r"PREFIX [a-z]+: <[^>]+>", lines[number]):
            yield f"{number + 1}: not of the form PREFIX name: <iri>"
    prefixes = declared_prefixes(text)
    for name, iri in prefixes.items():
        if PREFIXES.get(name) != iri:
            yield f"prefix {name}: is not one of the project's names, or stands for another IRI"
    known = [name for name in prefixes if name in PREFIXES]
    if known != sorted(known, key=list(PREFIXES).index):
        yield "PREFIX lines are not in the fixed order"
    queries = " ".join(t.text for t in body(text) if t.kind == "string" and "\n" in t.text)
    used = {t.text.partition(":")[0] for t in body(text) if t.kind == "name"}
    for name in prefixes:
        if name not in used and not re.search(rf"\b{name}:", queries):
            yield f"prefix {name}: is declared and never used"


def check_blocks(text: str) -> Iterator[str]:
    """One subject per block, `a` first, one predicate per line, blank lines between blocks only."""
    seen = set()
    lines = text.split("\n")
    for block in blocks(text):
        subject = block.tokens[0]
        if not block.deep:
            if subject.text in seen:
                yield f"{subject.line}: {subject.text} has a block already"
            seen.add(subject.text)
            before = lines[subject.line - 2]
            if before and before != "}" and not before.startswith("#"):
                yield f"{subject.line}: no blank line before the block"
        yield from check_types(block)
        yield from check_indentation(block)
        yield from check_ends(block)
        for one, other in pairwise(block.tokens):
            between = lines[last_line(one) : other.line - 1]
            if "" in between:
                yield f"{other.line}: a blank line inside a block"


def check_types(block: Block) -> Iterator[str]:
    subject, *_ = block.tokens
    predicates = [token.text for token in block.predicates()]
    if "a" in predicates[1:] or (not block.deep and predicates[0] != "a"):
        yield f"{subject.line}: `a` is not the first predicate of {subject.text}"
    if predicates.count("a") > 1:
        yield f"{subject.line}: {subject.text} says `a` twice"


def check_indentation(block: Block) -> Iterator[str]:
    """The subject at the margin, predicates 4 and objects 8 spaces further in."""
    if block.tokens[0].column != block.margin:
        yield f"{block.tokens[0].line}: the subject is not at column {block.margin}"
    predicates = set(block.predicates())
    for one, other in pairwise(block.tokens):
        if other in predicates and one is not block.tokens[0] and other.line == last_line(one):
            yield f"{other.line}: two predicates on one line"
        if other.line > last_line(one) and other.text not in ("]", ")"):
            expected = block.margin + (4 if other in predicates else 8)
            if other.column != expected:
                yield f"{other.line}: indented to column {other.column}, not {expected}"


def check_ends(block: Block) -> Iterator[str]:
    for one, other in pairwise(block.tokens):
        if other.text not in (";", ".") or "\n" in one.text:
            continue
        if (other.line, other.column) != (one.line, one.column + len(one.text) + 1):
            yield f"{other.line}: not one space before {other.text}"


def check_blank_nodes(text: str, lists_allowed: bool) -> Iterator[str]:
    """No blank nodes, but for the lists that SHACL asks for."""
    for quad in parse(text.encode(), RdfFormat.TRIG):
        blank = isinstance(quad.subject, BlankNode)
        in_list = lists_allowed and quad.predicate.value.rpartition("#")[2] in LIST_PREDICATES
        if blank and not in_list:
            yield f"a blank node says {quad.predicate.value}"


def check_file(raw: bytes, lists_allowed: bool = False) -> list[str]:
    found = list(check_bytes(raw))
    text = raw.decode("utf-8-sig", "replace").replace("\r", "")
    found += [*check_header(text), *check_columns(text), *check_blocks(text)]
    return found + list(check_blank_nodes(text, lists_allowed))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_keeps_the_style(path: Path) -> None:
    lists_allowed = path.is_relative_to(ROOT / "ontology" / "shapes")
    assert check_file(path.read_bytes(), lists_allowed) == []


TIDY = f"""\
# Two villages, and what one claim says of them.

PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX claim: <{BASE}id/claim/>
PREFIX place: <{BASE}id/place/>

place:kreinitz a schema:Place ;
    rdfs:label "Kreinitz"@en ;
    schema:description
        "Village on the Elbe"@en .

claim:x {{
    place:kreinitz schema:containedInPlace place:saxony .
}}
claim:x a schema:Claim ;
    rdfs:label "x"@en .
"""
LONG = "x" * COLUMNS
PLACE = f"PREFIX place: <{BASE}id/place/>"
CLAIM = f"PREFIX claim: <{BASE}id/claim/>"
# What is right in the tidy file, what stands there instead, and what is said of it.
SLIPS = [
    ("# Two", "\ufeff# Two", "byte order mark"),
    (" .\n\nclaim", " .\r\n\nclaim", "carriage return"),
    ('"x"@en .\n', '"x"@en .', "exactly one newline"),
    ('"x"@en .\n', '"x"@en .\n\n', "exactly one newline"),
    ('\n    rdfs:label "K', '\n\trdfs:label "K', "a tab"),
    ("place:saxony .\n", "place:saxony . \n", "end of the line"),
    ('"Kreinitz"@en', f'"{LONG}"@en', "columns"),
    ("# Two villages, and what one claim says of them.\n", "", "no comment"),
    (f"{CLAIM}\n{PLACE}", f"{PLACE}\n{CLAIM}", "fixed order"),
    ("https://schema.org/", "http://schema.org/", "prefix schema"),
    (CLAIM, f"PREFIX cito: <{PREFIXES['cito']}>\n{CLAIM}", "never used"),
    (PLACE, f"@prefix place: <{BASE}id/place/> .", "not of the form"),
    (PLACE, f"\n{PLACE}", "do not stand together"),
    ("id/place/>\n\n", "id/place/>\n", "one blank line after"),
    ("id/place/>\n\n", "id/place/>\n\n\n", "one blank line after"),
    ("claim:x a schema:Claim", "place:kreinitz a schema:Claim", "a block already"),
    (" .\n\nclaim:x {", " .\nplace:x a place:Y .\n\nclaim:x {", "no blank line before"),
    ('"Kreinitz"@en ;\n', '"Kreinitz"@en ;\n\n', "blank line inside"),
    ("claim:x a schema:Claim ;\n    rdfs", "claim:x rdfs", "not the first predicate"),
    ('Elbe"@en .', 'Elbe"@en ;\n    a place:Village .', "not the first predicate"),
    ('Elbe"@en .', 'Elbe"@en ;\n    a place:Village .', "says `a` twice"),
    ("\nplace:kreinitz a", "\n  place:kreinitz a", "not at column 1"),
    ("    place:kreinitz schema:c", "place:kreinitz schema:c", "not at column 5"),
    ('\n    rdfs:label "K', '\n  rdfs:label "K', "to column 3, not 5"),
    ('\n        "Village', '\n    "Village', "to column 5, not 9"),
    ("a schema:Place ;\n    rdfs", "a schema:Place ; rdfs", "two predicates"),
    ("place:saxony .", "place:saxony.", "not one space before ."),
    ('"Kreinitz"@en ;', '"Kreinitz"@en\n        ;', "not one space before ;"),
    ("place:saxony .", "[ schema:name claim:y ] .", "a blank node says https://schema.org/name"),
    ("place:saxony .", "_:y .\n\n    _:y schema:name claim:y .", "a blank node says"),
]


def test_claims_schemes_and_shapes_are_all_looked_at() -> None:
    looked_at = {str(path.parent.relative_to(ROOT)) for path in FILES}
    assert {"data", "data/claims", "ontology", "ontology/schemes", "ontology/shapes"} <= looked_at


def test_a_tidy_file_passes() -> None:
    assert check_file(TIDY.encode()) == []


@pytest.mark.parametrize(("right", "wrong", "finding"), SLIPS)
def test_each_slip_is_named(right: str, wrong: str, finding: str) -> None:
    assert TIDY.count(right) == 1, "a slip changes one place of the tidy file"
    found = check_file(TIDY.replace(right, wrong).encode())
    assert [line for line in found if finding in line] != []


def test_a_long_string_may_stand_alone_on_its_line() -> None:
    assert check_file(TIDY.replace("Village on the Elbe", LONG).encode()) == []


def test_bytes_that_are_not_utf_8_are_named() -> None:
    assert "not UTF-8" in next(check_bytes("Эльба".encode("koi8-r")))


def test_lists_are_allowed_in_shapes_alone() -> None:
    listed = TIDY.replace("place:saxony", "( place:saxony )").encode()
    assert check_file(listed, lists_allowed=True) == []
    assert check_file(listed) != []
