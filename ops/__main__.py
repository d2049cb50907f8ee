"""The command line of the operator's verbs: those of the table in `slipway` that `ops` runs.

Exit codes: 0 done, 1 failed, 2 called wrongly. No traceback unless `--debug` stands before the verb.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from botocore.exceptions import BotoCoreError, ClientError

from delivery.aws import explained
from delivery.errors import DeliveryError
from ops.abort import abort
from ops.diff import diff
from ops.doctor import doctor
from ops.env import env
from ops.history import history
from ops.hold import hold
from ops.init import init
from ops.leave import leave
from ops.plan import plan
from ops.promote import promote
from ops.restore_state import restore_state
from ops.rollback import rollback
from ops.skip_bake import skip_bake
from ops.status import status
from ops.unlock import unlock


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def slipway(debug: bool) -> None:
    """Look at releases, step in, and go back."""


VERBS = (
    init,
    doctor,
    env,
    history,
    diff,
    plan,
    promote,
    rollback,
    hold,
    status,
    skip_bake,
    abort,
    unlock,
    restore_state,
    leave,
)
for verb in VERBS:
    slipway.add_command(verb)


def main(words: Sequence[str]) -> int:
    """Run a verb and return the exit code."""
    try:
        slipway.main(list(words), prog_name="./slipway", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Nothing was changed.", err=True)
        return 1
    except (DeliveryError, BotoCoreError, ClientError) as error:
        if "--debug" in words:
            raise
        told = explained(error)
        click.echo(f"Error: {told.message}" + (f"\nFix:   {told.fix}" if told.fix else ""), err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
