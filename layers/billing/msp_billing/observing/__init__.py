"""What handlers tell about themselves: logs, traces and metrics, from one place.

A handler is wrapped by :func:`observed`, says with :func:`about` what it works on, and with
:func:`done` what came of it. Nothing here can make a handler fail: whatever goes wrong in telling
is itself told, once, and billing goes on (docs/operating.md).
"""

from msp_billing.observing.handlers import about, done, observed
from msp_billing.observing.logs import quietly
from msp_billing.observing.metrics import Measure, count

__all__ = ["Measure", "about", "count", "done", "observed", "quietly"]
