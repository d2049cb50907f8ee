"""The fault matrix: every fault in every stage of a release, under steady traffic, and what was left of it afterwards.

| module | what it is |
| --- | --- |
| `stages` | the stages of a release, and how one waits for them |
| `fault`, `kinds/` | what goes wrong; one small file for each kind |
| `alone/` | what goes wrong without a stage to choose |
| `matrix` | all cells: names, faults, stages |
| `environment` | the one environment that all cells use, brought up by the story's first act |
| `sight` | what can be seen: of AWS by its API, of processes, locks and containers on this machine |
| `update` | a `pulumi up` that is under way |
| `play` | one cell, from the new version to the last look |
| `seen`, `expected`, `judge` | what was seen, what should be, and every difference in one sentence |
| `blind` | takes one of Slipway's guards away, to prove that the matrix would see it |
| `run`, `report`, `page` | all cells in order; `faults-report.json` and `faults-report.html` |

Slipway is known here as its users know it: by the program, the command line and AWS.
"""
