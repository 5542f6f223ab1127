"""The security group that EFA traffic needs."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue.tags import EFA_TRAFFIC, TRAFFIC_TAG
from .argument_kinds import KINDS

__all__ = ["EfaSecurityGroup"]

ALL_TRAFFIC = "-1"


class EfaSecurityGroup(ec2.SecurityGroup):
    """A security group whose members exchange all traffic with each other, both ways.

    EFA traffic is matched by security group, never by address: without the rule out to the group itself, an
    allow-all rule to 0.0.0.0/0 notwithstanding, EFA does not work, and nothing says so.

    Source: Amazon EC2 User Guide, "Get started with EFA and MPI", step "Prepare an EFA-enabled security group".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        ssh_source: ec2.ISecurityGroup | None = None,
        description: str = "EFA: all traffic between the members of this group",
    ) -> None:
        """
        :param vpc: The VPC of the nodes.
        :param ssh_source: The group from which members accept SSH, for example a bastion's. Default: no SSH; nodes are
            reached through AWS Systems Manager Session Manager.
        :param description: Shown in the console. Changing it replaces the group.
        """
        super().__init__(scope, id, vpc=vpc, description=description)
        # By this, who reads the deployed group sees what it is for.
        resource = cast(ec2.CfnSecurityGroup, self.node.default_child)
        resource.tags.set_tag(TRAFFIC_TAG, EFA_TRAFFIC)
        self.add_ingress_rule(self, ec2.Port.all_traffic(), "EFA from members")
        # add_egress_rule() drops this rule, because the group lets all traffic out to 0.0.0.0/0 already.
        ec2.CfnSecurityGroupEgress(
            self,
            "EgressToMembers",
            group_id=self.security_group_id,
            destination_security_group_id=self.security_group_id,
            ip_protocol=ALL_TRAFFIC,
            description="EFA to members",
        )
        if ssh_source is not None:
            self.add_ingress_rule(ssh_source, ec2.Port.SSH, "SSH from the named group")

    def connect(self, id: str, peer: ec2.ISecurityGroup) -> None:
        """Let members and those of another group, a file system's or a cluster's, exchange all traffic, EFA included.

        Every rule names a group and stands in this group's stack: the peer may belong to another stack, or to no stack
        of this app, and neither gets to depend on the other's deployment order. The peer's own rules and tags stay as
        they are.

        :param id: Names the connection among those of this group, for example ``"FileSystem"``.
        :param peer: The other security group.
        """
        connection = Construct(self, id)
        for name, group, other in (("Members", self, peer), ("Peer", peer, self)):
            description = "EFA and all other traffic, by group"
            ec2.CfnSecurityGroupIngress(
                connection,
                f"{name}Ingress",
                group_id=group.security_group_id,
                source_security_group_id=other.security_group_id,
                ip_protocol=ALL_TRAFFIC,
                description=description,
            )
            ec2.CfnSecurityGroupEgress(
                connection,
                f"{name}Egress",
                group_id=group.security_group_id,
                destination_security_group_id=other.security_group_id,
                ip_protocol=ALL_TRAFFIC,
                description=description,
            )
