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
    "dcterms": "http://purl.org/dc/terms/",
    "edo": BASE + "def#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
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
        ("rank:us-general-of-the-army", "1950-09-22/.."),
    ]


@pytest.mark.parametrize(
    ("post", "when"),
    [
        ("e-kean-first-army", "1943-12/1945-10-25"),
        ("e-baklanov-corps", "1944-08/1945-05"),
        ("e-bolling-division", "1944-06/1945-05"),
        ("e-silvashko-major", "2001/.."),
    ],
)
def test_a_post_holds_throughout_its_interval_and_no_longer(
    records: Store, post: str, when: str
) -> None:
    assert values(records, f"membership:{post}", "edo:date") == {when}


def test_the_day_of_the_fifth_star_stays_open(records: Store) -> None:
    promotion = "event:bradley-promotion-1950"
    assert values(records, promotion, "edo:date") == {"[1950-09-20,1950-09-22]"}


def test_antonov_takes_up_his_post_in_an_event(records: Store) -> None:
    event = "event:antonov-takes-up-post"
    assert values(records, event, "edo:date") == {"[2017-08-31,2017-09-01]"}
    posts = "?post org:member person:anatoly-antonov ; edo:date ?when ."
    assert rows(records, "?when", posts) == [("2017-08-21/2024-10-10",)]


@pytest.mark.parametrize(
    ("who", "unit", "when"),
    [
        ("william-b-kean", "us-28th-infantry-division", "1943-03"),
        ("william-b-kean", "us-ii-corps", "1943-04"),
        ("william-d-robertson", "us-273rd-infantry-hq-1st-battalion", "1945-04-25"),
        ("albert-kotzebue", "us-273rd-infantry-company-g", "1945-04-25"),
    ],
)
def test_who_served_where(records: Store, who: str, unit: str, when: str) -> None:
    post = f"?post org:member person:{who} ; org:organization unit:{unit} ; edo:date ?when ."
    assert rows(records, "?when", post) == [(when,)]


@pytest.mark.parametrize(
    ("unit", "above", "when"),
    [
        ("173rd-guards-rifle-regiment", "58th-guards-rifle-division", "1945-04"),
        ("175th-guards-rifle-regiment", "58th-guards-rifle-division", "1945-04"),
        ("58th-guards-rifle-division", "34th-guards-rifle-corps", "1944-08/1945-05"),
        ("34th-guards-rifle-corps", "5th-guards-army", "1944-08/1945-05"),
        ("5th-guards-army", "1st-ukrainian-front", "1944-08/1945-05"),
        ("3rd-guards-cavalry-corps", "2nd-belorussian-front", "1945-01/1945-05"),
        ("5th-guards-cavalry-division", "3rd-guards-cavalry-corps", "1944-07"),
        ("6th-guards-cavalry-division", "3rd-guards-cavalry-corps", "1944-07"),
        ("32nd-cavalry-division", "3rd-guards-cavalry-corps", "1944-07"),
    ],
)
def test_a_unit_stands_under_another_at_its_time(
    records: Store, unit: str, above: str, when: str
) -> None:
    place = f"?place org:member unit:{unit} ; org:organization unit:{above} ; edo:date ?when ."
    assert rows(records, "?when", place) == [(when,)]


def test_what_came_after_the_war_is_told_and_not_accepted(records: Store) -> None:
    for claim in (
        "s-baklanov-13th-army",
        "s-baklanov-siberian-district",
        "s-baklanov-northern-group",
        "s-kean-lieutenant-general",
    ):
        assert judged(records, claim, "edo:accepted") == {"false"}, claim


def test_the_address_and_the_hour_of_the_article_are_claims(records: Store) -> None:
    (address,) = values(records, "article:elbe-day", "schema:url")
    assert address.startswith("https://sputnikglobe.com/20240425/")
    assert values(records, "claim:e-article-address", "prov:wasDerivedFrom") == {"source:k1"}
    assert values(records, "article:elbe-day", "schema:datePublished") == {"2024-04-25"}
    hour = values(records, "article:elbe-day", "dcterms:issued")
    assert hour == {"2024-04-25T13:59:00Z"}


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("torgau", "2821807"),
        ("strehla", "2826033"),
        ("lenzen", "2878731"),
        ("wittenberge", "2807344"),
        ("wiesbaden", "2809346"),
        ("kassel", "2892518"),
        ("arlington-county", "4744709"),
        ("washington-dc", "4140963"),
    ],
)
def test_a_place_with_coordinates_names_its_geonames_page(
    records: Store, place: str, number: str
) -> None:
    page = f"https://www.geonames.org/{number}"
    assert values(records, f"place:{place}", "rdfs:seeAlso") == {page}
    assert stated(records, f"e-{place}-coordinates", f"place:{place}", "rdfs:seeAlso") == {page}


@pytest.mark.parametrize(
    ("thing", "titles", "sources"),
    [
        ("person:gleb-baklanov", {"en:Gleb_Baklanov"}, {"k53", "ww2-theater"}),
        ("person:william-b-kean", {"en:William_B._Kean"}, {"k58"}),
        ("person:alvan-c-gillem-jr", {"en:Alvan_Cullom_Gillem_Jr."}, {"k59"}),
        ("person:omar-bradley", {"en:Omar_Bradley"}, {"wikipedia-omar-bradley"}),
        ("event:elbe-day", {"en:Elbe_Day", "de:Elbe_Day"}, {"k15", "k16"}),
        ("unit:1st-ukrainian-front", {"en:1st_Ukrainian_Front"}, {"ww2-theater"}),
        ("unit:5th-guards-army", {"en:5th_Guards_Army"}, {"ww2-theater"}),
        ("unit:58th-guards-rifle-division", {"en:58th_Guards_Rifle_Division"}, {"ww2-theater"}),
    ],
)
def test_an_article_about_a_thing_is_a_claim_with_its_source(
    records: Store, thing: str, titles: set[str], sources: set[str]
) -> None:
    pages = (title.split(":") for title in titles)
    addresses = {f"https://{language}.wikipedia.org/wiki/{title}" for language, title in pages}
    assert values(records, thing, "foaf:isPrimaryTopicOf") == addresses
    claims = f"GRAPH ?c {{ {thing} foaf:isPrimaryTopicOf ?page }} ?c prov:wasDerivedFrom ?source ."
    assert {row[0] for row in rows(records, "?source", claims)} == {f"source:{s}" for s in sources}


def test_units_places_and_photographs_are_named_in_three_languages(records: Store) -> None:
    for kind in ("unit", "place", "photograph", "organization", "agent"):
        found: dict[str, set[str | None]] = {}
        for quad in records.quads_for_pattern(None, node("rdfs:label"), None, DefaultGraph()):
            if shown(quad.subject).startswith(f"{kind}:") and isinstance(quad.object, Literal):
                found.setdefault(shown(quad.subject), set()).add(quad.object.language)
        assert found
        lacking = [name for name, languages in found.items() if {"en", "de", "ru"} - languages]
        assert lacking == []


def test_torgau_has_its_municipality_key(records: Store) -> None:
    assert values(records, "place:torgau", "dcterms:identifier") == {"AGS 14730310"}
    derived = values(records, "claim:e-torgau-municipality-key", "prov:wasDerivedFrom")
    assert derived == {"source:wikipedia-torgau"}


@pytest.mark.parametrize("village", ["leckwitz", "lorenzkirch", "kreinitz"])
def test_the_villages_of_the_first_contact_are_near_strehla(records: Store, village: str) -> None:
    notes = values(records, f"place:{village}", "crm:P3_has_note")
    assert notes == {"near Strehla", "bei Strehla", "близ Штрелы"}


def test_the_sign_picture_shows_both_men_without_a_posture(records: Store) -> None:
    shown_there = values(records, "photograph:c5", "foaf:depicts")
    assert shown_there == {
        "object:east-meets-west-sign",
        "person:alexander-silvashko",
        "person:william-d-robertson",
    }
    assert values(records, "claim:e-c5-shown", "cito:confirms") == {"claim:c5-1"}
    assert rows(records, "?what", "?what edo:posture ?how .") == []


def test_the_two_receptions_are_dated_after_the_meeting(records: Store) -> None:
    konev = "event:konev-reception-for-bradley"
    bradley = "event:bradley-reception-for-konev"
    assert values(records, konev, "edo:date") == {"1945-05-05"}
    assert values(records, bradley, "edo:date") == {"[1945-05-06..1945-05-31]"}
    assert values(records, bradley, "edo:latest") == {"1945-05-31"}
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
    assert stated(records, claim, "event:plaque-unveiling", "schema:location") == set()


@pytest.mark.parametrize(
    ("claim", "reading", "source"),
    [
        ("s-inscription-tass", "plaque-reading-tass", "source:k34"),
        ("s-inscription-news-front", "plaque-reading-news-front", "source:k35"),
        ("s-inscription-news-pravda", "plaque-reading-news-front", "source:k43b"),
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
    assert values(records, contact, "edo:date") == {"[1945-05-01..1945-05-03]"}


@pytest.mark.parametrize(
    ("claim", "event", "day"),
    [
        ("s-lenzen-tank-regiment-2-may", "5th-guards-cavalry-division-at-lenzen", "1945-05-02"),
        ("s-lenzen-3-may", "24th-guards-regiment-contact", "1945-05-03"),
        ("s-lenzen-4-may-mikheenkov", "3rd-guards-cavalry-corps-on-the-elbe", "1945-05-04"),
        ("s-lenzen-4-may-konstantinov", "3rd-guards-cavalry-corps-on-the-elbe", "1945-05-04"),
        ("s-lenzen-early-may", "us-84th-division-contact", "1945-05"),
    ],
)
def test_what_is_told_of_other_units_is_no_date_of_visaitovs_contact(
    records: Store, claim: str, event: str, day: str
) -> None:
    assert stated(records, claim, f"event:{event}", "edo:date") == {day}
    assert stated(records, claim, "event:lenzen-cavalry-contact", "edo:date") == set()
    assert values(records, f"event:{event}", "edo:date") == set()
    sources = values(records, f"claim:{claim}", "prov:wasDerivedFrom")
    sides = judged(records, "e-lenzen-contact", "edo:supportingSource")
    assert not sources & (sides | judged(records, "e-lenzen-contact", "edo:disputingSource"))


def test_the_regiment_that_one_page_gives_neumoev_is_reported_only(records: Store) -> None:
    post = "membership:s-neumoev-23rd-regiment"
    claim = "s-neumoev-23rd-regiment"
    assert stated(records, claim, post, "org:organization") == {"unit:23rd-guards-cavalry-regiment"}
    assert judged(records, claim, "edo:accepted") == {"false"}


@pytest.mark.parametrize(("year", "source"), [(2005, "k33"), (2018, "k34"), (2019, "k35")])
def test_earlier_ceremonies_speak_against_a_hushed_up_day(
    records: Store, year: int, source: str
) -> None:
    claim = f"e-arlington-{year}-held"
    assert values(records, f"claim:{claim}", "cito:disagreesWith") == {"claim:n5"}
    assert judged(records, claim, "edo:supportingSource") == {f"source:{source}"}
    assert values(records, f"event:arlington-ceremony-{year}", "edo:date") == {str(year)}


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


def test_the_posed_picture_was_taken_near_torgau_by_its_archive(records: Store) -> None:
    assert "near Torgau" in values(records, "event:c5-scene", "crm:P3_has_note")
    assert judged(records, "e-c5-place", "edo:supportingSource") == {"source:k86"}


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
    ceremony = f"event:arlington-ceremony-{year}"
    assert values(records, ceremony, "schema:eventStatus") == status
    assert values(records, ceremony, "schema:about") == {"object:spirit-of-the-elbe-plaque"}


def test_refusals_are_reported_and_never_accepted(records: Store) -> None:
    assert rows(records, "?refusal", "?refusal a schema:RejectAction .") == []
    told = rows(records, "?claim", "GRAPH ?claim { ?refusal a schema:RejectAction }")
    claims = {claim.removeprefix("claim:") for (claim,) in told}
    assert {"s-refusal-2022", "s-refusal-2023", "s-refusal-2024"} <= claims
    for claim in claims:
        assert judged(records, claim, "edo:accepted") == {"false"}
        assert judged(records, claim, "edo:attributionVerdict") == {"verdict:corroborated"}


def test_the_refusal_of_2022_names_the_two_bodies_its_speaker_named(records: Store) -> None:
    refusal = "action:s-refusal-2022"
    told = "s-refusal-2022"
    cemetery = {"organization:arlington-cemetery-administration"}
    assert stated(records, told, refusal, "schema:agent") == cemetery
    department = {"organization:us-state-department"}
    assert stated(records, told, refusal, "schema:participant") == department


def test_a_russian_text_prints_no_form_of_a_name_that_nobody_prints(records: Store) -> None:
    assumed = re.compile(
        r"\b(Кин(а|у|ом)?|Алван|Гиллем|Гилл|Ллойд|Гомес|Кларенс|Эмиль)\b|Александр Р\."
    )
    for claim, text in rows(
        records, "?claim ?text", '?claim schema:text ?text FILTER(LANG(?text) = "ru")'
    ):
        assert not assumed.search(text), claim


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
