"""The eight invariants that make this graph source-critical, on the real project.

Each is a function that lists what breaks it. The real project leaves it with nothing to list; a
project spoilt on purpose makes it name the spoilt thing.
"""

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.assemble import Assembled, assemble
from kg.build import build
from kg.project import Project, read_project
from kg.release import open_release
from kg.shacl import validate
from kg.terms import (
    FOAF,
    OA_END,
    OA_START,
    OA_TEXT_POSITION_SELECTOR,
    ORG,
    OWL_SAME_AS,
    PROV_WAS_DERIVED_FROM,
    RDF_OBJECT,
    RDF_PREDICATE,
    RDF_SUBJECT,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_NAME,
    SCHEMA_SHA256,
    SCHEMA_TEXT,
    SKOS,
    SKOS_IN_SCHEME,
    SKOS_PREF_LABEL,
    XSD_INTEGER,
    Terms,
)

ROOT = Path(__file__).resolve().parent.parent
BASE = "https://w3id.org/elbe-day/"
ARTICLE = os.environ.get("ARTICLE")
OWN = Terms(BASE)

Node = NamedNode | BlankNode | Triple
Term = NamedNode | BlankNode | Literal | Triple

WORLD = {
    "action", "agent", "article", "award", "concept", "depiction", "event", "inscription",
    "membership", "object", "organization", "passage", "person", "photograph", "place", "rank",
    "role", "unit",
}  # fmt: skip
# What a description may say; all else is a fact, and somebody has to claim it.
DESCRIPTIVE = {
    RDF_TYPE, RDFS_LABEL, OWL_SAME_AS, OWN.span, OWN.not_stated, OWN.boilerplate, OWN.characters,
    OWN.captioned_by, SCHEMA_SHA256, NamedNode("http://www.w3.org/ns/oa#hasSource"),
    *(
        NamedNode(SCHEMA + name)
        for name in (
            "alternateName", "contentSize", "copyrightNotice", "description", "encoding",
            "inLanguage", "isPartOf", "position",
        )
    ),
}  # fmt: skip
# Records that judge, link or ask: nothing has to refer to them.
ENDS = {"assessment", "claim", "hypothesis", "mapping", "question"}
USED_BY_ITSELF = (SKOS_IN_SCHEME, OWN.boilerplate)
LABELS = (RDFS_LABEL, SCHEMA_TEXT, SKOS_PREF_LABEL)
SLUG = re.compile(rf"{BASE}id/[a-z]+/[a-z0-9-]+")


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


@pytest.fixture(scope="module")
def assembled(project: Project) -> Assembled:
    return assemble(project)


def thing(name: str) -> NamedNode:
    """A thing of ours by its short name: `claim:c3-4`."""
    return NamedNode(f"{BASE}id/{name.replace(':', '/')}")


def fact(subject: str, predicate: str, value: str) -> Triple:
    return Triple(thing(subject), NamedNode(predicate), thing(value))


def kind(term: Term) -> str:
    """The kind of a thing of ours (`person`), empty for all else."""
    found = re.match(rf"{BASE}id/([a-z]+)/", term.value) if isinstance(term, NamedNode) else None
    return found[1] if found else ""


def values(triples: Iterable[Triple], predicate: NamedNode) -> dict[Node, list[Term]]:
    found: defaultdict[Node, list[Term]] = defaultdict(list)
    for triple in triples:
        if triple.predicate == predicate:
            found[triple.subject].append(triple.object)
    return found


def to_node(term: Term) -> Node:
    assert not isinstance(term, Literal)
    return term


def spoil(
    assembled: Assembled, drop: Iterable[Triple] = (), add: Iterable[Triple] = ()
) -> Assembled:
    return replace(assembled, default=assembled.default.difference(drop).union(add))


def accepted(assembled: Assembled) -> set[Term]:
    yes = values(assembled.default, OWN.accepted)
    return {
        claim
        for judgement, claims in values(assembled.default, SCHEMA_ITEM_REVIEWED).items()
        for claim in claims
        if [str(value) for value in yes[judgement]] == [str(Literal(True))]
    }


def held_by(assembled: Assembled, claims: Iterable[Term]) -> set[Triple]:
    return {t for c in claims if isinstance(c, NamedNode) for t in assembled.claims.get(c, ())}


# 1. No fact without a source.


def unclaimed_facts(assembled: Assembled) -> set[Triple]:
    """Facts about the world in the default graph that no accepted claim holds."""
    held = held_by(assembled, accepted(assembled))
    labels = {(t.subject, t.object) for t in assembled.default if t.predicate == RDFS_LABEL}
    return {
        t
        for t in assembled.default - held
        if kind(t.subject) in WORLD
        if t.predicate not in DESCRIPTIVE and not t.predicate.value.startswith(SKOS)
        if t.predicate != SCHEMA_NAME or (t.subject, t.object) not in labels
    }


def test_every_fact_is_held_by_an_accepted_claim(assembled: Assembled) -> None:
    assert len(accepted(assembled)) > 100
    assert unclaimed_facts(assembled) == set()


def test_a_fact_whose_claim_is_withdrawn_is_named(assembled: Assembled) -> None:
    judgement = thing("assessment:e-c5-photographer")
    yes, no = (Triple(judgement, OWN.accepted, Literal(value)) for value in (True, False))
    spoilt = spoil(assembled, drop=[yes], add=[no])
    assert unclaimed_facts(spoilt) == {
        fact("photograph:c5", f"{SCHEMA}creator", "person:william-e-poulson")
    }


def test_a_fact_written_beside_the_claims_is_named(assembled: Assembled) -> None:
    planted = fact("person:gleb-baklanov", f"{FOAF}knows", "person:william-b-kean")
    assert unclaimed_facts(spoil(assembled, add=[planted])) == {planted}


# 2. Every claim is complete, and claims and graphs belong together.


def faults_of_claims(assembled: Assembled) -> set[tuple[str, str]]:
    """Claims and named graphs that lack something, each with what is wrong."""
    types = values(assembled.default, RDF_TYPE)
    claims = {node for node, kinds in types.items() if OWN.claim_classes.intersection(kinds)}
    reviewed = Counter(
        claim
        for found in values(assembled.default, SCHEMA_ITEM_REVIEWED).values()
        for claim in found
    )
    said = {
        name: values(assembled.default, predicate)
        for name, predicate in (
            ("text", SCHEMA_TEXT),
            ("voice", OWN.voice),
            ("modality", OWN.modality),
            ("speaker", OWN.speaker),
            ("origin", PROV_WAS_DERIVED_FROM),
        )
    }
    found = {(str(claim), "graph without claim") for claim in assembled.claims.keys() - claims}
    for claim in claims:
        languages = sorted(t.language or "" for t in said["text"][claim] if isinstance(t, Literal))
        faults = {
            "text": languages != ["de", "en", "ru"],
            "voice": len(said["voice"][claim]) != 1,
            "modality": not said["modality"][claim],
            "speaker": len(said["speaker"][claim]) != 1,
            "origin": not said["origin"][claim],
            "verdict": reviewed[claim] != 1,
            "graph": not isinstance(claim, NamedNode) or not assembled.claims.get(claim),
        }
        found |= {(str(claim), what) for what, wrong in faults.items() if wrong}
    return found


def test_every_claim_is_complete_and_has_its_graph(assembled: Assembled) -> None:
    assert faults_of_claims(assembled) == set()


@pytest.mark.parametrize(
    ("predicate", "what"),
    [
        (SCHEMA_TEXT, "text"),
        (OWN.voice, "voice"),
        (OWN.modality, "modality"),
        (OWN.speaker, "speaker"),
        (PROV_WAS_DERIVED_FROM, "origin"),
    ],
)
def test_a_claim_without_one_of_its_parts_is_named(
    assembled: Assembled, predicate: NamedNode, what: str
) -> None:
    claim = thing("claim:c3-4")
    lost = [t for t in assembled.default if (t.subject, t.predicate) == (claim, predicate)]
    assert faults_of_claims(spoil(assembled, drop=lost)) == {(str(claim), what)}


def test_a_claim_with_two_speakers_or_two_verdicts_is_named(assembled: Assembled) -> None:
    claim = thing("claim:c3-4")
    second = Triple(claim, OWN.speaker, thing("organization:sputnik-international"))
    assert faults_of_claims(spoil(assembled, add=[second])) == {(str(claim), "speaker")}
    again = Triple(thing("assessment:c3-3"), SCHEMA_ITEM_REVIEWED, claim)
    assert faults_of_claims(spoil(assembled, add=[again])) == {(str(claim), "verdict")}


def test_a_claim_without_graph_and_a_graph_without_claim_are_named(assembled: Assembled) -> None:
    claim, stray = thing("claim:c3-4"), thing("claim:stray")
    kept = {name: triples for name, triples in assembled.claims.items() if name != claim}
    assert faults_of_claims(replace(assembled, claims=kept)) == {(str(claim), "graph")}
    more = {**assembled.claims, stray: assembled.claims[claim]}
    found = faults_of_claims(replace(assembled, claims=more))
    assert found == {(str(stray), "graph without claim")}


# 3. What is not accepted is not asserted.


def leaked(assembled: Assembled) -> set[Triple]:
    """Triples of the default graph that only claims hold which are not accepted.

    What a claim says of itself, its subject and its words, is metadata too and stays out.
    """
    held = held_by(assembled, accepted(assembled))
    rejected = held_by(assembled, assembled.claims) - held
    return {t for t in rejected & assembled.default if kind(t.subject) != "claim"}


def test_nothing_is_asserted_that_only_rejected_claims_hold(assembled: Assembled) -> None:
    rejected = held_by(assembled, assembled.claims.keys() - accepted(assembled))
    assert len(rejected) > 100
    assert leaked(assembled) == set()


def test_a_contradicted_post_in_the_default_graph_is_named(assembled: Assembled) -> None:
    planted = fact("membership:c3-4", f"{ORG}member", "person:yakov-neumoev")
    assert leaked(spoil(assembled, add=[planted])) == {planted}


# 4. Every claim of the article can be walked back to its characters.


def number(term: Term) -> int:
    assert isinstance(term, Literal)
    return int(term.value)


def spans_of(assembled: Assembled) -> dict[Term, tuple[int, int]]:
    ends = values(assembled.default, OA_END)
    starts = values(assembled.default, OA_START).items()
    return {span: (number(at[0]), number(ends[span][0])) for span, at in starts}


def misplaced(assembled: Assembled) -> set[str]:
    """Spans outside the text, empty, wrongly named, or outside the passages of their claim."""
    spans = spans_of(assembled)
    ((characters,),) = values(assembled.default, OWN.characters).values()
    uses = values(assembled.default, OWN.span)
    origins = values(assembled.default, PROV_WAS_DERIVED_FROM)
    found = {
        str(span)
        for span, (start, end) in spans.items()
        if not 0 <= start < end <= number(characters) or span != thing(f"span:{start}-{end}")
    }
    for user in (node for node in uses if kind(node) in ("claim", "mention")):
        wholes = [spans[span] for origin in origins[user] for span in uses.get(to_node(origin), [])]
        for start, end in (spans[span] for span in uses[user]):
            if not any(first <= start and end <= last for first, last in wholes):
                found.add(str(user))
    return found


def test_every_span_lies_in_the_text_and_in_its_passage(assembled: Assembled) -> None:
    ((digest,),) = values(assembled.default, SCHEMA_SHA256).values()
    assert isinstance(digest, Literal) and re.fullmatch("[0-9a-f]{64}", digest.value)
    types = values(assembled.default, RDF_TYPE).items()
    typed = {node for node, kinds in types if OA_TEXT_POSITION_SELECTOR in kinds}
    assert spans_of(assembled).keys() == typed
    assert misplaced(assembled) == set()


def test_a_span_behind_the_end_or_outside_its_passage_is_named(assembled: Assembled) -> None:
    claim, span = thing("claim:c3-4"), thing("span:9000-9001")
    far = [
        Triple(span, at, Literal(str(place), datatype=XSD_INTEGER))
        for at, place in ((OA_START, 9000), (OA_END, 9001))
    ]
    assert misplaced(spoil(assembled, add=far)) == {str(span)}
    elsewhere = Triple(claim, OWN.span, thing("span:0-8"))
    assert misplaced(spoil(assembled, add=[elsewhere])) == {str(claim)}


def unquoted(assembled: Assembled, text: str) -> set[str]:
    """Claims and mentions whose quoted wording is not in each of their spans exactly once."""
    spans, uses = spans_of(assembled), values(assembled.default, OWN.span)
    return {
        str(user)
        for user, wordings in values(assembled.default, OWN.wording).items()
        for wording in wordings
        for start, end in (spans[span] for span in uses.get(user, []))
        if isinstance(wording, Literal)
        if text[start:end].count(wording.value) != 1
    }


# The text is not ours to ship: who has a copy names it, and this test is there too.
if ARTICLE:

    def test_the_article_has_every_quoted_wording_in_its_place(assembled: Assembled) -> None:
        raw = Path(ARTICLE).read_bytes()
        text = raw.decode()
        ((digest,),) = values(assembled.default, SCHEMA_SHA256).values()
        ((characters,),) = values(assembled.default, OWN.characters).values()
        assert isinstance(digest, Literal)
        assert (hashlib.sha256(raw).hexdigest(), len(text)) == (digest.value, number(characters))
        assert unquoted(assembled, text) == set()


def test_a_wording_that_is_not_in_the_text_is_named(assembled: Assembled) -> None:
    """The sign's words stand in a text of dots, and no other wording does."""
    start, end = spans_of(assembled)[thing("span:3827-3844")]
    text = f"{'.' * start}{'East Meets West':.^{end - start}}{'.' * 500}"
    found = unquoted(assembled, text)
    assert str(thing("claim:c5-2")) not in found
    assert {str(thing("claim:n3")), str(thing("mention:general-gill"))} <= found


# 5. Everything of ours is described, used, named well, and never blank.


def faults_of_names(quads: Iterable[Quad]) -> set[tuple[str, str]]:
    """Names of ours that are undescribed, unused or badly spelt, and blank nodes.

    A concept is used by its scheme, whatever a claim's graph speaks of by the claim; boilerplate
    is there so that no claim uses it.
    """
    typed, labelled, used, names = set[Term](), set[Term](), set[Term](), set[Term]()
    for quad in quads:
        names |= {quad.subject, quad.object}
        used.add(quad.object)
        if quad.predicate == RDF_TYPE:
            typed.add(quad.subject)
        if quad.predicate in LABELS:
            labelled.add(quad.subject)
        if quad.predicate in USED_BY_ITSELF or isinstance(quad.graph_name, NamedNode):
            used.add(quad.subject)
    ours = {name for name in names if isinstance(name, NamedNode) and kind(name)}
    return {
        *((str(name), "blank") for name in names if isinstance(name, BlankNode)),
        *((str(name), "undescribed") for name in ours - (typed & labelled)),
        *((str(name), "unused") for name in ours & typed - used if kind(name) not in ENDS),
        *((str(name), "slug") for name in ours if not SLUG.fullmatch(name.value)),
    }


def test_every_name_of_ours_is_described_used_and_well_spelt(assembled: Assembled) -> None:
    assert faults_of_names(assembled.quads) == set()


def test_names_that_lead_nowhere_are_named(assembled: Assembled) -> None:
    leckwits, lonely = thing("place:leckwits"), thing("place:lonely")
    wrong = Quad(thing("event:elbe-day"), NamedNode(f"{SCHEMA}location"), leckwits)
    assert faults_of_names([*assembled.quads, wrong]) == {(str(leckwits), "undescribed")}
    place = Quad(lonely, RDF_TYPE, NamedNode(f"{SCHEMA}Place"))
    label = Quad(lonely, RDFS_LABEL, Literal("A lonely place", language="en"))
    assert faults_of_names([*assembled.quads, place, label]) == {(str(lonely), "unused")}


def test_a_blank_node_and_a_bad_slug_are_named(assembled: Assembled) -> None:
    somewhere, capital = BlankNode("somewhere"), thing("place:Torgau")
    location = NamedNode(f"{SCHEMA}location")
    blank = Quad(thing("event:elbe-day"), location, somewhere)
    assert faults_of_names([*assembled.quads, blank]) == {(str(somewhere), "blank")}
    shouted = Quad(thing("event:elbe-day"), location, capital)
    assert (str(capital), "slug") in faults_of_names([*assembled.quads, shouted])


# 6. No term that nobody declared.


def undeclared(quads: Iterable[Quad], declared: set[Term]) -> set[str]:
    """Predicates, classes and datatypes that neither the ontology nor its borrowed terms name."""
    used: set[Term] = set()
    for quad in quads:
        used.add(quad.predicate)
        if quad.predicate == RDF_TYPE:
            used.add(quad.object)
        if isinstance(quad.object, Literal):
            used.add(quad.object.datatype)
    return {str(term) for term in used - declared}


@pytest.fixture(scope="module")
def declared(project: Project) -> set[Term]:
    ontology = (quad for file in project.layer("ontology") for quad in file.quads)
    return {quad.subject for quad in ontology if quad.predicate == RDF_TYPE}


def test_every_term_in_use_is_declared(assembled: Assembled, declared: set[Term]) -> None:
    assert undeclared(assembled.quads, declared) == set()


def test_a_misspelt_term_is_named(assembled: Assembled, declared: set[Term]) -> None:
    town = thing("place:torgau")
    for term, quad in (
        ("loction", Quad(town, NamedNode(f"{SCHEMA}loction"), town)),
        ("Palce", Quad(town, RDF_TYPE, NamedNode(f"{SCHEMA}Palce"))),
        ("dtae", Quad(town, RDFS_LABEL, Literal("x", datatype=NamedNode(f"{SCHEMA}dtae")))),
    ):
        assert undeclared([*assembled.quads, quad], declared) == {f"<{SCHEMA}{term}>"}


# 7. All dumps say the same, and saying it again makes the same bytes. That two more parsers read
# the same out of them, and that builds elsewhere are alike, stands in test_dumps and test_build.


def read_statements(turtle: bytes) -> set[Quad]:
    """The named graphs, out of the statements that the Turtle dump holds in their place."""
    triples = [quad.triple for quad in parse(turtle, RdfFormat.TURTLE)]
    subjects, predicates, objects = (
        values(triples, part) for part in (RDF_SUBJECT, RDF_PREDICATE, RDF_OBJECT)
    )
    found = set()
    for claim, statements in values(triples, OWN.states).items():
        for statement in map(to_node, statements):
            (subject,), (predicate,) = subjects[statement], predicates[statement]
            (value,) = objects[statement]
            assert isinstance(predicate, NamedNode) and isinstance(claim, NamedNode)
            found.add(Quad(to_node(subject), predicate, value, claim))
    return found


def differences(assembled: Assembled, folder: Path) -> dict[str, set[Quad]]:
    """Quads that a dump has too many or too few, by its format."""
    dataset = set(assembled.quads)
    formats = {"trig": RdfFormat.TRIG, "nq": RdfFormat.N_QUADS, "jsonld": RdfFormat.JSON_LD}
    found = {
        name: dataset.symmetric_difference(parse(path=folder / f"elbe-day.{name}", format=form))
        for name, form in formats.items()
    }
    named = {quad for quad in dataset if isinstance(quad.graph_name, NamedNode)}
    found["ttl"] = named ^ read_statements((folder / "elbe-day.ttl").read_bytes())
    return {name: wrong for name, wrong in found.items() if wrong}


def test_every_dump_says_what_was_assembled(assembled: Assembled, elbe_release: Path) -> None:
    assert differences(assembled, elbe_release / "dumps") == {}


def test_a_quad_that_a_dump_lacks_is_named(assembled: Assembled, elbe_release: Path) -> None:
    lost = next(q for q in assembled.quads if q.graph_name == thing("claim:c3-4"))
    triples = assembled.claims[thing("claim:c3-4")] - {lost.triple}
    less = replace(assembled, claims={**assembled.claims, thing("claim:c3-4"): triples})
    found = differences(less, elbe_release / "dumps")
    assert found == {name: {lost} for name in ("trig", "nq", "jsonld", "ttl")}


def test_building_again_makes_the_same_bytes(elbe_release: Path, tmp_path: Path) -> None:
    again = build(ROOT, tmp_path / "again")
    assert again.manifest == open_release(elbe_release).manifest


# 8. Shapes fail on a planted error each: all of them in test_shapes, one here on the real graph.


def test_one_planted_error_breaks_one_shape_of_the_whole_graph(
    project: Project, assembled: Assembled
) -> None:
    claim = thing("claim:c3-4")
    lost = {t for t in assembled.projection if (t.subject, t.predicate) == (claim, OWN.speaker)}
    assert len(lost) == 1
    shapes = [
        quad.triple
        for file in project.layer("shape")
        if Path(file.path).stem not in ("content", "catalog")
        for quad in file.quads
    ]
    found = validate(assembled.projection - lost, shapes)
    broken = [(r.shape, r.focus) for r in found if r.severity == "Violation"]
    assert broken == [(f"{BASE}shapes#claim-speaker", claim)]
