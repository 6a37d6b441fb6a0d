"""Stations and tokens are found in batches as they would be alone, and every claim has an epoch of its own."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.domain.access import Standing, TokenRef
from csms.domain.station.commands import Registration
from csms.ports.journal import CommitRefused, JournalUnavailable
from csms.ports.ownership import Void
from csms.storage import engine
from csms.storage.registry import PostgresOwnership, PostgresRegistry, PostgresTokens
from tests.eventually import eventually
from tests.integration.storage.conftest import Stores, outcomes
from tests.integration.strait import strait_to

PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=8) | st.sampled_from(
    ["\u0130", "\u0391\u03a3", "\u1e9e", "\u01c5", "K\u212a"]
)


async def add_station(stores: Stores, station: str, **more: object) -> None:
    columns = {"id": station, **more}
    places = ", ".join(f"${n + 1}" for n in range(len(columns)))
    await stores.pool.execute(f"INSERT INTO stations ({', '.join(columns)}) VALUES ({places})", *columns.values())


async def add_token(stores: Stores, value: str, kind: str = "ISO14443", **more: object) -> None:
    await stores.pool.execute(
        'INSERT INTO tokens (id, value, kind, status, "group", expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
        *(uuid.uuid4().hex, value, kind, more.get("status", "Accepted"), more.get("group"), more.get("expires_at")),
    )


async def test_a_station_is_found_as_its_operator_set_it_up_letter_case_aside(stores: Stores) -> None:
    registry = PostgresRegistry(pool=stores.pool, tasks=stores.tasks)
    later = datetime.now(UTC) + timedelta(hours=1)
    await add_station(
        *(stores, "Cp-1"),
        security_profile=2,
        password_hash="new",
        old_password_hash="old",
        old_password_until=later,
        boot_policy="Pending",
        subprotocol="ocpp1.6",
        heartbeat_s=7,
        call_timeout_s=8,
    )
    await add_station(stores, "CP-2")
    names = ["CP-1", "cp-1", "Cp-1", "CP-2", "CP-3", "cp-1"]
    found = await asyncio.gather(*(registry.find(name) for name in names))
    assert [station and station.id for station in found] == ["Cp-1", "Cp-1", "Cp-1", "CP-2", None, "Cp-1"]
    station, plain = found[0], found[3]
    assert station is not None
    assert (station.security_profile, station.password_hash, station.old_password_hash) == (2, "new", "old")
    assert (station.boot_policy, station.subprotocol) == (Registration.PENDING, "ocpp1.6")
    assert (station.heartbeat_s, station.call_timeout_s) == (7, 8)
    assert plain is not None
    assert (plain.password_hash, plain.boot_policy, plain.heartbeat_s) == (None, Registration.ACCEPTED, None)


async def test_the_password_before_the_present_one_holds_until_its_time_or_until_it_is_forgotten(
    stores: Stores,
) -> None:
    registry = PostgresRegistry(pool=stores.pool, tasks=stores.tasks)
    now = datetime.now(UTC)
    for station, until in (("OVER", now - timedelta(seconds=1)), ("HOLDS", now + timedelta(hours=1))):
        await add_station(stores, station, old_password_hash="old", old_password_until=until)
    over, holds = [await registry.find(station) for station in ("OVER", "HOLDS")]
    assert over is not None
    assert over.old_password_hash is None
    assert holds is not None
    assert holds.old_password_hash == "old"
    await registry.forget_old_password("HOLDS")
    forgotten = await registry.find("HOLDS")
    assert forgotten is not None
    assert forgotten.old_password_hash is None


async def offered(
    stores: Stores, station: str, call: str, minutes_ago: float, outcome: str | None = None, **more: object
) -> None:
    await stores.pool.execute(
        "INSERT INTO security_changes (station_id, call_id, password_hash, profile, asked_at, accepted_at) VALUES ($1, $2, $3, $4, $5, $6)",
        *(station, call, more.get("password"), more.get("profile"), datetime.now(UTC) - timedelta(minutes=minutes_ago)),
        more.get("accepted_at"),
    )
    if outcome is not None:
        await stores.pool.execute(
            "INSERT INTO station_calls (id, station_id, action, payload, asked_at, outcome) VALUES ($1, $2, 'A', '{}', now(), $3)",
            *(call, station, outcome),
        )


@pytest.mark.covers("Q22", "16-SEC-02")
async def test_what_a_station_was_offered_counts_until_it_is_refused_or_nobody_answers_for_a_month(
    stores: Stores,
) -> None:
    registry, month = PostgresRegistry(pool=stores.pool, tasks=stores.tasks), 30 * 24 * 60
    await add_station(stores, "CP-1")
    await offered(stores, "CP-1", "open", 3, password="open")
    await offered(stores, "CP-1", "unknown", 2, "TimedOut", password="unknown")
    await offered(stores, "CP-1", "error", 1, "Error", password="error")
    await offered(stores, "CP-1", "unsent", 1, "Busy", password="unsent")
    await offered(stores, "CP-1", "old", month + 1, password="old")
    await offered(stores, "CP-1", "late", month + 2, "Answered", password="late", accepted_at=datetime.now(UTC))
    await offered(stores, "CP-1", "profile", 1, "Disconnected", profile=2)
    station = await registry.find("cp-1")
    assert station is not None
    assert (station.new_password_hashes, station.offered_profile) == (("unknown", "open", "late"), 2)
    await registry.use_new_password("CP-1", "nobody knows this")
    await registry.use_new_password("CP-1", "open")
    used = await registry.find("CP-1")
    assert used is not None
    assert (used.password_hash, used.new_password_hashes) == ("open", ("unknown",)), "a later one may still come"


@pytest.mark.covers("SEC-04", "SEC-05")
async def test_a_profile_is_raised_and_never_lowered(stores: Stores) -> None:
    registry = PostgresRegistry(pool=stores.pool, tasks=stores.tasks)
    await add_station(stores, "CP-1", security_profile=1)
    await offered(stores, "CP-1", "a", 1, profile=2)
    for profile, expected in ((2, 2), (1, 2)):
        await registry.raise_profile("CP-1", profile)
        station = await registry.find("CP-1")
        assert station is not None
        assert (station.security_profile, station.offered_profile) == (expected, None)


@PROPERTY
@given(st.lists(NAMES, min_size=1, max_size=5))
async def test_whatever_a_station_or_token_is_called_it_is_found_by_that(stores: Stores, names: list[str]) -> None:
    await stores.pool.execute("TRUNCATE stations, tokens CASCADE")
    for name in names:
        await stores.pool.execute("INSERT INTO stations (id) VALUES ($1) ON CONFLICT DO NOTHING", name)
        await stores.pool.execute(
            "INSERT INTO tokens (id, value, kind) VALUES ($1, $2, 'ISO14443') ON CONFLICT DO NOTHING",
            *(uuid.uuid4().hex, name),
        )
    registry = PostgresRegistry(pool=stores.pool, tasks=stores.tasks)
    tokens = PostgresTokens(pool=stores.pool, tasks=stores.tasks)
    assert None not in await asyncio.gather(*(registry.find(name) for name in names))
    assert None not in await asyncio.gather(*(tokens.find(TokenRef(name)) for name in names))


@pytest.mark.covers("Q77", "TX-07")
async def test_a_token_is_found_by_value_and_kind_and_by_value_alone_where_the_station_named_no_kind(
    stores: Stores,
) -> None:
    tokens = PostgresTokens(pool=stores.pool, tasks=stores.tasks)
    later = datetime.now(UTC) + timedelta(hours=1)
    await add_token(stores, "Tag", "ISO14443", group="G", expires_at=later)
    await add_token(stores, "TAG", "eMAID", status="Blocked")
    await add_token(stores, "Other", "Central")
    asked = {
        TokenRef("TAG"): ("Tag", "ISO14443"),
        TokenRef("tag", "iso14443"): ("Tag", "ISO14443"),
        TokenRef("tag", "EMAID"): ("TAG", "eMAID"),
        TokenRef("tag", "KeyCode"): None,
        TokenRef("other", "Central"): ("Other", "Central"),
        TokenRef("other", ""): ("Other", "Central"),
        TokenRef("other", "ISO14443"): None,
        TokenRef("Tag\0\0"): ("Tag", "ISO14443"),
        TokenRef("nobody"): None,
        TokenRef(""): None,
    }
    found = await asyncio.gather(*(tokens.find(token) for token in asked))
    assert [token and (token.value, token.kind) for token in found] == list(asked.values())
    first, _, blocked = found[:3]
    assert first is not None
    assert (first.group, first.expires_at, first.status) == ("G", later, Standing.ACCEPTED)
    assert blocked is not None
    assert blocked.status is Standing.BLOCKED
    assert (await tokens.find(TokenRef("tag", "Central"))) is not None


@pytest.mark.covers("Q8", "J-11")
@PROPERTY
@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("xy"), st.booleans()), min_size=1, max_size=12))
async def test_every_claim_has_an_epoch_of_its_own_and_the_last_one_holds(
    stores: Stores, claims: list[tuple[str, str, bool]]
) -> None:
    await stores.pool.execute("TRUNCATE leases, stations CASCADE")
    for station in "AB":
        await add_station(stores, station)
    nodes = {name: PostgresOwnership(pool=stores.pool, tasks=stores.tasks, node=name) for name in "xy"}
    given_: dict[str, list[int]] = {"A": [], "B": []}
    waiting: list[tuple[str, asyncio.Task[int]]] = []
    for station, node, together in claims:
        waiting.append((station, asyncio.ensure_future(nodes[node].claim(station))))
        if not together:
            before = {name: max(epochs, default=0) for name, epochs in given_.items()}
            for name, claim in waiting:
                given_[name].append(await claim)
                assert given_[name][-1] > before[name], "it only rises"
            waiting = []
    for name, claim in waiting:
        given_[name].append(await claim)
    for name, epochs in given_.items():
        assert sorted(epochs) == list(range(1, len(epochs) + 1))
        lease = await stores.pool.fetchval("SELECT epoch FROM leases WHERE station_id = $1", name)
        assert lease == (len(epochs) or None)


async def test_claims_of_one_node_are_numbered_as_they_came(stores: Stores) -> None:
    node = PostgresOwnership(pool=stores.pool, tasks=stores.tasks, node="here")
    for station in "AB":
        await add_station(stores, station)
    claims = [node.claim(station) for station in ("A", "B", "A", "A", "B")]
    assert await asyncio.gather(*claims) == [1, 1, 2, 3, 2]
    row = await stores.pool.fetchrow("SELECT epoch, node FROM leases WHERE station_id = 'A'")
    assert row is not None
    assert tuple(row) == (3, "here")


async def test_a_node_is_told_which_of_its_leases_are_over_and_whether_another_took_them(stores: Stores) -> None:
    here, there = (PostgresOwnership(pool=stores.pool, tasks=stores.tasks, node=name) for name in ("here", "there"))
    for station in ("MINE", "TAKEN", "EXPELLED"):
        await add_station(stores, station)
        assert await here.claim(station) == 1
    await there.claim("TAKEN")
    await stores.pool.execute("UPDATE leases SET epoch = 7 WHERE station_id = 'EXPELLED'")
    over = await here.void({"MINE": 1, "TAKEN": 1, "EXPELLED": 1, "UNKNOWN": 1})
    assert {lease.station: lease for lease in over} == {
        "TAKEN": Void("TAKEN", 2, taken=True),
        "EXPELLED": Void("EXPELLED", 7, taken=False),
    }


async def test_a_station_that_was_taken_out_of_the_network_is_claimed_by_nobody(stores: Stores) -> None:
    node = PostgresOwnership(pool=stores.pool, tasks=stores.tasks, node="here")
    for station in ("GOES", "STAYS"):
        await add_station(stores, station)
    remover = await stores.pool.acquire()
    removal = remover.transaction()
    await removal.start()
    await remover.execute("DELETE FROM stations WHERE id = 'GOES'")
    claims = asyncio.gather(node.claim("GOES"), node.claim("STAYS"), return_exceptions=True)
    await eventually(lambda: stores.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    await removal.commit()
    gone, there = await claims
    assert isinstance(gone, JournalUnavailable)
    assert there == 1
    await stores.pool.release(remover)


@pytest.mark.covers("Q70")
async def test_while_the_database_is_away_nobody_is_unknown(stores: Stores) -> None:
    async with strait_to(stores.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=2)
        registry = PostgresRegistry(pool=pool, tasks=stores.tasks)
        strait.close()
        answers = await outcomes(
            registry.find("CP-1"),
            registry.forget_old_password("CP-1"),
            registry.use_new_password("CP-1", "new"),
            registry.raise_profile("CP-1", 2),
            PostgresTokens(pool=pool, tasks=stores.tasks).find(TokenRef("TAG")),
            PostgresOwnership(pool=pool, tasks=stores.tasks, node="n").claim("CP-1"),
        )
        assert {type(answer) for answer in answers} == {JournalUnavailable}
        await strait.open()
        assert await registry.find("CP-1") is None
        await pool.close()


async def test_a_name_that_no_database_takes_spoils_the_search_for_no_other(stores: Stores) -> None:
    await add_station(stores, "CP-1")
    registry = PostgresRegistry(pool=stores.pool, tasks=stores.tasks)
    good, bad = await outcomes(registry.find("CP-1"), registry.find("CP\0"))
    assert getattr(good, "id", None) == "CP-1"
    assert isinstance(bad, CommitRefused)
