"""IRIs the engine speaks of: the project's own terms, derived from its base, and borrowed ones."""

from dataclasses import dataclass
from functools import cache

from pyoxigraph import NamedNode

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
VOID = "http://rdfs.org/ns/void#"
FOAF = "http://xmlns.com/foaf/0.1/"
PROV = "http://www.w3.org/ns/prov#"
PAV = "http://purl.org/pav/"
OA = "http://www.w3.org/ns/oa#"
ORG = "http://www.w3.org/ns/org#"
SCHEMA = "https://schema.org/"
SEM = "http://semanticweb.cs.vu.nl/2009/11/sem/"
CITO = "http://purl.org/spar/cito/"
EDTF = "http://id.loc.gov/datatypes/edtf/"
SSSOM = "https://w3id.org/sssom/"
SEMAPV = "https://w3id.org/semapv/vocab/"
WIKIDATA = "http://www.wikidata.org/entity/"
WIKIDATA_DIRECT = "http://www.wikidata.org/prop/direct/"
WGS84 = "http://www.w3.org/2003/01/geo/wgs84_pos#"
GEOSPARQL = "http://www.opengis.net/ont/geosparql#"

# The prefixes every project writes the same way, in the order of a PREFIX block.
PREFIXES = {
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "sh": SH,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "vann": "http://purl.org/vocab/vann/",
    "bibo": "http://purl.org/ontology/bibo/",
    "dcat": DCAT,
    "void": VOID,
    "foaf": FOAF,
    "prov": PROV,
    "oa": OA,
    "org": ORG,
    "schema": SCHEMA,
    "sem": SEM,
    "crm": "http://www.cidoc-crm.org/cidoc-crm/",
    "cito": CITO,
    "edtf": EDTF,
    "sssom": SSSOM,
    "semapv": SEMAPV,
    "wd": WIKIDATA,
    "wdt": WIKIDATA_DIRECT,
}

GENID = ".well-known/genid/"
"""Where in an IRI it says that it stands for a blank node (RDF 1.1 Concepts, 3.5)."""

RDF_TYPE = NamedNode(RDF + "type")
RDF_STATEMENT = NamedNode(RDF + "Statement")
RDF_SUBJECT = NamedNode(RDF + "subject")
RDF_PREDICATE = NamedNode(RDF + "predicate")
RDF_OBJECT = NamedNode(RDF + "object")
RDF_FIRST = NamedNode(RDF + "first")
RDF_REST = NamedNode(RDF + "rest")
RDFS_LABEL = NamedNode(RDFS + "label")
RDFS_COMMENT = NamedNode(RDFS + "comment")
RDFS_SUB_CLASS_OF = NamedNode(RDFS + "subClassOf")
RDFS_SUB_PROPERTY_OF = NamedNode(RDFS + "subPropertyOf")
OWL_SAME_AS = NamedNode(OWL + "sameAs")
OWL_DEPRECATED = NamedNode(OWL + "deprecated")
OWL_AXIOM = NamedNode(OWL + "Axiom")
OWL_ANNOTATED_SOURCE = NamedNode(OWL + "annotatedSource")
OWL_ANNOTATED_PROPERTY = NamedNode(OWL + "annotatedProperty")
OWL_ANNOTATED_TARGET = NamedNode(OWL + "annotatedTarget")
XSD_STRING = NamedNode(XSD + "string")
XSD_BOOLEAN = NamedNode(XSD + "boolean")
XSD_INTEGER = NamedNode(XSD + "integer")
XSD_DECIMAL = NamedNode(XSD + "decimal")
XSD_DOUBLE = NamedNode(XSD + "double")
XSD_DATE = NamedNode(XSD + "date")
EDTF_EDTF = NamedNode(EDTF + "EDTF")
SKOS_CONCEPT = NamedNode(SKOS + "Concept")
SKOS_PREF_LABEL = NamedNode(SKOS + "prefLabel")
SKOS_ALT_LABEL = NamedNode(SKOS + "altLabel")
SKOS_NOTATION = NamedNode(SKOS + "notation")
SKOS_IN_SCHEME = NamedNode(SKOS + "inScheme")
SKOS_EXACT_MATCH = NamedNode(SKOS + "exactMatch")
SKOS_CLOSE_MATCH = NamedNode(SKOS + "closeMatch")
DCTERMS_TITLE = NamedNode(DCTERMS + "title")
DCTERMS_IDENTIFIER = NamedNode(DCTERMS + "identifier")
DCAT_DATASET = NamedNode(DCAT + "Dataset")
VOID_URI_SPACE = NamedNode(VOID + "uriSpace")
PROV_WAS_DERIVED_FROM = NamedNode(PROV + "wasDerivedFrom")
FOAF_IS_PRIMARY_TOPIC_OF = NamedNode(FOAF + "isPrimaryTopicOf")
OA_TEXT_POSITION_SELECTOR = NamedNode(OA + "TextPositionSelector")
OA_START = NamedNode(OA + "start")
OA_END = NamedNode(OA + "end")
SCHEMA_TEXT = NamedNode(SCHEMA + "text")
SCHEMA_NAME = NamedNode(SCHEMA + "name")
SCHEMA_ABOUT = NamedNode(SCHEMA + "about")
SCHEMA_SHA256 = NamedNode(SCHEMA + "sha256")
SCHEMA_URL = NamedNode(SCHEMA + "url")
SCHEMA_IN_LANGUAGE = NamedNode(SCHEMA + "inLanguage")
SCHEMA_ITEM_REVIEWED = NamedNode(SCHEMA + "itemReviewed")
SCHEMA_REVIEW_BODY = NamedNode(SCHEMA + "reviewBody")


@cache
def _own(base: str, name: str) -> NamedNode:
    return NamedNode(f"{base}def#{name}")


class Own:
    """A term of the project's own ontology, as an attribute of `Terms`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, terms: "Terms", owner: type["Terms"]) -> NamedNode:
        return _own(terms.base, self.name)


@dataclass(frozen=True)
class Terms:
    """The own terms of a project: `Terms(base).accepted` is `BASE def#accepted`.

    Classes are written in capitals as in the ontology, properties in snake case.
    """

    base: str

    Claim = Own("Claim")
    ArticleClaim = Own("ArticleClaim")
    SourceClaim = Own("SourceClaim")
    EditorialClaim = Own("EditorialClaim")
    Assessment = Own("Assessment")
    Source = Own("Source")
    EvidenceLine = Own("EvidenceLine")
    Passage = Own("Passage")
    Mention = Own("Mention")
    IdentityHypothesis = Own("IdentityHypothesis")
    Depiction = Own("Depiction")

    speaker = Own("speaker")
    relayed_by = Own("relayedBy")
    voice = Own("voice")
    modality = Own("modality")
    span = Own("span")
    wording = Own("wording")
    not_stated = Own("notStated")
    states = Own("states")
    boilerplate = Own("boilerplate")
    verdict = Own("verdict")
    attribution_verdict = Own("attributionVerdict")
    accepted = Own("accepted")
    supporting_source = Own("supportingSource")
    disputing_source = Own("disputingSource")
    grade = Own("grade")
    evidence_line = Own("evidenceLine")
    source_kind = Own("sourceKind")
    consulted = Own("consulted")
    characters = Own("characters")
    date = Own("date")
    earliest = Own("earliest")
    latest = Own("latest")
    time = Own("time")
    rank = Own("rank")
    in_photograph = Own("inPhotograph")
    depicted = Own("depicted")
    position = Own("position")
    ordinal = Own("ordinal")
    counted_from = Own("countedFrom")
    posture = Own("posture")
    captioned_by = Own("captionedBy")
    mention = Own("mention")
    candidate = Own("candidate")
    confidence = Own("confidence")
    basis = Own("basis")

    @property
    def claim_classes(self) -> frozenset[NamedNode]:
        """The class of claims and its three kinds."""
        return frozenset((self.Claim, self.ArticleClaim, self.SourceClaim, self.EditorialClaim))

    def own(self, name: str) -> NamedNode:
        """Name the ontology's term `name`."""
        return _own(self.base, name)

    def thing(self, kind: str, slug: str) -> NamedNode:
        """Name a thing: `BASE id/KIND/SLUG`."""
        return NamedNode(f"{self.base}id/{kind}/{slug}")
