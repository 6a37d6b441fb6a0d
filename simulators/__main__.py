"""`python -m simulators station|fleet`: simulated stations from the command line."""

import argparse
import asyncio
import contextlib
import os
import signal

from simulators.behaviour import Behaviour, Boot, Commands, Meter, Subprotocol, habits_of
from simulators.fleet import DEMO_STATIONS, Fleet, make_station
from simulators.mangle import MANGLERS

PARENT_S = 0.5


def main() -> None:
    """Run until interrupted, or until all sessions are done."""
    arguments = parse()
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(station(arguments) if arguments.what == "station" else fleet(arguments))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    parser.add_argument("what", choices=["station", "fleet"])
    parser.add_argument("--url", default="ws://127.0.0.1:9000", help="the central system, without the station's id")
    parser.add_argument("--id", default="DEMO-001", help="the id of the station, or what the ids of a fleet begin with")
    parser.add_argument("--password", help="the password for HTTP Basic")
    parser.add_argument("--version", choices=["1.6", "2.0.1"], default="1.6")
    parser.add_argument("--count", type=int, default=10, help="how many stations a fleet has")
    parser.add_argument("--sessions", type=int, help="how many sessions at each EVSE; without it, for ever")
    parser.add_argument("--pace", type=float, default=1.0, help="0.1 is ten times as fast")
    parser.add_argument("--demo", action="store_true", help="be the fleet of the demo network")
    parser.add_argument("--parent", type=int, help="the process that starts the fleet, and without which it ends")
    parser.add_argument("--mangle", action="append", default=[], choices=sorted(MANGLERS))
    parser.add_argument("--meter", type=Meter, default=Meter.LIFETIME, choices=list(Meter))
    parser.add_argument("--boot", type=Boot, default=Boot.ONCE, choices=list(Boot))
    parser.add_argument("--commands", type=Commands, default=Commands.OBEY, choices=list(Commands))
    parser.add_argument("--subprotocol", type=Subprotocol, default=Subprotocol.RIGHT, choices=list(Subprotocol))
    parser.add_argument(
        "--habit", action="append", default=[], help="any other habit of simulators.behaviour, such as clock=1970"
    )
    arguments = parser.parse_args()
    try:
        arguments.habit = habits_of(arguments.habit)
    except ValueError as error:
        parser.error(str(error))
    return arguments


async def station(arguments: argparse.Namespace) -> None:
    """Run one station."""
    _stop_on_term()
    one = make_station(arguments.id, arguments.url, version=arguments.version, password=arguments.password, evses=1)
    one.behaviour = Behaviour(
        **{
            "mangle": tuple(arguments.mangle),
            "meter": arguments.meter,
            "boot": arguments.boot,
            "commands": arguments.commands,
            "subprotocol": arguments.subprotocol,
            **arguments.habit,
        }
    )
    await Fleet([one], pace=arguments.pace).run(sessions=arguments.sessions)


async def fleet(arguments: argparse.Namespace) -> None:
    """Run many stations, of both versions in turn."""
    _stop_on_term()
    if arguments.parent is not None:
        _stop_with(arguments.parent)
    names = DEMO_STATIONS if arguments.demo else [f"{arguments.id}-{n:05d}" for n in range(1, arguments.count + 1)]
    stations = [
        make_station(name, arguments.url, version="1.6" if n % 2 == 0 else "2.0.1", password=arguments.password)
        for n, name in enumerate(names)
    ]
    await Fleet(stations, pace=arguments.pace).run(sessions=arguments.sessions)


def _stop_with(parent: int) -> None:
    """Stop once another process is our parent: the one that started us was killed."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def look() -> None:
        if os.getppid() == parent:
            loop.call_later(PARENT_S, look)
        elif task is not None:
            task.cancel()

    look()


def _stop_on_term() -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


if __name__ == "__main__":
    main()
