"""The story that a rehearsal tells: acts in order, each played with the commands a person would use.

`acts/` has one file for each act, `releases/` the changes that the application goes through, bugs included.
"""
