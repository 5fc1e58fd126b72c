"""How long somebody will wait: a simple range that does not pretend to know more than it does."""

from __future__ import annotations

import math

from queue_server.contract.messages import Estimate

LOW_SHARE = 0.6
HIGH_SHARE = 1.5


def estimate(ahead: int, servers_hundredths: int, service_seconds: int) -> Estimate:
    """The wait behind ``ahead`` people when windows worth ``servers_hundredths`` / 100 serve them.

    The likely value is the work ahead shared by the windows, plus half a service that is under way. Nobody
    open counts as one window. Rounded to full minutes upwards, except that the low end is rounded down.
    """
    windows = max(servers_hundredths, 100) / 100
    work = max(ahead, 0) * service_seconds / windows
    residual = service_seconds / windows / 2
    low = math.floor(work * LOW_SHARE / 60) * 60
    likely = math.ceil((work + residual) / 60) * 60
    high = math.ceil((work * HIGH_SHARE + 2 * residual) / 60) * 60
    return Estimate(low=low, likely=max(low, likely), high=max(low, likely, high))
