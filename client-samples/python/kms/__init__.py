# SPDX-License-Identifier: Apache-2.0
"""Client of kms, the media server: sessions, elements, links and events.

    with kms.connect("127.0.0.1:50051") as client, client.create_session() as session:
        player = session.create("PlayerEndpoint", uri="file:///clip.mp4")

Values look as in Python: durations are timedelta (or seconds, when given), time stamps are datetime, enum values are
their names in lower case without the enum's prefix ("webm", "playing"), messages are objects with attributes.
"""
from .client import Client, connect
from .data_channels import DataChannel, DataChannels
from .element import Element
from .errors import KmsError
from .events import Event, EventStream
from .session import AppliedGraph, ElementSpec, Link, Session

__all__ = ["AppliedGraph", "Client", "DataChannel", "DataChannels", "Element", "ElementSpec", "Event", "EventStream", "KmsError", "Link", "Session", "connect"]
