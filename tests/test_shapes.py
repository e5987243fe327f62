"""Shapes: the real graph keeps to them, and each fails on an error planted for it, by its name.

`mutants/FILE.trig` holds a tiny graph that keeps to `ontology/shapes/FILE.ttl` and, as named
graphs, its mutants. A mutant is called after the shape it breaks and after what is wrong
(`claim-speaker--two`). What it says replaces what the tiny graph says of the same subject and
predicate; `mutant:nothing` stands for no value at all, `mutant:renamed` gives a thing another
name everywhere. Its first subject is what the report has to name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
import rdflib
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from kg.assemble import Assembled, assemble
from kg.catalog import Catalog
from kg.project import Project, read_project
from kg.release import ReleasedFile
from kg.shacl import Result, count_focus_nodes, validate
from kg.shapes import ShapesReport, check_shapes
from kg.terms import RDF_TYPE, RDFS_LABEL, RDFS_SUB_CLASS_OF, SH

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = Path(__file__).parent / "mutants"
FILES = sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))
BASE = "https://w3id.org/elbe-day/"
NOTHING = NamedNode(f"{BASE}mutants/nothing")
RENAMED = NamedNode(f"{BASE}mutants/renamed")
SHAPE_TYPES = {NamedNode(f"{SH}NodeShape"), NamedNode(f"{SH}PropertyShape")}
TARGET_CLASS = NamedNode(f"{SH}targetClass")
TARGET_OBJECTS = NamedNode(f"{SH}targetObjectsOf")
MESSAGE = NamedNode(f"{SH}message")
SEVERITY = NamedNode(f"{SH}severity")
# A shape that only others use, through a qualified value: the report never names it.
HELPER = "English"

Name = NamedNode | BlankNode
Subject = Name | Triple
Triples = frozenset[Triple]


@dataclass(frozen=True)
class Mutant:
    """A tiny graph with one fault: the shape that it breaks, and the thing at fault."""

    name: str
    shape: str
    culprit: Subject
    data: Triples


@cache
def shapes() -> dict[str, Triples]:
    """All that is said in each file of shapes, by the file's name."""
    return {
        file.stem: frozenset(quad.triple for quad in parse(path=file, format=RdfFormat.TURTLE))
        for file in FILES
    }


@cache
def applicable(stem: str) -> Triples:
    """A file's shapes and what they use of other files: helper shapes and lists."""
    said = shapes()[stem]
    everything = frozenset().union(*shapes().values())
    while missing := {t for t in everything - said if t.subject in {u.object for u in said}}:
        said |= missing
    return said


def named(stem: str) -> set[str]:
    """The names of the node and property shapes of a file."""
    return {
        local(triple.subject.value)
        for triple in shapes()[stem]
        if triple.predicate == RDF_TYPE and triple.object in SHAPE_TYPES
        if isinstance(triple.subject, NamedNode)
    }


def local(iri: str) -> str:
    return iri.removeprefix(f"{BASE}shapes#")


def values(said: Triples, shape: str, predicate: NamedNode) -> list[object]:
    node = NamedNode(f"{BASE}shapes#{shape}")
    return [t.object for t in said if t.subject == node and t.predicate == predicate]


@cache
def read_quads(stem: str) -> tuple[Quad, ...]:
    return tuple(parse(path=MUTANTS / f"{stem}.trig", format=RdfFormat.TRIG))


@cache
def base(stem: str) -> Triples:
    """The tiny graph before anything is wrong with it."""
    return frozenset(q.triple for q in read_quads(stem) if q.graph_name == DefaultGraph())


@cache
def mutants(stem: str) -> dict[str, Mutant]:
    graphs: dict[str, list[Triple]] = {}
    for quad in read_quads(stem):
        if isinstance(quad.graph_name, NamedNode):
            name = quad.graph_name.value.removeprefix(f"{BASE}mutants/")
            graphs.setdefault(name, []).append(quad.triple)
    return {name: mutate(name, changes, base(stem)) for name, changes in graphs.items()}


def mutate(name: str, changes: list[Triple], data: Triples) -> Mutant:
    replaced = {(change.subject, change.predicate) for change in changes}
    kept = {triple for triple in data if (triple.subject, triple.predicate) not in replaced}
    said = {c for c in changes if c.object != NOTHING and c.predicate != RENAMED}
    names = {
        change.subject: change.object
        for change in changes
        if change.predicate == RENAMED and isinstance(change.object, Name)
    }
    changed = {rename(triple, names) for triple in kept | said}
    first = changes[0].subject
    return Mutant(name, name.partition("--")[0], names.get(first, first), frozenset(changed))


def rename(triple: Triple, names: Mapping[Subject, Name]) -> Triple:
    subject, value = triple.subject, triple.object
    renamed = value if isinstance(value, Literal) else names.get(value, value)
    return Triple(names.get(subject, subject), triple.predicate, renamed)


def judge(data: Triples, stem: str, targets: Iterable[Triple] = ()) -> list[Result]:
    return validate(data, applicable(stem) | set(targets))


def is_target(triple: Triple) -> bool:
    return triple.predicate.value.startswith(f"{SH}target")


def to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    lines = "".join(f"{triple} .\n" for triple in triples)
    return rdflib.Graph().parse(data=lines, format="nt")


ALL = [(stem, name) for stem in sorted(shapes()) for name in mutants(stem)]
ALL.remove(("entities", f"{HELPER}--russian"))


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


@pytest.fixture(scope="module")
def assembled(project: Project) -> Assembled:
    return assemble(project)


@pytest.fixture(scope="module")
def report(project: Project, assembled: Assembled) -> ShapesReport:
    return check_shapes(project, assembled)


def test_the_real_graph_keeps_to_every_shape(report: ShapesReport) -> None:
    assert report.violations == ()


def test_every_shape_with_a_target_selects_something_real(report: ShapesReport) -> None:
    """The shapes of the catalog have their turn when a release is written."""
    targeted = {t.subject for name in shapes() for t in shapes()[name] if is_target(t)}
    catalog = {t.subject for t in shapes()["catalog"]}
    assert set(map(NamedNode, report.focus_counts)) == targeted - catalog
    assert report.idle == ()


def test_the_real_catalog_keeps_to_its_shapes(project: Project, assembled: Assembled) -> None:
    catalog = describe_release(project, assembled)
    counts = count_focus_nodes(catalog, shapes()["catalog"])
    assert judge(catalog, "catalog") == []
    assert [name for name, count in counts.items() if count == 0] == []


def describe_release(project: Project, assembled: Assembled) -> Triples:
    """Describe a release of the project as a build does, with one made-up file."""
    authored = frozenset(quad.triple for file in project.layer("catalog") for quad in file.quads)
    file = ReleasedFile("dumps/elbe-day.ttl", "0" * 64, 1, "text/turtle")
    return Catalog(assembled, authored, project.base, project.prefixes, (file,)).to_triples()


def test_every_class_in_use_has_a_shape(assembled: Assembled) -> None:
    stated = assembled.projection.union(*assembled.claims.values())
    in_use = {t.object for t in stated if t.predicate == RDF_TYPE}
    parents = {(t.subject, t.object) for t in stated if t.predicate == RDFS_SUB_CLASS_OF}
    covered = {t.object for said in shapes().values() for t in said if t.predicate == TARGET_CLASS}
    while below := {child for child, parent in parents if parent in covered} - covered:
        covered |= below
    assert in_use - covered == set()


@pytest.mark.parametrize("stem", sorted(shapes()))
def test_every_shape_has_one_message_and_one_severity(stem: str) -> None:
    said = shapes()[stem]
    for name in sorted(named(stem)):
        messages = values(said, name, MESSAGE)
        assert [text.language for text in messages if isinstance(text, Literal)] == ["en"], name
        assert len(values(said, name, SEVERITY)) == 1, name


@pytest.mark.parametrize("stem", sorted(shapes()))
def test_nothing_in_the_shapes_is_blank(stem: str) -> None:
    terms = {term for t in shapes()[stem] for term in (t.subject, t.object)}
    assert [term for term in terms if isinstance(term, BlankNode)] == []


def test_the_shapes_are_valid_shacl() -> None:
    everything = to_rdflib(frozenset[Triple]().union(*shapes().values()))
    conforms, _, text = pyshacl.validate(
        rdflib.Graph(), shacl_graph=everything, meta_shacl=True, inference="none"
    )
    assert conforms, text


@pytest.mark.parametrize("stem", sorted(shapes()))
def test_every_shape_has_a_mutant_and_every_mutant_a_shape(stem: str) -> None:
    broken = {mutant.shape for mutant in mutants(stem).values()}
    assert named(stem) - broken == set(), "shapes that no mutant breaks"
    assert broken - named(stem) == set(), "mutants of shapes that do not exist"


@pytest.mark.parametrize("stem", sorted(shapes()))
def test_each_tiny_graph_conforms_and_meets_every_target(stem: str) -> None:
    counts = count_focus_nodes(base(stem), shapes()[stem])
    assert judge(base(stem), stem) == []
    assert [name for name, count in counts.items() if count == 0] == []


@pytest.mark.parametrize(("stem", "name"), ALL, ids=[name for _, name in ALL])
def test_each_mutant_breaks_its_shape_and_no_other(stem: str, name: str) -> None:
    mutant = mutants(stem)[name]
    found = judge(mutant.data, stem)
    assert {local(result.shape) for result in found} == {mutant.shape}
    assert mutant.culprit in {result.record for result in found}


def test_the_helper_shape_bites_when_it_is_given_a_target() -> None:
    mutant = mutants("entities")[f"{HELPER}--russian"]
    shape = NamedNode(f"{BASE}shapes#{HELPER}")
    found = judge(mutant.data, "entities", [Triple(shape, TARGET_OBJECTS, RDFS_LABEL)])
    focus = [result.focus for result in found if local(result.shape) == HELPER]
    assert focus == [Literal("А. Человек", language="ru")]


@pytest.mark.parametrize("name", mutants("provenance"))
def test_queries_of_shapes_mean_the_same_to_plain_pyshacl(name: str) -> None:
    """rdflib binds the focus node in its own way; the published shapes must work there too."""
    mutant = mutants("provenance")[name]
    said = to_rdflib(applicable("provenance"))
    _, report, _ = pyshacl.validate(to_rdflib(mutant.data), shacl_graph=said, inference="none")
    assert isinstance(report, rdflib.Graph)
    found = report.objects(None, rdflib.SH.sourceShape)
    assert {local(str(shape)) for shape in found} == {mutant.shape}
