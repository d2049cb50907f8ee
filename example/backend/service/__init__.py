"""The shop's backend: a small web service on Python's standard library alone.

| module | what it is |
| --- | --- |
| `pages` | what is answered: plain functions from a path to a page |
| `dependencies` | what the service needs, and whether it answers |
| `server` | HTTP around the pages; ends without dropping a request |
| `__main__` | reads the environment and starts it |
"""
