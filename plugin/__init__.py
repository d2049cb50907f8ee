"""The seam between the program and what happens: our Pulumi provider, and the classes the program uses.

    from plugin import Provider, ProviderArgs, Release, ReleaseArgs, ServiceRelease, Strategy, Check

| module | side | what it is |
| --- | --- | --- |
| `resources` | program | the resource classes |
| `pulumi-resource-slipway`, `__main__`, `lifeline` | engine | the process: how it starts and when it leaves |
| `provider` | engine | the provider protocol |
| `wire`, `difference`, `progress`, `clients` | engine | property maps, previews, the row, AWS clients |
"""

from delivery.plan import Check
from delivery.strategy import Strategy
from plugin.resources import Provider, ProviderArgs, Release, ReleaseArgs, ServiceRelease

__all__ = ["Check", "Provider", "ProviderArgs", "Release", "ReleaseArgs", "ServiceRelease", "Strategy"]
