"""The command ``hall``: one name for every program of the house.

Each command imports only its own program, so that the kiosk is not slower for what the server needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

SERVER = ("serve", "init", "token", "gateway", "reference-backend", "backup", "restore")

HELP = """hall: kiosks and queue server of a government service hall

  demo               the whole hall with simulated devices (--script citizen | self-service plays a journey)
  serve              the queue server
  init               create or migrate a database and load a hall description
  token issue        a token for a terminal, an integrator or a measurement
  kiosk              the kiosk app
  gateway            wired devices of a hall whose server is elsewhere
  reference-backend  the stand-in for government systems
  device             list, probe, read, print, show, set, say: try one device without the app
  backup, restore    a safe copy while running; put it back
  doctor             look over the installation and say what to do
  bench              measurements, as figures and ratios
  test               the test suite

Each has its own --help.
"""


def _server(arguments: list[str]) -> None:
    from queue_server.__main__ import app

    app(arguments, prog_name="hall")


def _kiosk(arguments: list[str]) -> None:
    from kiosk.__main__ import main as kiosk

    sys.exit(kiosk(arguments))


def _device(arguments: list[str]) -> None:
    from hall24.device import app

    app(arguments, prog_name="hall device")


def _demo(arguments: list[str]) -> None:
    from hall24.demo import app

    app(arguments, prog_name="hall demo")


def _doctor(arguments: list[str]) -> None:
    from hall24.doctor import app

    app(arguments, prog_name="hall doctor")


def _bench(arguments: list[str]) -> None:
    from hall24.bench import app

    app(arguments, prog_name="hall bench")


def _test(arguments: list[str]) -> None:
    from hall24.testing import main as test

    sys.exit(test(arguments))


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "kiosk": _kiosk,
    "device": _device,
    "demo": _demo,
    "doctor": _doctor,
    "bench": _bench,
    "test": _test,
}


def main() -> None:
    """Runs one command; what it needs is imported only then."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(HELP)
        sys.exit(0 if arguments else 2)
    command = arguments[0]
    if command in SERVER:
        _server(arguments)
    elif command in COMMANDS:
        COMMANDS[command](arguments[1:])
    else:
        print(f"hall: there is no command {command!r}\n\n{HELP}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
