"""The calls, by role: what must be refused, and beside it what must not, since one that refuses all shows nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rehearsal.story.roles.attempts import Attempt
from rehearsal.story.roles.taking import Taken
from rehearsal.story.roles.things import MANIFEST, Place, Things

_ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def trusting(place: Place) -> str:
    """Return a trust policy by which the account's administrators may take a role, and Lambda."""
    who = {"AWS": place.iam("root"), "Service": "lambda.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def staging(own: Place, other: Place, things: Things) -> Sequence[Attempt]:
    """What who deploys to staging may not do, above all to production beside it; and what it may."""
    return [
        *_deploys(own, things),
        *_keeps_off(own, other, things),
        *_cannot_rise(own, other),
        Attempt("give a tag to an image", lambda it: _tag(it, things, "1.0.1", own.account)),
        Attempt("look at how production is", lambda it: _describe(it, other), "ecs:DescribeServices"),
    ]


def production(own: Place, other: Place, things: Things) -> Sequence[Attempt]:
    """What who deploys to production may not do: it takes what staging proved, and asks how it is there."""
    return [
        *_deploys(own, things),
        Attempt("look at how staging is", lambda it: _describe(it, other)),
        Attempt("look at staging's alarms", lambda it: it.client("cloudwatch").describe_alarms(AlarmNames=["a"])),
        Attempt("read staging's releases", lambda it: _read(it, other)),
        *_takes(things, other.account),
        *_keeps_off(own, other, things),
        *_cannot_rise(own, other),
    ]


def production_apart(own: Place, other: Place, things: Things) -> Sequence[Attempt]:
    """The same where production is in an account of its own."""
    return [*_deploys(own, things), *_takes(things, other.account), *_cannot_rise(own, other)]


def preview(own: Place, things: Things) -> Sequence[Attempt]:
    """What a pull request's preview may not do: write anything, or see a secret's value."""
    return [
        Attempt("look at its service", lambda it: _describe(it, own)),
        Attempt("read its releases", lambda it: _read(it, own)),
        Attempt("look at a secret", lambda it: it.client("secretsmanager").describe_secret(SecretId=own.secret)),
        Attempt("look at images", lambda it: _pull(it, things, own.account)),
        Attempt("read a secret's value", lambda it: _secret(it, own), "secretsmanager:GetSecretValue"),
        Attempt(
            "read a parameter",
            lambda it: it.client("ssm").get_parameter(Name=f"/{own.secret}", WithDecryption=True),
            "ssm:GetParameter",
        ),
        Attempt("register a task definition", lambda it: _define(it, own), "ecs:RegisterTaskDefinition"),
        Attempt("start a deployment", lambda it: _deployment(it, own), "codedeploy:CreateDeployment"),
        Attempt("stop a deployment", lambda it: _stop(it), "codedeploy:StopDeployment"),
        Attempt("update a service", lambda it: _update(it, own), "ecs:UpdateService"),
        Attempt("run a task", lambda it: _run(it, own, own), "ecs:RunTask"),
        Attempt("write down a release", lambda it: _write(it, own.bucket, "serving.json"), "s3:PutObject"),
        Attempt("lift a hold", lambda it: _delete(it, own.bucket, "hold.json"), "s3:DeleteObject"),
        Attempt("give a tag to an image", lambda it: _tag(it, things, "1.0.2", own.account), "ecr:PutImage"),
        Attempt("make a role", lambda it: _make_role(it, own, own.boundary), "iam:CreateRole"),
        Attempt("make a network", lambda it: it.client("ec2").create_vpc(CidrBlock="10.8.0.0/16"), "ec2:CreateVpc"),
        Attempt("unlock the state", lambda it: _delete(it, things.state, _lock(own)), "s3:DeleteObject"),
    ]


def rollback(own: Place, things: Things) -> Sequence[Attempt]:
    """What who goes back may not do: make anything."""
    return [
        Attempt("start a deployment", lambda it: _deployment(it, own)),
        Attempt("update a service", lambda it: _update(it, own)),
        Attempt("write down a release", lambda it: _write(it, own.bucket, "releases/2.json")),
        Attempt("make a service", lambda it: _create(it, own), "ecs:CreateService"),
        Attempt("make a role", lambda it: _make_role(it, own, own.boundary), "iam:CreateRole"),
        Attempt("push a layer", lambda it: _layer(it, things, own.account), "ecr:InitiateLayerUpload"),
        Attempt("give a tag to an image", lambda it: _tag(it, things, "1.0.3", own.account), "ecr:PutImage"),
    ]


def made(own: Place, other: Place, things: Things) -> Sequence[Attempt]:
    """What a role may not do that staging's deployment made and let do anything: what its boundary keeps it off."""
    network = things.networks[other.name]
    return [
        Attempt("write to a bucket of its own", lambda it: _write(it, own.bucket, "a.json")),
        Attempt("read a secret of its environment", lambda it: _secret(it, own)),
        Attempt("pull an image", lambda it: _pull(it, things, own.account)),
        Attempt("read production's secret", lambda it: _secret(it, other), "secretsmanager:GetSecretValue"),
        Attempt("update production's service", lambda it: _update(it, other), "ecs:UpdateService"),
        Attempt("delete production's network", lambda it: it.client("ec2").delete_vpc(VpcId=network), "ec2:DeleteVpc"),
        Attempt("end production's scaling", lambda it: _unscale(it, other), _UNSCALE),
        Attempt("delete an image", lambda it: _delete_image(it, things, own.account), "ecr:BatchDeleteImage"),
        Attempt("give a tag to an image", lambda it: _tag(it, things, "1.0.4", own.account), "ecr:PutImage"),
        Attempt("make a role", lambda it: _make_role(it, own, own.boundary), "iam:CreateRole"),
        Attempt("take another role", lambda it: _assume(it, other), "sts:AssumeRole"),
        Attempt("read Pulumi's state", lambda it: _get(it, things.state, ".pulumi/meta.yaml"), "s3:GetObject"),
    ]


_UNSCALE = "application-autoscaling:DeregisterScalableTarget"


def _deploys(own: Place, things: Things) -> Sequence[Attempt]:
    """What every deployment may."""
    return [
        Attempt("update its service", lambda it: _update(it, own)),
        Attempt("start a deployment", lambda it: _deployment(it, own)),
        Attempt("run its task in its cluster", lambda it: _run(it, own, own)),
        Attempt("register a task definition", lambda it: _define(it, own)),
        Attempt("write down a release", lambda it: _write(it, own.bucket, "releases/1.json")),
        Attempt("make a role within the boundary", lambda it: _make_role(it, own, own.boundary)),
        Attempt("make a cluster", lambda it: it.client("ecs").create_cluster(clusterName=f"{own.stem}-cluster")),
        Attempt("make a network", lambda it: it.client("ec2").create_vpc(CidrBlock="10.8.0.0/16")),
        Attempt(
            "write its state", lambda it: _write(it, things.state, f".pulumi/stacks/{own.project}/{own.name}.json")
        ),
    ]


def _takes(things: Things, registry: str) -> Sequence[Attempt]:
    """What who takes images may do with them, and what not."""
    return [
        Attempt("pull an image that staging proved", lambda it: _pull(it, things, registry)),
        Attempt("push a layer", lambda it: _layer(it, things, registry), "ecr:InitiateLayerUpload"),
        Attempt("push an image", lambda it: _tag(it, things, "6.6.6", registry), "ecr:PutImage"),
        Attempt("delete an image", lambda it: _delete_image(it, things, registry), "ecr:BatchDeleteImage"),
    ]


def _keeps_off(own: Place, other: Place, things: Things) -> Sequence[Attempt]:
    """What nobody may do to an environment in the same account."""
    foreign, network = other.iam(f"role/{other.stem}-api-execution"), things.networks[other.name]
    who = f"{other.name}'s"
    return [
        Attempt(f"update {who} service", lambda it: _update(it, other), "ecs:UpdateService"),
        Attempt(f"start {who} deployment", lambda it: _deployment(it, other), "codedeploy:CreateDeployment"),
        Attempt(f"run a task in {who} cluster", lambda it: _run(it, own, other), "ecs:RunTask"),
        Attempt(f"end {who} scaling", lambda it: _unscale(it, other), _UNSCALE),
        Attempt(f"read {who} secret", lambda it: _secret(it, other), "secretsmanager:GetSecretValue"),
        Attempt(
            f"change {who} parameter",
            lambda it: it.client("ssm").put_parameter(Name=f"/{other.secret}", Value="mine", Overwrite=True),
            "ssm:PutParameter",
        ),
        Attempt(f"write {who} record", lambda it: _write(it, other.bucket, "serving.json"), "s3:PutObject"),
        Attempt(
            f"write {who} state",
            lambda it: _write(it, things.state, f".pulumi/stacks/{other.project}/{other.name}.json"),
            "s3:PutObject",
        ),
        Attempt(f"pass {who} role to a task", lambda it: _define(it, own, foreign), "iam:PassRole"),
        Attempt(f"delete {who} network", lambda it: it.client("ec2").delete_vpc(VpcId=network), "ec2:DeleteVpc"),
        Attempt(
            f"call {who} function",
            lambda it: it.client("lambda").invoke(FunctionName=f"{other.stem}-checker"),
            "lambda:InvokeFunction",
        ),
        Attempt("delete an image", lambda it: _delete_image(it, things, own.account), "ecr:BatchDeleteImage"),
    ]


def _cannot_rise(own: Place, other: Place) -> Sequence[Attempt]:
    """What nobody may do to itself, to what guards it, or by roles that it makes."""
    policy = {"PolicyName": "more", "PolicyDocument": _ANYTHING}

    def iam(it: Taken) -> Any:
        return it.client("iam")

    return [
        Attempt("make a role without a boundary", lambda it: _make_role(it, own, ""), "iam:CreateRole"),
        Attempt(
            "make a role within another boundary",
            lambda it: _make_role(it, own, "arn:aws:iam::aws:policy/AdministratorAccess"),
            "iam:CreateRole",
        ),
        Attempt(
            "take the boundary off a role",
            lambda it: iam(it).delete_role_permissions_boundary(RoleName=f"{own.stem}-api-task"),
            "iam:DeleteRolePermissionsBoundary",
        ),
        Attempt(
            "change the boundary itself",
            lambda it: iam(it).create_policy_version(PolicyArn=own.boundary, PolicyDocument=_ANYTHING),
            "iam:CreatePolicyVersion",
        ),
        Attempt(
            "give itself another policy",
            lambda it: iam(it).put_role_policy(RoleName=it.name, **policy),
            "iam:PutRolePolicy",
        ),
        Attempt(
            "change who may take it",
            lambda it: iam(it).update_assume_role_policy(RoleName=it.name, PolicyDocument=trusting(own)),
            "iam:UpdateAssumeRolePolicy",
        ),
        Attempt(
            "make a user",
            lambda it: iam(it).create_user(UserName="me"),
            "iam:CreateUser",
        ),
        Attempt(f"take {other.name}'s role", lambda it: _assume(it, other), "sts:AssumeRole"),
    ]


def _update(it: Taken, place: Place) -> None:
    it.client("ecs").update_service(**place.service, desiredCount=0)


def _describe(it: Taken, place: Place) -> None:
    it.client("ecs").describe_services(cluster=place.service["cluster"], services=[place.service["service"]])


def _create(it: Taken, place: Place) -> None:
    it.client("ecs").create_service(
        cluster=place.service["cluster"], serviceName=place.service["service"], taskDefinition=f"{place.stem}-api"
    )


def _define(it: Taken, place: Place, role: str = "") -> None:
    container = {"name": "app", "image": "scratch", "memory": 128}
    given = role or place.iam(f"role/{place.stem}-api-execution")
    it.client("ecs").register_task_definition(
        family=f"{place.stem}-api", containerDefinitions=[container], executionRoleArn=given
    )


def _run(it: Taken, own: Place, where: Place) -> None:
    it.client("ecs").run_task(cluster=where.service["cluster"], taskDefinition=f"{own.stem}-api")


def _deployment(it: Taken, place: Place) -> None:
    it.client("codedeploy").create_deployment(**place.group)


def _stop(it: Taken) -> None:
    it.client("codedeploy").stop_deployment(deploymentId="d-ABCDEFGHI")


def _unscale(it: Taken, place: Place) -> None:
    it.client("application-autoscaling").deregister_scalable_target(**place.target)


def _secret(it: Taken, place: Place) -> None:
    it.client("secretsmanager").get_secret_value(SecretId=place.secret)


def _write(it: Taken, bucket: str, key: str) -> None:
    it.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")


def _delete(it: Taken, bucket: str, key: str) -> None:
    it.client("s3").delete_object(Bucket=bucket, Key=key)


def _get(it: Taken, bucket: str, key: str) -> None:
    it.client("s3").get_object(Bucket=bucket, Key=key)


def _read(it: Taken, place: Place) -> None:
    _get(it, place.bucket, "serving.json")


def _lock(place: Place) -> str:
    return f".pulumi/locks/organization/{place.project}/{place.name}/1.json"


def _pull(it: Taken, things: Things, registry: str) -> None:
    found = it.client("ecr").batch_get_image(
        registryId=registry, repositoryName=things.repository, imageIds=[{"imageDigest": things.digest}]
    )
    assert found["images"], found  # noqa: S101 - what was asked for is there


def _layer(it: Taken, things: Things, registry: str) -> None:
    it.client("ecr").initiate_layer_upload(registryId=registry, repositoryName=things.repository)


def _tag(it: Taken, things: Things, tag: str, registry: str) -> None:
    it.client("ecr").put_image(
        registryId=registry, repositoryName=things.repository, imageManifest=MANIFEST, imageTag=tag
    )


def _delete_image(it: Taken, things: Things, registry: str) -> None:
    it.client("ecr").batch_delete_image(
        registryId=registry, repositoryName=things.repository, imageIds=[{"imageDigest": things.digest}]
    )


def _make_role(it: Taken, place: Place, boundary: str) -> None:
    bounded = {"PermissionsBoundary": boundary} if boundary else {}
    it.client("iam").create_role(RoleName=place.made, AssumeRolePolicyDocument=trusting(place), **bounded)


def _assume(it: Taken, place: Place) -> None:
    it.client("sts").assume_role(RoleArn=place.iam(f"role/ci/{place.stem}-ci-deploy"), RoleSessionName="me")


def give_everything(it: Taken, place: Place) -> str:
    """Let a role that the deployment has made do anything, as it may; return the role's ARN."""
    it.client("iam").put_role_policy(RoleName=place.made, PolicyName="all", PolicyDocument=_ANYTHING)
    return place.iam(f"role/{place.made}")
