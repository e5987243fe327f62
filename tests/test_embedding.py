from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from page_kinds import KINDS, PageKind
from pyoxigraph import NamedNode, RdfFormat, parse
from rdflib import SDO

from kg.terms import RDF_TYPE, SCHEMA
from server import Settings, create_app
from server.pages.embedding import embed_thing
from server.site import open_site

EMBEDDED = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
BROWSER = {"Accept": "text/html"}
TURTLE = RdfFormat.TURTLE


@pytest.fixture(scope="module")
def client(elbe_release: Path) -> FlaskClient:
    return create_app(Settings(elbe_release)).test_client()


def embedded(client: FlaskClient, path: str) -> str:
    found = EMBEDDED.findall(client.get(path, headers=BROWSER).text)
    assert len(found) == 1, path
    return str(found[0])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_page_embeds_is_held_by_the_release(
    client: FlaskClient, elbe_release: Path, kind: PageKind
) -> None:
    if kind.status == 404:
        assert "ld+json" not in client.get(kind.path, headers=BROWSER).text
        return
    store = open_site(Settings(elbe_release)).store
    catalog = {q.triple for q in parse((elbe_release / "catalog.ttl").read_bytes(), TURTLE)}
    triples = [q.triple for q in parse(embedded(client, kind.path), RdfFormat.JSON_LD)]
    assert triples
    for triple in triples:
        held = store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        assert triple in catalog or any(True for _ in held), triple
        for term in (triple.predicate, triple.object):
            name = str(term).strip("<>").removeprefix(SCHEMA)
            assert not str(term).startswith(f"<{SCHEMA}") or name in SDO.__annotations__, term


def test_every_page_says_its_permanent_address_once(client: FlaskClient) -> None:
    for kind in KINDS:
        if kind.status != 200:
            continue
        sign = "&" if "?" in kind.path else "?"
        answer = client.get(f"{kind.path}{sign}lang=de", headers=BROWSER)
        (address,) = re.findall(r'<link rel="canonical" href="([^"]+)">', answer.text)
        assert unescape(address).startswith("https://w3id.org/elbe-day/"), kind
        assert "lang=" not in address
        assert f'<meta property="og:url" content="{address}">' in answer.text
        named = [link for link in answer.headers.getlist("Link") if 'rel="canonical"' in link]
        if named and "https://" in named[0]:
            assert named == [f'<{unescape(address)}>; rel="canonical"']


def test_a_person_is_embedded_by_name_in_schema_orgs_words(client: FlaskClient) -> None:
    found = json.loads(embedded(client, "/doc/person/yakov-neumoev"))
    assert "Person" in found["@type"]
    assert {"@value": "Yakov Neumoev", "@language": "en"} in found["name"]
    assert found["@context"] == {"@vocab": SCHEMA}


def test_a_claim_is_embedded_with_its_review(client: FlaskClient) -> None:
    found = json.loads(embedded(client, "/doc/claim/c3-4"))
    (review,) = found["@reverse"]["itemReviewed"]
    assert review["@id"].endswith("id/assessment/c3-4")
    assert review["reviewBody"]


def test_other_pages_embed_the_dataset_as_the_catalog_has_it(
    client: FlaskClient, elbe_release: Path
) -> None:
    catalog = set(parse((elbe_release / "catalog.ttl").read_bytes(), RdfFormat.TURTLE))
    said = {(q.subject, q.predicate, q.object) for q in catalog}
    for path in ("/", "/queries/", "/report", "/sparql", "/def"):
        quads = list(parse(embedded(client, path), RdfFormat.JSON_LD))
        assert {(q.subject, q.predicate, q.object) for q in quads} <= said
        kinds = {q.object for q in quads if q.predicate == RDF_TYPE}
        assert NamedNode(SCHEMA + "Dataset") in kinds
        assert (NamedNode(SCHEMA + "DataDownload") in kinds) == (path == "/")


def test_no_literal_ends_the_element_it_is_embedded_in(tmp_path: Path) -> None:
    from kg.publish import publish

    attack = tmp_path / "attack.ttl"
    attack.write_text(
        "<http://example.org/a> a <https://schema.org/Thing> ; <https://schema.org/name> "
        '"</script><script>alert(1)</script><!-- & \\u2028" .'
    )
    release = publish([attack], tmp_path / "release", "http://localhost/").path
    text = embed_thing(open_site(Settings(release)), NamedNode("http://example.org/a"))
    assert not set(text) & set("<>&\u2028")
    assert "</script>" in json.loads(text)["name"][0]


def test_a_page_says_in_its_head_what_a_preview_shows(client: FlaskClient) -> None:
    page = client.get("/doc/person/yakov-neumoev?lang=de", headers=BROWSER).text
    named = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page)
    found = {name: unescape(value) for name, value in named}
    assert found["og:title"].startswith("Jakow Neumojew") or "Neumo" in found["og:title"]
    assert found["og:url"] == "https://w3id.org/elbe-day/doc/person/yakov-neumoev"
    assert found["og:locale"] == "de"
    assert found["description"] == found["og:description"] != ""
