"""What the tests of members share with those of Cellwright itself: real data, no network, settings of their own."""

from tests.conftest import (
    cache_of_its_own,
    chance_of_its_own,
    data_dir,
    garbage_goes,
    garbage_waits,
    no_network,
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    qtbot,
    repository,
    settings_of_its_own,
)

__all__ = [
    "cache_of_its_own",
    "chance_of_its_own",
    "data_dir",
    "garbage_goes",
    "garbage_waits",
    "no_network",
    "pytest_collection_modifyitems",
    "pytest_sessionfinish",
    "qtbot",
    "repository",
    "settings_of_its_own",
]
