"""The commands of the program."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import uvloop

from csms import bootstrap
from csms.authority.creation import create_authority
from csms.kit.clock import SystemClock
from csms.kit.failures import StartFailed
from csms.kit.logging import set_up
from csms.settings import Environment, Settings, load

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A central system for charging stations.",
)
authority = typer.Typer(no_args_is_help=True, help="An authority of our own, that signs certificates of stations.")
app.add_typer(authority, name="ca")


class KeyKind(StrEnum):
    """The kinds of keys that stations take."""

    EC = "EC"
    RSA = "RSA"


@app.command()
def serve(
    demo: Annotated[bool, typer.Option(help="Add a small network and let simulated stations charge.")] = False,
    roles: Annotated[str, typer.Option(help="What this process does: gateway,api,worker.")] = "",
) -> None:
    """Start the server."""
    given = {"roles": [role.strip() for role in roles.split(",")]} if roles else {}
    _run(lambda: load(**given), lambda loaded: bootstrap.serve(loaded, demo=demo))


@app.command()
def migrate() -> None:
    """Bring the database to the newest form."""
    _run(load, bootstrap.migrate_database)


@app.command()
def seed() -> None:
    """Add the demo network and the first operator."""
    _run(load, bootstrap.seed)


@app.command()
def settings() -> None:
    """Check the settings and print them, secrets masked."""
    try:
        print(load().model_dump_json(indent=2))
    except StartFailed as failed:
        _give_up(failed)


@authority.command()
def create(
    folder: Annotated[Path, typer.Argument(help="Where its certificate and its key are put.")],
    name: Annotated[str, typer.Option(help="What it is called.")] = "Charging stations",
    kind: Annotated[KeyKind, typer.Option(help="The kind of its key.")] = KeyKind.EC,
    days: Annotated[int, typer.Option(min=1, max=36500, help="How long it is good.")] = 3650,
) -> None:
    """Make an authority, and print the settings that name it; what is there already is left alone."""
    try:
        certificate, key = create_authority(folder, name=name, kind=kind.value, days=days, clock=SystemClock())
    except OSError as error:
        _give_up(StartFailed(str(error)))
    print(f"CSMS_CA_CERTIFICATE={certificate.resolve()}\nCSMS_CA_KEY={key.resolve()}")


def _run(read: Callable[[], Settings], work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    try:
        loaded = read()
        set_up(json=loaded.environment is not Environment.DEVELOPMENT)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work(loaded))
    except StartFailed as failed:
        _give_up(failed)
    except KeyboardInterrupt:
        sys.exit(130)


def _give_up(failed: StartFailed) -> NoReturn:
    print(f"csms: {failed}", file=sys.stderr)
    sys.exit(1)


def main() -> None:
    """Run the program."""
    app()


if __name__ == "__main__":
    main()
