// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "elements/rtp/rtp_element.hpp"
#include "kms-core/rtc/peer/test_phone.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_rtp(graph::Catalog& catalog);
}

namespace kms::rtp {

// For tests: sessions with RtpEndpoints on this machine, and test elements.
inline test::LiveSession::Setup setup() {
  test::LiveSession::Setup out;
  out.config.rtp.announced = "127.0.0.1";
  out.config.rtp.first_port = 20'000;
  out.config.rtp.last_port = 29'999;
  out.declare = [](graph::Catalog& catalog) {
    declare_rtp(catalog);
    test::declare_test_elements(catalog);
  };
  return out;
}

inline kms::v1::ElementSpec endpoint(const std::string& id, const v1::RtpOptions& options = {}) {
  kms::v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

// For tests: commands to an RtpEndpoint, as its service gives them. The test's thread.
class Caller {
 public:
  Caller(test::LiveSession& session, std::string element) : session_(session), element_(std::move(element)) {}

  // Does `work(element, reply)` on the control loop and waits for what it replies.
  template <typename Answer, typename Work>
  Result<Answer> ask(Work work) {
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    session_.on_loop([&](graph::Session& s) {
      auto found = s.find<RtpElement>(session_.element(element_));
      if (!found.ok()) return promise->set_value(found.status());
      work(**found,
           Reply<Answer>([promise](Result<Answer> answer) { promise->set_value(std::move(answer)); }));
    });
    return promise->get_future().get();
  }
  template <typename Work>
  Status order(Work work) {
    auto promise = std::make_shared<std::promise<Status>>();
    session_.on_loop([&](graph::Session& s) {
      auto found = s.find<RtpElement>(session_.element(element_));
      if (!found.ok()) return promise->set_value(found.status());
      work(**found, Done([promise](Status status) { promise->set_value(std::move(status)); }));
    });
    return promise->get_future().get();
  }

  Result<std::string> answer(const std::string& offer) {
    const auto response = ask<v1::ProcessOfferResponse>(
        [&](RtpElement& peer, auto reply) { peer.process_offer(offer, std::move(reply)); });
    if (!response.ok()) return response.status();
    return response->answer();
  }
  Result<v1::GetLocalPortsResponse> ports() {
    return ask<v1::GetLocalPortsResponse>(
        [](RtpElement& peer, auto reply) { peer.local_ports(std::move(reply)); });
  }
  // A phone that calls.
  Status join(rtc::test::TestPhone& phone, const std::string& more = {}) {
    const auto answered = answer(phone.offer(more));
    if (answered.ok()) phone.use(*answered);
    return answered.status();
  }

 private:
  test::LiveSession& session_;
  std::string element_;
};

}  // namespace kms::rtp
