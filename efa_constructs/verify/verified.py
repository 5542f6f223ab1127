"""The verdict on a log, with everything that goes with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from .. import catalogue
from ..catalogue import InstanceType
from ..catalogue.search import known_instance_type
from ..errors import InvalidArgumentError
from .advice import advice_for
from .bandwidth import BandwidthJudgement, judge_bandwidth
from .causes import Cause
from .evidence import Evidence, Sightings
from .in_words import printable
from .log_reader import LogReader
from .logged_run import LoggedRun
from .results import Measurement, NcclTestsRun
from .verdict import Reason, Verdict, network_verdict

__all__ = ["VerifiedLog", "VerifiedRun", "verify_log"]

# From good to bad, among runs that all pass or all do not.
_SEVERITY = (Verdict.EFA_GDR, Verdict.EFA_NO_GDR, Verdict.SINGLE_NODE, Verdict.UNPROVEN, Verdict.TCP)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRun:
    """One run of nccl-tests, and what its log proves. None: the log does not say it."""

    verdict: Verdict
    # Whether EFA carried it as well as the instance type can, to its end, without a wrong value.
    passes: bool
    reasons: tuple[Reason, ...]
    run: NcclTestsRun
    instance_type: InstanceType | None
    # GB/s, out of place.
    peak_bus_bandwidth: float | None
    # None: nothing was validated, too.
    wrong_values: int | None
    nccl: str | None
    plugin: str | None
    libfabric: str | None
    # EFA interfaces that the plugin found on a node, the fewest of any; and how many the type has.
    interfaces_found: int | None
    interfaces_expected: int | None
    bandwidth: BandwidthJudgement
    causes: tuple[Cause, ...]
    # What to do, in sentences. Empty: nothing.
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """All runs of a log."""

    runs: tuple[VerifiedRun, ...]
    # Why there is none, and what to do; else empty.
    reasons: tuple[Reason, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def decisive(self) -> VerifiedRun | None:
        """The run that decides about the log: the worst one, the first of several. None: there is none."""
        return max(self.runs, key=lambda run: (not run.passes, _SEVERITY.index(run.verdict)), default=None)

    @property
    def verdict(self) -> Verdict:
        """Of the run that decides."""
        return self.decisive.verdict if self.decisive else Verdict.NOT_NCCL_TESTS

    @property
    def passes(self) -> bool:
        """Whether all runs do, and there is one."""
        return self.decisive is not None and self.decisive.passes


def verify_log(lines: Iterable[str], *, instance_type: str | None = None) -> VerifiedLog:
    """Say of each run of nccl-tests in a log whether EFA carried it.

    :param lines: Without their newlines, as :func:`~efa_constructs.verify.log_lines.lines_of` reads them.
    :param instance_type: Of the nodes. Default: what the log says.
    :raises InvalidLogError: the log has more in it than any log.
    :raises InvalidArgumentError: the log says that the nodes are of another type.
    :raises EfaConstructsError: ``instance_type`` is not known, or has no EFA.
    """
    given = None if instance_type is None else catalogue.get(instance_type)
    reader = LogReader()
    reader.read(lines)
    if reader.runs:
        return VerifiedLog(tuple(_verified(run, given) for run in reader.runs))
    return _without_runs(reader)


def _without_runs(reader: LogReader) -> VerifiedLog:
    if reader.has_part_of_a_report:
        return VerifiedLog(
            (), (Reason("the JSON report of nccl-tests ends in the middle"),), ("take all of the report's file",)
        )
    if reader.looks_binary:
        return VerifiedLog((), (Reason("the log is binary"),), ("give what nccl-tests printed, unpacked, as text",))
    advice = advice_for(Verdict.NOT_NCCL_TESTS)
    if reader.lines == 0:
        return VerifiedLog((), (Reason("the log is empty"),), advice)
    reasons = [Reason("nothing in the log is what nccl-tests prints")]
    if reader.other_program:
        reasons.append(Reason(f"it looks like the output of {reader.other_program}"))
    elif reader.unclaimed.says_something:
        reasons.append(Reason("its lines of NCCL are another program's"))
    return VerifiedLog((), tuple(reasons), advice)


def _verified(logged: LoggedRun, given: InstanceType | None) -> VerifiedRun:
    run, evidence = _printable(logged.result()), logged.evidence
    verdict, reasons = network_verdict(run, evidence, logged.device_lines, logged.mixed_lines)
    said_types = _said_types(evidence, given)
    # Of nodes that differ nothing is due that one type has.
    instance_type = given if len(said_types) != 1 else catalogue.get(next(iter(said_types)))
    gpu_direct = instance_type and catalogue.has_gpu_direct_rdma(instance_type)
    doubt = _doubt_about_bandwidth(logged, said_types)
    bandwidth = judge_bandwidth(
        run, instance_type=instance_type.name if instance_type and doubt is None else None, doubt=doubt
    )
    contradictory = bandwidth.contradiction is not None and verdict in (Verdict.EFA_GDR, Verdict.EFA_NO_GDR)
    if bandwidth.contradiction is not None and contradictory:
        # What carried something is shown, but not that it carried this.
        verdict, reasons = Verdict.UNPROVEN, [Reason(bandwidth.contradiction), *reasons]
    wrong_values = _wrong_values(run, logged.validates)
    reasons += _what_else_is_wrong(run, wrong_values, logged)
    if len(said_types) > 1:
        reasons.append(_types_differ(said_types))
    found = min(evidence.interfaces, default=None)
    expected = None if instance_type is None else instance_type.known_efa_interfaces
    too_few = _too_few_interfaces(run, evidence, instance_type)
    reasons += [too_few] if too_few else []
    good_network = verdict is Verdict.EFA_GDR or (verdict is Verdict.EFA_NO_GDR and gpu_direct is False)
    causes = tuple(evidence.causes)
    reasons += [Reason(cause.meaning, said.count, tuple(said.examples)) for cause, said in evidence.causes.items()]
    return VerifiedRun(
        verdict=verdict,
        passes=good_network
        and _measured_something(run)
        and not (run.truncated or wrong_values or run.too_slow or too_few or len(said_types) > 1),
        reasons=tuple(replace(reason, statement=printable(reason.statement)) for reason in reasons),
        run=run,
        instance_type=instance_type,
        peak_bus_bandwidth=max((one.bus_bandwidth for one in _out_of_place(run)), default=None),
        wrong_values=wrong_values,
        nccl=_names(evidence.nccl_versions),
        plugin=_names(evidence.plugin_versions),
        libfabric=_names(evidence.libfabric_versions),
        interfaces_found=found,
        interfaces_expected=expected,
        bandwidth=bandwidth,
        causes=causes,
        advice=advice_for(
            verdict,
            causes,
            gpu_direct=gpu_direct,
            known_type=instance_type is not None,
            contradictory=contradictory,
            mixed=logged.is_mixed,
            several_types=len(said_types) > 1,
            nothing_measured=not _measured_something(run),
            truncated=run.truncated,
            wrong_values=bool(wrong_values),
            missing_interfaces=0 if found is None or expected is None else max(0, expected - found),
            bandwidth=bandwidth.verdict,
            too_slow=run.too_slow,
        ),
    )


def _what_else_is_wrong(run: NcclTestsRun, wrong_values: int | None, logged: LoggedRun) -> list[Reason]:
    reasons = []
    if not run.rows:
        reasons.append(Reason("nothing was measured: the table has no row"))
    elif not _measured_something(run):
        reasons.append(Reason("nothing was measured: no row has both a message that is not empty and a time"))
    if run.truncated:
        reasons.append(Reason("the log ends before the table does ('Out of bounds values')"))
    if wrong_values:
        statement = f"{wrong_values:,} values are wrong"
        reasons.append(Reason(statement, logged.wrong_lines.count, tuple(logged.wrong_lines.examples)))
    if run.too_slow:
        statement = "nccl-tests calls the average bus bandwidth too low, by its NCCL_TESTS_MIN_BW"
        reasons.append(Reason(statement, logged.too_slow_lines.count, tuple(logged.too_slow_lines.examples)))
    if run.last_error is not None:
        reasons.append(Reason(f"NCCL warned of something, which need not have harmed the run: {run.last_error}"))
    return reasons


def _measured_something(run: NcclTestsRun) -> bool:
    return any(row.size_bytes > 0 and (row.out_of_place or row.in_place) is not None for row in run.rows)


def _too_few_interfaces(run: NcclTestsRun, evidence: Evidence, instance_type: InstanceType | None) -> Reason | None:
    """Pods with a part of a node may have a part of its interfaces, too: only where all GPUs took part it is wrong."""
    if instance_type is None or not evidence.interfaces or not run.ranks or not run.nodes:
        return None
    found, expected = min(evidence.interfaces), instance_type.known_efa_interfaces
    if found >= expected or run.ranks < run.nodes * instance_type.accelerator_count:
        return None
    said = evidence.interfaces[found]
    statement = f"the plugin found {found} of {expected} EFA interfaces on a node all of whose GPUs took part"
    return Reason(statement, said.count, tuple(said.examples))


def _printable(run: NcclTestsRun) -> NcclTestsRun:
    """Names are whatever a log has, and are shown."""
    return replace(
        run,
        collective=run.collective and printable(run.collective),
        hosts=tuple(map(printable, run.hosts)),
        devices=tuple(map(printable, run.devices)),
        pod=run.pod and printable(run.pod),
    )


def _doubt_about_bandwidth(logged: LoggedRun, types: Collection[str]) -> str | None:
    if logged.is_mixed:
        return "the rows are of several runs: no ceiling, and nothing to compare with"
    if len(types) > 1:
        return "the nodes are of several instance types: no ceiling, and nothing to compare with"
    return None


def _types_differ(types: dict[str, Sightings]) -> Reason:
    lines = tuple(line for said in types.values() for line in said.examples[:1])
    statement = f"the nodes are of several types: {', '.join(types)}"
    return Reason(statement, sum(said.count for said in types.values()), lines)


def _out_of_place(run: NcclTestsRun) -> list[Measurement]:
    return [row.out_of_place for row in run.rows if row.out_of_place is not None]


def _wrong_values(run: NcclTestsRun, validates: bool | None) -> int | None:
    """What the rows count; where they do not, as before release 2.11, what the last lines say."""
    operations = [one for row in run.rows for one in (row.out_of_place, row.in_place) if one is not None]
    counts = [one.wrong_values for one in operations if one.wrong_values is not None]
    if counts:
        return max(sum(counts), run.out_of_bounds or 0)
    return run.out_of_bounds if validates or run.out_of_bounds else None


def _said_types(evidence: Evidence, given: InstanceType | None) -> dict[str, Sightings]:
    """The names of the types that the plugin says in so many words, or in fewer, such as "P4d".

    :raises InvalidArgumentError: one is another than what is given.
    """
    types: dict[str, Sightings] = {}
    for said, sightings in evidence.instance_types.items():
        found = _type_called(said)
        if found is None:
            continue
        if given is not None and given != found:
            number = sightings.examples[0].number
            raise InvalidArgumentError(
                f"'instance_type' is {given.name}, but the nodes are {found.name} by line {number} of the log: "
                "leave it out"
            )
        types.setdefault(found.name, sightings)
    return types


def _type_called(said: str) -> InstanceType | None:
    name = said.lower().removeprefix("ml.")
    known = known_instance_type(name)
    if known is not None:
        return known
    sizes = [one for one in catalogue.all_instance_types() if one.family == name]
    return sizes[0] if len(sizes) == 1 else None


def _names(kinds: dict[str, Sightings]) -> str | None:
    return printable(", ".join(kinds)) or None
