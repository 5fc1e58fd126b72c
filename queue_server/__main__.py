"""Commands of the server: serve, init, token, gateway, reference back end, backup and restore."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from queue_server.contract.messages import Role

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
token = typer.Typer(add_completion=False, no_args_is_help=True, help="Tokens for terminals and integrators.")
app.add_typer(token, name="token")

DEFAULT_DB = "sqlite:///hall.db"
T = TypeVar("T")

Db = Annotated[str, typer.Option("--db", help="sqlite:///FILE or postgresql+psycopg://…", envvar="HALL_SERVER_DB")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings (TOML).")]


def _fail(error: Exception | str) -> NoReturn:
    """One sentence for the operator on standard error, and exit code 1."""
    typer.echo(str(error), err=True)
    raise typer.Exit(1)


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs one thing with an office; says what is wrong in a sentence."""
    from queue_server.contract.refusals import Refusal
    from queue_server.usecases.ports import StorageError

    try:
        return asyncio.run(work())
    except StorageError as error:
        _fail(error)
    except Refusal as refusal:
        _fail(refusal.message)


@app.command()
def serve(
    config: Config = None,
    db: Annotated[str | None, typer.Option("--db", help="sqlite:///FILE or postgresql+psycopg://…")] = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; 0.0.0.0 is all.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; more than one needs PostgreSQL.")] = None,
    show_settings: Annotated[bool, typer.Option("--show-settings", help="Show each setting and its origin.")] = False,
) -> None:
    """The queue server. Prints `ready http://H:P` once it answers."""
    given = {"db": db, "host": host, "port": port, "workers": workers}
    gc.disable()  # nothing that is loaded at the start is garbage, and looking for some takes a tenth of it
    try:
        _serve(config, given, show_settings=show_settings)
    finally:
        gc.enable()


def _serve(config: Path | None, given: dict[str, str | int | None], *, show_settings: bool) -> None:
    from queue_server.settings import SettingsError, load

    try:
        loaded = load(config, given)
    except SettingsError as error:
        _fail(error)
    if show_settings:
        for origin in loaded.origins:
            typer.echo(f"{origin.name} = {origin.value or '-'}  ({origin.origin})")
        return
    from queue_server.compose import OnlyOneWriterError
    from queue_server.compose import serve as run
    from queue_server.usecases.ports import StorageError
    from queue_server.web.logs import configure_logs
    from queue_server.web.serving import PortTakenError
    from queue_server.web.workers import WorkerFailedError

    def ready(address: str) -> None:
        gc.freeze()
        gc.set_threshold(20_000, 50, 50)  # garbage in circles is rare here; looking for it took a twentieth
        gc.enable()
        print(f"ready {address}", flush=True)

    configure_logs()
    try:
        run(loaded.settings, ready)
    except (OnlyOneWriterError, PortTakenError, StorageError, WorkerFailedError) as error:
        _fail(error)


@app.command()
def init(
    hall: Annotated[Path, typer.Option("--hall", help="The description of the hall (YAML).")],
    db: Db = DEFAULT_DB,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Create or migrate the database and load a hall description; safe to run again."""
    from queue_server.storage.init import init as initialise
    from queue_server.usecases.hall_description import HallFileError
    from queue_server.usecases.ports import StorageError

    try:
        text = hall.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _fail(f"{hall}: {getattr(error, 'strerror', None) or 'not a text in UTF-8'}")
    try:
        made = initialise(db, text)
    except HallFileError as error:
        _fail("\n".join(f"{hall}:{fault}" for fault in str(error).splitlines()))
    except StorageError as error:
        _fail(error)
    if as_json:
        codes = [{"name": c.name, "role": c.role, "window": c.window, "code": c.code} for c in made.codes]
        print(json.dumps({"hall": made.hall, "passwords": made.passwords, "codes": codes}, ensure_ascii=False))
        return
    print(f"hall {made.hall} is in {db.rsplit('@', 1)[-1]}")
    if made.passwords or made.codes:
        print("Shown once; keep it safe:")
    for name, password in made.passwords.items():
        print(f"  password   {name:<20} {password}")
    for code in made.codes:
        print(f"  enrolment  {code.role.value + ' ' + code.name:<20} {code.code}")


@token.callback()
def _token() -> None:
    """Tokens for terminals and integrators."""


@token.command("issue")
def issue(
    name: Annotated[str, typer.Argument(help="The terminal's name, e.g. K1, S1 or the number of a window.")],
    role: Annotated[Role, typer.Option("--role", help="What the token may do.")],
    db: Db = DEFAULT_DB,
    hall: Annotated[str | None, typer.Option("--hall", help="Which hall, if the database has several.")] = None,
    window: Annotated[str | None, typer.Option("--window", help="The window of a window terminal or pad.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Issue a token for a terminal, an integrator or a measurement. It is shown once."""
    if role in {Role.OFFICER, Role.ADMIN}:
        _fail("officers and admins log in with a password; tokens are for terminals and integrators")

    from queue_server.compose import opened_office

    async def work() -> Any:
        async with opened_office(db) as office:
            return await office.issue_token(name, role, hall=hall, window=window)

    issued = _run(work)
    if as_json:
        print(json.dumps({"name": issued.name, "role": issued.role.value, "token": issued.token}))
    else:
        print(f"{issued.role.value} {issued.name}: {issued.token}")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the copy.")],
    db: Db = DEFAULT_DB,
) -> None:
    """A safe copy of the database, also while the server runs."""
    from queue_server.storage.backup import backup as copy
    from queue_server.usecases.ports import StorageError

    try:
        size = copy(db, file)
    except StorageError as error:
        _fail(error)
    print(f"{file}: {size} bytes")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The copy to put back.")],
    db: Db = DEFAULT_DB,
) -> None:
    """Put a copy back; stop the server first. What was there is kept beside it."""
    from queue_server.compose import SystemClock
    from queue_server.storage.backup import restore as put_back
    from queue_server.usecases.ports import StorageError

    try:
        kept = put_back(db, file, SystemClock().now())
    except StorageError as error:
        _fail(error)
    print("restored" if kept is None else f"restored; what was there is kept as {kept}")


@app.command("reference-backend")
def reference_backend(
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 8090,
    db: Annotated[Path | None, typer.Option("--data", help="Its own database file.")] = None,
) -> None:
    """The stand-in for government systems (demo and tests); everything it issues is marked 演示."""
    from queue_server.integrations.reference_backend import serve as run

    run(port, db)


@app.command()
def gateway(
    config: Annotated[Path, typer.Option("--config", help="Server, token and devices (TOML).")],
) -> None:
    """Wired devices of a hall whose server is elsewhere."""
    from queue_server.compose import run_gateway
    from queue_server.settings import SettingsError, load_gateway
    from queue_server.web.logs import configure_logs

    try:
        settings = load_gateway(config)
    except SettingsError as error:
        _fail(error)
    configure_logs()
    run_gateway(settings, lambda: print(f"ready {settings.server}", flush=True))


if __name__ == "__main__":
    app()
