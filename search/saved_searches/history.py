"""The latest searches of each person who wants them kept; never of people who are not signed in.

A web process hands them to a thread, so that no search waits for the database's write lock. Processes without that
thread write at once.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from search.models import NoHistory, RecentSearch
from search.permissions.visibility import Person
from search.retrieval.parameters import Parameters
from search.retrieval.query_string import MAX_CHARACTERS, Description, describe, tidy_query

logger = logging.getLogger(__name__)

KEPT = 50
"""Of one person, the newest."""

_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Remembered:
    """A recent search, its words, and its query string."""

    search: RecentSearch
    described: Description


def remember(person: Person, parameters: Parameters) -> None:
    """Keeps what was asked, soon and without waiting; nothing of anonymous people, and nothing that is overlong."""
    if not person.pk:
        return
    query = tidy_query(parameters)
    if query and len(query) <= MAX_CHARACTERS:
        recorder.take(person.pk, query)


def recent_searches(person: Person, most: int = KEPT) -> list[Remembered]:
    """The newest first."""
    return list(_remembered(person, most))


def recent_words(person: Person, most: int) -> list[Remembered]:
    """The newest search of each words: what was asked of several datasets stands once."""
    newest: dict[str, Remembered] = {}
    for one in _remembered(person, KEPT):
        newest.setdefault(one.described.words, one)
        if len(newest) == most:
            break
    return list(newest.values())


def _remembered(person: Person, most: int) -> Iterator[Remembered]:
    if person.pk:
        for one in RecentSearch.objects.filter(owner_id=person.pk)[:most]:
            yield Remembered(one, describe(one.query))


def keeps_history(person: Person) -> bool:
    """Tell whether searches of this person are kept."""
    return bool(person.pk) and not NoHistory.objects.filter(person_id=person.pk).exists()


def forget(person: Person, search_id: int | None = None) -> int:
    """Forgets one search of the person, or all; says how many."""
    searches = RecentSearch.objects.filter(owner_id=person.pk)
    return (searches if search_id is None else searches.filter(pk=search_id)).delete()[0]


def stop_history(person: Person) -> None:
    """Keeps nothing from now on, and forgets what was kept."""
    NoHistory.objects.get_or_create(person_id=person.pk)
    forget(person)


def start_history(person: Person) -> None:
    """Keeps searches from now on."""
    NoHistory.objects.filter(person_id=person.pk).delete()


class Recorder:
    """Writes searches down: in its thread once it is started, else in that of the caller."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[int, str] | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    def take(self, person_id: int, query: str) -> None:
        """Queue a search to be written. Where a thousand wait already, it is lost rather than the search late."""
        if self._thread is None:
            _write(person_id, query)
            return
        try:
            self._waiting.put_nowait((person_id, query))
        except queue.Full:
            logger.warning("a search is left out of the history: the database is too busy")

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="history", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits and ends the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (taken := self._waiting.get()) is not None:
            try:
                _write(*taken)
            except DatabaseError:
                logger.warning("a search is left out of the history", exc_info=True)
            finally:
                connection.close()


recorder = Recorder()


def _write(person_id: int, query: str) -> None:
    if NoHistory.objects.filter(person_id=person_id).exists():
        return
    fingerprint = hashlib.sha256(query.encode()).hexdigest()
    with transaction.atomic():
        RecentSearch.objects.update_or_create(
            owner_id=person_id, fingerprint=fingerprint, defaults={"query": query, "asked_at": timezone.now()}
        )
        newest = RecentSearch.objects.filter(owner_id=person_id)
        old = list(newest.values_list("pk", flat=True)[KEPT : 2 * KEPT])
        if old:
            RecentSearch.objects.filter(pk__in=old).delete()
