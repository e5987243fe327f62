"""One dataset, six formats: the same content to two independent parsers, the same bytes to all."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import rdflib
from conftest import LIGHTHOUSE
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.assemble import Assembled, assemble, to_line
from kg.dumps import find_unspeakable, to_bytes, to_dump
from kg.errors import ReleaseError, SourceError
from kg.formats import BY_NAME, RDF_FORMATS, to_format
from kg.project import Project, read_project
from kg.terms import PREFIXES, RDFS_LABEL, XSD

EX = "https://example.org/"
DATASETS = ("trig", "nq", "jsonld")
GRAPHS = ("ttl", "nt", "rdf")
CONTEXT = {"@context": {"id": "@id", "states": "@graph", "ex": EX, "p": {"@id": "ex:p"}}}


def node(name: str) -> NamedNode:
    return NamedNode(EX + name)


def typed(value: str, datatype: str) -> Literal:
    return Literal(value, datatype=NamedNode(XSD + datatype))


# What some writer or parser of RDF changes or loses.
DELICATE = [
    typed("01", "integer"),
    typed("+1", "integer"),
    typed("0.50", "decimal"),
    typed("1.0E0", "double"),
    typed("1", "boolean"),
    typed("1945-04-25T16:40:00+00:00", "dateTime"),
    typed("1945-04-25T16:40:00Z", "dateTime"),
    typed("-0044-03-15", "date"),
    typed("16:40:00", "time"),
    Literal("1945-05~", datatype=NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")),
    Literal(""),
    Literal("a\nb\tc\\d\"e'f"),
    Literal("Встреча на Эльбе", language="ru"),
    Literal("a\u2028b\u0085c\u00a0d"),
    Literal("😀 <&>]]>"),
    Literal("true"),
    Literal("one\r\ntwo\rthree"),
    Literal("x", language="de-ch-1996"),
]


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(LIGHTHOUSE)


@pytest.fixture(scope="module")
def assembled(project: Project) -> Assembled:
    return assemble(project)


@pytest.fixture(autouse=True)
def exact_literals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep rdflib from rewriting what it reads."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    monkeypatch.setattr(rdflib.term, "_NORMALIZE_LITERALS", False, raising=False)


def dump(assembled: Assembled, project: Project, name: str) -> bytes:
    content = to_dump(assembled, BY_NAME[name], project.prefixes, project.context)
    return content if isinstance(content, bytes) else b"".join(content)


def lines(quads: Iterable[Quad]) -> list[str]:
    return sorted(to_line(quad) for quad in quads)


def read_with_pyoxigraph(content: bytes, name: str) -> list[str]:
    engine = BY_NAME[name].engine
    assert isinstance(engine, RdfFormat)
    return lines(parse(content, engine))


def read_with_rdflib(content: bytes, name: str) -> list[str]:
    formats = {"ttl": "turtle", "nt": "nt11", "rdf": "xml", "trig": "trig", "nq": "nquads"}
    dataset = rdflib.Dataset()
    dataset.parse(data=content.decode(), format=formats.get(name, "json-ld"))
    return lines(_from_rdflib(dataset))


def _from_rdflib(dataset: rdflib.Dataset) -> Iterator[Quad]:
    def term(found: Any) -> Any:
        if isinstance(found, rdflib.Literal):
            if found.language:
                return Literal(str(found), language=found.language)
            datatype = NamedNode(found.datatype) if found.datatype else None
            return Literal(str(found), datatype=datatype)
        return NamedNode(str(found))

    for s, p, o, g in dataset.quads():
        default = g is None or str(g).startswith("urn:x-rdflib")
        yield Quad(term(s), term(p), term(o), *(() if default else (term(g),)))


DOUBLE = re.compile(r'"([^"]*)"(\^\^<http://www.w3.org/2001/XMLSchema#double>)')


def as_pyld_spells(lines: Iterable[str]) -> list[str]:
    """Spell doubles as PyLD does, which reads every one as a number: 0.9 as 9.0E-1."""
    return sorted(DOUBLE.sub(lambda d: f'"{to_canonical(d[1])}"{d[2]}', line) for line in lines)


def to_canonical(double: str) -> str:
    """Give the canonical form of an `xsd:double` (XML Schema 1.1, part 2, 3.3.5.2)."""
    mantissa, exponent = f"{Decimal(double):e}".split("e")
    digits = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def read_with_pyld(content: bytes) -> list[str]:
    def refuse(url: str, _: object) -> Any:
        raise AssertionError(f"{url} was fetched")

    document = json.loads(content)
    written = jsonld.to_rdf(document, {"format": "application/n-quads", "documentLoader": refuse})
    return lines(parse(written.encode(), RdfFormat.N_QUADS))


@pytest.mark.parametrize("name", DATASETS)
def test_datasets_are_the_same_to_two_parsers(
    assembled: Assembled, project: Project, name: str
) -> None:
    content = dump(assembled, project, name)
    assert read_with_pyoxigraph(content, name) == list(assembled.nquads)
    assert read_with_rdflib(content, name) == list(assembled.nquads)


def test_json_ld_is_the_same_to_a_third_parser(assembled: Assembled, project: Project) -> None:
    wanted = as_pyld_spells(assembled.nquads)
    assert read_with_pyld(dump(assembled, project, "jsonld")) == wanted


@pytest.mark.parametrize("name", GRAPHS)
def test_one_graph_formats_hold_the_projection(
    assembled: Assembled, project: Project, name: str
) -> None:
    wanted = sorted(f"{triple} .\n" for triple in assembled.projection)
    content = dump(assembled, project, name)
    assert read_with_pyoxigraph(content, name) == wanted
    assert read_with_rdflib(content, name) == wanted


@pytest.mark.parametrize("name", [*DATASETS, *GRAPHS])
def test_literals_keep_their_spelling(name: str) -> None:
    quads = [Quad(node("s"), node("p"), literal) for literal in DELICATE]
    for context in (CONTEXT, None):
        content = to_bytes(quads, name, {"ex": EX}, context)
        assert read_with_pyoxigraph(content, name) == lines(quads)
    content = to_bytes(quads, name, {"ex": EX}, CONTEXT)
    assert read_with_rdflib(content, name) == lines(quads)


IRIS = st.builds(
    lambda tail: NamedNode(EX + tail),
    st.text("aZ09._-~%25'()#/:é€", max_size=8).filter(lambda t: "%" not in t and t.count("#") < 2),
)
# XML can hold neither control characters nor surrogates; its parsers turn CR into LF.
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=["Cs"]))
LITERALS = st.one_of(
    st.builds(Literal, TEXTS),
    st.builds(Literal, TEXTS, language=st.sampled_from(["en", "de", "ru", "zh-hant"])),
    st.builds(typed, TEXTS, st.sampled_from(["integer", "boolean", "decimal", "date"])),
    st.builds(
        typed,
        st.sampled_from(["true", "0", "-7", "007", "1.5", "12345678901234567890"]),
        st.sampled_from(["integer", "boolean", "decimal", "nonNegativeInteger"]),
    ),
)
NAMES = st.sampled_from([node("p"), RDFS_LABEL, node("q-r"), node("id/p")])
GRAPH_NAMES = st.sampled_from([None, node("g"), node("g.")])


@given(st.lists(st.builds(Quad, IRIS, NAMES, st.one_of(IRIS, LITERALS), GRAPH_NAMES), max_size=12))
def test_whatever_is_written_is_read_back(quads: list[Quad]) -> None:
    prefixes = {"ex": EX, "id": EX + "id/", "": EX + "a", "rdfs": PREFIXES["rdfs"]}
    whole = sorted(set(lines(quads)))
    flat = sorted({f"{quad.triple} .\n" for quad in quads})
    for name in DATASETS:
        content = to_bytes(quads, name, prefixes, CONTEXT)
        assert sorted(set(read_with_pyoxigraph(content, name))) == whole, name
    for name in GRAPHS:
        content = to_bytes(quads, name, prefixes, CONTEXT)
        assert sorted(set(read_with_pyoxigraph(content, name))) == flat, name


@pytest.mark.parametrize("name", [*DATASETS, *GRAPHS])
def test_the_order_of_the_input_does_not_show(
    assembled: Assembled, project: Project, name: str
) -> None:
    quads = assembled.quads
    forwards = to_bytes(quads, name, project.prefixes, project.context)
    assert forwards == to_bytes(quads[::-1], name, project.prefixes, project.context)


def test_turtle_reads_like_the_sources() -> None:
    triples = [
        Triple(node("id/b"), NamedNode(PREFIXES["rdf"] + "type"), node("def#Claim")),
        Triple(node("id/b"), RDFS_LABEL, Literal("Zwei", language="de")),
        Triple(node("id/b"), RDFS_LABEL, Literal("Two", language="en")),
        Triple(node("id/b"), node("def#accepted"), typed("true", "boolean")),
        Triple(node("id/b"), node("def#at"), node("id/x.")),
        Triple(node("id/b"), node("def#at"), node("id/a")),
        Triple(node("id/b"), node("def#count"), typed("7", "integer")),
        Triple(node("id/a"), node("def#count"), typed("007", "integer")),
    ]
    prefixes = {
        "rdfs": PREFIXES["rdfs"],
        "unused": "urn:x:",
        "edo": EX + "def#",
        "thing": EX + "id/",
    }
    assert to_bytes(triples, "ttl", {**prefixes, "xsd": XSD}).decode() == (
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "PREFIX edo: <https://example.org/def#>\n"
        "PREFIX thing: <https://example.org/id/>\n"
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
        "\n"
        'thing:a edo:count "007"^^xsd:integer .\n'
        "\n"
        "thing:b a edo:Claim ;\n"
        '    rdfs:label "Two"@en ;\n'
        '    rdfs:label "Zwei"@de ;\n'
        "    edo:accepted true ;\n"
        "    edo:at thing:a, <https://example.org/id/x.> ;\n"
        "    edo:count 7 .\n"
    )


def test_trig_keeps_a_claim_and_what_is_said_of_it_together(
    assembled: Assembled, project: Project
) -> None:
    text = dump(assembled, project, "trig").decode()
    start = text.index("claim:n1 {\n    event:first-lighting lho:date")
    assert text.index("}\n\nclaim:n1 a lho:ArticleClaim ;\n", start) < text.index("claim:q1 {")


def test_a_claim_reads_as_plain_json(assembled: Assembled, project: Project) -> None:
    document = json.loads(dump(assembled, project, "jsonld"))
    assert list(document) == ["@context", "@graph"]
    assert document["@context"] == project.context["@context"]
    found = next(n for n in document["@graph"] if n["id"].endswith("/claim/n1"))
    assert list(found)[:2] == ["id", "type"]
    assert found["text"]["en"] == "The paper dates the first lighting to 3 May 1874."
    assert found["speaker"] == "https://example.org/lighthouse/id/organization/coast-gazette"
    assert [thing["lho:date"]["@value"] for thing in found["states"]] == ["1874-05-03"]


def test_truth_and_numbers_are_those_of_json() -> None:
    accepted = {"@id": EX + "accepted", "@type": XSD + "boolean"}
    context = {"@context": {"accepted": accepted, "n": {"@id": EX + "n", "@type": XSD + "integer"}}}
    quads = [
        Quad(node("a"), node("accepted"), typed("true", "boolean")),
        Quad(node("a"), node("n"), typed("42", "integer")),
        Quad(node("b"), node("n"), typed("042", "integer")),
    ]
    content = to_bytes(quads, "jsonld", {}, context)
    assert json.loads(content)["@graph"] == [
        {"@id": EX + "a", "accepted": True, "n": 42},
        {"@id": EX + "b", "n": "042"},
    ]
    assert read_with_pyoxigraph(content, "jsonld") == lines(quads)
    assert read_with_rdflib(content, "jsonld") == lines(quads)


def test_a_context_that_would_have_to_be_fetched_is_refused() -> None:
    quads = [Quad(node("a"), node("p"), node("b"))]
    with pytest.raises(SourceError, match="fetches nothing"):
        to_bytes(quads, "jsonld", {}, {"@context": "https://schema.org/"})


def test_rdf_xml_says_what_it_cannot_write() -> None:
    bad = Triple(node("a"), node("p/1"), node("b"))
    control = Triple(node("a"), node("p"), Literal("a\x01b"))
    assert find_unspeakable([bad]) == EX + "p/1"
    assert find_unspeakable([control]) == "a\x01b"
    assert find_unspeakable([Triple(node("a"), node("p"), Literal("a\tb"))]) is None
    with pytest.raises(ReleaseError, match="RDF/XML cannot write 'https://example.org/p/1'"):
        to_bytes([bad], "rdf", {})


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(ReleaseError, match="n3 is no format of ours; take one of ttl, nt, rdf"):
        to_bytes([], "n3", {})


def test_formats_go_by_other_names_too() -> None:
    assert to_format("turtle") is to_format("TTL") is BY_NAME["ttl"]
    assert to_format("json-ld") is BY_NAME["jsonld"]
    assert to_format("n3") is None
    assert {format.name for format in RDF_FORMATS} == {*DATASETS, *GRAPHS}


def test_compressed_dumps_hold_the_same_bytes(tmp_path: Path) -> None:
    from kg.build import build

    out = build(LIGHTHOUSE, tmp_path / "release").path
    for name in (*DATASETS, *GRAPHS):
        plain = (out / f"dumps/lighthouse.{name}").read_bytes()
        packed = (out / f"dumps/lighthouse.{name}.gz").read_bytes()
        assert gzip.decompress(packed) == plain
        assert packed[4:8] == b"\0\0\0\0"  # no time in the header


def test_the_real_dumps_hold_the_same_to_every_parser(elbe_release: Path) -> None:
    whole = (elbe_release / "dumps/elbe-day.nq").read_bytes()
    wanted = whole.decode().split("\n")[:-1]
    assert read_with_pyoxigraph(whole, "nq") == [f"{line}\n" for line in wanted]
    for name in DATASETS:
        content = (elbe_release / f"dumps/elbe-day.{name}").read_bytes()
        assert read_with_pyoxigraph(content, name) == [f"{line}\n" for line in wanted], name
        assert read_with_rdflib(content, name) == [f"{line}\n" for line in wanted], name
    packed = (elbe_release / "dumps/elbe-day.jsonld").read_bytes()
    assert read_with_pyld(packed) == as_pyld_spells(f"{line}\n" for line in wanted)
