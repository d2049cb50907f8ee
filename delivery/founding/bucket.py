"""The bucket with Pulumi's state: private, encrypted, versioned, reached by TLS only.

A state that is overwritten or lost can be taken back from an earlier version: what makes it survive a mistake.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from delivery.aws import error_code
from delivery.errors import Refused
from delivery.founding import Look
from delivery.founding.key import StateKey

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_ABSENT = ("404", "NoSuchBucket")
_FORBIDDEN = ("403", "AccessDenied", "Forbidden", "301", "PermanentRedirect")
#: Days that an earlier state can be taken back.
_EARLIER_DAYS = 365
VERSIONED, ENCRYPTED, PRIVATE, TLS = "versions", "encryption", "public access blocked", "TLS only"
_CLOSED = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}


class StateBucket:
    """One bucket of an account. key: what a new one is encrypted with, made before; None for S3's own."""

    def __init__(self, s3: S3Client, name: str, *, account: str, region: str, key: StateKey | None = None) -> None:
        self._s3 = s3
        self._account = account
        self._region = region
        self._key = key
        self.name = name

    @property
    def what(self) -> str:
        """Its address."""
        return f"bucket {self.name} for Pulumi's state"

    @property
    def will_have(self) -> tuple[str, ...]:
        """What it has when it is made."""
        return (VERSIONED, f"{ENCRYPTED} with {self._key.alias if self._key else 'AES256'}", PRIVATE, TLS)

    def look(self) -> Look:
        """Look at it. Raises `Refused` for a bucket of another account."""
        try:
            self._s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self._account)
        except Exception as error:
            if error_code(error) in _ABSENT:
                return Look(exists=False)
            if error_code(error) in _FORBIDDEN:
                raise Refused(
                    f"bucket {self.name}: is not of account {self._account} and its region, or may not be looked at",
                    "name another one with --state-bucket, or use credentials that may look at it",
                ) from None
            raise
        checks = {VERSIONED: self._versioned, ENCRYPTED: self._encrypted, PRIVATE: self._private, TLS: self._tls}
        return Look(exists=True, lacks=tuple(name for name, check in checks.items() if not check()))

    def make(self, look: Look) -> None:
        """Make it, or what it lacks. Raises `Refused` where somebody else was faster with the name."""
        if not look.exists:
            self._create()
        mend: dict[str, Callable[[], None]] = {
            VERSIONED: self._version,
            ENCRYPTED: self._encrypt,
            PRIVATE: self._close,
            TLS: self._refuse_plain,
        }
        for name, step in mend.items():
            if not look.exists or name in look.lacks:
                step()
        if not look.exists:
            self._expire()

    def _create(self) -> None:
        # us-east-1 is the one region that must not be named.
        where: dict[str, Any] = {}
        if self._region != "us-east-1":
            where = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        try:
            self._s3.create_bucket(Bucket=self.name, ObjectOwnership="BucketOwnerEnforced", **where)
        except Exception as error:
            if error_code(error) == "BucketAlreadyExists":
                raise Refused(
                    f"bucket {self.name}: the name is taken by another account; names are the whole world's",
                    "name another one with --state-bucket",
                ) from None
            if error_code(error) != "BucketAlreadyOwnedByYou":
                raise

    def _versioned(self) -> bool:
        return self._s3.get_bucket_versioning(Bucket=self.name).get("Status") == "Enabled"

    def _version(self) -> None:
        self._s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})

    def _encrypted(self) -> bool:
        missing = "ServerSideEncryptionConfigurationNotFoundError"
        return self._found(lambda: self._s3.get_bucket_encryption(Bucket=self.name), missing) is not None

    def _encrypt(self) -> None:
        by: dict[str, str] = {"SSEAlgorithm": "AES256"}
        if self._key:
            by = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self._key.arn}
        rule = {"ApplyServerSideEncryptionByDefault": by, "BucketKeyEnabled": self._key is not None}
        self._s3.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration=cast(Any, {"Rules": [rule]}))

    def _private(self) -> bool:
        found = self._found(
            lambda: self._s3.get_public_access_block(Bucket=self.name), "NoSuchPublicAccessBlockConfiguration"
        )
        settings = (found or {}).get("PublicAccessBlockConfiguration", {})
        return all(settings.get(name) for name in _CLOSED)

    def _close(self) -> None:
        self._s3.put_public_access_block(
            Bucket=self.name, PublicAccessBlockConfiguration=cast(Any, dict.fromkeys(sorted(_CLOSED), True))
        )

    def _tls(self) -> bool:
        return any(_refuses_plain(statement) for statement in self._policy().get("Statement", []))

    def _refuse_plain(self) -> None:
        """Add our statement to those that stand there."""
        arn = f"arn:{_partition(self._region)}:s3:::{self.name}"
        policy = self._policy() or {"Version": "2012-10-17", "Statement": []}
        policy["Statement"].append(
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        )
        self._s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))

    def _policy(self) -> dict[str, Any]:
        found = self._found(lambda: self._s3.get_bucket_policy(Bucket=self.name), "NoSuchBucketPolicy")
        policy: dict[str, Any] = json.loads(found["Policy"]) if found else {}
        if isinstance(policy.get("Statement"), dict):
            policy["Statement"] = [policy["Statement"]]
        return policy

    def _expire(self) -> None:
        rule = {
            "ID": "earlier-states",
            "Status": "Enabled",
            "Filter": {},
            "NoncurrentVersionExpiration": {"NoncurrentDays": _EARLIER_DAYS},
        }
        self._s3.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration=cast(Any, {"Rules": [rule]})
        )

    @staticmethod
    def _found(ask: Callable[[], Mapping[str, Any]], missing: str) -> Mapping[str, Any] | None:
        """What is answered; None where AWS says that there is nothing."""
        try:
            return ask()
        except Exception as error:
            if error_code(error) == missing:
                return None
            raise


def state_bucket_name(project: str, account: str) -> str:
    """Name the bucket: `<project>-pulumi-state-<account>`, in what S3 allows."""
    return f"{re.sub(r'[^a-z0-9]+', '-', project.lower()).strip('-')[:30].strip('-')}-pulumi-state-{account}"


def _refuses_plain(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    value = condition[0] if isinstance(condition, list) and condition else condition
    return statement.get("Effect") == "Deny" and str(value).lower() == "false"


def _partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
