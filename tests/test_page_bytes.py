"""A page and its style sheets stay under 60,000 bytes, scripts apart, in every language."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from page_kinds import KINDS, sparql
from reading import BROWSER

from server import Settings, create_app
from server.articles import read_texts
from server.site import Site

MOST = 60_000
LARGE = {
    "all rows": sparql("SELECT * { ?s ?p ?o }"),
    "rows with labels": sparql(
        "SELECT * { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l ; a ?t ; ?p ?o } LIMIT 500"
    ),
    "a later page": sparql("SELECT * { ?s ?p ?o } LIMIT 500") + "&page=4",
    "all triples": sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 500"),
    "a year": "/timeline?from=1945&to=1945",
    "without a date": "/timeline?undated=yes",
    "an event": "/timeline?event=event/elbe-day",
    "second part of the article": "/article?part=2",
    "values": "/def/values",
    "second page of a set of links": "/links/wikidata?page=2",
    "last page of a set of links": "/links/wikidata?page=4",
}
ADDRESSES = {kind.name: kind.path for kind in KINDS} | LARGE


def weigh(client: FlaskClient, path: str, lang: str) -> int:
    """Count the bytes of a page and its style sheets, without its scripts."""
    text = client.get(path, headers={**BROWSER, "Accept-Language": lang}).text
    page = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert sheets, path
    own = [sheet for sheet in sheets if "/built/" not in sheet]
    return len(page.encode()) + sum(len(client.get(sheet, buffered=True).data) for sheet in own)


@pytest.mark.parametrize("lang", ["en", "de", "ru"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_stays_small(elbe: FlaskClient, name: str, lang: str) -> None:
    assert weigh(elbe, ADDRESSES[name], lang) < MOST


@pytest.mark.parametrize("lang", ["en", "de", "ru"])
def test_the_article_with_its_words_stays_small(elbe_release: Path, lang: str) -> None:
    app = create_app(Settings(release_dir=elbe_release))
    site: Site = app.extensions["served"].now()
    (text,) = site.derive(read_texts)
    site.words[text.sha256] = ("seven letters " * text.length)[: text.length]  # type: ignore[index]
    client = app.test_client()
    for part in (1, 2, 3):
        path = f"/article?part={part}"
        assert "seven letters" in client.get(path, headers=BROWSER).text
        assert weigh(client, path, lang) < MOST
