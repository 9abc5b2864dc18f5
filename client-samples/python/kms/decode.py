# SPDX-License-Identifier: Apache-2.0
"""Protobuf messages to Python values, the other way round than encode.py."""
import datetime
import functools
import types

from google.protobuf.descriptor import FieldDescriptor

from .encode import is_map, short_name
from .protos import message_class


def from_message(message):
    """An object with one attribute per field; None for messages, optional fields and members of a oneof not set."""
    return types.SimpleNamespace(**{name: read(message) for name, read in _readers(message.DESCRIPTOR)})


def type_name_of(packed):
    return packed.type_url.rpartition("/")[2]


def unpack(packed):
    """The message in a google.protobuf.Any; the Any itself when these protos do not have its type."""
    try:
        return from_message(message_class(type_name_of(packed)).FromString(packed.value))
    except KeyError:
        return packed


@functools.lru_cache(maxsize=None)
def _readers(descriptor):
    return [(field.name, _reader(field)) for field in descriptor.fields]


def _reader(field):
    name = field.name
    if is_map(field):
        item = _single(field.message_type.fields_by_name["value"])
        return lambda message: {key: item(value) for key, value in getattr(message, name).items()}
    single = _single(field)
    if field.label == FieldDescriptor.LABEL_REPEATED:
        return lambda message: [single(value) for value in getattr(message, name)]
    if field.has_presence:
        return lambda message: single(getattr(message, name)) if message.HasField(name) else None
    return lambda message: single(getattr(message, name))


def _timestamp(value):
    return value.ToDatetime(tzinfo=datetime.timezone.utc)


_SPECIAL = {
    "google.protobuf.Duration": lambda value: value.ToTimedelta(),
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Any": unpack,
}


def _single(field):
    if field.message_type:
        return _SPECIAL.get(field.message_type.full_name, from_message)
    if field.enum_type:
        names = {number: short_name(field.enum_type, known.name) for number, known in field.enum_type.values_by_number.items()}
        return lambda value: names.get(value, str(value))
    return lambda value: value
