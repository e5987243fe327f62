"""What is asserted, what is only expressed, and the projection that holds both in one graph."""

from collections import defaultdict
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from kg.assemble import Assembled, assemble, statements
from kg.errors import SourceError
from kg.project import read_project
from kg.terms import (
    DCTERMS_IDENTIFIER,
    EDTF_EDTF,
    OWL_SAME_AS,
    RDF_OBJECT,
    RDF_PREDICATE,
    RDF_STATEMENT,
    RDF_SUBJECT,
    RDF_TYPE,
    SCHEMA_ABOUT,
    Terms,
)

BASE = "https://example.org/lighthouse/"
TERMS = Terms(BASE)
LIGHTING = TERMS.thing("event", "first-lighting")


def claim(slug: str) -> NamedNode:
    return TERMS.thing("claim", slug)


def date(day: str) -> Triple:
    return Triple(LIGHTING, TERMS.date, Literal(day, datatype=EDTF_EDTF))


@pytest.fixture
def assembled(tiny_project: Path) -> Assembled:
    return assemble(read_project(tiny_project))


def test_an_accepted_claim_is_asserted(assembled: Assembled) -> None:
    assert date("1874-06-03") in assembled.claims[claim("e-first-lighting")]
    assert date("1874-06-03") in assembled.default


def test_a_contradicted_claim_is_expressed_but_not_asserted(assembled: Assembled) -> None:
    assert date("1874-05-03") in assembled.claims[claim("n1")]
    assert date("1874-05-03") not in assembled.default


def test_an_opinion_is_not_asserted(assembled: Assembled) -> None:
    wording = Triple(claim("q1"), TERMS.wording, Literal("the soul of the coast", language="en"))
    assert wording in assembled.claims[claim("q1")]
    assert wording not in assembled.default


def test_a_verdict_turned_round_moves_the_claim(tiny_project: Path) -> None:
    for file in (tiny_project / "data/assessments").iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("lho:accepted true", "lho:accepted false"), encoding="utf-8")
    assert date("1874-06-03") not in assemble(read_project(tiny_project)).default


def test_metadata_links_and_catalog_are_asserted(assembled: Assembled) -> None:
    assert Triple(claim("n1"), RDF_TYPE, TERMS.ArticleClaim) in assembled.default
    assert [t for t in assembled.default if t.predicate == OWL_SAME_AS]
    dataset = NamedNode(f"{BASE}dataset")
    assert Triple(dataset, DCTERMS_IDENTIFIER, Literal("lighthouse")) in assembled.default


def test_shapes_are_no_part_of_the_dataset(assembled: Assembled) -> None:
    assert not [t for t in assembled.default if "/shapes#" in str(t.subject)]


def test_statements_are_numbered_in_the_order_of_their_triples() -> None:
    one = Triple(LIGHTING, SCHEMA_ABOUT, NamedNode("https://example.org/a"))
    two = Triple(LIGHTING, SCHEMA_ABOUT, NamedNode("https://example.org/b"))
    node = NamedNode(f"{claim('n1').value}#statement-2")
    written = statements(claim("n1"), {two, one}, TERMS)
    assert written == statements(claim("n1"), [one, two], TERMS)
    assert written[5:] == [
        Triple(claim("n1"), TERMS.states, node),
        Triple(node, RDF_TYPE, RDF_STATEMENT),
        Triple(node, RDF_SUBJECT, LIGHTING),
        Triple(node, RDF_PREDICATE, SCHEMA_ABOUT),
        Triple(node, RDF_OBJECT, NamedNode("https://example.org/b")),
    ]


def test_every_claim_can_be_read_back_from_the_projection(assembled: Assembled) -> None:
    parts: defaultdict[object, dict[object, object]] = defaultdict(dict)
    stated: defaultdict[object, set[object]] = defaultdict(set)
    for triple in assembled.projection:
        if triple.predicate in (RDF_SUBJECT, RDF_PREDICATE, RDF_OBJECT):
            parts[triple.subject][triple.predicate] = triple.object
        elif triple.predicate == TERMS.states:
            stated[triple.subject].add(triple.object)
    read = {
        name: {
            Triple(parts[n][RDF_SUBJECT], parts[n][RDF_PREDICATE], parts[n][RDF_OBJECT])  # type: ignore[arg-type]
            for n in nodes
        }
        for name, nodes in stated.items()
    }
    assert read == {name: set(triples) for name, triples in assembled.claims.items()}
    assert assembled.default < assembled.projection


def test_plain_named_graphs_are_projected_as_they_are() -> None:
    one, two = date("1874-05-03"), date("1874-06-03")
    plain = Assembled(TERMS, frozenset({one}), {claim("n1"): frozenset({two})}, stated=False)
    assert plain.projection == {one, two}


def test_the_version_does_not_depend_on_how_the_files_are_cut(
    tiny_project: Path, assembled: Assembled
) -> None:
    claims = tiny_project / "data/claims"
    (claims / "records.trig").rename(claims / "a-new-name.trig")
    people = tiny_project / "data/entities.ttl"
    people.write_text("# A comment.\n" + people.read_text(encoding="utf-8"), encoding="utf-8")
    assert assemble(read_project(tiny_project)).version == assembled.version


def test_the_version_changes_with_one_character(tiny_project: Path, assembled: Assembled) -> None:
    file = tiny_project / "data/claims/records.trig"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("took place on 3 June", "took place on 3  June"), encoding="utf-8")
    assert assemble(read_project(tiny_project)).version != assembled.version


def test_lines_are_sorted_and_unique(assembled: Assembled) -> None:
    assert list(assembled.nquads) == sorted(set(assembled.nquads))
    assert all(line.endswith(" .\n") and line.count("\n") == 1 for line in assembled.nquads)


def test_a_claim_in_two_files_is_refused(tiny_project: Path) -> None:
    copy = (tiny_project / "data/claims/records.trig").read_text(encoding="utf-8")
    (tiny_project / "data/claims/zz-copy.trig").write_text(copy, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        assemble(read_project(tiny_project))
    assert str(caught.value) == (
        f"data/claims/zz-copy.trig: the claim <{BASE}id/claim/e-first-lighting> already has its "
        "graph in data/claims/records.trig; keep one"
    )


def test_a_claim_that_calls_itself_accepted_is_not_accepted(tiny_project: Path) -> None:
    file = tiny_project / "data/entities.ttl"
    own, typed = f"<{claim('n1').value}>", f"<{RDF_TYPE.value}>"
    said = f"<{TERMS.accepted.value}> true ; <https://schema.org/itemReviewed> {own} .\n"
    text = file.read_text(encoding="utf-8")
    for kind in ("", f"{own} {typed} <{TERMS.Assessment.value}> .\n"):
        file.write_text(f"{text}\n{own} {said}{kind}", encoding="utf-8")
        assert date("1874-05-03") not in assemble(read_project(tiny_project)).default


def test_only_an_assessment_accepts_a_claim(tiny_project: Path) -> None:
    file = tiny_project / "data/entities.ttl"
    said = f"<{TERMS.accepted.value}> true ; <https://schema.org/itemReviewed>"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n<a:note> {said} <{claim('n1').value}> .\n", encoding="utf-8")
    assert date("1874-05-03") not in assemble(read_project(tiny_project)).default
