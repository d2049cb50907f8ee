"""The KMS key that Pulumi's state and the secrets in it are encrypted with, known by its alias."""

from __future__ import annotations

from typing import Any

from delivery.aws import error_code
from delivery.errors import Refused
from delivery.founding import Look

ROTATED = "rotated every year"


class StateKey:
    """One symmetric key. kms: boto3's client."""

    def __init__(self, kms: Any, alias: str, *, project: str) -> None:
        self._kms = kms
        self._project = project
        self.alias = alias
        #: Its ARN, once it is known.
        self.arn = ""

    @property
    def what(self) -> str:
        """Its alias."""
        return f"KMS key {self.alias}"

    @property
    def will_have(self) -> tuple[str, ...]:
        """What it has when it is made."""
        return (ROTATED,)

    def look(self) -> Look:
        """Look at it. Raises `Refused` for a key that cannot be used."""
        try:
            found = self._kms.describe_key(KeyId=self.alias)["KeyMetadata"]
        except Exception as error:
            if error_code(error) != "NotFoundException":
                raise
            return Look(exists=False)
        self.arn = found["Arn"]
        if found.get("KeyState") != "Enabled" or found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            raise Refused(
                f"KMS key {self.alias}: cannot be used: {found.get('KeyState')}, {found.get('KeySpec')}",
                f"`aws kms cancel-key-deletion`, `aws kms enable-key --key-id {found['KeyId']}`, or name another alias "
                "with --key-alias",
            )
        # The keys of AWS and of other places say nothing of their rotation.
        rotated = found.get("Origin", "AWS_KMS") != "AWS_KMS" or self._rotated(found["KeyId"])
        return Look(exists=True, lacks=() if rotated else (ROTATED,))

    def make(self, look: Look) -> None:
        """Make it, or what it lacks."""
        if not look.exists:
            made = self._kms.create_key(
                Description=f"Pulumi's state of {self._project}, and the secrets in it",
                Tags=[{"TagKey": "project", "TagValue": self._project}],
            )["KeyMetadata"]
            self.arn = made["Arn"]
            self._kms.create_alias(AliasName=self.alias, TargetKeyId=made["KeyId"])
        self._kms.enable_key_rotation(KeyId=self.arn)

    def _rotated(self, key: str) -> bool:
        return bool(self._kms.get_key_rotation_status(KeyId=key).get("KeyRotationEnabled"))
