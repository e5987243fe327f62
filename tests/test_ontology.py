"""The vocabulary keeps its promises: explained in three languages, justified, free of traps."""

import re
from collections import defaultdict
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import (
    DCAT,
    DCTERMS,
    FOAF,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    SDO,
    SKOS,
    VANN,
    VOID,
    XSD,
    BNode,
    Graph,
    Literal,
    Namespace,
    URIRef,
)
from rdflib.term import Node

ROOT = Path(__file__).parent.parent
ONTOLOGY = ROOT / "ontology"
FILES = [
    ONTOLOGY / "def.ttl",
    ONTOLOGY / "borrowed.ttl",
    *sorted((ONTOLOGY / "schemes").glob("*.ttl")),
]
BASE = "https://w3id.org/elbe-day/"
HOME = URIRef(BASE + "def")
EDO = Namespace(BASE + "def#")
BIBO = Namespace("http://purl.org/ontology/bibo/")
THREE = ["de", "en", "ru"]
OWN_TYPES = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
TERMS = """
Claim ArticleClaim SourceClaim EditorialClaim Assessment Source EvidenceLine Passage Mention
IdentityHypothesis Depiction
speaker relayedBy voice modality span wording notStated states boilerplate characters
verdict attributionVerdict accepted supportingSource disputingSource
grade evidenceLine sourceKind consulted date earliest latest time rank
inPhotograph depicted position ordinal countedFrom posture captionedBy
mention candidate confidence basis
"""

# Vocabularies that rdflib holds whole; DCAT only up to version 2.
CLOSED = (RDF, RDFS, OWL, XSD, SKOS, DCTERMS, VANN, VOID, FOAF, PROV, ORG, SDO, DCAT)
NEW_IN_DCAT_3 = {f"{DCAT}version", f"{DCAT}previousVersion"}
# The others, read in their own documents.
READ = {
    str(BIBO): "DocumentStatus status status/published",
    "http://www.w3.org/ns/oa#": """
        SpecificResource TextPositionSelector hasSource hasSelector start end
    """,
    "http://semanticweb.cs.vu.nl/2009/11/sem/": "hasActor",
    "http://www.cidoc-crm.org/cidoc-crm/": """
        E22_Human-Made_Object E31_Document E34_Inscription E73_Information_Object
        P3_has_note P14_carried_out_by P128_carries
    """,
    "http://purl.org/spar/cito/": "citesAsEvidence corrects qualifies confirms disagreesWith",
    "http://id.loc.gov/datatypes/edtf/": "EDTF",
    "https://w3id.org/sssom/": """
        MappingSet mappings NegatedPredicate mapping_justification confidence
        predicate_modifier subject_label object_label author_label reviewer_label creator_label
        review_date mapping_source mapping_tool mapping_tool_version sssom_version
        match_string other
        subject_source subject_source_version object_source object_source_version
    """,
    "https://w3id.org/semapv/vocab/": """
        ManualMappingCuration LexicalMatching MappingChaining CompositeMatching
    """,
    "http://spdx.org/rdf/terms#": """
        Checksum ChecksumAlgorithm checksum algorithm checksumValue checksumAlgorithm_sha256
    """,
}


@pytest.fixture(scope="module")
def own() -> Graph:
    return Graph().parse(ONTOLOGY / "def.ttl")


@pytest.fixture(scope="module")
def borrowed() -> Graph:
    return Graph().parse(ONTOLOGY / "borrowed.ttl")


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def turtle(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def everything() -> set[pyoxigraph.Triple]:
    """Gather all that the sources say, in whatever graph."""
    paths = [path for suffix in ("ttl", "trig") for path in (ROOT / "data").rglob(f"*.{suffix}")]
    return {q.triple for path in [*paths, *FILES] for q in pyoxigraph.parse(path=str(path))}


def own_terms(graph: Graph) -> list[URIRef]:
    return sorted({term for kind in OWN_TYPES for term in graph.subjects(RDF.type, kind)})


def languages(graph: Graph, subject: Node, predicate: Node) -> list[str]:
    """List the languages of a text, one entry for each version of it, sorted."""
    return sorted(text.language or "" for text in graph.objects(subject, predicate))


def test_the_ontology_names_the_terms_that_the_graph_is_built_on(own: Graph) -> None:
    names = {str(term).removeprefix(EDO) for term in own_terms(own)}
    assert names == set(TERMS.split())


def test_every_own_term_is_labelled_and_explained_in_three_languages(
    own: Graph, subtests: pytest.Subtests
) -> None:
    for term in own_terms(own):
        with subtests.test(str(term)):
            assert languages(own, term, RDFS.label) == THREE
            assert languages(own, term, RDFS.comment) == THREE


def test_no_two_own_terms_of_a_kind_share_a_label(own: Graph) -> None:
    for kind in OWN_TYPES:
        terms = own.subjects(RDF.type, kind)
        labels = [label for term in terms for label in own.objects(term, RDFS.label)]
        assert len(labels) == len(set(labels))


def test_every_own_term_has_an_example_and_says_why_no_existing_term_serves(
    own: Graph, subtests: pytest.Subtests
) -> None:
    for term in own_terms(own):
        with subtests.test(str(term)):
            example = own.value(term, SKOS.example, any=False)
            reason = own.value(term, SKOS.editorialNote, any=False)
            assert (example.language, reason.language) == ("en", "en")
            assert reason.startswith("Why not ") and ":" in reason


def test_every_own_term_is_defined_here_and_nowhere_else(own: Graph) -> None:
    for term in own_terms(own):
        assert list(own.objects(term, RDFS.isDefinedBy)) == [HOME]


def test_the_ontology_file_describes_nothing_but_its_own_terms(own: Graph) -> None:
    assert set(own.subjects()) == {HOME, *own_terms(own)}


def test_classes_are_written_in_upper_camel_and_properties_in_lower_camel(own: Graph) -> None:
    for term in own_terms(own):
        name = str(term).removeprefix(EDO)
        pattern = "[A-Z][A-Za-z]+" if (term, RDF.type, OWL.Class) in own else "[a-z][A-Za-z]+"
        assert re.fullmatch(pattern, name), name


def test_every_plain_value_has_a_declared_type(own: Graph) -> None:
    for term in own.subjects(RDF.type, OWL.DatatypeProperty):
        assert own.value(term, RDFS.range, any=False) is not None, term


def test_no_domain_stands_on_a_property_that_several_classes_carry(own: Graph) -> None:
    shared = "span wording notStated date earliest latest time supportingSource disputingSource"
    for name in shared.split():
        assert own.value(EDO[name], RDFS.domain) is None, name


def test_every_domain_and_range_is_true_of_the_data(
    own: Graph, everything: set[pyoxigraph.Triple], subtests: pytest.Subtests
) -> None:
    types, parents = defaultdict(set), defaultdict(set)
    for triple in everything:
        if triple.predicate.value == str(RDF.type):
            types[triple.subject].add(triple.object.value)
        if triple.predicate.value == str(RDFS.subClassOf):
            parents[triple.subject.value].add(triple.object.value)

    def is_a(node: object, kind: str) -> bool:
        kinds, seen = list(types[node]), set[str]()
        while kinds:
            seen.add(kinds.pop())
            kinds += [parent for one in seen for parent in parents[one] if parent not in seen]
        return kind in seen

    for end, place in ((RDFS.domain, "subject"), (RDFS.range, "object")):
        for term, kind in own.subject_objects(end):
            ends = {getattr(t, place) for t in everything if t.predicate.value == str(term)}
            with subtests.test(str(term), end=end):
                things = {node for node in ends if isinstance(node, pyoxigraph.NamedNode)}
                assert [node for node in things if not is_a(node, str(kind))] == []
                typed = {n.datatype.value for n in ends if isinstance(n, pyoxigraph.Literal)}
                assert typed <= {str(kind)}


def test_every_term_we_specialise_is_one_we_name_for_readers(own: Graph, borrowed: Graph) -> None:
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range):
        for target in own.objects(None, predicate):
            assert (target, RDFS.label, None) in own or (target, RDFS.label, None) in borrowed


def test_the_three_kinds_of_claim_exclude_each_other(own: Graph) -> None:
    kinds = {EDO.ArticleClaim, EDO.SourceClaim, EDO.EditorialClaim}
    pairs = {frozenset(pair) for pair in own.subject_objects(OWL.disjointWith)}
    assert pairs == {frozenset((a, b)) for a in kinds for b in kinds if a != b}


# --- metadata, after the checks that FOOPS! makes of an ontology


@pytest.mark.parametrize(
    "predicate",
    [
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.license,
        DCTERMS.creator,
        DCTERMS.contributor,
        DCTERMS.publisher,
        DCTERMS.created,
        DCTERMS.issued,
        DCTERMS.modified,
        DCTERMS.source,
        DCTERMS.references,
        DCTERMS.bibliographicCitation,
        OWL.versionIRI,
        OWL.versionInfo,
        VANN.preferredNamespacePrefix,
        VANN.preferredNamespaceUri,
        BIBO.status,
    ],
    ids=lambda predicate: re.split("[/#]", predicate)[-1],
)
def test_the_ontology_states_its_own_metadata(own: Graph, predicate: URIRef) -> None:
    assert own.value(HOME, predicate) is not None


def test_the_ontology_is_titled_and_described_in_three_languages(own: Graph) -> None:
    for predicate in (RDFS.label, DCTERMS.title, DCTERMS.description):
        assert languages(own, HOME, predicate) == THREE


def test_the_ontology_s_version_has_an_address_of_its_own(own: Graph) -> None:
    version = own.value(HOME, OWL.versionInfo, any=False)
    address = own.value(HOME, OWL.versionIRI, any=False)
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert address == URIRef(f"{HOME}/{version}")


def test_the_namespace_the_ontology_announces_is_the_one_it_uses(own: Graph) -> None:
    assert str(own.value(HOME, VANN.preferredNamespaceUri)) == str(EDO) == f"{HOME}#"
    assert str(own.value(HOME, VANN.preferredNamespacePrefix)) == "edo"


def test_the_ontology_is_under_cc_by_4(own: Graph) -> None:
    licence = own.value(HOME, DCTERMS.license, any=False)
    assert licence == URIRef("https://creativecommons.org/licenses/by/4.0/")


def test_reading_the_ontology_needs_no_network(own: Graph) -> None:
    assert not list(own.objects(None, OWL.imports))


# --- borrowed terms


def test_every_borrowed_term_has_a_name_for_readers_in_three_languages(
    borrowed: Graph, subtests: pytest.Subtests
) -> None:
    for term in set(borrowed.subjects()):
        with subtests.test(str(term)):
            assert languages(borrowed, term, RDFS.label) == THREE


def test_every_borrowed_term_points_to_the_vocabulary_it_comes_from(borrowed: Graph) -> None:
    for term in set(borrowed.subjects()):
        assert term.startswith(borrowed.value(term, RDFS.isDefinedBy, any=False)), term


def test_every_borrowed_term_exists_in_its_vocabulary(
    borrowed: Graph, subtests: pytest.Subtests
) -> None:
    read = {f"{space}{name}" for space, names in READ.items() for name in names.split()}
    for term in set(borrowed.subjects()):
        space = next((space for space in CLOSED if term.startswith(str(space))), None)
        with subtests.test(str(term)):
            known = space is not None and str(term).removeprefix(str(space)) in space
            assert known or str(term) in read or str(term) in NEW_IN_DCAT_3


def test_the_check_of_borrowed_terms_would_catch_a_misspelt_one() -> None:
    assert "birthDate" in SDO and "birthdate" not in SDO and "wasDerivedfrom" not in PROV


def test_borrowed_terms_are_not_passed_off_as_ours(borrowed: Graph) -> None:
    assert own_terms(borrowed) == []
    assert not any(term.startswith(BASE) for term in set(borrowed.subjects()))


def test_codes_and_keys_are_marked_as_plain_strings(borrowed: Graph) -> None:
    plain = set(borrowed.subjects(RDFS.range, XSD.string))
    assert {SKOS.notation, DCTERMS.identifier, SDO.sha256, OWL.versionInfo} <= plain
    assert not plain & {RDFS.label, SDO.text, SDO.description, DCTERMS.title}


def test_every_predicate_class_and_datatype_of_the_ontology_is_declared(
    own: Graph, borrowed: Graph, turtle: Path
) -> None:
    declared = set(own_terms(own)) | set(borrowed.subjects())
    graph = Graph().parse(turtle)
    assert set(graph.predicates()) | set(graph.objects(None, RDF.type)) <= declared
    datatypes = {value.datatype for value in graph.objects() if isinstance(value, Literal)}
    assert datatypes - {None} <= declared


# --- all files of the ontology


def test_both_parsers_read_the_same_triples(turtle: Path) -> None:
    triples = {q.triple for q in pyoxigraph.parse(path=str(turtle))}
    assert len(triples) == len(Graph().parse(turtle))


def test_no_node_is_blank(turtle: Path) -> None:
    assert not any(isinstance(node, BNode) for node in Graph().parse(turtle).all_nodes())


def test_every_human_string_carries_its_language(turtle: Path, borrowed: Graph) -> None:
    plain = set(borrowed.subjects(RDFS.range, XSD.string))
    for _, predicate, value in Graph().parse(turtle):
        if isinstance(value, Literal) and value.language is None and value.datatype is None:
            assert predicate in plain, (predicate, value)
