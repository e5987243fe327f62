"""The article's claims as authored: words, voices, verdicts, and what each graph states."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, parse

DATA = Path(__file__).resolve().parent.parent / "data"
BASE = "https://w3id.org/elbe-day/"
EDO = BASE + "def#"
SCHEMA = "https://schema.org/"
ORG = "http://www.w3.org/ns/org#"
SEM = "http://semanticweb.cs.vu.nl/2009/11/sem/"
FOAF = "http://xmlns.com/foaf/0.1/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
NOTATION = "http://www.w3.org/2004/02/skos/core#notation"
OA = "http://www.w3.org/ns/oa#"
DERIVED_FROM = "http://www.w3.org/ns/prov#wasDerivedFrom"

PARTS = ("headline", "narration", "antonov", "captions", "metadata")

# Who talks: the claims of each voice, whose assertion they are, and whether somebody passes it on.
VOICES = {
    "headline": "T1 T2",
    "narration": "N1 N1a N1b N1c N1d N2 N3 N4 N5 N6 N7 P1 P2 A0 A4 A8 A13",
    "paraphrase": "A1 A2 A3 A7",
    "quoted-fragment": "A5 A6",
    "quotation": "A9 A10 A11 A12",
    "caption": (
        "C1.1 C1.2 C1.3 C1.4 C1.5 C1.6 C1.7 C2.1 C2.2 C2.3 C2.4 C2.5 C2.6 "
        "C3.1 C3.2 C3.3 C3.4 C3.5 C3.6 C3.7 C3.8 C3.9 C4.1 C4.2 C4.3 C4.4 C4.5 C4.6 "
        "C5.1 C5.2 C5.3 C5.4 C5.5"
    ),
    "metadata": "M1",
}
NUMBERS = {number for numbers in VOICES.values() for number in numbers.split()}

SPUTNIK = "organization/sputnik-international"
ANTONOV = "person/anatoly-antonov"
SPEAKERS = {
    "headline": (SPUTNIK, ""),
    "narration": (SPUTNIK, ""),
    "metadata": (SPUTNIK, ""),
    "paraphrase": (ANTONOV, SPUTNIK),
    "quoted-fragment": (ANTONOV, SPUTNIK),
    "quotation": (ANTONOV, SPUTNIK),
    "caption": ("agent/unnamed-caption-writers", SPUTNIK),
}

OPINIONS = {
    "evaluation",
    "allegation",
    "allegation-of-motive",
    "presupposition",
    "hope",
    "framing",
}
ACCEPTABLE = {
    "fact",
    "pictured-fact",
    "background-fact",
    "speech-act",
    "inscription-fact",
    "metadata-fact",
    "naming",
}
# Fact and opinion in one breath: these two state the fact, and are still not accepted.
MIXED = {"T1", "P2"}

ACCEPTED_NUMBERS = (
    "T2 N1 N1a N1b N1c N1d A0 A2 A4 A13 C1.4 C2.2 C3.2 C3.3 C3.6 C3.8 C4.4 C4.6 C5.2 C5.3 C5.4 M1"
)
ACCEPTED = set(ACCEPTED_NUMBERS.split())
# Borne out but for the posture, which the caption alone tells of a picture that nobody saw.
BORNE_OUT_IN_PART = {"C5.1"}


@pytest.fixture(scope="module")
def store() -> Store:
    """The article's claims and their assessments beside the passages and spans they point to."""
    store = Store()
    paths = [DATA / "claims" / f"article-{part}.trig" for part in PARTS]
    paths += [DATA / "assessments" / f"article-{part}.ttl" for part in PARTS]
    for path in [*paths, DATA / "passages.ttl", DATA / "spans.ttl"]:
        store.extend(parse(path=path))
    return store


@pytest.fixture(scope="module")
def claims(store: Store) -> dict[str, NamedNode]:
    """Each claim by its number."""
    found = store.quads_for_pattern(None, NamedNode(NOTATION), None, DefaultGraph())
    return {quad.object.value: quad.subject for quad in found}


@pytest.fixture(scope="module")
def assessments(store: Store, claims: dict[str, NamedNode]) -> dict[str, NamedNode]:
    """Each claim's assessment by the claim's number."""
    reviewed = NamedNode(SCHEMA + "itemReviewed")
    return {
        number: quad.subject
        for number, claim in claims.items()
        for quad in store.quads_for_pattern(None, reviewed, claim, None)
    }


def iri(kind_and_slug: str) -> NamedNode:
    return NamedNode(f"{BASE}id/{kind_and_slug}")


def short(values: Iterable[NamedNode]) -> set[str]:
    """Slugs of concepts."""
    return {value.value.rsplit("/", 1)[1] for value in values}


def values(store: Store, subject: NamedNode, predicate: str) -> list[NamedNode | Literal]:
    """Objects told of a subject outside all claim graphs."""
    told = store.quads_for_pattern(subject, NamedNode(predicate), None, DefaultGraph())
    return [quad.object for quad in told]


def stated(store: Store, claim: NamedNode) -> set[tuple[NamedNode, NamedNode, object]]:
    """Triples of a claim's own graph."""
    graph = store.quads_for_pattern(None, None, None, claim)
    return {(quad.subject, quad.predicate, quad.object) for quad in graph}


def stated_values(store: Store, claim: NamedNode, predicate: str) -> set[str]:
    graph = stated(store, claim)
    return {triple[2].value for triple in graph if triple[1].value == predicate}


def ranges(store: Store, subject: NamedNode) -> list[tuple[int, int]]:
    """Where a claim or passage stands in the text, in order."""

    def offset(span: NamedNode, edge: str) -> int:
        (value,) = values(store, span, OA + edge)
        return int(value.value)

    spans = values(store, subject, EDO + "span")
    return sorted((offset(span, "start"), offset(span, "end")) for span in spans)


def test_every_claim_of_the_article_is_there_and_no_other(claims):
    assert set(claims) == NUMBERS


def test_each_claim_names_its_graph_and_each_graph_its_claim(store, claims):
    assert set(store.named_graphs()) == set(claims.values())


def test_the_slug_of_a_claim_is_its_number(claims):
    expected = {number: iri("claim/" + number.lower().replace(".", "-")) for number in NUMBERS}
    assert claims == expected


def test_a_claim_is_paraphrased_in_one_sentence_in_three_languages(store, claims):
    for number, claim in claims.items():
        texts = values(store, claim, SCHEMA + "text")
        assert sorted(text.language for text in texts) == ["de", "en", "ru"], number
        for text in texts:
            # A full stop after a digit is a German ordinal, not the end of a sentence.
            assert text.value.endswith("."), text.value
            assert not re.search(r"(?<!\d)[.!?]\s", text.value), text.value


def test_a_paraphrase_never_says_reminded_in_our_own_voice(store, claims):
    for number in NUMBERS - {"A8"}:
        for text in values(store, claims[number], SCHEMA + "text"):
            assert not re.search("remind|erinnerte daran|напомнил", text.value), text.value


@pytest.mark.parametrize("voice", VOICES)
def test_voice_and_speaker_follow_who_is_talking(store, claims, voice):
    speaker, relay = SPEAKERS[voice]
    for number in VOICES[voice].split():
        claim = claims[number]
        assert values(store, claim, EDO + "voice") == [iri("voice/" + voice)], number
        assert values(store, claim, EDO + "speaker") == [iri(speaker)], number
        expected = [iri(relay)] if relay else []
        assert values(store, claim, EDO + "relayedBy") == expected, number


def test_spans_of_a_claim_lie_inside_its_passage(store, claims):
    for number, claim in claims.items():
        (passage,) = values(store, claim, DERIVED_FROM)
        outer = ranges(store, passage)
        for start, end in ranges(store, claim):
            assert any(first <= start < end <= last for first, last in outer), number


def test_each_copy_of_a_passage_holds_the_claim_at_the_same_place(store, claims):
    for number, claim in claims.items():
        (passage,) = values(store, claim, DERIVED_FROM)
        copies, spans = ranges(store, passage), ranges(store, claim)
        assert len(copies) == len(spans), number
        inside = {
            (start - first, end - first)
            for (first, _), (start, end) in zip(copies, spans, strict=True)
        }
        assert len(inside) == 1, number


def test_a_quoted_wording_is_at_most_eight_words_of_english(store):
    for quad in store.quads_for_pattern(None, NamedNode(EDO + "wording"), None, None):
        assert quad.object.language == "en"
        assert len(quad.object.value.split()) <= 8, quad.object.value


def test_opinions_state_only_their_subject_and_their_wording(store, claims):
    allowed = {SCHEMA + "about", EDO + "wording"}
    for number in NUMBERS - MIXED:
        claim = claims[number]
        if short(values(store, claim, EDO + "modality")) & OPINIONS:
            graph = stated(store, claim)
            assert {subject for subject, _, _ in graph} == {claim}, number
            assert {predicate.value for _, predicate, _ in graph} <= allowed, number


def test_what_an_opinion_states_stands_in_its_metadata_too(store, claims):
    for claim in claims.values():
        for subject, predicate, value in stated(store, claim):
            if subject == claim:
                assert value in values(store, claim, predicate.value)


def test_facts_never_speak_of_their_own_claim(store, claims):
    for number, claim in claims.items():
        if not short(values(store, claim, EDO + "modality")) & OPINIONS:
            assert claim not in {subject for subject, _, _ in stated(store, claim)}, number


def test_the_headline_states_the_meeting_and_not_the_joy(store, claims):
    assert stated(store, claims["T1"]) == stated(store, claims["N1"])


def test_each_claim_has_one_assessment_and_each_assessment_one_claim(store, claims):
    kind, reviewed = NamedNode(EDO + "Assessment"), NamedNode(SCHEMA + "itemReviewed")
    found = {q.subject for q in store.quads_for_pattern(None, NamedNode(RDF_TYPE), kind, None)}
    pairs = {(q.subject, q.object) for q in store.quads_for_pattern(None, reviewed, None, None)}
    expected = {
        (NamedNode(claim.value.replace("/claim/", "/assessment/")), claim)
        for claim in claims.values()
    }
    assert pairs == expected
    assert {assessment for assessment, _ in pairs} == found


def test_only_corroborated_facts_with_a_source_are_accepted(store, claims, assessments):
    for number, assessment in assessments.items():
        (accepted,) = values(store, assessment, EDO + "accepted")
        verdict = short(values(store, assessment, EDO + "verdict"))
        modalities = short(values(store, claims[number], EDO + "modality"))
        sources = values(store, assessment, EDO + "supportingSource")
        may_be = verdict == {"corroborated"} and modalities <= ACCEPTABLE and bool(sources)
        may_be = may_be and number not in BORNE_OUT_IN_PART
        assert (accepted.value == "true") == may_be == (number in ACCEPTED), number


def test_what_the_article_calls_an_opinion_is_judged_as_one(store, claims, assessments):
    for number, assessment in assessments.items():
        if short(values(store, claims[number], EDO + "modality")) <= {"evaluation", "hope"}:
            verdict = short(values(store, assessment, EDO + "verdict"))
            assert verdict == {"evaluation"}, number


def test_words_of_antonov_are_corroborated_as_said(store, assessments):
    said = {
        number
        for number, assessment in assessments.items()
        if short(values(store, assessment, EDO + "attributionVerdict")) == {"corroborated"}
    }
    assert said == {"A1", "A3", "A5", "A6", "A7", "A9", "A10", "A11", "A12"}


def test_every_assessment_gives_its_reason(store, assessments):
    for number, assessment in assessments.items():
        (reason,) = values(store, assessment, SCHEMA + "reviewBody")
        assert reason.language == "en" and reason.value.endswith("."), number


def test_an_allegation_names_no_agent_and_no_evidence(store, claims):
    for number in ("N5", "N6", "N7"):
        unsaid = short(values(store, claims[number], EDO + "notStated"))
        assert {"agent", "evidence"} <= unsaid, number


def test_nothing_accepted_speaks_of_a_mere_mention(store, claims):
    for number in ACCEPTED:
        for triple in stated(store, claims[number]):
            assert not any("/id/mention/" in term.value for term in triple), number


def test_nobody_is_accepted_as_standing_left_or_right_in_an_unseen_photograph(store, claims):
    for number in ACCEPTED:
        graph = stated(store, claims[number])
        assert EDO + "posture" not in {predicate.value for _, predicate, _ in graph}, number
        places = stated_values(store, claims[number], EDO + "position")
        assert not any(re.search("left|right|standing|sitting", place) for place in places)


def test_the_refusal_is_told_with_its_speaker_and_without_a_year(store, claims, assessments):
    claim = claims["A1"]
    (refusal,) = {triple[0] for triple in stated(store, claim) if "/id/action/" in triple[0].value}
    assert stated_values(store, claim, SCHEMA + "object") == {iri("event/a1-ceremony").value}
    told = " ".join(term.value for triple in stated(store, claim) for term in triple)
    assert not re.search(r"/id/\S*20\d\d|\b20\d\d\b(?!/)", told)
    plaque = iri("object/spirit-of-the-elbe-plaque").value
    assert stated_values(store, claim, SCHEMA + "about") == {plaque}
    unsaid = short(values(store, claim, EDO + "notStated"))
    assert {"date", "decision-maker", "motive", "year-count"} <= unsaid
    assert short(values(store, assessments["A1"], EDO + "verdict")) == {"unverifiable"}


NAMED_VALUES = [
    ("C1.2", EDO + "rank", {"rank/su-colonel-general"}),
    ("C1.4", EDO + "rank", {"rank/us-major-general"}),
    ("C2.3", ORG + "organization", {"mention/the-guards-cavalry-corps"}),
    ("C2.4", ORG + "member", {"mention/general-gill"}),
    ("C3.4", ORG + "role", {"role/commander"}),
    ("C3.5", ORG + "subOrganizationOf", {"mention/6th-guards-division"}),
    ("C3.8", ORG + "transitiveSubOrganizationOf", {"unit/us-xiii-corps"}),
    ("C3.8", ORG + "subOrganizationOf", set()),
    ("C4.4", EDO + "rank", {"rank/su-marshal"}),
    ("C4.6", EDO + "rank", {"rank/us-general"}),
    ("A3", SCHEMA + "containedInPlace", {"place/washington-dc"}),
    ("A4", ORG + "role", {"role/ambassador"}),
    ("N1", SEM + "hasActor", {"unit/red-army", "unit/us-army"}),
    (
        "C5.1",
        FOAF + "depicts",
        {
            "person/william-d-robertson",
            "person/alexander-silvashko",
            "object/east-meets-west-sign",
        },
    ),
    ("M1", SCHEMA + "publisher", {"organization/sputnik-international"}),
]


@pytest.mark.parametrize("number, predicate, slugs", NAMED_VALUES)
def test_a_graph_states_what_its_words_say(store, claims, number, predicate, slugs):
    expected = {iri(slug).value for slug in slugs}
    assert stated_values(store, claims[number], predicate) == expected


@pytest.mark.parametrize(
    "number, date", [("N1a", "1945-04-25"), ("C2.6", "1945-05-04"), ("C4.2", "1945-04-25")]
)
def test_a_date_is_stated_with_its_bounds(store, claims, number, date):
    for predicate in ("date", "earliest", "latest"):
        assert stated_values(store, claims[number], EDO + predicate) == {date}


VERDICTS = {
    "contradicted": "N5 C1.2 C2.5 C3.4 C4.2",
    "imprecise": "A3 P2 C1.3 C2.3 C2.4 C3.5 C4.1",
    "unverifiable": "A1 N6 N7 C1.1 C1.5 C1.6 C1.7 C2.1 C2.6 C3.1 C3.7 C3.9 C4.3 C4.5",
}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_exactly_these_claims_have_the_verdict(store, assessments, verdict):
    judged = {
        number
        for number, assessment in assessments.items()
        if short(values(store, assessment, EDO + "verdict")) == {verdict}
    }
    assert judged == set(VERDICTS[verdict].split())


def test_a_claim_that_gives_a_date_does_not_call_it_unsaid(store, claims):
    for number, claim in claims.items():
        unsaid = short(values(store, claim, EDO + "notStated"))
        assert not ("date" in unsaid and stated_values(store, claim, EDO + "date")), number


def test_the_caption_tells_that_both_men_are_standing(store, claims):
    postures = stated_values(store, claims["C5.1"], EDO + "posture")
    assert postures == {iri("posture/standing").value}


def test_the_refusal_is_backed_by_relays_of_the_comment_alone(store, assessments):
    backing = short(values(store, assessments["A1"], EDO + "supportingSource"))
    assert backing == {"k2", "k3", "k4", "k5", "k6"}
