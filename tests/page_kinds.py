"""Every kind of page of this project's release, in one place: add yours here.

What every page must hold (tests/test_every_page.py) is then asked of it too.
"""

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class PageKind:
    """A kind of page: its name, one address of it, and words that a reader finds on it."""

    name: str
    path: str
    words: str
    status: int = 200


def sparql(query: str) -> str:
    """Give the address of the page that answers a query."""
    return "/sparql?" + urlencode({"query": query, "format": "html"})


SPOKEN = "/doc/agent/editors?" + urlencode(
    {"list": "^https://w3id.org/elbe-day/def#speaker", "page": "2"}
)
KINDS = (
    PageKind("home", "/", "Elbe Day"),
    PageKind("article", "/article", "The article, read critically"),
    PageKind("photographs", "/photographs", "Dashed: the place is not certain"),
    PageKind("person", "/doc/person/yakov-neumoev", "Yakov Neumoev"),
    PageKind("unit", "/doc/unit/5th-guards-army", "5th Guards Army"),
    PageKind("organization", "/doc/organization/ria-novosti", "RIA Novosti"),
    PageKind("place", "/doc/place/lorenzkirch", "Lorenzkirch"),
    PageKind("event", "/doc/event/c2-scene", "caption"),
    PageKind("photograph", "/doc/photograph/c5", "photograph"),
    PageKind("photograph, disputed", "/doc/photograph/c4", "photograph"),
    PageKind("source", "/doc/source/k67", "source"),
    PageKind("concept", "/doc/concept/oath-of-the-elbe", "Oath of the Elbe"),
    PageKind("rank", "/doc/rank/su-lieutenant", "Lieutenant"),
    PageKind("assessment", "/doc/assessment/a12", "Assessment"),
    PageKind("span", "/doc/span/1015-1176", "1176"),
    PageKind("question", "/doc/question/plaque-unveiling-day", "plaque"),
    PageKind("claim of the article", "/doc/claim/t2", "Evidence"),
    PageKind("claim of a source", "/doc/claim/s-arlington-ceremony-1995", "Arlington"),
    PageKind("claim of ours", "/doc/claim/e-konev-reception", "Konev"),
    PageKind("posts on bars", "/doc/unit/28th-guards-cavalry-regiment", "Where accounts differ"),
    PageKind("links elsewhere", "/doc/concept/great-patriotic-war", "Looked at and rejected"),
    PageKind("links", "/links/", "BEACON"),
    PageKind("set of links", "/links/wikidata", "Looked at and rejected: 49"),
    PageKind("link", "/doc/mapping/place-elbe-q1644", "Why do we say that Elbe is Q1644 (Elbe)?"),
    PageKind("verdict", "/doc/verdict/contradicted", "Gleb Baklanov is a colonel general"),
    PageKind("long list", SPOKEN, "Page 2 of 2"),
    PageKind("class", "/resource?iri=https%3A%2F%2Fschema.org%2FPerson", "Person"),
    PageKind("browse", "/browse", "Kind of claim"),
    PageKind("browse, chosen", "/browse?verdict=contradicted", "28th Guards Cavalry Regiment"),
    PageKind("search", "/search", "any language"),
    PageKind("search, found", "/search?q=Sylvashko", "Alexander Silvashko"),
    PageKind("search, nothing", "/search?q=zzzzqqqq", "Nothing fits"),
    PageKind("timeline", "/timeline", "Kotzebue’s patrol at Leckwitz"),
    PageKind("timeline of a place", "/timeline?place=place%2Ftorgau", "Army commanders"),
    PageKind("SPARQL form", "/sparql", "Your SPARQL query"),
    PageKind("SPARQL table", sparql("SELECT * { ?s ?p ?o } LIMIT 20"), "Rows: 20"),
    PageKind("SPARQL graph", sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 9"), "Result"),
    PageKind("SPARQL yes", sparql("ASK {}"), "yes"),
    PageKind("SPARQL error", sparql("SELECT * { ?s ?p }"), "Line 1, column 18", 400),
    PageKind("questions", "/queries/", "Who commanded"),
    PageKind("question to be asked", "/queries/16-timeline.html", "What happened when"),
    PageKind("code for a query", "/sparql/code?query=ASK+%7B%7D", "SPARQLWrapper"),
    PageKind("about", "/about", "What the layers mean"),
    PageKind("downloads", "/dumps/", "SHA-256"),
    PageKind("ontology", "/def", "Claim"),
    PageKind("classes", "/def/classes", "Why an own term"),
    PageKind("relations", "/def/relations", "Uses in the data"),
    PageKind("shapes", "/shapes", "A source has a short readable name."),
    PageKind("report", "/report", "By thing"),
    PageKind("reconciliation", "/reconcile.html", "Paste this address"),
    PageKind("problems", "/problems", "Not-found"),
    PageKind("conformance", "/conformance", "clauses"),
    PageKind("not found", "/doc/person/nobody", "nobody", 404),
)
