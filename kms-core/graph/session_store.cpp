// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/session_store.hpp"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <map>
#include <mutex>
#include <utility>

#include "kms-core/base/log.hpp"
#include "kms-core/graph/labels.hpp"
#include "kms-core/graph/leases.hpp"
#include "kms-core/graph/names.hpp"
#include "kms-core/graph/token_bucket.hpp"

namespace kms::graph {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::milliseconds;

constexpr milliseconds kDefaultLease{30'000};
constexpr int64_t kLongestLease = 24 * 3600;  // seconds

Status not_found(const std::string& name) {
  return error(StatusCode::kNotFound, {"SESSION_NOT_FOUND", name, {}},
               fmt::format("there is no session {}", name));
}

Status over_quota(std::string_view reason, unsigned quota, const std::string& what) {
  return error(StatusCode::kResourceExhausted, {std::string(reason), {}, {{"quota", std::to_string(quota)}}},
               fmt::format("the server allows {} {}", quota, what));
}

Result<milliseconds> lease_of(const v1::CreateSessionRequest& request) {
  if (!request.has_lease()) return kDefaultLease;
  const auto& lease = request.lease();
  const bool valid = lease.seconds() >= 1 && lease.seconds() <= kLongestLease && lease.nanos() >= 0 &&
                     lease.nanos() < 1'000'000'000 && (lease.seconds() < kLongestLease || lease.nanos() == 0);
  if (valid) return milliseconds(TimeUtil::DurationToMilliseconds(lease));
  return error(StatusCode::kInvalidArgument, "INVALID_LEASE",
               fmt::format("a lease of {} s and {} ns is asked for; from 1 s to 24 h is allowed",
                           lease.seconds(), lease.nanos()));
}

constexpr uint32_t kMostAudible = 100;

Status check_audible(uint32_t most) {
  if (most <= kMostAudible) return ok();
  return invalid_option("max_audible",
                        fmt::format("{} are to be audible; at most {} are allowed", most, kMostAudible));
}

Result<v1::Session> description_of(const v1::CreateSessionRequest& request) {
  const auto id = id_or_new(request.session_id());
  if (!id.ok()) return id.status();
  const auto lease = lease_of(request);
  if (!lease.ok()) return lease.status();
  if (auto status = check_labels(request.display_name(), request.tags()); !status.ok()) return status;
  if (auto status = check_audible(request.max_audible()); !status.ok()) return status;
  v1::Session session;
  session.set_name(session_name(*id));
  session.set_display_name(request.display_name());
  *session.mutable_tags() = request.tags();
  *session.mutable_lease() = TimeUtil::MillisecondsToDuration(lease->count());
  *session.mutable_create_time() = TimeUtil::GetCurrentTime();
  session.set_refuse_transcoding(request.refuse_transcoding());
  session.set_max_audible(request.max_audible());
  return session;
}

// A session is destroyed where it lived, whoever let it go last.
std::shared_ptr<Session> make_session(Environment& environment, const v1::Session& description) {
  Loop& loop = environment.loops.next();
  auto made = std::make_unique<Session>(environment, loop, description);
  return {made.release(), [&loop](Session* last) {
            loop.post([owned = std::unique_ptr<Session>(last)]() mutable { owned.reset(); });
          }};
}

}  // namespace

struct SessionStore::Impl {
  struct Entry {
    std::shared_ptr<Session> session;  // shared with calls under way on other threads
    bool closing = false;
  };

  explicit Impl(Environment& env)
      : environment(env),
        requests({env.config.limits.request_ids, env.config.limits.request_id_life}),
        bucket(env.config.limits.creates_per_second),
        leases(env.loops.next(), [this](const std::string& name) { lapsed(name); }) {}

  Result<Entry*> find(const std::string& resource);  // with mutex held, as the next
  Status check_quota(const std::string& name) const;
  void lapsed(const std::string& name);
  Status close(const std::string& name, const std::string& reason, Done done);
  void closed(const std::shared_ptr<Session>& session, const std::string& reason);

  Environment& environment;
  RequestLog requests;
  mutable std::mutex mutex;
  TokenBucket bucket;  // guarded by mutex, as all below
  std::map<std::string, Entry> sessions;
  bool draining = false;
  Task drained;
  Leases leases;
};

Result<SessionStore::Impl::Entry*> SessionStore::Impl::find(const std::string& resource) {
  const auto name = parse_name(resource);
  if (!name.ok()) return name.status();
  const auto found = sessions.find(name->session_name());
  if (found == sessions.end()) return not_found(name->session_name());
  return &found->second;
}

Status SessionStore::Impl::check_quota(const std::string& name) const {
  if (draining) {
    return error(StatusCode::kUnavailable, "DRAINING",
                 "the server is being stopped and opens no more sessions");
  }
  if (sessions.contains(name)) {
    return error(StatusCode::kAlreadyExists, {"SESSION_EXISTS", name, {}},
                 fmt::format("there is a session {} already", name));
  }
  const auto most = environment.config.limits.sessions;
  return sessions.size() < most ? ok() : over_quota("SESSION_QUOTA", most, "sessions at a time");
}

void SessionStore::Impl::lapsed(const std::string& name) {
  (void)close(name, "LEASE_EXPIRED", [](const Status&) {});  // not found: somebody was faster
}

Status SessionStore::Impl::close(const std::string& name, const std::string& reason, Done done) {
  const std::lock_guard lock(mutex);
  const auto entry = find(name);
  if (!entry.ok()) return entry.status();
  (*entry)->closing = true;
  leases.remove(name);
  auto session = (*entry)->session;
  session->loop().post([this, session, reason, done = std::move(done)]() mutable {
    session->close(reason, [this, session, reason, done = std::move(done)](const Status& status) mutable {
      closed(session, reason);
      done(status);
    });
  });
  return ok();
}

void SessionStore::Impl::closed(const std::shared_ptr<Session>& session, const std::string& reason) {
  Task last;
  {
    const std::lock_guard lock(mutex);
    const auto found = sessions.find(session->name());
    if (found == sessions.end() || found->second.session != session) return;  // another caller was first
    sessions.erase(found);
    requests.forget(session->name());
    if (draining && sessions.empty()) last = std::exchange(drained, nullptr);
  }
  log::info("session closed", {{"session", session->name()}, {"reason", reason}});
  if (last) last();
}

SessionStore::SessionStore(Environment& environment) : impl_(std::make_unique<Impl>(environment)) {}

SessionStore::~SessionStore() = default;

Result<v1::Session> SessionStore::create(const v1::CreateSessionRequest& request) {
  auto description = description_of(request);
  if (!description.ok()) return description;
  const std::string& name = description->name();
  const std::lock_guard lock(impl_->mutex);
  if (auto status = impl_->check_quota(name); !status.ok()) return status;
  if (!impl_->bucket.take(1, std::chrono::steady_clock::now())) {
    return over_quota("CREATE_RATE_QUOTA", impl_->environment.config.limits.creates_per_second,
                      "creates per second");
  }
  impl_->sessions[name].session = make_session(impl_->environment, *description);
  impl_->leases.add(name, milliseconds(TimeUtil::DurationToMilliseconds(description->lease())));
  log::info("session opened", {{"session", name}});
  return description;
}

Status SessionStore::admit(unsigned creates) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->bucket.take(creates, std::chrono::steady_clock::now())) return ok();
  return over_quota("CREATE_RATE_QUOTA", impl_->environment.config.limits.creates_per_second,
                    "creates per second");
}

Status SessionStore::with_session(const std::string& resource, absl::AnyInvocable<void(Session&)> work) {
  // Posted under the lock, so that nothing runs on a session after its close().
  const std::lock_guard lock(impl_->mutex);
  const auto entry = impl_->find(resource);
  if (!entry.ok()) return entry.status();
  auto session = (*entry)->session;
  if ((*entry)->closing) return not_found(session->name());
  Loop& loop = session->loop();
  loop.post([session = std::move(session), work = std::move(work)]() mutable { work(*session); });
  return ok();
}

Result<std::shared_ptr<Session>> SessionStore::find(const std::string& resource) const {
  const std::lock_guard lock(impl_->mutex);
  const auto entry = impl_->find(resource);
  if (!entry.ok()) return entry.status();
  return (*entry)->session;
}

std::vector<std::string> SessionStore::names() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, entry] : impl_->sessions) names.push_back(name);
  return names;
}

Result<std::chrono::system_clock::time_point> SessionStore::keep_alive(const std::string& name) {
  if (auto parsed = parse_session_name(name); !parsed.ok()) return parsed.status();
  if (const auto end = impl_->leases.renew(name)) return *end;
  return not_found(name);
}

Result<std::shared_ptr<void>> SessionStore::hold(const std::string& name) {
  if (auto parsed = parse_session_name(name); !parsed.ok()) return parsed.status();
  if (auto hold = impl_->leases.hold(name)) return hold;
  return not_found(name);
}

Status SessionStore::close(const std::string& name, const std::string& reason, Done done) {
  if (auto parsed = parse_session_name(name); !parsed.ok()) return parsed.status();
  return impl_->close(name, reason, std::move(done));
}

RequestLog& SessionStore::requests() { return impl_->requests; }

void SessionStore::drain(Task done) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->draining = true;
    if (!impl_->sessions.empty()) impl_->drained = std::exchange(done, nullptr);
  }
  if (done) return done();
  for (const auto& name : names()) (void)impl_->close(name, "SERVER_DRAINING", [](const Status&) {});
}

bool SessionStore::draining() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->draining;
}

}  // namespace kms::graph
