"""`/reconcile`: lists of names matched against our things, as OpenRefine asks (API 0.2)."""

import gc
import json
import re
import tracemalloc
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import clear_cache, quote, urlencode

import pytest
from conftest import Check
from flask.testing import FlaskClient
from reconciliation_schemas import (
    check_extension,
    check_manifest,
    check_proposals,
    check_results,
    check_suggestions,
)
from small_release import write_small_release
from werkzeug.test import TestResponse

from server import Settings, create_app

PERSON = {"id": "schema:Person", "name": "person"}


def ask(client: FlaskClient, **queries: Any) -> dict[str, Any]:
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text
    check_results(answer.json)
    found: dict[str, Any] = answer.json
    assert list(found) == list(queries)
    return found


def candidates(client: FlaskClient, query: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(client, q={"query": query, **more})["q"]["result"]
    assert [one["score"] for one in found] == sorted((o["score"] for o in found), reverse=True)
    return found


def extend(client: FlaskClient, ids: list[str], *properties: Any) -> dict[str, Any]:
    wanted = [{"id": one} if isinstance(one, str) else one for one in properties]
    asked = json.dumps({"ids": ids, "properties": wanted})
    answer = client.post("/reconcile", data={"extend": asked})
    assert answer.status_code == 200, answer.text
    check_extension(answer.json)
    found: dict[str, Any] = answer.json
    return found


def refused(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return str(answer.json["detail"])


def test_the_bare_address_says_what_the_service_is(elbe: FlaskClient) -> None:
    answer = elbe.get("/reconcile")
    check_manifest(answer.json)
    manifest = answer.json
    assert manifest["versions"] == ["0.2"]
    assert manifest["identifierSpace"] == "https://w3id.org/elbe-day/id/"
    assert manifest["batchSize"] == 50
    assert PERSON in manifest["defaultTypes"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["ETag"] and answer.headers["Cache-Control"] == "no-cache"


def test_every_address_of_the_manifest_answers(elbe: FlaskClient) -> None:
    manifest = elbe.get("/reconcile").json
    thing = quote("person/gleb-baklanov", safe="")
    addresses = [
        manifest["view"]["url"].replace("{{id}}", thing),
        manifest["preview"]["url"].replace("{{id}}", thing),
        manifest["documentation"],
        *(one["service_url"] + one["service_path"] for one in manifest["suggest"].values()),
    ]
    proposing = manifest["extend"]["propose_properties"]
    addresses.append(proposing["service_url"] + proposing["service_path"])
    for address in addresses:
        assert elbe.get(address, follow_redirects=True).status_code == 200, address


def test_a_proxy_is_named_as_the_settings_say(lighthouse_release: Path) -> None:
    settings = Settings(release_dir=lighthouse_release, public_url="https://kg.example/g/")
    manifest = create_app(settings).test_client().get("/reconcile").json
    check_manifest(manifest)
    assert manifest["preview"]["url"] == "https://kg.example/g/reconcile/preview?id={{id}}"


def test_a_browser_gets_the_page_that_tells_what_to_paste(elbe: FlaskClient) -> None:
    answer = elbe.get("/reconcile", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.content_type == "text/html; charset=utf-8"
    assert "http://localhost/reconcile</code>" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "Col. Gen. Baklanov",
        "Бакланов Г. В.",
        "генерал-майор Бакланов",
        "BAKLANOV, GLEB",
        "G. W. Baklanow",
    ],
)
def test_a_person_is_found_by_rank_initials_and_script(elbe: FlaskClient, name: str) -> None:
    best = candidates(elbe, name, type="schema:Person")[0]
    assert (best["id"], best["name"], best["match"]) == (
        "person/gleb-baklanov",
        "Gleb Baklanov",
        True,
    )
    assert best["type"] == [PERSON]


def test_the_features_add_up_to_the_score_and_say_why(elbe: FlaskClient) -> None:
    best = candidates(
        elbe, "Бакланов Г.", properties=[{"pid": "schema:birthPlace", "v": "Moscow"}]
    )[0]
    assert [(one["id"], one["value"]) for one in best["features"]] == [
        ("family-name", 60.0),
        ("given-name", 18.0),
        ("further-names", 8.0),
        ("schema:birthPlace", 8.0),
    ]
    assert best["score"] == 94.0
    assert best["features"][1]["reason"] == "The given name may begin so: “г”, “gleb”."


def test_a_namesake_sinks_below_a_match(elbe: FlaskClient) -> None:
    found = candidates(elbe, "Ivan Nikitich Konev", type="schema:Person")
    assert not any(one["match"] for one in found)


def test_each_query_of_a_batch_is_answered_under_its_name(elbe: FlaskClient) -> None:
    found = ask(
        elbe,
        a={"query": "Torgau", "type": "schema:Place"},
        b={"query": "58 гв. сд"},
        c={"query": "zzz"},
    )
    assert found["a"]["result"][0]["id"] == "place/torgau"
    assert found["b"]["result"][0]["id"] == "unit/58th-guards-rifle-division"
    assert found["c"]["result"] == []


def test_get_answers_as_post_does(elbe: FlaskClient) -> None:
    queries = json.dumps({"q": {"query": "Bradley", "limit": 2}})
    got = elbe.get("/reconcile", query_string={"queries": queries})
    posted = elbe.post("/reconcile", data={"queries": queries})
    assert got.json == posted.json
    assert got.headers["ETag"] and posted.headers["Cache-Control"] == "no-store"


def test_an_identifier_or_iri_finds_its_thing(elbe: FlaskClient) -> None:
    for query in ("person/ivan-konev", "https://w3id.org/elbe-day/id/person/ivan-konev"):
        (only,) = candidates(elbe, query)
        assert (only["id"], only["score"], only["match"]) == ("person/ivan-konev", 100.0, True)


def test_a_type_keeps_to_its_things_or_only_prefers_them(elbe: FlaskClient) -> None:
    def kinds(**more: Any) -> set[str]:
        found = candidates(elbe, "Gleb Baklanov", limit=20, **more)
        return {one["id"].split("/")[0] for one in found}

    assert kinds(type="schema:Person") == {"person"}
    assert kinds(type=["schema:Person", "schema:Event"]) == {"person", "event"}
    assert {"person", "event"} <= kinds(type="schema:Event", type_strict="should")
    assert kinds(type=["schema:Person", "schema:Event"], type_strict="all") == set()
    assert kinds(type="https://schema.org/Person") == {"person"}
    assert kinds(type="no:Such") == set()


def test_a_limit_is_kept(elbe: FlaskClient) -> None:
    assert len(candidates(elbe, "Baklanov", limit=2)) == 2


def test_values_tell_namesakes_apart(elbe: FlaskClient) -> None:
    def score(value: Any, pid: str = "schema:birthDate") -> float:
        told = [{"pid": pid, "v": value}]
        return float(
            candidates(elbe, "G. Baklanov", type=PERSON["id"], properties=told)[0]["score"]
        )

    plain = candidates(elbe, "G. Baklanov", type=PERSON["id"])[0]["score"]
    assert score("1910-08-14") == score(1910) == score("1910-08-14T00:00:00Z") == plain + 12
    assert score("1911") == plain - 45
    assert score({"id": "place/moscow"}, "schema:birthPlace") == plain + 8
    assert score(["Kiev", "MOSCOW"], "schema:birthPlace") == plain + 8
    assert score("Kiev", "schema:birthPlace") == plain - 8
    assert score("Киев", "schema:birthPlace") == plain - 8
    assert score("Κίεβο", "schema:birthPlace") == plain, "no name in this script is known"
    assert score({"id": "unit/34th-guards-rifle-corps"}, "org:organization") == plain + 8
    assert score("anything", "no:such") == plain
    assert score("42", "schema:description") == plain
    assert score("", "schema:description") == plain


def test_values_alone_find_things(elbe: FlaskClient) -> None:
    properties = [
        {"pid": "schema:birthDate", "v": "1910"},
        {"pid": "schema:birthPlace", "v": "Moscow"},
    ]
    found = ask(elbe, q={"properties": properties})["q"]["result"]
    assert (found[0]["id"], found[0]["score"]) == ("person/gleb-baklanov", 20.0)


def test_extension_gives_accepted_values_only(elbe: FlaskClient) -> None:
    found = extend(
        elbe,
        ["person/gleb-baklanov", "person/nobody"],
        "schema:birthDate", "schema:birthPlace", "edo:rank", "org:organization",
    )  # fmt: skip
    row = found["rows"]["person/gleb-baklanov"]
    assert row["schema:birthDate"] == [{"date": "1910-08-14T00:00:00"}]
    assert row["schema:birthPlace"] == [{"id": "place/moscow", "name": "Moscow"}]
    # The caption's colonel general is contradicted, so it is no value, though it finds him.
    assert row["edo:rank"] == [{"id": "rank/su-major-general", "name": "major general"}]
    assert {"id": "unit/34th-guards-rifle-corps", "name": "34th Guards Rifle Corps"} in row[
        "org:organization"
    ]
    assert set(map(str, found["rows"]["person/nobody"].values())) == {"[]"}
    assert [one["name"] for one in found["meta"]][:2] == ["born", "born in"]


def test_extension_settings_choose_language_and_number(elbe: FlaskClient) -> None:
    settings = {"language": "ru", "limit": 1}
    asked = {"id": "schema:name", "settings": settings}
    found = extend(elbe, ["place/torgau"], asked)
    assert found["rows"]["place/torgau"]["schema:name"] == [{"str": "Торгау"}]


def test_an_iri_of_others_is_a_text(elbe: FlaskClient) -> None:
    found = extend(elbe, ["unit/58th-guards-rifle-division"], "owl:sameAs")
    cells = found["rows"]["unit/58th-guards-rifle-division"]["owl:sameAs"]
    assert cells == [{"str": "http://www.wikidata.org/entity/Q4031854"}]


def test_numbers_and_spans_keep_their_kind(tmp_path: Path) -> None:
    text = """
    PREFIX ex: <https://x.example/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
    <id/ship/one> a ex:Ship ; <http://www.w3.org/2000/01/rdf-schema#label> "One"@en ;
        ex:masts 3 ; ex:length 20.5 ; ex:built "1901"^^xsd:gYear ;
        ex:sunk "1910-02"^^xsd:gYearMonth ; ex:afloat true .
    """
    release = write_small_release(tmp_path / "release", text)
    client = create_app(Settings(release_dir=release)).test_client()
    names = [f"https://x.example/{n}" for n in ("masts", "length", "built", "sunk", "afloat")]
    row = extend(client, ["ship/one"], *names)["rows"]["ship/one"]
    assert [row[name] for name in names] == [
        [{"int": 3}],
        [{"float": 20.5}],
        [{"int": 1901}],
        [{"str": "1910-02"}],
        [{"str": "true"}],
    ]


def test_properties_are_proposed_for_a_type(elbe: FlaskClient) -> None:
    answer = elbe.get("/reconcile/properties?type=schema:Place&limit=3")
    check_proposals(answer.json)
    assert (answer.json["type"], answer.json["limit"]) == ("schema:Place", 3)
    assert len(answer.json["properties"]) == 3
    everything = elbe.get("/reconcile/properties?type=schema:Place").json["properties"]
    assert {"id": "schema:latitude", "name": "latitude"} in everything
    assert elbe.get("/reconcile/properties?type=no:Such").json["properties"] == []


@pytest.mark.parametrize(
    ("what", "prefix", "id"),
    [
        ("entity", "Bakl", "person/gleb-baklanov"),
        ("entity", "Бакл", "person/gleb-baklanov"),
        ("entity", "person/gleb-baklanov", "person/gleb-baklanov"),
        ("type", "per", "schema:Person"),
        ("type", "schema:Pl", "schema:Place"),
        ("property", "birth", "schema:birthDate"),
        ("property", "born in", "schema:birthPlace"),
    ],
)
def test_what_is_typed_is_completed(elbe: FlaskClient, what: str, prefix: str, id: str) -> None:
    answer = elbe.get(f"/reconcile/suggest/{what}", query_string={"prefix": prefix})
    check_suggestions(answer.json)
    assert id in [one["id"] for one in answer.json["result"]]


def test_a_cursor_skips_what_was_seen(elbe: FlaskClient) -> None:
    def ids(cursor: int) -> list[str]:
        answer = elbe.get(f"/reconcile/suggest/entity?prefix=guards&cursor={cursor}").json
        return [one["id"] for one in answer["result"]]

    first, second = ids(0), ids(10)
    assert len(first) == 10 and second and not set(first) & set(second)
    assert ids(3)[:7] == first[3:]
    assert ids(10_000) == []


def test_a_preview_is_correct_html(elbe: FlaskClient, check_html: Check) -> None:
    text = elbe.get("/reconcile/preview?id=place/torgau").text
    assert check_html({"preview.html": text}) == []


def test_a_preview_may_be_framed_by_anybody_and_holds_no_script(elbe: FlaskClient) -> None:
    answer = elbe.get("/reconcile/preview?id=person%2Fgleb-baklanov&lang=ru")
    policy = answer.headers.getlist("Content-Security-Policy")
    assert len(policy) == 1 and policy[0].endswith("frame-ancestors *")
    assert "Глеб Владимирович Бакланов" in answer.text
    assert "<script" not in answer.text
    page = elbe.get("/doc/person/gleb-baklanov", headers={"Accept": "text/html"})
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_a_view_leads_to_the_page_of_the_thing(elbe: FlaskClient) -> None:
    answer = elbe.get("/reconcile/view?id=place/torgau")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/doc/place/torgau")


@pytest.mark.parametrize(
    ("batch", "status", "what"),
    [
        ("{", 400, "this is no JSON at character 2"),
        ("[]", 400, "[] is no object"),
        ("[" * 20_000, 400, "no JSON|nested too deep"),
        (r'{"\ud800": {"query": "a"}}', 400, "a lone surrogate"),
        (r'{"q": "\udfff"}', 400, "a lone surrogate"),
        ('{"q": "Baklanov"}', 400, 'Query q: "Baklanov" is no query'),
        ('{"q": {}}', 400, "Query q asks for nothing"),
        ('{"q": {"query": " "}}', 400, "query is a text that is not empty"),
        ('{"q": {"query": 7}}', 400, "query is a text"),
        ('{"q": {"query": "a", "kind": "b"}}', 400, '"kind" is unknown; known are query, type'),
        ('{"q": {"query": "a", "type": 7}}', 400, "type is the id of a type"),
        (
            '{"q": {"query": "a", "type_strict": "no"}}',
            400,
            "type_strict is one of any, should, all",
        ),
        ('{"q": {"query": "a", "limit": 0}}', 400, "limit is a number from 1 on"),
        ('{"q": {"query": "a", "limit": "ten"}}', 400, "limit is a number"),
        ('{"q": {"query": "a", "limit": NaN}}', 400, "limit is a number"),
        ('{"q": {"query": "a", "properties": {}}}', 400, "properties is a list"),
        ('{"q": {"query": "a", "properties": [{"pid": "b"}]}}', 400, "properties is a list"),
        ('{"q": {"query": "a", "properties": [{"pid": "b", "v": null}]}}', 400, "null is no value"),
        ('{"q": {"query": "a", "properties": [{"pid": "b", "v": {}}]}}', 400, "{} is no value"),
        (json.dumps({"q": {"query": "a" * 1001}}), 413, "the text has 1001 characters"),
        (json.dumps({str(n): {"query": "a"} for n in range(51)}), 413, "The batch has 51 queries"),
        (
            json.dumps({str(n): {"query": "a" * 501} for n in range(10)}),
            413,
            "The names have 5010 characters together; send at most 4000",
        ),
        (
            json.dumps({"q": {"query": "a", "properties": [{"pid": "b", "v": "c" * 1001}]}}),
            413,
            "a value has 1001 characters",
        ),
        (
            json.dumps({"q": {"query": "a", "properties": [{"pid": "b" * 1001, "v": "c"}]}}),
            413,
            "the id of a property has 1001 characters",
        ),
        (
            json.dumps(
                {"q": {"properties": [{"pid": "b", "v": [{"id": "c", "name": "d" * 1001}]}]}}
            ),
            413,
            "a value has 1001 characters",
        ),
        (
            json.dumps({n: {"properties": [{"pid": "b", "v": ["c"] * 126}]} for n in "pq"}),
            413,
            "The queries ask for 252 values together; send at most 250",
        ),
        (json.dumps({"q": {"properties": [{"pid": "b", "v": []}] * 251}}), 413, "for 251 values"),
    ],
)
def test_a_bad_batch_is_refused_with_a_sentence(
    elbe: FlaskClient, batch: str, status: int, what: str
) -> None:
    detail = refused(elbe.post("/reconcile", data={"queries": batch}), status)
    assert re.search(what if "|" in what else re.escape(what), detail)


def test_a_type_that_nothing_has_is_not_kept(elbe: FlaskClient) -> None:
    long = "a" * 7000
    elbe.get(f"/reconcile/properties?type={long}")
    tracemalloc.start()
    for number in range(200):
        answer = elbe.get(f"/reconcile/properties?type={long}{number}")
        assert answer.json["properties"] == []
    del answer
    clear_cache()  # the client's
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100 * len(long)


@pytest.mark.parametrize(
    ("asked", "status", "what"),
    [
        ({}, 400, 'write {"ids": ["..."]'),
        ({"ids": "a", "properties": []}, 400, 'write {"ids"'),
        ({"ids": [1], "properties": []}, 400, 'write {"ids"'),
        ({"ids": [], "properties": ["a"]}, 400, '"a" is no property'),
        ({"ids": [], "properties": [{"id": ""}]}, 400, "is no property"),
        ({"ids": [], "properties": [{"id": "a", "settings": 7}]}, 400, "is no property"),
        ({"ids": [], "properties": [{"id": "a", "settings": {"x": 1}}]}, 400, "a has no setting x"),
        ({"ids": [], "properties": [{"id": "a", "settings": {"limit": -1}}]}, 400, "limit of a"),
        (
            {"ids": [], "properties": [{"id": "a", "settings": {"language": 1}}]},
            400,
            "language of a",
        ),
        ({"ids": ["a"] * 2001, "properties": [{"id": "b"}]}, 413, "2001 cells"),
        ({"ids": [], "properties": [{"id": "b"}] * 2001}, 413, "2001 cells"),
    ],
)
def test_a_bad_extension_is_refused_with_a_sentence(
    elbe: FlaskClient, asked: Any, status: int, what: str
) -> None:
    answer = elbe.post("/reconcile", data={"extend": json.dumps(asked)})
    assert what in refused(answer, status)


def test_strange_requests_are_refused_with_a_sentence(elbe: FlaskClient) -> None:
    jsonp = elbe.get("/reconcile?callback=f")
    assert "JSONP" in refused(jsonp, 400)
    assert "JSONP" in refused(elbe.get("/reconcile/suggest/entity?prefix=a&callback=f"), 400)
    assert "posted as a form" in refused(elbe.post("/reconcile", json={"q": {"query": "a"}}), 415)
    assert "neither queries nor extend" in refused(
        elbe.post("/reconcile", data={"query": "a"}), 400
    )
    assert "Nothing suggests colour" in refused(elbe.get("/reconcile/suggest/colour?prefix=a"), 404)
    assert "cursor is a whole number" in refused(elbe.get("/reconcile/suggest/type?cursor=-1"), 400)
    assert "limit is a whole number" in refused(elbe.get("/reconcile/properties?limit=many"), 400)
    assert "prefix has 1001 characters" in refused(
        elbe.get("/reconcile/suggest/entity", query_string={"prefix": "a" * 1001}), 413
    )
    for path in ("view", "preview"):
        assert "'nobody'" in refused(elbe.get(f"/reconcile/{path}?id=nobody"), 404)


def test_a_form_over_the_limit_is_refused_even_where_the_server_has_cut_it(
    elbe: FlaskClient,
) -> None:
    form = "application/x-www-form-urlencoded"
    told = {"CONTENT_LENGTH": "400001"}
    cut = elbe.post("/reconcile", data=b"", content_type=form, environ_overrides=told)
    assert "larger than 400,000 bytes" in refused(cut, 413)
    whole = b"queries={}" + b" " * 400_000
    assert "larger than 400,000 bytes" in refused(
        elbe.post("/reconcile", data=whole, content_type=form), 413
    )


def test_a_form_of_many_parameters_is_refused_before_it_is_read(elbe: FlaskClient) -> None:
    form = "application/x-www-form-urlencoded"
    answer = elbe.post("/reconcile", data=b"a=&" * 200, content_type=form)
    assert refused(answer, 400) == "The body has more than 200 parameters."
    assert (answer.json["limit"], answer.json["limit_value"]) == ("parameters", 200)


def test_a_batch_in_an_address_may_be_longer_than_other_parameters(elbe: FlaskClient) -> None:
    batch = {"q": {"query": "Baklanov", "limit": 1}}
    asked = json.dumps(batch).ljust(31_000)
    found = elbe.get("/reconcile", query_string=f"queries={quote(asked, safe=' ')}")
    assert found.json == ask(elbe, **batch)
    answer = elbe.get("/reconcile", query_string={"queries": asked.ljust(32_001)})
    assert "Post it as a form." in refused(answer, 414)
    told = {name: answer.json[name] for name in ("limit", "limit_value", "limit_bytes")}
    assert told == {
        "limit": "reconcile_address_bytes",
        "limit_value": 32_000,
        "limit_bytes": 32_000,
    }
    answer = elbe.post("/reconcile", query_string="a" * 8001, data={"queries": "{}"})
    assert (refused(answer, 414), answer.json["limit"])[1] == "parameters_bytes"


def test_a_thing_asked_for_twice_is_given_once(elbe: FlaskClient) -> None:
    thing = "person/gleb-baklanov"
    twice = extend(elbe, [thing, thing], "schema:birthDate", "schema:birthDate")
    once = extend(elbe, [thing], "schema:birthDate")
    assert twice["rows"] == once["rows"]
    assert twice["meta"] == once["meta"] * 2


def test_odd_ids_and_properties_have_no_values(elbe: FlaskClient) -> None:
    found = extend(elbe, ["person/gleb-baklanov", "<>", "\u0000"], "not an iri", "schema:")
    assert all(cells == [] for row in found["rows"].values() for cells in row.values())
    odd = [{"pid": "not an iri", "v": "a"}, {"pid": "", "v": {"id": "<>"}}]
    assert ask(elbe, q={"properties": odd})["q"]["result"] == []


def test_a_property_unknown_here_says_nothing_of_a_name(elbe: FlaskClient) -> None:
    plain = ask(elbe, q={"query": "Torgau"})
    for id in ("country", "P17", "", "https://example.org/country"):
        odd = [{"pid": id, "v": ["Germany", 1945, 1e400, {"id": "<>"}]}]
        found = ask(elbe, q={"query": "Torgau", "properties": odd})
        assert [one["id"] for one in found["q"]["result"]] == [
            one["id"] for one in plain["q"]["result"]
        ]


def test_other_sites_may_ask_beforehand(elbe: FlaskClient) -> None:
    answer = elbe.options("/reconcile", headers={"Origin": "https://refine.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))


def test_any_graph_can_be_matched(client: FlaskClient) -> None:
    names = [
        one["name"] for one in client.get("/reconcile/suggest/entity?prefix=light").json["result"]
    ]
    assert names
    assert candidates(client, names[0])[0]["name"] == names[0]


def test_a_real_service_answers_over_http(site: str) -> None:
    form = urlencode({"queries": json.dumps({"q": {"query": "1st Lt. Kotzebue"}})}).encode()
    with urllib.request.urlopen(f"{site}/reconcile", form, timeout=60) as answer:
        found = json.load(answer)
    check_results(found)
    assert found["q"]["result"][0]["id"] == "person/albert-kotzebue"
