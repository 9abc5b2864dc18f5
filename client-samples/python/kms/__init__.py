# SPDX-License-Identifier: Apache-2.0
"""Client of kms, the media server: sessions, elements, links and events.

    with kms.connect("127.0.0.1:50051") as client, client.create_session() as session:
        player = session.create("PlayerEndpoint", uri="file:///clip.mp4")

Values look as in Python: durations are timedelta (or seconds, when given), time stamps are datetime, enum values are
their names in lower case without the enum's prefix ("webm", "playing"), messages are objects with attributes.
"""
import sys

try:
    import google.protobuf  # noqa: F401
    import grpc  # noqa: F401
except ImportError as missing:
    raise ImportError(f"kms needs grpcio and protobuf, which {sys.executable} does not have ({missing}); "
                      "Debian's python3-grpcio and python3-protobuf are those of /usr/bin/python3") from missing

from .client import Client, connect
from .data_channels import DataChannel, DataChannels
from .element import Element
from .errors import KmsError
from .events import Event, EventStream
from .session import AppliedGraph, ElementSpec, Link, Session

__all__ = ["AppliedGraph", "Client", "DataChannel", "DataChannels", "Element", "ElementSpec", "Event", "EventStream", "KmsError", "Link", "Session", "connect"]
