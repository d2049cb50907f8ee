"""pytest, for the fast tests: whose process leaves without taking everything apart that it had loaded.

`python -m tests.leaving` takes the words of `python -m pytest`. To free the SDKs' classes one by one takes the
interpreter a second or so, after the last word has been said.
"""

from __future__ import annotations

import atexit
import os
import sys

import pytest

if __name__ == "__main__":
    code = int(pytest.main(sys.argv[1:]))
    # Such as the removal of the lock on the folder for temporary files: without it the folder stays for days.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
