"""A project with links to review: three proposals, and items fetched for two of them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from wikibase import Wikibase, day, item, point, statement, text

from kg.linking.cache import CACHE, Cache
from kg.linking.life import ACCEPTED, pair_of
from kg.linking.proposals import PATH, add_proposals
from kg.project import read_project
from kg.sssom import read_sssom

BASE = "https://example.org/lighthouse/id/"
WIKIDATA = "http://www.wikidata.org/entity/"
ADA = (f"{BASE}person/ada-finch", f"{WIKIDATA}Q1")
TOWN = (f"{BASE}place/port-merrow", f"{WIKIDATA}Q2")
OTHER_TOWER = (f"{BASE}object/old-light", f"{WIKIDATA}Q3")
DAY = date(2026, 11, 22)
ALIGNMENT = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX lho: <https://example.org/lighthouse/def#>
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
wd:Q5 rdfs:label "human"@en ; rdfs:subClassOf schema:Person .
wd:Q515 rdfs:label "city"@en ; rdfs:subClassOf schema:Place .
wdt:P569 rdfs:label "date of birth"@en ; rdfs:subPropertyOf schema:birthDate .
wdt:P19 rdfs:label "place of birth"@en ; rdfs:subPropertyOf schema:birthPlace .
wdt:P625 rdfs:label "coordinate location"@en ; rdfs:subPropertyOf schema:geo .
wdt:P1566 rdfs:label "GeoNames ID"@en ; rdfs:subPropertyOf rdfs:seeAlso ;
    schema:valuePattern "https://www\\\\.geonames\\\\.org/([0-9]+)" .
"""
FACTS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX schema: <https://schema.org/>
PREFIX person: <https://example.org/lighthouse/id/person/>
PREFIX place: <https://example.org/lighthouse/id/place/>
person:ada-finch schema:birthDate "1850-02-01"^^xsd:date ;
    schema:birthPlace place:port-merrow .
place:port-merrow rdfs:seeAlso <https://www.geonames.org/77> ;
    schema:latitude 50.0 ;
    schema:longitude -4.0 .
"""

Row = Mapping[str, str]


def propose(project: Path, subject: str, id: str, **cells: str) -> None:
    """Have a program propose a link."""
    row = {
        "subject_id": subject,
        "subject_label": subject.partition(":")[2],
        "predicate_id": "skos:exactMatch",
        "object_id": f"wikidata:{id}",
        "object_label": f"item {id}",
        "mapping_justification": "semapv:MappingChaining",
        "mapping_date": "2026-11-20",
        "confidence": "0.9",
        "comment": "Wikidata gives this item the same article.",
    }
    add_proposals(read_project(project), [row | cells])


def propose_three(project: Path) -> None:
    """Propose an item each for a person, a town and a tower; the tower has one, Q39715, already."""
    propose(project, "person:ada-finch", "Q1")
    propose(project, "place:port-merrow", "Q2")
    propose(project, "object:old-light", "Q3")


def describe(project: Path) -> None:
    """Give the project dates, places and an alignment, and a person and a town fetched before."""
    (project / "ontology/alignment.ttl").write_text(ALIGNMENT, encoding="utf-8")
    (project / "data/facts.ttl").write_text(FACTS, encoding="utf-8")
    fetched = Wikibase()
    fetched.close()
    fetched.add(
        "Q1",
        "Ada Finch",
        statement("P31", item("Q5")),
        statement("P569", day("+1851-02-01"), sources={"P248": item("Q2")}),
        aliases=("Keeper Finch",),
        articles={"enwiki": "Ada Finch"},
    )
    fetched.add(
        "Q2",
        "Port Merrow",
        statement("P31", item("Q515")),
        statement("P1566", text("77")),
        statement("P625", point(50.01, -4.01)),
    )
    Cache(project / CACHE).write("http://127.0.0.1/w/api.php entity en", fetched.items)


def rows(project: Path, path: str = ACCEPTED) -> dict[tuple[str, str], Row]:
    """The rows of a file by what they are about."""
    return {pair_of(link): link.cells for link in read_sssom(project / path).links}


def state(project: Path) -> dict[str, bytes]:
    """Both files as they stand."""
    return {path: (project / path).read_bytes() for path in (ACCEPTED, PATH)}
