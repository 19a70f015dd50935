"""Serving: pages, projector and clock, in one process or in several."""

from __future__ import annotations

import importlib
import signal
import threading
from types import FrameType

import click
from waitress.server import create_server

from adapters.first_start import FirstStart
from adapters.messages import speak
from adapters.scheduler import Scheduler
from adapters.wiring import Rapport, build


@click.command()
@click.option("--threads", default=8, show_default=True, help="Requests served at once.")
def run(threads: int) -> None:
    """Serve the hub: pages, projector and scheduled jobs in this one process."""
    with build() as rapport:
        speak(rapport.settings)
        application = importlib.import_module("wsgi").application(rapport)
        stop = threading.Event()
        projector = _projecting(rapport, stop)
        scheduler = Scheduler(rapport)
        scheduler.start()
        settings = rapport.settings
        _greet(rapport)
        server = create_server(
            application,
            host=settings.host,
            port=settings.port,
            threads=threads,
            ident="rapport",
            # waitress removes what proxies say unless it is left to the application to judge it
            clear_untrusted_proxy_headers=not settings.proxy_hops,
        )
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            server.run()
        finally:
            stop.set()
            server.close()
            scheduler.stop()
            projector.join()


@click.command()
def worker() -> None:
    """Fold events and run scheduled jobs, beside web processes on the same database.

    As many workers as wanted may run: positions are guarded, and one of them runs the jobs.
    """
    with build() as rapport:
        if rapport.settings.is_sqlite:
            raise click.ClickException(
                "With SQLite, `rapport run` does everything. Workers are for PostgreSQL."
            )
        speak(rapport.settings)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        scheduler = Scheduler(rapport)
        scheduler.start()
        click.echo("folding events; Ctrl+C ends it", err=True)
        try:
            _project(rapport, stop)
        finally:
            scheduler.stop()


def _projecting(rapport: Rapport, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_project, args=[rapport, stop], name="projector", daemon=True)
    thread.start()
    return thread


def _project(rapport: Rapport, stop: threading.Event) -> None:
    """Follow the log; first rebuild what an older version of the hub had folded."""
    if outdated := [each.name for each in rapport.projector.outdated()]:
        click.echo(f"rebuilding {', '.join(outdated)} for this version", err=True)
        rapport.projector.rebuilding.rebuild(outdated)
    rapport.projector.run(stop)


def _greet(rapport: Rapport) -> None:
    settings = rapport.settings
    address = f"http://{settings.host}:{settings.port}"
    click.echo(f"Rapport serves {address}", err=True)
    if not rapport.desk.credentials.there_are_any():
        token = FirstStart(settings.data_dir).token()
        click.echo(f"Make the first administrator: {address}/start?token={token}", err=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
