"""The timeline and its maps: what is accepted and what is told, breaks of the axis, choices."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode
from small_release import write_small_release

from kg.terms import EDTF_EDTF, XSD
from server import Settings, create_app
from server.chronicle.axis import Stretch, break_axis
from server.chronicle.positions import read_wkt, to_point
from server.chronicle.spans import DAY, EITHER, THROUGHOUT, WITHIN, Span, hull, to_span
from server.geography.projection import Point
from server.lookups import Text
from server.pages.cards import Badge
from server.pages.map import say_point
from server.pages.tracks import draw_track

BROWSER = {"Accept": "text/html"}
ALL = "/timeline/entries"
Publish = Callable[[str], FlaskClient]
ALL = "/timeline/entries"


def edtf(text: str) -> Span | None:
    return to_span(Literal(text, datatype=EDTF_EDTF))


class Entries(HTMLParser):
    """The page's list as a visitor reads it: each entry with its attributes and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.entries: dict[str, dict[str, str]] = {}
        self.marks: dict[str, dict[str, str]] = {}
        self._open: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        classes = found.get("class", "").split()
        if tag == "li":
            self._open = found.get("id") if "entry" in classes else self._open
            if "entry" in classes:
                self.entries[found["id"]] = {**found, "words": ""}
        if tag == "section" and "hidden" in found:
            self._open = None
        if tag == "a" and "mark" in classes:
            self.marks[found["aria-label"]] = found

    def handle_data(self, data: str) -> None:
        if self._open:
            entry = self.entries[self._open]
            entry["words"] = " ".join(f"{entry['words']} {data}".split())

    @property
    def shown(self) -> list[str]:
        return [key for key, entry in self.entries.items() if "hidden" not in entry]


def read(client: FlaskClient, path: str = "/timeline", lang: str = "en") -> Entries:
    response = client.get(path, headers={**BROWSER, "Accept-Language": lang})
    assert response.status_code == 200, response.text
    return Entries(response.text)


@pytest.fixture
def small(tmp_path: Path) -> Publish:
    """Makes a client of a release that holds a text and nothing else."""

    def publish(text: str) -> FlaskClient:
        prefixes = """
        PREFIX schema: <http://schema.org/>
        PREFIX geo: <http://www.w3.org/2003/01/geo/wgs84_pos#>
        PREFIX gsp: <http://www.opengis.net/ont/geosparql#>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        PREFIX thing: <id/thing/>
        """
        release = write_small_release(tmp_path / "release", prefixes + text)
        return create_app(Settings(release_dir=release)).test_client()

    return publish


@pytest.mark.parametrize(
    ("text", "first", "last", "manner", "about"),
    [
        ("1945-04-25", date(1945, 4, 25), date(1945, 4, 25), DAY, False),
        ("1995-04", date(1995, 4, 1), date(1995, 4, 30), WITHIN, False),
        ("2020", date(2020, 1, 1), date(2020, 12, 31), WITHIN, False),
        ("[1945-05-06..1945-05-31]", date(1945, 5, 6), date(1945, 5, 31), WITHIN, False),
        ("1944-08/1945-05", date(1944, 8, 1), date(1945, 5, 31), THROUGHOUT, False),
        ("[1950-09-20,1950-09-22]", date(1950, 9, 20), date(1950, 9, 22), EITHER, False),
        ("1950-09-22/..", date(1950, 9, 22), None, THROUGHOUT, False),
        ("1945-04-25~", date(1945, 4, 25), date(1945, 4, 25), DAY, True),
        ("194X", date(1940, 1, 1), date(1949, 12, 31), WITHIN, False),
    ],
)
def test_a_date_knows_how_far_it_reaches_and_how_sure_it_is(
    text: str, first: date, last: date | None, manner: str, about: bool
) -> None:
    span = edtf(text)
    assert span is not None
    assert (span.first, span.last, span.manner, span.about) == (first, last, manner, about)


def test_one_of_two_days_keeps_both() -> None:
    span = edtf("[1950-09-20,1950-09-22]")
    assert span is not None
    assert span.options == ((date(1950, 9, 20),) * 2, (date(1950, 9, 22),) * 2)


@pytest.mark.parametrize(
    ("text", "kind", "first"),
    [
        ("1945-04-25", "date", date(1945, 4, 25)),
        ("2019-06-03T10:00:00Z", "dateTime", date(2019, 6, 3)),
        ("1945-04-25+02:00", "date", date(1945, 4, 25)),
        ("1945", "gYear", date(1945, 1, 1)),
        ("1945-04", "gYearMonth", date(1945, 4, 1)),
        ("1789", "string", date(1789, 1, 1)),
    ],
)
def test_dates_of_xsd_and_plain_text_are_read(text: str, kind: str, first: date) -> None:
    span = to_span(Literal(text, datatype=NamedNode(XSD + kind)))
    assert span is not None
    assert span.first == first


@pytest.mark.parametrize("text", ["soon", "1945-02-30", "", "-0480", "1945-13", "../.."])
def test_what_is_no_date_is_no_span(text: str) -> None:
    assert to_span(Literal(text)) is None
    assert edtf(text) is None


def test_an_open_span_meets_every_later_day() -> None:
    span = edtf("1950-09-22/..")
    assert span is not None
    assert span.meets(date(2020, 1, 1), None)
    assert not span.meets(None, date(1950, 9, 21))
    day = edtf("1945-04-25")
    assert day is not None
    assert day.meets(date(1945, 4, 25), date(1945, 4, 25))
    assert not day.meets(date(1945, 4, 26), date(1945, 4, 30))


def test_an_open_span_keeps_the_date_it_has() -> None:
    later, earlier = edtf("2018/.."), edtf("../2024-10-05")
    assert later and earlier
    assert later.outline == (date(2018, 1, 1), date(2018, 12, 31))
    assert earlier.outline == (date(2024, 10, 5), date(2024, 10, 5))


def test_claims_that_differ_reach_over_what_lies_between() -> None:
    spans = [span for span in (edtf("1945-05-02"), edtf("1945-05-09")) if span]
    assert hull(spans) == Span(date(1945, 5, 2), date(1945, 5, 9), WITHIN)
    assert hull(spans[:1]) == spans[0]
    assert hull([]) is None


def test_the_axis_breaks_where_years_pass_between_days() -> None:
    days = [date(1945, 4, 25), date(1945, 4, 27), date(1945, 5, 5), date(1995, 4, 8)]
    years = [(date(year, 1, 1), date(year, 12, 31)) for year in range(2020, 2026)]
    assert break_axis([*((day, day) for day in days), *years]) == [
        Stretch(date(1945, 4, 25), date(1945, 5, 5)),
        Stretch(date(1995, 4, 8), date(1995, 4, 8)),
        Stretch(date(2020, 1, 1), date(2025, 12, 31)),
    ]


def test_days_that_scatter_evenly_stand_on_one_axis() -> None:
    days = [date(1800 + n * 7 % 200, 1 + n % 12, 1 + n % 28) for n in range(150)]
    assert break_axis((day, day) for day in days) == [Stretch(min(days), max(days))]
    assert break_axis([]) == []


def test_the_axis_never_has_more_than_eight_breaks() -> None:
    days = [date(100, 1, 1) + timedelta(days=10 * 3**n) for n in range(11)]
    stretches = break_axis((day, day) for day in days)
    assert len(stretches) == 9
    assert stretches[0] == Stretch(days[0], days[2]), "the smallest gaps are closed"


def test_days_are_placed_by_their_number_in_a_stretch() -> None:
    stretch = Stretch(date(1945, 4, 25), date(1945, 5, 4))
    places = [stretch.place(day) for day in (date(1945, 4, 25), date(1945, 4, 30))]
    assert places == pytest.approx([0.03, 0.03 + 0.94 / 2])
    assert stretch.place(date(1945, 5, 4), 1) == pytest.approx(0.97)
    assert stretch.place(date(1955, 1, 1)) == pytest.approx(0.97)
    assert stretch.place(date(1935, 1, 1)) == pytest.approx(0.03)


def test_ticks_name_days_months_or_years_as_the_stretch_allows() -> None:
    def words(first: date, last: date, lang: str = "en") -> list[str]:
        return [tick.say(lang) for tick in Stretch(first, last).ticks()]

    assert words(date(1945, 4, 22), date(1945, 6, 24)) == ["1 May", "15 May", "1 Jun", "15 Jun"]
    assert words(date(1950, 9, 20), date(1950, 9, 22), "de") == ["20. Sep", "21. Sep", "22. Sep"]
    assert words(date(1975, 1, 1), date(1975, 12, 31), "ru") == ["янв", "апр", "июл", "окт"]
    assert words(date(2017, 8, 31), date(2025, 4, 25)) == ["2018", "2020", "2022", "2024"]
    assert words(date(1, 1, 1), date(2026, 1, 1)) == ["500", "1000", "1500", "2000"]


def test_a_told_date_is_joined_to_the_accepted_one_and_keeps_its_sign() -> None:
    stretch = Stretch(date(1945, 4, 22), date(1945, 5, 31))
    settled, told, far = edtf("[1945-05-01..1945-05-03]"), edtf("1945-05-09"), edtf("1955")
    assert settled and told and far
    wrong = Badge("contradicted", "✗", Text("contradicted", "en"))
    track = draw_track(stretch, settled, [(told, wrong), (far, wrong)])
    accepted, first, second = track.shapes
    assert (accepted.style, accepted.dots, accepted.badge) == ("settled", (), None)
    assert accepted.start is not None and accepted.end is not None
    assert (first.style, len(first.dots), first.badge, first.beyond) == ("told", 1, wrong, "")
    assert (second.beyond, second.after) == ("›", True)
    assert [(joint.y, joint.end_y) for joint in track.joints] == [(12, 29), (12, 29)]
    assert track.lanes == 2


def test_coordinates_are_read_in_the_forms_they_come_in() -> None:
    assert read_wkt("Point(12.99617 51.56016)") == Point(51.56016, 12.99617)
    crs = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT (2.35 48.86)"
    assert read_wkt(crs) == Point(48.86, 2.35)
    assert read_wkt("<http://www.wikidata.org/entity/Q405> Point(1 2)") is None, "the Moon"
    assert read_wkt("LINESTRING(1 2, 3 4)") is None
    assert to_point("51.5", "north") is None
    assert to_point("91", "0") is None
    assert to_point("nan", "0") is None


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "38.881° N, 77.104° W"),
        ("de", "38,881° N, 77,104° W"),
        ("ru", "38,881° с. ш., 77,104° з. д."),
    ],
)
def test_coordinates_are_written_as_a_reader_writes_them(lang: str, words: str) -> None:
    assert say_point(Point(38.88101, -77.10428), lang) == words


def test_entries_come_in_order_of_time_with_hour_place_and_who_says_so(elbe: FlaskClient) -> None:
    page = read(elbe, ALL)
    keys = list(page.entries)
    assert len(keys) == 49
    assert keys.index("event/kotzebue-at-leckwitz") < keys.index("event/kotzebue-at-kreinitz")
    assert keys.index("event/elbe-day") < keys.index("event/konev-reception-for-bradley")
    assert keys[-1] == "event/c1-scene", "what has no date comes last"
    words = page.entries["event/kotzebue-at-leckwitz"]["words"]
    assert "25 April 1945, 11:30 · Leckwitz" in words
    assert "✓ corroborated 69th Infantry Division" in words


def test_what_is_said_of_an_entry_stands_apart_from_its_place(elbe: FlaskClient) -> None:
    page = elbe.get(ALL).text
    assert "<em>accounts differ" in page
    assert re.search(r"[^\s]<(?:em|strong)>", page.partition('class="entry')[2]) is None


def test_a_disputed_date_says_who_says_which(elbe: FlaskClient) -> None:
    entry = read(elbe, ALL).entries["event/lenzen-cavalry-contact"]
    assert "between 1 May 1945 and 3 May 1945 · Lenzen (Elbe)" in entry["words"]
    assert "accounts differ" in entry["words"]
    assert "9 May 1945 : ✗ contradicted tyum-pravda.ru" in entry["words"]
    assert "2 May 1945 : ? unverifiable Wikipedia mirror" in entry["words"]
    assert "25 April 1945 , Torgau : ✗ contradicted" in entry["words"]
    photograph = read(elbe, ALL).entries["photograph/c5"]["words"]
    for day in ("25", "26", "27"):
        assert f"{day} April 1945 :" in photograph


def test_what_only_a_claim_says_is_never_written_as_a_fact(elbe: FlaskClient) -> None:
    entry = read(elbe, ALL).entries["event/arlington-ceremony-1995"]
    assert "only-told" in entry["class"]
    assert "only told, not accepted" in entry["words"]
    facts = entry["words"].partition("only told")[0]
    assert "1995-04" not in facts and "8 April" not in facts
    assert "8 April 1995 , 10:30 , Arlington National Cemetery :" in entry["words"]


def test_the_hours_of_a_contact_stand_with_their_voices(elbe: FlaskClient) -> None:
    words = read(elbe, ALL).entries["event/robertson-silvashko-contact"]["words"]
    assert "14:00 : ? unverifiable Alexander Silvashko" in words
    assert "16:45 : ? unverifiable Omar Bradley ; Alexander Silvashko" in words


def test_what_was_called_off_says_so(elbe: FlaskClient) -> None:
    page = read(elbe, ALL)
    assert "did not take place" in page.entries["event/arlington-ceremony-2022"]["words"]
    assert "did not take place" not in page.entries["event/arlington-ceremony-2021"]["words"]


def test_a_place_without_coordinates_stands_for_nothing_on_the_map(elbe: FlaskClient) -> None:
    html = elbe.get("/timeline", headers=BROWSER).text
    unknown = html[html.index("Without coordinates") :]
    for name in ("Elbe", "Kreinitz", "Leckwitz", "Germany"):
        assert f">{name}<" in unknown
    assert "Torgau" not in unknown
    assert not any("Kreinitz" in label for label in Entries(html).marks)


def test_a_bridge_is_drawn_in_the_town_that_contains_it(elbe: FlaskClient) -> None:
    page = read(elbe, "/timeline?place=place/torgau")
    assert "event/robertson-silvashko-contact" in page.shown
    words = page.entries["event/robertson-silvashko-contact"]["words"]
    assert "Elbe bridge at Torgau (in Torgau)" in words


def test_a_place_chosen_leaves_its_entries_and_marks_it_on_every_map(elbe: FlaskClient) -> None:
    page = read(elbe, "/timeline?place=place/torgau")
    assert len(page.shown) == 8
    assert "event/lenzen-cavalry-contact" in page.shown, "somebody puts it at Torgau"
    marks = {label: mark["class"] for label, mark in page.marks.items()}
    assert "chosen" in marks["Torgau, entries: 8"]
    assert "rest" in marks["Arlington National Cemetery, entries: 13"]


def test_days_chosen_leave_what_meets_them(elbe: FlaskClient) -> None:
    page = read(elbe, "/timeline?from=1945-04-30&to=1945-05-01")
    assert page.shown == [
        "event/army-commanders-meeting",
        "event/lenzen-cavalry-contact",
        "event/us-84th-division-contact",
    ]
    years = read(elbe, "/timeline?from=2024&to=2024").shown
    assert "event/arlington-ceremony-2024" in years
    assert "event/arlington-ceremony-2025" not in years
    assert read(elbe, "/timeline?from=&to=").shown == read(elbe).shown


def test_an_event_chosen_is_marked_among_the_others(elbe: FlaskClient) -> None:
    page = read(elbe, "/timeline?event=event/konev-reception-for-bradley")
    assert page.shown.index("event/konev-reception-for-bradley") == 3, "between its neighbours"
    chosen = [key for key, entry in page.entries.items() if "chosen" in entry["class"]]
    assert chosen == ["event/konev-reception-for-bradley"]
    iri = "https://w3id.org/elbe-day/id/event/elbe-day"
    assert "chosen" in read(elbe, f"/timeline?event={iri}").entries["event/elbe-day"]["class"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("event=event/no-such", 404, "The timeline has no event called event/no-such."),
        ("place=place/no-such", 404, "The timeline has no place called place/no-such."),
        ("from=yesterday", 400, "from: 'yesterday' is no day; write it like 1945-04-25"),
        ("to=1945-02-30", 400, "to: '1945-02-30' is no day"),
        ("from=1950&to=1945", 400, "The span ends on 1945-12-31, before it begins on 1950-01-01"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_a_sentence(
    elbe: FlaskClient, query: str, status: int, words: str
) -> None:
    response = elbe.get(f"/timeline?{query}", headers={"Accept": "application/problem+json"})
    assert response.status_code == status
    assert words in response.json["detail"]


def test_the_map_address_leads_to_the_maps_of_the_timeline(elbe: FlaskClient) -> None:
    response = elbe.get("/map?place=place/lenzen", headers=BROWSER)
    assert (response.status_code, response.headers["Location"]) == (
        303,
        "/timeline?place=place%2Flenzen#map",
    )


def test_every_map_picture_is_there_and_small(elbe: FlaskClient) -> None:
    html = elbe.get("/timeline", headers=BROWSER).text
    pictures = re.findall(r'<img src="([^"]+)"', html)
    assert len(pictures) == 5
    for picture in pictures:
        response = elbe.get(picture)
        assert (response.status_code, response.mimetype) == (200, "image/svg+xml")
        assert "immutable" in response.headers["Cache-Control"]
        assert len(response.data) < 60_000
    assert elbe.get("/map/0.svg").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["99", "at999_0", "at0_200", "at0_0", "torgau", "-1"])
def test_no_other_map_is_drawn(elbe: FlaskClient, name: str) -> None:
    assert elbe.get(f"/map/{name}.svg").status_code == 404


@pytest.mark.parametrize(("lang", "words"), [("de", "Wann und wo"), ("ru", "Когда и где")])
def test_the_page_speaks_the_readers_language(elbe: FlaskClient, lang: str, words: str) -> None:
    html = elbe.get("/timeline", headers={**BROWSER, "Accept-Language": lang}).text
    assert f"<h1>{words}</h1>" in html
    assert {"de": "4. Juni 1944", "ru": "4 июня 1944 г."}[lang] in html
    assert {"de": "Rhein", "ru": "Эльба"}[lang] in html


def test_the_lighthouse_has_a_timeline_and_no_map(client: FlaskClient) -> None:
    response = client.get("/timeline", headers=BROWSER)
    assert "3 June 1874" in response.text
    assert "3 May 1874" in response.text
    assert "<img" not in response.text
    assert 'href="/timeline"' in client.get("/", headers=BROWSER).text


def test_any_data_with_times_and_coordinates_gets_its_timeline(small: Publish) -> None:
    client = small("""
    thing:fair rdfs:label "Fair" ; schema:startDate "2019-06-01"^^xsd:date ;
        schema:endDate "2019-06-05"^^xsd:date ; schema:location thing:tokyo .
    thing:run rdfs:label "Run" ; prov:endedAtTime "2019-06-03T11:30:00Z"^^xsd:dateTime ;
        prov:startedAtTime "2019-06-03T10:00:00Z"^^xsd:dateTime ; prov:atLocation thing:lima .
    thing:old rdfs:label "Old" ; dcterms:date "1789" ; dcterms:spatial thing:paris .
    thing:tokyo rdfs:label "東京" ; schema:geo thing:g .
    thing:g schema:latitude 35.68 ; schema:longitude 139.69 .
    thing:lima rdfs:label "Lima" ; geo:lat "-12.05" ; geo:long "-77.04" .
    thing:paris rdfs:label "Paris" ; gsp:hasGeometry thing:p .
    thing:p gsp:asWKT "POINT(2.35 48.86)"^^gsp:wktLiteral .
    """)
    page = read(client)
    assert list(page.entries) == ["thing/old", "thing/fair", "thing/run"]
    assert "1 June 2019 – 5 June 2019 · 東京" in page.entries["thing/fair"]["words"]
    assert page.entries["thing/fair"]["data-to"] == "2019-06-05"
    assert set(page.marks) == {"Lima, entries: 1", "Paris, entries: 1", "東京, entries: 1"}
    assert "3 June 2019, 10:00 – 3 June 2019, 11:30 · Lima" in page.entries["thing/run"]["words"]


def test_things_that_were_only_made_have_a_timeline_too(small: Publish) -> None:
    client = small("""
    thing:book rdfs:label "Book" ; dcterms:issued "1901"^^xsd:gYear .
    """)
    assert list(read(client).entries) == ["thing/book"]


def test_data_without_dates_has_no_timeline_and_no_menu_entry(small: Publish) -> None:
    client = small('thing:a rdfs:label "A" .')
    response = client.get("/timeline", headers=BROWSER)
    assert response.status_code == 404
    assert "Nothing in this release has a date" in response.text
    assert 'href="/timeline"' not in client.get("/", headers=BROWSER).text


def test_more_entries_than_fit_are_offered_in_spans(small: Publish) -> None:
    client = small(
        "".join(
            f'thing:e{n} rdfs:label "E{n}" ; dcterms:date "{1900 + n // 12}-{1 + n % 12:02}" .\n'
            for n in range(240)
        )
    )
    html = client.get("/timeline", headers=BROWSER).text
    assert "Entries: 240" in html
    assert 20 < len(Entries(html).entries) < 60
    assert ">1919</a>" in html
    some = client.get("/timeline?from=1919&to=1919", headers=BROWSER).text
    assert "Entries: 12 of 240" in some
    assert list(Entries(some).entries)[0] == "thing/e228"
    event = read(client, "/timeline?event=thing/e120")
    assert "chosen" in event.entries["thing/e120"]["class"]


def test_a_page_holds_a_part_of_the_entries_and_leads_to_the_others(elbe: FlaskClient) -> None:
    address, seen = "/timeline", []
    while address:
        html = elbe.get(address, headers=BROWSER).text
        assert "Entries: 49" in html
        assert 10 < len(Entries(html).entries) < 49
        seen += list(Entries(html).entries)
        further = re.search(r'<a rel="next" href="([^"]+)">Further entries: (\d+)', html)
        address = unescape(further[1]) if further else ""
        assert len(seen) + (int(further[2]) if further else 0) == 49
    assert seen == list(read(elbe, ALL).entries)
    missing = elbe.get("/timeline?skip=49", headers=BROWSER)
    assert (missing.status_code, "nothing follows after 49" in missing.text) == (404, True)


def test_the_spans_offered_hold_every_entry(elbe: FlaskClient) -> None:
    html = elbe.get("/timeline", headers=BROWSER).text
    parts = re.findall(r'<li><a href="/timeline[?][^"]+">[^<]*</a> <span[^>]*>(\d+)<', html)
    assert len(parts) > 5
    assert sum(map(int, parts)) == 49


def test_what_has_no_date_can_be_chosen(elbe: FlaskClient) -> None:
    page = read(elbe, "/timeline?undated=yes")
    assert "event/c1-scene" in page.shown
    assert all("data-from" not in page.entries[key] for key in page.shown)


def test_entries_too_many_for_the_script_are_not_offered_to_it(small: Publish) -> None:
    client = small(
        "".join(f'thing:e{n} dcterms:date "{1900 + n}" .\n' for n in range(61)),
    )
    assert "data-entries" not in client.get("/timeline", headers=BROWSER).text
    refused = client.get(ALL, headers=BROWSER)
    assert refused.status_code == 404
    assert "61 entries, too many to show at once" in refused.text


def test_nothing_in_the_data_can_harm_the_page(small: Publish) -> None:
    client = small("""
    <https://x.example/%22%3E%3Cscript%3E> rdfs:label "<script>alert(1)</script>" ;
        dcterms:date "2001-01-01" ; dcterms:spatial <javascript:alert(1)> .
    thing:place rdfs:label "\\"><img src=x onerror=alert(1)>" ; geo:lat 1 ; geo:long 1 .
    thing:b rdfs:label "B" ; dcterms:date "2001-01-02" ; dcterms:spatial thing:place .
    """)
    html = client.get("/timeline", headers=BROWSER).text
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert 'href="javascript:' not in html


def test_the_page_of_a_place_shows_where_it_lies(elbe: FlaskClient) -> None:
    html = elbe.get("/doc/place/torgau", headers=BROWSER).text
    shown = html[html.index("Where it lies") :]
    assert "51.560° N, 12.996° E" in shown
    assert 'href="/timeline?place=place%2Ftorgau"' in shown
    (picture,) = re.findall(r'<img src="(/map/[^"]+)"', shown)
    assert elbe.get(picture).status_code == 200
    assert "Where it lies" not in elbe.get("/doc/place/kreinitz", headers=BROWSER).text
    assert "Where it lies" not in elbe.get("/doc/event/elbe-day", headers=BROWSER).text
