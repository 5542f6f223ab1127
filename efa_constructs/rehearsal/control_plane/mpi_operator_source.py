"""The one change to a program of the control plane that its own options do not allow."""

from __future__ import annotations

from ...errors import RehearsalError

__all__ = ["with_health_address"]


def with_health_address(upstream: str) -> str:
    """Its ``cmd/mpi-operator/app/server.go``, listening where ``MPI_OPERATOR_HEALTH_ADDRESS`` says.

    Without that variable it listens where upstream's does, on port 8080 of all interfaces.

    :raises RehearsalError: the source is not what it was.
    """
    fixed = 'Addr:    fmt.Sprintf(":%d", healthCheckPort),'
    start = "func Run(opt *options.ServerOption) error {"
    for text in (fixed, start):
        if upstream.count(text) != 1:
            raise RehearsalError(
                f"the MPI Operator's cmd/mpi-operator/app/server.go has {upstream.count(text)} times '{text}' instead "
                "of once: adapt what mpi_operator_source.py replaces to this version of it"
            )
    return upstream.replace(fixed, "Addr:    HealthAddress(),").replace(
        start,
        "func HealthAddress() string {\n"
        '\tif address := os.Getenv("MPI_OPERATOR_HEALTH_ADDRESS"); address != "" {\n'
        "\t\treturn address\n"
        "\t}\n"
        '\treturn fmt.Sprintf(":%d", healthCheckPort)\n'
        "}\n\n" + start,
    )
