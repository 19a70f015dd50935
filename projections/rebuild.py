"""Rebuilding read models from the whole log, beside the live tables and without touching them.

A rebuild has its own tables and its own position, so it may be killed and goes on where it was.
The switch renames both sets of tables in one transaction: whoever reads sees the old rows or the
new ones. The old ones stay until they are retired.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import Connection, Engine

from projections import generations, positions
from projections.compare import Comparison, TableComparison, compare_tables
from projections.failures import is_trouble
from projections.folding import Log, NextPage, Target, commit_page, fold_page, next_page
from projections.positions import Generation, reading, writing
from projections.projection import Projection

PAGE_OF_ONE_WRITER = 5_000
"""On SQLite nobody can log a contact while a page is folded."""

PAGE = 20_000
AT_A_TIME = 2
SWITCH_ATTEMPTS = 10
Progress = Callable[[int, int], None]
"""Called after each page with the position that all have reached, and the head of the log."""


class NothingToCompare(Exception):
    """There are no two generations of the same version."""


class NotBuilding(LookupError):
    """No rebuild of this read model has been started."""


class Rebuild:
    """Rebuilds read models, while projectors anywhere go on folding the live tables.

    Raises RebuildStopped when an event cannot be folded, LookupError for an unknown name, and the
    database's own errors; whatever is raised, the live tables are as they were, and the same call
    goes on where the last one ended.

    On PostgreSQL readers use READ COMMITTED, its default: a snapshot from before the rebuild finds
    the new tables by their names, but none of their rows.
    """

    def __init__(
        self,
        log: Log,
        engine: Engine,
        projections: Iterable[Projection],
        *,
        page: int | None = None,
    ) -> None:
        self.log = log
        self.engine = engine
        self.projections = {projection.name: projection for projection in projections}
        self._has_one_writer = engine.dialect.name == "sqlite"
        self.page = page or (PAGE_OF_ONE_WRITER if self._has_one_writer else PAGE)

    def rebuild(
        self, names: Collection[str] = (), progress: Progress | None = None
    ) -> list[Comparison]:
        """Start or go on, fold to the head, compare, and switch: these models, or all.

        All of them are folded together, so each event is read and decoded once. The tables that
        were live stay until `retire`, or the next rebuild. Returns how they compare, for the
        models of which both generations are of one version.
        """
        names = tuple(names) or tuple(self.projections)
        for name in names:
            self.retire(name)
        self.start(names)
        self.fold(names, progress)
        comparisons = []
        for name in names:
            live = self._only(name, "live")
            if live is not None and live.version == self.projections[name].version:
                comparisons.append(self.compare(name))
            self.switch(name)
        return comparisons

    def verify(self, name: str, progress: Progress | None = None) -> Comparison:
        """Fold a model anew, compare it with the live one, and drop it again."""
        self.start([name])
        self.fold([name], progress)
        comparison = self.compare(name)
        self.abandon(name)
        return comparison

    def start(self, names: Collection[str]) -> None:
        """Create empty tables beside the live ones, unless such a rebuild has begun already."""
        for name in names:
            projection = self._projection(name)
            with writing(self.engine) as connection:
                positions.exclude_others(connection)
                known = positions.hold(connection, name)
                building = [each for each in known if each.state == "building"]
                if building and building[0].version == projection.version:
                    continue
                for other in building:
                    generations.drop(connection, other)
                number = max((each.number for each in known), default=0) + 1
                generations.create(
                    connection, projection, generations.new(projection, number, "building")
                )

    def fold(self, names: Collection[str], progress: Progress | None = None) -> None:
        """Fold what was started up to the head of the log, which may go on growing."""
        targets = [self._building(name) for name in names]
        while (page := next_page(self.log, targets, self.log.head(), self.page)) is not None:
            targets = self._folded(page, targets)
            if progress is not None:
                progress(min(each.generation.position for each in targets), self.log.head())

    def compare(self, name: str) -> Comparison:
        """Compare the live tables with the rebuilt ones at one position, while both are in use.

        Raises NothingToCompare when the versions differ: then the rows are meant to.
        """
        self._let_live_reach_building(name)
        with reading(self.engine) as here:
            live = self._live_of_this_version(self._of(here, name), name)
            building = self._fold_upto(self._building(name), live.position)
            with reading(self.engine) as there:
                found = self._of(there, name)
                if building.generation not in found:
                    raise NothingToCompare(f"Another process goes on rebuilding {name}: try again.")
                parked = positions.parked_counts(here).get((name, live.number), 0)
                return Comparison(
                    name=name,
                    position=live.position,
                    parked=parked,
                    tables=self._compared(here, live, there, building),
                )

    def switch(self, name: str) -> None:
        """Let the rebuilt tables be the live ones, folded to the last event, in one transaction.

        A report that still reads the live tables holds this up: it is tried ten times.
        """
        self.fold([name])
        for attempt in range(1, SWITCH_ATTEMPTS + 1):
            try:
                with writing(self.engine) as connection:
                    self._switch(connection, name)
                return
            except Exception as error:
                if attempt == SWITCH_ATTEMPTS or not is_trouble(error):
                    raise
                time.sleep(0.1 * attempt)

    def retire(self, name: str) -> list[int]:
        """Drop the tables that were live before the last switch; returns their generations."""
        return self._drop(name, "old")

    def abandon(self, name: str) -> list[int]:
        """Drop the tables of a rebuild that is not wanted any more; returns their generations."""
        return self._drop(name, "building")

    # --- how ----------------------------------------------------------------------------------

    def _switch(self, connection: Connection, name: str) -> None:
        positions.exclude_others(connection)
        known = positions.hold(connection, name)
        building = self._building_of(known, name)
        live = [each for each in known if each.state == "live"]
        goal = max([self.log.head(), *(each.position for each in live)])
        targets = [generations.target(self.projections[name], building)]
        while (page := next_page(self.log, targets, goal, self.page)) is not None:
            fold_page(connection, page, carefully=True)
            targets = [page.moved(each) for each in targets]
        for each in live:
            generations.rename(connection, each, "old")
        generations.rename(connection, building, "live")

    def _drop(self, name: str, state: positions.State) -> list[int]:
        self._projection(name)
        with writing(self.engine) as connection:
            positions.exclude_others(connection)
            dropped = [each for each in positions.hold(connection, name) if each.state == state]
            for each in dropped:
                generations.drop(connection, each)
        return [each.number for each in dropped]

    def _let_live_reach_building(self, name: str) -> None:
        """The new tables cannot go back, so where they are ahead the live ones are folded on."""
        building = self._building(name).generation
        while True:
            with reading(self.engine) as connection:
                live = self._live_of_this_version(self._of(connection, name), name)
            if live.position >= building.position:
                return
            target = generations.target(self.projections[name], live)
            page = next_page(self.log, [target], building.position, self.page)
            if page is None:
                raise NothingToCompare(f"The log ends before {building.position}, where {name} is.")
            commit_page(self.engine, page)

    def _fold_upto(self, target: Target, position: int) -> Target:
        targets = [target]
        while (page := next_page(self.log, targets, position, self.page)) is not None:
            targets = self._folded(page, targets)
        return targets[0]

    def _folded(self, page: NextPage, targets: Sequence[Target]) -> list[Target]:
        if self._commit(page):
            return [page.moved(each) for each in targets]
        return [self._building(each.projection.name) for each in targets]  # another one was faster

    def _commit(self, page: NextPage) -> bool:
        """On PostgreSQL two models at a time: one is stored by the server, the other folded here.

        SQLite has one writer at a time, so there the whole page is one transaction.
        """
        if self._has_one_writer or len(page.targets) == 1:
            return commit_page(self.engine, page)
        alone = [page._replace(targets=[target]) for target in page.targets]
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            return all(list(threads.map(partial(commit_page, self.engine), alone)))

    def _compared(
        self, here: Connection, live: Generation, there: Connection, building: Target
    ) -> tuple[TableComparison, ...]:
        ours = generations.tables_of(building.projection, live).tables
        return tuple(
            compare_tables(here, ours[table], there, theirs, name=table.name)
            for table, theirs in building.tables.tables.items()
        )

    def _live_of_this_version(self, known: Sequence[Generation], name: str) -> Generation:
        for each in known:
            if each.state == "live" and each.version == self._projection(name).version:
                return each
        raise NothingToCompare(
            f"The live tables of {name} are of another version than the program, so their rows are "
            "meant to differ. Switch without comparing."
        )

    def _building(self, name: str) -> Target:
        with reading(self.engine) as connection:
            known = self._of(connection, name)
        return generations.target(self._projection(name), self._building_of(known, name))

    def _building_of(self, known: Sequence[Generation], name: str) -> Generation:
        version = self._projection(name).version
        for each in known:
            if each.state == "building" and each.version == version:
                return each
        raise NotBuilding(f"No rebuild of {name} (version {version}) has begun: start it first.")

    def _only(self, name: str, state: positions.State) -> Generation | None:
        with reading(self.engine) as connection:
            return next((e for e in self._of(connection, name) if e.state == state), None)

    def _of(self, connection: Connection, name: str) -> list[Generation]:
        return [each for each in positions.generations(connection) if each.name == name]

    def _projection(self, name: str) -> Projection:
        if name not in self.projections:
            known = ", ".join(sorted(self.projections))
            raise LookupError(f"There is no read model {name!r}. There are: {known}.")
        return self.projections[name]
