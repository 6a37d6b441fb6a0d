"""The role that does what nobody waits for."""

from functools import partial

from csms.cluster.events import StreamPublisher
from csms.features.charging_profiles.restoring import COMMAND, ProfileKeeper
from csms.features.local_lists.keeper import ListKeeper
from csms.features.local_lists.sync import ListSync
from csms.node.certificates import start_orders, watch_of
from csms.node.fleet import carriers_of, check_call, start_operations
from csms.node.foundation import Foundation
from csms.storage import engine, housekeeping
from csms.storage.depot_sweep import DepotSweeper
from csms.storage.outbox import OutboxRelay
from handlers.phrasebook import VersionedPhrasebook


def start_worker(node: Foundation) -> None:
    """Relay facts, keep house, and do what is to be done to many stations."""
    relay = OutboxRelay(
        connect=partial(engine.connect, node.where.database_url),
        publisher=StreamPublisher(client=node.redis, keys=node.keys),
    )
    node.journal.on_written = relay.wake
    node.tasks.keep(relay.run, name="outbox")
    node.tasks.keep(node.progress.run_catch_up, name="progress/catch-up")
    keep_house = partial(housekeeping.run, node.pool, events_keep_days=node.settings.security_events_keep_days)
    node.tasks.keep(keep_house, name="housekeeping")
    sweeper = DepotSweeper(
        pool=node.pool, objects=node.objects, clock=node.clock, keep_days=node.settings.files_keep_days
    )
    node.tasks.keep(sweeper.run, name="depot/sweep")
    start_operations(node)
    start_orders(node)
    node.tasks.keep(watch_of(node).run, name="client-certificates/watch")
    sync = ListSync(
        pool=node.pool,
        calls=node.calls,
        phrasebook=VersionedPhrasebook(),
        check=check_call,
        clock=node.clock,
        call_timeout_s=node.settings.call_timeout_s,
        command_bytes=node.settings.command_bytes,
    )
    keeper = ListKeeper(pool=node.pool, sync=sync, clock=node.clock, settle_s=node.settings.upkeep_settle_s)
    node.tasks.keep(keeper.run, name="local-lists")
    profiles = ProfileKeeper(
        pool=node.pool,
        calls=node.calls,
        carrier=carriers_of(node)[COMMAND],
        clock=node.clock,
        settle_s=node.settings.upkeep_settle_s,
    )
    node.tasks.keep(profiles.run, name="charging-profiles")
