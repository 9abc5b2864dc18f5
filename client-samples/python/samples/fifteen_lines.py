# SPDX-License-Identifier: Apache-2.0
import sys
import kms

server, source, target = sys.argv[1:]  # 127.0.0.1:50051 file:///in.mp4 file:///out.mp4
with kms.connect(server) as client, client.create_session() as session:
    player = session.create("PlayerEndpoint", "player", uri=source, unpaced=True)
    faces = session.create("FaceDetectionFilter", "faces", every_nth_frame=5, drawing={"boxes": {}})
    recorder = session.create("RecorderEndpoint", "recorder", uri=target, autostart=True, stop_on_end_of_stream=True, overwrite=True)
    player.connect(faces)
    faces.connect(recorder)
    player.play()
    for event in session.events():
        print(event.element_id, event.type, event.data)
        if event.type in ("RecordingFinished", "ElementError"):
            break
