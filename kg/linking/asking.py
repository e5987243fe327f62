"""How Wikidata is asked in one run: the options, and the client they make."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kg.linking.cache import CACHE, Cache
from kg.linking.client import Progress, Wikidata
from kg.linking.reconciliation import Reconciliation
from kg.linking.service import Etiquette, Service, Tell
from kg.linking.wikidata import Addresses
from kg.project import Project


@dataclass(frozen=True)
class Asking:
    """The options; without a contact the project's base IRI stands for one.

    Without `cache`, answers are kept in the project's own folder.
    """

    api: str
    sparql: str
    contact: str | None
    cache: Path | None
    max_age_days: float
    offline: bool
    timeout_s: float

    def to_service(self, project: Project, tell: Tell) -> Service:
        """Make what asks services elsewhere."""
        rules = Etiquette(self.contact or project.base, timeout_s=self.timeout_s)
        return Service(rules, tell=tell)

    def to_cache(self, project: Project) -> Cache:
        """Open the answers that are kept."""
        return Cache(self.cache or project.root / CACHE)

    def to_wikidata(self, project: Project, tell: Tell, progress: Progress) -> Wikidata:
        """Make the client for a project, in English and the project's languages."""
        return Wikidata(
            self.to_service(project, tell),
            self.to_cache(project),
            addresses=Addresses(self.api, self.sparql),
            languages=("en", *(one for one in project.languages if one != "en")),
            max_age=timedelta(days=self.max_age_days),
            offline=self.offline,
            progress=progress,
        )

    def to_reconciliation(
        self, project: Project, address: str, tell: Tell, progress: Progress
    ) -> dict[str, Reconciliation]:
        """Make a client of a reconciliation service for each language of a project.

        The address may name the language, as `{language}`; else one service is asked in all.
        """
        service, cache = self.to_service(project, tell), self.to_cache(project)
        return {
            language: Reconciliation(
                service,
                cache,
                address.replace("{language}", language),
                max_age=timedelta(days=self.max_age_days),
                offline=self.offline,
                progress=progress,
            )
            for language in project.languages or ("en",)
        }
