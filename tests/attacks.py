"""Releases whose words and names attack whoever shows them."""

import shutil
from pathlib import Path

import pyoxigraph as ox

from kg.publish import publish

# Whatever of this runs calls `pwned`, which no page has: an error that no test overlooks.
MARKUP = (
    "'\"></title></textarea></script></style></svg>--><script>pwned()</script>"
    '<img src=x onerror="pwned()"><svg onload=pwned()><a href="javascript:pwned()">'
    "{{ pwned() }}${pwned()}&lt;b&gt;"
)
OVERRIDE = "\u202egnp.exe"
TEXT = MARKUP + OVERRIDE
SCRIPT_IRIS = (
    "javascript:pwned()",
    "JavaScript:pwned()",
    "data:text/html,%3Cscript%3Epwned()%3C/script%3E",
    "vbscript:pwned()",
    "http://example.org/%22%3E%3Cscript%3Epwned()%3C/script%3E",
    "http://example.org/'onmouseover='pwned()",
    "http://example.org/a%20b%0Ac",
    "http://:pwned()@example.org/",
)
LONG = "x" * 1_000_000
EXTREMES = {
    "control": "bell \u0007, escape \u001b[31m, delete \u007f, next line \u0085, none \ufffe",
    "marks": "Z" + "\u0301\u0323\u0489" * 400,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd" * 3000,
    "directions": "\u202e\u202b\u2067\u200f" * 100 + "abc",
    "unbroken": "w" * 4000,
    "lines": "\n" * 5000,
    "long": LONG,
}

_TEXTS = {
    "http://www.w3.org/2001/XMLSchema#string",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
}


def attack(release: Path, out: Path) -> Path:
    """Copy a release, with an attack at the end of every text anybody wrote."""
    shutil.copytree(release, out, ignore=shutil.ignore_patterns("store"))
    store = ox.Store(str(out / "store"))
    dump = next((release / "dumps").glob("*.nq"))
    store.bulk_extend(map(_attack_quad, ox.parse(path=str(dump))))
    store.flush()
    return out


def _attack_quad(quad: ox.Quad) -> ox.Quad:
    value = quad.object
    if not isinstance(value, ox.Literal) or value.datatype.value not in _TEXTS:
        return quad
    worse = ox.Literal(value.value + TEXT, language=value.language)
    return ox.Quad(quad.subject, quad.predicate, worse, quad.graph_name)


def write_extremes(folder: Path) -> Path:
    """Publish a file of values that are too long, too many, or not what they seem."""
    ex, label = "http://example.org/", ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")

    def say(thing: str, name: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
        return ox.Quad(ox.NamedNode(ex + thing), ox.NamedNode(ex + name), value)

    quads = [say("many", "value", ox.Literal(f"value {n}")) for n in range(10_000)]
    quads += [say("many", "thing", ox.NamedNode(f"{ex}thing/{n}")) for n in range(10_000)]
    quads += [say("wide", f"property{n}", ox.Literal(f"{n} " + "y" * 500)) for n in range(1_000)]
    quads += [say("heavy", "value", ox.Literal(f"{n} " + "z" * 20_000)) for n in range(100)]
    quads += [say("links", "to", ox.NamedNode(iri)) for iri in SCRIPT_IRIS]
    quads += [say("links", "to", ox.NamedNode(f"{ex}{'i' * 100_000}"))]
    for name, text in EXTREMES.items():
        quads.append(ox.Quad(ox.NamedNode(ex + name), label, ox.Literal(text)))
        quads.append(say(name, "value", ox.Literal(text)))
    file = folder / "extremes.nq"
    file.write_bytes(ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"")
    return publish([file], folder / "release", "http://127.0.0.1:8000/").path
