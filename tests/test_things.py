"""The page of a thing: where accounts differ, facts with their claims, links, citation, lists."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from page_text import BROWSER, Page, read
from small_release import write_small_release

from kg.build import build
from kg.publish import publish
from server import Settings, create_app
from server.pages.timebar import Bar, draw_bars

SERVED = Path(__file__).resolve().parent.parent / "server" / "pages" / "static"
NEUMOEV = "/doc/person/yakov-neumoev"


def between(page: Page, start: str, end: str) -> str:
    """Give what a reader finds from one heading to another."""
    assert start in page.text, start
    rest = page.text.partition(start)[2]
    assert end in rest, end
    return rest.partition(end)[0]


@pytest.fixture(scope="module")
def neumoev(elbe: FlaskClient) -> Page:
    """The page of the man whom a caption makes commander of a regiment."""
    return read(elbe, NEUMOEV)


def test_what_the_article_says_stands_beside_what_records_say(neumoev: Page) -> None:
    row = between(neumoev, "Where accounts differ", "More differences")
    article, _, rest = row.partition("Records say")
    records, _, unknown = rest.partition("Not known")
    assert "The article says According to the caption, Neumoev commands" in article
    assert "✗ contradicted C3.4 Unnamed caption writers ( caption )" in article
    assert "Corrects: From September 1943 to the end of the war Yakov Neumoev led a" in records
    assert "after Museum text on Neumoev’s tunic ; Neumoev’s memoir" in records
    assert "Corrects: On 2 May 1945 Guards Lieutenant Colonel Movlid Visaitov" in records
    assert unknown.strip() == "The words leave open: date"


def test_records_that_differ_among_themselves_stand_together(neumoev: Page) -> None:
    more = between(neumoev, "More differences: 2", "What the graph accepts")
    born = more.partition("It says nothing of this.")[2].partition("Not known")[0]
    assert "Yakov Neumoev was born on 15 or 17 January 1907. ✓ corroborated" in born
    assert "A newspaper dates Neumoev's birth to 15 January 1907. ? unverifiable" in born
    assert "The museum that keeps his tunic dates Neumoev's birth to 17 January 1907." in born


def test_open_questions_stand_where_they_touch_a_difference_else_alone(elbe: FlaskClient) -> None:
    baklanov = read(elbe, "/doc/person/gleb-baklanov")
    alone = between(baklanov, "Open questions", "What points here")
    assert "When was Gleb Baklanov promoted" in alone
    picture = read(elbe, "/doc/photograph/c2")
    row = between(picture, "Not known", "What the graph accepts")
    assert "Who took the pictures C1 to C4" in row


def test_what_is_said_and_not_confirmed_is_no_fact(neumoev: Page) -> None:
    unconfirmed = between(neumoev, "Said, but not confirmed", "What points here")
    assert "Neumoev and Lloyd Gomes exchange autographs. ? unverifiable C3.1" in unconfirmed
    assert "autographs" not in between(neumoev, "What the graph accepts", "Said, but not")


def test_opinions_stand_apart(elbe: FlaskClient) -> None:
    page = read(elbe, "/doc/event/elbe-day")
    opinions = between(page, "Opinions and hopes", "Other accepted claims")
    assert "Sputnik calls the day glorious. ❝ evaluation N3" in opinions


def test_each_mark_beside_a_fact_opens_a_note_of_its_claim(elbe: FlaskClient) -> None:
    html = elbe.get(NEUMOEV, headers=BROWSER).text
    opened = set(re.findall(r'<button[^>]* popovertarget="(claim-[^"]+)"', html))
    notes = set(re.findall(r'<section class="claim-note" id="([^"]+)" popover>', html))
    assert opened == notes
    assert len(notes) >= 6


def test_a_note_tells_voice_speaker_place_and_sources(neumoev: Page) -> None:
    notes = neumoev.text.partition("Use this page")[2]
    note = notes.partition("✗ contradicted C3.4")[2].partition("Close")[0]
    assert "A museum and his own memoir have him in command of a squadron" in note
    assert "Who says it Unnamed caption writers ( caption ) , relayed by Sputnik" in note
    assert "Where in the text characters 2818 to 2856, characters 3094 to 3132" in note
    assert "Evidence against Wikipedia mirror" in note


def test_the_note_of_a_claim_is_to_be_had_alone(elbe: FlaskClient) -> None:
    whole = elbe.get(NEUMOEV, headers=BROWSER).text
    answer = elbe.get("/doc/claim/c3-4?part=note", headers=BROWSER)
    alone = re.search(r'<section class="claim-note".*?</section>', answer.text, re.DOTALL)
    assert alone and alone[0] in whole
    assert '<meta name="robots" content="noindex">' in answer.text
    assert '<link rel="canonical" href="https://w3id.org/elbe-day/doc/claim/c3-4">' in answer.text
    again = {**BROWSER, "If-None-Match": answer.headers["ETag"]}
    assert elbe.get("/doc/claim/c3-4?part=note", headers=again).status_code == 304
    assert elbe.get("/doc/claim/c3-4", headers=again).status_code == 200
    assert len(answer.data) < 6_000


def test_a_note_alone_speaks_the_readers_language(elbe: FlaskClient) -> None:
    german = elbe.get("/doc/claim/c3-4?part=note&lang=de", headers=BROWSER)
    assert german.headers["Content-Language"] == "de"
    assert "Wer es sagt" in german.text
    page = read(elbe, "/doc/claim/c3-4?part=note&lang=de")
    own = [link for link in page.links if link.startswith("/doc/")]
    assert own
    assert all("lang=de" in link for link in own)


def test_only_claims_have_notes_and_other_parts_are_the_whole(elbe: FlaskClient) -> None:
    for path in ("/doc/claim/c3-4?part=other", f"{NEUMOEV}?part=note", "/doc/claim/c3-4?part="):
        assert "Use this page" in read(elbe, path).text
    turtle = elbe.get("/doc/claim/c3-4?part=note", headers={"Accept": "text/turtle"})
    assert turtle.content_type.startswith("text/turtle")


def test_facts_come_in_an_order_a_person_expects(elbe: FlaskClient) -> None:
    facts = between(read(elbe, "/doc/person/gleb-baklanov"), "What the graph accepts", "Said, but")
    order = [facts.index(f" {name} ") for name in ("born", "born in", "died", "died in")]
    assert order == sorted(order)
    assert facts.index("decorated with") > order[-1]


ORDER = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX lho: <https://example.org/lighthouse/def#>
PREFIX shape: <https://example.org/lighthouse/shapes#>

shape:reading-order a sh:PropertyShape ;
    sh:path lho:consulted ;
    sh:order 1 .
"""


def test_a_project_may_order_its_properties_itself(
    client: FlaskClient, tiny_project: Path, tmp_path: Path
) -> None:
    def told(visitor: FlaskClient) -> list[int]:
        text = between(read(visitor, "/doc/source/harbour-log"), "What the data says", "What point")
        return [text.index(name) for name in (" consulted ", " gives ", " kind of source ")]

    consulted, gives, kind = told(client)
    assert gives < kind < consulted
    (tiny_project / "ontology" / "shapes" / "order.ttl").write_text(ORDER, encoding="utf-8")
    release = build(tiny_project, tmp_path / "release")
    consulted, gives, kind = told(create_app(Settings(release_dir=release.path)).test_client())
    assert consulted < gives < kind


def test_captions_named_in_a_description_are_links(neumoev: Page) -> None:
    assert "/doc/passage/c3" in neumoev.links
    assert "Soviet cavalry officer named in caption C3" in neumoev.text


def test_the_codes_on_a_page_have_a_key(neumoev: Page) -> None:
    key = between(neumoev, "What the codes mean", "Use this page")
    assert "C3 passage" in key
    assert "C3.1 claim of the article , caption" in key


def test_a_property_named_twice_is_told_once(elbe: FlaskClient) -> None:
    page = read(elbe, "/doc/article/elbe-day")
    assert page.text.count("published on") == 1


def test_a_link_elsewhere_says_why_and_rejected_ones_are_folded(elbe: FlaskClient) -> None:
    page = read(elbe, "/doc/event/world-war-ii")
    links = between(page, "The same, elsewhere", "Use this page")
    assert "matches exactly Q362 wikidata.org – World War II" in links
    assert "Three separate data sets print this id" in links
    assert "confidence 0.97 reviewed by The editors , 22 November 2026" in links
    assert "http://www.wikidata.org/entity/Q362" in page.links
    rejected = read(elbe, "/doc/concept/nazism").text.partition("Looked at and rejected: 1")[2]
    assert "Q574578" in rejected
    assert "The word for a follower, not the ideology." in rejected


def test_a_page_can_be_cited_with_version_date_and_address(
    elbe: FlaskClient, neumoev: Page
) -> None:
    version = elbe.get("/healthz").json["version"][:12]
    cited = (
        f"“Yakov Neumoev”. Elbe Day knowledge graph, version {version} (2026-11-22). "
        "Editors of the Elbe Day knowledge graph. https://w3id.org/elbe-day/id/person/yakov-neumoev"
    )
    assert cited in neumoev.text
    assert "@misc{elbe-day-person-yakov-neumoev," in neumoev.text


def test_the_query_for_a_page_answers_with_its_facts(elbe: FlaskClient, neumoev: Page) -> None:
    address = next(link for link in neumoev.links if link.startswith("/sparql?query="))
    query = parse_qs(urlsplit(address).query)["query"][0]
    rows = elbe.get("/sparql", query_string={"query": query}).json["results"]["bindings"]
    found = {
        (row["property"]["value"], row["value"]["value"], row.get("claim", {}).get("value"))
        for row in rows
        if "value" in row
    }
    award = "https://w3id.org/elbe-day/id/award/hero-of-the-soviet-union"
    claim = "https://w3id.org/elbe-day/id/claim/c3-2"
    assert ("https://schema.org/award", award, claim) in found
    held = {row["of"]["value"] for row in rows if row["property"]["value"].endswith("#member")}
    shown = {link for link in neumoev.links if link.startswith("/doc/membership/")}
    assert {f"/doc/membership/{iri.rpartition('/')[2]}" for iri in held} == shown != set()


def test_a_verdict_lists_the_claims_it_was_given_to(elbe: FlaskClient) -> None:
    page = read(elbe, "/doc/verdict/contradicted")
    assert "According to the caption, Gleb Baklanov is a colonel general." in page.text
    assert "/doc/claim/c1-2" in page.links
    assert not [link for link in page.links if "/assessment/" in link]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_page_stays_small(elbe: FlaskClient, lang: str) -> None:
    dump = elbe.get("/dumps/elbe-day.nt", buffered=True).text
    kinds = "agent article award event mention modality object organization passage person "
    kinds += "photograph place rank role scheme source unit verdict voice"
    names = set(re.findall(rf"elbe-day/id/((?:{'|'.join(kinds.split())})/[a-z0-9-]+)>", dump))
    assert len(names) > 250
    for name in sorted(names):
        text = elbe.get(f"/doc/{name}", headers={**BROWSER, "Accept-Language": lang}).text
        held = len(re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL).encode())
        sheets = re.findall(r'rel="stylesheet" href="/static/([a-z]+[.]css)', text)
        assert "things.css" in sheets
        style = sum((SERVED / sheet).stat().st_size for sheet in sheets)
        assert held + style < 60_000, name


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Visits a release in which 10,500 people are members of one club, and 300 of another."""
    members = (
        f"<id/person/p{n}> a <http://xmlns.com/foaf/0.1/Person> ; "
        f"<http://www.w3.org/ns/org#memberOf> <id/club/{'small' if n < 300 else 'big'}> ."
        for n in range(10_800)
    )
    text = "\n".join(members) + '\n<id/club/big> <http://xmlns.com/foaf/0.1/name> "The Big Club" .'
    release = write_small_release(tmp_path_factory.mktemp("crowd") / "release", text)
    return create_app(Settings(release_dir=release)).test_client()


def test_ten_thousand_incoming_facts_are_paged(crowd: FlaskClient) -> None:
    page = read(crowd, "/doc/club/small")
    assert "The whole list (300)" in page.text
    whole = next(link for link in page.links if "list=" in link)
    pages = [read(crowd, whole.replace("page=1", f"page={n}")) for n in (1, 2, 3)]
    listed = [link for one in pages for link in one.links if link.startswith("/doc/person/")]
    assert len(listed) == len(set(listed)) == 300
    assert "Page 2 of 3" in pages[1].text
    assert crowd.get(whole.replace("page=1", "page=4"), headers=BROWSER).status_code == 404


def test_a_list_too_long_to_count_says_so(crowd: FlaskClient) -> None:
    page = read(crowd, "/doc/club/big")
    assert "The whole list (more than 2000)" in page.text
    whole = next(link for link in page.links if "list=" in link)
    assert "more than 10000" in read(crowd, whole).text
    assert "Page 100 of 100" in read(crowd, whole.replace("page=1", "page=100")).text


@pytest.mark.parametrize("question", ["list=nonsense", "list=%5Ehttp://x.example/p", "list="])
def test_a_list_that_is_not_there_is_not_found(crowd: FlaskClient, question: str) -> None:
    answer = crowd.get(f"/doc/club/small?{question}", headers=BROWSER)
    assert answer.status_code == 404


def test_foreign_data_have_plain_facts_and_citation(tmp_path: Path) -> None:
    file = tmp_path / "cats.ttl"
    file.write_text(
        '@prefix s: <https://schema.org/> . <http://cats.example/tom> a s:Thing ; s:name "Tom" ;'
        ' s:description "A cat of the house." ; s:birthDate "2020" ; s:url <http://tom.example/> .',
        encoding="utf-8",
    )
    release = publish([file], tmp_path / "release", "http://127.0.0.1:8000/")
    client = create_app(Settings(release_dir=release.path)).test_client()
    page = read(client, "/resource?iri=http%3A%2F%2Fcats.example%2Ftom")
    assert "Tom A cat of the house." in page.text
    assert "birth date 2020" in between(page, "What the data says", "The same, elsewhere")
    assert "Where accounts differ" not in page.text
    assert "Thing Tom" in page.text
    version = client.get("/healthz").json["version"][:12]
    assert f"“Tom”. cats.ttl, version {version}. http://cats.example/tom" in page.text


def test_a_day_is_a_point_and_says_nothing_of_beginning_or_end() -> None:
    scale, bars = draw_bars(["1945-05-02", None, "no date"])
    assert bars[1:] == [None, None]
    assert bars[0] == Bar([], point=500.7)
    assert scale is not None
    assert [year for _, year in scale.ticks] == [1945, 1946]


def test_ends_known_to_the_month_are_drawn_as_uncertain() -> None:
    _, (bar,) = draw_bars(["1943-09/1945-05"])
    assert bar is not None
    assert [certain for _, _, certain in bar.pieces] == [False, True, False]
    left, sure, right = (width for _, width, _ in bar.pieces)
    assert left < sure / 10
    assert right < sure / 10


@pytest.mark.parametrize("text", ["1946", "1945-05~", "[1945-04-25,1945-04-26]", "1944?/1945"])
def test_what_is_not_sure_is_drawn_as_not_sure(text: str) -> None:
    _, (bar,) = draw_bars([text])
    assert bar is not None
    assert [certain for _, _, certain in bar.pieces] == [False]


def test_an_open_end_goes_on() -> None:
    _, (bar,) = draw_bars(["1945-05-05/.."])
    assert bar is not None
    assert (bar.open_start, bar.open_end) == (False, True)
