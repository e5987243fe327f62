"""Pages for people: what they show, in which language, and that nothing in the data can harm."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from page_text import BROWSER, Page, read
from small_release import BASE, write_small_release

from kg.formats import RDF_FORMATS
from kg.publish import publish
from server import Settings, create_app
from server.articles import PARAMETERS
from server.pages.about import COVERED
from server.pages.browse import FACETS
from server.pages.checks import SEVERITIES
from server.pages.dates import say_date
from server.pages.figures import UNITS
from server.pages.menu import FOOT, MENU
from server.pages.ontology import KINDS
from server.pages.wording import LANGUAGES, PHRASES
from server.photographs import SIDES
from server.reconciliation.routes import FEATURES

SERVER = Path(__file__).resolve().parent.parent / "server"
LANGUAGE_LINK = re.compile(r'<p class="languages">.*?</p>', re.DOTALL)

PAGES = [
    "/",
    "/doc/claim/n1",
    "/doc/claim/q1",
    "/doc/event/first-lighting",
    "/doc/person/ada-finch",
    "/doc/photograph/c1",
    "/doc/source/harbour-log",
    "/doc/assessment/n1",
    "/doc/verdict/contradicted",
    "/doc/span/104-128",
    "/sparql",
    "/queries/",
    "/dumps/",
    "/def",
    "/shapes",
    "/report",
    "/problems",
]


ADDRESSES = [
    *PAGES,
    "/sparql/code",
    "/search",
    "/reconcile",
    "/static/none.css",
    "/id/x/y",
    "/none",
]


@pytest.mark.parametrize("path", ADDRESSES)
def test_an_address_with_too_many_parameters_is_refused_before_they_are_read(
    client: FlaskClient, path: str
) -> None:
    refused = client.get(f"{path}?{'a=%41&' * 200}")
    assert (refused.status_code, refused.json["type"].rpartition("#")[2]) == (400, "bad-request")
    assert refused.json["detail"] == "The address has more than 200 parameters."
    assert (refused.json["limit"], refused.json["limit_value"]) == ("parameters", 200)
    page = client.get(f"{path}?{'a=%41&' * 200}", headers=BROWSER)
    assert (page.status_code, "more than 200 parameters" in page.text) == (400, True)
    assert "a=" not in LANGUAGE_LINK.search(page.text)[0]  # type: ignore[index]


@pytest.mark.parametrize("path", [one for one in ADDRESSES if one not in ("/sparql", "/reconcile")])
def test_an_address_with_long_parameters_is_refused_before_they_are_read(
    client: FlaskClient, path: str
) -> None:
    refused = client.get(f"{path}?q={'x' * 7_999}")
    assert (refused.status_code, refused.json["type"].rpartition("#")[2]) == (414, "too-large")
    assert "have 8,001 bytes; the limit is 8,000." in refused.json["detail"]
    told = [refused.json[name] for name in ("limit", "limit_value", "limit_bytes")]
    assert told == ["parameters_bytes", 8_000, 8_000]
    page = client.get(f"{path}?q={'x' * 7_999}", headers=BROWSER)
    assert (page.status_code, "xxxx" in page.text) == (414, False)
    assert client.get(f"{path}?q={'x' * 7_998}").status_code != 414


def test_the_endpoint_takes_a_query_of_full_length_however_it_is_written(
    tight: FlaskClient,
) -> None:
    query = "ASK {}".ljust(1000)
    written = "".join(f"%{sign:02X}" for sign in query.encode())
    assert tight.get(f"/sparql?query={written}", headers=BROWSER).status_code == 200
    refused = tight.get(f"/sparql?{'x' * 11_001}")
    assert (refused.status_code, refused.json["limit"]) == (414, "query_bytes")
    assert refused.json["detail"].endswith("the limit is 11,000. A query may have 1,000.")
    beside = tight.get(f"/sparql?{'x' * 5_000}&{'y' * 8_001}")
    assert (beside.status_code, beside.json["limit"]) == (414, "query_bytes")
    many = tight.get("/sparql?" + f"lang={'x' * 90}&" * 100)
    assert (many.status_code, many.json["limit"]) == (414, "parameters_bytes")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_formed_and_plain(client: FlaskClient, path: str) -> None:
    page = read(client, path)
    assert not {"style", "iframe", "img"} & set(page.tags)
    assert all(src.startswith("/static/") for src in page.scripts)
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    assert page.tags.count("h1") == 1
    assert len(page.ids) == len(set(page.ids))
    assert dict(page.attributes)["lang"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_version_licence_and_languages(client: FlaskClient, path: str) -> None:
    page = read(client, path)
    version = client.get("/healthz").json["version"]
    assert version[:12] in page.text
    assert version in dict.fromkeys(value for _, value in page.attributes)
    assert "https://creativecommons.org/publicdomain/zero/1.0/" in page.links
    assert "Deutsch" in page.text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_leads_to_the_parts_that_are_there(client: FlaskClient, path: str) -> None:
    page = read(client, path)
    for link in ("/queries/", "/sparql", "/dumps/", "/def", "/report"):
        assert link in page.links
    routes = {rule.rule for rule in client.application.url_map.iter_rules()}
    searches = ("action", "/search") in page.attributes
    assert searches == ("/search" in routes)


def test_the_menu_marks_the_part_one_is_in(client: FlaskClient) -> None:
    html = client.get("/queries/", headers=BROWSER).text
    assert '<a href="/queries/" aria-current="page">Questions</a>' in html
    assert html.count("aria-current") == 1


def test_no_internal_link_is_dead(client: FlaskClient) -> None:
    seen, queue = set(PAGES), list(PAGES)
    while queue:
        path = queue.pop()
        response = client.get(path, headers=BROWSER, buffered=True, follow_redirects=True)
        assert response.status_code == 200, path
        if response.mimetype != "text/html" or path.startswith("/sparql?"):
            continue
        for link in Page(LANGUAGE_LINK.sub("", response.text)).links:
            target = link.partition("#")[0]
            if link.startswith("/") and target not in seen:
                seen.add(target)
                queue.append(target)
    assert len(seen) > 80


def test_every_fragment_leads_somewhere(client: FlaskClient) -> None:
    for path in ("/doc/claim/n1", "/doc/event/first-lighting", "/def"):
        for link in read(client, path).links:
            target, _, fragment = link.partition("#")
            if fragment and target in ("", "/def", "/problems"):
                assert fragment in read(client, target or path).ids, link


def test_the_home_page_says_what_it_is_and_shows_three_claims(client: FlaskClient) -> None:
    page = read(client, "/")
    assert "The Old Light" in page.text
    assert "What a short article says of a lighthouse" in page.text
    first = page.text.index("The paper dates the first lighting to 3 May 1874.")
    assert "✗ contradicted N1 Coast Gazette" in page.text[first:]
    assert "Corrected by: The first lighting took place on 3 June 1874." in page.text
    assert "Ada Finch finds the light dear to the whole coast." in page.text
    assert "✓ corroborated 2" in page.text
    assert "Claims 6" in page.text
    assert "textarea" in page.tags
    assert "/dumps/lighthouse.ttl" in page.links
    counts = client.get("/dumps/", headers={"Accept": "application/json"}).json
    assert counts["name"] == "lighthouse"


def test_a_contradicted_claim_shows_verdict_reason_evidence_and_correction(
    client: FlaskClient,
) -> None:
    page = read(client, "/doc/claim/n1")
    for words in (
        "Claim N1 · narration",
        "The paper dates the first lighting to 3 May 1874.",
        "✗ contradicted Not accepted as fact",
        "The harbour log gives a day one month later.",
        "Evidence for No source found for it.",
        "Evidence against Harbour log of Port Merrow",
        "Gives 3 June 1874 as the day of the first lighting",
        "Corrected by The first lighting took place on 3 June 1874.",
        "Coast Gazette",
        "characters 104 to 128",
        "3 May 1874",
        "Judged: 22 November 2026",
    ):
        assert words in page.text, words
    assert "/doc/claim/n1.trig" in page.links


def test_an_opinion_is_shown_as_one(client: FlaskClient) -> None:
    page = read(client, "/doc/claim/q1")
    assert "❝ evaluation Not accepted as fact" in page.text
    assert "It is no statement of fact" in page.text
    assert "the soul of the coast" in page.text
    assert "relayed by Coast Gazette" in page.text


def test_an_entity_shows_accepted_facts_with_claim_and_source(client: FlaskClient) -> None:
    page = read(client, "/doc/event/first-lighting")
    differences, _, rest = page.text.partition("What the graph accepts")
    accepted, _, notes = rest.partition("Use this page")
    assert "date 3 June 1874 ✓ corroborated : editorial" in accepted
    assert "3 May 1874" not in accepted
    assert "The paper dates the first lighting to 3 May 1874." in differences
    assert "✗ contradicted N1 Coast Gazette" in differences
    assert "Evidence for Harbour log of Port Merrow" in notes
    assert "/doc/claim/e-first-lighting" in page.links


def test_a_post_that_only_a_claim_states_is_not_among_the_facts(client: FlaskClient) -> None:
    page = read(client, "/doc/person/ada-finch")
    assert "Nothing is accepted about it so far." in page.text
    assert "? unverifiable C1-1" in page.text


def test_an_accepted_post_is_shown_with_its_parts(elbe: FlaskClient) -> None:
    page = read(elbe, "/doc/person/yakov-neumoev")
    accepted = page.text.partition("What the graph accepts")[2].partition("Said, but")[0]
    assert "date : September 1943 – May 1945 in the role of : squadron commander" in accepted
    assert "in the organization : 28th Guards Cavalry Regiment" in accepted
    assert "commands the 28th" not in accepted


def test_the_bounds_of_a_date_are_left_to_the_data(client: FlaskClient) -> None:
    assert "not before" not in read(client, "/doc/event/first-lighting").text


def test_a_source_shows_what_rests_on_it(client: FlaskClient) -> None:
    page = read(client, "/doc/source/harbour-log")
    assert "Harbour log of Port Merrow, vol. 2" in page.text
    words = "as “ disputing source ” The paper dates the first lighting to 3 May 1874. ✗"
    assert words in page.text
    assert "Guide to the Merrow coast" in page.text


@pytest.mark.parametrize("path", ["/", "/doc/claim/n1", "/doc/object/old-light"])
def test_the_page_speaks_the_readers_language(client: FlaskClient, path: str) -> None:
    german = read(client, path, lang="de-DE,de;q=0.9")
    assert "Fragen" in german.text
    assert ("lang", "de") in german.attributes
    answer = client.get(path, headers={**BROWSER, "Accept-Language": "de"})
    assert answer.headers["Content-Language"] == "de"
    english = read(client, path, lang="fr")
    assert "Questions" in english.text


def test_labels_come_in_the_readers_language_with_english_behind_it(client: FlaskClient) -> None:
    page = read(client, "/doc/object/old-light?lang=de")
    assert "Altes Feuer" in page.text
    assert "The lighthouse at Port Merrow" in page.text
    assert "Auch genannt: Old Light" in page.text


def test_a_chosen_language_stays_in_the_links(client: FlaskClient) -> None:
    page = read(client, "/doc/claim/n1?lang=ru", lang="de")
    assert "Наша оценка" in page.text
    own = [link for link in page.links if link.startswith("/") and "lang=" not in link]
    assert own == []


def test_a_parameter_of_any_name_breaks_no_page(elbe: FlaskClient) -> None:
    for name in ("path", "self", "iri", "suffix", "page"):
        for path in ("/", "/about", "/search", "/doc/place/torgau", "/timeline"):
            page = elbe.get(path, query_string={name: "x"}, headers=BROWSER)
            assert page.status_code == 200, (path, name)
            assert f'href="{path}?{name}=x&amp;lang=de"' in page.text


def test_the_language_switch_keeps_several_parameters_of_one_name(client: FlaskClient) -> None:
    page = read(client, "/browse?verdict=a&verdict=b&q=%26+%22&lang=en")
    assert "/browse?verdict=a&verdict=b&q=%26+%22&lang=de" in page.links


def test_the_pages_words_are_whole_and_used() -> None:
    keys = {lang: set(PHRASES[lang]) for lang in LANGUAGES}
    assert keys["en"] == keys["de"] == keys["ru"]
    assert all(text.strip() for lang in LANGUAGES for text in PHRASES[lang].values())
    sources = [p.read_text("utf-8") for p in SERVER.rglob("*") if p.suffix in (".html", ".py")]
    used = set(re.findall(r"say\.(\w+)", " ".join(sources)))
    by_name = {*(entry.key for entry in (*MENU, *FOOT))} | {
        f"{how}{end}"
        for how in ("corrects", "qualifies", "disagreesWith", "confirms")
        for end in ("", "_by")
    }
    by_name |= {f"n_{name}" for name in ("claims", "named_graphs", "entities", "triples", "links")}
    readers = ("historian", "teacher", "developer")
    by_name |= {f"door_{reader}{end}" for reader in readers for end in ("", "_hint")}
    by_name |= {"claims_found"}
    by_name |= {f"art_{name}" for name in PARAMETERS} | {"pic_when", "pic_where"}
    by_name |= {f"pic_{how}" for how in ("shown", "acting", "no_place", "no_place_words")}
    by_name |= {f"pic_{how}_{side}" for how in ("counted", "either", "side") for side in SIDES}
    by_name |= (
        {"pic_side_middle", *(f"browse_{name}" for name in FACETS)}
        | KINDS.keys()
        | dict(COVERED).keys()
    )
    by_name |= {f"by_{what}" for what in ("voice", "grade", "kind")}
    by_name |= {f"dump_{format.name}" for format in RDF_FORMATS}
    by_name |= {f"{word}_{grave}" for word in ("severity", "found") for grave in SEVERITIES}
    by_name |= {f"feature_{name.replace('-', '_')}" for name in FEATURES}
    sides = ("name", "other_names", "kind", "description", "articles")
    by_name |= {f"review_{line}" for line in sides}
    by_name |= set(UNITS) | {"unit_byte", "decimal_sign", "cite_version"}
    assert keys["en"] == used | by_name
    for key, text in PHRASES["en"].items():
        assert {PHRASES[lang][key].count("{}") for lang in LANGUAGES} == {text.count("{}")}, key


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("1945-04-25", "en", "25 April 1945"),
        ("1945-04-25", "de", "25. April 1945"),
        ("1945-04-25", "ru", "25 апреля 1945 г."),
        ("1944-07", "ru", "июль 1944 г."),
        ("1945", "en", "1945"),
        ("1945-04-25/1945-04-27", "en", "25 April 1945 – 27 April 1945"),
        ("1945-05-05/..", "en", "5 May 1945 or later"),
        ("../1945-05-05", "de", "5. Mai 1945 oder früher"),
        ("[1945-04-25,1945-04-26]", "en", "25 April 1945 or 26 April 1945"),
        ("{1945,1946}", "en", "1945 and 1946"),
        ("1945-05~", "en", "about May 1945"),
        ("1945-05?", "de", "vielleicht Mai 1945"),
        ("194X", "en", "194X"),
        ("1945-13-40", "en", "1945-13-40"),
        ("[1945,", "en", "[1945,"),
        ("", "en", ""),
    ],
)
def test_dates_are_said_in_words_and_never_guessed(text: str, lang: str, said: str) -> None:
    assert say_date(text, lang) == said


PLAIN = """
@prefix ex: <http://plain.example/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
ex:alice a foaf:Person ; foaf:name "Alice" ; foaf:knows ex:bob, [ foaf:name "Carol" ] ;
    foaf:homepage <http://alice.example/> .
ex:bob a foaf:Person ; foaf:name "Bob" ; foaf:topic <http://127.0.0.1:8000/def#Cat> .
<http://127.0.0.1:8000/def#Cat> a foaf:Document .
ex:graph { ex:alice foaf:age 33 . ex:bob foaf:knows ex:alice }
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Visits a file of RDF that comes without a project."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "friends.trig").write_text(PLAIN, encoding="utf-8")
    release = publish([folder / "friends.trig"], folder / "release", "http://127.0.0.1:8000/")
    return create_app(Settings(release_dir=release.path)).test_client()


def test_a_file_without_a_project_has_pages_documents_queries_and_dumps(
    plain: FlaskClient,
) -> None:
    home = read(plain, "/")
    assert "friends.trig" in home.text
    assert "Checks" not in home.text
    assert "/resource?iri=http%3A%2F%2Fxmlns.com%2Ffoaf%2F0.1%2FPerson" in home.links
    people = read(plain, "/resource?iri=http%3A%2F%2Fxmlns.com%2Ffoaf%2F0.1%2FPerson")
    assert "Of this kind Alice Bob" in people.text
    alice = read(plain, "/resource?iri=http%3A%2F%2Fplain.example%2Falice")
    assert "What the data says" in alice.text
    assert "33 in the graph ex:graph" in alice.text
    assert "http://alice.example/" in alice.links
    assert "Nothing is accepted" not in alice.text
    document = plain.get("/resource?iri=http%3A%2F%2Fplain.example%2Falice&format=nq")
    assert '<http://plain.example/alice> <http://xmlns.com/foaf/0.1/name> "Alice"' in document.text
    turtle = plain.get("/resource?iri=http%3A%2F%2Fplain.example%2Falice&format=ttl")
    assert "foaf:age 33" in turtle.text
    assert plain.get("/sparql?query=ASK%7B%7D").json["boolean"] is True
    assert plain.get("/dumps/friends.nq", buffered=True).status_code == 200
    for path in ("/def", "/shapes", "/context.jsonld"):
        assert plain.get(path).status_code == 404


def test_a_nameless_thing_has_an_address(plain: FlaskClient) -> None:
    alice = read(plain, "/resource?iri=http%3A%2F%2Fplain.example%2Falice")
    links = [link for link in alice.links if "genid" in link]
    assert "Carol" in read(plain, links[0]).text
    query = 'SELECT ?x { ?x <http://xmlns.com/foaf/0.1/name> "Carol" }'
    row = plain.get("/sparql", query_string={"query": query}).json["results"]["bindings"][0]
    name = row["x"]["value"].removeprefix("http://127.0.0.1:8000")
    response = plain.get(name)
    assert (response.status_code, response.headers["Location"]) == (303, links[0])


def test_no_link_of_a_file_without_a_project_is_dead(plain: FlaskClient) -> None:
    people = (f"/resource?iri=http%3A%2F%2Fplain.example%2F{name}" for name in ("alice", "bob"))
    for path in ("/", *people, "/sparql", "/dumps/"):
        for link in read(plain, path).links:
            if link.startswith("/"):
                asked = plain.get(link, headers=BROWSER, buffered=True, follow_redirects=True)
                assert asked.status_code == 200, link


HOSTILE = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
<id/thing/x> a <javascript:alert(1)> ;
    rdfs:label "<script>alert('1')</script>"@en ;
    <http://example.org/says> "\\u202Egnp.exe\\u202C", "a\\"b<img src=x onerror=alert(2)>" ;
    <http://example.org/links> <javascript:alert(3)>, <data:text/html,x>, <http:no-host>,
        <https://example.org/safe?a=1&b=2>, <http://example.org/%22onload=%22> ;
    <https://schema.org/url> <javascript:alert(4)> ;
    <http://example.org/empty> "" ;
    <http://example.org/many> MANY .
<id/thing/y> rdfs:label "a very long one: LONG" ; <http://example.org/p> _:b .
_:b rdfs:label "nameless" .
GRAPH <http://example.org/g> { <id/thing/x> <http://example.org/says> "only in a graph" }
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    many = ", ".join(f'"value {n}"' for n in range(10_000))
    text = HOSTILE.replace("MANY", many).replace("LONG", "x" * 1_000_000)
    release = write_small_release(tmp_path_factory.mktemp("hostile") / "release", text)
    return create_app(Settings(release_dir=release)).test_client()


def test_hostile_literals_and_names_are_only_text(hostile: FlaskClient) -> None:
    page = read(hostile, "/doc/thing/x")
    assert "img" not in page.tags
    assert all(src.startswith("/static/") for src in page.scripts)
    assert "<script>alert('1')</script>" in page.text
    assert 'a"b<img src=x onerror=alert(2)>' in page.text
    schemes = {link.partition(":")[0] for link in page.links if not link.startswith(("/", "#"))}
    assert schemes <= {"http", "https"}
    assert "https://example.org/safe?a=1&b=2" in page.links
    assert "only in a graph" in page.text
    assert "http://example.org/g" in page.text


def test_text_of_any_direction_is_kept_apart(hostile: FlaskClient) -> None:
    html = hostile.get("/doc/thing/x", headers=BROWSER).text
    assert "<bdi>\u202egnp.exe\u202c</bdi>" in html


def test_ten_thousand_values_are_listed_in_part_and_that_is_said(hostile: FlaskClient) -> None:
    page = read(hostile, "/doc/thing/x")
    assert len(re.findall("value [0-9]", page.text)) == 24
    whole = next(link for link in page.links if "list=" in link)
    assert "The whole list (10000)" in page.text
    assert len(re.findall("value [0-9]", read(hostile, whole).text)) == 100
    last = read(hostile, whole.replace("page=1", "page=100"))
    assert "value 9999" in last.text
    assert "Page 100 of 100" in last.text
    assert hostile.get("/doc/thing/x.nt").text.count('"value ') == 10_000


def test_of_a_megabyte_the_beginning_is_shown_and_how_much_is_left_out(
    hostile: FlaskClient,
) -> None:
    words = f"a very long one: {'x' * 1983}… (+998,017)"
    assert words in read(hostile, "/doc/thing/y").text
    assert "x" * 1_000_000 in hostile.get("/doc/thing/y.nt").text


def test_names_of_any_kind_in_the_address_are_safe(hostile: FlaskClient) -> None:
    for iri in ("javascript:alert(1)", "http://example.org/g", BASE + "id/thing/x", "x\"'><b>"):
        response = hostile.get("/resource", query_string={"iri": iri}, headers=BROWSER)
        assert response.status_code in (200, 303, 404)
        assert "<b>" not in response.text
