# SPDX-License-Identifier: Apache-2.0
"""What goes wrong, as one exception."""
from google.protobuf.message import DecodeError

from .protos import message_class


class KmsError(Exception):
    """What a call failed with.

    code      name of the gRPC code, e.g. NOT_FOUND
    reason    stable word of docs/errors.md, e.g. ELEMENT_NOT_FOUND; the code's name when the failure is not the server's
    resource  resource name that the error is about, or empty
    metadata  further facts by name
    """

    def __init__(self, code, reason, message, resource="", metadata=None):
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.resource, self.metadata = resource, metadata or {}

    def __str__(self):
        return f"{self.reason}: {self.message}"


def invalid(reason, message, **metadata):
    """A mistake found before anything was sent; reads like the server's own refusal of the same."""
    return KmsError("INVALID_ARGUMENT", reason, message, metadata=metadata)


def closed(method):
    """A call of a client that was closed."""
    return KmsError("CANCELLED", "CLIENT_CLOSED", f"{method}: this client was closed; kms.connect() gives another")


def from_grpc(error):
    """The KmsError in a failed gRPC call, to be raised: its trailer holds a kms.v1.RpcStatus with one kms.v1.ErrorDetail, which
    says all that the failure does. Only without it gRPC's error stays as the cause."""
    detail = _detail(dict(error.trailing_metadata() or ()).get("grpc-status-details-bin"))
    code = error.code().name
    if detail is None:
        failure = KmsError(code, code, error.details())
        failure.__cause__ = error
        return failure
    failure = KmsError(code, detail.reason or code, error.details(), detail.resource, dict(detail.metadata))
    failure.__suppress_context__ = True  # as `raise ... from None`
    return failure


def _detail(trailer):
    detail = message_class("kms.v1.ErrorDetail")()
    try:
        status = message_class("kms.v1.RpcStatus").FromString(trailer or b"")
    except DecodeError:  # something on the way that is no kms server
        return None
    return next((detail for packed in status.details if packed.Unpack(detail)), None)
