"""The team's CDK app. Its second stack is all that it took to add training over EFA."""

import aws_cdk as cdk
from platform_stack import PlatformStack
from training_stack import TrainingStack

ENVIRONMENT = cdk.Environment(account="123456789012", region="us-west-2")

app = cdk.App()
platform = PlatformStack(app, "Platform", env=ENVIRONMENT)
TrainingStack(
    app,
    "Training",
    env=ENVIRONMENT,
    cluster=platform.cluster,
    # A zone that offers the instance type: EFA traffic does not cross zones.
    subnet=platform.training_subnet("us-west-2c"),
    instance_type=app.node.get_context("trainingInstanceType"),
)
app.synth()
