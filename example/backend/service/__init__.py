"""The shop's backend: a small web service on Python's standard library, and one driver for each store that it is given.

| module | what it is |
| --- | --- |
| `pages` | what is answered: plain functions from a path to a page |
| `dependencies` | what the service needs, and whether it answers |
| `stores` | Postgres and Redis, where the environment names them |
| `postgres` | one connection to Postgres, by URL |
| `migrations/`, `revisions`, `migrate` | the database's schema, step by step: `python3 -m service.migrate up` |
| `server` | HTTP around the pages; ends without dropping a request |
| `__main__` | reads the environment and starts it |
"""
