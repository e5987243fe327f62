"""The concepts that claims, sources and pictures choose from: complete, defined, in order."""

from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, RDFS, SDO, SKOS, Graph, Namespace
from rdflib.term import Node

FILES = sorted((Path(__file__).parent.parent / "ontology" / "schemes").glob("*.ttl"))
ID = Namespace("https://w3id.org/elbe-day/id/")
THREE = ["de", "en", "ru"]

# What the claims, sources and pictures choose from: scheme -> (kind in the IRI, slugs).
CONCEPTS = {
    "voices": (
        "voice",
        """
        headline narration paraphrase quoted-fragment quotation caption metadata editorial
        record
        """,
    ),
    "modalities": (
        "modality",
        """
        fact pictured-fact background-fact speech-act reported-fact inscription-fact
        metadata-fact naming evaluation allegation allegation-of-motive presupposition hope
        framing
        """,
    ),
    "verdicts": (
        "verdict",
        """
        corroborated imprecise contradicted unverifiable evaluation
        """,
    ),
    "aspects": (
        "aspect",
        """
        agent date place photographer evidence post unit-number year-count decision-maker motive
        venue
        """,
    ),
    "grades": ("grade", "p a s w r x"),
    "confidences": ("confidence", "high medium low"),
    "postures": ("posture", "standing sitting"),
    "roles": (
        "role",
        """
        commander chief-of-staff squadron-commander platoon-commander patrol-leader ambassador
        photographer private publisher participant
        """,
    ),
    "source-kinds": (
        "concept",
        """
        kind-news-report kind-press-caption kind-archive-note kind-memoir kind-letter kind-book
        kind-encyclopaedia kind-museum-text kind-official-page kind-blog kind-dataset
        kind-booklet kind-war-diary kind-broadcast kind-paper
        """,
    ),
    "sides": ("concept", "left right"),
    "ranks-generic": (
        "rank",
        """
        generic-lieutenant generic-captain generic-major generic-lieutenant-colonel
        generic-colonel generic-major-general generic-lieutenant-general generic-colonel-general
        generic-general
        """,
    ),
    "ranks-soviet": (
        "rank",
        """
        su-lieutenant su-senior-lieutenant su-captain su-major su-lieutenant-colonel su-colonel
        su-major-general su-lieutenant-general su-colonel-general su-army-general su-marshal
        """,
    ),
    "ranks-us": (
        "rank",
        """
        us-private us-private-first-class us-second-lieutenant us-first-lieutenant us-captain
        us-major us-lieutenant-colonel us-colonel us-brigadier-general us-major-general
        us-lieutenant-general us-general us-general-of-the-army
        """,
    ),
}
RANK_SCHEMES = [slug for slug in CONCEPTS if slug.startswith("ranks-")]


@pytest.fixture(scope="module")
def schemes() -> Graph:
    graph = Graph()
    for path in FILES:
        graph.parse(path)
    return graph


def languages(graph: Graph, subject: Node, predicate: Node) -> list[str]:
    """List the languages of a text, one entry for each version of it, sorted."""
    return sorted(text.language or "" for text in graph.objects(subject, predicate))


def concepts_of(graph: Graph, scheme: str) -> set[Node]:
    return set(graph.subjects(SKOS.inScheme, ID["scheme/" + scheme]))


@pytest.mark.parametrize("scheme", CONCEPTS)
def test_a_scheme_holds_exactly_the_concepts_that_the_data_chooses_from(
    schemes: Graph, scheme: str
) -> None:
    kind, slugs = CONCEPTS[scheme]
    assert concepts_of(schemes, scheme) == {ID[f"{kind}/{slug}"] for slug in slugs.split()}


def test_every_scheme_has_a_file_of_its_name_and_describes_itself(schemes: Graph) -> None:
    assert {path.stem for path in FILES} == set(CONCEPTS)
    for slug in CONCEPTS:
        scheme = ID["scheme/" + slug]
        assert (scheme, RDF.type, SKOS.ConceptScheme) in schemes
        assert languages(schemes, scheme, RDFS.label) == THREE
        assert languages(schemes, scheme, DCTERMS.description) == THREE


def test_every_concept_is_named_and_defined_in_three_languages(
    schemes: Graph, subtests: pytest.Subtests
) -> None:
    for concept in schemes.subjects(RDF.type, SKOS.Concept):
        with subtests.test(str(concept)):
            assert languages(schemes, concept, SKOS.prefLabel) == THREE
            assert languages(schemes, concept, SKOS.definition) == THREE
            assert schemes.value(concept, SKOS.inScheme, any=False) is not None


def test_no_two_concepts_of_a_scheme_share_a_name_a_notation_or_a_definition(
    schemes: Graph,
) -> None:
    for scheme in CONCEPTS:
        for predicate in (SKOS.prefLabel, SKOS.notation, SKOS.definition):
            texts = [t for c in concepts_of(schemes, scheme) for t in schemes[c:predicate]]
            assert len(texts) == len(set(texts)), (scheme, predicate)


def test_a_concept_is_either_a_top_concept_or_under_one_of_its_scheme(schemes: Graph) -> None:
    for concept, scheme in schemes.subject_objects(SKOS.inScheme):
        broader = set(schemes.objects(concept, SKOS.broader))
        within = {b for b in broader if (b, SKOS.inScheme, scheme) in schemes}
        assert ((concept, SKOS.topConceptOf, scheme) in schemes) != bool(within), concept
        assert all((b, RDF.type, SKOS.Concept) in schemes for b in broader)


def test_the_plain_kinds_of_fact_stand_under_fact_and_opinions_do_not(schemes: Graph) -> None:
    narrower = {c.rsplit("/", 1)[1] for c in schemes.subjects(SKOS.broader, ID["modality/fact"])}
    assert narrower == {
        "pictured-fact",
        "background-fact",
        "speech-act",
        "reported-fact",
        "inscription-fact",
        "metadata-fact",
    }
    motive = ID["modality/allegation-of-motive"]
    assert schemes.value(motive, SKOS.broader) == ID["modality/allegation"]


def test_a_squadron_commander_is_not_counted_among_commanders(schemes: Graph) -> None:
    assert not list(schemes.objects(ID["role/squadron-commander"], SKOS.broader))


@pytest.mark.parametrize("scheme", RANK_SCHEMES)
def test_seniority_counts_the_ranks_of_a_scheme_from_1_without_gap_or_tie(
    schemes: Graph, scheme: str
) -> None:
    ranks = concepts_of(schemes, scheme)
    positions = [schemes.value(rank, SDO.position, any=False).toPython() for rank in ranks]
    assert sorted(positions) == list(range(1, len(ranks) + 1))


@pytest.mark.parametrize("scheme", RANK_SCHEMES)
def test_seniority_follows_the_order_of_the_ranks(schemes: Graph, scheme: str) -> None:
    slugs = CONCEPTS[scheme][1].split()
    positions = [schemes.value(ID["rank/" + slug], SDO.position).toPython() for slug in slugs]
    assert positions == sorted(positions)


def test_every_rank_has_an_abbreviation(schemes: Graph) -> None:
    for scheme in RANK_SCHEMES:
        for rank in concepts_of(schemes, scheme):
            assert schemes.value(rank, SKOS.notation, any=False) is not None, rank


def test_ranks_match_across_armies_closely_but_never_exactly(schemes: Graph) -> None:
    soviet, american = concepts_of(schemes, "ranks-soviet"), concepts_of(schemes, "ranks-us")
    matches = list(schemes.subject_objects(SKOS.closeMatch))
    assert matches and all(a in soviet and b in american for a, b in matches)
    assert not list(schemes.subject_objects(SKOS.exactMatch))


def test_matched_ranks_stand_in_the_same_order_in_both_armies(schemes: Graph) -> None:
    pairs = sorted(
        (schemes.value(a, SDO.position).toPython(), schemes.value(b, SDO.position).toPython())
        for a, b in schemes.subject_objects(SKOS.closeMatch)
    )
    assert [b for _, b in pairs] == sorted({b for _, b in pairs})


def test_an_army_s_rank_is_narrower_than_the_general_one_of_its_name(schemes: Graph) -> None:
    for army in ("su", "us"):
        for name in ("captain", "major", "lieutenant-colonel", "colonel", "major-general"):
            general = ID[f"rank/generic-{name}"]
            assert schemes.value(ID[f"rank/{army}-{name}"], SKOS.broader) == general


def test_ranks_are_named_as_armies_and_historians_name_them(schemes: Graph) -> None:
    def names(slug: str) -> set[str]:
        return {str(label) for label in schemes.objects(ID["rank/" + slug], SKOS.prefLabel)}

    assert names("su-colonel-general") == {"colonel general", "Generaloberst", "генерал-полковник"}
    assert {"Oberstleutnant", "подполковник"} < names("su-lieutenant-colonel")
    assert "генерал-майор" in names("us-major-general")
    assert "Маршал Советского Союза" in names("su-marshal")


def test_guards_is_explained_as_an_honour_and_is_no_rank(schemes: Graph) -> None:
    description = " ".join(schemes.objects(ID["scheme/ranks-soviet"], DCTERMS.description))
    assert "not a rank" in description and "kein Dienstgrad" in description
    assert not any("guard" in rank.lower() for rank in concepts_of(schemes, "ranks-soviet"))
