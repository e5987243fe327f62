"""The JSON-LD of one thing: nested as one writes JSON by hand, and still the same statements."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from kg.nesting import nest

BASE = "https://w3id.org/elbe-day/id/"
CONTEXT = {
    "id": "@id",
    "type": "@type",
    "states": "@graph",
    "ex": "https://example.org/",
    "unused": "https://example.org/unused",
    "name": "ex:name",
    "knows": {"@id": "ex:knows", "@type": "@id", "@container": "@set"},
    "about": {"@id": "ex:about", "@type": "@id"},
    "claims": {"@reverse": "ex:about", "@container": "@set"},
}


def lines(document: Any) -> list[str]:
    found: str = jsonld.to_rdf(document, {"format": "application/n-quads"})
    return sorted(found.splitlines())


def read(client: FlaskClient, path: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(client.get(f"/doc/{path}.jsonld").data)
    return document


def test_a_person_reads_as_plain_json_with_the_claims_about_him(elbe: FlaskClient) -> None:
    person = read(elbe, "person/yakov-neumoev")
    assert (person["id"], person["type"]) == ("person:yakov-neumoev", "Person")
    assert person["label"]["en"] == "Yakov Neumoev"
    [claim] = [claim for claim in person["claims"] if claim["id"] == "claim:c3-4"]
    assert claim["text"]["en"].startswith("According to the caption, Neumoev commands")
    [assessment] = claim["assessments"]
    verdict = assessment["hasVerdict"]
    assert (verdict if isinstance(verdict, str) else verdict["id"]) == "verdict:contradicted"
    assert assessment["accepted"] is False


def test_a_claim_reads_as_plain_json_with_what_it_states(elbe: FlaskClient) -> None:
    claim = read(elbe, "claim/c3-4")
    assert claim["notation"] == "C3.4"
    assert claim["speaker"]["id"] == "agent:unnamed-caption-writers"
    [post] = claim["states"]
    assert (post["member"], post["hasRole"]) == ("person:yakov-neumoev", "role:commander")


@pytest.mark.parametrize(
    "path",
    ["person/yakov-neumoev", "claim/c3-4", "source/k72", "event/elbe-day", "verdict/imprecise"],
)
def test_nested_and_flat_say_the_same(elbe: FlaskClient, path: str) -> None:
    quads = elbe.get(f"/doc/{path}.nq").data.decode().splitlines()
    assert lines(read(elbe, path)) == sorted(quads)


def test_the_context_holds_only_what_the_document_uses(elbe: FlaskClient) -> None:
    context = read(elbe, "source/k72")["@context"]
    assert "abstract" in context
    assert "birthDate" not in context
    assert len(json.dumps(context)) < 5000


def test_a_document_that_does_not_describe_the_thing_stays_flat() -> None:
    flat = {"@context": CONTEXT, "@graph": [{"id": "ex:a", "name": "A"}]}
    nested = nest(flat, "https://example.org/b")
    assert nested["@graph"] == flat["@graph"]
    assert "unused" not in nested["@context"]


NAMES = st.sampled_from(["ex:a", "ex:b", "ex:c", "ex:d"])
NODE = st.fixed_dictionaries(
    {"id": NAMES, "name": st.text(max_size=5)},
    optional={
        "knows": st.lists(NAMES, min_size=1, max_size=3, unique=True),
        "about": NAMES | st.lists(NAMES, min_size=2, max_size=3, unique=True),
        "states": st.just([{"id": "ex:a", "knows": ["ex:b"]}]),
    },
)


@given(st.lists(NODE, min_size=1, max_size=4, unique_by=lambda node: node["id"]), NAMES)
def test_nesting_never_adds_or_loses_a_statement(nodes: list[dict[str, Any]], name: str) -> None:
    flat = {"@context": CONTEXT, "@graph": nodes}
    nested = nest(flat, name.replace("ex:", "https://example.org/"))
    assert lines(nested) == lines(flat)
