"""Others come to our things by their own numbers, and take all links: /id, BEACON, linksets."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Edit
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, QuerySolutions, Store
from werkzeug.test import TestResponse

from kg.build import build
from kg.errors import SourceError
from kg.identifiers import read_schemes
from kg.linking.alignment import read_alignment
from kg.project import read_project
from kg.release import Release, open_release
from server import Settings, create_app

BASE = "https://w3id.org/elbe-day/"
OWL_SAME_AS = "http://www.w3.org/2002/07/owl#sameAs"
ALIGNMENT = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX schema: <https://schema.org/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>

wdt:P1566 rdfs:label "GeoNames ID"@en ;
    skos:notation "geonames" ;
    rdfs:subPropertyOf rdfs:seeAlso ;
    schema:valuePattern "https://www\\\\.geonames\\\\.org/([1-9][0-9]*)" ;
    schema:urlTemplate "https://www.geonames.org/{ID}" .
"""


def fields(text: str) -> tuple[dict[str, str], list[str]]:
    """Read a BEACON file as its grammar has it: fields, a blank line, then links."""
    head, _, body = text.partition("\n\n")
    found = [re.fullmatch(r"#([A-Z]+): (.*)", line) for line in head.splitlines()]
    assert all(found), head
    return {match[1]: match[2] for match in found if match}, body.splitlines()


@pytest.mark.parametrize(
    ("asked", "thing"),
    [
        ({"wikidata": "Q1644"}, "place/elbe"),
        ({"wikidata": " Q1644 "}, "place/elbe"),
        ({"wikidata": "http://www.wikidata.org/entity/Q1644"}, "place/elbe"),
        ({"geonames": "2821807"}, "place/torgau"),
        ({"geonames": "https://www.geonames.org/2821807"}, "place/torgau"),
        ({"nara": "531276"}, "photograph/c5"),
        ({"ags": "14730310"}, "place/torgau"),
    ],
)
def test_a_number_of_another_catalogue_leads_to_our_thing(
    elbe: FlaskClient, asked: dict[str, str], thing: str
) -> None:
    answer = elbe.get("/id", query_string=asked)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/id/{thing}")
    assert f'<{BASE}id/{thing}>; rel="canonical"' in answer.headers.getlist("Link")


def test_the_chosen_language_stays_on_the_way(elbe: FlaskClient) -> None:
    answer = elbe.get("/id?wikidata=Q1644&lang=de")
    assert answer.headers["Location"] == "/id/place/elbe?lang=de"


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("", 400, "the schemes are ags, geonames, gnd, nara, viaf, wikidata."),
        ("wikidata=Q1644&geonames=1", 400, "Ask for one identifier"),
        ("wikidata=Q1644&wikidata=Q1", 400, "Ask for one identifier"),
        ("openstreetmap=1", 400, "There is no scheme 'openstreetmap'; the schemes are"),
        ("wikidata=", 400, "The Wikidata identifier is missing after wikidata=."),
        ("wikidata=q1644", 404, "'q1644'; those here are written like 'Q"),
        ("wikidata=Q45328", 404, "Nothing here has the Wikidata identifier 'Q45328'"),
        ("wikidata=Q702607", 404, "Nothing here has the Wikidata identifier 'Q702607'"),
        ("viaf=1", 404, "Nothing here has the VIAF ID identifier '1'; nothing here has one."),
        ("wikidata=%00%ff", 404, "Nothing here has"),
    ],
)
def test_a_number_that_leads_nowhere_is_refused_in_a_sentence(
    elbe: FlaskClient, query: str, status: int, detail: str
) -> None:
    answer = elbe.get(f"/id?{query}")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert detail in answer.get_json()["detail"]


@pytest.fixture
def two_ports(tiny_project: Path, edit: Edit) -> FlaskClient:
    """A service of two things with one number."""
    (tiny_project / "ontology" / "alignment.ttl").write_text(ALIGNMENT, encoding="utf-8")
    for term in ("valuePattern", "urlTemplate"):
        described = f'schema:{term} a rdf:Property ; rdfs:label "{term}"@en ; rdfs:range xsd:string'
        edit("ontology/borrowed.ttl", "schema:isPartOf a", f"{described} .\n\nschema:isPartOf a")
    for name in ("place:port-merrow", "object:old-light"):
        edit(
            "data/entities.ttl",
            f"{name} a ",
            f"{name} rdfs:seeAlso <https://www.geonames.org/7> ; a ",
        )
    return _serve(tiny_project)


def _serve(project: Path) -> FlaskClient:
    built = build(project, project.parent / "release")
    return create_app(Settings(built.path)).test_client()


def test_a_number_of_two_things_gives_both(two_ports: FlaskClient) -> None:
    answer = two_ports.get("/id?geonames=7")
    assert answer.status_code == 300
    things = ["object/old-light", "place/port-merrow"]
    assert answer.get_json()["things"] == [f"https://example.org/lighthouse/id/{t}" for t in things]
    page = two_ports.get("/id?geonames=7", headers={"Accept": "text/html"})
    assert (page.status_code, page.content_type) == (300, "text/html; charset=utf-8")
    assert 'href="/doc/place/port-merrow"' in page.text


def test_plain_files_name_no_other_catalogue(client: FlaskClient, tmp_path: Path) -> None:
    from kg.publish import publish

    file = tmp_path / "a.ttl"
    file.write_text("<http://a.example/b> <http://a.example/c> <http://a.example/d> .")
    plain = create_app(Settings(publish([file], tmp_path / "r", "http://a.example/").path))
    answer = plain.test_client().get("/id?wikidata=Q1")
    assert answer.status_code == 400
    assert "none, for this release names no other catalogue" in answer.get_json()["detail"]


@pytest.mark.parametrize("key", ["wikidata", "geonames", "nara"])
def test_each_number_of_a_beacon_file_leads_here(elbe: FlaskClient, key: str) -> None:
    answer = elbe.get(f"/beacon/{key}.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    said, numbers = fields(answer.text)
    assert answer.text.startswith("#FORMAT: BEACON\n")
    assert said["TARGET"] == f"http://localhost/id?{key}={{ID}}"
    assert said["FEED"] == f"http://localhost/beacon/{key}.txt"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["TIMESTAMP"])
    assert numbers == sorted(set(numbers)) and numbers
    for number in numbers:
        target = urlsplit(said["TARGET"].replace("{ID}", number))
        assert elbe.get(f"{target.path}?{target.query}").status_code == 303, number


def test_the_beacon_file_of_wikidata_lists_what_is_the_same_and_only_that(
    elbe: FlaskClient,
) -> None:
    said, numbers = fields(elbe.get("/beacon/wikidata.txt").text)
    assert said["PREFIX"] == "http://www.wikidata.org/entity/"
    assert "Q1644" in numbers and "Q19100" in numbers
    assert not {"Q45328", "Q702607"} & set(numbers)  # rejected; like, but not the same


@pytest.mark.parametrize("key", ["ags", "viaf", "nobody"])
def test_a_scheme_without_addresses_or_things_has_no_beacon_file(
    elbe: FlaskClient, key: str
) -> None:
    answer = elbe.get(f"/beacon/{key}.txt")
    assert answer.status_code == 404
    assert "there are: geonames, nara, wikidata." in answer.get_json()["detail"]


Link = tuple[str, str, str]


def asserted(release: Path) -> Counter[Link]:
    """Every link out of the data, by a query of its own."""
    store = Store()
    store.bulk_load(path=open_release(release).dump)
    answer = store.query(
        f"""SELECT ?thing ?relation ?target WHERE {{
            ?thing ?relation ?target .
            FILTER (regex(str(?relation), "(sameAs|Match|isPrimaryTopicOf|seeAlso)$"))
            FILTER (strstarts(str(?thing), "{BASE}id/") && isIRI(?target))
            FILTER (!strstarts(str(?target), "{BASE}"))
            FILTER NOT EXISTS {{ ?thing a <http://www.w3.org/2002/07/owl#Axiom> }}
        }}"""
    )
    assert isinstance(answer, QuerySolutions)
    names = ("thing", "relation", "target")
    return Counter(
        (row[names[0]].value, row[names[1]].value, row[names[2]].value) for row in answer
    )


def test_the_linkset_holds_every_link_of_the_data(elbe: FlaskClient, elbe_release: Path) -> None:
    answer = elbe.get("/links/linkset.json")
    assert answer.content_type == "application/linkset+json"
    found = [
        (context["anchor"], relation, target["href"])
        for context in answer.get_json()["linkset"]
        for relation, targets in context.items()
        if relation != "anchor"
        for target in targets
    ]
    assert (f"{BASE}id/place/elbe", OWL_SAME_AS, "http://www.wikidata.org/entity/Q1644") in found
    assert Counter(found) == asserted(elbe_release)


def test_another_reader_finds_the_same_links_in_the_text(
    elbe: FlaskClient, elbe_release: Path, sssom_python: Path
) -> None:
    answer = elbe.get("/links/linkset", headers={"Accept": "application/linkset"})
    assert answer.content_type == "application/linkset"
    # requests came along with sssom.
    code = (
        "import json, sys; from requests.utils import parse_header_links;"
        "json.dump(parse_header_links(sys.stdin.read().replace('\\n', ' ')), sys.stdout)"
    )
    done = subprocess.run(
        [str(sssom_python), "-c", code],
        input=answer.text,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [(link["anchor"], link["rel"], link["url"]) for link in json.loads(done.stdout)]
    assert Counter(found) == asserted(elbe_release)


def test_void_counts_the_links_that_a_query_finds(elbe_release: Path) -> None:
    catalog = Store()
    catalog.load(path=elbe_release / "catalog.ttl")
    rows = catalog.query(
        """PREFIX void: <http://rdfs.org/ns/void#>
        SELECT ?relation ?from ?to ?count WHERE {
            ?set a void:Linkset ; void:linkPredicate ?relation ; void:subjectsTarget ?from ;
                void:objectsTarget ?to ; void:triples ?count
        }"""
    )
    assert isinstance(rows, QuerySolutions)
    said = {}
    for row in rows:
        assert row["from"] == NamedNode(f"{BASE}dataset")
        said[row["relation"].value, row["to"].value] = int(row["count"].value)
    counted: Counter[tuple[str, str]] = Counter()
    for _, relation, target in asserted(elbe_release):
        address = urlsplit(target)
        counted[relation, f"{address.scheme}://{address.netloc}/"] += 1
    assert said == dict(counted)
    assert counted[OWL_SAME_AS, "http://www.wikidata.org/"] == 24


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ('wdt:P1 skos:notation "Geo Names" .', "the short name 'Geo Names' is taken, or not of"),
        ('wdt:P1 skos:notation "a" . wdt:P2 skos:notation "a" .', "the short name 'a' is taken"),
        ('wdt:P1 schema:urlTemplate "https://a.example/" .', "needs {ID} once"),
        ('wdt:P1 schema:urlTemplate "{ID}" .', "needs {ID} once"),
    ],
)
def test_a_scheme_that_cannot_be_is_named_by_file_and_line(
    tiny_project: Path, statement: str, message: str
) -> None:
    (tiny_project / "ontology" / "alignment.ttl").write_text(f"{ALIGNMENT}\n{statement}\n")
    with pytest.raises(SourceError, match=re.escape(message)) as refused:
        read_alignment(read_project(tiny_project))
    assert refused.value.path == "ontology/alignment.ttl"
    assert refused.value.line == ALIGNMENT.count("\n") + 2


def test_what_a_release_says_of_identifiers_is_sorted(elbe_release: Path) -> None:
    release: Release = open_release(elbe_release)
    schemes = read_schemes((release.path / "identifiers.json").read_bytes())
    assert [s.key for s in schemes] == ["ags", "geonames", "gnd", "nara", "viaf", "wikidata"]
    for scheme in schemes:
        assert list(scheme.things) == sorted(scheme.things)


def links_of(answer: TestResponse) -> set[str]:
    return set(re.findall(r'href="([^"]*)"', answer.text))


def test_the_page_of_links_leads_to_each_way_in(elbe: FlaskClient) -> None:
    found = links_of(elbe.get("/links/"))
    assert {
        "/links/wikidata",
        "/links/wikidata.sssom.tsv",
        "/links/wikidata.ttl",
        "/beacon/geonames.txt",
        "/links/linkset.json",
        "/links/linkset.txt",
        "/void.ttl",
    } <= found
    assert any(address.startswith("/id?nara=") for address in found)
    assert "/links/" in links_of(elbe.get("/", headers={"Accept": "text/html"}))
