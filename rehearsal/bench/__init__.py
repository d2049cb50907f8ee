"""Traffic: a process of its own that asks at a steady rate, and what it saw, counted.

The rate is open loop: a slow answer does not keep the next request from being sent, as with real users. Each request
is sent once, on a connection of its own, so that nothing hides a dropped one. What a user waits is measured in seconds
of the machine (`rehearsal.machine`): while its host does not run it, nobody can answer.
"""
