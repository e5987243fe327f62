from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server import Settings, crawling, create_app

LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?')
PERSON = "/doc/person/yakov-neumoev"
BASE = "https://w3id.org/elbe-day/"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"


def links(answer: TestResponse) -> list[tuple[str, str, str]]:
    return [found for value in answer.headers.getlist("Link") for found in LINK.findall(value)]


def targets(answer: TestResponse, relation: str) -> list[str]:
    return [target for target, rel, _ in links(answer) if rel == relation]


def test_a_page_about_a_person_has_every_sign_of_the_fair_profile(elbe: FlaskClient) -> None:
    answer = elbe.get(PERSON, headers={"Accept": "text/html"})
    assert targets(answer, "cite-as") == [f"{BASE}id/person/yakov-neumoev"]
    assert targets(answer, "type") == ["https://schema.org/AboutPage", "https://schema.org/Person"]
    assert targets(answer, "license") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert (f"{PERSON}.ttl", "describedby", "text/turtle") in links(answer)
    assert targets(answer, "author") == [f"{BASE}id/agent/editors"]
    assert targets(answer, "collection") == ["/"]


def test_the_first_page_points_to_each_file_with_its_type(elbe: FlaskClient) -> None:
    answer = elbe.get("/", headers={"Accept": "text/html"})
    listed = elbe.get("/dumps/", headers={"Accept": "application/json"}).get_json()["files"]
    items = [target for target, rel, _ in links(answer) if rel == "item"]
    assert items == [f"/dumps/{file['name']}" for file in listed]
    assert ("/dumps/elbe-day.ttl", "item", "text/turtle") in links(answer)
    assert targets(answer, "cite-as") == [f"{BASE}dataset"]


@pytest.mark.parametrize("path", ["/", PERSON])
def test_the_linkset_says_what_the_headers_say(elbe: FlaskClient, path: str) -> None:
    answer = elbe.get(path, headers={"Accept": "text/html"})
    (address,) = targets(answer, "linkset")
    found = elbe.get(address)
    assert found.content_type == "application/linkset+json"
    (context,) = found.get_json()["linkset"]
    assert context.pop("anchor") == path
    said = {(one["href"], rel) for rel, many in context.items() for one in many}
    assert said <= {(target, rel) for target, rel, _ in links(answer)}
    assert {rel for _, rel in said} >= {"cite-as", "type", "license", "describedby"}


def test_a_linkset_of_nothing_known_is_refused(elbe: FlaskClient) -> None:
    for iri in (f"{BASE}id/person/nobody", "no iri", ""):
        answer = elbe.get("/linkset", query_string={"iri": iri})
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_the_sitemap_lists_every_document_once(elbe: FlaskClient) -> None:
    index = ElementTree.fromstring(elbe.get("/sitemap.xml").data)
    maps = [urlsplit(node.text or "").path for node in index.iter(f"{SITEMAP}loc")]
    assert maps == ["/sitemap-0.xml", "/sitemap-1.xml"]
    parts, documents = (
        [
            urlsplit(node.text or "").path
            for node in ElementTree.fromstring(elbe.get(path).data).iter(f"{SITEMAP}loc")
        ]
        for path in maps
    )
    assert {"/", "/article", "/queries/", "/sparql", "/def"} <= set(parts)
    assert PERSON in documents
    assert len(documents) == len(set(documents)) > 500
    assert elbe.get("/sitemap-2.xml").status_code == 404


def test_a_long_sitemap_is_parted(elbe_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawling, "SITEMAP_LENGTH", 100)
    client = create_app(Settings(elbe_release)).test_client()
    index = ElementTree.fromstring(client.get("/sitemap.xml").data)
    shares = [urlsplit(node.text or "").path for node in index.iter(f"{SITEMAP}loc")][1:]
    found = [
        node.text
        for path in shares
        for node in ElementTree.fromstring(client.get(path).data).iter(f"{SITEMAP}loc")
    ]
    assert len(shares) > 5
    assert len(found) == len(set(found))
    assert len(found) // 100 == len(shares) - 1


def test_the_addresses_for_crawlers_are_those_the_visitor_reached(elbe: FlaskClient) -> None:
    robots = elbe.get("/robots.txt", headers={"Host": "data.example"}).text
    assert "Sitemap: http://data.example/sitemap.xml" in robots
    assert "Disallow: /sparql" in robots
    assert (
        "http://data.example/sitemap-0.xml"
        in elbe.get("/sitemap.xml", headers={"Host": "data.example"}).text
    )


def test_the_feed_tells_of_the_release_and_its_day(elbe: FlaskClient) -> None:
    answer = elbe.get("/feed.atom")
    assert answer.content_type == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)
    version = elbe.get("/dumps/", headers={"Accept": "application/json"}).get_json()["version"]
    assert feed.findtext(f"{ATOM}entry/{ATOM}id") == f"urn:sha256:{version}"
    link = feed.find(f"{ATOM}entry/{ATOM}link")
    assert link is not None and link.get("href") == "http://localhost/about#versions"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-22T00:00:00Z"


def test_data_without_a_date_has_no_feed(client: FlaskClient) -> None:
    answer = client.get("/feed.atom")
    assert answer.status_code == 404
    assert "does not say when" in answer.get_json(force=True)["detail"]
    assert "feed.atom" not in client.get("/", headers={"Accept": "text/html"}).text
