"""Counters of the program, under the names that logs use too."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """All metrics of one process, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.handshakes = Counter(
            "csms_handshakes", "Handshakes of stations, by how they ended.", ["outcome"], registry=self.registry
        )
        self.closes = Counter("csms_closes", "Connections that ended, by why.", ["reason"], registry=self.registry)
        self.frames = Counter("csms_frames", "Frames of stations, by direction.", ["direction"], registry=self.registry)
        self.connections = Gauge("csms_connections", "Stations that are connected here.", registry=self.registry)
        self.requests = Histogram(
            "csms_http_request_seconds", "Time of HTTP requests.", ["method", "route", "status"], registry=self.registry
        )
