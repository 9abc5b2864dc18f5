# SPDX-License-Identifier: Apache-2.0
import datetime
import unittest

from google.protobuf import any_pb2

from kms import KmsError
from kms.decode import from_message
from kms.encode import pack, to_message
from kms.protos import message_class


def round_trip(full_name, **fields):
    """There and back over the wire."""
    return from_message(message_class(full_name).FromString(to_message(full_name, fields).SerializeToString()))


class Values(unittest.TestCase):
    def assert_refused(self, field, words, full_name, **fields):
        with self.assertRaisesRegex(KmsError, words) as raised:
            to_message(full_name, fields)
        self.assertEqual((raised.exception.code, raised.exception.reason), ("INVALID_ARGUMENT", "INVALID_OPTIONS"))
        self.assertEqual(raised.exception.metadata, {"field": field})

    def test_durations_are_timedeltas_or_seconds(self):
        given = datetime.timedelta(seconds=12, microseconds=345)
        self.assertEqual(round_trip("kms.player.v1.SeekRequest", position=given).position, given)
        self.assertEqual(round_trip("kms.player.v1.SeekRequest", position=1.5).position, datetime.timedelta(seconds=1.5))
        self.assertEqual(round_trip("kms.player.v1.SeekRequest", position=0).position, datetime.timedelta(0))

    def test_time_stamps_are_datetimes_with_a_zone(self):
        time = datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=datetime.timezone.utc)
        self.assertEqual(round_trip("kms.v1.Event", time=time).time, time)

    def test_enum_values_are_short_names_and_full_names_are_taken_too(self):
        self.assertEqual(round_trip("kms.recorder.v1.RecorderOptions", container="webm").container, "webm")
        self.assertEqual(round_trip("kms.recorder.v1.RecorderOptions", container="CONTAINER_MP4").container, "mp4")
        self.assertEqual(round_trip("kms.recorder.v1.RecorderOptions", tracks="audio_only").tracks, "audio_only")

    def test_scalars_lists_and_maps_are_always_there_and_messages_are_none_when_not_set(self):
        element = round_trip("kms.v1.Element", tags={"a": "b"})
        self.assertEqual((element.name, element.ports, element.tags, element.options), ("", [], {"a": "b"}, None))
        self.assertIsNone(round_trip("kms.v1.UpdateElementRequest").display_name)
        self.assertEqual(round_trip("kms.v1.UpdateElementRequest", display_name="").display_name, "")

    def test_a_packed_message_is_unpacked(self):
        element = round_trip("kms.v1.Element", options=pack("kms.player.v1.SeekRequest", {"name": "a", "to_key_frame": True}))
        self.assertEqual(vars(element.options), {"name": "a", "position": None, "to_key_frame": True})

    def test_a_packed_message_of_an_unknown_type_stays_packed(self):
        packed = any_pb2.Any(type_url="type.googleapis.com/x.Y", value=b"\x07")
        self.assertEqual(round_trip("kms.v1.Element", options=packed).options, packed)

    def test_an_unknown_field_is_refused_with_the_name_that_was_meant_and_all_names(self):
        detection = "kms.face_detection.v1.FaceDetectionOptions"
        self.assert_refused("everyNthFrame", r'did you mean "every_nth_frame"\? \(it has: model_path, ', detection, everyNthFrame=2)
        self.assert_refused("drawing.boxes.xyz", r'Boxes has no field "xyz" \(it has: color', detection, drawing={"boxes": {"xyz": 1}})

    def test_a_reserved_field_is_as_good_as_none(self):
        with self.assertRaisesRegex(KmsError, r'SeekRequest has no field "name" \(it has: position, to_key_frame\)'):
            to_message("kms.player.v1.SeekRequest", {"name": "sessions/x/elements/y"}, reserved=["name"])

    def test_values_of_a_wrong_type_are_refused_with_the_field(self):
        self.assert_refused("uri", "uri cannot be 5", "kms.player.v1.PlayerOptions", uri=5)
        self.assert_refused("boxes.thickness", "cannot be -1", "kms.face_detection.v1.Drawing", boxes={"thickness": -1})
        self.assert_refused("boxes", "must be a mapping with the fields of", "kms.face_detection.v1.Drawing", boxes="red")
        self.assert_refused("container", "one of webm, matroska, mp4, hls, not 'avi'", "kms.recorder.v1.RecorderOptions", container="avi")
        self.assert_refused("position", "timedelta or a number of seconds", "kms.player.v1.SeekRequest", position="1s")
        self.assert_refused("links", "must be a list", "kms.v1.ApplyGraphRequest", links={})
        self.assert_refused("options", "must be a packed message", "kms.v1.ElementSpec", options={"uri": "file:///a"})

    def test_two_members_of_a_oneof_are_refused(self):
        self.assert_refused("blur", "takes one of nothing, boxes, blur, overlay", "kms.face_detection.v1.Drawing", boxes={}, blur={})

    def test_none_is_as_good_as_left_out(self):
        self.assertEqual(round_trip("kms.player.v1.PlayerOptions", uri=None).uri, "")
