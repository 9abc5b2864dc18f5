# SPDX-License-Identifier: Apache-2.0
"""A server for tests of the client alone: handlers by (service, method) take a message and give fields, and it keeps
what it was sent."""
import concurrent.futures

import grpc
from google.protobuf import any_pb2

from kms.encode import pack, to_message
from kms.protos import is_streaming, message_class, service, takes_stream

PLAYER = {"kind": "kms.player.v1.PlayerOptions", "title": "PlayerEndpoint", "service": "kms.player.v1.PlayerService", "available": True}


class Refusal(Exception):
    """A handler's failure, sent as a kms server sends it. No reason: without a detail, as gRPC's own."""

    def __init__(self, code, reason, message="refused", resource="", metadata=None):
        super().__init__(message)
        detail = pack("kms.v1.ErrorDetail", {"reason": reason, "resource": resource, "metadata": metadata or {}})
        status = {"code": getattr(grpc.StatusCode, code).value[0], "message": message, "details": [detail]}
        self.code, self.message = getattr(grpc.StatusCode, code), message
        self.trailer = to_message("kms.v1.RpcStatus", status).SerializeToString() if reason else None

    def end(self, context):
        if self.trailer:
            context.set_trailing_metadata([("grpc-status-details-bin", self.trailer)])
        context.abort(self.code, self.message)


def _create_session(request):
    return {"session": {"name": f"sessions/{request.session_id or 'made'}", "lease": request.lease}}


def _create_element(request):
    spec = request.element
    name = f"{request.parent}/elements/{spec.element_id or 'made'}"
    return {"element": {"name": name, "kind": spec.options.TypeName(), "options": spec.options}}


def _apply_graph(request):
    made = [_create_element(message_class("kms.v1.CreateElementRequest")(parent=request.parent, element=spec)) for spec in request.elements]
    return {"elements": [each["element"] for each in made]}


DEFAULTS = {
    ("kms.v1.ElementService", "ListElementKinds"): lambda request: {"kinds": [PLAYER]},
    ("kms.v1.ElementService", "CreateElement"): _create_element,
    ("kms.v1.GraphService", "ApplyGraph"): _apply_graph,
    ("kms.v1.SessionService", "CreateSession"): _create_session,
    ("kms.v1.SessionService", "KeepAlive"): lambda request: {},
    ("kms.v1.SessionService", "DeleteSession"): lambda request: {},
}


class FakeServer(grpc.GenericRpcHandler):
    def __init__(self, handlers=None):
        self.calls = []
        self._handlers = {f"/{name}/{method}": handler for (name, method), handler in {**DEFAULTS, **(handlers or {})}.items()}
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers([self])
        self.target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def requests(self, method):
        return [request for name, request in self.calls if name == method]

    def stop(self):
        self._server.stop(0).wait()

    def service(self, handler_call_details):
        path = handler_call_details.method
        if path not in self._handlers:
            return None
        _, name, method_name = path.split("/")
        method = service(name).methods_by_name[method_name]
        deserialize = message_class(method.input_type.full_name).FromString
        make, behave = grpc.unary_unary_rpc_method_handler, self._unary
        if is_streaming(method):
            make, behave = grpc.unary_stream_rpc_method_handler, self._stream
        elif takes_stream(method):
            make = grpc.stream_unary_rpc_method_handler  # the handler gets an iterator
        return make(behave(method, self._handlers[path]), deserialize, lambda message: message.SerializeToString())

    def _unary(self, method, handler):
        def answer(request, context):
            self.calls.append((method.name, request))
            try:
                return to_message(method.output_type.full_name, handler(request))
            except Refusal as refusal:
                return refusal.end(context)

        return answer

    def _stream(self, method, handler):
        def answer(request, context):
            self.calls.append((method.name, request))
            try:
                for fields in handler(request, context):
                    yield to_message(method.output_type.full_name, fields)
            except Refusal as refusal:
                refusal.end(context)

        return answer


def unpacked(packed: any_pb2.Any):
    return message_class(packed.TypeName()).FromString(packed.value)
