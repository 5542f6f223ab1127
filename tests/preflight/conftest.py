"""One emulated account for all tests of a module, made anew for each."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from efa_constructs.lookups.clients import AccountClients, account_clients
from efa_constructs.rehearsal.account.endpoint import environment
from efa_constructs.rehearsal.account.server import serve

from .emulated import ACCOUNT, REGION, Emulated, Refusals, refusals


@pytest.fixture(scope="module")
def clients() -> Iterator[AccountClients]:
    server = serve(0, ACCOUNT)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(ACCOUNT).items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        yield account_clients(region=REGION)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def account(clients: AccountClients) -> Emulated:
    return Emulated(clients)


@pytest.fixture
def refuse(clients: AccountClients) -> Iterator[Refusals]:
    with refusals(clients) as made:
        yield made
