"""The slots of SSSOM 1.1: what a set and a mapping may say, in which form, and by which property.

Slots without a property of another vocabulary are terms of SSSOM itself, by their own name.
"""

from typing import Literal

from kg.terms import DCTERMS, OWL, PAV, PROV, RDFS, SSSOM

Form = Literal["entity", "address", "day", "score", "word", "text"]
"""A CURIE, a whole address, a day, a number from 0 to 1, a plain string, or words of a language."""

# The slots of a mapping in the order of the schema, as far as a table may have them as columns.
_COLUMNS = """
    record_id subject_id subject_label subject_category predicate_id predicate_label
    predicate_modifier object_id object_label object_category mapping_justification author_id
    author_label reviewer_id reviewer_label creator_id creator_label license subject_type
    subject_source subject_source_version object_type object_source object_source_version
    predicate_type mapping_provider mapping_source mapping_cardinality cardinality_scope
    mapping_tool mapping_tool_id mapping_tool_version mapping_date publication_date review_date
    confidence reviewer_agreement curation_rule curation_rule_text subject_match_field
    object_match_field match_string subject_preprocessing object_preprocessing similarity_score
    similarity_measure see_also issue_tracker_item other comment
"""
COLUMNS = tuple(_COLUMNS.split())
_HEADER = """
    sssom_version curie_map mapping_set_id mapping_set_version mapping_set_source
    mapping_set_title mapping_set_description mapping_set_confidence creator_id creator_label
    license subject_type subject_source subject_source_version object_type object_source
    object_source_version predicate_type mapping_provider cardinality_scope mapping_tool
    mapping_tool_id mapping_tool_version mapping_date publication_date subject_match_field
    object_match_field subject_preprocessing object_preprocessing similarity_measure curation_rule
    curation_rule_text see_also issue_tracker other comment extension_definitions
"""
HEADER = tuple(_HEADER.split())

_FORMS: dict[Form, str] = {
    "entity": """
        record_id subject_id predicate_id object_id mapping_justification author_id reviewer_id
        creator_id subject_source object_source mapping_source mapping_tool_id curation_rule
        subject_match_field object_match_field subject_preprocessing object_preprocessing
        issue_tracker_item
    """,
    "address": """
        license mapping_provider mapping_set_id mapping_set_source see_also issue_tracker
    """,
    "day": "mapping_date publication_date review_date",
    "score": "confidence reviewer_agreement similarity_score mapping_set_confidence",
    "text": """
        subject_label predicate_label object_label author_label reviewer_label creator_label
        mapping_set_title mapping_set_description curation_rule_text comment
    """,
}
_FORM_OF: dict[str, Form] = {slot: form for form, slots in _FORMS.items() for slot in slots.split()}
_SEVERAL = """
    author_id author_label reviewer_id reviewer_label creator_id creator_label mapping_set_source
    cardinality_scope curation_rule curation_rule_text subject_match_field object_match_field
    match_string subject_preprocessing object_preprocessing see_also
"""
_PROPERTIES = {
    "subject_id": OWL + "annotatedSource",
    "predicate_id": OWL + "annotatedProperty",
    "object_id": OWL + "annotatedTarget",
    "mapping_set_version": OWL + "versionInfo",
    "mapping_set_title": DCTERMS + "title",
    "mapping_set_description": DCTERMS + "description",
    "creator_id": DCTERMS + "creator",
    "author_id": PAV + "authoredBy",
    "license": DCTERMS + "license",
    "mapping_set_source": PROV + "wasDerivedFrom",
    "mapping_date": DCTERMS + "created",
    "publication_date": DCTERMS + "issued",
    "see_also": RDFS + "seeAlso",
    "comment": RDFS + "comment",
}


def form_of(slot: str) -> Form:
    """Tell in which form a slot's values are written; a slot of one's own holds plain strings."""
    return _FORM_OF.get(slot, "word")


def split_cell(slot: str, cell: str) -> list[str]:
    """Part the values of a cell: those of many slots stand between bars (SSSOM/TSV)."""
    if slot not in _SEVERAL.split():
        return [cell] if cell else []
    parts = cell.replace(r"\|", "\0").split("|")
    return [part.replace("\0", "|").strip() for part in parts if part.strip()]


def property_of(slot: str) -> str:
    """Name the property that says a slot's value in SSSOM's RDF form."""
    return _PROPERTIES.get(slot, SSSOM + slot)
