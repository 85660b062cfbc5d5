"""A transfer that no busy machine has disturbed, for tests that compare what its clock and its numbers tell."""

from itertools import accumulate, pairwise

import pytest

from chatkit.faces.notebook.bulk import ONE_WAY, Transfer, pour
from chatkit.lan.lan import Lan

TRIES = 3


def calm_transfer(lan: Lan) -> Transfer:
    """Pour until nobody was kept waiting: once, on a machine that has nothing else to do."""
    for _ in range(TRIES):
        if _is_calm(transfer := pour(lan)):
            return transfer
    pytest.fail(f"the machine kept the wire waiting in {TRIES} transfers of {TRIES}")


def _is_calm(transfer: Transfer) -> bool:
    """Whether each of the first bursts leaves in less than the way takes, and the next follows after a round trip."""
    talk = transfer.conversation
    times = [segment.time for segment in talk.sent_by(talk.client) if segment.size]
    bursts = list(pairwise(accumulate(transfer.bursts[:4], initial=0)))
    spans = [times[end - 1] - times[start] for start, end in bursts]
    turns = [times[later] - times[start] for (start, _), (later, _) in pairwise(bursts)]
    return max(spans) < ONE_WAY and all(2 * ONE_WAY <= turn < 3 * ONE_WAY for turn in turns)
