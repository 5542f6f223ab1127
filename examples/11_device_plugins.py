"""Device plugins as plain manifests, for people who use kubectl, Argo CD or Flux.

No AWS CDK, and no account: cdk8s writes ``dist/device-plugins.k8s.yaml`` into the folder that this runs in, and
``kubectl apply -f dist`` installs it. The catalogue says which plugins the nodes need that the AMI does not bring. The
nodes need the labels that it prints, which the node groups of ``EfaNodeGroup`` carry.
"""

import cdk8s
from cdk8s_plus_27 import k8s

from efa_constructs import catalogue
from efa_constructs.catalogue import DevicePlugin
from efa_constructs.k8s import EfaDevicePlugin, NeuronDevicePlugin, NvidiaDevicePlugin

INSTANCE_TYPES = ["p5.48xlarge", "trn1.32xlarge"]

app = cdk8s.App()
chart = cdk8s.Chart(app, "device-plugins", disable_resource_name_hashes=True)

needs = [need for name in INSTANCE_TYPES for need in catalogue.device_plugins_needed(name)]
needed = {need.plugin for need in needs if need.needed}

# The nodes have a taint of the team's own, beside the well-known ones of GPU and EFA nodes.
tolerations = [k8s.Toleration(key="example.com/team", operator="Equal", value="vision", effect="NoSchedule")]

if DevicePlugin.EFA in needed:
    EfaDevicePlugin(chart, "Efa", region="us-west-2", tolerations=tolerations)
if DevicePlugin.NVIDIA in needed:
    NvidiaDevicePlugin(chart, "Nvidia", tolerations=tolerations)
if DevicePlugin.NEURON in needed:
    NeuronDevicePlugin(chart, "Neuron", tolerations=tolerations)

for name in INSTANCE_TYPES:
    labels = catalogue.node_labels(catalogue.get(name), has_efa=True)
    print(f"labels of {name} nodes: {', '.join(f'{key}={value}' for key, value in labels.items())}")

app.synth()
