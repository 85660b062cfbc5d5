"""Events: who asked is told, and who failed is not asked again."""

from chatkit.net.event import Event, Events, What


def test_a_subscription_ends_with_its_function() -> None:
    events, told = Events(), []
    end = events.subscribe(told.append)
    events.emit(Event(What.SAID))
    end()
    events.emit(Event(What.SAID))
    assert len(told) == 1


def test_an_event_knows_its_time_and_thread() -> None:
    event = Event(What.SAID)
    assert event.thread == "MainThread"
    assert event.when > 1_700_000_000
