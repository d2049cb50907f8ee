"""What happens: a release, step by step, in plain Python over AWS clients that are handed in.

Nothing here knows Pulumi, and nothing above knows CodeDeploy's words.

| module | what it is |
| --- | --- |
| `plan`, `strategy` | what a release is asked to do, and how traffic moves |
| `release` | the order of things: gates, migrate, provision, checks, shift, bake, workers, record |
| `gates`, `tags`, `alarms`, `who` | what refuses a release before anything moves |
| `policy`, `freeze`, `hold`, `health` | what people have decided: when nothing comes, what is proved elsewhere |
| `migration`, `schema`, `migrated` | databases get the schema that the new images need, before any traffic |
| `oneoff`, `log` | one task that runs once, followed to its end; the lines it writes |
| `shift`, `deployments` | one service from blue to green |
| `meaning`, `appspec` | what CodeDeploy says, and what it is told |
| `checking`, `checks`, `listeners` | green is asked through the test listener |
| `public`, `web` | users' own way in is asked too, before the shift and after it |
| `checker` | the code of the function that asks |
| `apart` | where each service stands for itself: what failed is set aside, the others go on |
| `workers` | services without a port: ECS's own rolling update |
| `scaling`, `stop` | autoscaling is held during the shift; the wish to stop |
| `serving`, `definitions`, `before` | what really serves now; what did when a release began |
| `pins`, `compare` | versions of secrets that a release names; what else than images differs between two |
| `ending`, `undoing`, `failures` | how it ends: verified, or taken back and explained |
| `causes`, `trouble`, `tasks` | why tasks do not come up, and whether there is any hope |
| `warden` | what CodeDeploy does when no update runs, written down by a function of its own |
| `now`, `ground` | back at once, without an engine; what services are delivered with, written down for it |
| `control`, `wishes`, `asking`, `abandoned` | what a person asks of a release under way; who answers when none runs |
| `locks`, `owners` | locks that a killed update left on the state; whether their owner still runs |
| `states` | the versions of the state itself, and the way back to one |
| `removal` | ending what is in flight for good |
| `leaving` | handing an environment over: everything keeps running, AWS's own tools deploy |
| `examining` | what a release needs, looked at before it is needed |
| `founding` | what must exist before the first update: bucket and key of the state, roles of AWS's own |
| `guests` | ports of a load balancer that short-lived environments share with their host |
| `ledger`, `records`, `documents`, `store` | what is written down |
| `update`, `histories` | the Pulumi update that ran a release; its entry in Pulumi's own history |
| `telling`, `lines`, `redact` | what people hear |
| `notices` | who else is told: a chat, a topic, an issue |
| `tools`, `aws`, `clock`, `errors` | what all of it works with |
"""
