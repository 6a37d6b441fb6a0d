"""The name of every key in Redis."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """Names under one prefix, so that installations can share a server."""

    prefix: str = "csms"

    def owner(self, station: str) -> str:
        """Who owns a station: a hash of node, epoch and protocol."""
        return f"{self.prefix}:owner:{station}"

    def node(self, node: str) -> str:
        """Exists while a node lives."""
        return f"{self.prefix}:node:{node}"

    def inbox(self, node: str) -> str:
        """The stream of calls for stations that a node owns."""
        return f"{self.prefix}:inbox:{node}"

    def replies(self, node: str) -> str:
        """The stream of reports on calls that a node asked for."""
        return f"{self.prefix}:replies:{node}"

    @property
    def claims(self) -> str:
        """The channel on which nodes tell what they claimed."""
        return f"{self.prefix}:claims"

    @property
    def changes(self) -> str:
        """The channel on which it is told which stations were set up in another way."""
        return f"{self.prefix}:changes"

    @property
    def events(self) -> str:
        """The stream of facts; one entry for each group commit."""
        return f"{self.prefix}:events"
