"""Pages and questions with many customers, and of one customer with very many contacts.

python -m benchmarks.pages [--customers 10000] [--contacts 200000] [--big 50000] [--seconds 15]

A hub on SQLite is filled in bulk; one of its customers has `--big` contacts, one has twenty. Then
each question of the customer page is asked of both in turn, beside the bare indexed query for the
newest 25 rows. Then `rapport run` serves the hub, and each page is asked for 20 times a second on
the loopback interface; a time counts from when the request was due, not from when it was sent.
"Alone" are the times of a single visitor before that, the first request left out.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from html import unescape
from http.client import HTTPConnection
from itertools import islice
from random import Random
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from adapters.enrolment import enrol
from adapters.wiring import Rapport, build
from benchmarks.measure import folder, in_turn, percentile, report
from benchmarks.samples import histories, ids, one_history
from domain.identity import SYSTEM
from domain.root import Act, Envelope
from projections import balances, directory, follow_ups, profile, repairs, timeline

CHUNK = 5_000
A_SECOND = 20
ALONE = 40
"""So often each page is asked for by a single visitor first, one request after the other."""

SMALL_CONTACTS = 20
PASSWORD = "four dull horses sang"  # noqa: S105 -- of a hub that is gone when the benchmark ends
BIG, SMALL = islice(ids(7), 2)
TODAY = date(2026, 1, 1)

Question = Callable[[Connection, UUID], object]

OF_A_CUSTOMER: dict[str, Question] = {
    "profile": lambda c, one: profile.profile(c, [one]),
    "timeline, first page": lambda c, one: timeline.timeline(c, [one]),
    "timeline, one kind": lambda c, one: timeline.timeline(c, [one], kinds=["payment"]),
    "timeline, a word": lambda c, one: timeline.timeline(c, [one], search="order"),
    "counts": lambda c, one: timeline.counts_by_kind(c, [one]),
    "balances": lambda c, one: balances.balances(c, [one], on=TODAY),
    "ageing": lambda c, one: balances.ageing(c, [one], on=TODAY),
    "standing": lambda c, one: balances.standings(c, [one], on=TODAY),
    "open items, the oldest": lambda c, one: balances.open_items(c, [one], limit=100),
    "ledger, first page": lambda c, one: balances.ledger(c, [one]),
    "repairs": lambda c, one: repairs.repairs_of(c, [one]),
    "follow-ups": lambda c, one: follow_ups.open_for(c, [one]),
}

BARE = text(
    "SELECT * FROM timeline WHERE stream = :stream "
    "ORDER BY occurred_at DESC, position DESC LIMIT 25"
)
SORTS: tuple[directory.Sort, ...] = ("name", "last_contact", "registered")
SEARCHES = ("berg", "müller 4", "王伟", "1004711", "4930100471", "A-4711", "costa 123")


def fill(rapport: Rapport, customers: int, contacts: int, big: int) -> None:
    """Record the customers with their contacts in bulk, and fold them."""
    told = histories(customers, customers + contacts)
    for history in (told, one_history(BIG, big), one_history(SMALL, SMALL_CONTACTS)):
        while chunk := list(islice(history, CHUNK)):
            rapport.log.append(chunk)
    rapport.projector.rebuilding.rebuild()


def ask(rapport: Rapport, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each question: of the big and the small customer, and of all."""
    figures: dict[str, dict[str, float]] = {}
    with rapport.tables.connect() as connection:
        for name, question in {"bare query of 25 rows": _bare, **OF_A_CUSTOMER}.items():
            seconds = in_turn(
                {
                    "big": partial(question, connection, BIG),
                    "small": partial(question, connection, SMALL),
                },
                rounds=rounds,
            )
            times = {side: percentile(each, 0.5) * 1000 for side, each in seconds.items()}
            figures[name] = {side: round(each, 3) for side, each in times.items()}
            figures[name]["big to small"] = round(times["big"] / times["small"], 2)
        of_all: dict[str, Callable[[], object]] = {
            **{f"find {word!r}": partial(directory.find, connection, word) for word in SEARCHES},
            **{f"list by {s}": partial(directory.listing, connection, sort=s) for s in SORTS},
        }
        for name, seconds_of_it in in_turn(of_all, rounds=rounds).items():
            figures[name] = _milliseconds(seconds_of_it)
    return figures


def _bare(connection: Connection, one: UUID) -> object:
    return connection.execute(BARE, {"stream": one.hex}).all()


class Browser:
    """Somebody who is signed in; each request has a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie = ""
        token = self._token(self.get("/sign-in"))
        self.post("/sign-in", {"csrf_token": token, "name": "lena", "password": PASSWORD})

    def get(self, path: str) -> str:
        """The page at this path. Raises RuntimeError for anything but a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> str:
        """Send a form."""
        return self._ask("POST", path, urlencode(form))

    def token_of(self, path: str) -> str:
        """The token that forms of this page carry."""
        return self._token(self.get(path))

    def _ask(self, method: str, path: str, body: str | None) -> str:
        headers = {"Accept": "text/html", "Cookie": self._cookie}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        if told := answer.headers.get("Set-Cookie"):
            self._cookie = told.partition(";")[0]
        connection.close()
        if answer.status not in (200, 302, 303):
            raise RuntimeError(f"{method} {path} was answered with {answer.status}: {page[:300]}")
        return page

    @staticmethod
    def _token(page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if found is None:
            raise RuntimeError(f"a page without a form: {page[:300]}")
        return unescape(found[1])


def serve_and_ask(customers: list[UUID], seconds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of pages that `rapport run` serves, each asked for at a steady rate."""
    chance = Random(3)  # noqa: S311 -- nothing secret
    with _served() as port:
        browser = Browser(port)
        token = browser.token_of(f"/customers/{SMALL}")

        def log() -> str:
            form = {"csrf_token": token, "key": uuid4().hex, "reason": "order", "summary": "Asks."}
            return browser.post(f"/customers/{chance.choice(customers)}/phone-calls", form)

        pages: dict[str, Callable[[], str]] = {
            "customer page": lambda: browser.get(f"/customers/{chance.choice(customers)}"),
            "page of the big customer": lambda: browser.get(f"/customers/{BIG}"),
            "page of the small customer": lambda: browser.get(f"/customers/{SMALL}"),
            "palette search": lambda: browser.get(f"/palette?q={quote(chance.choice(SEARCHES))}"),
            "list of customers": lambda: browser.get("/customers"),
            "list, searched": lambda: browser.get(f"/customers?q={quote(chance.choice(SEARCHES))}"),
            "list by last contact": lambda: browser.get("/customers?sort=last_contact"),
            "POST phone call": log,
        }
        alone = in_turn(pages, rounds=ALONE)
        return {
            name: {
                **{f"alone, {p}": ms for p, ms in _milliseconds(alone[name][1:]).items()},
                **_milliseconds(_steadily(page, seconds)),
            }
            for name, page in pages.items()
        }


def _steadily(ask_once: Callable[[], object], seconds: int) -> list[float]:
    start = time.perf_counter() + 0.1

    def timed(number: int) -> float:
        due = start + number / A_SECOND
        time.sleep(max(due - time.perf_counter(), 0))
        ask_once()
        return time.perf_counter() - due

    with ThreadPoolExecutor(16) as visitors:
        return list(visitors.map(timed, range(A_SECOND * seconds)))


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    return {
        "p50": round(percentile(seconds, 0.5) * 1000, 2),
        "p95": round(percentile(seconds, 0.95) * 1000, 2),
    }


@contextmanager
def _served() -> Iterator[int]:
    """`rapport run` on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "adapters.cli", "run"]
    server = subprocess.Popen(
        command,
        env={**os.environ, "RAPPORT_PORT": str(port), "RAPPORT_LOG_LEVEL": "warning"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _customers_of(told: Iterator[Envelope], count: int) -> list[UUID]:
    return [envelope.stream for envelope in islice(told, count)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--big", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=15)
    wanted = parser.parse_args()
    figures = {"customers": wanted.customers, "contacts": wanted.contacts, "big": wanted.big}
    with folder() as place:
        os.environ["RAPPORT_DATABASE_URL"] = f"sqlite:///{place / 'rapport.db'}"
        os.environ["RAPPORT_DATA_DIR"] = str(place)
        with build() as rapport:
            fill(rapport, wanted.customers, wanted.contacts, wanted.big)
            enrol(
                rapport.hub,
                rapport.desk,
                name="Lena Hoffmann",
                sign_in_name="lena",
                password=PASSWORD,
                role="agent",
                act=Act(by=SYSTEM, at=datetime.now(UTC)),
            )
            rapport.projector.catch_up()
            questions = ask(rapport, wanted.rounds)
        customers = _customers_of(histories(wanted.customers, wanted.customers), 1_000)
        pages = serve_and_ask(customers, wanted.seconds)
    report("pages", {**figures, "questions, ms": questions, "pages at 20 a second, ms": pages})


if __name__ == "__main__":
    main()
