"""The model against the real server: short here, long in `make soak` (tests/sync/soak.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.postgres import Cluster
from tests.sync.machine import Machine
from tests.sync.mutants import ALL
from tests.sync.oracle import Violation
from tests.sync.store import Store
from tests.sync.world import PostgresWorld, SqliteWorld, World, sqlite_world

# A seed with which each is caught after a few runs; when rules change, another may be needed.
SEEDS = {
    "no unique id": 1,
    "any 200 is success": 3,
    "cursor = head": 10,
    "no re-push after a restore": 3,
    "coalescing after send": 3,
    "keeping a page of an old epoch": 4,
    "acknowledged before the commit": 3,
    "the clock decides": 2,
    "late work dropped": 2,
}
RUNS_AT_MOST = 40


def run(world: World, store: type[Store], runs: int, begin: int, steps: int = 30) -> int:
    """How many runs were made. Raises Violation."""

    class Ours(Machine):
        pass

    Ours.world, Ours.store, Ours.runs = world, store, 0
    seed(begin)(Ours)
    run_state_machine_as_test(
        Ours,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            report_multiple_bugs=False,
            print_blob=False,
        ),
    )
    return Ours.runs


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteWorld]:
    with sqlite_world(tmp_path_factory.mktemp("model") / "data") as made:
        yield made


def test_no_promise_is_broken_on_sqlite(world: SqliteWorld) -> None:
    assert run(world, Store, runs=30, begin=1) >= 30


def test_no_promise_is_broken_on_postgresql(tmp_path: Path, cluster: Cluster) -> None:
    world = PostgresWorld(tmp_path / "data", cluster)
    try:
        assert run(world, Store, runs=3, begin=2, steps=20) >= 3
    finally:
        world.close()


@pytest.mark.parametrize("name", ALL)
def test_what_is_done_wrong_is_caught(world: SqliteWorld, name: str) -> None:
    store, broken = ALL[name]
    with broken(world), pytest.raises(Violation):
        run(world, store, RUNS_AT_MOST, SEEDS[name])
