from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from browsing import Visit
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from page_text import read
from playwright.sync_api import expect

from kg.matching.spelling import to_key, to_keys
from server import Settings
from server.finding import MOST_WORDS, Finder, finder
from server.site import open_site

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def index(elbe_release: Path) -> Finder:
    return open_site(Settings(elbe_release)).derive(finder)


def first(index: Finder, question: str) -> str:
    return index.find(question, 1).hits[0].iri.partition("/id/")[2]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Silvashko", "Sylvashko", "Сильвашко", "Silwaschko", "Sil'vashko"),
        ("Konev", "Конев", "Konjew", "Konew"),
        ("Zhadov", "Жадов", "Schadow"),
        ("Neumoev", "Неумоев", "Neumojew", "Neumoyev"),
        ("Oslikovsky", "Осликовский", "Oslikowski", "Oslikovskii"),
        ("Khrushchev", "Хрущёв"),
        ("Zhukov", "Жуков", "Schukow"),
        ("Kotzebue", "Коцебу", "Kotsebu"),
    ],
)
def test_the_spellings_of_a_name_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len({to_key(name.casefold()) for name in spellings}) == 1


@pytest.mark.parametrize("pair", [("Konev", "Kanev"), ("23rd", "28th"), ("Baklanov", "Balkanov")])
def test_other_names_have_other_keys(pair: tuple[str, str]) -> None:
    assert to_keys(pair[0]) != to_keys(pair[1])


@given(st.text(max_size=60))
def test_any_text_has_keys_that_are_words(text: str) -> None:
    assert all(key and key.isalnum() for key in to_keys(text))


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Sylvashko", "person/alexander-silvashko"),
        ("Сильвашко", "person/alexander-silvashko"),
        ("silv", "person/alexander-silvashko"),
        ("Baklanow", "person/gleb-baklanov"),
        ("28th guards cavalry", "unit/28th-guards-cavalry-regiment"),
        ("Konevv Ivan", "person/ivan-konev"),
        ("торгау", "place/torgau"),
        ("oath", "concept/oath-of-the-elbe"),
    ],
)
def test_a_thing_is_found_however_it_is_spelt(index: Finder, question: str, thing: str) -> None:
    assert first(index, question) == thing


def test_a_code_finds_its_claims(index: Finder) -> None:
    found = [hit.iri.partition("/id/")[2] for hit in index.find("C3", 20).hits]
    assert {"claim/c3-1", "claim/c3-4"} <= set(found)


def test_the_words_of_a_reason_lead_to_the_claim_it_judges(index: Finder) -> None:
    hits = index.find("embassy published Telegram RIA Novosti relayed", 40).hits
    assert "claim/a0" in [hit.iri.partition("/id/")[2] for hit in hits]
    assert not [hit for hit in hits if "/assessment/" in hit.iri]


def test_a_word_that_nobody_uses_is_named(index: Finder) -> None:
    found = index.find("Silvoshko", 5)
    assert [word for word, _ in found.instead] == ["silvoshko"]
    assert found.hits[0].iri.endswith("person/alexander-silvashko")


def test_what_is_like_nothing_is_not_found(index: Finder) -> None:
    assert index.find("zzzzqqqq", 5).hits == []
    assert index.find("", 5).hits == index.find(" .,;'\"* ", 5).hits == []


@pytest.mark.parametrize("noise", ["zzzz", "ssss", "aaaa", "hhh", "jjjj"])
def test_a_letter_held_down_is_no_beginning_of_a_word(index: Finder, noise: str) -> None:
    assert index.find(noise, 5).most == 0


@given(st.text(max_size=300))
def test_any_question_is_answered(question: str) -> None:
    index = Finder(
        [("x:a", "Old Tower", "en", True), ("x:b", 'a "quoted" * NEAR( OR', None, False)]
    )
    found = index.find(question, 5)
    assert found.most <= 2


def test_a_long_question_counts_its_first_words(index: Finder) -> None:
    words = ["torgau"] + ["elbe"] * (MOST_WORDS - 1)
    kept, more = (index.find(" ".join(w), 3) for w in (words, [*words, "zzzzqqqq"]))
    assert more.hits == kept.hits


def test_suggestions_come_as_json(elbe: FlaskClient) -> None:
    found = elbe.get("/search?q=neumo", headers=JSON).get_json()
    assert found["query"] == "neumo"
    assert (
        found["results"][0].items()
        >= {
            "iri": "https://w3id.org/elbe-day/id/person/yakov-neumoev",
            "href": "/doc/person/yakov-neumoev",
            "label": "Yakov Neumoev",
            "lang": "en",
            "kind": "person",
        }.items()
    )


def test_a_search_speaks_the_readers_language(elbe: FlaskClient) -> None:
    page = read(elbe, "/search?q=" + quote("Сильвашко") + "&lang=ru")
    assert "Александр Сильвашко" in page.text
    assert "Найдено:" in page.text


def test_other_forms_of_a_search_are_refused(elbe: FlaskClient) -> None:
    assert elbe.get("/search?q=x", headers={"Accept": "text/turtle"}).status_code == 406


def test_claims_are_chosen_by_verdict_speaker_and_source(elbe: FlaskClient) -> None:
    page = read(elbe, "/browse?verdict=contradicted&kind=ArticleClaim")
    assert "/doc/claim/c3-4" in page.links
    assert "/doc/claim/e-neumoev-squadron" not in page.links
    both = read(elbe, "/browse?source=k76")
    assert "No claim has all of these" not in both.text
    nothing = read(elbe, "/browse?verdict=contradicted&source=none")
    assert "No claim has all of these" in nothing.text


def test_browsing_turns_pages_and_keeps_the_choice(elbe: FlaskClient) -> None:
    page = read(elbe, "/browse?kind=ArticleClaim")
    (following,) = [link for link in page.links if "page=2" in link]
    assert "kind=ArticleClaim" in following
    shown = {link for link in page.links if link.startswith("/doc/claim/")}
    more = {link for link in read(elbe, following).links if link.startswith("/doc/claim/")}
    assert len(shown) >= 25
    assert more - shown
    for odd in ("0", "-1", "x", "999999999999", "٣"):
        assert elbe.get(f"/browse?page={odd}", headers={"Accept": "text/html"}).status_code == 200


def test_data_without_claims_is_browsed_by_kind(client: FlaskClient) -> None:
    page = read(client, "/browse")
    assert [link for link in page.links if link.startswith("/resource?iri=")]


def test_search_is_used_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("/doc/place/torgau")
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type("sylvash")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Alexander Silvashko")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/person/alexander-silvashko")


def test_escape_closes_the_suggestions_and_enter_searches(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("/")
    page.keyboard.type("baklan")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=baklan")
    expect(page.locator(".results li").first).to_contain_text("Gleb Baklanov")


def test_search_works_without_scripts(visit: Visit) -> None:
    page = visit("/", scripts=False)
    page.get_by_role("searchbox").first.fill("Neumojew")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".results li").first).to_contain_text("Yakov Neumoev")
