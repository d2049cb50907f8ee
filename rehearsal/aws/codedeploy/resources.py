"""What calls of CodeDeploy are made on.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
"""

from __future__ import annotations

from rehearsal.aws.codedeploy.models import Store
from rehearsal.aws.iam.call import Call

#: Made on an application, not on one of its groups.
_OF_APPLICATIONS = {
    *("CreateApplication", "DeleteApplication", "GetApplication", "UpdateApplication", "BatchGetApplications"),
    *("RegisterApplicationRevision", "GetApplicationRevision", "ListApplicationRevisions", "ListDeploymentGroups"),
}


def resources(call: Call, store: Store) -> list[str]:
    """Return the ARNs of what a call is made on; nothing where AWS knows nothing narrower."""
    if arn := call.text("ResourceArn"):
        return [arn]
    if config := call.action.endswith("DeploymentConfig") and call.text("deploymentConfigName"):
        return [call.arn(f"deploymentconfig:{config}")]
    if call.action in _OF_APPLICATIONS:
        names = call.texts("applicationNames") or [call.text("applicationName")]
        return [call.arn(f"application:{name}") for name in names]
    application, group = call.text("applicationName"), call.text("deploymentGroupName", "currentDeploymentGroupName")
    if deployment := store.deployments.get(call.text("deploymentId")):
        application, group = deployment.application, str(deployment.group["deploymentGroupName"])
    return [call.arn(f"deploymentgroup:{application}/{group}")] if application and group else []
