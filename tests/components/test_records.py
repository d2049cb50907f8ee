"""The bucket of records is private, encrypted, versioned, and guarded where the settings say so."""

from __future__ import annotations

import json
from functools import cache

from components import Records, RecordsArgs
from tests.components.support import Built, build, environment

BUCKET = "shop-staging-releases-111122223333"


@cache
def records(*, protect: bool = False) -> Built:
    env = environment(protect=protect)
    return build(lambda on: Records("records", RecordsArgs(env=env), on), env)


def test_it_is_private_encrypted_and_versioned() -> None:
    built = records()
    assert built.one("Bucket").inputs == {"bucket": BUCKET, "forceDestroy": True}
    assert built.one("BucketVersioning").inputs == {"bucket": BUCKET, "versioningConfiguration": {"status": "Enabled"}}
    assert built.one("BucketServerSideEncryptionConfiguration").inputs == {
        "bucket": BUCKET,
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    }
    assert built.one("BucketPublicAccessBlock").inputs == {
        "bucket": BUCKET,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }


def test_it_refuses_requests_that_are_not_encrypted_on_the_way() -> None:
    policy = json.loads(records().one("BucketPolicy").inputs["policy"])
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_an_account_that_takes_its_releases_from_here_may_read_them_and_no_more() -> None:
    env = environment(readers=("444455556666",))
    built = build(lambda on: Records("records", RecordsArgs(env=env), on), env)
    _, listing, reading = json.loads(built.one("BucketPolicy").inputs["policy"])["Statement"]
    who = {"AWS": ["arn:aws:iam::444455556666:root"]}
    assert listing == {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}"],
        "Principal": who,
    }
    assert reading == {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
        "Principal": who,
    }


def test_earlier_versions_go_after_a_year() -> None:
    assert records().one("BucketLifecycleConfiguration").inputs == {
        "bucket": BUCKET,
        "rules": [
            {
                "id": "earlier-versions",
                "status": "Enabled",
                "filter": {},
                "noncurrentVersionExpiration": {"noncurrentDays": 365},
            }
        ],
    }


def test_a_place_that_comes_and_goes_may_lose_it_and_production_may_not() -> None:
    coming, staying = records(protect=False).one("Bucket"), records(protect=True).one("Bucket")
    assert (coming.protect, coming.inputs["forceDestroy"]) == (False, True)
    assert (staying.protect, staying.inputs["forceDestroy"]) == (True, False)


def test_its_name_is_the_one_that_the_operators_verbs_look_for() -> None:
    assert records().outputs["records"] == {"bucket": BUCKET}
