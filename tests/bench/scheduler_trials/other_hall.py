"""The same people in the hall of another simulator (ciw), which knows nothing of our code."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import ciw

from scheduler_trials.our_hall import Person


class _OwnService(ciw.dists.Distribution):  # type: ignore[misc]  # ciw has no types
    """Each person brings the service time along; ``served`` is called when it begins."""

    def __init__(self, people: Sequence[Person], served: Callable[[Any], None]) -> None:
        self.people = people
        self.served = served

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        self.served(ind)
        return self.people[ind.id_number - 1].service


def simulate(
    people: Sequence[Person],
    windows: int,
    kind: Callable[[Person], str],
    *,
    priorities: dict[str, int] | None = None,
    changes: dict[str, dict[str, float]] | None = None,
    discipline: Callable[[list[Any], float], Any] = ciw.disciplines.FIFO,
    served: Callable[[Any], None] = lambda _: None,
) -> list[float]:
    """The wait of each person. ``changes`` says into which kind people change after waiting so long."""
    kinds = sorted(priorities or {kind(person) for person in people})
    gaps: dict[str, Any] = {}
    for name in kinds:
        times = [person.at for person in people if kind(person) == name]
        steps = [times[0], *(late - early for early, late in itertools.pairwise(times))] if times else []
        gaps[name] = [ciw.dists.Sequential([*steps, float("inf")]) if steps else None]
    network = ciw.create_network(
        arrival_distributions=gaps,
        service_distributions={name: [_OwnService(people, served)] for name in kinds},
        number_of_servers=[windows],
        routing={name: [[0.0]] for name in kinds},
        service_disciplines=[discipline],
        **({"priority_classes": priorities} if priorities else {}),
        **(
            {
                "class_change_time_distributions": {
                    one: {other: ciw.dists.Deterministic(after) for other, after in row.items()}
                    for one, row in changes.items()
                }
            }
            if changes
            else {}
        ),
    )
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(len(people), method="Finish")
    waits = [0.0] * len(people)
    for record in run.get_all_records():
        waits[record.id_number - 1] = record.waiting_time
    return waits
