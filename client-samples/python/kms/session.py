# SPDX-License-Identifier: Apache-2.0
"""One application's graph on the server."""
import dataclasses
import threading
import time
import typing
import weakref
from collections.abc import Mapping

from .element import Element
from .encode import pack, to_message
from .errors import KmsError, invalid
from .events import EventStream
from .lease import Lease

_ELEMENTS, _GRAPH, _SESSIONS = "kms.v1.ElementService", "kms.v1.GraphService", "kms.v1.SessionService"
_LONGEST_READING = 3.0  # seconds that close() leaves to readers of events


class ElementSpec:
    """One element of apply_graph(): ElementSpec("PlayerEndpoint", uri="file:///clip.mp4")."""

    def __init__(self, kind, /, *, display_name=None, tags=None, **options):
        self.kind, self.display_name, self.tags, self.options = kind, display_name, tags, options


@dataclasses.dataclass(frozen=True)
class Link:
    """Which ports to connect; elements as objects, ids or names. Without a kind: every kind that both have."""

    source: typing.Union[Element, str, None]
    sink: typing.Union[Element, str, None]
    kind: typing.Optional[str] = None
    source_port: typing.Optional[str] = None
    sink_port: typing.Optional[str] = None

    def message(self, where=""):
        ends = {"source": getattr(self.source, "name", self.source), "sink": getattr(self.sink, "name", self.sink)}
        return to_message("kms.v1.LinkSpec", {**vars(self), **ends}, where)


class AppliedGraph(typing.NamedTuple):
    elements: typing.Dict[str, Element]
    links: list


class Session:
    """Lives until close(); when the process dies, until its lease ends. As a context manager it closes itself."""

    def __init__(self, rpc, kinds, info):
        self._rpc, self._kinds = rpc, kinds
        self.name, self.lease, self.display_name, self.tags = info.name, info.lease, info.display_name, info.tags
        self.id = info.name.rpartition("/")[2]
        self._subscriptions, self._lock = weakref.WeakSet(), threading.Lock()
        self._keeper = Lease(rpc, info.name, info.lease.total_seconds())

    def create(self, kind, /, element_id=None, *, display_name=None, tags=None, **options):
        """Creates one element: create("PlayerEndpoint", uri="file:///clip.mp4")."""
        if isinstance(element_id, Mapping):
            raise TypeError(f"create takes options by name: create({kind!r}, {', '.join(f'{name}=...' for name in element_id)})")
        spec = self._spec(element_id, ElementSpec(kind, display_name=display_name, tags=tags, **options))
        return self._element(self._call(_ELEMENTS, "CreateElement", "parent", element=spec).element)

    def apply_graph(self, elements, links=()):
        """Creates elements, ElementSpec by id, and links, Link or tuples like it: as a whole or not at all."""
        specs = [self._spec(element_id, spec) for element_id, spec in elements.items()]
        given = [link if isinstance(link, Link) else Link(*link) for link in links]
        wanted = [link.message(f"links[{index}]") for index, link in enumerate(given)]
        made = self._call(_GRAPH, "ApplyGraph", "parent", elements=specs, links=wanted)
        objects = [self._element(info) for info in made.elements]
        return AppliedGraph({element.id: element for element in objects}, made.links)

    def element(self, element_id):
        name = element_id if "/" in element_id else f"{self.name}/elements/{element_id}"
        if not name.startswith(f"{self.name}/"):
            raise invalid("INVALID_NAME", f'"{name}" is no element of {self.name}; client.session(id) gives another session')
        return self._element(self._rpc.call(_ELEMENTS, "GetElement", {"name": name}).element)

    def elements(self):
        return [self._element(info) for info in self._call(_ELEMENTS, "ListElements", "parent").elements]

    def connect(self, source, sink, kind=None, **ports):
        return self._call(_GRAPH, "Connect", "parent", link=Link(source, sink, kind, **ports).message()).links

    def disconnect(self, source=None, sink=None, kind=None, **ports):
        """How many links were removed."""
        return self._call(_GRAPH, "Disconnect", "parent", link=Link(source, sink, kind, **ports).message()).removed

    def links(self):
        return self._call(_GRAPH, "ListLinks", "parent").links

    def graph(self):
        return self._call(_GRAPH, "GetGraph", "name")

    def stats(self):
        return self._call(_GRAPH, "GetStats", "name")

    def get(self):
        """The session as it is now."""
        return self._call(_SESSIONS, "GetSession", "name").session

    def events(self, after=0):
        """Events after a sequence number; 0: all that the server still has."""
        stream = EventStream(self._rpc, self, after)
        with self._lock:
            self._subscriptions.add(stream.subscription)
        return stream

    @property
    def released(self):
        return self._keeper.stopped

    def release(self):
        """Lets go without ending it: nobody here keeps the lease any more."""
        self._keeper.stop()

    def close(self):
        """Ends the session; returns when recordings are finished, and other threads that read events have had the last one, or
        some seconds later. Closing twice is no error."""
        self.release()
        try:
            self._call(_SESSIONS, "DeleteSession", "name")
        except KmsError as failure:
            if failure.code != "NOT_FOUND":
                raise
        with self._lock:
            subscriptions = list(self._subscriptions)
        deadline = time.monotonic() + _LONGEST_READING
        for subscription in subscriptions:
            subscription.wait_until(deadline)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"<Session {self.name}>"

    def _call(self, service, method, own_name, **fields):
        return self._rpc.call(service, method, {own_name: self.name, **fields})

    def _spec(self, element_id, spec):
        options = pack(self._kinds.find(spec.kind).kind, spec.options)
        fields = {"element_id": element_id, "options": options, "display_name": spec.display_name, "tags": spec.tags}
        return to_message("kms.v1.ElementSpec", fields)

    def _element(self, info):
        return Element(self._rpc, self, self._kinds.find(info.kind), info)
