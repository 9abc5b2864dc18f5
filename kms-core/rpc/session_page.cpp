// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/session_page.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "kms-core/graph/names.hpp"

namespace kms::rpc {
namespace {

constexpr uint32_t kDefaultPage = 100;
constexpr uint32_t kLargestPage = 1000;

struct Page {
  graph::SessionStore& sessions;
  std::deque<std::string> names;  // still to be described
  v1::ListSessionsResponse response;
  Reply<v1::ListSessionsResponse> reply;
};

// Goes from loop to loop; a session that ended meanwhile is left out.
void describe_next(std::unique_ptr<Page> page) {
  while (!page->names.empty()) {
    const auto name = page->names.front();
    page->names.pop_front();
    auto session = page->sessions.find(name);
    if (!session.ok()) continue;
    auto& loop = (*session)->loop();
    loop.post([session = *std::move(session), page = std::move(page)]() mutable {
      *page->response.add_sessions() = session->describe();
      describe_next(std::move(page));
    });
    return;
  }
  page->reply(std::move(page->response));
}

// The token is the last name of the page before, so that pages stay right while sessions come and go.
Result<std::string> name_before(const std::string& token) {
  if (token.empty() || graph::parse_session_name(token).ok()) return token;
  return error(StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
               "page_token is not the next_page_token of an earlier answer");
}

}  // namespace

void list_sessions(graph::SessionStore& sessions, const v1::ListSessionsRequest& request,
                   Reply<v1::ListSessionsResponse> reply) {
  const auto before = name_before(request.page_token());
  if (!before.ok()) return reply(before.status());
  const auto all = sessions.names();
  const auto wanted = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kLargestPage);
  const auto begin = std::upper_bound(all.begin(), all.end(), *before);
  const auto count = std::min<std::ptrdiff_t>(wanted, all.end() - begin);
  auto page = std::make_unique<Page>(Page{sessions, {begin, begin + count}, {}, std::move(reply)});
  if (begin + count != all.end()) page->response.set_next_page_token(page->names.back());
  describe_next(std::move(page));
}

}  // namespace kms::rpc
