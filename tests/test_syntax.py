"""Positions in Turtle, TriG and SPARQL: tokens, statements, blocks, and the lines of quads."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.project import read_project
from kg.sources import SourceFile, parse_turtle
from kg.syntax import declared_prefixes, locate, statements, to_iri, to_value, tokens
from kg.terms import RDF, XSD

EX = "https://example.org/"

SAMPLE = """# a comment with "quotes" and <brackets>
PREFIX ex: <https://example.org/>

ex:graph {
    ex:one a ex:Thing ;
        ex:says "one"@en, "eins"@de ;
        ex:count "1"^^ex:number .
}
ex:graph ex:says \"\"\"two
lines; with . marks\"\"\"@en ;
    ex:next ex:two .
ex:two ex:says 'it''s' .
""".replace("'it''s'", "'it'")


@pytest.fixture
def sample() -> SourceFile:
    return parse_turtle(SAMPLE, "data/claims/sample.trig", "claim")


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


def test_tokens_have_their_kinds() -> None:
    assert kinds("ex:a a <https://b.org/> . # end") == [
        ("name", "ex:a"),
        ("word", "a"),
        ("iri", "<https://b.org/>"),
        ("mark", "."),
        ("comment", "# end"),
    ]


def test_tokens_of_a_query_have_their_kinds() -> None:
    assert kinds("FILTER (?x<3 && $y >= -1.5e3)") == [
        ("word", "FILTER"),
        ("mark", "("),
        ("variable", "?x"),
        ("mark", "<"),
        ("number", "3"),
        ("mark", "&&"),
        ("variable", "$y"),
        ("mark", ">="),
        ("number", "-1.5e3"),
        ("mark", ")"),
    ]


def test_a_name_ends_before_the_full_stop() -> None:
    assert kinds("ex:a.b.") == [("name", "ex:a.b"), ("mark", ".")]
    assert kinds(":local _:b0.") == [("name", ":local"), ("blank", "_:b0"), ("mark", ".")]


def test_strings_hide_what_looks_like_syntax() -> None:
    assert kinds(r'"a # \" <b> ex:c"@en') == [
        ("string", r'"a # \" <b> ex:c"'),
        ("language", "@en"),
    ]
    assert kinds("'''it's # one'''^^ex:d") == [
        ("string", "'''it's # one'''"),
        ("mark", "^^"),
        ("name", "ex:d"),
    ]


def test_lines_and_columns_count_from_one_over_long_strings() -> None:
    found = list(tokens('a\n """x\ny""" ex:b'))
    assert [(token.line, token.column) for token in found] == [(1, 1), (2, 2), (3, 6)]


def test_an_unclosed_string_ends_with_the_text() -> None:
    assert [token.text for token in tokens('"open')] == ['"', "open"]


@pytest.mark.parametrize("piece", ["a-", "a.", ":a.", '"""a', "<a", "'a\"b", "a:b%", "\\"])
def test_tokens_of_hostile_texts_are_linear(piece: str) -> None:
    """A quadratic pattern would take minutes for these."""
    assert sum(len(token.text) for token in tokens(piece * 50_000)) <= len(piece) * 50_000


def test_names_resolve_with_prefixes_and_escapes() -> None:
    (token,) = tokens(r"ex:a\,b")
    assert to_iri(token, {"ex": EX}) == EX + "a,b"
    assert to_iri(token, {}) is None
    (token,) = tokens(r"<https://example.org/\u0041>")
    assert to_iri(token, {}) == EX + "A"
    (token,) = tokens("a")
    assert to_iri(token, {}) == RDF + "type"


def test_values_are_unquoted() -> None:
    assert [to_value(token) for token in tokens(r'"a\n\"b\"" """c"d""" 15')] == [
        'a\n"b"',
        'c"d',
        "15",
    ]


def test_prefixes_are_read_in_both_spellings() -> None:
    text = '@prefix a: <https://a.org/> .\nprefix b: <https://b.org/> # PREFIX c: <x>\n"PREFIX"'
    assert declared_prefixes(text) == {"a": "https://a.org/", "b": "https://b.org/"}


def test_locate_finds_an_iri_in_any_spelling() -> None:
    text = "PREFIX ex: <https://example.org/>\n# ex:b\nex:a ex:p\n  <https://example.org/b> ."
    assert locate(text, EX + "b", {"ex": EX}) == 4
    assert locate(text, EX + "c", {"ex": EX}) is None


def test_statements_come_in_the_parsers_order(tiny_project: Path) -> None:
    project = read_project(tiny_project)
    compared = 0
    for file in project.files:
        found = list(statements(file.text))
        for statement, quad in zip(found, file.quads, strict=True):
            assert statement.subject is not None and statement.predicate is not None
            assert to_iri(statement.subject, file.prefixes) == str(quad.subject)[1:-1]
            assert to_iri(statement.predicate, file.prefixes) == quad.predicate.value
            compared += 1
    assert compared > 500


def test_collections_and_nested_nodes_do_not_lose_the_thread() -> None:
    text = "PREFIX ex: <https://example.org/>\nex:a ex:p [ ex:q ( 1 2 ) ] ;\n  ex:r ex:b ."
    last = list(statements(text))[-1]
    assert last.subject is not None and last.subject.text == "ex:a"
    assert last.predicate is not None and last.predicate.text == "ex:r"
    assert last.object.text == "ex:b"


def lines_of(file: SourceFile, part: str) -> list[int | None]:
    return [file.positions.line_of(quad, part) for quad in file.quads]


def test_each_quad_has_the_lines_of_its_parts(sample: SourceFile) -> None:
    assert lines_of(sample, "subject") == [5, 5, 5, 5, 9, 9, 12]
    assert lines_of(sample, "predicate") == [5, 6, 6, 7, 9, 11, 12]
    assert lines_of(sample, "object") == [5, 6, 6, 7, 9, 11, 12]
    assert lines_of(sample, "datatype")[3] == 7


def test_the_same_subject_in_a_graph_and_outside_is_told_apart() -> None:
    text = "PREFIX ex: <https://example.org/>\nex:g {\n ex:a ex:p 1 .\n}\nex:a ex:p 1 .\n"
    file = parse_turtle(text, "a.trig", "claim")
    assert lines_of(file, "object") == [3, 5]


def test_a_quad_from_elsewhere_has_no_line(sample: SourceFile) -> None:
    other = parse_turtle("<https://x.org/a> <https://x.org/b> 1 .", "b.ttl")
    assert sample.positions.line_of(other.quads[0]) is None


def test_blocks_are_subjects_and_graph_openings(sample: SourceFile) -> None:
    assert [(b.graph, b.subject, b.line, b.opens) for b in sample.positions.blocks] == [
        (EX + "graph", EX + "one", 4, True),
        (None, EX + "graph", 9, False),
        (None, EX + "two", 12, False),
    ]


spaces = st.sampled_from([" ", "\n", "\n    ", " # a; comment.\n", "\t"])
iris = st.sampled_from(["ex:a", "ex:b-c", "ex:d.e", "<https://example.org/f#g>", "<urn:x:%41>"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@st.composite
def literals(draw: st.DrawFn) -> str:
    text = draw(texts).replace("\\", "\\\\").replace('"', '\\"')
    quote = draw(st.sampled_from(['"', '"""']))
    suffix = draw(st.sampled_from(["", "@en", "@de-AT", "^^ex:type"]))
    return f"{quote}{text}{quote}{suffix}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A Turtle text with random spacing, lists and literals."""
    parts = ["PREFIX ex: <https://example.org/>\n"]
    for _ in range(draw(st.integers(1, 4))):
        parts.append(draw(iris))
        for index in range(draw(st.integers(1, 3))):
            parts += [";"] if index else []
            parts.append(draw(st.one_of(iris, st.just("a"))))
            objects = draw(st.lists(st.one_of(iris, literals()), min_size=1, max_size=3))
            parts += [piece for item in objects for piece in (item, ",")][:-1]
        parts.append(".")
    return "".join(part + draw(spaces) for part in parts)


@given(documents())
def test_statements_agree_with_the_parser_on_any_layout(text: str) -> None:
    quads = list(parse(text.encode(), RdfFormat.TURTLE))
    prefixes = declared_prefixes(text)
    found = list(statements(text))
    assert len(found) == len(quads)
    for statement, quad in zip(found, quads, strict=True):
        assert statement.subject is not None and statement.predicate is not None
        assert to_iri(statement.subject, prefixes) == str(quad.subject)[1:-1]
        assert to_iri(statement.predicate, prefixes) == quad.predicate.value
        if isinstance(quad.object, Literal):
            assert to_value(statement.object) == quad.object.value
            if quad.object.language:
                assert statement.suffix is not None
                assert statement.suffix.text.lower() == f"@{quad.object.language}"
            elif quad.object.datatype.value != XSD + "string":
                assert statement.suffix is not None
                assert to_iri(statement.suffix, prefixes) == quad.object.datatype.value
        elif isinstance(quad.object, NamedNode):
            assert to_iri(statement.object, prefixes) == quad.object.value


@given(documents())
def test_every_token_stands_where_it_says(text: str) -> None:
    lines = re.split(r"(?<=\n)", text)
    for token in tokens(text):
        line = lines[token.line - 1]
        assert line[token.column - 1 :].startswith(token.text.partition("\n")[0])
