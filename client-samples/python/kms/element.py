# SPDX-License-Identifier: Apache-2.0
"""Elements of a session."""
import re

from .encode import hint
from .protos import is_streaming, service, takes_stream


def _snake_case(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class _Command:
    """A command of an element, to be called with its fields by name."""

    def __init__(self, element, name, method):
        self._element, self._name, self._method = element, name, method

    def __call__(self, *unnamed, timeout=None, **fields):
        if unnamed:
            raise TypeError(f"{self._name} takes its fields by name ({', '.join(self._element.fields_of(self._method))}), "
                            f"not as {self._name}({unnamed[0]!r:.40})")
        return self._element.command(self._method, timeout, **fields)


class Element:
    """An element. Its commands are the methods of the service in its proto: player.play(), player.get_position()."""

    def __init__(self, rpc, session, kind, info):
        self._rpc, self._session, self._service = rpc, session, kind.service
        self.name, self.kind, self.title = info.name, info.kind, kind.title
        self.id = info.name.rpartition("/")[2]
        self.options, self.ports = info.options, info.ports
        methods = service(kind.service).methods if kind.service else []
        own = (method for method in methods if "name" in method.input_type.fields_by_name)  # others are the server's
        self._commands = {_snake_case(method.name): method.name for method in own}

    @property
    def session(self):
        """Of which it is a part."""
        return self._session

    def command(self, method, timeout=None, **fields):
        """A command by its name in the proto; also reaches one whose name an Element has for itself. A streaming one gives a
        Stream at once, without a timeout, and one that takes a stream a Sink."""
        called = service(self._service).methods_by_name[method]
        if takes_stream(called):
            return self._rpc.written(self._service, method, {"name": self.name})
        if is_streaming(called):
            return self._rpc.streamed(self._service, method, {"name": self.name}, fields)
        return self._rpc.call(self._service, method, {"name": self.name}, timeout, fields)

    def fields_of(self, method):
        """Names of what a command takes."""
        fields = service(self._service).methods_by_name[method].input_type.fields
        return [field.name for field in fields if field.name != "name"]

    def connect(self, sink, kind=None, *, source_port=None, sink_port=None):
        return self._session.connect(self, sink, kind, source_port=source_port, sink_port=sink_port)

    def disconnect(self, sink=None, kind=None, *, source_port=None, sink_port=None):
        """Without a sink: from every taker. Says how many links were removed."""
        return self._session.disconnect(self, sink, kind, source_port=source_port, sink_port=sink_port)

    def stats(self):
        return self._rpc.call("kms.v1.GraphService", "GetStats", {"name": self.name})

    def get(self):
        """The element as it is now."""
        return self._rpc.call("kms.v1.ElementService", "GetElement", {"name": self.name}).element

    def update(self, *, display_name=None, set_tags=None, remove_tags=None):
        fields = {"name": self.name, "display_name": display_name, "set_tags": set_tags, "remove_tags": remove_tags}
        return self._rpc.call("kms.v1.ElementService", "UpdateElement", fields).element

    def delete(self):
        self._rpc.call("kms.v1.ElementService", "DeleteElement", {"name": self.name})

    def __getattr__(self, name):
        commands = self.__dict__.get("_commands", {})
        method = commands.get(name)
        if method is None:
            title, known = self.__dict__.get("title", "Element"), f" (it has: {', '.join(commands)})" if commands else ""
            raise AttributeError(f"{title} has no attribute or command '{name}'{hint(_snake_case(name), commands)}{known}")
        return _Command(self, name, method)

    def __dir__(self):
        return [*super().__dir__(), *self._commands]

    def __repr__(self):
        return f"<{self.title} {self.name}>"
