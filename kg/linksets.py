"""Links out of a dataset: which triples lead from a thing of ours to something of others."""

from pyoxigraph import NamedNode

from kg.terms import FOAF_IS_PRIMARY_TOPIC_OF, OWL_SAME_AS, RDFS, SKOS

PREDICATES = (
    OWL_SAME_AS,
    *(NamedNode(f"{SKOS}{kind}Match") for kind in ("exact", "close", "broad", "narrow", "related")),
    FOAF_IS_PRIMARY_TOPIC_OF,
    NamedNode(RDFS + "seeAlso"),
)
"""Those that link things: identity and likeness, an article about it, a record of it."""


def is_thing(node: object, base: str) -> bool:
    """Tell whether a node is a thing of ours; a mapping is what we say of one."""
    if not isinstance(node, NamedNode):
        return False
    return node.value.startswith(f"{base}id/") and not node.value.startswith(f"{base}id/mapping/")


def is_link(subject: object, target: object, base: str) -> bool:
    """Tell whether a triple by one of PREDICATES leads from a thing of ours to others."""
    if not is_thing(subject, base) or not isinstance(target, NamedNode):
        return False
    return target.value.startswith(("http://", "https://")) and not target.value.startswith(base)
