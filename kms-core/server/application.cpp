// SPDX-License-Identifier: Apache-2.0
#include "kms-core/server/application.hpp"

#include <utility>

#include "kms-core/base/host_port.hpp"
#include "kms-core/base/log.hpp"
#include "kms-core/graph/declare_all.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/gst/init.hpp"
#include "kms-core/http/health.hpp"
#include "kms-core/http/metrics.hpp"
#include "kms-core/http/whip_door.hpp"
#include "kms-core/rpc/element_services.hpp"
#include "kms-core/rpc/server.hpp"
#include "kms-core/server/rtc_options.hpp"
#include "kms-core/storage/uploads.hpp"

namespace kms::server {
namespace {

graph::Catalog make_catalog() {
  gst::init();
  graph::Catalog catalog;
  graph::declare_all(catalog);
  return catalog;
}

void warn_if_open(const std::string& what, const std::string& address) {
  const auto where = parse_host_port(address);
  if (where.ok() && where->loopback()) return;
  log::warn(
      "listening outside loopback without authentication: whoever reaches this address controls the server",
      {{"door", what}, {"address", address}});
}

}  // namespace

// Goes from the bottom up: doors, sessions, threads.
struct Application::Impl {
  Impl(const Config& given, std::unique_ptr<rtc::Server> plane, std::unique_ptr<storage::Uploads> to_storages)
      : config(given),
        catalog(make_catalog()),
        loops(config.threads.control_loops),
        uploads(std::move(to_storages)),
        workers({.kept = 2, .most = config.threads.workers}),
        rtc(std::move(plane)),
        environment{config, catalog, loops, workers, *rtc, uploads.get()},
        sessions(environment),
        context{sessions, catalog, config.limits.subscriber_grace, &config, &workers, uploads.get()} {}
  ~Impl() {
    http.reset();
    grpc.reset();
    loops.flush();  // sessions are destroyed on their loops, and may need workers to the end
  }

  // Files that are to be uploaded, and bytes in the spool.
  std::pair<uint64_t, uint64_t> waiting() const {
    return {uploads->waiting_files(), uploads->waiting_bytes()};
  }

  void open_whip() {
    if (!config.rtc.whip) return;
    http::add_whip(*http, sessions, workers,
                   {.rooms = {config.rtc.max_connecting, config.rtc.whep_waits},
                    .tokens = {config.rtc.whip_tokens, config.rtc.whep_tokens},
                    .ice_servers = config.rtc.ice_servers});
  }

  const Config config;
  const graph::Catalog catalog;
  LoopPool loops;
  const std::unique_ptr<storage::Uploads> uploads;  // its threads post to the loops, and workers call it
  WorkerPool workers;
  const std::unique_ptr<rtc::Server> rtc;
  graph::Environment environment;
  graph::SessionStore sessions;
  rpc::Context context;
  std::unique_ptr<rpc::Server> grpc;
  std::unique_ptr<http::HttpServer> http;
};

Application::Application(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::start(const Config& config) {
  auto options = rtc_options(config.rtc);
  if (!options.ok()) return options.status();
  auto rtc = rtc::Server::start(*std::move(options));
  if (!rtc.ok()) return rtc.status();
  auto uploads = storage::Uploads::start(config);
  if (!uploads.ok()) return uploads.status();
  std::unique_ptr<Application> application(
      new Application(std::make_unique<Impl>(config, *std::move(rtc), *std::move(uploads))));
  auto& impl = *application->impl_;
  auto grpc = rpc::Server::start(impl.config, impl.context, rpc::make_element_services(impl.context));
  if (!grpc.ok()) return grpc.status();
  impl.grpc = *std::move(grpc);
  auto http = http::HttpServer::start(config.http_listen);
  if (!http.ok()) return http.status();
  impl.http = *std::move(http);
  http::add_health(*impl.http, [&impl] { return !impl.sessions.draining(); });
  http::add_metrics(*impl.http, {impl.sessions, *impl.rtc, impl.workers, [&impl] { return impl.waiting(); }});
  impl.open_whip();
  warn_if_open("gRPC", impl.grpc->address());
  warn_if_open("HTTP", impl.http->address());
  return application;
}

const std::string& Application::grpc_address() const { return impl_->grpc->address(); }

const std::string& Application::http_address() const { return impl_->http->address(); }

void Application::drain(Task done) {
  impl_->grpc->drain();
  impl_->sessions.drain([&impl = *impl_, done = std::move(done)]() mutable {
    impl.workers.run([&impl, done = std::move(done)]() mutable {
      impl.loops.flush();  // what the sessions held is handed to the workers
      impl.workers.when_idle(std::move(done));
    });
  });
}

}  // namespace kms::server
