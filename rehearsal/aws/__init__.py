"""AWS on this machine: MiniStack with its corrections, CodeDeploy, Application Auto Scaling and AWS's own names.

Start it with `python -m rehearsal.aws` (see `__main__.py`). Everything that waits (health check intervals, alarm
periods, canary and bake times) follows one emulated clock which may run faster than the wall's; everything that works
(containers, requests, pulls) is real and takes the time that it takes.
"""
