"""User data is what nodeadm and Bottlerocket read, and nothing else is let through."""

from __future__ import annotations

import base64
import email
import quopri

import pytest

from efa_constructs.aws import MimePart
from efa_constructs.aws.launch_plan import LaunchPlan
from efa_constructs.aws.user_data import bottlerocket_user_data, nodeadm_user_data
from efa_constructs.errors import InvalidArgumentError


def test_writes_a_document_that_a_mime_reader_takes_apart_again():
    script = MimePart.shell_script("#!/bin/sh\necho hello\n")
    document = nodeadm_user_data([script], raid0=True, max_pods=51)
    parts = [part for part in email.message_from_string(document).walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == [
        "text/x-shellscript",
        "application/node.eks.aws",
        "text/x-shellscript",
    ]
    assert parts[0].get_payload().startswith(script.body)
    assert "strategy: RAID0" in parts[1].get_payload()
    assert "maxPods: 51" in parts[2].get_payload()
    assert "/etc/eks/nodeadm.d/" in parts[2].get_payload()


def test_needs_no_document_where_nothing_is_to_be_said():
    assert nodeadm_user_data([], raid0=False, max_pods=None) is None
    assert bottlerocket_user_data([], raid0=False, max_pods=None) is None


def test_takes_a_document_apart():
    document = nodeadm_user_data([], raid0=True, max_pods=51)
    assert [part.content_type for part in MimePart.from_document(document)] == [
        "application/node.eks.aws",
        "text/x-shellscript",
    ]


SCRIPT = "#!/bin/sh\necho grüße = $HOME\n"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", base64.encodebytes(SCRIPT.encode()).decode()),
        ("quoted-printable", quopri.encodestring(SCRIPT.encode()).decode()),
        ("8bit", SCRIPT),
    ],
)
def test_decodes_the_parts_of_a_document(encoding, body):
    (part,) = MimePart.from_document(
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n--//\n'
        f'Content-Type: text/x-shellscript; charset="utf-8"\nContent-Transfer-Encoding: {encoding}\n\n{body}\n--//--\n'
    )
    assert (part.content_type, part.body.rstrip()) == ("text/x-shellscript", SCRIPT.rstrip())


def test_refuses_a_part_that_is_no_text():
    document = (
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n--//\n'
        "Content-Type: text/cloud-config\nContent-Transfer-Encoding: base64\n\n/////w==\n--//--\n"
    )
    with pytest.raises(InvalidArgumentError, match="'text/cloud-config' is not text in utf-8"):
        MimePart.from_document(document)


def test_writes_toml_for_bottlerocket():
    import tomllib

    settings = tomllib.loads(bottlerocket_user_data([], raid0=True, max_pods=51))["settings"]
    assert settings["kubernetes"]["max-pods"] == 51
    assert settings["bootstrap-commands"]["instance-store"]["essential"] is True


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MimePart.from_document("#!/bin/bash\necho hello"), "not a MIME multi-part document"),
        (lambda: MimePart("text/html", "<p>"), "'content_type' is 'text/html'"),
        (lambda: MimePart.shell_script("echo hello"), "where a script starts with '#!' and its shell.*EFA-LT-008"),
        (lambda: MimePart.node_config("kind: NodeConfig"), "no YAML with an apiVersion of node.eks.aws and 'kind: "),
        (lambda: MimePart.node_config("apiVersion: node.eks.aws/v1alpha1"), "no YAML with an apiVersion of node.eks"),
        (lambda: bottlerocket_user_data([MimePart.shell_script("#!/bin/sh")], raid0=False, max_pods=None), "TOML"),
    ],
)
def test_fails_with_a_message_that_says_what_to_change(make, message):
    with pytest.raises(InvalidArgumentError, match=message):
        make()


def plan_with_user_data(comment_bytes: int) -> LaunchPlan:
    return LaunchPlan.make(
        instance_type="p4d.24xlarge",
        ami_type=None,
        interface_layout="default",
        capacity=None,
        placement_group=None,
        volume_size=None,
        volume_key=None,
        block_devices=[],
        instance_store_raid0=True,
        user_data=[MimePart.shell_script("#!/bin/sh\n" + "#" * comment_bytes)],
    )


def test_fills_the_user_data_that_ec2_takes_to_the_last_byte():
    room = 16_384 - len(plan_with_user_data(0).user_data)
    assert len(plan_with_user_data(room).user_data) == 16_384
    with pytest.raises(InvalidArgumentError, match="a document of 16385 bytes, but EC2 takes 16384"):
        plan_with_user_data(room + 1)
