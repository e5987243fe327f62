"""A query for each thing SPARQL 1.1 can say, over a small dataset; the answers are the engine's.

Queries are short so that one can read them all; `P` stands before each of them.
"""

P = """PREFIX : <https://example.org/small/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
"""

DATA = """
PREFIX : <https://example.org/small/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:ada a foaf:Person ; foaf:name "Ada"@en , "Ада"@ru ; :age 36 ; foaf:knows :bob , :cy ;
    :born "1815-12-10"^^xsd:date ; :height 1.65 ; :score 1.5e3 ;
    :note "first \\"quoted\\"\\n line" .
:bob a foaf:Person ; foaf:name "Bob" ; :age 41 ; foaf:knows :cy ; :height 1.80 ;
    :met "2013-05-06T07:08:09Z"^^xsd:dateTime ; :score -2.5e-1 ; :active true .
:cy a foaf:Person ; foaf:name "Cy"@en-GB ; foaf:knows :dee ; :active false ; :nick "" .
:dee a :Robot ; foaf:name "Dee 日本 🗼" ; :age 7 ; foaf:knows :ada ; :part :arm , :leg .
:arm :part :hand . :hand :part :finger . :finger :part :nail . :leg :part :foot .
:list :items ( 1 2 3 ) .
:odd :value "xyz"^^:own , "1"^^xsd:byte , "abc" , "b"@de , 3 , 2.50 , <urn:x:iri> .
:g1 { :ada :says "in one" ; :trust 1 . :bob :says "bob in one" }
:g2 { :ada :says "in two" ; :trust 2 . :dee :says "dee in two" }
:g3 { :g1 :about :ada . :g2 :about :dee }
"""

PATTERNS = {
    "all triples": "SELECT * { ?s ?p ?o }",
    "one pattern": "SELECT ?n { :ada foaf:name ?n } ORDER BY ?n",
    "a star": "SELECT ?s ?n ?a { ?s foaf:name ?n ; :age ?a } ORDER BY ?a ?n",
    "a chain": "SELECT ?a ?b ?c { ?a foaf:knows ?b . ?b foaf:knows ?c } ORDER BY ?a ?b ?c",
    "a triangle": "SELECT * { ?a foaf:knows ?b . ?b foaf:knows ?c . ?c foaf:knows ?a }",
    "one variable twice": "SELECT * { ?x ?x ?y }",
    "objects by comma": "SELECT ?x { ?x foaf:knows :bob , :cy }",
    "a blank node": "SELECT ?n { [ foaf:name ?n ; :age 7 ] }",
    "a labelled blank node": "SELECT ?n { _:x foaf:name ?n . _:x :age 41 }",
    "a collection": "SELECT ?l { ?l :items ( 1 ?two 3 ) FILTER(?two = 2) }",
    "a number as a term": "SELECT ?s { ?s :age 36 }",
    "another spelling of a number": "SELECT ?s { ?s :age 036 }",
    "a language": 'SELECT ?s { ?s foaf:name "Ada"@en }',
    "a datatype": 'SELECT ?s { ?s :value "xyz"^^:own }',
    "a boolean": "SELECT ?s { ?s :active true }",
    "a long string": 'SELECT ?s { ?s foaf:name """Bob""" }',
    "an escape": "SELECT ?s { ?s foaf:name 'B\\u006Fb' }",
    "a relative IRI": "SELECT ?n { <ada> foaf:name ?n } ORDER BY ?n",
    "a base": "BASE <https://example.org/> SELECT ?n { <small/ada> foaf:name ?n } ORDER BY ?n",
    "an escape in a local name": "SELECT * { :a\\,b ?p ?o }",
    "dollar variables": "SELECT $n { :bob foaf:name $n }",
    "nothing": "SELECT * { :nobody ?p ?o }",
    "an empty pattern": "SELECT * {}",
    "OPTIONAL": "SELECT ?s ?a { ?s a foaf:Person OPTIONAL { ?s :age ?a } } ORDER BY ?s",
    "OPTIONAL with FILTER": (
        "SELECT ?s ?a { ?s foaf:name ?n OPTIONAL { ?s :age ?a FILTER(?a > 30) } } ORDER BY ?s ?a ?n"
    ),
    "OPTIONAL in OPTIONAL": (
        "SELECT * { ?s :age ?a OPTIONAL { ?s :height ?h OPTIONAL { ?s :met ?m } } } ORDER BY ?a"
    ),
    "two OPTIONALs": (
        "SELECT * { ?s :age ?a OPTIONAL {?s :met ?m} OPTIONAL {?s :born ?m} } ORDER BY ?a"
    ),
    "UNION": "SELECT ?s { { ?s :age 36 } UNION { ?s :age 41 } } ORDER BY ?s",
    "UNION of three": (
        "SELECT ?x { {?x :age 7} UNION {?x :age 36} UNION {?x a :Robot} } ORDER BY ?x"
    ),
    "MINUS": "SELECT ?s { ?s foaf:name ?n MINUS { ?s :age ?a } }",
    "MINUS of nothing shared": "SELECT ?s { ?s :age 7 MINUS { ?x :age 36 } }",
    "EXISTS": "SELECT ?s { ?s :age ?a FILTER EXISTS { ?s :met ?m } }",
    "NOT EXISTS": "SELECT ?s { ?s :age ?a FILTER NOT EXISTS { ?s :met ?m } } ORDER BY ?s",
    "BIND": "SELECT ?s ?x { ?s :age ?a BIND(?a * 2 AS ?x) } ORDER BY ?x",
    "BIND of an error": "SELECT ?s ?x { ?s :age ?a BIND(?a / 0 AS ?x) } ORDER BY ?s",
    "VALUES": "SELECT ?s ?a { VALUES ?s { :ada :bob } ?s :age ?a } ORDER BY ?a",
    "VALUES of rows": "SELECT * { VALUES (?s ?a) { (:ada 36) (:bob 1) (:dee UNDEF) } ?s :age ?a }",
    "VALUES at the end": "SELECT ?s ?a { ?s :age ?a } ORDER BY ?a VALUES ?a { 7 41 }",
    "no VALUES": "SELECT * { VALUES ?x {} }",
    "a subquery": (
        "SELECT ?s ?n { { SELECT ?s { ?s :age ?a } ORDER BY ?a LIMIT 1 } ?s foaf:name ?n }"
    ),
    "a subquery that hides": "SELECT ?a ?b { { SELECT (1 AS ?a) { ?x :age 7 } } BIND(2 AS ?b) }",
    "a group in a group": "SELECT ?s { { { ?s :age 7 } } }",
    "a filter out of scope": "SELECT ?s { ?s :age ?a { FILTER(BOUND(?a)) } }",
}

GRAPHS = {
    "a named graph": "SELECT ?o { GRAPH :g1 { :ada :says ?o } }",
    "any named graph": "SELECT ?g ?o { GRAPH ?g { :ada :says ?o } } ORDER BY ?g",
    "graph names": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g",
    "graphs by what is said of them": (
        "SELECT ?o { GRAPH :g3 { ?g :about :dee } GRAPH ?g { ?s :says ?o } } ORDER BY ?o"
    ),
    "default and named": "SELECT ?n ?o { ?s foaf:name ?n GRAPH :g2 { ?s :says ?o } } ORDER BY ?n",
    "named in OPTIONAL": (
        "SELECT ?s ?o { ?s :age ?a OPTIONAL { GRAPH :g1 { ?s :says ?o } } } ORDER BY ?a"
    ),
    "FROM": "SELECT ?o FROM :g1 { ?s :says ?o } ORDER BY ?o",
    "FROM two": "SELECT ?o FROM :g1 FROM :g2 { ?s :says ?o } ORDER BY ?o",
    "FROM NAMED": "SELECT ?g ?o FROM NAMED :g2 { GRAPH ?g { ?s :says ?o } } ORDER BY ?o",
    "FROM and FROM NAMED": (
        "SELECT * FROM :g3 FROM NAMED :g1 { ?g :about ?x GRAPH ?g { ?x :says ?o } }"
    ),
    "FROM nowhere": "SELECT * FROM :nowhere { ?s ?p ?o }",
    "an unknown graph": "SELECT * { GRAPH :nowhere { ?s ?p ?o } }",
    "counts by graph": (
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
    ),
}

PATHS = {
    "a sequence": "SELECT ?x { :dee :part/:part ?x } ORDER BY ?x",
    "a choice": "SELECT ?x { :ada foaf:knows|:age ?x } ORDER BY STR(?x)",
    "an inverse": "SELECT ?x { :cy ^foaf:knows ?x } ORDER BY ?x",
    "one or more": "SELECT ?x { :dee :part+ ?x } ORDER BY ?x",
    "any number": "SELECT ?x { :dee :part* ?x } ORDER BY ?x",
    "one or none": "SELECT ?x { :arm :part? ?x } ORDER BY ?x",
    "a cycle": "SELECT ?x { :ada foaf:knows+ ?x } ORDER BY ?x",
    "from any to one": "SELECT ?x { ?x :part+ :nail } ORDER BY ?x",
    "from any to any": "SELECT ?x ?y { ?x :part+ ?y } ORDER BY ?x ?y",
    "not one property": "SELECT ?o { :bob !foaf:name ?o } ORDER BY STR(?o)",
    "not these": "SELECT ?o { :bob !(foaf:name|rdf:type|^foaf:knows) ?o } ORDER BY STR(?o)",
    "not backwards": "SELECT ?o { :cy !(^foaf:knows|foaf:name) ?o } ORDER BY STR(?o)",
    "a path in brackets": "SELECT ?x { :ada (foaf:knows/foaf:knows)|:age ?x } ORDER BY STR(?x)",
    "a path of types": "SELECT ?x { ?x a/^a :bob } ORDER BY ?x",
    "a list by a path": "SELECT ?x { :list :items/rdf:rest*/rdf:first ?x } ORDER BY ?x",
    "a path and a filter": (
        "SELECT ?n { :ada foaf:knows+/foaf:name ?n FILTER(STRLEN(?n) > 2) } ORDER BY ?n"
    ),
}

MODIFIERS = {
    "ORDER BY": "SELECT ?s { ?s :age ?a } ORDER BY ?a",
    "ORDER BY DESC": "SELECT ?s { ?s :age ?a } ORDER BY DESC(?a)",
    "ORDER BY two": "SELECT ?t ?s { ?s a ?t } ORDER BY ?t DESC(?s)",
    "ORDER BY an expression": "SELECT ?s { ?s :age ?a } ORDER BY (0 - ?a)",
    "LIMIT": "SELECT ?s { ?s :age ?a } ORDER BY ?a LIMIT 1",
    "OFFSET": "SELECT ?s { ?s :age ?a } ORDER BY ?a OFFSET 1",
    "LIMIT and OFFSET": "SELECT ?s { ?s :age ?a } ORDER BY ?a LIMIT 1 OFFSET 1",
    "LIMIT 0": "SELECT ?s { ?s :age ?a } LIMIT 0",
    "DISTINCT": "SELECT DISTINCT ?t { ?s a ?t } ORDER BY ?t",
    "REDUCED": "SELECT REDUCED ?t { ?s a ?t . ?s :age 7 }",
    "an expression": "SELECT (?a + 1 AS ?b) { ?s :age ?a } ORDER BY ?b",
    "an expression on another": "SELECT (1 AS ?x) (?x + 1 AS ?y) {}",
    "a column nobody binds": "SELECT ?s ?none { ?s :age 7 }",
    "COUNT": "SELECT (COUNT(*) AS ?n) { ?s a foaf:Person }",
    "COUNT DISTINCT": "SELECT (COUNT(DISTINCT ?t) AS ?n) { ?s a ?t }",
    "COUNT of what is bound": (
        "SELECT (COUNT(?a) AS ?n) { ?s a foaf:Person OPTIONAL { ?s :age ?a } }"
    ),
    "SUM": "SELECT (SUM(?a) AS ?n) { ?s :age ?a }",
    "AVG": "SELECT (AVG(?a) AS ?n) { ?s :age ?a }",
    "MIN and MAX": "SELECT (MIN(?a) AS ?x) (MAX(?a) AS ?y) { ?s :age ?a }",
    "SAMPLE": "SELECT (SAMPLE(?a) AS ?x) { :bob :age ?a }",
    "GROUP_CONCAT": "SELECT (GROUP_CONCAT(?a) AS ?x) { { SELECT ?a { ?s :age ?a } ORDER BY ?a } }",
    "GROUP_CONCAT with SEPARATOR": (
        "SELECT (GROUP_CONCAT(DISTINCT ?a ; SEPARATOR = '|') AS ?x) "
        "{ { SELECT ?a { ?s :age ?a } ORDER BY ?a } }"
    ),
    "aggregates of nothing": "SELECT (COUNT(*) AS ?n) (SUM(?x) AS ?s) { ?x :none ?y }",
    "GROUP BY": "SELECT ?t (COUNT(?s) AS ?n) { ?s a ?t } GROUP BY ?t ORDER BY ?t",
    "GROUP BY an expression": (
        "SELECT ?l (COUNT(*) AS ?n) { ?s foaf:name ?x } GROUP BY (LANG(?x) AS ?l) ORDER BY ?l"
    ),
    "HAVING": "SELECT ?s (COUNT(?o) AS ?n) { ?s foaf:knows ?o } GROUP BY ?s HAVING(COUNT(?o) > 1)",
    "ORDER BY an aggregate": (
        "SELECT ?s { ?s foaf:knows ?o } GROUP BY ?s ORDER BY DESC(COUNT(?o)) ?s"
    ),
    "an aggregate of an error": "SELECT (SUM(?o) AS ?n) { :odd :value ?o }",
    "nested aggregates": (
        "SELECT (MAX(?n) AS ?m) { { SELECT ?s (COUNT(?o) AS ?n) { ?s foaf:knows ?o } GROUP "
        "BY ?s } }"
    ),
}

EXPRESSIONS = {
    "arithmetic": "1 + 2 * 3 - 4 / 2",
    "integer division": "7 / 2",
    "decimal": "0.1 + 0.2",
    "double": "1e0 / 3",
    "a negative number": "-5 + 2",
    "unary minus": "-(2 + 3)",
    "by zero": "1 / 0",
    "double by zero": "1e0 / 0e0",
    "large numbers": "9223372036854775807 + 0",
    "overflow": "9223372036854775807 + 1",
    "comparison": "1 < 2",
    "comparison of kinds": "1 = 1.0",
    "comparison of strings": "'a' < 'b'",
    "comparison of dates": "'2020-01-01'^^xsd:date < '2021-01-01'^^xsd:date",
    "comparison of unlike": "'a' < 1",
    "inequality of terms": ":ada != :bob",
    "and of an error": "false && (1 / 0 = 1)",
    "or of an error": "true || (1 / 0 = 1)",
    "not": "!true",
    "IN": "2 IN (1, 2, 3)",
    "NOT IN": "4 NOT IN (1, 2, 3)",
    "IN of nothing": "1 IN ()",
    "IF": "IF(1 < 2, 'yes', 'no')",
    "COALESCE": "COALESCE(?none, 1 / 0, 'third')",
    "BOUND": "BOUND(?none)",
    "sameTerm": "sameTerm(1, 1.0)",
    "isIRI": "isIRI(:ada)",
    "isLiteral": "isLiteral('a')",
    "isNumeric": "isNumeric('1'^^xsd:byte)",
    "isBlank": "isBlank(BNODE())",
    "STR": "STR(:ada)",
    "LANG": "LANG('a'@en-GB)",
    "DATATYPE": "DATATYPE('a'@en)",
    "IRI": "IRI('https://example.org/x')",
    "IRI of a relative": "IRI('x')",
    "STRDT": "STRDT('1', xsd:integer)",
    "STRLANG": "STRLANG('a', 'de')",
    "ABS": "ABS(-1.5)",
    "ROUND": "ROUND(2.5)",
    "CEIL and FLOOR": "CEIL(1.2) + FLOOR(1.8)",
    "CONCAT": "CONCAT('a', 'b'@en, 'c')",
    "CONCAT of one language": "CONCAT('a'@en, 'b'@en)",
    "STRLEN": "STRLEN('日本🗼')",
    "SUBSTR": "SUBSTR('foobar', 4, 2)",
    "SUBSTR with a language": "SUBSTR('foobar'@en, 4)",
    "UCASE": "UCASE('straße')",
    "LCASE": "LCASE('ÀB'@fr)",
    "STRSTARTS": "STRSTARTS('foobar', 'foo')",
    "STRENDS": "STRENDS('foobar', 'bar')",
    "CONTAINS": "CONTAINS('foobar', 'oba')",
    "STRBEFORE": "STRBEFORE('abc', 'b')",
    "STRAFTER": "STRAFTER('abc'@en, 'b')",
    "STRAFTER of nothing": "STRAFTER('abc', 'z')",
    "ENCODE_FOR_URI": "ENCODE_FOR_URI('a b/ä')",
    "LANGMATCHES": "LANGMATCHES('en-GB', 'en')",
    "LANGMATCHES any": "LANGMATCHES('', '*')",
    "REGEX": "REGEX('Ada', '^a', 'i')",
    "REGEX with lines": "REGEX('a\\nb', '^b$', 'm')",
    "REPLACE": "REPLACE('banana', 'a(n)', '[$1]')",
    "REPLACE with a flag": "REPLACE('Banana', 'b', 'x', 'i')",
    "YEAR": "YEAR('2013-05-06T07:08:09Z'^^xsd:dateTime)",
    "MONTH and DAY": "MONTH('2013-05-06'^^xsd:date) * 100 + DAY('2013-05-06'^^xsd:date)",
    "HOURS": "HOURS('2013-05-06T07:08:09Z'^^xsd:dateTime)",
    "MINUTES": "MINUTES('2013-05-06T07:08:09Z'^^xsd:dateTime)",
    "SECONDS": "SECONDS('2013-05-06T07:08:09.5Z'^^xsd:dateTime)",
    "TIMEZONE": "TIMEZONE('2013-05-06T07:08:09+02:00'^^xsd:dateTime)",
    "TZ": "TZ('2013-05-06T07:08:09-08:00'^^xsd:dateTime)",
    "MD5": "MD5('abc')",
    "SHA1": "SHA1('abc')",
    "SHA256": "SHA256('abc')",
    "SHA384": "SHA384('abc')",
    "SHA512": "SHA512('abc')",
    "a cast to integer": "xsd:integer('42')",
    "a cast that fails": "xsd:integer('x')",
    "a cast to decimal": "xsd:decimal('1.50')",
    "a cast to double": "xsd:double('1.5e3')",
    "a cast to float": "xsd:float(1)",
    "a cast to boolean": "xsd:boolean('1')",
    "a cast to string": "xsd:string(1.0)",
    "a cast to dateTime": "xsd:dateTime('2013-05-06T07:08:09Z')",
    "a cast to date": "xsd:date('2013-05-06')",
    "control characters": "'a\\u0001b'",
    "signs of CSV": "'a,\"b\"\\r\\nc'",
    "signs of XML": "'<a>&\"]]>'",
    "tabs": "'a\\tb\\\\c'",
    "an EXISTS": "EXISTS { :ada foaf:knows :bob }",
    "UUID": "isIRI(UUID())",
    "STRUUID": "STRLEN(STRUUID())",
    "RAND": "RAND() < 1",
    "NOW": "DATATYPE(NOW())",
}

FILTERS = {
    "a filter on a number": "SELECT ?s { ?s :age ?a FILTER(?a >= 36) } ORDER BY ?s",
    "a filter on a language": "SELECT ?n { :ada foaf:name ?n FILTER(LANG(?n) = 'ru') }",
    "a filter on a datatype": "SELECT ?v { :odd :value ?v FILTER(DATATYPE(?v) = :own) }",
    "a filter on kinds": "SELECT ?v { :odd :value ?v FILTER(isIRI(?v)) }",
    "a filter by REGEX": "SELECT ?n { ?s foaf:name ?n FILTER REGEX(?n, 'e', 'i') }",
    "a filter of an error": "SELECT ?s { ?s foaf:name ?n FILTER(?n > 1) }",
    "a filter on decimals": "SELECT ?s { ?s :height ?h FILTER(?h > 1.7) }",
    "a filter on doubles": "SELECT ?s { ?s :score ?h FILTER(?h < 0) }",
    "a filter on a date": "SELECT ?s { ?s :born ?d FILTER(?d < '1900-01-01'^^xsd:date) }",
    "a filter on booleans": "SELECT ?s { ?s :active ?b FILTER(?b) }",
    "a filter on the empty string": "SELECT ?s { ?s :nick ?n FILTER(!?n) }",
    "two filters": "SELECT ?s { ?s :age ?a FILTER(?a > 7) FILTER(?a < 41) }",
    "a filter of two graphs": (
        "SELECT ?s { GRAPH :g1 {?s :trust ?x} GRAPH :g2 {?s :trust ?y} FILTER(?x < ?y) }"
    ),
}

OTHER_FORMS = {
    "ASK yes": "ASK { :ada foaf:knows :bob }",
    "ASK no": "ASK { :bob foaf:knows :ada }",
    "ASK of nothing": "ASK {}",
    "ASK with FILTER": "ASK { ?s :age ?a FILTER(?a > 100) }",
    "ASK FROM": "ASK FROM :g1 { :ada :says 'in two' }",
    "CONSTRUCT": "CONSTRUCT { ?s :called ?n } WHERE { ?s foaf:name ?n }",
    "CONSTRUCT WHERE": "CONSTRUCT WHERE { ?s :age ?a }",
    "CONSTRUCT all": (
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) }"
    ),
    "CONSTRUCT constants": "CONSTRUCT { :x :y 1, 'a'@en, 2.5, true } WHERE {}",
    "CONSTRUCT what is not bound": (
        "CONSTRUCT { ?s :met ?m } WHERE { ?s :age ?a OPTIONAL { ?s :met ?m } }"
    ),
    "CONSTRUCT what cannot be": "CONSTRUCT { ?n :is ?s } WHERE { ?s foaf:name ?n }",
    "CONSTRUCT new nodes": "CONSTRUCT { _:n :of ?s ; :age ?a } WHERE { ?s :age ?a }",
    "CONSTRUCT from a graph": "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH :g2 { ?s ?p ?o } }",
    "CONSTRUCT FROM": "CONSTRUCT { ?s ?p ?o } FROM :g1 WHERE { ?s ?p ?o }",
    "CONSTRUCT with LIMIT": "CONSTRUCT { ?s :age ?a } WHERE { ?s :age ?a } ORDER BY ?a LIMIT 1",
    "CONSTRUCT nothing": "CONSTRUCT { ?s ?p ?o } WHERE { ?s :none ?o . ?s ?p ?o }",
    "CONSTRUCT odd literals": "CONSTRUCT { :odd :value ?v } WHERE { :odd :value ?v }",
    "DESCRIBE": "DESCRIBE :ada",
    "DESCRIBE two": "DESCRIBE :ada :bob",
    "DESCRIBE WHERE": "DESCRIBE ?s WHERE { ?s :age 41 }",
    "DESCRIBE nobody": "DESCRIBE :nobody",
    "DESCRIBE *": "DESCRIBE * { ?s :age 36 }",
}

CORPUS: dict[str, str] = {
    **PATTERNS,
    **GRAPHS,
    **PATHS,
    **MODIFIERS,
    **{f"{name} in SELECT": f"SELECT ({text} AS ?x) {{}}" for name, text in EXPRESSIONS.items()},
    **FILTERS,
    **OTHER_FORMS,
}
