# SPDX-License-Identifier: Apache-2.0
"""The API by plain gRPC: a client whose own share of a call's time is as small as Python allows."""
import grpc

from kms.protos import message_class, service


class Plain:
    """A channel; methods by name: plain("SessionService.GetSession", name="sessions/a"). Fields as protobuf takes them."""

    def __init__(self, address):
        self._channel, self._methods = grpc.insecure_channel(address), {}

    def __call__(self, name, /, **fields):
        if name not in self._methods:
            self._methods[name] = self._method(*name.split("."))
        request, send = self._methods[name]
        return send(request(**fields))

    def _method(self, service_name, method_name):
        method = service(f"kms.v1.{service_name}").methods_by_name[method_name]
        request, response = (message_class(each.full_name) for each in (method.input_type, method.output_type))
        path = f"/kms.v1.{service_name}/{method_name}"
        return request, self._channel.unary_unary(path, request.SerializeToString, response.FromString)


def options(full_name, **fields):
    """Options of an element, packed."""
    return {"type_url": f"type.googleapis.com/{full_name}", "value": message_class(full_name)(**fields).SerializeToString()}
