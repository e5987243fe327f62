"""Each rule of `kg check`, on the lighthouse with one thing broken: rule, file, line, message."""

from pathlib import Path

import pytest
from conftest import LIGHTHOUSE, Edit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.check import check_folder, check_project
from kg.findings import Finding
from kg.project import read_project

ENTITIES = "data/entities.ttl"
SOURCES = "data/sources.ttl"
ARTICLE = "data/claims/article.trig"
RECORDS = "data/claims/records.trig"
ASSESSMENTS = "data/assessments/assessments.ttl"
DEF = "ontology/def.ttl"
SHAPES = "ontology/shapes/claims.ttl"
QUERY = "data/queries/01-first-lit.rq"
RULE = "data/rules/01-not-in-may.rq"


def only(root: Path) -> Finding:
    """The one finding of a project with one thing broken."""
    (finding,) = check_folder(root)
    return finding


def test_the_lighthouse_has_nothing_to_mend(tiny_project: Path) -> None:
    assert check_folder(tiny_project) == []
    assert check_project(read_project(tiny_project)) == []


# Literals, languages, blank nodes.


def test_a_bad_literal_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(SOURCES, '"2026-11-22"^^xsd:date', '"22 November"^^xsd:date')
    message = '"22 November" is no xsd:date; write it like 2024-05-17'
    assert only(tiny_project) == Finding("bad literal", message, SOURCES, line)


def test_a_bad_edtf_date_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, '"1990/.."^^edtf:EDTF', '"from 1990"^^edtf:EDTF')
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("bad literal", ARTICLE, line)
    assert finding.message.startswith('"from 1990" is no EDTF date (it contains a space)')


def test_the_line_is_that_of_the_bad_literal_among_several(tiny_project: Path, edit: Edit) -> None:
    edit(SOURCES, '"2026-11-22"^^xsd:date .\n\nsource:g', '"2026-11-22"^^xsd:date .\n\n\nsource:g')
    old = 'lho:consulted "2026-11-22"^^xsd:date .\n\n\nsource:guidebook'
    line = edit(SOURCES, old, old.replace("22", "99"))
    assert only(tiny_project).line == line


def test_a_string_without_language_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ENTITIES, '"Ada Finch"@en', '"Ada Finch"')
    message = 'the text of rdfs:label has no language; write "..."@en (or the right tag)'
    assert only(tiny_project) == Finding("missing language tag", message, ENTITIES, line)


def test_a_message_of_a_shape_needs_a_language(tiny_project: Path, edit: Edit) -> None:
    line = edit(SHAPES, '"A claim has a speaker."@en', '"A claim has a speaker."')
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("missing language tag", SHAPES, line)


def test_a_notation_needs_no_language(tiny_project: Path, edit: Edit) -> None:
    edit(ARTICLE, 'skos:notation "T1"', 'skos:notation "T.1"')
    assert check_folder(tiny_project) == []


def test_a_property_of_plain_strings_says_so_in_the_ontology(
    tiny_project: Path, edit: Edit
) -> None:
    edit(ENTITIES, '"The harbour town"@en', '"The harbour town"')
    assert only(tiny_project).rule == "missing language tag"
    edit(
        "ontology/borrowed.ttl",
        'schema:description a rdf:Property ;\n    rdfs:label "description"@en .',
        'schema:description a rdf:Property ;\n    rdfs:label "description"@en ;\n'
        "    rdfs:range xsd:string .",
    )
    assert check_folder(tiny_project) == []


@pytest.mark.parametrize("node", ["[ a schema:Place ]", "_:town", "( place:port-merrow )"])
def test_a_blank_node_is_found(tiny_project: Path, edit: Edit, node: str) -> None:
    line = edit(ENTITIES, "lho:captionedBy passage:c1", f"lho:captionedBy passage:c1, {node}")
    found = [finding for finding in check_folder(tiny_project) if finding.rule == "blank node"]
    assert {(finding.path, finding.line) for finding in found} == {(ENTITIES, line)}
    assert "has no address; give the node an IRI" in found[0].message


def test_a_list_in_a_shape_is_no_finding(tiny_project: Path, edit: Edit) -> None:
    edit(SHAPES, "sh:uniqueLang true ;", 'sh:uniqueLang true ;\n    sh:languageIn ( "en" "de" ) ;')
    assert check_folder(tiny_project) == []


# Unknown terms.


def test_an_unknown_predicate_comes_with_the_nearest(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "schema:location place", "schema:Location place")
    message = (
        "the term schema:Location is unknown; is schema:location meant? "
        "If not, describe it in ontology/borrowed.ttl"
    )
    assert only(tiny_project) == Finding("unknown term", message, ARTICLE, line)


def test_an_unknown_class_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ENTITIES, "a schema:Person ;", "a schema:Persson ;")
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("unknown term", ENTITIES, line)
    assert "is schema:Person meant?" in finding.message


def test_an_unknown_own_term_is_sent_to_the_ontology(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "lho:posture posture:standing", "lho:gesture posture:standing")
    message = "the term lho:gesture is unknown; define it in ontology/def.ttl"
    assert only(tiny_project) == Finding("unknown term", message, ARTICLE, line)


def test_a_term_of_the_wrong_vocabulary_comes_with_the_right_one(
    tiny_project: Path, edit: Edit
) -> None:
    edit(ENTITIES, "a schema:Person ;", "a schema:Agent ;")
    assert "the term schema:Agent is unknown; is prov:Agent meant?" in only(tiny_project).message


def test_an_unknown_datatype_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, '"1874-05-03"^^edtf:EDTF', '"1874-05-03"^^edtf:EDFT')
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("unknown term", ARTICLE, line)
    assert "the term edtf:EDFT is unknown; is edtf:EDTF meant?" in finding.message


def test_a_value_of_a_vocabulary_must_be_described(tiny_project: Path, edit: Edit) -> None:
    line = edit(ENTITIES, "schema:isPartOf article:old-light", "schema:isPartOf schema:Nothing")
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("unknown term", ENTITIES, line)


def test_a_shape_points_to_terms_that_are(tiny_project: Path, edit: Edit) -> None:
    line = edit(SHAPES, "sh:path lho:speaker", "sh:path lho:speeker")
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("unknown term", SHAPES, line)
    assert "is lho:speaker meant?" in finding.message


def test_a_typo_in_shacl_itself_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(SHAPES, "sh:minCount", "sh:mincount")
    finding = only(tiny_project)
    assert (finding.path, finding.line) == (SHAPES, line)
    assert "is sh:minCount meant?" in finding.message


# Names.


def test_an_undescribed_iri_of_ours_comes_with_the_nearest(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "location place:port-merrow", "location place:port-marrow")
    message = (
        "place:port-marrow is not described anywhere; is place:port-merrow meant? "
        "If not, give it a type and a label"
    )
    assert only(tiny_project) == Finding("undescribed IRI", message, ARTICLE, line)


def test_a_slug_has_small_letters_only(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "location place:port-merrow", "location place:Port_Merrow")
    message = "place:Port_Merrow is no id/KIND/SLUG; a slug has only a-z, 0-9 and single hyphens"
    assert only(tiny_project) == Finding("bad slug", message, ARTICLE, line)


def test_an_address_under_the_base_has_a_known_form(tiny_project: Path, edit: Edit) -> None:
    address = "<https://example.org/lighthouse/ids/place/port-merrow>"
    line = edit(ARTICLE, "schema:location place:port-merrow", f"schema:location {address}")
    message = f"{address} is no address of this project; names are id/KIND/SLUG or def#Term"
    assert only(tiny_project) == Finding("bad slug", message, ARTICLE, line)


def test_a_thing_without_a_label_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ENTITIES, 'rdfs:label "Port Merrow"@en ;\n    ', "") - 1
    message = 'place:port-merrow has no label; add rdfs:label "..."@en'
    assert only(tiny_project) == Finding("no label", message, ENTITIES, line)


def test_a_description_nothing_refers_to_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ENTITIES, "place:port-merrow a", "place:old-quay a schema:Place ;\n"
                '    rdfs:label "Old quay"@en .\n\nplace:port-merrow a')  # fmt: skip
    message = "place:old-quay is described but nothing refers to it; use it or remove it"
    assert only(tiny_project) == Finding("unused description", message, ENTITIES, line)


def test_a_retired_thing_may_stay_unused(tiny_project: Path, edit: Edit) -> None:
    edit(ENTITIES, "place:port-merrow a", "place:old-quay a schema:Place ;\n"
         '    rdfs:label "Old quay"@en ;\n    <http://www.w3.org/2002/07/owl#deprecated> true .\n'
         "\nplace:port-merrow a")  # fmt: skip
    assert check_folder(tiny_project) == []


def test_a_slug_described_in_two_files_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(SOURCES, "line:log a", "<https://example.org/lighthouse/id/person/ada-finch>\n"
                '    rdfs:label "Ada Finch, the keeper"@en .\n\nline:log a')  # fmt: skip
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("duplicate slug", SOURCES, line)
    assert finding.message.startswith("person:ada-finch is described a second time (first at data/")
    assert finding.message.endswith("); merge the two or choose another slug")


def test_a_slug_described_twice_in_one_file_is_found(tiny_project: Path, edit: Edit) -> None:
    block = 'place:port-merrow rdfs:label "The port"@de .\n\n'
    line = edit(ENTITIES, "place:port-merrow a", block + "place:port-merrow a") + 2
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("duplicate slug", ENTITIES, line)
    assert f"(first at {ENTITIES}:{line - 2})" in finding.message


def test_a_graph_opened_twice_is_found(tiny_project: Path, edit: Edit) -> None:
    again = "claim:t1 {\n    object:old-light schema:about event:first-lighting .\n}\n"
    line = edit(ARTICLE, "claim:n1 {", again + "claim:n1 {")
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("duplicate slug", ARTICLE, line)
    assert "claim:t1 opens its graph a second time" in finding.message


def test_a_node_belongs_to_one_claim(tiny_project: Path, edit: Edit) -> None:
    edit(ARTICLE, "depiction:c1-2 a lho:Depiction ;", "membership:c1-1 a lho:Depiction ;")
    finding = only(tiny_project)
    assert (finding.rule, finding.path) == ("duplicate slug", ARTICLE)
    assert finding.message == (
        "membership:c1-1 is typed in claim:c1-1 too; "
        "a node belongs to one claim, so name it after its own"
    )


def test_a_prefix_means_one_namespace(tiny_project: Path, edit: Edit) -> None:
    line = edit(RECORDS, "PREFIX claim: <https://example.org/lighthouse/id/claim/>",
                "PREFIX place: <https://example.org/lighthouse/id/claim/>\n"
                "PREFIX claim: <https://example.org/lighthouse/id/claim/>")  # fmt: skip
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == (
        "prefix with two meanings",
        RECORDS,
        line,
    )
    assert finding.message == (
        "the prefix place: means <https://example.org/lighthouse/id/place/> elsewhere; "
        "keep one meaning"
    )


# Claims, graphs, assessments.


def test_a_fact_outside_a_claim_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ENTITIES, 'rdfs:label "Old Light"@en', 'schema:location place:port-merrow ;\n'
                '    rdfs:label "Old Light"@en')  # fmt: skip
    message = (
        "schema:location states a fact about object:old-light outside any claim; "
        "move it into a claim"
    )
    assert only(tiny_project) == Finding("fact outside a claim", message, ENTITIES, line)


def test_a_fact_beside_a_claims_braces_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "claim:n1 {", "object:old-light schema:about event:first-lighting .\n"
                "claim:n1 {")  # fmt: skip
    rules = {(finding.rule, finding.line) for finding in check_folder(tiny_project)}
    assert ("fact outside a claim", line) in rules


@pytest.mark.parametrize(
    ("line_of_claim", "lacking"),
    [
        ("    lho:voice voice:headline ;\n", "the voice it is made in; add lho:voice"),
        ("    lho:modality modality:fact ;\n", "its modality; add lho:modality"),
        (
            "    lho:speaker organization:coast-gazette ;\n",
            "whose assertion it is; add lho:speaker",
        ),
        (" ;\n    lho:span span:0-24, span:35-59", "where in the text it stands; add lho:span"),
    ],
)
def test_a_claim_without_one_of_its_parts_is_found(
    tiny_project: Path, edit: Edit, line_of_claim: str, lacking: str
) -> None:
    edit(ARTICLE, line_of_claim, "")
    line = (tiny_project / ARTICLE).read_text().split("claim:t1 a ")[0].count("\n") + 1
    message = f"claim:t1 does not say {lacking}"
    found = [f for f in check_folder(tiny_project) if f.rule != "unused description"]
    assert found == [Finding("incomplete claim", message, ARTICLE, line)]


def test_a_claim_without_graph_is_found(tiny_project: Path, edit: Edit) -> None:
    edit(ARTICLE, "    object:old-light schema:location place:port-merrow .\n", "")
    line = edit(ARTICLE, "claim:t1 a ", "claim:t1 a ")
    message = "claim:t1 has no graph; state its triples in claim:t1 { ... }"
    assert only(tiny_project) == Finding("claim graph", message, ARTICLE, line)


def test_a_graph_without_metadata_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "claim:n1 {", "claim:n2 {\n    object:old-light schema:location "
                "place:port-merrow .\n}\nclaim:n1 {")  # fmt: skip
    message = "the graph claim:n2 has no metadata; write `claim:n2 a ...Claim` under it"
    assert only(tiny_project) == Finding("claim graph", message, ARTICLE, line)


def test_metadata_inside_the_braces_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "    object:old-light schema:location place:port-merrow .",
                "    object:old-light schema:location place:port-merrow .\n"
                "    claim:t1 lho:voice voice:headline .") + 1  # fmt: skip
    message = "lho:voice of claim:t1 stands inside its braces; move it under the graph"
    assert only(tiny_project) == Finding("claim graph", message, ARTICLE, line)


def test_an_opinion_that_states_a_fact_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ARTICLE, "    claim:q1 schema:about object:old-light ;",
                "    object:old-light schema:location place:port-merrow .\n"
                "    claim:q1 schema:about object:old-light ;")  # fmt: skip
    message = (
        "claim:q1 is an opinion (evaluation) but states a fact; "
        "keep to what it is about and its wording"
    )
    assert only(tiny_project) == Finding("opinion as fact", message, ARTICLE, line)


def test_a_claim_without_assessment_is_found(tiny_project: Path, edit: Edit) -> None:
    text = (tiny_project / ASSESSMENTS).read_text()
    start = text.index("assessment:c1-2 a")
    end = text.index("assessment:e-first-lighting a")
    (tiny_project / ASSESSMENTS).write_text(text[:start] + text[end:])
    line = edit(ARTICLE, "claim:c1-2 a", "claim:c1-2 a")
    message = "claim:c1-2 has no assessment; write one in data/assessments/"
    assert only(tiny_project) == Finding("assessment", message, ARTICLE, line)


def test_a_claim_judged_twice_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ASSESSMENTS, "itemReviewed claim:c1-2", "itemReviewed claim:c1-1")
    found = {finding.message: finding for finding in check_folder(tiny_project)}
    twice = found.pop("claim:c1-1 is judged by assessment:c1-1 already; a claim has one assessment")
    assert (twice.rule, twice.path, twice.line) == ("assessment", ASSESSMENTS, line)
    assert list(found) == ["claim:c1-2 has no assessment; write one in data/assessments/"]


def test_an_assessment_of_something_else_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ASSESSMENTS, "itemReviewed claim:c1-2", "itemReviewed person:ada-finch")
    person = "PREFIX person: <https://example.org/lighthouse/id/person/>\n"
    edit(ASSESSMENTS, "PREFIX source:", person + "PREFIX source:")
    messages = {(f.line, f.message) for f in check_folder(tiny_project)}
    message = "person:ada-finch is judged but is no claim; correct schema:itemReviewed"
    assert (line + 1, message) in messages


def test_an_assessment_that_does_not_decide_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(ASSESSMENTS, "    lho:accepted true ;\n", "") - 4
    message = "the assessment does not decide; add lho:accepted"
    assert only(tiny_project) == Finding("assessment", message, ASSESSMENTS, line)


def test_an_accepted_claim_must_be_corroborated(tiny_project: Path, edit: Edit) -> None:
    edit(ASSESSMENTS, "lho:verdict verdict:corroborated", "lho:verdict verdict:unverifiable")
    line = edit(ASSESSMENTS, "lho:accepted true", "lho:accepted true")
    message = (
        "claim:t1 is accepted but its verdict is verdict:unverifiable; only corroborated ones are"
    )
    assert only(tiny_project) == Finding("wrongly accepted", message, ASSESSMENTS, line)


def test_an_accepted_claim_needs_a_source(tiny_project: Path, edit: Edit) -> None:
    edit(ASSESSMENTS, "    lho:supportingSource source:guidebook ;\n", "")
    finding = check_folder(tiny_project)[0]
    assert (finding.rule, finding.path) == ("wrongly accepted", ASSESSMENTS)
    assert finding.message == ("claim:t1 is accepted without support; name a lho:supportingSource")


def test_an_opinion_is_never_accepted(tiny_project: Path, edit: Edit) -> None:
    edit(ASSESSMENTS, "verdict:evaluation ;\n    lho:accepted false",
         "verdict:corroborated ;\n    lho:accepted true")  # fmt: skip
    found = [finding.message for finding in check_folder(tiny_project)]
    assert "claim:q1 is accepted but its modality is evaluation; reject it" in found


def test_bounds_agree_with_their_date(tiny_project: Path, edit: Edit) -> None:
    line = edit(RECORDS, 'lho:latest "1874-06-03"', 'lho:latest "1874-06-04"')
    message = 'lho:latest is 1874-06-04 but the date "1874-06-03" says 1874-06-03; make them agree'
    assert only(tiny_project) == Finding("date and bounds", message, RECORDS, line)


def test_a_missing_bound_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(RECORDS, ' ;\n        lho:latest "1874-06-03"^^xsd:date', "") - 1
    finding = only(tiny_project)
    assert (finding.rule, finding.path) == ("date and bounds", RECORDS)
    assert finding.line in (line, line - 1, line + 1)
    assert 'add lho:latest "1874-06-03"^^xsd:date' in finding.message


def test_an_open_date_has_no_bound_on_that_side(tiny_project: Path, edit: Edit) -> None:
    old = 'lho:earliest "1990-01-01"^^xsd:date'
    line = edit(ARTICLE, old, old + ' ;\n        lho:latest "2024-01-01"^^xsd:date') + 1
    message = 'the date "1990/.." is open on this side; take lho:latest out'
    assert only(tiny_project) == Finding("date and bounds", message, ARTICLE, line)


def test_bounds_of_an_approximate_date_may_be_wider_but_not_narrower(
    tiny_project: Path, edit: Edit
) -> None:
    edit(RECORDS, '"1874-06-03"^^edtf:EDTF', '"1874-06~"^^edtf:EDTF')
    assert [f.message[:30] for f in check_folder(tiny_project)] == [
        "lho:earliest is 1874-06-03 but",
        "lho:latest is 1874-06-03 but t",
    ]
    edit(RECORDS, '"1874-06-03"^^xsd:date', '"1874-05-20"^^xsd:date')
    edit(RECORDS, '"1874-06-03"^^xsd:date', '"1874-06-30"^^xsd:date')
    assert check_folder(tiny_project) == []


def test_a_long_wording_is_found(tiny_project: Path, edit: Edit) -> None:
    long = "one two three four five six seven eight nine"
    line = edit(ARTICLE, "the soul of the coast", long)
    message = "the wording has 9 words; quote at most 8"
    assert only(tiny_project) == Finding("long wording", message, ARTICLE, line)


def test_a_claim_speaks_every_language_of_the_dataset(tiny_project: Path, edit: Edit) -> None:
    german = '@en,\n        "Die Überschrift verortet das Alte Feuer in Port Merrow."@de'
    edit(ARTICLE, german, "@en")
    finding = only(tiny_project)
    assert (finding.rule, finding.path) == ("missing translation", ARTICLE)
    assert finding.message == "schema:text of claim:t1 is missing in de; translate it"


def test_an_own_term_speaks_every_language_of_the_dataset(tiny_project: Path, edit: Edit) -> None:
    edit(DEF, '"assessment"@en, "Bewertung"@de', '"assessment"@en')
    finding = only(tiny_project)
    assert (finding.rule, finding.path) == ("missing translation", DEF)
    assert finding.message == "rdfs:label of lho:Assessment is missing in de; translate it"


# Queries.


def test_a_query_that_does_not_parse_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(QUERY, "?event lho:date ?date .", "?event lho:date .")
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("broken query", QUERY, line)
    assert finding.message == "`.` is not expected; mend the query"


def test_an_update_is_no_query(tiny_project: Path) -> None:
    text = (tiny_project / QUERY).read_text().split("SELECT")[0] + "CLEAR ALL\n"
    (tiny_project / QUERY).write_text(text)
    assert only(tiny_project).rule == "broken query"


def test_a_query_asks_in_every_language(tiny_project: Path, edit: Edit) -> None:
    edit(QUERY, "# question@de:", "# frage:")
    message = "the query has no `# question@de: ...`; add it at the top"
    assert only(tiny_project) == Finding("query without question", message, QUERY, 1)


def test_a_rule_is_put_in_words(tiny_project: Path, edit: Edit) -> None:
    edit(RULE, "# rule@en:", "#")
    message = "the rule is not put in words; add `# rule@en: ...` at the top"
    assert only(tiny_project) == Finding("query without question", message, RULE, 1)


def test_a_query_names_terms_that_are(tiny_project: Path, edit: Edit) -> None:
    line = edit(QUERY, "lho:date ?date", "lho:dates ?date")
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("unknown term", QUERY, line)
    assert "the term lho:dates is unknown; is lho:date meant?" in finding.message


def test_a_rule_names_things_that_are(tiny_project: Path, edit: Edit) -> None:
    thing = "<https://example.org/lighthouse/id/event/last-lighting>"
    line = edit(RULE, "?event lho:date", f"{thing} lho:date")
    message = "event:last-lighting is not described anywhere; correct the name"
    assert only(tiny_project) == Finding("undescribed IRI", message, RULE, line)


def test_a_query_inside_a_shape_is_read_too(tiny_project: Path, edit: Edit) -> None:
    line = edit(SHAPES, "shape:claim-text a sh:PropertyShape ;", "shape:claim-text a "
                'sh:PropertyShape ;\n    sh:select """\nSELECT $this WHERE {\n'
                '    $this lho:voyce ?voice }""" ;') + 3  # fmt: skip
    finding = only(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("unknown term", SHAPES, line)


def test_a_federated_query_is_parsed_without_calling_anybody(
    tiny_project: Path, edit: Edit
) -> None:
    """A real call would meet the network block, or wait for 192.0.2.1 for ever."""
    calling = "SERVICE SILENT <http://192.0.2.1/sparql> { ?event ?p ?o }"
    edit(QUERY, "?event lho:date ?date .", f"?event lho:date ?date . {calling}")
    assert check_folder(tiny_project) == []
    edit(QUERY, "{ ?event ?p ?o }", "{ ?event ?p }")
    assert only(tiny_project).rule == "broken query"


def test_a_service_in_disguise_is_refused_before_it_is_parsed(
    tiny_project: Path, edit: Edit
) -> None:
    edit(QUERY, "?event lho:date ?date .", "?event lho:date ?date.SERVICElho:date { ?s ?p ?o }")
    assert only(tiny_project).rule == "broken query"


# All together.


def test_findings_come_in_the_order_of_files_and_lines(tiny_project: Path, edit: Edit) -> None:
    edit(SOURCES, '"2026-11-22"^^xsd:date', '"never"^^xsd:date')
    edit(ENTITIES, '"Ada Finch"@en', '"Ada Finch"')
    edit(ENTITIES, '"The editors"@en', '"The editors"')
    edit(ARTICLE, "schema:location place", "schema:Location place")
    found = check_folder(tiny_project)
    places = [(finding.path or "", finding.line or 0) for finding in found]
    assert len(found) == 4
    assert places == sorted(places)
    assert check_folder(tiny_project) == found


def test_a_fault_named_in_many_places_is_told_once(tiny_project: Path) -> None:
    file = tiny_project / ARTICLE
    file.write_text(file.read_text().replace("place:port-merrow", "place:nowhere"))
    found = [f for f in check_folder(tiny_project) if f.rule == "undescribed IRI"]
    assert len(found) == 1


def test_every_finding_says_what_to_do(tiny_project: Path) -> None:
    """A message has two parts: what is wrong; what to do about it."""
    for path in (ARTICLE, RECORDS, ASSESSMENTS, ENTITIES, SOURCES):
        file = tiny_project / path
        text = file.read_text().replace("lho:voice voice:", "lho:voice voice:x")
        file.write_text(text.replace("@en", ""))
    found = check_folder(tiny_project)
    assert len(found) > 20
    assert [finding.message for finding in found if ";" not in finding.message] == []


def test_the_lighthouse_is_read_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(LIGHTHOUSE.parent)
    assert check_folder(Path("lighthouse")) == []


FILES = sorted(
    file.relative_to(LIGHTHOUSE).as_posix()
    for file in LIGHTHOUSE.rglob("*")
    if file.is_file() and file.suffix != ".txt"
)
GARBAGE = st.sampled_from(
    [b"", b'"', b"<", b"{", b"[", b"(", b"#", b"\xff", b"\x00", b"\t", b"@x", b"^^", b'"""', b"]>"]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.integers(0, 5000), st.integers(0, 30), GARBAGE)
def test_no_damage_to_a_file_ends_in_a_traceback(
    tiny_project: Path, name: str, offset: int, length: int, garbage: bytes
) -> None:
    """Cut a piece out of any file, put garbage in its place: what comes out are sentences."""
    whole = (LIGHTHOUSE / name).read_bytes()
    start = offset % (len(whole) + 1)
    (tiny_project / name).write_bytes(whole[:start] + garbage + whole[start + length :])
    try:
        for finding in check_folder(tiny_project):
            assert finding.path is not None
            assert str(finding).isprintable()
    finally:
        (tiny_project / name).write_bytes(whole)


def test_a_project_without_shapes_is_found(tiny_project: Path) -> None:
    for file in (tiny_project / SHAPES).parent.iterdir():
        file.unlink()
    message = "no shapes: nothing is validated; write some in ontology/shapes/*.ttl"
    assert Finding("no shapes", message, "ontology/shapes") in check_folder(tiny_project)


def test_an_acceptance_said_by_no_assessment_is_found(tiny_project: Path, edit: Edit) -> None:
    edit(ASSESSMENTS, "assessment:t1 a lho:Assessment ;", "assessment:t1 a lho:EvidenceLine ;")
    found = [f for f in check_folder(tiny_project) if f.rule == "accepted by no assessment"]
    assert [f.message for f in found] == [
        "assessment:t1 is no assessment, so this accepts nothing; say it of one (lho:Assessment)"
    ]


def test_an_unknown_function_in_a_rule_is_found(tiny_project: Path, edit: Edit) -> None:
    text = (tiny_project / RULE).read_text(encoding="utf-8")
    changed = text.replace("WHERE {", "WHERE { BIND(<https://example.org/fn>(1) AS ?none)", 1)
    (tiny_project / RULE).write_text(changed, encoding="utf-8")
    assert "it cannot be answered" in only(tiny_project).message
