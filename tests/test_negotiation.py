"""Accept and Accept-Language, read as RFC 9110 says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.negotiation import HTML, JSONLD, RDF, TURTLE, choose, choose_language

OFFERS = (TURTLE, JSONLD, HTML)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "ttl"),
        ("", "ttl"),
        ("*/*", "ttl"),
        (BROWSER, "html"),
        ("application/ld+json", "jsonld"),
        ("text/html;q=0.4, text/turtle;q=0.5", "ttl"),
        ("text/html;q=0.5, text/turtle;q=0.4", "html"),
        ("text/html;q=0, */*;q=0.1", "ttl"),
        ("text/turtle;q=0, */*", "jsonld"),
        ("text/*;q=0.3, text/html;q=0.2, application/ld+json;q=0.1", "ttl"),
        ("text/*, text/turtle;q=0", "html"),
        ("*/*, text/turtle;q=0.1, application/ld+json;q=0.1", "html"),
        ("TEXT/HTML", "html"),
        ("text/html ; q=1.000", "html"),
        ("text/html, image/gif, *; q=.2, */*; q=.2", "html"),
    ],
)
def test_the_type_with_the_highest_quality_is_chosen(accept: str | None, name: str) -> None:
    chosen = choose(accept, OFFERS)
    assert chosen is not None
    assert chosen.name == name


def test_a_type_named_exactly_beats_a_wildcard_of_the_same_quality() -> None:
    assert choose("text/html;q=1.0, */*", OFFERS) is HTML
    assert choose("*/*, application/ld+json", OFFERS) is JSONLD


@pytest.mark.parametrize(
    "accept", ["image/png", "*/*;q=0", "text/html;q=0", "text/csv, application/json", "image/*"]
)
def test_nothing_is_chosen_when_nothing_fits(accept: str) -> None:
    assert choose(accept, OFFERS) is None


def test_parameters_of_the_range_must_fit() -> None:
    assert choose("text/turtle;charset=UTF-8", OFFERS) is TURTLE
    assert choose("text/turtle;charset=utf-16", OFFERS) is None
    assert choose("text/html;level=1", OFFERS) is None
    assert choose("text/html;level=1, text/html;q=0.1", OFFERS) is HTML


def test_json_ld_profiles_are_told_apart() -> None:
    profile = "http://www.w3.org/ns/json-ld#"
    assert choose(f'application/ld+json;profile="{profile}compacted"', OFFERS) is JSONLD
    assert choose(f'application/ld+json;profile="{profile}flattened"', OFFERS) is None


def test_a_comma_in_a_quoted_parameter_splits_nothing() -> None:
    assert choose('text/html;x="a,text/turtle;q=1", application/ld+json;q=0.2', OFFERS) is JSONLD


@pytest.mark.parametrize("broken", ["text", "/", "text/html;q=2", "text/html;q=x", "*/html", ";;"])
def test_an_unreadable_element_is_left_out(broken: str) -> None:
    assert choose(f"{broken}, application/ld+json;q=0.1", OFFERS) is JSONLD


@given(st.text(max_size=80))
def test_no_header_makes_it_fail(accept: str) -> None:
    chosen = choose(accept, OFFERS)
    assert chosen is None or chosen in OFFERS


@given(st.sampled_from(RDF), st.integers(1, 1000))
def test_every_offer_can_be_had_by_its_exact_name(offer: object, quality: int) -> None:
    assert offer in RDF
    media_type = next(o.media_type for o in RDF if o == offer)
    assert choose(f"{media_type};q={quality / 1000:.3f}", (HTML, *RDF)) == offer


@pytest.mark.parametrize(
    ("wanted", "header", "lang"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "de-AT, en;q=0.8", "de"),
        (None, "fr, ru;q=0.3, en;q=0.2", "ru"),
        (None, "de;q=0, ru;q=0.1", "ru"),
        (None, "fr", "en"),
        ("ru", "de", "ru"),
        ("xx", "de", "de"),
    ],
)
def test_the_language_is_the_addresss_then_the_browsers(
    wanted: str | None, header: str, lang: str
) -> None:
    assert choose_language(wanted, header, ("en", "de", "ru")) == lang
