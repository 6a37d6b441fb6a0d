"""What is served over HTTP: the platform by one role, and by every process how it is."""

from collections.abc import Callable, Sequence

from litestar import Router

from csms.cluster.changes import ChangeNotices
from csms.cluster.events import EventReader
from csms.features import own_routers, routers
from csms.features.operations.repository.effects import effects
from csms.node.files import MEGABYTE, porter_of
from csms.node.fleet import carriers_of, check_call, house_habits
from csms.node.foundation import Foundation
from csms.web.app import build_app
from csms.web.callers import Callers
from csms.web.desk import Desk, at_desk
from csms.web.server import Place, WebServer
from handlers.phrasebook import VersionedPhrasebook


async def start_api(node: Foundation) -> None:
    """Serve what the platform offers over HTTP."""
    events = EventReader(client=node.redis, keys=node.keys)
    node.tasks.keep(events.run, name="events")
    settings = node.settings
    await _serve(node, events, routers, Place("CSMS_WEB", settings.web_host, settings.web_port))


async def start_health(node: Foundation) -> None:
    """Serve how a process is that serves nothing else."""
    events, settings = EventReader(client=node.redis, keys=node.keys), node.settings
    await _serve(node, events, own_routers, Place("CSMS_HEALTH", settings.health_host, settings.health_port))


async def _serve(node: Foundation, events: EventReader, offered: Callable[[], Sequence[Router]], place: Place) -> None:
    desk = Desk(
        pool=node.pool,
        callers=Callers(node.pool),
        calls=node.calls,
        live=events,
        phrasebook=VersionedPhrasebook(),
        settle=node.progress.write,
        check=check_call,
        health=node.health.parts,
        expel=node.directory.expel,
        clock=node.clock,
        metrics=node.metrics,
        tasks=node.tasks,
        registry=node.registry,
        vendors=node.vendors,
        changed=ChangeNotices(client=node.redis, keys=node.keys).tell,
        habits=house_habits(node.settings),
        carriers=carriers_of(node),
        effects=effects(node.pool),
        objects=node.objects,
        porter=porter_of(node),
        largest_file=node.settings.files_max_mb * MEGABYTE,
        call_timeout_s=node.settings.call_timeout_s,
        command_bytes=node.settings.command_bytes,
        signing=node.terms,
    )
    node.web = WebServer(app=at_desk(build_app(offered), desk), place=place, tasks=node.tasks)
    node.undo.push_async_callback(node.web.stop)
    await node.web.start()
