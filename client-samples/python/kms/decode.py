# SPDX-License-Identifier: Apache-2.0
"""Protobuf messages to Python values, the other way round than encode.py."""
import datetime
import types

from google.protobuf.descriptor import FieldDescriptor

from .encode import is_map, short_name
from .protos import message_class


def from_message(message):
    """An object with one attribute per field; None for messages, optional fields and members of a oneof not set."""
    return types.SimpleNamespace(**{field.name: _field(message, field) for field in message.DESCRIPTOR.fields})


def type_name_of(packed):
    return packed.type_url.rpartition("/")[2]


def unpack(packed):
    """The message in a google.protobuf.Any; the Any itself when these protos do not have its type."""
    try:
        return from_message(message_class(type_name_of(packed)).FromString(packed.value))
    except KeyError:
        return packed


def _field(message, field):
    value = getattr(message, field.name)
    if is_map(field):
        return {key: _single(field.message_type.fields_by_name["value"], item) for key, item in value.items()}
    if field.label == FieldDescriptor.LABEL_REPEATED:
        return [_single(field, item) for item in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return _single(field, value)


def _timestamp(value):
    return value.ToDatetime(tzinfo=datetime.timezone.utc)


_SPECIAL = {
    "google.protobuf.Duration": lambda value: value.ToTimedelta(),
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Any": unpack,
}


def _single(field, value):
    if field.message_type:
        return _SPECIAL.get(field.message_type.full_name, from_message)(value)
    if field.enum_type:
        known = field.enum_type.values_by_number.get(value)
        return short_name(field.enum_type, known.name) if known else str(value)
    return value
