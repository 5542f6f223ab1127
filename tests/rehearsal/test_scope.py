"""What a rehearsal says that it did not check."""

from __future__ import annotations

from efa_constructs.rehearsal.scope import not_checked

from .results import result


def test_names_what_the_account_took_on_trust() -> None:
    found = not_checked(result().assembly, on_trust=("whether EKS has the add-on 'new'",))
    assert "whether EKS has the add-on 'new': the emulated account does not know it" in found
    assert not any("does not know it" in each for each in not_checked(result().assembly))
