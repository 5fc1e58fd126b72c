"""A stand-in for government systems: a real HTTP service with a database of its own, and faults on demand.

Everything it issues is marked as a demonstration. ``serve`` runs it as a program, ``RunningBackend`` as a thread.
"""

from queue_server.integrations.reference_backend.running import RunningBackend as RunningBackend
from queue_server.integrations.reference_backend.running import serve as serve
