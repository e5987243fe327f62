"""The federated queries, each run over real HTTP against a stand-in for the other side."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, QuerySolutions, Store
from rdflib.plugins.sparql import prepareQuery
from real_service import serve
from small_wikidata import Endpoint, serving

from kg.release import open_release
from kg.sources import parse_query
from server import Settings, create_app

ROOT = Path(__file__).resolve().parent.parent
QUERIES = sorted((ROOT / "data" / "queries" / "federated").glob("*.rq"))
BASE = "https://w3id.org/elbe-day/"
OURS = f"{BASE}sparql"
WIKIDATA = "https://query.wikidata.org/sparql"
ENTITY = "http://www.wikidata.org/entity/"

# What each query finds when the stand-ins answer; names of items and things of ours in short.
ROWS = {
    "01-names-in-neighbouring-languages": [
        "Elbe|Q1644|cs|Labe",
        "Elbe|Q1644|pl|Łaba",
        "Moscow|Q649|cs|Moskva",
        "Moscow|Q649|pl|Moskwa",
        "Saxony|Q1202|cs|Sasko",
        "Saxony|Q1202|pl|Saksonia",
        "Torgau|Q12062|cs|Torgava",
        "Torgau|Q12062|pl|Torgau",
    ],
    "02-coordinates-side-by-side": [
        "Torgau|51.56016|12.99617|Point(13.0 51.56)",
        "Washington, D.C.|38.89511|-77.03637|Point(-77.04 38.9)",
    ],
    "03-same-geonames-number": [
        "Arlington County|https://www.geonames.org/4744709|1|false",
        "Torgau|https://www.geonames.org/2821807|2821807|true",
        "Washington, D.C.|https://www.geonames.org/4140963|4140963|true",
    ],
    "04-german-articles": ["Elbe|Q1644|https://de.wikipedia.org/wiki/Elbe"],
    "05-countries-of-places": [
        "Elbe|Q1644|Czech Republic",
        "Elbe|Q1644|Germany",
        "Saxony|Q1202|Germany",
        "Torgau|Q12062|Germany",
        "Virginia|Q1370|United States",
    ],
    "06-kinds-of-units": [
        "58th Guards Rifle Division|Q4031854|division",
        "5th Guards Army|Q4031636|field army",
    ],
    "07-ranks-that-are-only-like": [
        "first lieutenant|Q20715023|first lieutenant|United States",
        "major general|Q3280545|major general|",
    ],
    "09-countries-with-capitals": [
        "Germany|Q183|Berlin",
        "Russia|Q159|Moscow",
        "United States|Q30|Washington, D.C.",
    ],
}


def text_of(name: str) -> str:
    return (ROOT / "data" / "queries" / "federated" / f"{name}.rq").read_text(encoding="utf-8")


def columns_of(text: str) -> list[str]:
    found = re.search(r"^# columns: (.*)$", text, re.MULTILINE)
    assert found
    return found[1].split()


def endpoint_of(text: str) -> str:
    endpoint = parse_query(text, "").endpoint
    assert endpoint
    return endpoint


NAMES = [path.stem for path in QUERIES]
FROM_OURS = [name for name in NAMES if endpoint_of(text_of(name)) == OURS]
FROM_WIKIDATA = [name for name in NAMES if endpoint_of(text_of(name)) == WIKIDATA]


@pytest.fixture(scope="module")
def wikidata() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def ours(elbe_release: Path, wikidata: Endpoint) -> Iterator[str]:
    """Our service, which may call the stand-in for Wikidata."""
    with serve(elbe_release, "--allow-service", wikidata.url) as url:
        yield f"{url}/sparql"


def ask(url: str, query: str) -> list[str]:
    """Ask an endpoint; gives rows as text."""
    request = Request(url, urlencode({"query": query}).encode(), {"Accept": "text/csv"})
    with urlopen(request, timeout=60) as answer:
        rows = list(csv.reader(io.StringIO(answer.read().decode())))
    return [shorten(row) for row in rows[1:]]


def shorten(values: list[str]) -> str:
    return "|".join(v.removeprefix(ENTITY).removeprefix(f"{BASE}id/") for v in values)


def rows_at_wikidata(wikidata: Endpoint, query: str) -> list[str]:
    """Have the stand-in evaluate a query that calls our service."""
    found = wikidata.store.query(query)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [shorten([row[n].value if row[n] else "" for n in names]) for row in found]


def test_there_are_ten_both_ways() -> None:
    assert [int(name[:2]) for name in NAMES] == list(range(1, 11))
    assert len(FROM_OURS) == 7 and len(FROM_WIKIDATA) == 3


@pytest.mark.parametrize("name", NAMES)
def test_each_says_its_question_its_columns_and_where_to_send_it(name: str) -> None:
    text = text_of(name)
    said = parse_query(text, name)
    assert set(said.questions) == {"de", "en", "ru"}
    assert all(question.endswith("?") for question in said.questions.values())
    assert "allow" in said.notes["en"]
    query = prepareQuery(text)
    assert [str(variable) for variable in query.algebra.PV] == columns_of(text)
    assert "\nORDER BY " in text
    called = re.findall(r"SERVICE <([^>]*)>", text)
    assert called == [WIKIDATA if name in FROM_OURS else OURS]


@pytest.mark.parametrize("name", FROM_OURS)
def test_what_is_asked_of_wikidata_names_its_items(name: str) -> None:
    block = text_of(name).partition("SERVICE <")[2]
    assert re.match(r"[^{]*\{\s*VALUES \?item \{( wd:Q[1-9][0-9]*)+ \}", block)


@pytest.mark.parametrize("name", FROM_OURS)
def test_our_endpoint_joins_its_own_with_what_wikidata_says(
    name: str, ours: str, wikidata: Endpoint
) -> None:
    assert ask(ours, text_of(name).replace(WIKIDATA, wikidata.url)) == ROWS[name]


def test_wikidata_is_asked_about_the_named_items_only(ours: str, wikidata: Endpoint) -> None:
    wikidata.asked.clear()
    ask(ours, text_of("05-countries-of-places").replace(WIKIDATA, wikidata.url))
    (asked,) = wikidata.asked
    assert "VALUES" in asked and f"<{ENTITY}Q1644>" in asked
    assert "label" in asked and "sameAs" not in asked


def test_the_service_from_wikidata_gets_our_claims_about_a_river(
    ours: str, wikidata: Endpoint
) -> None:
    found = rows_at_wikidata(wikidata, text_of("08-claims-about-a-river").replace(OURS, ours))
    claims = [row.split("|")[:2] for row in found]
    assert ["Elbe", "claim/n1b"] in claims and ["Elbe", "claim/c1-7"] in claims
    assert all(row.partition("|")[2] for row in found)


def test_wikidata_tells_which_of_our_things_are_countries(ours: str, wikidata: Endpoint) -> None:
    name = "09-countries-with-capitals"
    assert rows_at_wikidata(wikidata, text_of(name).replace(OURS, ours)) == ROWS[name]


def test_verdicts_are_counted_by_places_that_wikidata_puts_in_germany(
    ours: str, wikidata: Endpoint, elbe_release: Path
) -> None:
    found = rows_at_wikidata(wikidata, text_of("10-verdicts-on-german-places").replace(OURS, ours))
    store = Store()
    store.bulk_load(path=open_release(elbe_release).dump)
    torgau = NamedNode(f"{BASE}id/place/torgau")
    about = {
        q.subject
        for q in store.quads_for_pattern(None, NamedNode("https://schema.org/about"), torgau, None)
    }
    counted = {row.split("|")[1]: int(row.split("|")[2]) for row in found if "Torgau" in row}
    assert sum(counted.values()) == len(about)
    assert counted["contradicted"] == 1
    assert not [row for row in found if row.startswith(("Moscow", "Virginia"))]


def test_the_competency_question_asks_about_our_own_items(
    ours: str, wikidata: Endpoint, elbe_release: Path
) -> None:
    text = (ROOT / "data" / "queries" / "12-federated-wikidata.rq").read_text(encoding="utf-8")
    found = ask(ours, text.replace(WIKIDATA, wikidata.url))
    assert "Torgau|Q12062|Torgau|Point(13.0 51.56)" in found
    assert "World War II|Q362|World War II|" in found
    store = Store()
    store.bulk_load(path=open_release(elbe_release).dump)
    same = NamedNode("http://www.w3.org/2002/07/owl#sameAs")
    known = {q.object for q in store.quads_for_pattern(None, same, None)}
    assert {NamedNode(ENTITY + n) for n in re.findall(r"wd:(Q[0-9]+)", text)} <= known


def refusal(url: str, query: str) -> dict[str, object]:
    with pytest.raises(HTTPError) as refused:
        ask(url, query)
    document: dict[str, object] = json.load(refused.value)
    return document


def test_another_endpoint_than_the_allowed_one_is_refused_with_the_line_to_add(
    ours: str, wikidata: Endpoint
) -> None:
    problem = refusal(ours, text_of(FROM_OURS[0]))
    assert problem["status"] == 400
    assert f"must be one of <{wikidata.url}>" in str(problem["detail"])
    assert f"`--allow-service {WIKIDATA}`" in str(problem["detail"])


def test_an_endpoint_that_is_gone_is_named_and_others_go_on(elbe_release: Path) -> None:
    with serving() as endpoint:
        gone = endpoint.url
    text = text_of("05-countries-of-places").replace(WIKIDATA, gone)
    with serve(elbe_release, "--allow-service", gone) as url:
        problem = refusal(f"{url}/sparql", text)
        assert problem["status"] == 502
        assert "SERVICE" in str(problem["detail"])
        assert ask(f"{url}/sparql", "SELECT (1 AS ?x) {}") == ["1"]


@pytest.mark.parametrize("name", NAMES)
def test_without_the_flag_each_is_refused_with_the_line_to_add(
    elbe: FlaskClient, name: str
) -> None:
    answer = elbe.post("/sparql", data={"query": text_of(name)})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    target = WIKIDATA if name in FROM_OURS else OURS
    assert f"`--allow-service {target}` to `kg serve`" in answer.get_json()["detail"]


def test_the_examples_stand_apart_and_say_what_they_need(elbe: FlaskClient) -> None:
    for path in ("/sparql", "/queries/"):
        page = elbe.get(path, headers={"Accept": "text/html"}).text
        before, _, after = page.partition("Together with other services")
        for name in NAMES:
            link = f'href="/queries/federated-{name}.rq"'
            assert link in after and link not in before
        assert "--allow-service" in after
    text = elbe.get("/queries/federated-08-claims-about-a-river.rq")
    assert text.text == text_of("08-claims-about-a-river")


def test_with_the_flag_they_open_in_the_editor(elbe_release: Path) -> None:
    app = create_app(Settings(elbe_release, allow_service=(WIKIDATA,)))
    page = app.test_client().get("/sparql", headers={"Accept": "text/html"}).text
    for name in FROM_OURS:
        assert f'href="/queries/federated-{name}.html"' in page
    for name in FROM_WIKIDATA:
        assert f'href="/queries/federated-{name}.rq"' in page
