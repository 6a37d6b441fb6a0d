"""One process of the system, where ports meet adapters and handlers meet actors."""

from csms.node.api import start_api, start_health
from csms.node.files import open_objects, start_files
from csms.node.foundation import Foundation, Servers
from csms.node.gateway import start_gateway
from csms.node.worker import start_worker
from csms.settings import Role

__all__ = ["Node", "Servers"]


class Node(Foundation):
    """One process of the system: built from its settings, started, and stopped backwards."""

    async def start(self) -> None:
        """Start every role; raise `StartFailed` with a sentence for the operator, and nothing is left running."""
        try:
            await self.open_stores()
            self.build_house()
            if self.settings.roles & {Role.GATEWAY, Role.WORKER}:
                await self.nodes.enter()
                self.tasks.keep(self.nodes.run, name="nodes")
            if self.settings.roles & {Role.API, Role.WORKER, Role.FILES}:
                await open_objects(self)
            if Role.GATEWAY in self.settings.roles:
                await start_gateway(self)
            if Role.WORKER in self.settings.roles:
                start_worker(self)
            if Role.FILES in self.settings.roles:
                await start_files(self)
            await (start_api if Role.API in self.settings.roles else start_health)(self)
        except BaseException:
            await self.stop()
            raise

    def reload(self) -> None:
        """Read again what may change while the program runs: certificates."""
        if self.keyring is not None:
            self.keyring.reload()

    async def stop(self) -> None:
        """Undo what was started, the last first: stop accepting, drain, finish turns, flush, close."""
        await self.undo.aclose()
