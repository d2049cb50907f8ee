"""Tags and digests in ECR."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.corrections import ecr_images

pytestmark = pytest.mark.ministack


def manifest(layer: Any) -> Any:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"digest": "sha256:c", "size": 10},
            "layers": [{"digest": f"sha256:{layer}", "size": 90}],
        }
    )


ONE, TWO = manifest("1"), manifest("2")
DIGEST = "sha256:" + hashlib.sha256(ONE.encode()).hexdigest()


@pytest.fixture
def ecr(ministack: Any) -> Any:
    client = ministack.client("ecr")
    client.create_repository(repositoryName="fixed", imageTagMutability="IMMUTABLE")
    client.create_repository(repositoryName="moving")
    return client


@pytest.fixture
def corrected(binding: Any) -> None:
    ecr_images.apply(binding)


def put(ecr: Any, content: Any, tag: Any = None, repository: Any = "fixed", **more: Any) -> Any:
    tagged = {"imageTag": tag} if tag else {}
    return ecr.put_image(repositoryName=repository, imageManifest=content, **tagged, **more)["image"]


def refused(ecr: Any, *arguments: Any, **keywords: Any) -> Any:
    with pytest.raises(ClientError) as caught:
        put(ecr, *arguments, **keywords)
    return caught.value.response["Error"]["Code"]


def ids(ecr: Any, repository: Any = "fixed", **more: Any) -> Any:
    found = ecr.list_images(repositoryName=repository, **more)["imageIds"]
    return sorted(((each["imageDigest"][:9], each.get("imageTag")) for each in found), key=str)


def test_stock_ministack_answers_with_another_tag(ecr: Any) -> None:
    put(ecr, ONE, "1.0.0", repository="moving")
    put(ecr, ONE, "latest", repository="moving")
    (found,) = ecr.batch_get_image(repositoryName="moving", imageIds=[{"imageTag": "1.0.0"}])["images"]
    assert found["imageId"]["imageTag"] == "latest"


def test_stock_ministack_knows_no_image_already_exists(ecr: Any) -> None:
    first = put(ecr, ONE, "1.0.0", repository="moving")
    assert put(ecr, ONE, "1.0.0", repository="moving") == first


def test_stock_ministack_answers_nothing_for_an_unknown_image(ecr: Any) -> None:
    assert ecr.describe_images(repositoryName="fixed", imageIds=[{"imageTag": "no"}])["imageDetails"] == []


@pytest.mark.usefixtures("corrected")
def test_an_image_takes_several_tags(ecr: Any) -> None:
    assert put(ecr, ONE, "1.0.0")["imageId"] == {"imageDigest": DIGEST, "imageTag": "1.0.0"}
    put(ecr, ONE, "c-3f9c1e2")
    assert [tag for _, tag in ids(ecr)] == ["1.0.0", "c-3f9c1e2"]
    (found,) = ecr.batch_get_image(repositoryName="fixed", imageIds=[{"imageTag": "1.0.0"}])["images"]
    assert found["imageId"] == {"imageDigest": DIGEST, "imageTag": "1.0.0"}
    assert found["imageManifest"] == ONE
    assert found["imageManifestMediaType"] == "application/vnd.oci.image.manifest.v1+json"


@pytest.mark.usefixtures("corrected")
@pytest.mark.parametrize("repository", ["fixed", "moving"])
def test_the_same_image_under_the_same_tag_exists_already(ecr: Any, repository: Any) -> None:
    put(ecr, ONE, "1.0.0", repository)
    assert refused(ecr, ONE, "1.0.0", repository) == "ImageAlreadyExistsException"


@pytest.mark.usefixtures("corrected")
def test_an_immutable_tag_stays(ecr: Any) -> None:
    put(ecr, ONE, "1.0.0")
    assert refused(ecr, TWO, "1.0.0") == "ImageTagAlreadyExistsException"


@pytest.mark.usefixtures("corrected")
def test_a_mutable_tag_moves(ecr: Any) -> None:
    put(ecr, ONE, "latest", "moving")
    put(ecr, TWO, "latest", "moving")
    (found,) = ecr.batch_get_image(repositoryName="moving", imageIds=[{"imageTag": "latest"}])["images"]
    assert found["imageManifest"] == TWO
    assert {tag for _, tag in ids(ecr, "moving")} == {None, "latest"}


@pytest.mark.usefixtures("corrected")
def test_a_digest_must_fit(ecr: Any) -> None:
    code = refused(ecr, ONE, "1.0.0", imageDigest="sha256:" + "0" * 64)
    assert code == "ImageDigestDoesNotMatchException"


@pytest.mark.usefixtures("corrected")
def test_an_unknown_image_is_not_found(ecr: Any) -> None:
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="fixed", imageIds=[{"imageTag": "no"}])


@pytest.mark.usefixtures("corrected")
def test_the_size_is_that_of_configuration_and_layers(ecr: Any) -> None:
    put(ecr, ONE)
    (details,) = ecr.describe_images(repositoryName="fixed")["imageDetails"]
    assert details["imageSizeInBytes"] == 100
    assert "imageTags" not in details


@pytest.mark.usefixtures("corrected")
def test_deleting_a_tag_keeps_the_image_while_it_has_another(ecr: Any) -> None:
    put(ecr, ONE, "1.0.0")
    put(ecr, ONE, "latest")
    ecr.batch_delete_image(repositoryName="fixed", imageIds=[{"imageTag": "latest"}])
    assert ids(ecr) == [(DIGEST[:9], "1.0.0")]
    ecr.batch_delete_image(repositoryName="fixed", imageIds=[{"imageTag": "1.0.0"}])
    assert ids(ecr) == []


@pytest.mark.usefixtures("corrected")
def test_deleting_a_digest_deletes_every_tag(ecr: Any) -> None:
    put(ecr, ONE, "1.0.0")
    put(ecr, ONE, "latest")
    deleted = ecr.batch_delete_image(repositoryName="fixed", imageIds=[{"imageDigest": DIGEST}, {"imageTag": "no"}])
    assert [each["imageTag"] for each in deleted["imageIds"]] == ["1.0.0", "latest"]
    assert deleted["failures"][0]["failureCode"] == "ImageNotFound"
    assert ids(ecr) == []


@pytest.mark.usefixtures("corrected")
def test_listing_by_tag_status(ecr: Any) -> None:
    put(ecr, ONE, "1.0.0")
    put(ecr, TWO)
    assert [tag for _, tag in ids(ecr, filter={"tagStatus": "TAGGED"})] == ["1.0.0"]
    assert [tag for _, tag in ids(ecr, filter={"tagStatus": "UNTAGGED"})] == [None]
