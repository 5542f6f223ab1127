"""``efa preflight`` asks IAM about what the app makes, no less and no more, and about the bootstrap that it needs."""

from __future__ import annotations

from efa_constructs.preflight.deployment_checks import MINIMUM_BOOTSTRAP
from efa_constructs.preflight.needed_actions import OF_A_NEW_CLUSTER, OF_NODES
from efa_constructs.preflight.plan import STACKS

# They make nothing.
NOTHING = {"AWS::CDK::Metadata"}


def test_every_resource_type_of_the_app_has_its_actions(app):
    assembly = app().synth()
    types = {
        stack.stack_name: {each["Type"] for each in stack.template["Resources"].values()} - NOTHING
        for stack in assembly.stacks
    }
    assert set(types) == set(STACKS)
    assert types["EfaNodes"] | types["EfaWorkloads"] == set(OF_NODES)
    assert types["EfaCluster"] == set(OF_A_NEW_CLUSTER)


def test_the_stacks_demand_the_version_of_the_bootstrap_that_is_asked_for(app):
    assembly = app().synth()
    assert {stack.requires_bootstrap_stack_version for stack in assembly.stacks} == {MINIMUM_BOOTSTRAP}
