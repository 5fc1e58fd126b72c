"""What the measurements and the tests of the queue share: callers, servers, a second opinion on what must happen."""
