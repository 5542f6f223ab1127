"""Lets ``cdk synth`` fail by the rules of this package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

from ..rules import PLUGIN_NAME, RULES, Severity

# The review takes time to load, and few apps that import constructs ask for it.
if TYPE_CHECKING:
    from ..review.review import Finding
    from ..review.templates import Templates

__all__ = ["EfaRules"]


@jsii.implements(cdk.IPolicyValidationPlugin)
class EfaRules:
    """Reviews what an app synthesizes, and lets ``cdk synth`` fail for what would not deploy or not use EFA.

    Add it to an app with ``cdk.Validations.of(app).add_plugins(EfaRules())``. Accept a finding, with the reason, with
    ``cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id="efa-constructs::EFA-SG-001", reason="..."))``:
    it then holds for everything within the construct, and stays visible in ``efa report``.

    Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.IPolicyValidationPlugin.html
    """

    @property
    def name(self) -> str:
        """By which CDK's report, and ids of acknowledgements, name the rules."""
        return PLUGIN_NAME

    @property
    def version(self) -> str:
        """Of this package."""
        from importlib.metadata import version

        return version("efa-constructs")

    @property
    def rule_ids(self) -> list[str]:
        """The ids of all rules."""
        return [rule.id for rule in RULES]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Review the templates. CDK calls it, and takes away what is acknowledged."""
        from ..review.review import review

        findings = review(_templates(context)).findings
        # CDK shows one violation for all resources that have the same problem.
        alike: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in findings:
            alike.setdefault((finding.rule.id, finding.problem, finding.fix), []).append(finding)
        return cdk.PolicyValidationPluginReport(
            success=all(finding.rule.severity is not Severity.ERROR for finding in findings),
            violations=[_violation(same) for same in alike.values()],
        )


def _templates(context: cdk.IPolicyValidationContext) -> Templates:
    from ..review.reading.template_file import read_stack_template
    from ..review.templates import Templates

    return Templates(
        read_stack_template(
            Path(stack.template_path),
            name=_stack_name(context, stack.stack_construct_path),
            account=stack.account_id,
            region=stack.region,
        )
        for stack in context.stack_templates
    )


def _stack_name(context: cdk.IPolicyValidationContext, path: str) -> str:
    construct = context.app_construct
    for name in path.split("/"):
        child = construct.node.try_find_child(name)
        if child is None:
            return path.replace("/", "-")
        construct = child
    return cdk.Stack.of(construct).stack_name


def _violation(findings: Sequence[Finding]) -> cdk.PolicyViolation:
    first = findings[0]
    return cdk.PolicyViolation(
        rule_name=first.rule.id,
        description=first.problem,
        fix=f"{first.fix}. {first.rule.why}",
        severity=first.rule.severity.value,
        rule_metadata={"title": first.rule.title, "source": first.rule.source},
        violating_resources=list(_resources(findings)),
    )


def _resources(findings: Iterable[Finding]) -> Iterable[cdk.PolicyViolatingResource]:
    for finding in findings:
        path = finding.violation.path
        yield cdk.PolicyViolatingResource(
            resource_logical_id=finding.resource.logical_id,
            template_path=str(finding.resource.stack.file),
            locations=[f"Properties.{path}" if path else "Properties"],
        )
