"""A release holding exactly the quads of a text: for cases no honest project would contain."""

import hashlib
from pathlib import Path

from pyoxigraph import RdfFormat, parse

from kg.draft import open_draft
from kg.release import Manifest

BASE = "https://example.org/small/"


def write_small_release(out: Path, trig: str) -> Path:
    """Write a release of a TriG text; its own names begin with `BASE`."""
    text = f"BASE <{BASE}>\n{trig}"
    manifest = Manifest(
        version=hashlib.sha256(text.encode()).hexdigest(),
        name="small",
        base=BASE,
        title="A small release",
        ontology_version="1",
        software_version="0",
        sources_hash="",
        counts={},
        prefixes={"ex": BASE + "id/thing/"},
        files=(),
    )
    with open_draft(out) as draft:
        draft.write_store(parse(text.encode(), RdfFormat.TRIG))
        draft.publish(manifest)
    return out
