"""The role that operators and services talk to."""

from csms.cluster.events import EventReader
from csms.features import routers
from csms.node.foundation import Foundation
from csms.ocpp import schemas
from csms.ocpp.version import Version
from csms.web.app import build_app
from csms.web.desk import Desk
from csms.web.server import WebServer
from handlers.phrasebook import VersionedPhrasebook


async def start_api(node: Foundation) -> None:
    """Serve what the platform offers over HTTP."""
    events = EventReader(client=node.redis, keys=node.keys)
    node.tasks.spawn(events.run(), name="events")
    desk = Desk(
        pool=node.pool,
        calls=node.calls,
        live=events,
        phrasebook=VersionedPhrasebook(),
        settle=node.progress.write,
        check=lambda protocol, action, payload: schemas.check_call(Version(protocol), action, payload),
        health=node.health,
        clock=node.clock,
        metrics=node.metrics,
        tasks=node.tasks,
        call_timeout_s=node.settings.call_timeout_s,
        command_bytes=node.settings.command_bytes,
    )
    app = build_app(desk=desk, routers=routers())
    node.web = WebServer(app=app, host=node.settings.web_host, port=node.settings.web_port, tasks=node.tasks)
    node.undo.push_async_callback(node.web.stop)
    await node.web.start()
