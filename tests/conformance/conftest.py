"""Cases of certification run against whole nodes, as all tests on real servers do."""

from tests.integration.conftest import house, shared_house, start_house

__all__ = ["house", "shared_house", "start_house"]
