"""Counters of the program, under the names that logs use too."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class Traffic(Collector):
    """Counts frames without a lock, for only the loop's thread counts; the registry reads it when it is asked."""

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counters."""
        family = CounterMetricFamily("csms_frames", "Frames of stations, by direction.", labels=["direction"])
        family.add_metric(["in"], self.received)
        family.add_metric(["out"], self.sent)
        yield family


class Metrics:
    """All metrics of one process, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.handshakes = Counter(
            "csms_handshakes", "Handshakes of stations, by how they ended.", ["outcome"], registry=self.registry
        )
        self.flaps = Counter("csms_flaps", "Times a station connected far too often.", registry=self.registry)
        self.odd_frames = Counter(
            "csms_odd_frames", "Frames that led to nothing, by why.", ["reason"], registry=self.registry
        )
        self.closes = Counter("csms_closes", "Connections that ended, by why.", ["reason"], registry=self.registry)
        self.traffic = Traffic()
        self.registry.register(self.traffic)
        self.connections = Gauge("csms_connections", "Stations that are connected here.", registry=self.registry)
        self.frames_dropped = Gauge(
            "csms_log_frames_dropped", "Frames that the message log had no room for.", registry=self.registry
        )
        self.server_certificates = Gauge(
            "csms_tls_certificate_not_after_seconds",
            "When the certificates shown to stations end, in seconds of the epoch.",
            ["key"],
            registry=self.registry,
        )
        self._add_certificates()
        self.requests = Histogram(
            "csms_http_request_seconds", "Time of HTTP requests.", ["method", "route", "status"], registry=self.registry
        )
        self.station_files = Counter(
            "csms_station_files",
            "Files that stations fetched or brought.",
            ["way", "transport", "outcome"],
            registry=self.registry,
        )

    def _add_certificates(self) -> None:
        self.certificate_orders = Gauge(
            "csms_certificate_orders",
            "Certificates that stations wait for, by how far they are.",
            ["stage"],
            registry=self.registry,
        )
        self.client_certificates_ending = Gauge(
            "csms_client_certificates_ending",
            "Certificates that stations use, by how soon they end.",
            ["within"],
            registry=self.registry,
        )
