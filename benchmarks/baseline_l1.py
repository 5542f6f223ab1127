"""The default app's resources, written by hand with level 1 constructs only: what ``run.py`` compares the app with.

Same types, same number, same properties (``run.py`` checks it before it measures), in three stacks as well. Nothing is
decided here: no settings, no catalogue, no checks. The Kubernetes objects are those of ``baseline_k8s.py``, and kubectl
comes from its package. The code of functions is files, in the folder that ``BASELINE_DATA`` names
(``baseline_data.py``).

``--from-files`` takes the manifests as text and kubectl as a file, from the same folder: with neither cdk8s nor the
package. ``--without-workloads`` leaves out all of Kubernetes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_ssm as ssm
from constructs import Construct

ZONES = ("us-east-1a", "us-east-1b")
DATA = Path(os.environ["BASELINE_DATA"])

USER_DATA = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==EFA-NODE-USER-DATA=="

--==EFA-NODE-USER-DATA==
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0

--==EFA-NODE-USER-DATA==--
"""


def named(name: str, others: Mapping[str, str] | None = None) -> list[cdk.CfnTag]:
    return [cdk.CfnTag(key=key, value=value) for key, value in {**(others or {}), "Name": name}.items()]


def open_egress() -> ec2.CfnSecurityGroup.EgressProperty:
    return ec2.CfnSecurityGroup.EgressProperty(
        cidr_ip="0.0.0.0/0", ip_protocol="-1", description="Allow all outbound traffic by default"
    )


def trusting(principal: Mapping[str, str]) -> dict[str, object]:
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
    return {"Statement": [statement], "Version": "2012-10-17"}


def code_of(scope: Construct, id: str, name: str) -> lambda_.CfnFunction.CodeProperty:
    asset = s3_assets.Asset(scope, id, path=str(DATA / name))
    return lambda_.CfnFunction.CodeProperty(s3_bucket=asset.s3_bucket_name, s3_key=asset.s3_object_key)


def layer_of(scope: Construct, id: str, name: str, **properties: str) -> lambda_.CfnLayerVersion:
    asset = s3_assets.Asset(scope, f"{id}Content", path=str(DATA / name))
    content = lambda_.CfnLayerVersion.ContentProperty(s3_bucket=asset.s3_bucket_name, s3_key=asset.s3_object_key)
    return lambda_.CfnLayerVersion(scope, id, content=content, **properties)


def aws_managed(*names: str) -> list[str]:
    return [f"arn:{cdk.Aws.PARTITION}:iam::aws:policy/{name}" for name in names]


class ClusterStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, env: cdk.Environment) -> None:
        super().__init__(scope, id, env=env)
        self.vpc = ec2.CfnVPC(
            self,
            "Vpc",
            cidr_block="10.0.0.0/16",
            enable_dns_hostnames=True,
            enable_dns_support=True,
            instance_tenancy="default",
            tags=named("EfaCluster/Vpc"),
        )
        gateway = ec2.CfnInternetGateway(self, "InternetGateway", tags=named("EfaCluster/Vpc"))
        attachment = ec2.CfnVPCGatewayAttachment(
            self, "GatewayAttachment", vpc_id=self.vpc.ref, internet_gateway_id=gateway.ref
        )
        self.private_subnets: list[ec2.CfnSubnet] = []
        self.route_tables: list[ec2.CfnRouteTable] = []
        nat_gateway: ec2.CfnNatGateway | None = None
        self.default_routes: list[ec2.CfnRoute] = []
        for number, zone in enumerate(ZONES):
            subnet, table = self.subnet("Public", number, zone, f"10.0.{64 + number}.0/24")
            route = self.default_route(f"PublicRoute{number}", table, gateway_id=gateway.ref)
            route.add_resource_dependency(attachment)
            if nat_gateway is None:
                tags = named("EfaCluster/PublicSubnet0", {"kubernetes.io/role/elb": "1"})
                address = ec2.CfnEIP(self, "NatAddress", domain="vpc", tags=tags)
                nat_gateway = ec2.CfnNatGateway(
                    self,
                    "NatGateway",
                    allocation_id=address.attr_allocation_id,
                    subnet_id=subnet.ref,
                    tags=tags,
                )
                nat_gateway.add_resource_dependency(route)
        for number, zone in enumerate(ZONES):
            subnet, table = self.subnet("Private", number, zone, f"10.0.{32 * number}.0/19")
            assert nat_gateway is not None
            self.default_route(f"PrivateRoute{number}", table, nat_gateway_id=nat_gateway.ref)
            self.private_subnets.append(subnet)
        cdk.Validations.of(self).acknowledge(
            cdk.Acknowledgment(id="CloudFormation-Validate::W3010", reason="the zones are chosen")
        )
        self.endpoint_and_flow_log()
        self.empty_default_group()
        self.eks_cluster()

    def subnet(self, kind: str, number: int, zone: str, cidr: str) -> tuple[ec2.CfnSubnet, ec2.CfnRouteTable]:
        role = {"kubernetes.io/role/elb" if kind == "Public" else "kubernetes.io/role/internal-elb": "1"}
        kinds = {"aws-cdk:subnet-name": kind, "aws-cdk:subnet-type": kind}
        name = f"EfaCluster/{kind}Subnet{number}"
        subnet = ec2.CfnSubnet(
            self,
            f"{kind}Subnet{number}",
            vpc_id=self.vpc.ref,
            availability_zone=zone,
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            tags=named(name, kinds | role),
        )
        table = ec2.CfnRouteTable(self, f"{kind}Table{number}", vpc_id=self.vpc.ref, tags=named(name, role))
        ec2.CfnSubnetRouteTableAssociation(
            self, f"{kind}Association{number}", route_table_id=table.ref, subnet_id=subnet.ref
        )
        self.route_tables.append(table)
        return subnet, table

    def default_route(
        self, id: str, table: ec2.CfnRouteTable, *, gateway_id: str | None = None, nat_gateway_id: str | None = None
    ) -> ec2.CfnRoute:
        route = ec2.CfnRoute(
            self,
            id,
            route_table_id=table.ref,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
        )
        self.default_routes.append(route)
        return route

    def endpoint_and_flow_log(self) -> None:
        ec2.CfnVPCEndpoint(
            self,
            "S3Endpoint",
            vpc_id=self.vpc.ref,
            service_name=f"com.amazonaws.{cdk.Aws.REGION}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.ref for table in self.route_tables],
            tags=named("EfaCluster/Vpc"),
        )
        log_group = logs.CfnLogGroup(self, "FlowLogs", retention_in_days=30)
        log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        tags = named("EfaCluster/FlowLog")
        role = iam.CfnRole(
            self,
            "FlowLogRole",
            assume_role_policy_document=trusting({"Service": "vpc-flow-logs.amazonaws.com"}),
            tags=tags,
        )
        statement = {
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": log_group.attr_arn,
        }
        iam.CfnPolicy(
            self,
            "FlowLogPolicy",
            policy_name="FlowLogPolicy",
            policy_document={"Statement": [statement], "Version": "2012-10-17"},
            roles=[role.ref],
        )
        ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_id=self.vpc.ref,
            resource_type="VPC",
            traffic_type="REJECT",
            log_destination_type="cloud-watch-logs",
            log_group_name=log_group.ref,
            deliver_logs_permission_arn=role.attr_arn,
            tags=tags,
        )

    def empty_default_group(self) -> None:
        actions = [
            f"ec2:{verb}SecurityGroup{kind}" for verb in ("Authorize", "Revoke") for kind in ("Ingress", "Egress")
        ]
        group = self.vpc.attr_default_security_group
        arn = f"arn:aws:ec2:{self.region}:{cdk.Aws.ACCOUNT_ID}:security-group/{group}"
        role = iam.CfnRole(
            self,
            "DefaultGroupRole",
            assume_role_policy_document=trusting({"Service": "lambda.amazonaws.com"}),
            managed_policy_arns=[
                cdk.Fn.sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
            ],
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="Inline",
                    policy_document={
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": [arn]}],
                    },
                )
            ],
        )
        function = lambda_.CfnFunction(
            self,
            "DefaultGroupFunction",
            code=code_of(self, "DefaultGroupCode", "default-group"),
            handler="__entrypoint__.handler",
            runtime="nodejs24.x",
            role=role.attr_arn,
            timeout=900,
            memory_size=128,
            description="Lambda function for removing all inbound/outbound rules from the VPC default security group",
        )
        resource = cdk.CfnResource(
            self,
            "DefaultGroup",
            type="Custom::VpcRestrictDefaultSG",
            properties={
                "ServiceToken": function.attr_arn,
                "DefaultSecurityGroupId": group,
                "Account": cdk.Aws.ACCOUNT_ID,
            },
        )
        resource.apply_removal_policy(cdk.RemovalPolicy.DESTROY)

    def eks_cluster(self) -> None:
        root = {"AWS": f"arn:aws:iam::{cdk.Aws.ACCOUNT_ID}:root"}
        self.admin_role = iam.CfnRole(
            self,
            "AdminRole",
            assume_role_policy_document=trusting(root),
            description="Administrators of the EKS cluster assume this role",
        )
        everything = {"Action": "kms:*", "Effect": "Allow", "Principal": root, "Resource": "*"}
        key = kms.CfnKey(
            self,
            "SecretsKey",
            enable_key_rotation=True,
            key_policy={"Statement": [everything], "Version": "2012-10-17"},
        )
        key.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        role = iam.CfnRole(
            self,
            "ClusterRole",
            assume_role_policy_document=trusting({"Service": "eks.amazonaws.com"}),
            managed_policy_arns=[f"arn:{cdk.Aws.PARTITION}:iam::aws:policy/AmazonEKSClusterPolicy"],
        )
        group = ec2.CfnSecurityGroup(
            self,
            "ControlPlaneGroup",
            group_description="EKS Control Plane Security Group",
            vpc_id=self.vpc.ref,
            security_group_egress=[open_egress()],
        )
        self.cluster = eks.CfnCluster(
            self,
            "Cluster",
            role_arn=role.attr_arn,
            version="1.36",
            access_config=eks.CfnCluster.AccessConfigProperty(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            compute_config=eks.CfnCluster.ComputeConfigProperty(enabled=False),
            encryption_config=[
                eks.CfnCluster.EncryptionConfigProperty(
                    provider=eks.CfnCluster.ProviderProperty(key_arn=key.attr_arn), resources=["secrets"]
                )
            ],
            kubernetes_network_config=eks.CfnCluster.KubernetesNetworkConfigProperty(
                elastic_load_balancing=eks.CfnCluster.ElasticLoadBalancingProperty(enabled=False), ip_family="ipv4"
            ),
            logging=eks.CfnCluster.LoggingProperty(
                cluster_logging=eks.CfnCluster.ClusterLoggingProperty(
                    enabled_types=[
                        eks.CfnCluster.LoggingTypeConfigProperty(type=kind)
                        for kind in ("api", "audit", "authenticator", "controllerManager", "scheduler")
                    ]
                )
            ),
            resources_vpc_config=eks.CfnCluster.ResourcesVpcConfigProperty(
                subnet_ids=[subnet.ref for subnet in self.private_subnets],
                security_group_ids=[group.attr_group_id],
                endpoint_private_access=True,
                endpoint_public_access=True,
            ),
            storage_config=eks.CfnCluster.StorageConfigProperty(
                block_storage=eks.CfnCluster.BlockStorageProperty(enabled=False)
            ),
        )
        for route in self.default_routes:
            self.cluster.add_resource_dependency(route)
        barrier = ssm.CfnParameter(self, "KubectlReadyBarrier", type="String", value="aws:cdk:eks:kubectl-ready")
        barrier.add_resource_dependency(self.cluster)
        policy = f"arn:{cdk.Aws.PARTITION}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
        eks.CfnAccessEntry(
            self,
            "AdminAccess",
            cluster_name=self.cluster.ref,
            principal_arn=self.admin_role.attr_arn,
            access_policies=[
                eks.CfnAccessEntry.AccessPolicyProperty(
                    policy_arn=policy, access_scope=eks.CfnAccessEntry.AccessScopeProperty(type="cluster")
                )
            ],
        )
        for id, name in (
            ("Cni", "vpc-cni"),
            ("Proxy", "kube-proxy"),
            ("PodIdentity", "eks-pod-identity-agent"),
            ("Monitoring", "eks-node-monitoring-agent"),
        ):
            eks.CfnAddon(
                self,
                f"{id}Addon",
                cluster_name=self.cluster.ref,
                addon_name=name,
                resolve_conflicts="OVERWRITE",
            )
        cdk.CrossStackReferences.of(self.cluster).produce(cdk.ReferenceStrength.STRONG)
        cdk.CfnOutput(self, "ClusterName", value=self.cluster.ref)
        cdk.CfnOutput(
            self,
            "KubeconfigCommand",
            value=f"aws eks update-kubeconfig --region {self.region} --name {self.cluster.ref} "
            f"--role-arn {self.admin_role.attr_arn}",
            description="Lets kubectl reach the cluster, for whoever may assume the role",
        )


class NodesStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, env: cdk.Environment, cluster: ClusterStack) -> None:
        super().__init__(scope, id, env=env)
        group = ec2.CfnSecurityGroup(
            self,
            "Group",
            group_description="EFA: all traffic between the members of this group",
            vpc_id=cluster.vpc.ref,
            security_group_egress=[open_egress()],
            tags=[cdk.CfnTag(key="efa-constructs:traffic", value="efa")],
        )
        group_id = group.attr_group_id
        ec2.CfnSecurityGroupIngress(
            self,
            "Ingress",
            group_id=group_id,
            source_security_group_id=group_id,
            ip_protocol="-1",
            description="EFA from members",
        )
        ec2.CfnSecurityGroupEgress(
            self,
            "Egress",
            group_id=group_id,
            destination_security_group_id=group_id,
            ip_protocol="-1",
            description="EFA to members",
        )
        placement_group = ec2.CfnPlacementGroup(self, "PlacementGroup", strategy="cluster")
        session_manager = ["ssm:UpdateInstanceInformation"] + [
            f"ssmmessages:{verb}{kind}Channel" for kind in ("Control", "Data") for verb in ("Create", "Open")
        ]
        role = iam.CfnRole(
            self,
            "Role",
            assume_role_policy_document=trusting({"Service": "ec2.amazonaws.com"}),
            managed_policy_arns=aws_managed(
                "AmazonEKSWorkerNodePolicy",
                "AmazonEC2ContainerRegistryPullOnly",
                "AmazonEKS_CNI_Policy",
            ),
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="SessionManager",
                    policy_document={
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": session_manager, "Resource": "*"}],
                    },
                )
            ],
        )
        groups = [cluster.cluster.attr_cluster_security_group_id, group_id]
        launch_template = self.launch_template(groups, placement_group.attr_group_name)
        node_group = eks.CfnNodegroup(
            self,
            "NodeGroup",
            cluster_name=cluster.cluster.ref,
            node_role=role.attr_arn,
            subnets=[cluster.private_subnets[0].ref],
            ami_type="AL2023_x86_64_NVIDIA",
            capacity_type="ON_DEMAND",
            scaling_config=eks.CfnNodegroup.ScalingConfigProperty(min_size=1, desired_size=2, max_size=3),
            update_config=eks.CfnNodegroup.UpdateConfigProperty(max_unavailable=1, update_strategy="DEFAULT"),
            launch_template=eks.CfnNodegroup.LaunchTemplateSpecificationProperty(
                id=launch_template.ref, version=launch_template.attr_latest_version_number
            ),
            labels={"vpc.amazonaws.com/efa.present": "true", "nvidia.com/gpu.present": "true"},
            node_repair_config=eks.CfnNodegroup.NodeRepairConfigProperty(enabled=True),
        )
        cdk.CfnOutput(self, "NodeGroupName", value=node_group.attr_nodegroup_name)
        cdk.CfnOutput(self, "EfaSecurityGroupId", value=group_id)
        cdk.CfnOutput(
            self,
            "Interfaces",
            value="0/0 interface, 0/1 efa-only, 1/0 efa-only, 2/0 efa-only, 3/0 efa-only",
            description="Network card/device and type of each interface of a node",
        )
        cdk.CfnOutput(self, "EfaPerNode", value="4", description="What a node advertises as vpc.amazonaws.com/efa")

    def launch_template(self, groups: list[str], placement_group_name: str) -> ec2.CfnLaunchTemplate:
        table = [(0, 0, "interface"), (0, 1, "efa-only"), (1, 0, "efa-only"), (2, 0, "efa-only"), (3, 0, "efa-only")]
        return ec2.CfnLaunchTemplate(
            self,
            "LaunchTemplate",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                instance_type="p4d.24xlarge",
                network_interfaces=[
                    ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
                        network_card_index=card,
                        device_index=device,
                        interface_type=kind,
                        groups=groups,
                        delete_on_termination=True,
                    )
                    for card, device, kind in table
                ],
                placement=ec2.CfnLaunchTemplate.PlacementProperty(group_name=placement_group_name),
                block_device_mappings=[
                    ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
                        device_name="/dev/xvda",
                        ebs=ec2.CfnLaunchTemplate.EbsProperty(
                            volume_size=300, volume_type="gp3", encrypted=True, delete_on_termination=True
                        ),
                    )
                ],
                metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=1
                ),
                user_data=cdk.Fn.base64(USER_DATA),
                tag_specifications=[
                    ec2.CfnLaunchTemplate.TagSpecificationProperty(resource_type=kind, tags=named("EfaNodes"))
                    for kind in ("instance", "volume", "network-interface")
                ],
            ),
        )


class WorkloadsStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: cdk.Environment,
        cluster: ClusterStack,
        nodes: NodesStack,
        from_files: bool,
    ) -> None:
        super().__init__(scope, id, env=env)
        self.add_stack_dependency(nodes)
        self.from_files = from_files
        self.cluster = cluster.cluster
        self.cluster_name = cluster.cluster.ref
        service_token = self.provider(self.kubectl())
        earlier: list[cdk.CfnResource] = [self.access_entry()]
        applied: dict[int, list[cdk.CfnResource]] = {}
        for manifest in self.manifests():
            stage = applied.setdefault(manifest["stage"], [])
            resource = cdk.CfnResource(
                self,
                f"Manifest{manifest['stage']}{len(stage)}",
                type="Custom::AWSCDK-EKS-KubernetesResource",
                properties={"ServiceToken": service_token, "ClusterName": self.cluster_name, **manifest["properties"]},
            )
            resource.apply_removal_policy(cdk.RemovalPolicy[manifest["removalPolicy"]])
            for other in applied.get(manifest["stage"] - 1, earlier):
                resource.add_resource_dependency(other)
            stage.append(resource)
        cdk.CfnOutput(
            self,
            "NcclTestsLog",
            value="kubectl logs --follow job/nccl-tests-launcher",
            description="Shows the log of the NCCL test",
        )

    def manifests(self) -> Iterable[dict[str, Any]]:
        if self.from_files:
            kept: list[dict[str, Any]] = json.loads((DATA / "manifests.json").read_text())
            return kept
        # Here, so that it is not loaded where it is not used.
        from baseline_k8s import custom_resources

        return custom_resources()

    def kubectl_layer(self) -> str:
        if self.from_files:
            description = "/opt/kubectl/kubectl 1.36.3; /opt/helm/helm 4.2.3"
            layer = layer_of(self, "KubectlLayer", "kubectl.zip", description=description, license_info="Apache-2.0")
            return layer.ref
        from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer

        # Nothing of level 1 has the file.
        return KubectlV36Layer(self, "KubectlLayer").layer_version_arn

    def kubectl(self) -> lambda_.CfnFunction:
        self.role = self.function_role("Kubectl", aws_managed("service-role/AWSLambdaBasicExecutionRole"))
        statement = {"Action": "eks:DescribeCluster", "Effect": "Allow", "Resource": self.cluster.attr_arn}
        policy = self.policy("Kubectl", self.role, [statement])
        aws_cli = layer_of(self, "AwsCliLayer", "awscli.zip", description="/opt/awscli/aws")
        function = lambda_.CfnFunction(
            self,
            "Kubectl",
            code=code_of(self, "KubectlCode", "kubectl"),
            handler="index.handler",
            runtime="python3.13",
            role=self.role.attr_arn,
            timeout=900,
            memory_size=1024,
            description="onEvent handler for EKS kubectl resource provider",
            environment=lambda_.CfnFunction.EnvironmentProperty(variables={"AWS_STS_REGIONAL_ENDPOINTS": "regional"}),
            layers=[self.kubectl_layer(), aws_cli.ref],
        )
        function.add_resource_dependency(policy)
        self.log_group("Kubectl", function)
        return function

    def provider(self, kubectl: lambda_.CfnFunction) -> str:
        role = self.function_role("Provider", aws_managed("service-role/AWSLambdaBasicExecutionRole"))
        arn = kubectl.attr_arn
        statements = [
            {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": [arn, f"{arn}:*"]},
            {"Action": "lambda:GetFunction", "Effect": "Allow", "Resource": arn},
        ]
        policy = self.policy("Provider", role, statements)
        function = lambda_.CfnFunction(
            self,
            "Provider",
            code=code_of(self, "ProviderCode", "provider"),
            handler="framework.onEvent",
            runtime="nodejs24.x",
            role=role.attr_arn,
            timeout=900,
            description="AWS CDK resource provider framework - onEvent (EfaWorkloads/KubectlAccess/Provider/Provider)",
            environment=lambda_.CfnFunction.EnvironmentProperty(variables={"USER_ON_EVENT_FUNCTION_ARN": arn}),
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(application_log_level="FATAL", log_format="JSON"),
        )
        function.add_resource_dependency(policy)
        self.log_group("Provider", function)
        return function.attr_arn

    def access_entry(self) -> eks.CfnAccessEntry:
        policy = f"arn:{cdk.Aws.PARTITION}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
        return eks.CfnAccessEntry(
            self,
            "KubectlAccess",
            cluster_name=self.cluster_name,
            principal_arn=self.role.attr_arn,
            access_policies=[
                eks.CfnAccessEntry.AccessPolicyProperty(
                    policy_arn=policy, access_scope=eks.CfnAccessEntry.AccessScopeProperty(type="cluster")
                )
            ],
        )

    def function_role(self, name: str, policies: list[str]) -> iam.CfnRole:
        trust = trusting({"Service": "lambda.amazonaws.com"})
        return iam.CfnRole(self, f"{name}Role", assume_role_policy_document=trust, managed_policy_arns=policies)

    def policy(self, name: str, role: iam.CfnRole, statements: list[dict[str, object]]) -> iam.CfnPolicy:
        document = {"Statement": statements, "Version": "2012-10-17"}
        return iam.CfnPolicy(
            self, f"{name}Policy", policy_name=f"{name}Policy", policy_document=document, roles=[role.ref]
        )

    def log_group(self, name: str, function: lambda_.CfnFunction) -> None:
        group = logs.CfnLogGroup(
            self, f"{name}Logs", log_group_name=f"/aws/lambda/{function.ref}", retention_in_days=731
        )
        group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


app = cdk.App()
environment = cdk.Environment(region="us-east-1")
cluster_stack = ClusterStack(app, "EfaCluster", env=environment)
nodes_stack = NodesStack(app, "EfaNodes", env=environment, cluster=cluster_stack)
# As aws_half.py is without it.
if "--without-workloads" not in sys.argv:
    WorkloadsStack(
        app,
        "EfaWorkloads",
        env=environment,
        cluster=cluster_stack,
        nodes=nodes_stack,
        from_files="--from-files" in sys.argv,
    )
app.synth()
