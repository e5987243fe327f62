"""The Wikidata client: what it understands, what it asks, how it waits, and what it keeps."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from wikibase import JULIAN, Said, Wikibase, day, item, point, statement, text

from kg.errors import ServiceError
from kg.linking.articles import Article, to_article
from kg.linking.cache import Cache
from kg.linking.client import Wikidata
from kg.linking.reconciliation import Candidate, Question, Reconciliation
from kg.linking.service import Etiquette, Service
from kg.linking.wikidata import Addresses, Entity, Point, Time, to_entity

_NUMBERS = count(1)
KEAN = Article("enwiki", "William B. Kean", "en")


@pytest.fixture
def wikibase() -> Iterator[Wikibase]:
    """A Wikibase that knows a general, his class and the place where he died."""
    opened = Wikibase()
    opened.add(
        "Q10",
        "William Kean",
        statement("P31", item("Q5")),
        statement("P569", day("+1897-07-09"), sources={"P248": item("Q99")}),
        statement("P214", text("123")),
        articles={"enwiki": "William B. Kean"},
        aliases=("W. B. Kean",),
    )
    opened.add("Q5", "human", statement("P279", item("Q6")))
    opened.add("Q6", "being")
    opened.add("Q20", "town", statement("P131", item("Q21")), statement("P625", point(51.5, 13)))
    opened.add("Q21", "district", statement("P131", item("Q22")))
    opened.add("Q22", "state")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test keeps answers in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def fresh_cache() -> Cache:
    """A cache that holds nothing yet."""
    return Cache(Path(f"answers-{next(_NUMBERS)}.sqlite"))


class Waits(list[float]):
    """The waits that a service would have slept through."""


def ask(
    wikibase: Wikibase,
    cache: Cache | None = None,
    waits: Waits | None = None,
    *,
    timeout_s: float = 30,
    **options: object,
) -> Wikidata:
    rules = Etiquette("tests@example.org", timeout_s=timeout_s, attempts=3)
    sleep = (Waits() if waits is None else waits).append
    return Wikidata(
        Service(rules, sleep=sleep),
        cache or fresh_cache(),
        addresses=Addresses(wikibase.api, wikibase.sparql),
        **options,  # type: ignore[arg-type]
    )


def entity(wikibase: Wikibase, id: str) -> Entity:
    found = ask(wikibase).entities([id])[id]
    assert found is not None
    return found


# --- what it understands


def test_an_item_has_names_statements_with_sources_and_articles(wikibase: Wikibase) -> None:
    kean = entity(wikibase, "Q10")
    assert list(kean.names()) == [("en", "William Kean"), ("en", "W. B. Kean")]
    assert kean.articles == {"enwiki": "William B. Kean"}
    (born,) = kean.best("P569")
    assert (born.value, born.sources) == (Time("+1897-07-09T00:00:00Z", 11), ("Q99",))
    assert kean.values("P31") == ("Q5",)
    assert entity(wikibase, "Q20").values("P625") == (Point(51.5, 13.0, 0.0001),)


def test_the_preferred_statement_counts_and_a_deprecated_one_never(wikibase: Wikibase) -> None:
    wikibase.add(
        "Q30",
        "much disputed",
        statement("P569", day("+1900-01-01")),
        statement("P569", day("+1901-01-01"), rank="preferred"),
        statement("P570", day("+1950-01-01"), rank="deprecated"),
        statement("P19", None),
    )
    disputed = entity(wikibase, "Q30")
    assert [str(value) for value in disputed.values("P569")] == ["1901-01-01"]
    assert disputed.values("P570") == disputed.values("P19") == ()


def test_a_redirected_item_names_its_new_id_and_a_deleted_one_is_none(wikibase: Wikibase) -> None:
    wikibase.redirects["Q11"] = "Q10"
    found = ask(wikibase).entities(["Q11", "Q404"])
    moved = found["Q11"]
    assert moved is not None and (moved.asked, moved.id, moved.redirected) == ("Q11", "Q10", True)
    assert found["Q404"] is None


@pytest.mark.parametrize(
    ("time", "first", "last"),
    [
        (Time("+1910-08-14T00:00:00Z", 11), date(1910, 8, 14), date(1910, 8, 14)),
        (Time("+1910-12-00T00:00:00Z", 10), date(1910, 12, 1), date(1910, 12, 31)),
        (Time("+1914-00-00T00:00:00Z", 9), date(1914, 1, 1), date(1914, 12, 31)),
        (Time("+1910-08-01T00:00:00Z", 11, True), date(1910, 8, 1), date(1910, 8, 14)),
        (Time("+1900-00-00T00:00:00Z", 8), date(1890, 1, 1), date(1910, 12, 31)),
    ],
)
def test_a_time_may_mean_the_days_its_precision_and_calendar_allow(
    time: Time, first: date, last: date
) -> None:
    assert time.bounds == (first, last)


@pytest.mark.parametrize("written", ["-0044-03-15", "+16000-00-00", "+1900-02-31", "around 1900"])
def test_a_time_that_no_calendar_day_can_hold_has_no_bounds(written: str) -> None:
    assert Time(f"{written}T00:00:00Z", 11).bounds is None


def test_the_calendar_of_a_julian_date_is_said(wikibase: Wikibase) -> None:
    wikibase.add("Q31", "old style", statement("P569", day("+1910-08-01", calendar=JULIAN)))
    assert [str(v) for v in entity(wikibase, "Q31").values("P569")] == [
        "1910-08-01 (Julian calendar)"
    ]


@pytest.mark.parametrize("record", [[], {}, {"id": "x"}, {"id": "Q1", "claims": {"P1": [{}]}}, 7])
def test_a_record_of_another_form_is_refused(record: object) -> None:
    with pytest.raises(ServiceError, match="Q1"):
        to_entity(record, "Q1")


@pytest.mark.parametrize(
    ("address", "article"),
    [
        ("https://en.wikipedia.org/wiki/William_B._Kean", KEAN),
        ("https://en.m.wikipedia.org/wiki/William_B._Kean", KEAN),
        (
            "https://ru.wikipedia.org/wiki/%D0%AD%D0%BB%D1%8C%D0%B1%D0%B0",
            Article("ruwiki", "Эльба", "ru"),
        ),
        ("https://be-tarask.wikipedia.org/wiki/X", Article("be_x_oldwiki", "X", "be-tarask")),
        ("https://en.wikipedia.org/w/index.php?title=X", None),
        ("https://www.wikidata.org/wiki/Q1", None),
    ],
)
def test_an_address_names_a_site_and_a_title(address: str, article: Article | None) -> None:
    assert to_article(address) == article


# --- what it asks


def test_items_are_asked_for_fifty_at_a_time_and_each_once(wikibase: Wikibase) -> None:
    ids = [f"Q{number}" for number in range(1000, 1120)]
    ask(wikibase).entities([*ids, "Q1000"])
    sizes = [len(fields["ids"].split("|")) for fields in wikibase.asked("/w/api.php")]
    assert sizes == [50, 50, 20]


def test_every_request_names_the_software_and_whom_to_write_to(wikibase: Wikibase) -> None:
    client = ask(wikibase)
    client.entities(["Q10"])
    client.classes(["Q10"])
    agents = {headers["User-Agent"] for headers in wikibase.headers}
    assert len(wikibase.headers) == 2 and len(agents) == 1
    assert re.fullmatch(r"source-critical-graph/\S+ \(tests@example.org\) urllib3/\S+", *agents)


def test_an_article_leads_to_its_item_and_one_without_to_none(wikibase: Wikibase) -> None:
    nobody = Article("enwiki", "Nobody", "en")
    assert ask(wikibase).items_of_articles([KEAN, nobody]) == {KEAN: "Q10", nobody: None}


def test_an_identifier_leads_to_every_item_that_carries_it(wikibase: Wikibase) -> None:
    wikibase.add("Q9", "a duplicate", statement("P214", text("123")))
    found = ask(wikibase).items_of_identifiers("P214", ["123", "456"])
    assert found == {"123": ("Q9", "Q10"), "456": ()}


def test_classes_and_surroundings_are_followed_upwards(wikibase: Wikibase) -> None:
    client = ask(wikibase)
    assert client.classes(["Q10"]) == {"Q10": frozenset({"Q5", "Q6"})}
    assert client.surroundings(["Q20", "Q22"]) == {
        "Q20": frozenset({"Q21", "Q22"}),
        "Q22": frozenset(),
    }


def test_a_search_gives_the_items_in_order(wikibase: Wikibase) -> None:
    assert ask(wikibase).search("w. b.", "en") == ("Q10",)


@pytest.mark.parametrize("id", ["10", "q10", "Q010", "P569", "Q1|Q2", "Q"])
def test_what_is_no_id_of_an_item_is_never_asked_for(wikibase: Wikibase, id: str) -> None:
    with pytest.raises(ServiceError, match="is no id of an item"):
        ask(wikibase).entities([id])
    assert wikibase.requests == []


def test_a_proxy_named_in_the_environment_is_used(
    wikibase: Wikibase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", wikibase.url)
    addresses = Addresses("http://wikidata.example/w/api.php", "http://wikidata.example/sparql")
    client = Wikidata(Service(Etiquette("x", attempts=1)), fresh_cache(), addresses=addresses)
    assert client.entities(["Q10"])["Q10"] is not None
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert ask(wikibase).entities(["Q10"])["Q10"] is not None


# --- how it waits


def test_retry_after_is_obeyed(wikibase: Wikibase) -> None:
    wikibase.say(Said(429, headers={"Retry-After": "7"}))
    waits = Waits()
    assert ask(wikibase, waits=waits).entities(["Q10"])["Q10"] is not None
    assert waits == [7]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (Said(500), "answers 500"),
        (Said(503), "answers 503"),
        (Said(200, b"<!doctype html>", "text/html"), "answers a page for people in place of data"),
        (Said(200, b'{"entities": {"Q10": '), "answers broken JSON"),
        (Said(200, b'{"entities": {}}', cut=4), "breaks off its answer"),
        (Said(body=None), "breaks off its answer"),
        (Said(200, b'{"error": {"code": "maxlag", "info": "lagged"}}'), r"is busy \(maxlag\)"),
        (Said(200, b"[]"), "JSON that is no object"),
    ],
)
def test_a_trouble_that_passes_is_waited_out_ever_longer(
    wikibase: Wikibase, said: Said, what: str
) -> None:
    waits = Waits()
    wikibase.say(said, said)
    assert ask(wikibase, waits=waits).entities(["Q10"])["Q10"] is not None
    assert waits == [1, 2]
    wikibase.say(said, said, said)
    with pytest.raises(ServiceError, match=f"{what}, 3 times in a row; what was answered is kept"):
        ask(wikibase, waits=waits).entities(["Q10"])


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (Said(429, headers={"Retry-After": "3"}), "answers 429"),
        (Said(500, b"java.util.concurrent.TimeoutException"), "answers 500"),
        (Said(502, b"<h1>Bad Gateway</h1>", "text/html"), "answers 502"),
        (Said(200, b"<h1>hello</h1>", "text/html"), "answers a page for people"),
        (Said(200, b'{"head": {"vars": ["key"]}, "results": {"bind'), "answers a broken result"),
        (Said(body=None), "breaks off its answer"),
    ],
)
def test_the_query_service_is_waited_for_too(wikibase: Wikibase, said: Said, what: str) -> None:
    wikibase.say(said)
    assert ask(wikibase).classes(["Q5"]) == {"Q5": frozenset()}
    wikibase.say(said, said, said)
    with pytest.raises(ServiceError, match=what):
        ask(wikibase).classes(["Q5"])


def test_a_service_that_says_nothing_is_given_up_in_time(wikibase: Wikibase) -> None:
    wikibase.say(*[Said(wait_s=60)] * 6)
    with pytest.raises(ServiceError, match="does not answer in time"):
        ask(wikibase, timeout_s=0.2).entities(["Q10"])
    with pytest.raises(ServiceError, match="does not answer in time"):
        ask(wikibase, timeout_s=1).classes(["Q10"])


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (Said(404, b"<h1>", "text/html"), "refuses the request with 404; check the address"),
        (
            Said(301, headers={"Location": "https://elsewhere.example/"}),
            "has moved to https://else",
        ),
        (Said(429, headers={"Retry-After": "3600"}), "asks to wait 3600 s"),
        (Said(200, b'{"error": {"code": "no-such", "info": "No."}}'), r"No. \[no-such\]"),
    ],
)
def test_what_no_waiting_mends_ends_at_once(wikibase: Wikibase, said: Said, what: str) -> None:
    waits = Waits()
    wikibase.say(said)
    with pytest.raises(ServiceError, match=what):
        ask(wikibase, waits=waits).entities(["Q10"])
    assert (waits, len(wikibase.requests)) == ([], 1)


def test_a_service_that_is_not_there_is_named() -> None:
    addresses = Addresses("http://127.0.0.1:9/w/api.php", "http://127.0.0.1:9/sparql")
    service = Service(Etiquette("x", attempts=2), sleep=lambda wait: None)
    client = Wikidata(service, fresh_cache(), addresses=addresses)
    for question in (client.entities, client.classes):
        with pytest.raises(ServiceError, match="127.0.0.1:9/.* cannot be reached"):
            question(["Q10"])


# --- what it keeps


def test_what_was_answered_is_not_asked_again(wikibase: Wikibase, tmp_path: Path) -> None:
    for _ in range(2):
        client = ask(wikibase, Cache(tmp_path / "cache"))
        client.entities(["Q10", "Q404"])
        client.classes(["Q10"])
        client.items_of_articles([KEAN])
    assert len(wikibase.requests) == 3


def test_an_answer_too_old_is_asked_again(wikibase: Wikibase, tmp_path: Path) -> None:
    ask(wikibase, Cache(tmp_path / "cache")).entities(["Q10"])
    ask(wikibase, Cache(tmp_path / "cache"), max_age=timedelta(0)).entities(["Q10"])
    assert len(wikibase.requests) == 2


def test_a_run_that_broke_off_goes_on_where_it_stopped(wikibase: Wikibase, tmp_path: Path) -> None:
    ids = [f"Q{number}" for number in range(1000, 1100)]
    first = json.dumps({"entities": {id: {"id": id, "missing": ""} for id in ids[:50]}}).encode()
    wikibase.say(Said(body=first), *[Said(500)] * 3)
    with pytest.raises(ServiceError, match="answers 500"):
        ask(wikibase, Cache(tmp_path / "cache")).entities(ids)
    wikibase.requests.clear()
    assert len(ask(wikibase, Cache(tmp_path / "cache")).entities(ids)) == 100
    assert [fields["ids"] for fields in wikibase.asked("/w/api.php")] == ["|".join(ids[50:])]


def test_offline_an_answer_of_any_age_will_do_and_its_age_is_known(
    wikibase: Wikibase, tmp_path: Path
) -> None:
    ask(wikibase, Cache(tmp_path / "cache")).entities(["Q10"])
    client = ask(wikibase, Cache(tmp_path / "cache"), max_age=timedelta(0), offline=True)
    assert client.entities(["Q10"])["Q10"] is not None
    assert timedelta(0) < client.age < timedelta(minutes=5)
    with pytest.raises(ServiceError, match="no answer is kept for Q20 .*without --offline"):
        client.entities(["Q20"])
    assert len(wikibase.requests) == 1


def test_a_damaged_file_of_answers_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cache"
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(ServiceError, match="delete this file") as error:
        Cache(file)
    assert error.value.path == str(file)


# --- reconciliation


def test_a_reconciliation_service_gives_candidates_in_its_order(wikibase: Wikibase) -> None:
    wikibase.candidates["Kean"] = [
        {
            "id": "Q10",
            "name": "William Kean",
            "type": [{"id": "Q5", "name": "human"}],
            "score": 88.5,
            "match": False,
        },
        {"id": "Q11", "name": "Kean", "score": 40},
    ]
    service = Service(Etiquette("x"))
    asked = Reconciliation(service, fresh_cache(), wikibase.reconciliation)
    assert asked.manifest()["identifierSpace"] == "http://www.wikidata.org/entity/"
    kean = Question("Kean", type="Q5", properties=(("P569", "1897-07-09"),))
    assert asked.candidates([Question("Nobody"), kean]) == [
        (),
        (Candidate("Q10", "William Kean", 88.5, types=("Q5",)), Candidate("Q11", "Kean", 40.0)),
    ]
    asked.candidates([kean])
    (sent,) = [json.loads(f["queries"]) for f in wikibase.asked("/en/api") if "queries" in f]
    assert sent["q1"] == {
        "query": "Kean",
        "limit": 10,
        "type": "Q5",
        "properties": [{"pid": "P569", "v": "1897-07-09"}],
    }


def test_a_service_that_reconciles_nothing_is_named(wikibase: Wikibase) -> None:
    asked = Reconciliation(Service(Etiquette("x")), fresh_cache(), wikibase.api)
    wikibase.say(Said(200, b"{}"), Said(200, b"{}"))
    with pytest.raises(ServiceError, match="no reconciliation service"):
        asked.manifest()
    with pytest.raises(ServiceError, match="is it a service of API 0.2"):
        asked.candidates([Question("Kean")])
