"""Where ``efa verify`` reads a log: a file, standard input, or the launcher of a job."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..errors import InvalidArgumentError, InvalidLogError
from ..verify.in_words import printable
from .extras import check_cluster_extra

__all__ = ["STANDARD_INPUT", "LogSource", "OpenLog"]

STANDARD_INPUT = "-"


class OpenLog(NamedTuple):
    """A log to be read."""

    stream: BinaryIO
    # Of the nodes that it is of. None: nothing but the log may say it.
    instance_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class LogSource:
    """What options and arguments say of where a log is."""

    # A file, or "-".
    log: str | None
    job: str | None = None
    namespace: str | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    follow: bool = False
    workers: bool = False

    @property
    def name(self) -> str:
        """What to call it, whatever bytes the name of the file is made of."""
        if self.job is not None:
            return self.job
        if self.log == STANDARD_INPUT:
            return "standard input"
        return printable(os.fsencode(Path(self.log or "").name).decode(errors="replace"))

    def check(self) -> None:
        """Refuse what does not go together.

        :raises InvalidArgumentError: neither a log nor a job is named, or both are, or an option is for jobs alone.
        """
        if self.log is None and self.job is None:
            raise InvalidArgumentError(
                "give the log of a run, '-' for standard input, or '--job NAME': efa verify nccl-tests.log"
            )
        if self.log is not None and self.job is not None:
            raise InvalidArgumentError(f"LOG '{self.log}' and '--job {self.job}' are both what is read: leave one out")
        of_jobs = {
            "--namespace": self.namespace,
            "--kubeconfig": self.kubeconfig,
            "--context": self.context,
            "--follow": self.follow,
            "--workers": self.workers,
        }
        for option, given in of_jobs.items():
            if given and self.job is None:
                raise InvalidArgumentError(f"'{option}' is for '--job', which is not given")

    @contextmanager
    def opened(self) -> Iterator[OpenLog]:
        """The log, to be read once.

        :raises InvalidLogError: the file cannot be read.
        :raises KubernetesRequestError: the launcher has not started, or its cluster cannot be asked.
        """
        if self.job is not None:
            with self._of_job(self.job) as log:
                yield log
            return
        if self.log == STANDARD_INPUT and sys.stdin is None:
            raise InvalidLogError("standard input is closed: name the file of the log, or pipe the log in")
        try:
            if self.log == STANDARD_INPUT:
                yield OpenLog(sys.stdin.buffer)
            else:
                with Path(self.log or "").open("rb") as stream:
                    yield OpenLog(stream)
        except OSError as failure:
            raise InvalidLogError(f"the log '{self.log}' cannot be read: {failure.strerror}") from failure

    @contextmanager
    def _of_job(self, job: str) -> Iterator[OpenLog]:
        check_cluster_extra("efa verify --job")
        from .. import catalogue
        from ..cluster.job_log import open_job_log
        from ..cluster.mpi_jobs import JobQuestion

        question = JobQuestion(name=job, namespace=self.namespace, kubeconfig=self.kubeconfig, context=self.context)
        with open_job_log(question, follow=self.follow, workers=self.workers) as log:
            known = {found.name for found in catalogue.all_instance_types()}
            yield OpenLog(log.stream, log.instance_type if log.instance_type in known else None)
