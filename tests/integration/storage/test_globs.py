"""The database reads patterns as we do."""

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.kit.globs import like, matches

ODD = st.text(alphabet="aAbB*?%_\\.\n", max_size=6)


async def test_the_database_matches_as_we_do(database: str) -> None:
    pairs: list[tuple[str, str]] = []

    @settings(database=None, max_examples=400, suppress_health_check=list(HealthCheck))
    @given(ODD, ODD)
    def gather(pattern: str, text: str) -> None:
        pairs.append((pattern, text))

    gather()
    connection = await asyncpg.connect(database)
    patterns, texts = [like(pattern) for pattern, _ in pairs], [text for _, text in pairs]
    rows = await connection.fetch(
        "SELECT text ILIKE pattern AS does FROM unnest($1::text[], $2::text[]) AS row (pattern, text)", patterns, texts
    )
    await connection.close()
    told = [row["does"] for row in rows]
    assert told == [matches(pattern, text) for pattern, text in pairs]
    assert True in told
