"""Events: who asked is told, and who failed is not asked again."""

from queue import Queue

from chatkit.net.client import Client
from chatkit.net.event import Event, Events, What
from chatkit.net.server import Server


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


# ---- what only those hear who asked for every delivery ----


def test_the_way_of_a_line_through_the_server_is_told_to_who_asks_for_every_delivery() -> None:
    events: Queue[Event] = Queue()
    with Server(port=0) as server, Client("ann", server.address) as ann:
        server.subscribe(events.put, every_delivery=True)
        ann.say("hello")
        told = list(iter(lambda: events.get(timeout=5.0).what, What.SAID))  # before she leaves: one recv() for one line
    assert [what for what in told if what in (What.QUEUED, What.TAKEN)] == [What.QUEUED, What.TAKEN]


def test_a_client_tells_that_it_begins_to_send_and_what_it_has_shown() -> None:
    events: Queue[Event] = Queue()
    with Server(port=0) as server, Client("ann", server.address, on_event=events.put) as ann:
        ann.tell("ann", "hello")
    told = [event.what for event in events.queue if event.bytes == 15 and event.what is not What.RECEIVED]
    assert told == [What.SENDING, What.SENT]
    assert "TOLD" in [event.text for event in events.queue if event.what is What.SHOWN]


def test_who_asked_for_some_kinds_only_is_told_no_others() -> None:
    events, told = Events(), list[Event]()
    end = events.subscribe(told.append, only=[What.SAID])
    for what in What:
        events.emit(Event(what))
    assert [event.what for event in told] == [What.SAID]
    assert [what for what in What if events.wants(what)] == [What.SAID]
    end()
    assert not events.wants(What.SAID)
