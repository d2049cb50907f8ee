"""Tags and digests in ECR: what is refused, and what is answered.

AWS: putting an image under a tag that it has already is ImageAlreadyExistsException; an immutable tag that names
another image is ImageTagAlreadyExistsException; a digest that does not fit the manifest is
ImageDigestDoesNotMatchException; an image asked for by tag is answered with that tag; deleting a tag deletes the image
only where it was the last; DescribeImages of an unknown image is ImageNotFoundException; ListImages has one entry per
tag.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html

MiniStack 1.5.33 refuses an immutable tag in other words and puts the same image again, answers with the last tag an
image was given, deletes every tag with one, answers nothing for an unknown image, and takes the manifest's length for
the image's size.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, json_response
from ministack.services import ecr

from rehearsal.aws.corrections.binding import Binding

Image = dict[str, Any]


def apply(binding: Binding) -> None:
    """Check, answer, count as ECR does."""
    put, get, describe, list_images = ecr._put_image, ecr._batch_get_image, ecr._describe_images, ecr._list_images

    def put_image(data: dict[str, Any]) -> Any:
        name, tag, manifest = data.get("repositoryName", ""), data.get("imageTag"), data.get("imageManifest", "")
        digest = ecr._image_digest(manifest)
        if name in ecr._repositories:
            if data.get("imageDigest") not in (None, digest):
                return _refuse(
                    "ImageDigestDoesNotMatchException", f"The digest of the manifest is '{digest}', not the one given"
                )
            if refusal := _refuse_put(name, tag, digest):
                return refusal
        media_type = data.get("imageManifestMediaType") or _media_type(manifest)
        answer = put(data | ({"imageManifestMediaType": media_type} if media_type else {}))
        if answer[0] != 200:
            return answer
        ecr._manifest_blobs.setdefault(name, {}).setdefault(digest, manifest.encode())
        content = json.loads(answer[2])
        content["image"]["imageId"] = {"imageDigest": digest} | ({"imageTag": tag} if tag else {})
        return json_response(content)

    def batch_get_image(data: dict[str, Any]) -> Any:
        answer = get(data)
        if answer[0] != 200:
            return answer
        name, content = data["repositoryName"], json.loads(answer[2])
        found = [(asked, image) for asked in data.get("imageIds", []) if (image := ecr._find_image(name, asked))]
        for shown, (asked, image) in zip(content["images"], found, strict=True):
            tag = asked.get("imageTag") or next(iter(image.get("imageTags", [])), None)
            shown["imageId"] = {"imageDigest": image["imageDigest"]} | ({"imageTag": tag} if tag else {})
        return json_response(content)

    def batch_delete_image(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        if name not in ecr._repositories:
            return get(data)
        deleted, failures = [], []
        for asked in data.get("imageIds", []):
            image = ecr._find_image(name, asked)
            if image is None:
                reason = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
                failures.append({"imageId": asked, **reason})
                continue
            deleted += _delete(name, image, None if asked.get("imageDigest") else asked["imageTag"])
        return json_response({"imageIds": deleted, "failures": failures})

    def describe_images(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        for asked in data.get("imageIds") or []:
            if name in ecr._repositories and ecr._find_image(name, asked) is None:
                return _refuse(
                    "ImageNotFoundException", f"The image with imageId {_words(asked)} does not exist {_where(name)}"
                )
        answer = describe(data)
        if answer[0] != 200:
            return answer
        content = json.loads(answer[2])
        for shown in content["imageDetails"]:
            image = ecr._find_image(name, {"imageDigest": shown["imageDigest"]})
            shown["imageSizeInBytes"] = _size(image["imageManifest"])
            if not shown["imageTags"]:
                del shown["imageTags"]
        return json_response(content)

    def list_image_ids(data: dict[str, Any]) -> Any:
        answer = list_images(data)
        if answer[0] != 200:
            return answer
        status = (data.get("filter") or {}).get("tagStatus", "ANY")
        found = []
        for image in ecr._images.get(data["repositoryName"], []):
            digest, tags = {"imageDigest": image["imageDigest"]}, image.get("imageTags", [])
            if tags and status != "UNTAGGED":
                found += [digest | {"imageTag": tag} for tag in tags]
            elif not tags and status != "TAGGED":
                found.append(digest)
        return json_response({"imageIds": found})

    binding.replace(ecr, "_put_image", put_image)
    binding.replace(ecr, "_batch_get_image", batch_get_image)
    binding.replace(ecr, "_batch_delete_image", batch_delete_image)
    binding.replace(ecr, "_describe_images", describe_images)
    binding.replace(ecr, "_list_images", list_image_ids)


def _refuse_put(name: str, tag: str | None, digest: str) -> Any:
    holder = ecr._find_image(name, {"imageTag": tag}) if tag else None
    same = ecr._find_image(name, {"imageDigest": digest})
    if same and (tag is None or holder is same):
        what = f"digest '{digest}'" + (f" and tag '{tag}'" if tag else "")
        return _refuse("ImageAlreadyExistsException", f"Image with {what} already exists {_where(name, 'in')}")
    if holder and ecr._repositories[name].get("imageTagMutability") == "IMMUTABLE":
        return _refuse(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten "
            "because the repository is immutable.",
        )
    return None


def _delete(name: str, image: Image, tag: str | None) -> list[dict[str, str]]:
    digest, tags = image["imageDigest"], image.get("imageTags", [])
    if tag and len(tags) > 1:
        tags.remove(tag)
        return [{"imageDigest": digest, "imageTag": tag}]
    ecr._images[name].remove(image)
    ecr._manifest_blobs.get(name, {}).pop(digest, None)
    return [{"imageDigest": digest, "imageTag": each} for each in tags] or [{"imageDigest": digest}]


def _size(manifest: str) -> int:
    """What the manifest says its configuration and layers weigh; an index weighs its own length."""
    try:
        content = json.loads(manifest)
    except ValueError:
        return len(manifest)
    parts = [content.get("config") or {}, *(content.get("layers") or [])]
    return sum(int(part.get("size", 0)) for part in parts) or len(manifest)


def _media_type(manifest: str) -> str | None:
    try:
        found = json.loads(manifest).get("mediaType")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _words(image_id: dict[str, str]) -> str:
    return f"{{imageDigest:'{image_id.get('imageDigest', 'null')}', imageTag:'{image_id.get('imageTag', 'null')}'}}"


def _where(name: str, word: str = "within") -> str:
    return f"{word} the repository with name '{name}' in the registry with id '{get_account_id()}'"


def _refuse(code: str, message: str) -> Any:
    return error_response_json(code, message, 400)
