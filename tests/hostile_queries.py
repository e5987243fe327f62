"""Queries that mean no good, one row each: what they would do, and the refusal that is due."""

from hostile_requests import DIRECT, FORM, UPDATE, Hostile, by_get, by_post, each_way, post, raw

PX = "PREFIX x: <{url}> "

SERVICES = each_way(
    400,
    "query",
    {
        "SERVICE": "SELECT * { SERVICE <{url}> { ?s ?p ?o } }",
        "SERVICE in small letters": "SELECT * { service <{url}> { ?s ?p ?o } }",
        "SERVICE in mixed letters": "SELECT * { SeRvIcE <{url}> { ?s ?p ?o } }",
        "SERVICE SILENT": "SELECT * { SERVICE SILENT <{url}> { ?s ?p ?o } }",
        "SERVICE without blanks": "SELECT*{SERVICE<{url}>{}}",
        "SERVICE SILENT without blanks": "SELECT*{SERVICESILENT<{url}>{}}",
        "SERVICE to a variable": "SELECT * { BIND(<{url}> AS ?u) SERVICE ?u {} }",
        "SERVICE to values": "SELECT * { VALUES ?u { <{url}> } SERVICE ?u {} }",
        "SERVICE to late values": "SELECT * { SERVICE ?u {} } VALUES ?u { <{url}> }",
        "SERVICE to an IRI that is made": (
            "SELECT * { BIND(IRI(CONCAT('{url}', 'x')) AS ?u) SERVICE ?u {} }"
        ),
        "SERVICE to a prefix": PX + "SELECT * { SERVICE x: {} }",
        "SERVICE to a prefixed name": PX + "SELECT * { SERVICE x:sparql {} }",
        "SERVICE to a base": "BASE <{url}> SELECT * { SERVICE <sparql> {} }",
        "SERVICE glued to a prefix": "PREFIX SERVICEx: <{url}> SELECT * { SERVICEx: {} }",
        "SERVICE as a prefix": (
            "PREFIX : <{url}> PREFIX SERVICE: <{url}> SELECT * { SERVICE:a {} }"
        ),
        "SERVICE in a subquery": "SELECT * { { SELECT * { SERVICE <{url}> {} } } }",
        "SERVICE in OPTIONAL": "SELECT * { OPTIONAL { SERVICE <{url}> {} } }",
        "SERVICE in UNION": "SELECT * { {} UNION { SERVICE <{url}> {} } }",
        "SERVICE in MINUS": "SELECT * { MINUS { SERVICE <{url}> {} } }",
        "SERVICE in GRAPH": "SELECT * { GRAPH ?g { SERVICE <{url}> {} } }",
        "SERVICE in EXISTS": "ASK { FILTER EXISTS { SERVICE <{url}> {} } }",
        "SERVICE in NOT EXISTS": "ASK { FILTER(1=1 && NOT EXISTS { SERVICE <{url}> {} }) }",
        "SERVICE in BIND": "ASK { BIND(EXISTS { SERVICE <{url}> {} } AS ?x) }",
        "SERVICE in a projection": "SELECT (EXISTS { SERVICE <{url}> {} } AS ?x) {}",
        "SERVICE in HAVING": (
            "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING(EXISTS { SERVICE <{url}> {} })"
        ),
        "SERVICE in ORDER BY": ("SELECT * { ?s ?p ?o } ORDER BY (EXISTS { SERVICE <{url}> {} })"),
        "SERVICE in CONSTRUCT": "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <{url}> { ?s ?p ?o } }",
        "SERVICE in DESCRIBE": "DESCRIBE ?s WHERE { SERVICE <{url}> { ?s ?p ?o } }",
        "SERVICE in SERVICE": "ASK { SERVICE <{url}> { SERVICE <{url}> {} } }",
        "SERVICE after a comment": "ASK { # }\nSERVICE #\n<{url}> {} }",
        "SERVICE after an open comment": "ASK { # '''\nSERVICE <{url}> {} # '''\n}",
        "SERVICE after a carriage return": "ASK { # x\rSERVICE <{url}> {} }",
        "SERVICE with an escape": "ASK { \\u0053ERVICE <{url}> {} }",
        "SERVICE with a long escape": "ASK { SERVIC\\U00000045 <{url}> {} }",
        "SERVICE with a Turkish I": "ASK { SERV\u0130CE <{url}> {} }",
        "SERVICE with a long s": "ASK { \u017fERVICE <{url}> {} }",
        "SERVICE after a number": "ASK { ?s ?p 1SERVICE<{url}>{} }",
        "SERVICE after a name with dots": "PREFIX e: <e:> ASK { ?s ?p e:a.b.SERVICE <{url}> {} }",
        "SERVICE after a blank node": "ASK { ?s ?p _:a.SERVICE <{url}> {} }",
        "SERVICE after a language": "ASK { ?s ?p 'x'@enSERVICE <{url}> {} }",
        "SERVICE after a filter": "ASK { ?s ?p ?o FILTER(true)SERVICE<{url}>{} }",
        "SERVICE behind a comparison": (
            "ASK { ?s ?p ?o FILTER(?o<'z>'||EXISTS{SERVICE<{url}>{}}||?o='' #'\n) }"
        ),
        "SERVICE behind quotes": "SELECT * { VALUES ?x { '''a' } SERVICE <{url}> {} #\\x'''\n}",
        "SERVICE with a password": "ASK { SERVICE <http://root:root@127.0.0.1:1/> {} }",
        "SERVICE to a file": "ASK { SERVICE <file:///etc/passwd> {} }",
        "SERVICE to the metadata": "ASK { SERVICE <http://169.254.169.254/latest/> {} }",
        "SERVICE to a name": "ASK { SERVICE <http://localhost/sparql> {} }",
        "SERVICE without a target": "ASK { SERVICE {} }",
        "SERVICE that never ends": "ASK { SERVICE <{url}> {",
    },
)

LOOKS_LIKE_SERVICE = each_way(
    200,
    "",
    {
        "SERVICE in a string": 'SELECT ("SERVICE <{url}> {}" AS ?x) {}',
        "SERVICE in a long string": "SELECT ('''\nSERVICE <{url}> {}''' AS ?x) {}",
        "SERVICE in a comment": "ASK {} # SERVICE <{url}> {}",
        "SERVICE as a variable": "SELECT ?service { ?service ?p $SERVICE } LIMIT 1",
        "SERVICE in an IRI": "ASK { ?s <{url}SERVICE> ?o }",
        "SERVICE as a local name": PX + "SELECT * { ?s a x:SERVICE }",
        "FROM an address": "SELECT * FROM <{url}data.ttl> { ?s ?p ?o }",
        "FROM NAMED an address": "SELECT * FROM NAMED <{url}data.ttl> { GRAPH ?g { ?s ?p ?o } }",
        "FROM a file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "DESCRIBE an address": "DESCRIBE <{url}>",
        "GRAPH an address": "SELECT * { GRAPH <{url}> { ?s ?p ?o } }",
        "an update in a string": "SELECT ('INSERT DATA {}; DROP ALL' AS ?x) {}",
        "an update in a comment": "ASK {} # DROP ALL",
    },
)

TRIPLE = "<urn:x:hostile> <urn:x:p> 1"
UPDATES = each_way(
    400,
    "query",
    {
        "INSERT DATA": f"INSERT DATA {{ {TRIPLE} }}",
        "insert data": f"insert data {{ {TRIPLE} }}",
        "INSERT WHERE": "INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
        "DELETE DATA": "DELETE DATA { <urn:a> <urn:b> <urn:c> }",
        "DELETE WHERE": "DELETE WHERE { ?s ?p ?o }",
        "DELETE INSERT": "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
        "WITH": "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "LOAD": "LOAD <{url}data.ttl>",
        "LOAD SILENT": "LOAD SILENT <{url}data.ttl> INTO GRAPH <urn:g>",
        "LOAD a file": "LOAD <file:///etc/passwd>",
        "CLEAR": "CLEAR ALL",
        "DROP": "DROP SILENT DEFAULT",
        "CREATE": "CREATE GRAPH <urn:g>",
        "ADD": "ADD DEFAULT TO <urn:g>",
        "MOVE": "MOVE DEFAULT TO <urn:g>",
        "COPY": "COPY DEFAULT TO <urn:g>",
        "an update after a prologue": "BASE <urn:x> PREFIX x: <urn:x> INSERT DATA { x:a x:b 1 }",
        "an update after a comment": "# SELECT\nDROP ALL",
        "an update after a query": "ASK {} ; DROP ALL",
        "an update after a query, glued": "ASK {};DROP ALL",
        "an update after VALUES": "SELECT * {} VALUES ?x {} ; CLEAR ALL",
        "an update in a query": "SELECT * { INSERT DATA {} }",
        "two queries in one": "ASK {} ASK {}",
        "two queries, parted": "ASK {} ; ASK {}",
        "a comment that hides nothing": "#\rDROP ALL",
    },
) + [
    raw("update by GET", 403, "updates-refused", "update=DROP+ALL"),
    raw("update by GET, name encoded", 403, "updates-refused", "%75pdate=DROP+ALL"),
    raw("update beside a query", 403, "updates-refused", "query=ASK+%7B%7D&update=DROP+ALL"),
    raw("an empty update", 403, "updates-refused", "update="),
    raw("a graph to change", 403, "updates-refused", "query=ASK+%7B%7D&using-graph-uri=urn:g"),
    post("update as a form", 403, "updates-refused", FORM, b"update=DROP+ALL"),
    post("update in both", 403, "updates-refused", FORM, b"query=ASK+{}", "update=DROP+ALL"),
    post("update itself", 403, "updates-refused", UPDATE, b"DROP ALL"),
    post("update in capitals", 403, "updates-refused", UPDATE.upper(), b"DROP ALL"),
    post("update with a charset", 403, "updates-refused", f"{UPDATE}; charset=utf-16", b"x"),
    post("update beside a direct query", 403, "updates-refused", DIRECT, b"ASK {}", "update=x"),
    post("named graphs to change", 403, "updates-refused", FORM, b"using-named-graph-uri=urn:g"),
    *(
        Hostile(
            f"{method} as to a graph store",
            405,
            "method-not-allowed",
            method,
            headers=(("Content-Type", "text/turtle"),),
            body=b"<urn:a> <urn:b> 1 .",
        )
        for method in ("PUT", "PATCH", "DELETE")
    ),
]


def nest(start: str, opening: str, middle: str, closing: str, end: str, depth: int = 2000) -> str:
    """Nest one thing in itself."""
    return start + opening * depth + middle + closing * depth + end


def flood(start: str, link: str, end: str, times: int = 3000) -> str:
    """Repeat one thing."""
    return start + link * times + end


NESTED = each_way(
    400,
    "query",
    {
        "parentheses": nest("ASK { FILTER(", "(", "1", ")", ") }"),
        "parentheses that never close": nest("ASK { FILTER(", "(", "", "", "", 20_000),
        "groups": nest("ASK ", "{", "", "}", ""),
        "groups that never close": nest("ASK ", "{", "", "", "", 20_000),
        "closing braces": nest("ASK {", "}", "", "", "", 20_000),
        "OPTIONAL": nest("ASK {", "OPTIONAL { ?s ?p ?o ", "", "}", "}"),
        "MINUS": nest("ASK {", "?s ?p ?o MINUS { ", "", "}", "}"),
        "UNION": nest("ASK {", "{} UNION { ", "", "}", "}"),
        "GRAPH": nest("ASK {", "GRAPH ?g { ", "", "}", "}"),
        "EXISTS": nest("ASK {", "FILTER EXISTS { ", "", "}", "}"),
        "NOT EXISTS": nest("ASK {", "FILTER(NOT EXISTS { ", "", "})", "}", 1000),
        "subqueries": nest("", "SELECT * { { ", "", "} }", "", 1000),
        "functions": nest("ASK { FILTER(", "STR(", "1", ")", ") }"),
        "IF": nest("ASK { FILTER(", "IF(true, 1, ", "1", ")", ") }"),
        "COALESCE": nest("ASK { BIND(", "COALESCE(", "1", ")", " AS ?x) }"),
        "IN": nest("ASK { FILTER(1", " IN (1", "", ")", ") }"),
        "collections": nest("ASK { ?s ?p ", "(", "1", ")", " }"),
        "properties of nobody": nest("ASK { ", "[ ?p ", "1", "]", " }"),
        "quoted triples": nest("ASK { ", "<< ", "?s", " ?p ?o >>", " ?p ?o }"),
        "reifiers": nest("ASK { ", "<<( ", "?s", " ?p ?o )>>", " ?p ?o }"),
        "paths": nest("ASK { ?s ", "(", "<urn:p>", ")*", " ?o }"),
        "inverse paths": nest("ASK { ?s ", "^(", "<urn:p>", ")", " ?o }"),
        "aggregates": nest("SELECT (", "SUM(", "1", ")", " AS ?x) {}"),
        "signs": nest("ASK { FILTER(", "-(", "1", ")", " = 1) }"),
        "strings in groups": nest("ASK { BIND('{{' AS ?x) ", "{", "", "}", "}"),
    },
)

FLOODS = each_way(
    400,
    "query",
    {
        "patterns": flood("ASK {", "?s ?p ?o . ", "}"),
        "patterns of distinct names": flood("ASK {", "?a ?b ?c . ?d ?e ?f . ", "}", 500),
        "properties": flood("ASK { ?s ?p ?o", "; ?p ?o", "}"),
        "objects": flood("ASK { ?s ?p ?o", ", ?o", "}"),
        "groups in a row": flood("ASK {", "{ ?s ?p ?o }", "}"),
        "empty groups in a row": flood("ASK {", "{}", "}"),
        "optionals in a row": flood("ASK {", "OPTIONAL { ?s ?p ?o }", "}"),
        "unions in a row": flood("ASK { {}", " UNION {}", "}"),
        "subqueries in a row": flood("ASK {", "{ SELECT * {} }", "}"),
        "a long collection": flood("ASK { ?s ?p (", "1 ", ") }"),
        "a long collection of strings": flood("ASK { ?s ?p (", "''", ") }"),
        "a long path": flood("ASK { ?s <urn:p>", "/<urn:p>", " ?o }"),
        "a long choice": flood("ASK { ?s <urn:p>", "|<urn:p>", " ?o }"),
        "a long denial": flood("ASK { ?s !(<urn:p>", "|^<urn:p>", ") ?o }"),
        "stars on stars": flood("ASK { ?s <urn:p>", "*", " ?o }"),
        "a long or": flood("ASK { FILTER(?x", "||?x", ") }"),
        "a long and": flood("ASK { FILTER(?x", " && ?x", ") }"),
        "a long sum": flood("ASK { FILTER(1", "+1", ") }"),
        "a long product": flood("ASK { FILTER(1", "*1", ") }"),
        "a long not": flood("ASK { FILTER(", "!", "true) }"),
        "a long minus": flood("ASK { FILTER(", "- ", "1) }"),
        "a long comparison": flood("ASK { FILTER(1", "<1", ") }"),
        "filters in a row": flood("ASK {", "FILTER(true) ", "}"),
        "binds in a row": flood("ASK {", "BIND(1 AS ?x) ", "}"),
        "a template without end": flood("CONSTRUCT {", "?s ?p ?o . ", "} WHERE {}"),
        "annotations": flood("ASK { ?s ?p ?o ", "{| ?p ?o |} ", "}"),
        "prefixes": flood("", "PREFIX a: <urn:a> ", "ASK { b:c ?p ?o }"),
    },
)

BROKEN = each_way(
    400,
    "query",
    {
        "no SPARQL": "hello",
        "SQL": "SELECT * FROM users; DROP TABLE users; --",
        "GraphQL as a query": "{ user { name } }",
        "Cypher": "MATCH (n) DETACH DELETE n",
        "markup as a query": "<script>alert(1)</script>",
        "a shell": "$(rm -rf /); `id`",
        "a template": "{{7*7}}",
        "a format string": "%s%n%x",
        "a string that never ends": "ASK { ?s ?p 'x }",
        "a long string that never ends": "ASK { ?s ?p '''x }",
        "an IRI that never ends": "ASK { ?s <urn:x ?o }",
        "an escape nobody knows": "ASK { ?s ?p '\\q' }",
        "half an escape": "ASK { ?s ?p '\\u00' }",
        "a surrogate escape": "ASK { ?s ?p '\\uD800' }",
        "an escape beyond Unicode": "ASK { ?s ?p '\\U00110000' }",
        "a prefix nobody declared": "ASK { ?s no:such ?o }",
        "an IRI with a blank": "ASK { ?s <urn:a b> ?o }",
        "a number for a limit": "SELECT * { ?s ?p ?o } LIMIT -1",
        "a limit without end": "SELECT * { ?s ?p ?o } LIMIT " + "9" * 400,
        "a function nobody has": "SELECT (<urn:x:f>(1) AS ?x) {}",
        "a Java function": "SELECT (<java:java.lang.Runtime>('id') AS ?x) {}",
        "an unbound group": "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }",
        "one name twice": "SELECT (1 AS ?x) (2 AS ?x) {}",
        "a blank node twice": "ASK { { _:a ?p ?o } { _:a ?q ?r } }",
    },
)

LARGE = "ASK {} # " + "x" * 100_001
SIZES = [
    by_post("a query beyond the limit", 413, "too-large", LARGE),
    post("a body beyond the limit", 413, "too-large", DIRECT, b"#" * 500_000),
    post("a form beyond the limit", 413, "too-large", FORM, b"query=" + b"%41" * 200_000),
    post("a form that decodes beyond it", 413, "too-large", FORM, b"query=" + b"x" * 150_000),
    by_post("a comment of 90,000", 200, "", "ASK {} # " + "x" * 90_000),
    by_post("a string of 90,000", 200, "", "SELECT ('" + "x" * 90_000 + "' AS ?x) {}"),
    by_post("90,000 blanks", 200, "", "ASK" + " " * 90_000 + "{}"),
    by_post("a name of 90,000", 400, "query", "ASK { ?s " + "x" * 90_000 + ": ?o }"),
    by_post("an IRI of 90,000", 200, "", "ASK { <urn:" + "x" * 90_000 + "> ?p ?o }"),
    by_get(
        "a result beyond the limit",
        507,
        "result-too-large",
        (
            "SELECT * { VALUES ?a { 1 2 3 4 5 6 7 8 9 } VALUES ?b { 1 2 3 4 5 6 7 8 9 } "
            "VALUES ?c { 1 2 3 4 5 6 7 8 9 } VALUES ?d { 1 2 3 4 5 6 7 8 9 } "
            "VALUES ?e { 1 2 3 } BIND('" + "x" * 300 + "' AS ?f) }"
        ),
    ),
]

QUERIES = [
    *SERVICES,
    *LOOKS_LIKE_SERVICE,
    *UPDATES,
    *NESTED,
    *FLOODS,
    *BROKEN,
    *SIZES,
]
