"""Callbacks whose mistakes are seen: a notebook shows nothing of what a callback raises."""

from collections.abc import Callable

from chatkit.errors import ChatkitError


def guarded(work: Callable[[], object], complain: Callable[[str], None]) -> Callable[..., None]:
    """Make a callback that does the work, and hands a sentence to `complain` where it fails."""

    def callback(*_: object) -> None:
        try:
            work()
        except ChatkitError as error:
            complain(str(error))
        except Exception as error:  # a mistake of ours; seen here or nowhere
            complain(f"chatkit has a mistake here: {error!r}")

    return callback
