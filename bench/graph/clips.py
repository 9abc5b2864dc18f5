# SPDX-License-Identifier: Apache-2.0
"""Clips that are sent at their own pace, encoded before anything is measured; and what is in a recording."""
import subprocess


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


def pictures(folder):
    """Ten minutes of VP8, 1280x720."""
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=10", "-c:v", "libvpx", "-deadline", "realtime",
           "-cpu-used", "8", "-b:v", "1.5M", "-g", "60", folder / "once.webm")
    ffmpeg("-stream_loop", "60", "-i", folder / "once.webm", "-c", "copy", folder / "clip.webm")
    return folder / "clip.webm"


def with_sound(folder, clip):
    """The same with Opus of noise, which has no silence to save on."""
    ffmpeg("-i", clip, "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.2:sample_rate=48000", "-map", "0:v", "-map", "1:a",
           "-c:v", "copy", "-c:a", "libopus", "-b:a", "32k", "-ac", "1", "-shortest", folder / "clip-with-sound.webm")
    return folder / "clip-with-sound.webm"


def packet_times(path, kind):
    """When the packets of a file's video or audio are due, seconds."""
    told = subprocess.run(["ffprobe", "-v", "error", "-select_streams", kind[0], "-show_entries", "packet=pts_time",
                           "-of", "csv=p=0", path], check=True, capture_output=True, text=True).stdout
    return sorted(float(line.strip(",")) for line in told.split())
