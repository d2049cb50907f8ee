"""The bucket in which an environment's releases are written down: records, journal, pointer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from components.component import Component
from components.policies import account_arns, releases
from delivery.records import bucket_name
from naming import partition
from settings import Environment

#: Days that an overwritten pointer or journal can still be looked at; records are never overwritten.
_EARLIER_VERSIONS_DAYS = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordsArgs:
    """What the bucket is for."""

    env: Environment


class Records(Component):
    """A private, encrypted, versioned bucket."""

    TYPE = "slipway:aws:Records"

    bucket: pulumi.Output[str]
    """The bucket's name."""

    def __init__(self, name: str, args: RecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env = args.env
        called, where = bucket_name(env.names.project, env.names.stack, env.account), partition(env.region)
        bucket = s3.Bucket(
            f"{name}-bucket",
            bucket=called,
            force_destroy=not env.protect,
            opts=self.child(protect=env.protect),
        )
        versioning = s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[
                s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=self.child(),
        )
        private = s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                s3.BucketLifecycleConfigurationRuleArgs(
                    id="earlier-versions",
                    status="Enabled",
                    filter=s3.BucketLifecycleConfigurationRuleFilterArgs(),
                    noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=_EARLIER_VERSIONS_DAYS
                    ),
                )
            ],
            opts=self.child(depends_on=[versioning]),
        )
        s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(
                releases(f"arn:{where}:s3:::{called}", account_arns(env.readers, where)),
            ),
            opts=self.child(depends_on=[private]),
        )
        self.bucket = bucket.bucket
        self.finish()
