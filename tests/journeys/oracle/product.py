"""A running product, read through its public GET endpoints alone: whole lists, and single entries several at a time."""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import httpx

SERVICES = ("needs", "training", "mentoring", "evaluation")
PAGE = 200
SECONDS = 60.0
AT_ONCE = 4

Entry = dict[str, Any]


class Product:
    """GET only, at the address of each service; one token for all, or one for each service."""

    def __init__(self, base_urls: Mapping[str, str], token: str | Mapping[str, str]) -> None:
        self._base_urls = base_urls
        self._tokens = dict.fromkeys(base_urls, token) if isinstance(token, str) else token
        self._client = httpx.Client(timeout=SECONDS)
        # Connections end with the one who read, who needs not think of it.
        weakref.finalize(self, self._client.close)
        self._read: dict[tuple[str, ...], Any] = {}

    def close(self) -> None:
        self._client.close()

    def get(self, service: str, path: str, **query: object) -> Any:
        """One answer; asked again, what was read first, so that all subjects look at the same moment."""
        parameters = {name: str(value) for name, value in query.items() if value is not None}
        key = (service, path, *(f"{name}={value}" for name, value in sorted(parameters.items())))
        if key not in self._read:
            answer = self._client.get(
                f"{self._base_urls[service].rstrip('/')}/{service}/{path}",
                params=parameters,
                headers={"Authorization": f"Bearer {self._tokens[service]}"},
            )
            answer.raise_for_status()
            self._read[key] = answer.json()
        return self._read[key]

    def all(self, service: str, path: str, cursor: str = "id", **query: object) -> list[Entry]:
        """Every entry of a list that is read back in time, page by page."""
        found: list[Entry] = []
        before = None
        while entries := self.get(service, path, limit=PAGE, before=before, **query):
            found += entries
            if len(entries) < PAGE:
                break
            before = entries[-1][cursor]
        return found

    def paged(self, service: str, path: str, entries: str, **query: object) -> Iterator[Entry]:
        """Every entry of a list whose pages name the next one."""
        after = None
        while True:
            page = self.get(service, path, limit=PAGE, after=after, **query)
            yield from page[entries]
            after = page["next"]
            if after is None:
                return

    def each(self, service: str, paths: Iterable[str], **query: object) -> list[Any]:
        """Single entries in the order of their paths, several at a time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda path: self.get(service, path, **query), paths))

    def today(self) -> date:
        """The day that the installation's clock shows."""
        somebody = self.get("needs", "employees", limit=1)["employees"][0]["id"]
        return date.fromisoformat(self.get("needs", f"gaps/{somebody}")["on"])

    def employees(self) -> list[Entry]:
        return list(self.paged("needs", "employees", "employees"))
