# SPDX-License-Identifier: Apache-2.0
"""Python values to protobuf messages, driven by the protos. What does not fit is refused with the field's name."""
import datetime
import difflib
import re
from collections.abc import Mapping

from google.protobuf import any_pb2, duration_pb2, timestamp_pb2
from google.protobuf.descriptor import FieldDescriptor

from .errors import invalid
from .protos import message_class


def to_message(full_name, fields, where="", reserved=()):
    """A message with the given fields; None stands for a field left out. `reserved` are fields that are not the caller's."""
    return _fill(message_class(full_name)(), fields, where, reserved)


def pack(full_name, fields, where=""):
    """A message inside a google.protobuf.Any."""
    packed = any_pb2.Any()
    packed.Pack(to_message(full_name, fields, where))
    return packed


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def short_name(enum, name):
    """MEDIA_KIND_AUDIO of enum MediaKind -> audio"""
    prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum.name).upper() + "_"
    return name.removeprefix(prefix).lower()


def hint(name, names):
    """Which of `names` was meant by one that is none of them; empty when nothing is near."""
    near = difflib.get_close_matches(name, names, 1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _refuse(field, message):
    return invalid("INVALID_OPTIONS", message, field=field)


def _fill(message, fields, where, reserved):
    descriptor = message.DESCRIPTOR
    if not isinstance(fields, Mapping):
        raise _refuse(where, f"{where or descriptor.name} must be a mapping with the fields of {descriptor.full_name} "
                             f"({', '.join(field.name for field in descriptor.fields)}), not {type(fields).__name__}")
    for name, value in fields.items():
        if value is not None:
            path = f"{where}.{name}" if where else name
            _set(message, _field(descriptor, name, path, reserved), value, path)
    return message


def _field(descriptor, name, path, reserved):
    names = [field.name for field in descriptor.fields if field.name not in reserved]
    if name in names:
        return descriptor.fields_by_name[name]
    raise _refuse(path, f'{descriptor.name} has no field "{name}"{hint(name, names)} '
                        f'({"it has: " + ", ".join(names) if names else "it has none"})')


def _set(message, field, value, path):
    _refuse_second_of_oneof(message, field, path)
    if is_map(field):
        _set_scalar(lambda: getattr(message, field.name).update(value), value, path)
    elif field.label == FieldDescriptor.LABEL_REPEATED:
        _set_list(getattr(message, field.name), field, value, path)
    elif field.message_type:
        getattr(message, field.name).CopyFrom(_single_message(field, value, path))
    else:
        number = _enum_number(field.enum_type, value, path) if field.enum_type else value
        _set_scalar(lambda: setattr(message, field.name, number), value, path)


def _refuse_second_of_oneof(message, field, path):
    oneof = field.containing_oneof
    taken = oneof and message.WhichOneof(oneof.name)
    if taken and taken != field.name:
        raise _refuse(path, f"{message.DESCRIPTOR.name} takes one of {', '.join(each.name for each in oneof.fields)}, not several")


def _set_list(target, field, value, path):
    if not isinstance(value, (list, tuple)):
        raise _refuse(path, f"{path} must be a list")
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        if field.message_type:
            target.append(_single_message(field, item, where))
        else:
            number = _enum_number(field.enum_type, item, where) if field.enum_type else item
            _set_scalar(lambda: target.append(number), item, where)


def _set_scalar(action, value, path):
    try:
        action()
    except (TypeError, ValueError) as mismatch:  # protobuf says which type it wants
        raise _refuse(path, f"{path} cannot be {value!r}: {mismatch}") from None


def _single_message(field, value, path):
    full_name = field.message_type.full_name
    special = _SPECIAL.get(full_name)
    if isinstance(value, message_class(full_name)):
        return value
    return special(value, path) if special else to_message(full_name, value, path)


def _duration(value, path):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = datetime.timedelta(seconds=value)
    if not isinstance(value, datetime.timedelta):
        raise _refuse(path, f"{path} must be a timedelta or a number of seconds, not {value!r}")
    duration = duration_pb2.Duration()
    duration.FromTimedelta(value)
    return duration


def _timestamp(value, path):
    if not isinstance(value, datetime.datetime):
        raise _refuse(path, f"{path} must be a datetime, not {value!r}")
    timestamp = timestamp_pb2.Timestamp()
    timestamp.FromDatetime(value)
    return timestamp


def _any(value, path):
    raise _refuse(path, f"{path} must be a packed message (google.protobuf.any_pb2.Any), not {value!r}")


_SPECIAL = {"google.protobuf.Duration": _duration, "google.protobuf.Timestamp": _timestamp, "google.protobuf.Any": _any}


def _enum_number(enum, value, path):
    for name, number in ((each.name, each.number) for each in enum.values):
        if value in (name, short_name(enum, name)):
            return number
    known = ", ".join(short_name(enum, each.name) for each in enum.values if each.number != 0)
    raise _refuse(path, f"{path} must be one of {known}, not {value!r}")
