"""Who may knock how often, in which words, and how long anybody may stand at the door."""

import ipaddress

import pytest

from csms.gateway.head import head_end, mended
from csms.gateway.turnstile import Turnstile, subscriber
from csms.kit.failures import StartFailed
from csms.kit.leaks import Leaks
from csms.settings import load
from tests.unit.gateway.memory import HandClock


def test_a_bucket_fills_leaks_and_forgets() -> None:
    leaks = Leaks(capacity=3, per_second=0.5, room=2)
    assert [leaks.pour("a", 1, 0.0) for _ in range(4)] == [True, True, True, False]
    assert leaks.wait("a", 0.0) == 2.0
    assert leaks.pour("a", 1, 2.0)
    leaks.pour("b", 1, 2.0)
    leaks.pour("c", 1, 2.0)
    assert len(leaks) == 2
    assert leaks.level("a", 2.0) == 0.0
    leaks.empty("b")
    assert leaks.level("b", 2.0) == 0.0


@pytest.mark.covers("Q7", "J-48")
def test_refusals_shut_the_way_for_strangers_and_never_for_friends() -> None:
    clock = HandClock()
    turnstile = Turnstile(per_minute=60, clock=clock)
    turnstile.admitted("10.0.0.1", "Friend")
    for _ in range(60):
        turnstile.refused("10.0.0.1", "stranger")
    assert turnstile.wait("10.0.0.1", "stranger") >= 10
    assert turnstile.wait("10.0.0.1", "FRIEND") == 0
    assert turnstile.wait("10.0.0.2", "stranger") == 0
    clock.seconds += 61
    assert turnstile.wait("10.0.0.1", "stranger") == 0


@pytest.mark.covers("Q7")
def test_a_friend_that_fails_is_a_friend_no_more() -> None:
    turnstile = Turnstile(per_minute=1, clock=HandClock())
    turnstile.admitted("10.0.0.1", "CP-1")
    turnstile.refused("10.0.0.1", "cp-1", cost=10)
    assert turnstile.wait("10.0.0.1", "CP-1") > 0


@pytest.mark.covers("J-48")
def test_admissions_cost_an_address_nothing() -> None:
    turnstile = Turnstile(per_minute=1, clock=HandClock())
    for n in range(2000):
        assert turnstile.wait("10.0.0.1", f"CP-{n}") == 0
        turnstile.admitted("10.0.0.1", f"CP-{n}")


def test_proxies_are_exempt() -> None:
    turnstile = Turnstile(per_minute=1, clock=HandClock(), exempt=[ipaddress.ip_network("10.0.0.0/8")])
    for address in ("10.1.2.3", "192.0.2.1", "unknown"):
        turnstile.refused(address)
        turnstile.refused(address)
    assert turnstile.wait("10.1.2.3", "") == 0
    assert turnstile.wait("192.0.2.1", "") > 0
    assert turnstile.wait("unknown", "") > 0


@pytest.mark.parametrize(
    ("remote", "known_by"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("a:b", "a:b"),
    ],
)
def test_a_subscriber_is_known_by_what_it_cannot_change(remote: str, known_by: str) -> None:
    assert subscriber(remote) == known_by


def test_the_tables_stay_small_whoever_knocks() -> None:
    turnstile = Turnstile(per_minute=10, clock=HandClock())
    for n in range(12_000):
        turnstile.refused(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", f"CP-{n}")
        turnstile.may_log(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(turnstile._failures) == len(turnstile._lines) == 10_000


@pytest.mark.covers("Q10")
def test_a_station_that_comes_again_and_again_is_told_of_now_and_then() -> None:
    clock = HandClock()
    turnstile = Turnstile(per_minute=10, clock=clock)
    told = []
    for _ in range(110):
        clock.seconds += 2
        told.append(turnstile.admitted("10.0.0.1", "CP-1"))
    assert 5 <= sum(told) <= 10
    clock.seconds += 600
    slow = []
    for _ in range(20):
        clock.seconds += 60
        slow.append(turnstile.admitted("10.0.0.1", "CP-2"))
    assert not any(slow)


CLEAN = b"GET /CP-1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize(
    ("sloppy", "right"),
    [
        (CLEAN, CLEAN),
        (CLEAN.replace(b"\r\n", b"\n"), CLEAN),
        (b"\r\n\r\n" + CLEAN, CLEAN),
        (CLEAN.replace(b"Host: h", b"Host:\r\n h"), CLEAN),
        (CLEAN.replace(b"Host: h", b"Host : h"), CLEAN),
        (CLEAN.replace(b"/CP-1", b"/CP 1"), CLEAN.replace(b"/CP-1", b"/CP%201")),
        (CLEAN.replace(b"/CP-1", b"/CP\xc3\xa4"), CLEAN.replace(b"/CP-1", b"/CP%C3%A4")),
        (CLEAN.replace(b"/CP-1", b""), CLEAN.replace(b"/CP-1", b"")),
    ],
)
@pytest.mark.covers("Q19", "Q6", "L14")
def test_a_sloppy_head_is_mended_and_a_clean_one_is_left(sloppy: bytes, right: bytes) -> None:
    assert head_end(sloppy + b"\x81") == len(sloppy)
    assert mended(sloppy) == right


def test_half_a_head_has_no_end() -> None:
    assert all(head_end(CLEAN[:end]) is None for end in range(len(CLEAN)))


def test_the_networks_of_proxies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSMS_EXEMPT_NETWORKS", '["10.0.0.0/8", "2001:db8::/32"]')
    turnstile = Turnstile(per_minute=1, clock=HandClock(), exempt=load().exempt_networks)
    for address in ("10.1.2.3", "2001:db8::7", "192.0.2.1"):
        turnstile.refused(address)
    assert [turnstile.wait(address, "") > 0 for address in ("10.1.2.3", "2001:db8::7", "192.0.2.1")] == [
        False,
        False,
        True,
    ]
    monkeypatch.setenv("CSMS_EXEMPT_NETWORKS", '["everywhere"]')
    with pytest.raises(StartFailed, match="CSMS_EXEMPT_NETWORKS"):
        load()
