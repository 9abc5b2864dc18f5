# SPDX-License-Identifier: Apache-2.0
"""The kinds that the server has, asked for once per connection."""
from .encode import hint
from .errors import invalid


class Kinds:
    def __init__(self, rpc):
        self._rpc, self._kinds = rpc, None

    def all(self):
        if self._kinds is None:
            self._kinds = self._rpc.call("kms.v1.ElementService", "ListElementKinds", {}).kinds
        return self._kinds

    def find(self, name):
        """By an element's title (PlayerEndpoint) or its kind (kms.player.v1.PlayerOptions)."""
        for kind in self.all():
            if name in (kind.title, kind.kind):
                return kind
        titles = [kind.title for kind in self.all()]
        raise invalid("UNKNOWN_KIND", f'this server has no element "{name}"{hint(str(name), titles)} (it has: {", ".join(titles)})')
