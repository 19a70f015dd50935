"""The servers that the other tests rely on are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests import servers


def test_each_test_has_a_postgresql_database_of_its_own(
    postgres_server: servers.Postgres, postgres_url: str
) -> None:
    other = postgres_server.new_database()
    write(postgres_url, "CREATE TABLE mine (n int)")

    assert tables(postgres_url) == ["mine"]
    assert tables(other) == []

    postgres_server.drop_database(other)


def test_a_copied_database_brings_its_tables(
    postgres_server: servers.Postgres, postgres_url: str
) -> None:
    write(postgres_url, "CREATE TABLE mine (n int)")
    name = postgres_url.partition("@/")[2].partition("?")[0]

    copy = postgres_server.new_database(template=name)

    assert tables(copy) == ["mine"]
    postgres_server.drop_database(copy)


def test_a_killed_server_comes_back_with_what_was_committed(
    postgres_programs: Path,
) -> None:
    with servers.postgres(postgres_programs) as server:
        url = server.new_database()
        write(url, "CREATE TABLE kept (n int)")

        server.kill()
        with pytest.raises(OperationalError):
            tables(url)
        server.start()

        assert tables(url) == ["kept"]


def write(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            names = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            return [*connection.scalars(names)]
    finally:
        engine.dispose()
