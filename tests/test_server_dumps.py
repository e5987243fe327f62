"""Dumps over HTTP: listed, whole, in parts, with digests and lasting addresses."""

import base64
import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyoxigraph import Dataset, RdfFormat, parse
from small_release import write_small_release
from werkzeug.test import TestResponse

from server import Settings, create_app

SUFFIXES = ("ttl", "trig", "nq", "nt", "jsonld", "rdf")


def digest_of(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def read(client: FlaskClient, path: str, **more: Any) -> TestResponse:
    """Ask and read to the end, as a server does: the file behind the answer is closed."""
    return client.open(path, buffered=True, **more)


def test_the_list_names_every_dump_with_size_and_digest(client: FlaskClient) -> None:
    listed = client.get("/dumps/", headers={"Accept": "application/json"}).json
    names = {file["name"] for file in listed["files"]}
    assert names == {f"lighthouse.{s}{gz}" for s in SUFFIXES for gz in ("", ".gz")}
    for file in listed["files"]:
        body = read(client, f"/dumps/{file['name']}").data
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file["size"], file["sha256"])
    page = client.get("/dumps/", headers={"Accept": "text/html"}).text
    assert all(name in page for name in names)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_dump_comes_whole_with_digest_and_name(client: FlaskClient, suffix: str) -> None:
    response = read(client, f"/dumps/lighthouse.{suffix}")
    version = client.get("/healthz").json["version"]
    assert response.status_code == 200
    assert response.headers["Content-Digest"] == digest_of(response.data)
    assert response.headers["Repr-Digest"] == digest_of(response.data)
    assert response.headers["ETag"] == f'"{hashlib.sha256(response.data).hexdigest()}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    wanted = f"attachment; filename=lighthouse-{version[:12]}.{suffix}"
    assert response.headers["Content-Disposition"] == wanted


def test_a_compressed_dump_is_a_file_of_its_own(client: FlaskClient) -> None:
    response = read(client, "/dumps/lighthouse.ttl.gz")
    assert response.content_type == "application/gzip"
    assert "Content-Encoding" not in response.headers
    assert gzip.decompress(response.data) == read(client, "/dumps/lighthouse.ttl").data


def test_a_part_is_206_with_the_digest_of_the_whole(client: FlaskClient) -> None:
    whole = read(client, "/dumps/lighthouse.nq").data
    response = read(client, "/dumps/lighthouse.nq", headers={"Range": "bytes=100-199"})
    assert response.status_code == 206
    assert response.data == whole[100:200]
    assert response.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert response.headers["Repr-Digest"] == digest_of(whole)
    assert "Content-Digest" not in response.headers


def test_the_end_of_a_dump_can_be_asked_for(client: FlaskClient) -> None:
    whole = read(client, "/dumps/lighthouse.nq").data
    for wish in ("bytes=-50", f"bytes={len(whole) - 50}-"):
        assert read(client, "/dumps/lighthouse.nq", headers={"Range": wish}).data == whole[-50:]


def test_a_range_outside_is_416(client: FlaskClient) -> None:
    size = len(read(client, "/dumps/lighthouse.nq").data)
    response = read(client, "/dumps/lighthouse.nq", headers={"Range": "bytes=99999999-"})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{size}"


def test_a_part_of_another_version_is_not_mixed_in(client: FlaskClient) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    response = read(client, "/dumps/lighthouse.nq", headers=headers)
    assert (response.status_code, len(response.data) > 10) == (200, True)
    headers["If-Range"] = response.headers["ETag"]
    assert read(client, "/dumps/lighthouse.nq", headers=headers).status_code == 206


def test_a_part_is_not_sent_for_a_weak_tag(client: FlaskClient) -> None:
    tag = read(client, "/dumps/lighthouse.nq").headers["ETag"]
    headers = {"Range": "bytes=0-9", "If-Range": f"W/{tag}"}
    assert read(client, "/dumps/lighthouse.nq", headers=headers).status_code == 200


def test_an_end_longer_than_the_dump_is_the_whole(client: FlaskClient) -> None:
    whole = read(client, "/dumps/lighthouse.nq").data
    part = read(client, "/dumps/lighthouse.nq", headers={"Range": "bytes=-99999999"})
    assert (part.status_code, part.data) == (206, whole)
    assert part.headers["Content-Range"] == f"bytes 0-{len(whole) - 1}/{len(whole)}"


@pytest.mark.parametrize("wish", ["items=0-1", "bytes=0-1,4-5", "bytes=5-2", "bytes=-", "x"])
def test_a_range_of_another_kind_is_ignored(client: FlaskClient, wish: str) -> None:
    response = read(client, "/dumps/lighthouse.nq", headers={"Range": wish})
    assert response.status_code == 200
    assert len(response.data) == response.content_length


def test_head_ignores_a_range(client: FlaskClient) -> None:
    for wish in ("bytes=0-9", "bytes=99999999-"):
        head = read(client, "/dumps/lighthouse.nq", method="HEAD", headers={"Range": wish})
        assert (head.status_code, head.data) == (200, b"")


def test_another_dump_than_if_match_names_is_412(client: FlaskClient) -> None:
    tag = read(client, "/dumps/lighthouse.nq").headers["ETag"]
    for held, status in ((tag, 200), ("*", 200), ('"another"', 412), (f"W/{tag}", 412)):
        headers = {"If-Match": held, "Range": "items=0-1"}
        assert read(client, "/dumps/lighthouse.nq", headers=headers).status_code == status
    refused = read(client, "/dumps/lighthouse.nq", headers={"If-Match": '"another"'})
    assert refused.json["type"].endswith("#precondition")
    assert refused.headers["ETag"] == tag


@pytest.mark.parametrize("path", ["/dumps", "//dumps", "/queries", "", "//x.y//"])
def test_no_redirect_names_the_host_of_the_request(client: FlaskClient, path: str) -> None:
    poisoned = {"PATH_INFO": path, "HTTP_HOST": "evil.example"}
    response = client.get("/", environ_overrides=poisoned)
    assert "evil.example" not in response.headers.get("Location", "")
    assert not response.headers.get("Location", "").startswith("//")
    page = client.get("/", environ_overrides=poisoned, headers={"Accept": "text/html"})
    assert 'href="//' not in page.text
    assert client.options("/dumps").status_code == 200


def test_a_known_dump_gets_304(client: FlaskClient) -> None:
    tag = read(client, "/dumps/lighthouse.nq").headers["ETag"]
    response = read(client, "/dumps/lighthouse.nq", headers={"If-None-Match": tag})
    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == tag


def test_head_tells_size_and_digest(client: FlaskClient) -> None:
    got = read(client, "/dumps/lighthouse.nq")
    head = read(client, "/dumps/lighthouse.nq", method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Length", "ETag", "Content-Digest", "Accept-Ranges"):
        assert head.headers[name] == got.headers[name]


def test_the_address_with_the_version_lasts_for_ever(client: FlaskClient) -> None:
    version = client.get("/healthz").json["version"]
    lasting = read(client, f"/dumps/lighthouse.nq?v={version}")
    assert "immutable" in lasting.headers["Cache-Control"]
    plain = read(client, "/dumps/lighthouse.nq")
    assert "immutable" not in plain.headers["Cache-Control"]
    assert "max-age=3600" in plain.headers["Cache-Control"]
    assert lasting.data == plain.data
    old = read(client, "/dumps/lighthouse.nq?v=0123")
    assert old.status_code == 404
    assert old.json["version"] == version


@pytest.mark.parametrize("name", ["lighthouse.xyz", "../release.json", "..%2Frelease.json", "x"])
def test_only_dumps_are_served(client: FlaskClient, name: str) -> None:
    response = read(client, f"/dumps/{name}")
    assert response.status_code == 404
    assert b"sources_hash" not in response.data


def test_the_dumps_hold_what_the_endpoint_answers(client: FlaskClient) -> None:
    dump = Dataset(parse(read(client, "/dumps/lighthouse.nq").data, RdfFormat.N_QUADS))
    query = "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    answer = client.get("/sparql", query_string={"query": query}).json
    assert int(answer["results"]["bindings"][0]["n"]["value"]) == len(dump)


def test_a_release_that_replaces_another_is_taken_up(tmp_path: Path) -> None:
    place = write_small_release(tmp_path / "release", '<id/thing/x> <urn:p> "old"@en .')
    client = create_app(Settings(release_dir=place)).test_client()
    old = client.get("/doc/thing/x.nt")
    write_small_release(place, '<id/thing/x> <urn:p> "new"@en .')
    new = client.get("/doc/thing/x.nt")
    assert ('"old"@en' in old.text, '"new"@en' in new.text) == (True, True)
    assert old.headers["ETag"] != new.headers["ETag"]


def test_a_broken_release_leaves_the_old_one_serving(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = write_small_release(tmp_path / "release", '<id/thing/x> <urn:p> "old"@en .')
    client = create_app(Settings(release_dir=place)).test_client()
    (place / "release.json").write_text("{", encoding="utf-8")
    assert client.get("/doc/thing/x.nt").status_code == 200
    assert "the new release is not taken up" in caplog.text
