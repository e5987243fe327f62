"""A real server in a process of its own, asked by curl, SPARQLWrapper and rdflib."""

import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib
import SPARQLWrapper
from leash import leashed
from listening import free_port
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, XML
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from server import Settings, SettingsError, run

BASE = "https://example.org/lighthouse/"
DATES = f"SELECT ?date WHERE {{ ?event <{BASE}def#date> ?date }}"
GRAPH = f"CONSTRUCT {{ ?s <{BASE}def#date> ?d }} WHERE {{ ?s <{BASE}def#date> ?d }}"
START = """
import sys
from pathlib import Path
from server import Settings, run
if __name__ == "__main__":
    run(Settings(release_dir=Path(sys.argv[1]), port=int(sys.argv[2]), body_bytes=100_000))
"""


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{url}healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def start(release: Path, folder: Path) -> tuple[str, subprocess.Popen[str]]:
    port = free_port()
    script = folder / "start.py"
    script.write_text(START, encoding="utf-8")
    process = subprocess.Popen(
        leashed(sys.executable, str(script), str(release), str(port)),
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
    )
    url = f"http://127.0.0.1:{port}/"
    wait_for(url, process)
    return url, process


@pytest.fixture(scope="module")
def service(lighthouse_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url, process = start(lighthouse_release, tmp_path_factory.mktemp("service"))
    yield url
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def curl(*arguments: str) -> tuple[int, dict[str, str], bytes]:
    """Ask with curl; gives status, headers in small letters, body."""
    program = shutil.which("curl")
    assert program, "these tests need curl: apt install curl"
    asked = [program, "--silent", "--include", "--max-time", "30", "--http1.1", *arguments]
    answer = subprocess.run(asked, capture_output=True, check=True).stdout
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def dates(body: bytes) -> list[str]:
    return [row["date"]["value"] for row in json.loads(body)["results"]["bindings"]]


def test_the_server_says_where_it_listens_and_stops_when_told(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    url, process = start(lighthouse_release, tmp_path)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert url in said
    assert "a query may take 10 s, 1,000,000,000 bytes of memory and 64,000,000 of result" in said
    assert "Traceback" not in said
    assert process.returncode == 0


def test_a_port_in_use_is_refused_and_not_shared(service: str, lighthouse_release: Path) -> None:
    port = int(service.rstrip("/").rpartition(":")[2])
    with pytest.raises(SettingsError, match=f"port: localhost:{port} cannot be had"):
        run(Settings(release_dir=lighthouse_release, host="localhost", port=port))


def test_a_host_of_another_machine_is_refused(lighthouse_release: Path) -> None:
    with pytest.raises(SettingsError, match=r"host: 192\.0\.2\.1 is no address of this machine"):
        run(Settings(release_dir=lighthouse_release, host="192.0.2.1"))


def test_a_host_nobody_knows_is_refused(lighthouse_release: Path) -> None:
    with pytest.raises(SettingsError, match="host: no host is no address"):
        run(Settings(release_dir=lighthouse_release, host="no host"))


def test_curl_asks_by_get(service: str) -> None:
    status, headers, body = curl("-G", f"{service}sparql", "--data-urlencode", f"query={DATES}")
    assert (status, headers["content-type"]) == (200, "application/sparql-results+json")
    assert dates(body) == ["1874-06-03"]


def test_curl_asks_by_form(service: str) -> None:
    status, _, body = curl(f"{service}sparql", "--data-urlencode", f"query={DATES}")
    assert (status, dates(body)) == (200, ["1874-06-03"])


def test_curl_asks_by_direct_post(service: str) -> None:
    status, _, body = curl(
        f"{service}sparql/", "-H", "Content-Type: application/sparql-query", "-d", DATES
    )
    assert (status, dates(body)) == (200, ["1874-06-03"])


def test_curl_may_send_in_chunks(service: str) -> None:
    status, _, body = curl(
        f"{service}sparql",
        *("-H", "Content-Type: application/sparql-query", "-H", "Transfer-Encoding: chunked"),
        *("--data-binary", DATES),
    )
    assert (status, dates(body)) == (200, ["1874-06-03"])


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_413_however_it_is_sent(
    service: str, tmp_path: Path, chunked: bool
) -> None:
    large = tmp_path / "large.rq"
    large.write_text("ASK {} #" + "x" * 1_000_000, encoding="utf-8")
    more = ["-H", "Transfer-Encoding: chunked"] if chunked else []
    status, headers, _ = curl(
        f"{service}sparql",
        *("-H", "Content-Type: application/sparql-query", "-H", "Expect:", *more),
        *("--data-binary", f"@{large}"),
    )
    assert (status, headers["content-type"]) == (413, "application/problem+json")


def test_curl_follows_a_name_to_each_form(service: str) -> None:
    for accept, start_of_body in (
        ("text/turtle", b"PREFIX"),
        ("text/html", b"<!doctype html>"),
        ("application/ld+json", b"{"),
    ):
        status, headers, _ = curl(f"{service}id/claim/n1", "-H", f"Accept: {accept}")
        assert (status, headers["location"]) == (303, "/doc/claim/n1")
        target = service.rstrip("/") + headers["location"]
        status, headers, body = curl(target, "-H", f"Accept: {accept}")
        assert (status, headers["content-type"].partition(";")[0]) == (200, accept)
        assert body.startswith(start_of_body)


def test_curl_asks_for_the_head(service: str) -> None:
    for path in ("", "doc/claim/n1.ttl", "dumps/lighthouse.nq", "sparql?query=ASK%7B%7D"):
        status, headers, body = curl("--head", f"{service}{path}")
        assert (status, body) == (200, b"")
        assert int(headers["content-length"]) > 0
        assert headers["etag"].startswith('"')


def test_curl_resumes_a_download(service: str, tmp_path: Path) -> None:
    _, _, whole = curl(f"{service}dumps/lighthouse.nq")
    part = tmp_path / "lighthouse.nq"
    part.write_bytes(whole[:1000])
    status, _, rest = curl(f"{service}dumps/lighthouse.nq", "-r", "1000-")
    assert status == 206
    assert whole[:1000] + rest == whole


def test_curl_gets_304(service: str) -> None:
    _, headers, _ = curl(f"{service}doc/claim/n1.ttl")
    status, _, body = curl(f"{service}doc/claim/n1.ttl", "-H", f"If-None-Match: {headers['etag']}")
    assert (status, body) == (304, b"")


def test_the_service_describes_itself_at_this_address(service: str) -> None:
    _, headers, body = curl(f"{service}sparql")
    assert headers["content-type"].startswith("text/turtle")
    assert f"<{service}sparql>" in body.decode()


def wrapper(service: str, query: str) -> SPARQLWrapper.SPARQLWrapper:
    asked = SPARQLWrapper.SPARQLWrapper(f"{service}sparql")
    asked.setQuery(query)
    return asked


@pytest.mark.parametrize("method", [GET, POST])
@pytest.mark.parametrize("way", [SPARQLWrapper.URLENCODED, POSTDIRECTLY])
def test_sparqlwrapper_selects(service: str, method: str, way: str) -> None:
    asked = wrapper(service, DATES)
    asked.setMethod(method)
    if method == POST:
        asked.setRequestMethod(way)
    asked.setReturnFormat(JSON)
    rows = asked.queryAndConvert()["results"]["bindings"]
    assert [row["date"]["value"] for row in rows] == ["1874-06-03"]


@pytest.mark.parametrize("form", [XML, CSV, TSV])
@pytest.mark.parametrize("only_accept", [False, True])
def test_sparqlwrapper_reads_every_table_format(service: str, form: str, only_accept: bool) -> None:
    asked = wrapper(service, DATES)
    asked.setReturnFormat(form)
    asked.setOnlyConneg(only_accept)
    answer = asked.queryAndConvert()
    text = answer.toxml() if form == XML else answer.decode()
    assert "1874-06-03" in text


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", [TURTLE, N3, XML, RDFXML, JSONLD])
@pytest.mark.parametrize("only_accept", [False, True])
def test_sparqlwrapper_reads_every_graph_format(service: str, form: str, only_accept: bool) -> None:
    asked = wrapper(service, GRAPH)
    asked.setReturnFormat(form)
    asked.setOnlyConneg(only_accept)
    answer = asked.queryAndConvert()
    if isinstance(answer, bytes):
        answer = rdflib.Graph().parse(data=answer, format="turtle")
    assert [str(o) for o in answer.objects()] == ["1874-06-03"]


def test_sparqlwrapper_chooses_the_dataset(service: str) -> None:
    asked = wrapper(service, DATES)
    asked.addDefaultGraph(f"{BASE}id/claim/n1")
    asked.setReturnFormat(JSON)
    rows = asked.queryAndConvert()["results"]["bindings"]
    assert [row["date"]["value"] for row in rows] == ["1874-05-03"]


def test_sparqlwrapper_hears_a_syntax_error(service: str) -> None:
    with pytest.raises(QueryBadFormed, match='"column": 22'):
        wrapper(service, "SELECT ?x WHERE { ?x }").query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflibs_store_asks(service: str, method: str) -> None:
    store = SPARQLStore(f"{service}sparql", method=method)
    graph = rdflib.Graph(store)
    assert [str(row.date) for row in graph.query(DATES)] == ["1874-06-03"]
    assert graph.query("ASK { ?s ?p ?o }").askAnswer
    event = rdflib.URIRef(f"{BASE}id/event/first-lighting")
    dates_of = graph.objects(event, rdflib.URIRef(f"{BASE}def#date"))
    assert [str(date) for date in dates_of] == ["1874-06-03"]


def test_rdflib_loads_a_document_and_a_constructed_graph(service: str) -> None:
    document = rdflib.Graph().parse(f"{service}id/event/first-lighting")
    assert (None, None, rdflib.Literal("First lighting of the Old Light", lang="en")) in document
    store = SPARQLStore(f"{service}sparql", returnFormat="application/rdf+xml")
    assert len(rdflib.Graph(store).query(GRAPH).graph) == 1
