"""The commands of the program."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer
import uvloop

from csms import bootstrap
from csms.kit.failures import StartFailed
from csms.kit.logging import set_up
from csms.settings import Environment, Settings, load

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A central system for charging stations.",
)


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


def _give_up(failed: StartFailed) -> None:
    print(f"csms: {failed}", file=sys.stderr)
    sys.exit(1)


def main() -> None:
    """Run the program."""
    app()


if __name__ == "__main__":
    main()
