# SPDX-License-Identifier: Apache-2.0
# What is built besides base and rtc: GStreamer, gRPC, elements, server.
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
pkg_check_modules(GST REQUIRED IMPORTED_TARGET gio-2.0 gstreamer-1.0 gstreamer-base-1.0 gstreamer-video-1.0 gstreamer-audio-1.0
                  gstreamer-app-1.0 gstreamer-pbutils-1.0 gstreamer-tag-1.0)

pkg_check_modules(SOUP REQUIRED IMPORTED_TARGET libsoup-3.0)

include(proto)
include(element)
add_subdirectory(kms-core/web)
add_subdirectory(kms-core/storage)
add_subdirectory(kms-core/gst)
add_subdirectory(kms-core/bridge)
add_subdirectory(kms-core/graph)
add_subdirectory(kms-core/mix)
add_subdirectory(kms-core/rpc)
add_subdirectory(kms-core/http)
add_subdirectory(examples/rtc_sfu)
add_subdirectory(tests/support)
add_subdirectory(tests/support/live_peer)
kms_add_elements()
add_subdirectory(kms-core/server)
add_subdirectory(tests/integration)
add_subdirectory(tests/conformance)
