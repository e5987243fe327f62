"""What an honest graph must not assert: sixteen rules, kept by the real dataset, each with bite.

A mutant is a change to the assembled dataset. It must make its own rule fire and no other, and
the rule must name what is wrong.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from pyoxigraph import NamedNode, Store

from kg.assemble import Assembled, assemble
from kg.errors import QueryError
from kg.project import Project, QueryFile, read_project
from kg.rules import ask_rule, check_rules

ROOT = Path(__file__).resolve().parent.parent


class Mutant(NamedTuple):
    """A change (SPARQL Update), the rule that it breaks, and what the rule has to name."""

    rule: int
    fault: str
    named: str
    update: str


MUTANTS = [
    Mutant(
        1,
        "the silence is accepted as a fact",
        "assessment:n5",
        """DELETE DATA { assessment:n5 edo:accepted false } ;
        INSERT DATA { assessment:n5 edo:accepted true }""",
    ),
    Mutant(
        1,
        "the motive states a fact about the world",
        "place:united-states",
        "INSERT DATA { GRAPH claim:n6 { place:united-states schema:about event:elbe-day } }",
    ),
    Mutant(
        1,
        "the silence gets an agent",
        "agent:us-government",
        "INSERT DATA { claim:n5 schema:about agent:us-government }",
    ),
    Mutant(
        1,
        "the presupposition is told as a fact",
        "claim:n7",
        """DELETE DATA { claim:n7 edo:modality modality:presupposition } ;
        INSERT DATA { claim:n7 edo:modality modality:fact }""",
    ),
    Mutant(
        1,
        "nobody says that the silence is without evidence",
        "claim:n5",
        "DELETE DATA { claim:n5 edo:notStated aspect:evidence }",
    ),
    Mutant(
        2,
        "the refusal is asserted",
        "action:a1-refusal",
        "INSERT DATA { action:a1-refusal a schema:RejectAction }",
    ),
    Mutant(
        2,
        "the authorities are asserted to have acted",
        "event:arlington-ceremony-2024",
        "INSERT DATA { event:arlington-ceremony-2024 schema:agent agent:us-authorities }",
    ),
    Mutant(
        2,
        "the refusal is told as a fact",
        "claim:a1",
        """DELETE DATA { claim:a1 edo:modality modality:reported-fact } ;
        INSERT DATA { claim:a1 edo:modality modality:fact }""",
    ),
    Mutant(
        2,
        "the refusal is told by those who refuse",
        "claim:s-refusal-2022",
        """DELETE DATA { claim:s-refusal-2022 edo:speaker person:anatoly-antonov } ;
        INSERT DATA { claim:s-refusal-2022 edo:speaker organization:us-state-department }""",
    ),
    Mutant(
        2,
        "the publisher drops out of the chain",
        "claim:a1",
        "DELETE DATA { claim:a1 edo:relayedBy organization:sputnik-international }",
    ),
    Mutant(
        2,
        "the refusal gets a motive",
        "claim:a1",
        'INSERT DATA { GRAPH claim:a1 { action:a1-refusal schema:description "for war"@en } }',
    ),
    Mutant(
        2,
        "the article counts more than one year",
        "claim:a1",
        """INSERT DATA { GRAPH claim:a1 {
            action:a1-refusal schema:object event:arlington-ceremony-2023 } }""",
    ),
    Mutant(
        2,
        "the missing confirmation is no open question",
        "agent:us-authorities",
        "DELETE WHERE { ?question schema:about agent:us-authorities ; a schema:Question }",
    ),
    Mutant(
        3,
        "the cemetery is in Washington",
        "place:arlington-national-cemetery",
        """INSERT DATA {
            place:arlington-national-cemetery schema:containedInPlace place:washington-dc }""",
    ),
    Mutant(
        3,
        "the county is in Washington",
        "place:arlington-national-cemetery",
        "INSERT DATA { place:arlington-county schema:containedInPlace place:washington-dc }",
    ),
    Mutant(
        3,
        "the plaque is in Washington",
        "object:spirit-of-the-elbe-plaque",
        "INSERT DATA { object:spirit-of-the-elbe-plaque schema:location place:washington-dc }",
    ),
    Mutant(
        3,
        "the article's slip is lost",
        "claim:a3",
        "DELETE WHERE { GRAPH claim:a3 { ?place schema:containedInPlace ?whole } }",
    ),
    Mutant(
        3,
        "the slip is no longer corrected",
        "place:arlington-county",
        "DELETE WHERE { ?correction cito:corrects claim:a3 }",
    ),
    Mutant(
        4,
        "the caption's rank is accepted, at a time left open",
        "membership:c1-2",
        """INSERT DATA { membership:c1-2 org:member person:gleb-baklanov ;
            edo:rank rank:su-colonel-general }""",
    ),
    Mutant(
        4,
        "he is a colonel general in April 1945",
        "membership:planted",
        """INSERT DATA { membership:planted org:member person:gleb-baklanov ;
            edo:rank rank:su-colonel-general ;
            edo:earliest "1945-04-27"^^xsd:date ; edo:latest "1945-04-27"^^xsd:date }""",
    ),
    Mutant(
        4,
        "he is a lieutenant general in 1945",
        "membership:planted",
        """INSERT DATA { membership:planted org:member person:gleb-baklanov ;
            edo:rank rank:su-lieutenant-general ;
            edo:earliest "1945-01-01"^^xsd:date ; edo:latest "1945-12-31"^^xsd:date }""",
    ),
    Mutant(
        4,
        "his rank of the time is lost",
        "person:gleb-baklanov",
        "DELETE WHERE { membership:e-baklanov-major-general edo:rank ?rank }",
    ),
    Mutant(
        5,
        "Kean comes to Baklanov's meeting of 27 April",
        "event:corps-commanders-meeting",
        "INSERT DATA { event:corps-commanders-meeting sem:hasActor person:william-b-kean }",
    ),
    Mutant(
        5,
        "a picture shows both",
        "photograph:c5",
        "INSERT DATA { photograph:c5 foaf:depicts person:gleb-baklanov, person:william-b-kean }",
    ),
    Mutant(
        5,
        "Baklanov is related to Kean",
        "foaf:knows",
        "INSERT DATA { person:gleb-baklanov foaf:knows person:william-b-kean }",
    ),
    Mutant(
        5,
        "Kean is related to Baklanov",
        "foaf:knows",
        "INSERT DATA { person:william-b-kean foaf:knows person:gleb-baklanov }",
    ),
    Mutant(
        5,
        "a claim of ours says what only the caption says",
        "claim:e-army-commanders-meeting",
        """INSERT DATA { GRAPH claim:e-army-commanders-meeting {
            event:army-commanders-meeting
                sem:hasActor person:gleb-baklanov, person:william-b-kean } }""",
    ),
    Mutant(
        6,
        "there is a person called Gill",
        "person:planted",
        'INSERT DATA { person:planted a schema:Person ; rdfs:label "General Gill"@en }',
    ),
    Mutant(
        6,
        "there is a person called Gill in Russian",
        "person:planted",
        'INSERT DATA { person:planted a schema:Person ; rdfs:label "генерал Гилл"@ru }',
    ),
    Mutant(
        6,
        "Gillem is called Gill as a fact",
        "person:alvan-c-gillem-jr",
        'INSERT DATA { person:alvan-c-gillem-jr schema:alternateName "General Gill"@en }',
    ),
    Mutant(
        6,
        "a claim makes the corps a unit",
        "unit:planted",
        """INSERT DATA { GRAPH claim:c2-5 { unit:planted a org:OrganizationalUnit ;
            rdfs:label "13th American Infantry and Tank Corps"@en } }""",
    ),
    Mutant(
        6,
        "a claim makes the mention a person",
        "mention:general-gill",
        "INSERT DATA { GRAPH claim:c2-4 { mention:general-gill a schema:Person } }",
    ),
    Mutant(
        6,
        "the mention is identified outright",
        "person:alvan-c-gillem-jr",
        "INSERT DATA { mention:general-gill owl:sameAs person:alvan-c-gillem-jr }",
    ),
    Mutant(
        6,
        "the mention holds a post as a fact",
        "membership:c2-4",
        "INSERT DATA { membership:c2-4 org:member mention:general-gill }",
    ),
    Mutant(
        6,
        "the hypothesis is less sure than the evidence",
        "mention:general-gill",
        "DELETE DATA { hypothesis:gill-is-gillem edo:confidence confidence:high }",
    ),
    Mutant(
        7,
        "the caption's post is accepted",
        "membership:c3-4",
        """INSERT DATA { membership:c3-4 org:member person:yakov-neumoev ;
            org:organization unit:28th-guards-cavalry-regiment ; org:role role:commander }""",
    ),
    Mutant(
        7,
        "somebody else commands the regiment",
        "membership:planted",
        """INSERT DATA { membership:planted org:member person:pavel-brikel ;
            org:organization unit:28th-guards-cavalry-regiment ; org:role role:commander }""",
    ),
    Mutant(
        7,
        "his squadron is lost",
        "person:yakov-neumoev",
        "DELETE WHERE { membership:e-neumoev-squadron org:role ?role }",
    ),
    Mutant(
        7,
        "the real commander is lost",
        "person:movlid-visaitov",
        "DELETE WHERE { membership:e-visaitov-regiment org:member ?member }",
    ),
    Mutant(
        8,
        "the caption's post is accepted",
        "membership:c3-7",
        """INSERT DATA { membership:c3-7 org:member person:lloyd-h-gomes ;
            org:organization unit:us-333rd-infantry-regiment }""",
    ),
    Mutant(
        8,
        "a claim of ours repeats the caption",
        "claim:e-gomes-334th",
        """INSERT DATA { GRAPH claim:e-gomes-334th { membership:e-gomes-334th
            org:organization unit:us-333rd-infantry-regiment } }""",
    ),
    Mutant(
        8,
        "the 334th no longer stands beside it",
        "unit:us-334th-infantry-regiment",
        "DELETE WHERE { membership:e-gomes-334th org:role ?role }",
    ),
    Mutant(
        9,
        "the scene is dated to Elbe Day",
        "event:c4-scene",
        'INSERT DATA { event:c4-scene edo:earliest "1945-04-25"^^xsd:date }',
    ),
    Mutant(
        9,
        "the picture's date has no lower bound",
        "photograph:c4",
        "DELETE WHERE { photograph:c4 edo:earliest ?earliest }",
    ),
    Mutant(
        9,
        "they meet at Torgau in April",
        "event:army-commanders-meeting",
        """INSERT DATA { event:army-commanders-meeting
            sem:hasActor person:ivan-konev, person:omar-bradley }""",
    ),
    Mutant(
        9,
        "one of the two candidates is dropped",
        "event:bradley-reception-for-konev",
        "DELETE WHERE { hypothesis:c4-is-bradley-reception edo:candidate ?event }",
    ),
    Mutant(
        10,
        "Konev takes part in the meeting",
        "person:ivan-konev",
        "INSERT DATA { event:elbe-day sem:hasActor person:ivan-konev }",
    ),
    Mutant(
        10,
        "Gomes takes part in one of its contacts",
        "person:lloyd-h-gomes",
        "INSERT DATA { event:craig-contact sem:hasActor person:lloyd-h-gomes }",
    ),
    Mutant(
        10,
        "Oslikovsky's scene is dated so that it covers the day",
        "person:nikolai-oslikovsky",
        """INSERT DATA { event:c2-scene sem:hasActor person:nikolai-oslikovsky ;
            edo:earliest "1945-04-25"^^xsd:date ; edo:latest "1945-05-04"^^xsd:date }""",
    ),
    Mutant(
        10,
        "the posed scene is part of the contact",
        "event:c5-scene",
        "INSERT DATA { event:c5-scene schema:superEvent event:robertson-silvashko-contact }",
    ),
    Mutant(
        10,
        "a scene is no longer related to the meeting",
        "event:c3-scene",
        "DELETE DATA { event:c3-scene dcterms:relation event:elbe-day }",
    ),
    Mutant(
        10,
        "a picture is of the meeting",
        "photograph:c2",
        "INSERT DATA { photograph:c2 schema:about event:elbe-day }",
    ),
    Mutant(
        11,
        "a claim takes a date from caption C1",
        "claim:c1-4",
        """INSERT DATA { GRAPH claim:c1-4 {
            membership:c1-4 edo:earliest "1945-04-25"^^xsd:date } }""",
    ),
    Mutant(
        11,
        "a claim takes a place from caption C2",
        "claim:c2-1",
        "INSERT DATA { GRAPH claim:c2-1 { event:c2-scene schema:location place:wittenberge } }",
    ),
    Mutant(
        11,
        "another claim than C4.2 takes a date from caption C4",
        "claim:c4-1",
        """INSERT DATA { GRAPH claim:c4-1 {
            event:c4-scene edo:date "1945-05-05"^^edtf:EDTF } }""",
    ),
    Mutant(
        11,
        "a claim takes the photographer from caption C5",
        "claim:c5-1",
        """INSERT DATA { GRAPH claim:c5-1 {
            photograph:c5 schema:creator person:william-e-poulson } }""",
    ),
    Mutant(
        11,
        "the scene of C3 is dated",
        "event:c3-scene",
        'INSERT DATA { event:c3-scene edo:date "1945-05-02"^^edtf:EDTF }',
    ),
    Mutant(
        11,
        "the scene of C4 is placed",
        "event:c4-scene",
        "INSERT DATA { event:c4-scene schema:location place:konev-command-post }",
    ),
    Mutant(
        11,
        "the picture of C2 is credited",
        "photograph:c2",
        "INSERT DATA { photograph:c2 schema:creator person:william-e-poulson }",
    ),
    Mutant(
        11,
        "caption C3 no longer says that it names no place",
        "passage:c3",
        "DELETE DATA { passage:c3 edo:notStated aspect:place }",
    ),
    Mutant(
        12,
        "the caption's army is accepted",
        "membership:c1-3",
        "INSERT DATA { membership:c1-3 org:organization unit:soviet-army }",
    ),
    Mutant(
        12,
        "a claim of ours uses the later name for 1945",
        "claim:e-baklanov-red-army",
        """INSERT DATA { GRAPH claim:e-baklanov-red-army {
            membership:e-baklanov-red-army org:organization unit:soviet-army } }""",
    ),
    Mutant(
        12,
        "the narration gets the captions' name",
        "claim:n1",
        "INSERT DATA { GRAPH claim:n1 { event:elbe-day sem:hasActor unit:soviet-army } }",
    ),
    Mutant(
        12,
        "the caption's own term is lost",
        "passage:c1",
        "DELETE WHERE { claim:c1-3 edo:wording ?words }",
    ),
    Mutant(
        13,
        "Wikipedia and relays alone support a fact of the article",
        "claim:n1b",
        """DELETE WHERE { assessment:n1b edo:supportingSource ?source } ;
        INSERT DATA {
            assessment:n1b edo:supportingSource source:k2, source:k4, source:k16, source:k27 }""",
    ),
    Mutant(
        13,
        "a mirror of Wikipedia counts for itself",
        "source:k62",
        "DELETE DATA { source:k62 edo:evidenceLine line:wikipedia }",
    ),
    Mutant(
        13,
        "a relay counts beside what it relays",
        "source:k4",
        "DELETE DATA { source:k4 edo:evidenceLine line:russian-embassy }",
    ),
    Mutant(
        13,
        "RIA Novosti counts beside Sputnik",
        "source:k2",
        "DELETE DATA { source:k2 edo:evidenceLine line:russian-embassy }",
    ),
    Mutant(
        13,
        "a repeated paragraph becomes a second claim",
        "claim:n1b",
        """INSERT { claim:planted a edo:ArticleClaim ; schema:text ?text }
        WHERE { claim:n1b schema:text ?text }""",
    ),
    Mutant(
        14,
        "Antonov reminds in English",
        "claim:a1",
        'INSERT DATA { claim:a1 schema:text "Antonov reminds readers of a refusal."@en }',
    ),
    Mutant(
        14,
        "Antonov reminds in German",
        "claim:a2",
        'INSERT DATA { claim:a2 schema:text "Antonow erinnert daran, wo sie steht."@de }',
    ),
    Mutant(
        14,
        "Antonov reminds in Russian",
        "claim:a2",
        'INSERT DATA { claim:a2 schema:text "Антонов напомнил, где она стоит."@ru }',
    ),
    Mutant(
        14,
        "a label inside a claim admits",
        "claim:a1",
        'INSERT DATA { GRAPH claim:a1 { action:a1-refusal rdfs:label "What they admit"@en } }',
    ),
    Mutant(
        14,
        "the claim on that very word is no framing",
        "claim:a8",
        """DELETE DATA { claim:a8 edo:modality modality:framing } ;
        INSERT DATA { claim:a8 edo:modality modality:evaluation }""",
    ),
    Mutant(
        15,
        "Kean is in the picture as a fact",
        "photograph:c1",
        "INSERT DATA { photograph:c1 foaf:depicts person:william-b-kean }",
    ),
    Mutant(
        15,
        "the caption's depiction is accepted",
        "photograph:c4",
        "INSERT DATA { depiction:c4-3 edo:inPhotograph photograph:c4 }",
    ),
    Mutant(
        15,
        "Robertson stands as a fact",
        "depiction:c5-1-robertson",
        "INSERT DATA { depiction:c5-1-robertson edo:posture posture:standing }",
    ),
    Mutant(
        15,
        "Robertson is on the left as a fact",
        "depiction:c5-1-robertson",
        'INSERT DATA { depiction:c5-1-robertson edo:position "on the left"@en }',
    ),
    Mutant(
        16,
        "the hope is accepted",
        "claim:a9",
        """DELETE DATA { assessment:a9 edo:accepted false } ;
        INSERT DATA { assessment:a9 edo:accepted true ; edo:supportingSource source:k12 }""",
    ),
    Mutant(
        16,
        "the hope is a fact as well",
        "claim:a10",
        "INSERT DATA { claim:a10 edo:modality modality:fact }",
    ),
    Mutant(
        16,
        "the hope is a fact instead",
        "claim:a10",
        """DELETE DATA { claim:a10 edo:modality modality:hope } ;
        INSERT DATA { claim:a10 edo:modality modality:fact }""",
    ),
    Mutant(
        16,
        "the hope states a fact",
        "claim:a9",
        """INSERT DATA { GRAPH claim:a9 {
            agent:us-government schema:about concept:wartime-generation } }""",
    ),
    Mutant(
        16,
        "the hope becomes the publisher's",
        "claim:a9",
        """DELETE DATA { claim:a9 edo:speaker person:anatoly-antonov } ;
        INSERT DATA { claim:a9 edo:speaker organization:sputnik-international }""",
    ),
    Mutant(
        16,
        "the hope is told as a prediction",
        "claim:a9",
        'INSERT DATA { claim:a9 schema:text "Washington will remember one day."@en }',
    ),
]


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


@pytest.fixture(scope="module")
def assembled(project: Project) -> Assembled:
    return assemble(project)


@pytest.fixture
def dataset(assembled: Assembled) -> Store:
    """A fresh copy of the real dataset, to be spoilt."""
    store = Store()
    store.bulk_extend(assembled.quads)
    return store


def number(rule: QueryFile) -> int:
    return int(Path(rule.path).name[:2])


def change(dataset: Store, update: str, project: Project) -> None:
    declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in project.prefixes.items())
    dataset.update(declared + update)


def test_there_are_sixteen_rules_each_put_in_words(project: Project) -> None:
    assert [number(rule) for rule in project.rules] == list(range(1, 17))
    for rule in project.rules:
        assert rule.questions["en"].endswith("."), rule.path


def test_the_real_dataset_keeps_every_rule(
    project: Project, assembled: Assembled, dataset: Store
) -> None:
    for rule in project.rules:
        assert ask_rule(rule, dataset) == [], rule.path
    assert list(check_rules(project, assembled)) == []


def test_every_rule_has_a_mutant(project: Project) -> None:
    assert {mutant.rule for mutant in MUTANTS} == {number(rule) for rule in project.rules}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.rule:02d} {m.fault}")
def test_each_mutant_breaks_its_rule_and_no_other(
    mutant: Mutant, project: Project, dataset: Store
) -> None:
    change(dataset, mutant.update, project)
    broken = {number(rule): rows for rule in project.rules if (rows := ask_rule(rule, dataset))}
    assert list(broken) == [mutant.rule]
    named = {
        project.shorten(term.value)
        for row in broken[mutant.rule]
        for term in row
        if isinstance(term, NamedNode)
    }
    assert mutant.named in named


def to_rule(text: str) -> QueryFile:
    return QueryFile("data/rules/99-planted.rq", text, {"en": "Nothing is true."}, {})


def with_rule(project: Project, text: str) -> Project:
    return replace(project, rules=(to_rule(text),))


def test_a_broken_rule_names_what_breaks_it_and_how_much_more(
    project: Project, assembled: Assembled
) -> None:
    text = "SELECT ?s WHERE { ?s a <https://schema.org/Photograph> } ORDER BY ?s"
    (finding,) = check_rules(with_rule(project, text), assembled)
    assert finding.path == "data/rules/99-planted.rq"
    assert finding.message.startswith("Nothing is true. Broken by photograph:c1, photograph:c2")
    text = "SELECT ?s WHERE { ?s a <https://schema.org/Person> } ORDER BY ?s"
    (finding,) = check_rules(with_rule(project, text), assembled)
    assert finding.message.endswith("and 18 more.")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("ASK { ?s ?p ?o }", None, "a rule is a SELECT"),
        ("SELECT * WHERE {\n    ?s ?p }", 2, "}"),
        ("SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 1, "SERVICE"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_a_finding(
    text: str, line: int | None, message: str, project: Project, assembled: Assembled
) -> None:
    (finding,) = check_rules(with_rule(project, text), assembled)
    assert (finding.path, finding.line) == ("data/rules/99-planted.rq", line)
    assert message in finding.message
    with pytest.raises(QueryError):
        ask_rule(to_rule(text), Store())
