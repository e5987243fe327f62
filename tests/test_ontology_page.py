"""The ontology, the shapes and the report as people read them: terms in use, rules, findings."""

import pytest
from flask.testing import FlaskClient
from reading import find, read, words

DEF = "https://w3id.org/elbe-day/def#"


def count(client: FlaskClient, pattern: str) -> int:
    query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
    answer = client.get("/sparql", query_string={"query": query, "format": "json"}).json
    return int(answer["results"]["bindings"][0]["n"]["value"])


def test_each_term_says_how_often_the_data_uses_it(elbe: FlaskClient) -> None:
    entries = {e.get("id"): e for e in find(read(elbe, "/def"), ".terms div")}
    for name in ("speaker", "wording", "notStated"):
        said = words(find(entries[name], ".sum")[0])
        assert int(said) == count(elbe, f"?thing <{DEF}{name}> ?value") > 0
    assert int(words(find(entries["Source"], ".sum")[0])) == count(elbe, f"?s a <{DEF}Source>")


def test_a_class_counts_the_things_of_narrower_ones(elbe: FlaskClient) -> None:
    entries = {e.get("id"): e for e in find(read(elbe, "/def"), ".terms div")}
    uses = {name: int(words(find(entry, ".sum")[0])) for name, entry in entries.items()}
    kinds = ("ArticleClaim", "SourceClaim", "EditorialClaim")
    assert uses["Claim"] == sum(uses[kind] for kind in kinds)


def test_a_term_leads_to_things_that_use_it(elbe: FlaskClient) -> None:
    terms = {term.get("id"): term for term in find(read(elbe, "/def/relations"), ".term")}
    rows = {
        words(find(group, "dt")[0]): find(group, "dd")[0]
        for group in find(terms["captionedBy"], ".group")
    }
    links = [link.get("href", "") for link in find(rows["Uses in the data"], "a")]
    assert links == ["/doc/photograph/c1", "/doc/photograph/c2", "/doc/photograph/c3"]
    assert words(rows["Uses in the data"]).startswith("5: Photograph C1")
    assert words(rows["Example"]) == "photograph:c5 edo:captionedBy passage:c5."
    assert words(rows["Why an own term"]).startswith("Why not schema:caption")


def test_a_kind_of_terms_that_is_not_there_is_404(elbe: FlaskClient) -> None:
    response = elbe.get("/def/properties", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert "no properties of its own" in response.json["detail"]


def test_each_shape_has_one_anchor(elbe: FlaskClient) -> None:
    page = read(elbe, "/shapes")
    names = [e.get("id") for e in find(page, ".shapes div") + find(page, ".shapes li")]
    anchors = [name for name in names if name]
    assert len(anchors) == len(set(anchors)) > 250
    report = elbe.get("/report.json").json
    assert {s["shape"].rpartition("#")[2] for s in report["shapes"]} <= set(anchors)


def test_the_report_has_every_rule_with_its_words_and_what_it_looked_at(elbe: FlaskClient) -> None:
    rows = {row.get("id"): row for row in find(read(elbe, "/report"), ".rules tr")}
    for shape in elbe.get("/report.json").json["shapes"]:
        row = rows[shape["shape"].rpartition("#")[2]]
        assert int(words(find(row, "td")[0]).replace(" ", "")) == shape["focus_nodes"]
    assert "A source is named id/source/ and its key" in words(rows["Source"])


@pytest.mark.parametrize("lang", ["en", "de", "ru"])
def test_a_finding_leads_to_the_thing_and_to_the_rule(elbe: FlaskClient, lang: str) -> None:
    report = elbe.get("/report.json").json
    thing = find(read(elbe, f"/report?lang={lang}"), "#things .group")[0]
    links = [link.get("href", "").partition("?")[0] for link in find(thing, "a")]
    assert len(report["entities"]) == 1
    assert links == ["/doc/assessment/c1-3"] * 2 + ["#ImpreciseWithoutSource"]
    assert "https://w3id.org" not in words(thing)


def test_a_release_without_findings_says_so(client: FlaskClient) -> None:
    assert client.get("/report.json").json["entities"] == {}
    section = find(read(client, "/report"), "section#things")[0]
    assert "Nothing to mend was found." in words(section)
