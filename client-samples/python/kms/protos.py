# SPDX-License-Identifier: Apache-2.0
"""The API as data: every module that ./generate made, found by looking. Nothing here knows a single element."""
import importlib
import pathlib

from google.protobuf import descriptor_pb2, descriptor_pool, symbol_database

_HERE = pathlib.Path(__file__).resolve().parent


def _import_all():
    modules = sorted(_HERE.glob("**/*_pb2.py"))
    if not modules:
        raise ImportError(f"the modules of the protos are missing: run {_HERE.parent / 'generate'}")
    for module in modules:
        importlib.import_module(".".join(("kms", *module.relative_to(_HERE).with_suffix("").parts)))


_import_all()


def message_class(full_name):
    """The class of a message such as kms.v1.Session; KeyError when these protos do not have it."""
    descriptor_pool.Default().FindMessageTypeByName(full_name)
    return symbol_database.Default().GetSymbol(full_name)


def service(full_name):
    return descriptor_pool.Default().FindServiceByName(full_name)


def _proto_of(method):  # protobuf's descriptor itself tells what streams from version 4.22 on
    proto = descriptor_pb2.ServiceDescriptorProto()
    method.containing_service.CopyToProto(proto)
    return proto.method[method.index]


def is_streaming(method):
    """Whether the server answers with a stream."""
    return _proto_of(method).server_streaming


def takes_stream(method):
    """Whether the client sends a stream."""
    return _proto_of(method).client_streaming
