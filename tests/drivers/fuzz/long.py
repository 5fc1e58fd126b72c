"""Hours of fuzzing, guided by what the parser did: ``python tests/drivers/fuzz/long.py NAME --minutes 10``.

Needs ``pip install atheris`` (not part of the test installation: it is for whoever changes a parser). New inputs that
reach new code are kept in the corpus; one that breaks the parser is printed and kept as ``corpus/NAME/crash-…``.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Runs one target for as long as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--into", type=Path, default=None, help="where new inputs go; the kept corpus unless said")
    asked = parser.parse_args()
    import atheris

    kept = HERE / "corpus" / asked.name
    folder = asked.into or kept
    folder.mkdir(parents=True, exist_ok=True)
    spec = importlib.util.spec_from_file_location(f"fuzz_{asked.name}", HERE / f"fuzz_{asked.name}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"no target {asked.name}")
    module = importlib.util.module_from_spec(spec)
    with atheris.instrument_imports(include=["drivers"]):
        spec.loader.exec_module(module)
    seconds = int(60 * asked.minutes)
    arguments = [
        sys.argv[0],
        str(folder),
        str(kept),
        f"-max_total_time={seconds}",
        "-timeout=5",
        "-max_len=8192",
        f"-artifact_prefix={folder}/",
        "-reduce_inputs=1",
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, module.fuzz)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
