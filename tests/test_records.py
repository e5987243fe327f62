"""What our own and the sources' claims say beside the article, and what of it is accepted."""

import re
from collections.abc import Iterable
from pathlib import Path

import edtf
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store
from pyoxigraph import parse as parse_rdf

DATA = Path(__file__).resolve().parents[1] / "data"
BASE = "https://w3id.org/elbe-day/"
VOCABULARIES = {
    "crm": "http://www.cidoc-crm.org/cidoc-crm/",
    "cito": "http://purl.org/spar/cito/",
    "edo": BASE + "def#",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
}
FORMATS = {".ttl": RdfFormat.TURTLE, ".trig": RdfFormat.TRIG}


def namespace(prefix: str) -> str:
    """Spell out a prefix: that of a vocabulary, or a kind of thing such as `person`."""
    return VOCABULARIES.get(prefix, f"{BASE}id/{prefix}/")


def node(name: str) -> NamedNode:
    """Name a term or thing: `edo:date`, `person:ivan-konev`."""
    prefix, _, local = name.partition(":")
    return NamedNode(namespace(prefix) + local)


def shown(term: object) -> str:
    """Show a term as tests write it: a literal's text, a shortened name, `None` if unbound."""
    value = str(getattr(term, "value", term))
    for prefix, name in VOCABULARIES.items():
        value = value.replace(name, f"{prefix}:")
    return value.removeprefix(BASE + "id/").replace("/", ":") if "/id/" in value else value


def rows(store: Store, variables: str, pattern: str) -> list[tuple[str, ...]]:
    """Answer a pattern, in which the default graph holds accepted facts only; sorted rows."""
    used = sorted(set(re.findall(r"\b[a-z]+(?=:)", pattern)))
    heads = "".join(f"PREFIX {prefix}: <{namespace(prefix)}>\n" for prefix in used)
    found = store.query(f"{heads}SELECT {variables} WHERE {{ {pattern} }}")
    assert isinstance(found, QuerySolutions)
    return sorted(tuple(shown(term) for term in row) for row in found)


def values(store: Store, subject: str, predicate: str) -> set[str]:
    """List what the default graph, which holds accepted facts only, says of a thing."""
    quads = store.quads_for_pattern(node(subject), node(predicate), None, DefaultGraph())
    return {shown(quad.object) for quad in quads}


def stated(store: Store, claim: str, subject: str, predicate: str) -> set[str]:
    """List what one claim says of a thing, accepted or not."""
    graph = node(f"claim:{claim}")
    quads = store.quads_for_pattern(node(subject), node(predicate), None, graph)
    return {shown(quad.object) for quad in quads}


def judged(store: Store, claim: str, predicate: str) -> set[str]:
    """List what the assessment of a claim says."""
    return values(store, f"assessment:{claim}", predicate)


@pytest.fixture(scope="module")
def records() -> Store:
    """The project's data with the triples of accepted claims copied to the default graph."""
    store = Store()
    quads: list[Quad] = []
    for path in sorted(path for path in DATA.rglob("*") if path.suffix in FORMATS):
        quads += parse_rdf(path.read_bytes(), format=FORMATS[path.suffix])
    store.extend(quads)
    accepted = store.quads_for_pattern(None, node("edo:accepted"), Literal(True))
    claims = {
        review.object
        for judgement in list(accepted)
        for review in store.quads_for_pattern(judgement.subject, node("schema:itemReviewed"), None)
    }
    for quad in quads:
        if quad.graph_name in claims:
            store.add(Quad(quad.subject, quad.predicate, quad.object))
    return store


def test_visaitov_commanded_the_28th_guards_cavalry_regiment(records: Store) -> None:
    commanders = rows(
        records,
        "?who ?rank ?when",
        """?post org:organization unit:28th-guards-cavalry-regiment ; org:role role:commander ;
            org:member ?who ; edo:rank ?rank ; edo:date ?when .""",
    )
    assert commanders == [("person:movlid-visaitov", "rank:su-lieutenant-colonel", "1945-05-02")]


def test_neumoev_led_a_squadron_since_september_1943(records: Store) -> None:
    post = "membership:e-neumoev-squadron"
    assert values(records, post, "org:member") == {"person:yakov-neumoev"}
    assert values(records, post, "org:role") == {"role:squadron-commander"}
    assert values(records, post, "edo:date") == {"1943-09/1945-05"}
    assert values(records, "claim:e-neumoev-squadron", "cito:corrects") == {"claim:c3-4"}


def test_baklanov_is_a_major_general_and_nothing_higher_is_accepted(records: Store) -> None:
    held = "?post org:member person:gleb-baklanov ; edo:rank ?rank ; edo:date ?when ."
    assert rows(records, "?rank ?when", held) == [("rank:su-major-general", "1945-04-27")]
    assert judged(records, "s-baklanov-colonel-general", "edo:accepted") == {"false"}
    assert judged(records, "s-baklanov-colonel-general", "edo:verdict") == {"verdict:unverifiable"}


def test_the_cavalry_corps_of_oslikovsky_is_the_third(records: Store) -> None:
    post = "membership:e-oslikovsky-corps-1945"
    assert values(records, post, "org:organization") == {"unit:3rd-guards-cavalry-corps"}
    corps = "unit:3rd-guards-cavalry-corps"
    assert values(records, corps, "org:subOrganizationOf") == {"unit:2nd-belorussian-front"}


def test_gomes_has_the_334th_in_january_and_the_caption_is_only_qualified(records: Store) -> None:
    post = "membership:e-gomes-334th"
    assert values(records, post, "org:organization") == {"unit:us-334th-infantry-regiment"}
    assert values(records, post, "edo:date") == {"1945-01-16"}
    claim = "claim:e-gomes-334th"
    assert values(records, claim, "cito:qualifies") == {"claim:c3-7"}
    assert values(records, claim, "cito:corrects") == set()


def test_bradley_is_general_of_the_army_only_in_1950(records: Store) -> None:
    held = "?post org:member person:omar-bradley ; edo:rank ?rank ; edo:date ?when ."
    assert rows(records, "?rank ?when", held) == [
        ("rank:us-general", "1945-05-05"),
        ("rank:us-general-of-the-army", "[1950-09-20,1950-09-22]"),
    ]


def test_the_two_receptions_are_dated_after_the_meeting(records: Store) -> None:
    konev = "event:konev-reception-for-bradley"
    bradley = "event:bradley-reception-for-konev"
    assert values(records, konev, "edo:date") == {"1945-05-05"}
    assert values(records, bradley, "edo:date") == {"[1945-05-06..]"}
    assert values(records, bradley, "edo:latest") == set()
    assert values(records, bradley, "schema:location") == set()


def test_the_plaque_is_unveiled_in_april_1995_and_no_closer(records: Store) -> None:
    unveiling = "event:plaque-unveiling"
    assert values(records, unveiling, "edo:date") == {"1995-04"}
    candidate = "e-plaque-unveiling-8-april"
    assert stated(records, candidate, unveiling, "edo:date") == {"1995-04-08"}
    assert judged(records, candidate, "edo:verdict") == {"verdict:unverifiable"}


@pytest.mark.parametrize("claim", ["s-plaque-1955-larouche", "s-plaque-1955-eir"])
def test_the_year_1955_is_contradicted(records: Store, claim: str) -> None:
    assert stated(records, claim, "event:plaque-unveiling", "edo:date") == {"1955"}
    assert judged(records, claim, "edo:verdict") == {"verdict:contradicted"}
    assert "source:k34" in judged(records, claim, "edo:disputingSource")


@pytest.mark.parametrize(
    ("claim", "reading", "source"),
    [
        ("s-inscription-tass", "plaque-reading-tass", "source:k34"),
        ("s-inscription-news-front", "plaque-reading-news-front", "source:k35"),
        ("s-inscription-voa", "plaque-reading-voa", "source:k45"),
    ],
)
def test_each_reading_of_the_plaque_has_its_source(
    records: Store, claim: str, reading: str, source: str
) -> None:
    plaque = "object:spirit-of-the-elbe-plaque"
    assert stated(records, claim, plaque, "crm:P128_carries") == {f"inscription:{reading}"}
    assert values(records, f"claim:{claim}", "edo:speaker") == {source}
    assert values(records, plaque, "crm:P128_carries") == set()


@pytest.mark.parametrize(
    ("claim", "hour", "source"),
    [
        ("s-torgau-1400", "14:00:00", "source:k20"),
        ("s-torgau-1600", "16:00:00", "source:k10"),
        ("s-torgau-1640", "16:40:00", "source:k17"),
        ("s-torgau-1645-bradley", "16:45:00", "source:k18"),
        ("s-torgau-1645-silvashko", "16:45:00", "source:k19"),
    ],
)
def test_every_hour_told_for_torgau_has_its_source(
    records: Store, claim: str, hour: str, source: str
) -> None:
    contact = "event:robertson-silvashko-contact"
    assert stated(records, claim, contact, "edo:time") == {hour}
    assert values(records, f"claim:{claim}", "prov:wasDerivedFrom") == {source}


def test_no_hour_at_torgau_is_accepted_but_the_afternoon_is(records: Store) -> None:
    contact = "event:robertson-silvashko-contact"
    assert values(records, contact, "edo:time") == set()
    assert values(records, contact, "edo:date") == {"1945-04-25"}
    assert "in the afternoon" in values(records, contact, "crm:P3_has_note")


def test_the_meeting_has_three_contacts_and_no_pictured_scene_as_part(records: Store) -> None:
    parts = rows(records, "?part", "?part schema:superEvent event:elbe-day .")
    assert parts == [
        ("event:craig-contact",),
        ("event:kotzebue-contact",),
        ("event:robertson-silvashko-contact",),
    ]


@pytest.mark.parametrize(
    ("claim", "day", "verdict"),
    [
        ("s-lenzen-april", "1945-04", "contradicted"),
        ("s-lenzen-night-of-1-may", "1945-05-01/1945-05-02", "unverifiable"),
        ("s-lenzen-2-may", "1945-05-02", "unverifiable"),
        ("s-lenzen-3-may", "1945-05-03", "unverifiable"),
        ("s-lenzen-4-may-mikheenkov", "1945-05-04", "unverifiable"),
        ("s-lenzen-4-may-konstantinov", "1945-05-04", "unverifiable"),
        ("s-lenzen-9-may", "1945-05-09", "contradicted"),
        ("s-lenzen-torgau-25-april", "1945-04-25", "contradicted"),
    ],
)
def test_each_date_of_the_cavalry_contact_is_judged(
    records: Store, claim: str, day: str, verdict: str
) -> None:
    contact = "event:lenzen-cavalry-contact"
    assert stated(records, claim, contact, "edo:date") == {day}
    assert judged(records, claim, "edo:verdict") == {f"verdict:{verdict}"}
    assert values(records, contact, "edo:date") == {"[1945-05-01..1945-05-04]"}


@pytest.mark.parametrize(
    ("claim", "day", "source"),
    [
        ("s-c5-date-25-april", "1945-04-25", "source:k86"),
        ("s-c5-date-night", "[1945-04-25,1945-04-26]", "source:k29"),
        ("s-c5-date-26-april-magazine", "1945-04-26", "source:k90"),
        ("s-c5-date-26-april-collections", "1945-04-26", "source:k91"),
        ("s-c5-date-27-april-encyclopaedia", "1945-04-27", "source:k16"),
        ("s-c5-date-27-april-blog", "1945-04-27", "source:k92"),
    ],
)
def test_each_date_of_the_posed_picture_has_its_source(
    records: Store, claim: str, day: str, source: str
) -> None:
    assert stated(records, claim, "photograph:c5", "edo:date") == {day}
    assert values(records, f"claim:{claim}", "prov:wasDerivedFrom") == {source}
    assert values(records, "photograph:c5", "edo:date") == {"[1945-04-25..1945-04-27]"}


def test_the_cemetery_lies_in_arlington_county_only(records: Store) -> None:
    cemetery = "place:arlington-national-cemetery"
    assert values(records, cemetery, "schema:containedInPlace") == {"place:arlington-county"}
    correction = "claim:e-arlington-cemetery-in-arlington-county"
    assert values(records, correction, "cito:corrects") == {"claim:a3"}


@pytest.mark.parametrize(
    ("year", "status"),
    [
        (2020, {"schema:EventCancelled"}),
        (2021, set()),
        (2022, {"schema:EventCancelled"}),
        (2023, {"schema:EventCancelled"}),
        (2024, {"schema:EventCancelled"}),
        (2025, set()),
    ],
)
def test_the_years_without_a_ceremony_are_told(records: Store, year: int, status: set[str]) -> None:
    assert values(records, f"event:arlington-ceremony-{year}", "schema:eventStatus") == status


def test_refusals_are_reported_and_never_accepted(records: Store) -> None:
    assert rows(records, "?refusal", "?refusal a schema:RejectAction .") == []
    told = rows(records, "?claim", "GRAPH ?claim { ?refusal a schema:RejectAction }")
    claims = {claim.removeprefix("claim:") for (claim,) in told}
    assert {"s-refusal-2022", "s-refusal-2023", "s-refusal-2024"} <= claims
    for claim in claims:
        assert judged(records, claim, "edo:accepted") == {"false"}
        assert judged(records, claim, "edo:attributionVerdict") == {"verdict:corroborated"}


@pytest.mark.parametrize(
    ("who", "event", "expected"),
    [
        ("yakov-neumoev", "birthDate", "[1907-01-15,1907-01-17]"),
        ("movlid-visaitov", "birthDate", "[1913-05-13,1914]"),
        ("william-d-robertson", "birthDate", "[1923,1924]"),
        ("alexander-silvashko", "deathDate", "[2010-01-25,2010-01-26]"),
    ],
)
def test_disputed_days_of_life_are_one_set(
    records: Store, who: str, event: str, expected: str
) -> None:
    assert values(records, f"person:{who}", f"schema:{event}") == {expected}


@pytest.mark.parametrize(
    ("who", "event"),
    [
        ("ivan-konev", "birthDate"),
        ("nikolai-oslikovsky", "birthDate"),
        ("albert-kotzebue", "deathDate"),
        ("yakov-neumoev", "deathDate"),
        ("william-d-robertson", "deathDate"),
    ],
)
def test_days_of_life_not_verified_are_absent(records: Store, who: str, event: str) -> None:
    assert values(records, f"person:{who}", f"schema:{event}") == set()


def test_general_gill_is_a_mention_that_may_mean_gillem(records: Store) -> None:
    hypothesis = "hypothesis:gill-is-gillem"
    assert values(records, hypothesis, "edo:mention") == {"mention:general-gill"}
    assert values(records, hypothesis, "edo:candidate") == {"person:alvan-c-gillem-jr"}
    assert values(records, hypothesis, "edo:confidence") == {"confidence:high"}


def test_the_two_receptions_are_rival_hypotheses_for_one_picture(records: Store) -> None:
    guess = "?guess edo:mention event:c4-scene ; edo:candidate ?event ; edo:confidence ?how ."
    assert rows(records, "?event ?how", guess) == [
        ("event:bradley-reception-for-konev", "confidence:medium"),
        ("event:konev-reception-for-bradley", "confidence:medium"),
    ]


@pytest.mark.parametrize("link", ["corrects", "qualifies", "confirms", "disagreesWith"])
def test_what_a_record_answers_is_a_claim_of_the_article(records: Store, link: str) -> None:
    answers = f"?ours cito:{link} ?theirs ."
    linked = rows(records, "?ours ?theirs", answers)
    assert linked
    assert linked == rows(records, "?ours ?theirs", answers + " ?theirs a edo:ArticleClaim .")


def test_a_correction_is_accepted_and_what_it_corrects_is_not(records: Store) -> None:
    for ours, theirs in rows(records, "?ours ?theirs", "?ours cito:corrects ?theirs ."):
        assert judged(records, ours.removeprefix("claim:"), "edo:accepted") == {"true"}
        assert judged(records, theirs.removeprefix("claim:"), "edo:accepted") == {"false"}


def test_every_record_states_something_in_the_graph_of_its_name(records: Store) -> None:
    named = {shown(graph) for graph in records.named_graphs()}
    assert named == {claim for (claim,) in rows(records, "?claim", "?claim edo:voice ?voice .")}


@pytest.mark.parametrize("kind", ["EditorialClaim", "SourceClaim"])
def test_every_record_has_exactly_one_assessment(records: Store, kind: str) -> None:
    claims = [claim for (claim,) in rows(records, "?claim", f"?claim a edo:{kind} .")]
    assert claims
    reviewed = f"?claim a edo:{kind} . ?assessment schema:itemReviewed ?claim ."
    assert [claim for (claim,) in rows(records, "?claim", reviewed)] == claims


@pytest.mark.parametrize("kind", ["EditorialClaim", "SourceClaim"])
def test_every_record_is_paraphrased_once_in_each_language(records: Store, kind: str) -> None:
    texts = f"?claim a edo:{kind} ; schema:text ?text . BIND(LANG(?text) AS ?language)"
    for (claim,) in rows(records, "?claim", f"?claim a edo:{kind} ."):
        languages = rows(records, "?language", f"{texts} FILTER(?claim = {claim})")
        assert languages == [("de",), ("en",), ("ru",)], claim


def test_what_is_accepted_is_a_corroborated_fact_with_a_source(records: Store) -> None:
    kinds = "fact pictured-fact background-fact speech-act inscription-fact metadata-fact naming"
    factual = {f"modality:{kind}" for kind in kinds.split()}
    accepted = "?assessment edo:accepted true ; schema:itemReviewed ?claim ."
    for (claim,) in rows(records, "?claim", accepted + " ?claim a edo:EditorialClaim ."):
        slug = claim.removeprefix("claim:")
        assert judged(records, slug, "edo:verdict") == {"verdict:corroborated"}, claim
        assert judged(records, slug, "edo:supportingSource"), claim
        assert values(records, claim, "edo:modality") <= factual, claim


def test_what_a_single_source_says_is_never_accepted(records: Store) -> None:
    accepted = "?assessment edo:accepted true ; schema:itemReviewed ?claim ."
    assert rows(records, "?claim", accepted + " ?claim a edo:SourceClaim .") == []


def day(bound: float | Iterable[int]) -> str:
    """Show a bound of an EDTF date as its day, or `None` where the date is open."""
    return "None" if isinstance(bound, float) else "{:04}-{:02}-{:02}".format(*list(bound)[:3])


def test_the_bounds_of_every_date_follow_from_it(records: Store) -> None:
    dated = rows(
        records,
        "?claim ?thing ?date ?first ?last",
        """GRAPH ?claim { ?thing edo:date ?date
            OPTIONAL { ?thing edo:earliest ?first } OPTIONAL { ?thing edo:latest ?last } }""",
    )
    assert dated
    for claim, thing, text, first, last in dated:
        parsed = edtf.parse_edtf(text)
        bounds = day(parsed.lower_strict()), day(parsed.upper_strict())
        assert (first, last) == bounds, f"{claim} dates {thing}"
