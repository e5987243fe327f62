"""What can go wrong, as sentences: what is wrong, where, and what to do about it.

    KnowledgeError
    |-- ProjectError    the folder is no project, or its catalog does not say what it publishes
    |-- SourceError     a file of the project cannot be read or parsed (path, line, column)
    |-- LinkError       a mapping file breaks SSSOM (path, line)
    |-- ArticleError    the article given for checking cannot be read
    |-- ShapeError      the graph breaks its shapes, or a shape selects nothing
    |-- ReleaseError    a release cannot be written, opened or served
    |-- ServiceError    a service elsewhere does not answer, or not as its documentation says
    `-- QueryError      a query cannot be parsed or is not allowed (line, column)
        |-- QueryLimitError   it is larger than a limit allows, which it names
        `-- OrderError        it orders by terms that the engine cannot order together

`str(error)` reads like a compiler's message: `data/people.ttl:12:5: the prefix ...`.
"""


def to_printable(text: str) -> str:
    """Spell out signs a terminal would obey instead of show, such as U+001B."""
    return "".join(sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in text)


class KnowledgeError(Exception):
    """Base of every error a user can mend; anything else is a fault of ours."""

    def __init__(
        self,
        message: str,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        parts = (self.path, self.line, self.column)
        place = ":".join(str(part) for part in parts if part is not None)
        lines = (f"{place}: {self.message}" if place else self.message).split("\n")
        return "\n".join(map(to_printable, lines))


class ProjectError(KnowledgeError):
    """The folder is no project, or its catalog does not say what it publishes."""


class SourceError(KnowledgeError):
    """A file of the project cannot be read or parsed."""


class LinkError(KnowledgeError):
    """A mapping file breaks the SSSOM format."""


class ArticleError(KnowledgeError):
    """The article given for checking cannot be read."""


class ShapeError(KnowledgeError):
    """The graph breaks its shapes, or a shape selects nothing."""


class ReleaseError(KnowledgeError):
    """A release cannot be written, opened or served."""


class ServiceError(KnowledgeError):
    """A service elsewhere does not answer, or not as its documentation says."""


class QueryError(KnowledgeError):
    """A query cannot be parsed or is not allowed; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message, None, line, column)


class QueryLimitError(QueryError):
    """A query is larger than a limit allows; the limit has the name of its setting."""

    def __init__(
        self, message: str, limit_name: str, value: int, line: int | None, column: int | None
    ) -> None:
        super().__init__(message, line, column)
        self.limit_name = limit_name
        self.value = value


class OrderError(QueryError):
    """A query orders by terms that the engine cannot order together."""
