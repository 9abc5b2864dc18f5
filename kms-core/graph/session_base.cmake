# SPDX-License-Identifier: Apache-2.0
# What sessions are kept with, apart from their graphs: names, events, leases, request ids, quotas.
kms_library(kms_session_base
  SOURCES names.cpp event_log.cpp request_log.cpp leases.cpp
  DEPS kms_base kms_proto)
kms_test(session_base_test
  SOURCES names_test.cpp event_log_test.cpp feed_test.cpp request_log_test.cpp leases_test.cpp token_bucket_test.cpp
  DEPS kms_session_base LABELS graph)

# The sessions themselves, found by name.
kms_library(kms_sessions SOURCES session_store.cpp DEPS kms_graph)
kms_test(session_store_test SOURCES session_store_test.cpp DEPS kms_sessions LABELS graph)
