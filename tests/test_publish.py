"""Any RDF files, published as they are: no project needed, no blank node left."""

import gzip
import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import RdfFormat, parse

from kg.errors import ReleaseError, SourceError
from kg.publish import publish
from kg.release import Release, open_release

BASE = "https://data.example/"
TURTLE = """@prefix ex: <https://example.org/> .
ex:ada a ex:Person ; ex:name "Ada"@en ; ex:address [ ex:city "Merrow" ; ex:zip "01" ] .
"""
WRITTEN = {
    "ttl": TURTLE,
    "trig": '<https://example.org/g> { <https://example.org/s> <https://example.org/p> "01" . }',
    "nt": '<https://example.org/s> <https://example.org/p> "01" .\n',
    "nq": '<https://example.org/s> <https://example.org/p> "01" <https://example.org/g> .\n',
    "rdf": """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns:ex="https://example.org/"><rdf:Description rdf:about="https://example.org/s">
        <ex:p>01</ex:p></rdf:Description></rdf:RDF>""",
    "jsonld": '{"@context": {"ex": "https://example.org/"}, "@id": "ex:s", "ex:p": "01"}',
}


def lines(release: Release) -> list[str]:
    return release.dump.read_text(encoding="utf-8").splitlines()


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("suffix", WRITTEN)
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_is_read_also_compressed(tmp_path: Path, suffix: str, packed: bool) -> None:
    text = WRITTEN[suffix].encode()
    file = tmp_path / (f"some data.{suffix}.gz" if packed else f"some data.{suffix}")
    write(file, gzip.compress(text) if packed else text)
    release = publish([file], tmp_path / "release", BASE)
    assert release.manifest.name == "some-data"
    assert release.manifest.title == file.name
    assert any('"01"' in line for line in lines(release))
    assert open_release(tmp_path / "release").manifest == release.manifest


def test_blank_nodes_become_names_under_the_base(tmp_path: Path) -> None:
    release = publish([write(tmp_path / "a.ttl", TURTLE)], tmp_path / "release", BASE)
    (address,) = {line.split()[0] for line in lines(release) if "/zip>" in line}
    assert address.startswith(f"<{BASE}.well-known/genid/") and address.endswith("-c14n0>")
    assert f"<https://example.org/ada> <https://example.org/address> {address} ." in lines(release)
    assert not any("_:" in line for line in lines(release))


def test_the_names_do_not_depend_on_labels_order_or_file_name(tmp_path: Path) -> None:
    quads = [f"_:n{i} <ex:next> _:n{(i + 1) % 5} .\n_:n{i} <ex:is> '{i}' .\n" for i in range(5)]
    renamed = [line.replace("_:n", "_:other") for line in quads]
    random.Random(1).shuffle(renamed)
    one = publish([write(tmp_path / "a.ttl", "".join(quads))], tmp_path / "one", BASE)
    two = publish([write(tmp_path / "b.ttl", "".join(renamed))], tmp_path / "two", BASE)
    assert one.manifest.version == two.manifest.version
    assert lines(one) == lines(two)


def test_blank_nodes_of_two_files_stay_two(tmp_path: Path) -> None:
    one = write(tmp_path / "one.ttl", "_:x <ex:says> 'one' .")
    two = write(tmp_path / "two.ttl", "_:x <ex:says> 'two' .")
    release = publish([one, two], tmp_path / "release", BASE)
    assert len({line.split()[0] for line in lines(release)}) == 2
    assert release.manifest.title == "one.ttl, two.ttl"


def test_named_graphs_stay_apart_and_are_joined_in_turtle(tmp_path: Path) -> None:
    text = "<ex:a> <ex:p> 'asserted' . <ex:g> { <ex:a> <ex:p> 'expressed' . }"
    release = publish([write(tmp_path / "x.trig", text)], tmp_path / "release", BASE)
    assert lines(release) == [
        '<ex:a> <ex:p> "asserted" .',
        '<ex:a> <ex:p> "expressed" <ex:g> .',
    ]
    turtle = parse(path=release.path / "dumps/x.ttl", format=RdfFormat.TURTLE)
    assert sorted(str(quad.object) for quad in turtle) == ['"asserted"', '"expressed"']
    (row,) = release.open_store().query("SELECT ?o { ?s ?p ?o }").rows
    assert row == (ox.Literal("asserted"),)


def test_relative_names_begin_with_the_base(tmp_path: Path) -> None:
    file = write(tmp_path / "me.ttl", "<#ada> <https://example.org/p> <other> .")
    assert lines(publish([file], tmp_path / "release", BASE)) == [
        f"<{BASE}me.ttl#ada> <https://example.org/p> <{BASE}other> ."
    ]


def test_prefixes_of_the_file_are_kept(tmp_path: Path) -> None:
    release = publish([write(tmp_path / "a.ttl", TURTLE)], tmp_path / "release", BASE)
    assert release.manifest.prefixes["ex"] == "https://example.org/"
    assert "ex:ada a ex:Person ;" in (release.path / "dumps/a.ttl").read_text()


def test_what_rdf_xml_cannot_spell_has_no_such_dump(tmp_path: Path) -> None:
    file = write(tmp_path / "odd.nt", "<ex:s> <http://example.org/1> <ex:o> .\n")
    release = publish([file], tmp_path / "release", BASE)
    assert not (release.path / "dumps/odd.rdf").exists()
    assert (release.path / "dumps/odd.ttl").exists()
    assert "odd.rdf" not in (release.path / "catalog.ttl").read_text()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.ttl", "<ex:a> <ex:b> <ex:c> .\n<ex:a> ex:b 1 .", "a.ttl:2:8: Turtle syntax error: The"),
        ("a.nq", "<ex:a> <ex:b> .\n", "a.nq:1:"),
        ("a.rdf", "<rdf:RDF>\n<oops", "a.rdf:2:"),
        ("a.jsonld", '{\n"@id": }', "a.jsonld:2:"),
        ("a.jsonld", '{"@context": "https://schema.org/", "a": 1}', "a.jsonld: JSON-LD syntax err"),
        ("a.ttl", b"\xff\xfe", "a.ttl:1:1: "),
        ("a.ttl", "# nothing\n", "a.ttl: the file holds no triples; name one that does"),
        ("a.ttl", "", "a.ttl: the file holds no triples"),
        (
            "a.docx",
            "PK",
            "a.docx: the file's ending tells no RDF format; known are .ttl, .nt, .rdf",
        ),
        ("README", "hello", "README: the file's ending tells no RDF format"),
        ("a.ttl.gz", "<ex:a> <ex:b> 1 .", "a.ttl.gz: the file is no whole gzip file"),
        (
            "a.ttl",
            "<ex:a> <ex:b> <<( <ex:a> <ex:b> 1 )>> .",
            "a.ttl: the file holds triples within",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        publish([write(tmp_path / name, content)], tmp_path / "release", BASE)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert not (tmp_path / "release").exists()


def test_a_cut_gzip_file_is_a_sentence(tmp_path: Path) -> None:
    whole = gzip.compress(TURTLE.encode() * 100)
    with pytest.raises(SourceError, match="no whole gzip file"):
        publish([write(tmp_path / "a.ttl.gz", whole[:-20])], tmp_path / "release", BASE)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the file does not exist; restore it or correct"):
        publish([tmp_path / "gone.ttl"], tmp_path / "release", BASE)


@pytest.mark.parametrize("base", ["", "example.org/", "https://example.org", "https://a b/"])
def test_a_base_that_is_no_address_is_a_sentence(tmp_path: Path, base: str) -> None:
    file = write(tmp_path / "a.ttl", TURTLE)
    with pytest.raises(ReleaseError, match="is no web address that names can begin with"):
        publish([file], tmp_path / "release", base)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "<a:a> <a:b> " + "[ <a:b> " * 1500 + "1" + " ]" * 1500 + " ."),
        ("b.ttl", "<a:a> <a:b> " + "<<( <a:a> <a:b> " * 9000 + "1" + " )>>" * 9000 + " ."),
        ("c.ttl", "<a:a> <a:b> " + "(" * 1500),
        ("d.rdf", "<a>" * 1500),
    ],
)
def test_a_file_nested_too_deeply_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SourceError, match="more than 1000 deep"):
        publish([write(tmp_path / name, text)], tmp_path / "release", BASE)


def test_brackets_in_texts_are_no_nesting(tmp_path: Path) -> None:
    text = "".join(f"<a:a> <a:b> \"{number} :( [\", '((' . # ((\n" for number in range(1500))
    publish([write(tmp_path / "a.ttl", text)], tmp_path / "release", BASE)


def test_xml_entities_are_refused(tmp_path: Path) -> None:
    text = '<!DOCTYPE r [<!ENTITY a "b">]>' + WRITTEN["rdf"]
    with pytest.raises(SourceError, match="declares XML entities"):
        publish([write(tmp_path / "a.rdf", text)], tmp_path / "release", BASE)


def test_a_file_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.publish.UNPACKED_BYTES", 1000)
    file = write(tmp_path / "a.nt.gz", gzip.compress(b"#" * 1001))
    with pytest.raises(SourceError, match="unpacks to more than 1,000 bytes"):
        publish([file], tmp_path / "release", BASE)


def test_blank_nodes_too_alike_to_be_named_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.publish.NAMING_S", 1)
    nodes = range(14)
    text = "".join(f"_:n{a} <a:b> _:n{b} .\n" for a in nodes for b in nodes if a != b)
    with pytest.raises(SourceError, match="give them names"):
        publish([write(tmp_path / "a.nt", text)], tmp_path / "release", BASE)


def test_a_literal_the_parser_has_no_room_for_is_refused(tmp_path: Path) -> None:
    text = f'<a:a> <a:b> "{"x" * 17_000_000}" .'
    with pytest.raises(SourceError, match="too large"):
        publish([write(tmp_path / "a.ttl", text)], tmp_path / "release", BASE)
