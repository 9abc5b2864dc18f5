#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""GStreamer's own RTSP server, for tests: serves one live pipeline as rtsp://127.0.0.1:PORT/cam.

Prints "ready PORT" and goes on until it is killed.
  rtsp_server.py PORT LAUNCH [user:password[:basic]] [tcp|udp] [certificate and key]   (PORT 0: any; "": the default)
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 (versions first)


def guard(server, factory, credentials, certificate):
    """Lets in only who knows them, or everybody over TLS."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
    permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
    factory.set_permissions(permissions)
    if certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(certificate))
    user, password, *method = (credentials + ":").split(":")
    if not credentials:
        auth.set_default_token(token)
    elif "basic" in method:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    server.set_auth(auth)


def main():
    port, launch, credentials, transport, certificate = (sys.argv[1:] + [""] * 5)[:5]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch)
    factory.set_shared(True)
    if transport:
        chosen = {"tcp": GstRtsp.RTSPLowerTrans.TCP, "udp": GstRtsp.RTSPLowerTrans.UDP}
        factory.set_protocols(chosen[transport])
    if credentials or certificate:
        guard(server, factory, credentials, certificate)
    server.get_mount_points().add_factory("/cam", factory)
    if server.attach(None) == 0:
        sys.exit("the port is taken")
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main()
