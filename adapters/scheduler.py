"""What runs by the clock: one line a job, and one process that runs them, wherever there are many."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from filelock import FileLock, Timeout
from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    make_url,
    select,
    text,
)

from adapters.database import checkpoint, writing
from projections import profile

if TYPE_CHECKING:
    from adapters.wiring import Rapport

_log = logging.getLogger(__name__)

TAKE_OVER_SECONDS = 10.0
"""How often a process without the lock looks whether it may run the jobs now."""

LOOK_AGAIN_SECONDS = 5.0
"""How often the process with the lock makes sure that it still holds it."""

_ADVISORY_LOCK = 0x5261704A6F6273  # "RapJobs" in ASCII

jobs_metadata = MetaData()

job_runs = Table(
    "job_runs",
    jobs_metadata,
    Column("name", String(64), primary_key=True),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("error", Text),
)


def finish_erasures(rapport: Rapport) -> None:
    """Destroy what is left of all who were erased: their keys, should a process have died right
    before it did, and what somebody was just typing about them.
    """
    with rapport.tables.connect() as connection:
        erased = profile.erased(connection)
    for stream in erased:
        rapport.keyring.destroy(stream)
        rapport.desk.drafts.remove_about(f"customers/{stream}")


@dataclass(frozen=True)
class Job:
    """Something done every so often. It may be done late, and never twice at once."""

    name: str
    every: timedelta
    do: Callable[[Rapport], object]


JOBS: tuple[Job, ...] = (
    Job("tidy the desk", timedelta(hours=1), lambda rapport: rapport.desk.tidy()),
    Job("finish erasures", timedelta(minutes=10), finish_erasures),
    Job("checkpoint the log", timedelta(minutes=5), lambda rapport: checkpoint(rapport.engine)),
)


@dataclass(frozen=True)
class JobRun:
    """The last run of a job; `ended_at` is None while it runs, or when its process died in it."""

    name: str
    started_at: datetime
    ended_at: datetime | None
    error: str | None


def last_runs(engine: Engine) -> list[JobRun]:
    """When each job ran last, and what went wrong."""
    with engine.connect() as connection:
        return [JobRun(*row) for row in connection.execute(select(job_runs).order_by("name"))]


class Scheduler:
    """Runs the jobs while it holds the lock, and waits for the lock while another process does.

    The system frees the lock when its holder dies, so the next process takes over by itself.
    """

    def __init__(self, rapport: Rapport, jobs: tuple[Job, ...] = JOBS) -> None:
        self._rapport = rapport
        self._jobs = jobs
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._lead_or_wait, name="scheduler", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End; a job that runs is waited for."""
        self._stop.set()
        self._thread.join()

    def _lead_or_wait(self) -> None:
        while not self._stop.is_set():
            try:
                with _only_one(self._rapport) as still_leads:
                    if still_leads():
                        self._run_jobs(still_leads)
            except Exception:  # noqa: BLE001 -- a lost database must not end the clock: the next round tries again
                _log.exception("the scheduler lost its lock and tries again")
            self._stop.wait(TAKE_OVER_SECONDS)

    def _run_jobs(self, still_leads: Callable[[], bool]) -> None:
        clock = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1}
        )
        for job in self._jobs:
            clock.add_job(
                self._run,
                IntervalTrigger(seconds=int(job.every.total_seconds())),
                args=[job],
                id=job.name,
                misfire_grace_time=int(job.every.total_seconds()),
                next_run_time=datetime.now(UTC),
            )
        clock.start()
        try:
            while not self._stop.wait(LOOK_AGAIN_SECONDS) and still_leads():
                pass
        finally:
            clock.shutdown(wait=True)

    def _run(self, job: Job) -> None:
        started = datetime.now(UTC)
        self._note(job, started, None, None)
        try:
            job.do(self._rapport)
        except Exception as problem:  # noqa: BLE001 -- told on the operations page
            _log.exception("job %s failed", job.name)
            self._note(job, started, datetime.now(UTC), f"{type(problem).__name__}: {problem}")
        else:
            self._note(job, started, datetime.now(UTC), None)

    def _note(self, job: Job, started: datetime, ended: datetime | None, error: str | None) -> None:
        values = {"started_at": started, "ended_at": ended, "error": error}
        with writing(self._rapport.engine) as connection:
            updated = connection.execute(
                job_runs.update().where(job_runs.c.name == job.name).values(**values)
            )
            if updated.rowcount == 0:
                connection.execute(job_runs.insert().values(name=job.name, **values))


@contextmanager
def _only_one(rapport: Rapport) -> Iterator[Callable[[], bool]]:
    """Try for the scheduler's lock; gives a question that says whether we hold it (still)."""
    if rapport.settings.is_sqlite:
        lock = FileLock(f"{make_url(rapport.settings.database_url).database}.scheduler")
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0)
        try:
            yield lambda: lock.is_locked
        finally:
            lock.release()
        return
    with rapport.engine.connect() as connection:
        session = connection.execution_options(isolation_level="AUTOCOMMIT")
        key = {"key": _ADVISORY_LOCK}
        held = session.scalar(text("SELECT pg_try_advisory_lock(:key)"), key)
        try:
            # The lock lives as long as this session: when the session answers, we hold it.
            yield lambda: bool(held) and session.scalar(text("SELECT 1")) == 1
        finally:
            if held:
                session.execute(text("SELECT pg_advisory_unlock(:key)"), key)
