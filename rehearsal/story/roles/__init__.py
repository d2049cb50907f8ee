"""Roles of workflows, put to the test: taken as workflows take them, and asked to do what they may and may not.

taking      a role, taken with a token that the emulated GitHub signs
attempts    one call, and what must come of it
things      what the calls are about: put there by an administrator
calls       the calls themselves, by role
"""
