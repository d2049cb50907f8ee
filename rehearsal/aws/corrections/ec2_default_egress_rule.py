"""Tags and description of the egress rule that a security group was born with.

AWS: a new security group has an egress rule that allows everything; whoever authorizes the same rule with tags and a
description gets it with both once the default one has been revoked, as terraform-provider-aws does.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html

MiniStack 1.5.33 finds the rule there already, answers with it, and drops tags and description, so that the next update
wants to add them.
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from rehearsal.aws.corrections.binding import Binding


def apply(binding: Binding) -> None:
    """Keep what the rule is authorized with, whether it is new or was there."""
    authorize = ec2._authorize_sg_egress

    def authorize_egress(params: dict[str, Any]) -> Any:
        group = ec2._p(params, "GroupId")
        already = ec2._security_groups.get(group, {}).get("IpPermissionsEgress", [])
        pairs = [
            (asked, rule)
            for asked in ec2._parse_ip_permissions(params, "IpPermissions")
            for rule in already
            if ec2._rules_match(asked, rule)
        ]
        for asked, rule in pairs:
            # Descriptions stand in the ranges, which are otherwise the same.
            rule.update({part: value for part, value in asked.items() if part != "SecurityGroupRuleId"})
        answer = authorize(params)
        if answer[0] == 200 and (tags := ec2._sg_rule_tag_specifications(params)):
            for _, rule in pairs:
                ec2._tags[ec2._sg_rule_id(group, True, rule)] = list(tags)
        return answer

    binding.replace(ec2, "_authorize_sg_egress", authorize_egress)
