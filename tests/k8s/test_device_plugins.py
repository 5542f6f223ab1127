"""What all device plugins have in common: where they run, what they tolerate, what they refuse."""

from __future__ import annotations

import inspect

import cdk8s
import pytest
from cdk8s_plus_27 import k8s

import efa_constructs.k8s
from efa_constructs import catalogue
from efa_constructs.catalogue import EFA_LABEL, GPU_LABEL, NEURON_LABEL, node_labels
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import (
    EfaDevicePlugin,
    NeuronDevicePlugin,
    NvidiaDevicePlugin,
    argument_kinds,
    default_tolerations,
    plugin_tolerations,
)

from .charts import chart as new_chart
from .plugins import daemon_set, goes_to, manifests, pod
from .schemas import check_manifests

PLUGINS = {
    EfaDevicePlugin: {"region": "us-west-2"},
    NvidiaDevicePlugin: {},
    NeuronDevicePlugin: {},
}
LABELS = {EfaDevicePlugin: EFA_LABEL, NvidiaDevicePlugin: GPU_LABEL, NeuronDevicePlugin: NEURON_LABEL}

every_plugin = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.__name__)


def taint(key, value="true", effect="NoSchedule"):
    return {"key": key, "value": value, "effect": effect}


@every_plugin
def test_keeps_to_the_schemas_of_kubernetes(plugin):
    check_manifests(manifests(plugin, **PLUGINS[plugin]))
    toleration = k8s.Toleration(key="team", operator="Equal", value="vision", effect="NoExecute")
    check_manifests(
        manifests(plugin, **PLUGINS[plugin], namespace="device-plugins", tolerations=[toleration]),
    )


@every_plugin
def test_runs_on_the_nodes_that_have_its_devices_and_on_no_other(plugin):
    for name in ("p5.48xlarge", "trn2.48xlarge", "hpc7a.96xlarge", "dl1.24xlarge"):
        labels = node_labels(catalogue.get(name), has_efa=True)
        assert goes_to(pod(plugin, **PLUGINS[plugin]), labels, []) == (LABELS[plugin] in labels)


@every_plugin
def test_stays_away_from_auto_mode(plugin):
    labels = {LABELS[plugin]: "true", "eks.amazonaws.com/compute-type": "auto"}
    assert not goes_to(pod(plugin, **PLUGINS[plugin]), labels, [])
    assert goes_to(pod(plugin, **PLUGINS[plugin]), labels | {"eks.amazonaws.com/compute-type": "ec2"}, [])


@pytest.mark.parametrize("instance_type", [one.name for one in catalogue.all_instance_types()])
def test_runs_on_exactly_the_node_groups_that_need_it(pods, instance_type):
    instance = catalogue.get(instance_type)
    for ami_type in catalogue.AMI_TYPES.values():
        if catalogue.ami_type_misfit(ami_type, instance) is not None:
            continue
        labels = node_labels(instance, has_efa=True, ami_type=ami_type)
        for need, spec in zip(catalogue.device_plugins_needed(instance, ami_type.name), pods, strict=True):
            assert goes_to(spec, labels, []) == need.needed, (ami_type.name, need)


@pytest.fixture(scope="module")
def pods():
    """In the order of catalogue.DevicePlugin."""
    return [pod(plugin, **arguments) for plugin, arguments in PLUGINS.items()]


@every_plugin
@pytest.mark.parametrize("effect", ["NoSchedule", "NoExecute", "PreferNoSchedule"])
@pytest.mark.parametrize(
    "key",
    [
        "nvidia.com/gpu",
        "aws.amazon.com/efa",
        "vpc.amazonaws.com/efa",
        "aws.amazon.com/neuron",
        "CriticalAddonsOnly",
    ],
)
def test_tolerates_the_well_known_taints(plugin, key, effect):
    spec = pod(plugin, **PLUGINS[plugin])
    assert goes_to(spec, {LABELS[plugin]: "true"}, [taint(key, "whatever", effect), taint("nvidia.com/gpu")])


@every_plugin
def test_tolerates_taints_of_ones_own_on_top_of_them(plugin):
    labels, taints = {LABELS[plugin]: "true"}, [taint("team", "vision"), taint("nvidia.com/gpu")]
    assert not goes_to(pod(plugin, **PLUGINS[plugin]), labels, taints)
    own = k8s.Toleration(key="team", operator="Equal", value="vision", effect="NoSchedule")
    assert goes_to(pod(plugin, **PLUGINS[plugin], tolerations=[own]), labels, taints)


def test_lets_workers_tolerate_accelerated_nodes_only():
    def keys(tolerations):
        return {toleration.key for toleration in tolerations}

    assert keys(plugin_tolerations()) - keys(default_tolerations()) == {"CriticalAddonsOnly"}
    assert keys(default_tolerations()) < keys(plugin_tolerations())


@every_plugin
def test_is_the_last_to_be_evicted_and_updated_node_by_node(plugin):
    found = daemon_set(plugin, **PLUGINS[plugin])
    assert found["spec"]["template"]["spec"]["priorityClassName"] == "system-node-critical"
    assert found["spec"]["updateStrategy"] == {"type": "RollingUpdate"}


@every_plugin
def test_reaches_the_kubelet(plugin):
    spec = pod(plugin, **PLUGINS[plugin])
    folder = "/var/lib/kubelet/device-plugins"
    (volume,) = [one for one in spec["volumes"] if one["hostPath"]["path"] == folder]
    assert {"name": volume["name"], "mountPath": folder} in spec["containers"][0]["volumeMounts"]


@every_plugin
def test_selects_its_own_pods(plugin):
    found = daemon_set(plugin, **PLUGINS[plugin])
    selector, labels = found["spec"]["selector"]["matchLabels"], found["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()
    assert labels["app.kubernetes.io/component"] == "device-plugin"


@every_plugin
def test_puts_every_namespaced_object_into_the_namespace(plugin):
    for one in manifests(plugin, **PLUGINS[plugin], namespace="device-plugins"):
        cluster_wide = one["kind"].startswith("Cluster")
        assert one["metadata"].get("namespace") == (None if cluster_wide else "device-plugins")


@every_plugin
def test_has_names_without_a_hash_and_the_same_output_each_time(plugin):
    first, second = (cdk8s.Yaml.stringify(*manifests(plugin, **PLUGINS[plugin])) for _ in range(2))
    assert first == second
    assert "-c8" not in first
    names = {one["metadata"]["name"] for one in manifests(plugin, **PLUGINS[plugin])}
    assert len(names) == 1


@every_plugin
def test_is_open_to_the_escape_hatch_of_cdk8s(plugin):
    chart = new_chart()
    made = plugin(chart, "Plugin", **PLUGINS[plugin])
    patch = cdk8s.JsonPatch.add("/spec/template/spec/dnsPolicy", "Default")
    cdk8s.ApiObject.of(made).add_json_patch(patch)
    assert cdk8s.Testing.synth(chart)[-1]["spec"]["template"]["spec"]["dnsPolicy"] == "Default"


@every_plugin
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"image": "registry.example.com/plugin:latest"}, "'image' is .* which has the tag 'latest', which moves"),
        ({"image": "registry.example.com/plugin"}, "'image' is .* which has no tag"),
        ({"image": 5}, "'image' is 5, of type int: give a container image"),
        ({"namespace": "Kube System"}, "'namespace' is 'Kube System': a name is"),
        ({"namespace": None}, "'namespace' is None: give the name of a namespace"),
        ({"tolerations": [{"key": "team"}]}, "'tolerations' is .* of type list: give a list of k8s.Toleration"),
        ({"tolerations": k8s.Toleration(key="team")}, "'tolerations' is of type Toleration: give a list"),
        ({"tolerations": [k8s.Toleration(key="a", effect="NoScheduling")]}, "has the effect 'NoScheduling': use one"),
        ({"tolerations": [k8s.Toleration(key="a b", operator="Exists")]}, ".tolerations.[01].' has the key 'a b'"),
    ],
)
def test_refuses_what_would_not_work_before_anything_exists(plugin, overrides, message):
    chart = new_chart()
    arguments = overrides if "image" in overrides else PLUGINS[plugin] | overrides
    with pytest.raises(InvalidArgumentError, match=message):
        plugin(chart, "Plugin", **arguments)
    assert chart.node.try_find_child("Plugin") is None


@every_plugin
def test_takes_an_image_that_is_known_only_at_deployment(plugin):
    image = "${Token[TOKEN.42]}/eks/plugin:v1"
    assert pod(plugin, image=image)["containers"][0]["image"] == image


@every_plugin
def test_knows_the_kind_of_every_argument(plugin):
    names = {p.name for p in inspect.signature(plugin.__init__).parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert names <= set(argument_kinds.KINDS)


def test_goes_through_every_plugin():
    public = {name for name in efa_constructs.k8s.__all__ if name.endswith("DevicePlugin")}
    assert public == {plugin.__name__ for plugin in PLUGINS}


@every_plugin
def test_refuses_a_taint_of_the_nodes_that_it_would_not_tolerate(plugin):
    team = k8s.Taint(key="team", value="vision", effect="NoSchedule")
    gpu = k8s.Taint(key="nvidia.com/gpu", value="true", effect="NoExecute")
    with pytest.raises(InvalidArgumentError, match="device plugin: the nodes have the taint team=vision:NoSchedule"):
        plugin(new_chart(), "Plugin", **PLUGINS[plugin], node_taints=[gpu, team])
    tolerations = [k8s.Toleration(key="team", operator="Equal", value="vision")]
    plugin(new_chart(), "Plugin", **PLUGINS[plugin], node_taints=[gpu, team], tolerations=tolerations)
