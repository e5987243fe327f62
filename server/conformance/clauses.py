"""The table of clauses: SPARQL 1.1 Protocol, query side, and what it leans on; each with its test.

The sections and what they demand are those of the Recommendation of 21 March 2013; the tests are
our own. They ask nothing of the data: where two named graphs are needed they are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Literal

from server.conformance import answers, dataset, operation
from server.conformance.visitor import InapplicableError, UnmetError, UnsureError, Visitor

Outcome = Literal["passed", "failed", "inapplicable", "cantTell"]
Level = Literal["must", "should", "may"]

PROTOCOL = "https://www.w3.org/TR/sparql11-protocol/"
DESCRIPTION = "https://www.w3.org/TR/sparql11-service-description/"


@dataclass(frozen=True)
class Clause:
    """One clause: the section it stands in, and the test, whose docstring says what is asked.

    `level` is the word of the Recommendation; where it leaves the matter to HTTP or to the
    service, it is "may", and the test holds this service to what it says of itself.
    """

    section: str
    anchor: str
    level: Level
    test: Callable[[Visitor], None]

    @property
    def name(self) -> str:
        """A name for the clause's IRI."""
        return self.test.__name__.replace("_", "-")

    @property
    def demand(self) -> str:
        """What is asked, in one sentence."""
        return (self.test.__doc__ or "").strip()

    @property
    def source(self) -> str:
        """The address of the section."""
        return f"{DESCRIPTION if self.section.startswith('SD') else PROTOCOL}{self.anchor}"


@dataclass(frozen=True)
class Result:
    """What came of one clause's test; `info` says why it did not pass."""

    clause: Clause
    outcome: Outcome
    info: str = ""


def _section(
    number: str, anchor: str, level: Level, *tests: Callable[[Visitor], None]
) -> Iterator[Clause]:
    return (Clause(number, anchor, level, test) for test in tests)


CLAUSES: tuple[Clause, ...] = (
    *_section(
        "2.1",
        "#query-operation",
        "must",
        operation.get_and_post,
        operation.other_methods,
        operation.two_queries_by_get,
        operation.two_queries_by_form,
        operation.two_queries_mixed,
        operation.no_query_in_a_post,
    ),
    *_section(
        "2.1.1",
        "#query-via-get",
        "must",
        operation.by_get,
        operation.get_decodes_percent_signs,
        operation.get_parts_at_ampersands_only,
        operation.get_has_no_body,
    ),
    *_section("2.1.1", "#query-via-get", "may", operation.get_in_any_order),
    *_section(
        "2.1.2",
        "#query-via-post-urlencoded",
        "must",
        operation.by_form,
        operation.form_decodes_percent_signs,
        operation.form_parts_at_ampersands_only,
        operation.form_says_its_media_type,
    ),
    *_section(
        "2.1.2",
        "#query-via-post-urlencoded",
        "may",
        operation.form_in_any_order,
        operation.form_may_say_utf_8,
    ),
    *_section(
        "2.1.3",
        "#query-via-post-direct",
        "must",
        operation.by_direct_post,
        operation.direct_is_not_decoded,
        operation.direct_says_its_media_type,
        operation.direct_is_utf_8,
    ),
    *_section(
        "2.1.3",
        "#query-via-post-direct",
        "may",
        operation.direct_takes_graphs_from_the_address,
        operation.direct_may_say_utf_8,
    ),
    *_section(
        "2.1.4",
        "#dataset",
        "may",
        dataset.default_graph,
        dataset.default_graphs,
        dataset.named_graph,
        dataset.named_graphs,
        dataset.both_kinds,
        dataset.given_in_part,
        dataset.in_the_query,
        dataset.none_given,
        dataset.unknown_graph,
    ),
    *_section("2.1.4", "#dataset", "must", dataset.request_before_query),
    *_section(
        "2.1.5",
        "#conneg",
        "should",
        answers.select_as_json,
        answers.select_as_xml,
        answers.select_as_csv,
        answers.select_as_tsv,
        answers.ask_in_each_format,
        answers.construct_in_each_format,
        answers.describe_in_each_format,
        answers.qualities_decide,
        answers.anything_will_do,
        answers.nothing_fits,
    ),
    *_section(
        "2.1.6",
        "#query-success",
        "must",
        answers.select_succeeds_with_results,
        answers.ask_succeeds_with_a_boolean,
        answers.construct_succeeds_with_a_graph,
        answers.describe_succeeds_with_a_graph,
        answers.head_is_get_without_a_body,
    ),
    *_section(
        "2.1.7",
        "#query-failure",
        "must",
        answers.bad_syntax_is_400,
        answers.undeclared_prefix_is_400,
    ),
    *_section(
        "2.1.7",
        "#query-failure",
        "may",
        answers.failure_says_why,
        answers.failure_is_negotiated,
        answers.what_is_refused_is_4xx,
    ),
    *_section(
        "2.2",
        "#update-operation",
        "may",
        answers.update_by_form,
        answers.update_by_direct_post,
        answers.update_with_a_dataset,
    ),
    *_section(
        "2.2",
        "#update-operation",
        "must",
        answers.update_by_get,
        answers.update_as_a_query,
        answers.both_operations,
    ),
    *_section("2.3", "", "must", dataset.base_of_the_query, dataset.base_of_the_service),
    *_section(
        "SD 2",
        "#accessing",
        "should",
        answers.description_at_the_endpoint,
        answers.description_is_negotiated,
        answers.description_names_the_endpoint,
    ),
)


def run(visitor: Visitor, clauses: tuple[Clause, ...] = CLAUSES) -> tuple[Result, ...]:
    """Try every clause on an endpoint."""
    return tuple(_try(clause, visitor) for clause in clauses)


def _try(clause: Clause, visitor: Visitor) -> Result:
    try:
        clause.test(visitor)
    except UnmetError as error:
        return Result(clause, "failed", str(error))
    except InapplicableError as error:
        return Result(clause, "inapplicable", str(error))
    except (UnsureError, OSError) as error:
        return Result(clause, "cantTell", str(error))
    except (
        HTTPException,
        SyntaxError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        return Result(clause, "failed", f"the answer cannot be read: {error}")
    return Result(clause, "passed")
