"""An account as `init`, `doctor` and `leave` see it: boto3's answers, as far as they read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.delivery.fake_clients import AwsError

ACCOUNT = "111122223333"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/ada"


class Calls:
    """A client that notes what it is asked; `answers`: operation -> what it says, or raises."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.called: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "get_paginator":
            return lambda operation: Pages(getattr(self, operation))

        def call(**arguments: Any) -> Any:
            self.called.append((name, arguments))
            answer = self.answers.get(name, {})
            answer = answer(**arguments) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def asked(self, name: str) -> list[dict[str, Any]]:
        """The arguments of every call of an operation."""
        return [arguments for called, arguments in self.called if called == name]

    def changed(self) -> list[str]:
        """The operations that do not only look."""
        looks = ("get_", "list_", "describe_", "head_", "simulate_", "batch_get_")
        return [name for name, _ in self.called if not name.startswith(looks)]


class Pages:
    """One page of everything."""

    def __init__(self, operation: Callable[..., Any]) -> None:
        self._operation = operation

    def paginate(self, **arguments: Any) -> list[Any]:
        return [self._operation(**arguments)]


class Buckets:
    """S3 with what it keeps of buckets."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.of_others: set[str] = set()
        self.made: list[str] = []

    def client(self) -> Calls:
        def head(Bucket: str, **_: Any) -> dict[str, Any]:  # noqa: N803
            if Bucket in self.of_others:
                raise AwsError("403")
            if Bucket not in self.kept:
                raise AwsError("404")
            return {}

        def create(Bucket: str, **given: Any) -> dict[str, Any]:  # noqa: N803
            self.made.append(Bucket)
            self.kept[Bucket] = {"created": given}
            return {}

        def get(name: str, missing: str) -> Callable[..., Any]:
            def answer(Bucket: str) -> Any:  # noqa: N803
                if name not in self.kept[Bucket]:
                    raise AwsError(missing)
                return self.kept[Bucket][name]

            return answer

        def put(name: str, take: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
            def answer(Bucket: str, **given: Any) -> dict[str, Any]:  # noqa: N803
                self.kept[Bucket][name] = take(given)
                return {}

            return answer

        return Calls(
            head_bucket=head,
            create_bucket=create,
            get_bucket_versioning=lambda Bucket: self.kept[Bucket].get("versions", {}),  # noqa: N803
            put_bucket_versioning=put("versions", lambda given: given["VersioningConfiguration"]),
            get_bucket_encryption=get("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
            put_bucket_encryption=put("encryption", lambda given: given["ServerSideEncryptionConfiguration"]),
            get_public_access_block=get("access", "NoSuchPublicAccessBlockConfiguration"),
            put_public_access_block=put("access", lambda given: given),
            get_bucket_policy=get("policy", "NoSuchBucketPolicy"),
            put_bucket_policy=put("policy", lambda given: {"Policy": given["Policy"]}),
            put_bucket_lifecycle_configuration=put("lifecycle", lambda given: given),
        )

    def policy(self, bucket: str) -> Any:
        """The policy of a bucket, read."""
        return json.loads(self.kept[bucket]["policy"]["Policy"])


class Keys:
    """KMS with keys by alias."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.rotated: set[str] = set()

    def client(self) -> Calls:
        def describe(KeyId: str) -> dict[str, Any]:  # noqa: N803
            if KeyId not in self.kept:
                raise AwsError("NotFoundException")
            return {"KeyMetadata": self.kept[KeyId]}

        def create(**_: Any) -> dict[str, Any]:
            return {"KeyMetadata": self.key()}

        def alias(AliasName: str, TargetKeyId: str) -> dict[str, Any]:  # noqa: N803
            self.kept[AliasName] = self.key()
            return {}

        def rotate(KeyId: str) -> dict[str, Any]:  # noqa: N803
            self.rotated.add(KeyId.rpartition("/")[2])
            return {}

        return Calls(
            describe_key=describe,
            create_key=create,
            create_alias=alias,
            enable_key_rotation=rotate,
            get_key_rotation_status=lambda KeyId: {"KeyRotationEnabled": KeyId in self.rotated},  # noqa: N803
        )

    @staticmethod
    def key(state: str = "Enabled") -> dict[str, Any]:
        """A key's metadata."""
        return {"KeyId": "k-1", "Arn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/k-1", "KeyState": state}


class Roles:
    """IAM with roles by name."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.made: list[str] = []

    def client(self) -> Calls:
        def get(RoleName: str) -> dict[str, Any]:  # noqa: N803
            if RoleName not in self.names:
                raise AwsError("NoSuchEntity")
            return {"Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{RoleName}"}}

        def linked(AWSServiceName: str) -> dict[str, Any]:  # noqa: N803
            from delivery.founding.linked import LINKED

            self.names.add(LINKED[AWSServiceName])
            self.made.append(AWSServiceName)
            return {}

        return Calls(get_role=get, create_service_linked_role=linked)


class Account:
    """All of it; `open` is what the verbs get their clients from."""

    def __init__(self) -> None:
        self.buckets, self.keys, self.roles = Buckets(), Keys(), Roles()
        self.clients: dict[str, Any] = {
            "sts": Calls(get_caller_identity={"Account": ACCOUNT, "Arn": ROLE}),
            "s3": self.buckets.client(),
            "kms": self.keys.client(),
            "iam": self.roles.client(),
        }

    def open(self, name: str) -> Any:
        """A client."""
        return self.clients.setdefault(name, Calls())


def moment(text: str) -> datetime:
    """A time, from ISO 8601."""
    return datetime.fromisoformat(text)
