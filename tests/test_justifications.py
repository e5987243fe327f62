"""Why do we say that this is that? The page of a link, of a set of links, and of a thing."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from kg.release import open_release
from kg.sssom import read_sssom

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "data" / "links" / "wikidata.sssom.tsv"
BASE = "https://w3id.org/elbe-day/"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
HTML = {"Accept": "text/html", "Accept-Language": "en"}


def words(client: FlaskClient, path: str, lang: str = "en") -> str:
    """The text of a page, without markup."""
    answer = client.get(path, headers={**HTML, "Accept-Language": lang})
    assert answer.status_code == 200
    main = answer.text.partition('<main id="main">')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_an_accepted_link_says_who_says_it_when_and_on_what_grounds(elbe: FlaskClient) -> None:
    page = words(elbe, "/doc/mapping/place-elbe-q1644")
    assert "Why do we say that Elbe is Q1644 (Elbe)?" in page
    assert "Three separate data sets print this id with this name" in page
    assert "How the link was made linked by hand, with evidence" in page
    assert "Reviewed by The editors" in page
    assert "Made on 22 November 2026" in page
    assert "https://github.com/jzbjyb/X-FACTR" in page
    assert "Elbe Day knowledge graph to Wikidata" in page


def test_what_was_looked_at_and_rejected_stands_beside_it_with_the_reason(
    elbe: FlaskClient,
) -> None:
    page = words(elbe, "/doc/mapping/place-elbe-q1644")
    others = page.partition("Also looked at for Elbe")[2]
    assert re.search(
        r"not: \S.* Q45328 wikidata.org – Elba The island in the Mediterranean", others
    )


def test_a_rejected_link_says_that_the_two_are_not_the_same(elbe: FlaskClient) -> None:
    page = words(elbe, "/doc/mapping/place-elbe-q45328")
    assert "Why do we say that Elbe is not Q45328 (Elba)?" in page
    assert page.startswith("Looked at and rejected")


def test_a_likeness_is_not_called_identity(elbe: FlaskClient) -> None:
    page = words(elbe, "/doc/mapping/rank-us-first-lieutenant-q20715023")
    assert "is like Q20715023 (first lieutenant)?" in page
    assert "Also compared with Q20715023 (first lieutenant)" in page
    assert "second lieutenant" in page.partition("Also compared with")[2]


def test_an_item_that_vouches_only_for_itself_is_no_evidence(elbe: FlaskClient) -> None:
    page = words(elbe, "/doc/mapping/rank-us-major-general-q287709")
    assert "No data set can be named, only the item itself." in page
    assert "www.wikidata.org/wiki" not in page


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("de", "Warum sagen wir: Elbe ist Q1644 (Elbe)?"),
        ("ru", "Почему мы говорим, что Эльба — это Q1644 (Elbe)?"),
    ],
)
def test_the_question_is_put_in_the_readers_language(
    elbe: FlaskClient, lang: str, title: str
) -> None:
    assert title in words(elbe, "/doc/mapping/place-elbe-q1644", lang)


def test_the_page_of_a_thing_leads_to_the_reasons_of_each_link(elbe: FlaskClient) -> None:
    answer = elbe.get("/doc/place/elbe", headers=HTML)
    assert '<a href="/doc/mapping/place-elbe-q1644">why we say so</a>' in answer.text
    assert '<a href="/doc/mapping/place-elbe-q45328">why we say so</a>' in answer.text


def test_a_set_shows_each_link_once_page_by_page(elbe: FlaskClient) -> None:
    pages = [words(elbe, f"/links/wikidata?page={n}") for n in (1, 2, 3, 4)]
    assert "Accepted: 42. Looked at and rejected: 49." in pages[0]
    assert "Page 1 of 4" in pages[0] and "Page 4 of 4" in pages[3]
    shown = " ".join(pages)
    for link in read_sssom(FILE).links:
        assert link.cells["comment"] in shown, link.row
    assert elbe.get("/links/wikidata?page=5", headers=HTML).status_code == 404


def test_a_set_is_given_as_its_file_and_as_rdf(elbe: FlaskClient, elbe_release: Path) -> None:
    table = elbe.get("/links/wikidata", headers={"Accept": "text/tab-separated-values"})
    assert table.content_type == "text/tab-separated-values; charset=utf-8"
    assert table.data == FILE.read_bytes() == elbe.get("/links/wikidata.sssom.tsv").data
    turtle = elbe.get("/links/wikidata", headers={"Accept": "text/turtle"})
    triples = {quad.triple for quad in parse(turtle.data, RdfFormat.TURTLE)}
    node = NamedNode(BASE + "links/wikidata")
    mappings = {t.object for t in triples if t.subject == node and "mappings" in str(t.predicate)}
    assert len(mappings) == 91
    assert {t.subject for t in triples} == {node, *mappings}


@pytest.mark.parametrize("path", ["/links/nobody", "/links/wikidata.docx", "/links/wikidata.tsv"])
def test_a_set_or_form_that_is_not_there_is_named(elbe: FlaskClient, path: str) -> None:
    answer = elbe.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert "there are: " in answer.get_json()["detail"]


@pytest.fixture(scope="module")
def dataset(elbe_release: Path) -> Store:
    store = Store()
    store.bulk_load(path=open_release(elbe_release).dump)
    return store


def test_only_accepted_identity_is_owl_same_as(dataset: Store) -> None:
    same = {
        (quad.subject, quad.object)
        for quad in dataset.quads_for_pattern(None, NamedNode(OWL + "sameAs"), None)
    }
    links = read_sssom(FILE).links
    exact = {
        (link.subject, link.object)
        for link in links
        if not link.negated and link.cells["predicate_id"] == "skos:exactMatch"
    }
    concepts = {
        (quad.subject, quad.object)
        for quad in dataset.quads_for_pattern(None, NamedNode(SKOS + "exactMatch"), None)
    }
    assert same and same | concepts == exact
    assert not same & concepts


def test_ranks_across_armies_are_close_and_never_the_same(dataset: Store) -> None:
    close = {
        (str(q.subject.value), str(q.object.value))  # type: ignore[union-attr]
        for q in dataset.quads_for_pattern(None, NamedNode(SKOS + "closeMatch"), None)
    }
    lieutenant = f"{BASE}id/rank/us-first-lieutenant"
    assert (lieutenant, "http://www.wikidata.org/entity/Q20715023") in close
    for name in ("us-first-lieutenant", "us-lieutenant-colonel", "us-major-general"):
        rank = NamedNode(f"{BASE}id/rank/{name}")
        for predicate in (OWL + "sameAs", SKOS + "exactMatch"):
            assert not list(dataset.quads_for_pattern(rank, NamedNode(predicate), None))
