"""Does the project speak known words? Terms, datatypes, literals, language tags, blank nodes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from pyoxigraph import BlankNode, Triple

from kg.findings import Finding
from kg.literals import is_known_datatype, text_error
from kg.project import Fact, Project
from kg.terms import DCTERMS, OWL, RDF, RDFS, SCHEMA, SH, SKOS, VOID, XSD

LITERAL = "bad literal"
LANGUAGE = "missing language tag"
UNKNOWN = "unknown term"
BLANK = "blank node"

# Terms that need no description in ontology/, because RDF, OWL and SHACL are closed.
_BUILT_IN = {
    RDF: """
        List Property Statement first langString nil object predicate rest subject type value
    """,
    RDFS: """
        Class Datatype Literal Resource comment domain isDefinedBy label member range seeAlso
        subClassOf subPropertyOf
    """,
    OWL: """
        AnnotationProperty AsymmetricProperty Axiom Class DatatypeProperty DeprecatedClass
        DeprecatedProperty FunctionalProperty InverseFunctionalProperty IrreflexiveProperty
        NamedIndividual ObjectProperty Ontology ReflexiveProperty SymmetricProperty Thing
        TransitiveProperty annotatedProperty annotatedSource annotatedTarget
        backwardCompatibleWith deprecated differentFrom disjointWith equivalentClass
        equivalentProperty imports incompatibleWith inverseOf priorVersion
        propertyDisjointWith sameAs versionIRI versionInfo
    """,
    SH: """
        BlankNode BlankNodeOrIRI BlankNodeOrLiteral IRI IRIOrLiteral Info Literal NodeShape
        PrefixDeclaration PropertyGroup PropertyShape SPARQLAskValidator SPARQLConstraint
        SPARQLConstraintComponent SPARQLSelectValidator SPARQLTarget Shape Violation Warning
        alternativePath and ask class closed datatype deactivated declare defaultValue
        description disjoint entailment equals flags group hasValue ignoredProperties in
        inversePath languageIn lessThan lessThanOrEquals maxCount maxExclusive maxInclusive
        maxLength message minCount minExclusive minInclusive minLength name namespace node
        nodeKind not oneOrMorePath or order path pattern prefix prefixes property
        qualifiedMaxCount qualifiedMinCount qualifiedValueShape qualifiedValueShapesDisjoint
        select severity shapesGraph sparql target targetClass targetNode targetObjectsOf
        targetSubjectsOf uniqueLang xone zeroOrMorePath zeroOrOnePath
    """,
}
BUILT_IN = frozenset(ns + name for ns, names in _BUILT_IN.items() for name in names.split())

# Predicates whose value is itself a term: a typo there passes no other check.
_POINTING = """
    class datatype disjoint equals lessThan lessThanOrEquals path targetClass targetObjectsOf
    targetSubjectsOf
"""
_NAMES_A_TERM = frozenset(SH + name for name in _POINTING.split())
# Predicates whose plain strings are no human language, whatever the ontology says.
_PLAIN = frozenset(
    (
        SKOS + "notation",
        DCTERMS + "identifier",
        SCHEMA + "sha256",
        VOID + "uriSpace",
        OWL + "versionInfo",
        "http://purl.org/vocab/vann/preferredNamespacePrefix",
        "http://purl.org/vocab/vann/preferredNamespaceUri",
    )
)
_TAGGED_IN_SHAPES = (SH + "message", SH + "name", SH + "description")


@dataclass(frozen=True)
class Vocabulary:
    """The terms a project may use, and the predicates whose strings carry no language."""

    terms: frozenset[str]
    own: str
    namespaces: frozenset[str]
    plain: frozenset[str]

    @staticmethod
    def of(project: Project) -> "Vocabulary":
        """Collect what `ontology/*.ttl` describes and what needs no description."""
        facts = list(project.facts("ontology"))
        described = frozenset(fact.subject for fact in facts if fact.subject)
        ranges = (f for f in facts if f.predicate == RDFS + "range" and f.object == XSD + "string")
        return Vocabulary(
            described | BUILT_IN,
            f"{project.base}def#",
            frozenset(namespace_of(iri) for iri in described | BUILT_IN),
            _PLAIN | {fact.subject for fact in ranges},
        )

    def suggest(self, iri: str) -> str | None:
        """Name the most similar term of the namespace, or one of the same name elsewhere."""
        namespace = namespace_of(iri)
        same = {term[len(namespace) :]: term for term in self.terms if term.startswith(namespace)}
        wanted = iri[len(namespace) :]
        for name, term in same.items():
            if name.lower() == wanted.lower():
                return term
        near = get_close_matches(wanted, same, 1, 0.75)
        if near:
            return same[near[0]]
        homonyms = (term for term in self.terms if term == namespace_of(term) + wanted)
        return min(homonyms, default=None)


def namespace_of(iri: str) -> str:
    """Cut an IRI after its last # or /."""
    return re.split(r"(?<=[#/])[^#/]*$", iri)[0]


def check_texts(project: Project) -> Iterator[Finding]:
    """Find literals outside their datatype, human strings without a language, blank nodes."""
    plain = Vocabulary.of(project).plain
    for fact in project.facts():
        yield from _judge_blank(fact)
        if not fact.datatype:
            continue
        error = text_error(fact.object, fact.datatype, fact.language)
        if error:
            yield fact.finding(LITERAL, error)
        elif _needs_language(fact, plain):
            name = project.shorten(fact.predicate)
            message = f'the text of {name} has no language; write "..."@en (or the right tag)'
            yield fact.finding(LANGUAGE, message)


def check_terms(project: Project) -> Iterator[Finding]:
    """Find predicates, classes, datatypes and values that no ontology file describes."""
    vocabulary = Vocabulary.of(project)
    for fact in project.facts():
        for part, iri in _terms_of(fact, vocabulary):
            if iri not in vocabulary.terms:
                yield fact.finding(UNKNOWN, explain_unknown(iri, vocabulary, project), part)


def explain_unknown(iri: str, vocabulary: Vocabulary, project: Project) -> str:
    """Say that a term is unknown, which one may be meant, and where to describe it."""
    near = vocabulary.suggest(iri)
    hint = f"is {project.shorten(near)} meant? If not, " if near else ""
    own = iri.startswith(vocabulary.own)
    home = "define it in ontology/def.ttl" if own else "describe it in ontology/borrowed.ttl"
    return f"the term {project.shorten(iri)} is unknown; {hint}{home}"


def _terms_of(fact: Fact, vocabulary: Vocabulary) -> Iterable[tuple[str, str]]:
    yield "predicate", fact.predicate
    if fact.datatype:
        if not is_known_datatype(fact.datatype):
            yield "datatype", fact.datatype
    elif fact.predicate == RDF + "type" or fact.predicate in _NAMES_A_TERM:
        if fact.object:
            yield "object", fact.object
    elif fact.object.startswith(vocabulary.own) and fact.object != vocabulary.own:
        yield "object", fact.object
    elif fact.file.layer in ("data", "claim"):
        namespace = namespace_of(fact.object)
        if namespace in vocabulary.namespaces and fact.object != namespace:
            yield "object", fact.object


def _needs_language(fact: Fact, plain: frozenset[str]) -> bool:
    if fact.datatype != XSD + "string" or fact.predicate in plain:
        return False
    if fact.file.layer == "shape":
        return fact.predicate in _TAGGED_IN_SHAPES or fact.predicate.startswith(RDFS)
    return True


def _judge_blank(fact: Fact) -> Iterator[Finding]:
    """Blank nodes have no address to publish; only the lists of shapes may use them."""
    if fact.subject and (fact.object or fact.datatype):
        return
    subject, predicate, term, _ = fact.quad
    if isinstance(term, Triple):
        yield fact.finding(BLANK, "a triple stands as an object; state it in a claim instead")
    elif isinstance(term, BlankNode) or isinstance(subject, BlankNode):
        listed = predicate.value in (RDF + "first", RDF + "rest") or fact.file.layer == "shape"
        if not listed:
            message = "a blank node ([ ... ], ( ... ) or _:x) has no address; give the node an IRI"
            yield fact.finding(BLANK, message, "subject" if fact.subject == "" else "object")
