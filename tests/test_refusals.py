"""What is refused: updates, SERVICE, files, the network, bodies too large, unknown parameters."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server import Settings, SettingsError


class Listener:
    """A socket that counts who knocks."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.knocks = 0
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.knocks += 1
            connection.close()

    def count(self) -> int:
        """Say how many knocked: a knock of one's own comes after all that came before it."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as own:
            own.recv(1)
        return self.knocks - 1

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()
    yield heard
    heard.close()


def ask(client: FlaskClient, query: str, **more: str) -> TestResponse:
    return client.post("/sparql", data={"query": query, **more})


def test_the_listener_hears_a_knock(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), 5):
        pass
    assert listener.count() == 1


@pytest.mark.parametrize(
    "shape",
    [
        "SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ service <{url}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ SERVICE ?x {{ ?s ?p ?o }} VALUES ?x {{ <{url}> }} }}",
        "PREFIX x: <{url}> SELECT * {{ SERVICE x: {{ ?s ?p ?o }} }}",
        "PREFIX x: <{url}> SELECT * {{ SERVICEx: {{ ?s ?p ?o }} }}",
        "SELECT * {{ {{ SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }}",
        "ASK {{ FILTER EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
        "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        "DESCRIBE ?s WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        "SELECT * {{ # }}\n SERVICE #\n <{url}> {{ ?s ?p ?o }} }}",
    ],
)
def test_service_is_refused_and_nobody_is_called(
    client: FlaskClient, listener: Listener, shape: str
) -> None:
    response = ask(client, shape.format(url=f"http://127.0.0.1:{listener.port}/sparql"))
    assert response.status_code == 400
    assert "SERVICE" in response.json["detail"]
    assert response.json["line"] >= 1
    assert listener.count() == 0


@pytest.mark.parametrize(
    "query",
    ['SELECT ("SERVICE <x> {" AS ?x) {}', "SELECT ?service {} # SERVICE", "SELECT * { ?s ?p 'x' }"],
)
def test_the_word_alone_is_not_refused(client: FlaskClient, query: str) -> None:
    assert ask(client, query).status_code == 200


@pytest.mark.parametrize("clause", ["FROM", "FROM NAMED"])
def test_from_never_fetches(client: FlaskClient, listener: Listener, clause: str) -> None:
    url = f"http://127.0.0.1:{listener.port}/data.ttl"
    both = "{ ?s ?p ?o } UNION { GRAPH ?g { ?a ?b ?c } }"
    response = ask(client, f"SELECT * {clause} <{url}> {{ {both} }}")
    assert response.json["results"]["bindings"] == []
    assert listener.count() == 0


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_dataset_parameters_never_fetch(
    client: FlaskClient, listener: Listener, parameter: str
) -> None:
    url = f"http://127.0.0.1:{listener.port}/data.ttl"
    response = ask(client, "SELECT * { ?s ?p ?o }", **{parameter: url})
    assert response.json["results"]["bindings"] == []
    assert listener.count() == 0


def test_no_query_reads_a_file(client: FlaskClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text('<urn:x:a> <urn:x:b> "confidential" .', encoding="utf-8")
    url = secret.as_uri()
    queries = (
        f"SELECT * FROM <{url}> {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        f"CONSTRUCT {{ ?s ?p ?o }} FROM <{url}> WHERE {{ ?s ?p ?o }}",
        f"DESCRIBE <{url}>",
        f"LOAD <{url}>",
    )
    for query in queries:
        response = ask(client, query)
        assert "confidential" not in response.text
        assert response.status_code == (400 if query.startswith("LOAD") else 200)
    assert "confidential" not in ask(client, queries[0], **{"default-graph-uri": url}).text


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "DROP DEFAULT",
        "LOAD <file:///etc/hostname>",
        "CREATE GRAPH <urn:g>",
        "COPY DEFAULT TO <urn:g>",
        "PREFIX x: <urn:x> INSERT DATA { x:a x:b x:c }",
    ],
)
def test_updates_are_refused_and_nothing_changes(client: FlaskClient, text: str) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    before = ask(client, count).data
    asked_as_query = ask(client, text)
    assert asked_as_query.status_code == 400
    assert "read-only" in asked_as_query.json["detail"]
    for response in (
        client.post("/sparql", data={"update": text}),
        client.post("/sparql", data=text, content_type="application/sparql-update"),
        client.get("/sparql", query_string={"update": text}),
        client.post("/sparql", data={"update": text, "using-graph-uri": "urn:g"}),
    ):
        assert response.status_code == 403
        assert response.json["type"].endswith("#updates-refused")
    assert ask(client, count).data == before


@pytest.mark.parametrize("nested", ["(" * 5000 + "1" + ")" * 5000, "1" + "+1" * 5000])
def test_a_query_that_would_crash_the_engine_is_refused(client: FlaskClient, nested: str) -> None:
    response = ask(client, f"SELECT ({nested} AS ?x) {{}}")
    assert response.status_code == 400
    assert client.get("/healthz").status_code == 200


def test_a_body_too_large_is_413(tight: FlaskClient) -> None:
    response = ask(tight, "ASK {} #" + "x" * 5000)
    assert (response.status_code, response.mimetype) == (413, "application/problem+json")


def test_a_query_too_long_is_413_or_414_and_names_the_limit(tight: FlaskClient) -> None:
    query = "ASK {} #" + "x" * 1000
    for response, status in (
        (ask(tight, query), 413),
        (tight.get("/sparql", query_string={"query": query}), 414),
    ):
        assert response.status_code == status
        assert response.json["limit_bytes"] == 1000


@pytest.mark.parametrize("accept", ["application/json", "text/csv", "text/html"])
def test_a_result_too_large_is_refused_not_cut(tight: FlaskClient, accept: str) -> None:
    query = {"query": "SELECT * { ?s ?p ?o . ?a ?b ?c }"}
    response = tight.post("/sparql", data=query, headers={"Accept": accept})
    assert response.status_code == 507
    assert "200,000 bytes" in response.text
    if accept != "text/html":
        assert response.json["limit_bytes"] == 200_000


@pytest.mark.parametrize("name", ["timeout", "Query", "default_graph_uri", "callback"])
def test_an_unknown_parameter_is_refused_by_name(client: FlaskClient, name: str) -> None:
    response = client.get("/sparql", query_string={"query": "ASK {}", name: "1"})
    assert response.status_code == 400
    assert repr(name) in response.json["detail"]
    assert "default-graph-uri" in response.json["detail"]


def test_hundreds_of_parameters_are_refused(client: FlaskClient) -> None:
    body = urlencode([("default-graph-uri", "urn:x:g")] * 300 + [("query", "ASK {}")])
    response = client.post("/sparql", data=body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


def test_a_fault_of_ours_is_500_and_tells_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("server.evaluation.answers.answer", fail)
    response = ask(client, "ASK {} # asked by nobody before, so that no kept answer is sent")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "secret" not in response.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"port": 0}, "port: 0 is no TCP port"),
        ({"port": 70000}, "port: 70000 is no TCP port"),
        ({"workers": 0}, "workers: 0 is too small"),
        ({"result_bytes": -1}, "result_bytes: -1 is too small"),
        ({"public_url": "graph.example"}, "public_url: 'graph.example' is no web address"),
        ({"release_dir": Path("nowhere")}, "release_dir: nowhere holds no release"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_once(
    lighthouse_release: Path, setting: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings(**{"release_dir": lighthouse_release, **setting})
