"""Cases of roles and policies."""

from __future__ import annotations

import copy

from efa_constructs.rules import iam as rules

from ..templates import Change, Template, add, all_of, put, whole
from .case import Case

__all__ = ["IAM_CASES"]

_JOIN = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
_PULL = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
_NETWORK = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"


def policies(*names: object) -> Change:
    """Those of the node role, with what the VPC CNI needs."""
    return put("NodeRole.ManagedPolicyArns", [*names, _NETWORK])


def statement(action: object, resource: object = "*") -> Change:
    """A policy of the node role's."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}
    return add("Policy", "AWS::IAM::Policy", PolicyName="more", Roles=[{"Ref": "NodeRole"}], PolicyDocument=document)


def _cni(**properties: object) -> Change:
    return add("Cni", "AWS::EKS::Addon", ClusterName={"Ref": "Cluster"}, AddonName="vpc-cni", **properties)


def _addon(name: object, **properties: object) -> Change:
    return add("Addon", "AWS::EKS::Addon", ClusterName={"Ref": "Cluster"}, AddonName=name, **properties)


def _second_group(*names: object) -> Change:
    """Another node group like the first, with a role of its own that has these policies."""

    def change(template: Template) -> None:
        resources = template["Resources"]
        resources["SecondGroup"] = copy.deepcopy(resources["NodeGroup"])
        resources["SecondGroup"]["Properties"]["NodeRole"] = {"Fn::GetAtt": ["SecondRole", "Arn"]}

    role = {"AssumeRolePolicyDocument": {"Statement": [_trust(_EC2)]}, "ManagedPolicyArns": list(names)}
    return all_of(whole, add("SecondRole", "AWS::IAM::Role", **role), change)


def _identity(account: object) -> Change:
    names = {"ClusterName": {"Ref": "Cluster"}, "Namespace": "kube-system", "ServiceAccount": account}
    return add("Identity", "AWS::EKS::PodIdentityAssociation", RoleArn=_ROLE, **names)


_ROLE = "arn:aws:iam::123456789012:role/cni"
_unnetworked = all_of(whole, put("NodeRole.ManagedPolicyArns", [_JOIN, _PULL]))


def _rest(**changed: object) -> Change:
    """A policy of the node role's that allows what it does not name."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*"} | changed}
    return add("Policy", "AWS::IAM::Policy", PolicyName="rest", Roles=[{"Ref": "NodeRole"}], PolicyDocument=document)


def _trusts(*statements: object) -> Change:
    """Those of the node role's trust policy."""
    return all_of(whole, put("NodeRole.AssumeRolePolicyDocument", {"Statement": list(statements)}))


def _trust(service: object, effect: str = "Allow") -> dict[str, object]:
    return {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


def _inline(resource: str) -> Change:
    """A policy that the node role itself writes."""
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": resource}]}
    return put("NodeRole.Policies", [{"PolicyName": "more", "PolicyDocument": document}])


_EKS, _EC2 = "eks.amazonaws.com", "ec2.amazonaws.com"
_OF_AWS = "arn:aws:iam::aws:policy"
_ADMINISTRATOR = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"}
_deployers = {
    "AssumeRolePolicyDocument": {
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    },
    "ManagedPolicyArns": [_ADMINISTRATOR],
}


def _assumed_by(provider: object, *others: Change) -> Change:
    """A role of an administrator, for those whom an OIDC provider vouches for."""
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    changed = _deployers | {"AssumeRolePolicyDocument": {"Statement": [statement]}}
    return all_of(whole, *others, add("Deployers", "AWS::IAM::Role", **changed))


def _provider(kind: str, url: object) -> Change:
    return add("Provider", kind, Url=url)


_ISSUER = {"Fn::GetAtt": ["Cluster", "OpenIdConnectIssuerUrl"]}
_PROVIDERS = "arn:aws:iam::123456789012:oidc-provider"
_GITHUB = "token.actions.githubusercontent.com"
_AWS_NODE = '[{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "aws-node"}}]'

IAM_CASES = (
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, put("Manifest.Manifest", _AWS_NODE.replace("aws-node", "another"))),
        kept=all_of(_unnetworked, put("Manifest.Manifest", _AWS_NODE)),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=_unnetworked,
        # Another network plugin may be it.
        kept=all_of(_unnetworked, put("Cluster.BootstrapSelfManagedAddons", False)),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=_unnetworked,
        kept=all_of(_unnetworked, _identity({"Ref": "Subnet"})),
    ),
    Case(rule=rules.NODES_CANNOT_NETWORK, broken=_unnetworked, kept=all_of(whole, _cni())),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, _cni()),
        kept=all_of(_unnetworked, _cni(ServiceAccountRoleArn=_ROLE)),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, _identity("fsx-csi-controller-sa")),
        kept=all_of(_unnetworked, _identity("aws-node")),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, statement("ec2:AttachNetworkInterface")),
        kept=all_of(_unnetworked, statement(["ec2:AssignIpv6Addresses"])),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, put("Cluster.BootstrapSelfManagedAddons", True)),
        # Its network plugin is another one.
        kept=all_of(_unnetworked, add("Chart", "Custom::AWSCDK-EKS-HelmChart", Chart="cilium")),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=_unnetworked,
        # Of a cluster of elsewhere nobody knows.
        kept=all_of(_unnetworked, put("NodeGroup.ClusterName", "training")),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, put("Manifest.Manifest", _AWS_NODE.replace("ServiceAccount", "ConfigMap"))),
        kept=all_of(_unnetworked, put("Manifest.Manifest", _AWS_NODE.replace("ServiceAccount", "DaemonSet"))),
    ),
    # The add-on is the only VPC CNI that there is.
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, put("Cluster.BootstrapSelfManagedAddons", False), _cni()),
        kept=all_of(
            _unnetworked, put("Cluster.BootstrapSelfManagedAddons", False), _cni(ConfigurationValues='{"env": {}}')
        ),
        # The nodes come before it.
        also=frozenset({"EFA-EKS-018"}),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=all_of(_unnetworked, _addon("aws-fsx-csi-driver", ServiceAccountRoleArn=_ROLE)),
        # It may be the VPC CNI.
        kept=all_of(_unnetworked, _addon({"Fn::ImportValue": "addon"}, ServiceAccountRoleArn=_ROLE)),
    ),
    Case(
        rule=rules.NODES_CANNOT_NETWORK,
        broken=_second_group(_JOIN, _PULL),
        kept=_second_group(_JOIN, _PULL, _NETWORK),
    ),
    Case(
        rule=rules.NODES_CANNOT_JOIN,
        broken=all_of(whole, policies(_PULL)),
        kept=all_of(whole, policies(_PULL), statement(["eks:Describe*"])),
    ),
    Case(
        rule=rules.NODES_CANNOT_JOIN,
        broken=_second_group(_PULL, _NETWORK),
        # What makes the role knows what it may do.
        kept=all_of(whole, add("Made", "Custom::NodeRole"), put("NodeGroup.NodeRole", {"Fn::GetAtt": ["Made", "Arn"]})),
    ),
    Case(
        rule=rules.NODES_CANNOT_PULL,
        broken=all_of(whole, policies(_JOIN)),
        # What a policy of elsewhere allows, nobody can tell.
        kept=all_of(whole, policies(_JOIN, {"Fn::ImportValue": "pull-policy"})),
    ),
    Case(
        rule=rules.NODES_CANNOT_PULL,
        broken=all_of(whole, policies(_JOIN), statement("ecr:BatchGetImage")),
        kept=all_of(
            whole,
            policies(_JOIN),
            add(
                "Pull",
                "AWS::IAM::RolePolicy",
                RoleName={"Ref": "NodeRole"},
                PolicyName="pull",
                PolicyDocument={"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]},
            ),
        ),
    ),
    Case(
        rule=rules.NODES_CANNOT_PULL,
        broken=all_of(whole, policies(_JOIN), statement("ecr:BatchGetImage")),
        kept=all_of(whole, policies(_JOIN), statement({"Fn::ImportValue": "action"})),
    ),
    Case(
        rule=rules.NODES_CANNOT_PULL,
        broken=all_of(whole, policies(_JOIN), statement("ecr:GetAuthorization")),
        kept=all_of(whole, policies(_JOIN), statement("ecr:GetAuthorizationToken")),
    ),
    # So it is with one that an account has written itself.
    Case(
        rule=rules.NODES_CANNOT_PULL,
        broken=all_of(whole, policies(_JOIN, "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")),
        kept=all_of(whole, policies(_JOIN, "arn:aws:iam::123456789012:policy/nodes")),
    ),
    Case(
        rule=rules.NODES_CANNOT_JOIN,
        broken=all_of(whole, policies(_PULL)),
        kept=all_of(whole, policies("arn:aws:iam::aws:policy/PowerUserAccess")),
    ),
    Case(
        rule=rules.NODE_ROLE_OF_OTHERS,
        broken=all_of(whole, put("NodeGroup.NodeRole", {"Fn::GetAtt": ["ClusterRole", "Arn"]})),
        kept=whole,
        # The role of the cluster lacks everything else as well.
        also=frozenset({"EFA-IAM-001", "EFA-IAM-002", "EFA-IAM-007"}),
    ),
    Case(
        rule=rules.NODE_ROLE_OF_OTHERS,
        broken=_trusts(_trust(_EC2, "Deny"), _trust(_EKS)),
        kept=_trusts(_trust(_EKS, "Deny"), _trust(_EC2)),
    ),
    Case(rule=rules.NODE_ROLE_OF_OTHERS, broken=_trusts(_trust(_EKS)), kept=_trusts(_trust(_EC2), _trust(_EKS))),
    # What only the deployment knows may be EC2.
    Case(
        rule=rules.NODE_ROLE_OF_OTHERS,
        broken=_trusts(_trust([_EKS, "lambda.amazonaws.com"])),
        kept=_trusts(_trust([_EKS, {"Fn::ImportValue": "service"}])),
    ),
    Case(
        rule=rules.NODE_ROLE_OF_OTHERS,
        broken=_trusts(_trust(_EKS)),
        kept=all_of(whole, put("NodeRole.AssumeRolePolicyDocument", {"Fn::ImportValue": "trust"})),
    ),
    Case(
        rule=rules.CLUSTER_ROLE_OF_OTHERS,
        broken=all_of(whole, put("Cluster.RoleArn", {"Fn::GetAtt": ["NodeRole", "Arn"]})),
        kept=whole,
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=all_of(whole, statement("*")),
        kept=all_of(whole, statement("*", "arn:aws:s3:::checkpoints/*")),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=all_of(whole, _inline("*")),
        kept=all_of(whole, _inline("arn:aws:s3:::checkpoints/*")),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=all_of(whole, policies(_JOIN, _PULL, f"{_OF_AWS}/AdministratorAccess")),
        # Of an account's own policy of the name nobody knows what it allows.
        kept=all_of(whole, policies(_JOIN, _PULL, "arn:aws:iam::123456789012:policy/AdministratorAccess")),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=all_of(whole, put("KubectlRole.ManagedPolicyArns", [_ADMINISTRATOR])),
        # Nothing of these templates acts as it: people who deploy do.
        kept=all_of(whole, add("Deployers", "AWS::IAM::Role", **_deployers)),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=all_of(whole, put("ClusterRole.ManagedPolicyArns", ["arn:aws-cn:iam::aws:policy/AdministratorAccess"])),
        kept=all_of(whole, put("ClusterRole.ManagedPolicyArns", [{"Fn::ImportValue": "policy"}])),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=all_of(
            whole,
            add("Deployers", "AWS::IAM::Role", **_deployers),
            add("Profile", "AWS::IAM::InstanceProfile", Roles=[{"Ref": "Deployers"}]),
        ),
        kept=whole,
    ),
    # Pods act as it by their service accounts; a workflow of GitHub deploys, which is for people to judge.
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=_assumed_by({"Ref": "Provider"}, _provider("AWS::IAM::OIDCProvider", _ISSUER)),
        kept=_assumed_by({"Ref": "Provider"}, _provider("AWS::IAM::OIDCProvider", f"https://{_GITHUB}")),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=_assumed_by({"Ref": "Provider"}, _provider("Custom::AWSCDKOpenIdConnectProvider", _ISSUER)),
        kept=_assumed_by({"Ref": "Provider"}),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=_assumed_by(f"{_PROVIDERS}/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"),
        kept=_assumed_by(f"{_PROVIDERS}/{_GITHUB}"),
    ),
    Case(
        rule=rules.EVERYTHING_ALLOWED,
        broken=_assumed_by({"Fn::Sub": "${AWS::Partition}:oidc-provider/oidc.eks.${AWS::Region}.amazonaws.com/id/1"}),
        kept=_assumed_by({"Fn::ImportValue": "provider"}),
    ),
    Case(
        rule=rules.EVERYTHING_BUT_ALLOWED,
        broken=all_of(whole, policies(_JOIN, _PULL, f"{_OF_AWS}/PowerUserAccess")),
        kept=all_of(whole, policies(_JOIN, _PULL, f"{_OF_AWS}/ReadOnlyAccess")),
    ),
    Case(
        rule=rules.EVERYTHING_BUT_ALLOWED,
        broken=all_of(whole, _rest(NotAction="iam:*")),
        kept=all_of(whole, _rest(NotAction="iam:*", Effect="Deny")),
    ),
    Case(
        rule=rules.EVERYTHING_BUT_ALLOWED,
        broken=all_of(whole, _rest(NotAction=["iam:*", "organizations:*"])),
        kept=all_of(whole, _rest(NotAction=["iam:*"], Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    ),
    Case(
        rule=rules.EVERYTHING_BUT_ALLOWED,
        broken=all_of(whole, _rest(NotAction="s3:DeleteBucket")),
        kept=all_of(whole, _rest(NotAction="s3:DeleteBucket", Resource="arn:aws:s3:::checkpoints/*")),
    ),
    Case(
        rule=rules.EVERYTHING_BUT_ALLOWED,
        broken=all_of(whole, _rest(NotAction="s3:DeleteBucket")),
        kept=all_of(whole, _rest(NotAction=["s3:DeleteBucket", {"Ref": "Subnet"}])),
    ),
    # What it leaves is nothing.
    *(
        Case(
            rule=rules.EVERYTHING_BUT_ALLOWED,
            broken=all_of(whole, _rest(NotAction=["iam:*"])),
            kept=all_of(whole, _rest(NotAction=["iam:*", everything])),
        )
        for everything in ("*", "*:*")
    ),
    Case(
        rule=rules.SERVICE_ALLOWED,
        broken=all_of(whole, policies(_JOIN, _PULL, f"{_OF_AWS}/IAMFullAccess")),
        kept=all_of(whole, policies(_JOIN, _PULL, f"{_OF_AWS}/IAMReadOnlyAccess")),
    ),
    Case(
        rule=rules.SERVICE_ALLOWED,
        broken=all_of(whole, statement(["s3:*", "sts:GetCallerIdentity"])),
        kept=all_of(whole, statement(["s3:List*", "sts:GetCallerIdentity"])),
    ),
)
