"""The article read critically: its map, its claims, choosing among them, its words in place."""

import hashlib
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from browsing import PHONE, Visit
from click.testing import CliRunner
from conftest import LIGHTHOUSE, watch
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from reading import BROWSER, find, parse, read, words
from real_service import serve
from small_release import write_small_release

from kg.build import build
from kg.cli import main
from kg.errors import ArticleError
from server import Settings, create_app, run
from server.words import dumped_hashes, read_words

COPY = LIGHTHOUSE / "article.txt"
TEXT = COPY.read_text(encoding="utf-8")
SHA256 = "3360deedea59c67b286d7caf57e6c9eb6c7b0ed0a5e008209b9df121898647d3"


def passages(page: Element) -> dict[str, Element]:
    return {section.get("id"): section for section in find(page, ".passage")}


def read_parts(client: FlaskClient) -> list[Element]:
    """Read the article's page and the other parts that it leads to."""
    first = read(client, "/article")
    return [first, *(read(client, a.get("href", "")) for a in find(first, ".parts a"))]


def codes(page: Element) -> list[str]:
    return [words(code) for code in find(page, ".claims .code")]


@pytest.fixture(scope="module")
def with_words(lighthouse_release: Path) -> FlaskClient:
    """Visits the lighthouse, served with a copy of its article."""
    return create_app(Settings(release_dir=lighthouse_release, articles=(COPY,))).test_client()


def test_each_passage_has_a_bar_that_leads_to_its_claims(client: FlaskClient) -> None:
    page = read(client, "/article")
    bars = find(page, ".map a")
    assert [words(find(bar, ".name")[0]) for bar in bars] == [
        "Headline ×2",
        "First sentence",
        "Second sentence",
        "Caption C1",
        "Boilerplate",
    ]
    assert [bar.get("href") for bar in bars] == [f"#{name}" for name in passages(page)]


def test_a_bar_is_as_long_as_its_passage_and_divided_by_verdicts(client: FlaskClient) -> None:
    page = read(client, "/article")
    rests = [find(strip, "svg") for strip in find(page, ".map .strip")]
    assert [rest[0].get("width") if rest else None for rest in rests] == [
        "50.7%",  # 34 of the caption's 69 characters
        "14.5%",
        "7.2%",
        None,
        "10.1%",
    ]
    cells = [[cell.get("class") for cell in strip] for strip in find(page, ".map .strip")]
    assert cells[0][0] == "v-corroborated"
    assert cells[3] == ["v-unverifiable", "v-unverifiable"]
    assert cells[4][0] == "bare"
    assert [words(cell) for cell in find(page, ".map i")] == ["✓", "✗", "❝", "?", "?", ""]


def test_a_claim_stands_in_its_passage_with_verdict_voice_and_speaker(client: FlaskClient) -> None:
    page = read(client, "/article")
    sentence = passages(page)["passage-s2"]
    assert words(find(sentence, ".claims")[0]) == (
        "Q1 Ada Finch finds the light dear to the whole coast. ❝ evaluation"
    )
    assert "paraphrase · Ada Finch · characters 130 to 194" in words(sentence)
    (claim,) = find(sentence, "#claim-q1 a")
    assert claim.get("href") == "/doc/claim/q1"


def test_a_repeated_passage_is_told_once_with_all_its_places(client: FlaskClient) -> None:
    page = read(client, "/article")
    assert "Stands 2 times in the text: characters 0 to 34, characters 35 to 69" in words(
        passages(page)["passage-t"]
    )
    assert codes(page).count("T1") == 1
    assert "6 stretches from the beginning to the end. 1 of them only repeat others" in words(page)
    assert find(page, ".arcs")[0].get("d").count("M") == 1


def test_boilerplate_is_shown_as_such(client: FlaskClient) -> None:
    boilerplate = passages(read(client, "/article"))["passage-b"]
    assert "no claim is taken from it" in words(boilerplate)


def test_what_a_caption_leaves_open_is_said(elbe: FlaskClient) -> None:
    found = {name: one for part in read_parts(elbe) for name, one in passages(part).items()}
    caption = found["passage-c3"]
    assert words(caption).endswith("What the words leave open: date, photographer, place")


def test_every_claim_of_the_article_is_there_once(elbe: FlaskClient) -> None:
    parts = read_parts(elbe)
    told = [code for part in parts for code in codes(part)]
    assert len(told) == len(set(told)) == 63
    for page in parts:
        assert len(find(page, ".map li")) == 14
        assert "24 stretches from the beginning to the end. 10 of them only repeat" in words(page)
        ids = [element.get("id") for element in page.iter() if element.get("id")]
        assert len(ids) == len(set(ids))


def test_the_map_leads_to_passages_of_every_part(elbe: FlaskClient) -> None:
    for bar in find(read(elbe, "/article"), ".map a"):
        address, _, anchor = bar.get("href", "").partition("#")
        assert anchor in passages(read(elbe, address or "/article"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("verdict=unverifiable", ["C1-1", "C1-2"]),
        ("voice=caption", ["C1-1", "C1-2"]),
        ("speaker=ada-finch", ["Q1"]),
        ("speaker=coast-gazette&verdict=contradicted", ["N1"]),
        ("speaker=ada-finch&verdict=contradicted", []),
        ("verdict=nonsense", []),
    ],
)
def test_claims_are_chosen_by_verdict_voice_and_speaker(
    client: FlaskClient, query: str, said: list[str]
) -> None:
    page = read(client, f"/article?{query}")
    assert codes(page) == said
    assert f"Claims that fit: {len(said)} of 5" in words(page)
    assert ("No claim fits." in words(page)) is (not said)
    assert find(page, ".fit a")[0].get("href") == "/article"


def test_a_choice_is_a_link_that_keeps_the_others_and_counts(client: FlaskClient) -> None:
    page = read(client, "/article?speaker=coast-gazette&lang=en")
    links = {words(a): a.get("href") for a in find(page, ".choices li a")}
    assert links["? unverifiable 2"] == (
        "/article?speaker=coast-gazette&verdict=unverifiable&lang=en"
    )
    assert links["Coast Gazette 4"] == "/article?lang=en"
    assert "❝ evaluation 0" not in links
    assert "❝ evaluation 0" in words(page)
    assert [words(a) for a in page.iter() if a.get("aria-current") == "true"] == ["Coast Gazette 4"]


def test_the_map_stays_whole_when_claims_are_chosen(client: FlaskClient) -> None:
    page = read(client, "/article?verdict=contradicted")
    assert list(passages(page)) == ["passage-s1"]
    assert len(find(page, ".map li")) == 5
    assert [a.get("href") for a in find(page, ".map a")] == ["#passage-s1"]
    assert [cell.get("class") for cell in find(page, ".map i")].count("off") == 4


def test_without_a_copy_no_word_of_the_text_is_there(client: FlaskClient) -> None:
    response = client.get("/article", headers=BROWSER)
    page = parse(response.text)
    assert not find(page, ".text")
    assert "keeper since 1990" not in response.text
    assert "kg serve --article FILE" in words(page)
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["ETag"]


def test_with_a_copy_the_words_stand_in_place_under_their_lines(with_words: FlaskClient) -> None:
    page = read(with_words, "/article")
    assert SHA256[:12] in words(page)
    caption = find(passages(page)["passage-c1"], ".text")[0]
    assert words(caption) == (
        "Ada Finch, keeper since 1990C1-1, stands on the galleryC1-2 of the Old Light."
    )
    marked = [(line.get("data-claim"), words(line)) for line in find(caption, ".u")]
    assert marked == [
        ("claim-c1-1", "Ada Finch, keeper since 1990"),
        ("claim-c1-2", "stands on the gallery"),
    ]
    assert [a.get("href") for a in find(caption, "sup a")] == ["#claim-c1-1", "#claim-c1-2"]
    assert caption.get("lang") == "en"


def test_the_words_of_a_repeated_passage_are_shown_once(with_words: FlaskClient) -> None:
    headline = passages(read(with_words, "/article"))["passage-t"]
    assert [words(text) for text in find(headline, ".text")] == [
        "Old Light at Port MerrowT1 Turns 150"
    ]


def test_all_words_of_the_article_are_there(with_words: FlaskClient) -> None:
    page = read(with_words, "/article")
    for mark in find(page, ".text sup a"):
        mark.text = ""
    assert [words(text) for text in find(page, ".text")] == [
        "Old Light at Port Merrow Turns 150",
        "The lighthouse at Port Merrow was first lit on May 3, 1874.",
        "Its keeper, Ada Finch, said the beam is “the soul of the coast”.",
        "Ada Finch, keeper since 1990, stands on the gallery of the Old Light.",
        "Subscribe to our newsletter for more stories – free of charge.",
    ]


def test_only_chosen_claims_have_lines(with_words: FlaskClient) -> None:
    caption = passages(read(with_words, "/article?voice=caption"))["passage-c1"]
    assert len(find(caption, ".u")) == 2
    assert list(passages(read(with_words, "/article?verdict=evaluation"))) == ["passage-s2"]


def test_words_that_are_not_ours_are_kept_by_nobody(with_words: FlaskClient) -> None:
    headers = with_words.get("/article", headers=BROWSER).headers
    assert headers["Cache-Control"] == "no-store"
    assert "ETag" not in headers
    assert headers["X-Robots-Tag"] == "noindex, noarchive"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


def test_the_words_are_on_no_other_page(with_words: FlaskClient) -> None:
    for path in ("/", "/doc/passage/c1", "/doc/claim/c1-1", "/doc/article/old-light-text"):
        response = with_words.get(path, headers=BROWSER)
        assert "stands on the gallery" not in response.text, path
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    for dump in ("trig", "jsonld"):
        assert (
            "stands on the gallery"
            not in with_words.get(f"/dumps/lighthouse.{dump}", buffered=True).text
        )


def test_another_text_is_refused_before_anything_listens(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text(TEXT + "\n", encoding="utf-8")
    settings = Settings(release_dir=lighthouse_release, articles=(other,))
    with pytest.raises(ArticleError) as refused:
        run(settings)
    assert str(refused.value) == (
        f"{other}: this is another text: its SHA-256 is "
        f"{hashlib.sha256(other.read_bytes()).hexdigest()}, expected was {SHA256}; "
        "take the empty line off its end"
    )


def test_kg_serve_ends_with_that_sentence(lighthouse_release: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Another article.", encoding="utf-8")
    options = ("--release", str(lighthouse_release), "--article", str(other))
    result = CliRunner().invoke(main, ["serve", *options])
    assert result.exit_code == 1
    assert f"expected was {SHA256}; give the very text that the release points into" in (
        result.output
    )


def test_a_copy_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match="the file does not exist"):
        read_words([tmp_path / "none.txt"], {SHA256})
    (tmp_path / "picture").write_bytes(b"\xff\xfe")
    with pytest.raises(ArticleError, match="is not UTF-8"):
        read_words([tmp_path / "picture"], {SHA256})
    with pytest.raises(ArticleError, match="points into no text"):
        read_words([COPY], ())


def test_the_dump_names_the_same_text_as_the_store(lighthouse_release: Path) -> None:
    assert dumped_hashes(lighthouse_release / "dumps" / "lighthouse.nq") == {SHA256}


def test_settings_with_a_copy_travel_as_text(lighthouse_release: Path) -> None:
    settings = Settings(release_dir=lighthouse_release, articles=(COPY,))
    assert Settings.from_json(settings.to_json()) == settings


TWO = """
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX own: <def#>
<id/article/one> schema:encoding <id/text/one> ; rdfs:label "First article"@en .
<id/article/two> schema:encoding <id/text/two> ; rdfs:label "Second article"@en .
<id/passage/a> a own:Passage ; oa:hasSource <id/text/one> ; own:span <id/span/a> .
<id/passage/b> a own:Passage ; oa:hasSource <id/text/two> ; own:span <id/span/a>, <id/span/bad> .
<id/passage/c> a own:Passage ; oa:hasSource <id/text/two> ; own:span <id/span/bad> .
<id/span/a> oa:start 0 ; oa:end 9 .
<id/span/bad> oa:start 9 ; oa:end "the end" .
"""


@pytest.fixture(scope="module")
def two_texts(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Visits a release with two texts, and with spans that are none."""
    release = write_small_release(tmp_path_factory.mktemp("two") / "release", TWO)
    return create_app(Settings(release_dir=release)).test_client()


def test_several_texts_are_listed_and_each_has_its_page(two_texts: FlaskClient) -> None:
    page = read(two_texts, "/article")
    assert [a.get("href") for a in find(page, "main a")] == ["/article/one", "/article/two"]
    assert "First article Claims: 0 Second article Claims: 0" in words(page)
    assert list(passages(read(two_texts, "/article/two"))) == ["passage-b"]
    missing = two_texts.get("/article/three")
    assert missing.status_code == 404
    assert "This release has no text three" in missing.text


def test_a_release_without_a_text_has_no_such_page(retired: FlaskClient) -> None:
    missing = retired.get("/article")
    assert missing.status_code == 404
    assert "This release has no text with passages." in missing.text
    assert "/article" not in retired.get("/", headers=BROWSER).text


def test_a_long_text_comes_in_parts(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.pages.article.PAGE_BYTES", 1_900)
    client = create_app(Settings(release_dir=lighthouse_release)).test_client()
    assert list(passages(read(client, "/article"))) == ["passage-t", "passage-s1"]
    second = read(client, "/article?part=2")
    assert list(passages(second)) == ["passage-s2"]
    assert [a.get("href") for a in find(second, ".parts a")] == [
        "/article?part=1",
        "/article?part=3",
    ]
    assert list(passages(read(client, "/article?part=99"))) == ["passage-c1", "passage-b"]


def test_copies_that_differ_are_both_shown(tiny_project: Path, tmp_path: Path) -> None:
    changed = TEXT.replace("Port Merrow Turns", "Port Meadow Turns", 1)
    digest = hashlib.sha256(changed.encode()).hexdigest()
    named = tiny_project / "data" / "article.ttl"
    named.write_text(named.read_text("utf-8").replace(SHA256, digest), encoding="utf-8")
    copy = tmp_path / "changed.txt"
    copy.write_text(changed, encoding="utf-8")
    release = build(tiny_project, tmp_path / "release").path
    client = create_app(Settings(release_dir=release, articles=(copy,))).test_client()
    headline = passages(read(client, "/article"))["passage-t"]
    assert "Its copies differ in their words." in words(headline)
    assert [words(text) for text in find(headline, ".text")] == [
        "Old Light at Port MeadowT1 Turns 150",
        "Old Light at Port MerrowT1 Turns 150",
    ]


@pytest.mark.parametrize("lang", ["de", "ru"])
def test_the_page_speaks_the_readers_language(elbe: FlaskClient, lang: str) -> None:
    page = read(elbe, f"/article?lang={lang}")
    assert page.get("lang") == lang
    assert not re.search(r"Claims|Passages|Verdict", words(find(page, ".choices")[0]))


def test_choosing_keeps_the_visitor_on_the_page(visit: Visit) -> None:
    page = visit("/article")
    page.evaluate("window.same = true")
    page.locator(".choices a", has_text="contradicted").click()
    expect(page.locator(".fit")).to_contain_text("Claims that fit: 5 of 63")
    assert page.url.endswith("/article?verdict=contradicted")
    expect(page.locator(".choices a", has_text="contradicted")).to_be_focused()
    assert page.evaluate("window.same") is True
    page.go_back()
    expect(page.locator(".fit")).to_have_text("Claims: 63")


def test_without_scripts_a_choice_is_an_ordinary_link(visit: Visit) -> None:
    page = visit("/article", scripts=False)
    page.locator(".choices a", has_text="contradicted").click()
    expect(page.locator(".fit")).to_contain_text("Claims that fit: 5 of 63")


def test_the_arrow_keys_walk_the_map(visit: Visit) -> None:
    page = visit("/article")
    bars = page.locator(".map a")
    bars.first.focus()
    page.keyboard.press("ArrowDown")
    expect(bars.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(bars.last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#passage-t")).to_be_in_viewport()


def test_a_claim_lights_the_words_it_rests_on(browser: Browser, lighthouse_release: Path) -> None:
    with serve(lighthouse_release, "--article", str(COPY)) as site:
        for visit in watch(browser, site):
            page = visit("/article")
            page.locator("#claim-n1").hover()
            expect(page.locator(".u.lit")).to_have_text("first lit on May 3, 1874")


@pytest.mark.parametrize("path", ["/article", "/photographs"])
def test_nothing_is_wider_than_a_phone(visit: Visit, path: str) -> None:
    page = visit(path, width=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "merrow.localhost"]
)
def test_the_words_are_shown_to_who_reaches_the_service_by_its_own_name(
    with_words: FlaskClient, host: str
) -> None:
    answer = with_words.get("/article", headers={**BROWSER, "Host": host})
    assert find(parse(answer.text), ".text")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
def test_a_name_led_here_by_another_site_gets_no_words(with_words: FlaskClient, host: str) -> None:
    answer = with_words.get("/article", headers={**BROWSER, "Host": host})
    assert answer.status_code == 200
    assert "soul of the coast" not in answer.text
    assert find(parse(answer.text), ".text") == []


def test_a_name_that_the_service_is_set_up_for_gets_the_words(lighthouse_release: Path) -> None:
    settings = Settings(
        release_dir=lighthouse_release, articles=(COPY,), public_url="https://light.example/graph"
    )
    client = create_app(settings).test_client()
    answer = client.get("/article", headers={**BROWSER, "Host": "light.example"})
    assert find(parse(answer.text), ".text")


def test_a_claim_leads_to_its_place_in_the_text(elbe: FlaskClient) -> None:
    for claim in ("t2", "c3-4", "c5-1"):
        (place,) = {
            a.get("href", "")
            for a in find(read(elbe, f"/doc/claim/{claim}"), "main a")
            if a.get("href", "").startswith("/article")
        }
        address, _, anchor = place.partition("#")
        assert anchor == f"claim-{claim}"
        assert find(read(elbe, address), f"#{anchor}")
