#include "gateway/vouches_admin.h"

#include "gateway/admin_answer.h"

namespace weir::gateway {
namespace {

void list(const Gateway& gateway, const CallPtr& call) {
  json::Writer writer;
  writer.begin_object().key("vouches").begin_array();
  for (const session::Vouch& vouch : gateway.vouches().all()) writer.raw(session::vouch_json(vouch));
  answer_json(call, 200, writer.end_array().end_object().take());
}

void add(Gateway& gateway, const CallPtr& call) {
  const auto body = json::parse(call->body());
  if (!body) return answer_error(call, body.error());
  auto vouch = session::parse_vouch(body->root());
  if (!vouch) return answer_error(call, vouch.error());
  gateway.vouches().add(std::move(*vouch), [call](const Result<session::Vouch>& given) {
    if (!given) return answer_error(call, given.error());
    answer_json(call, 200, session::vouch_json(*given));
  });
}

void remove(Gateway& gateway, const CallPtr& call, const std::string& id) {
  gateway.vouches().remove(id, [call](const Result<bool>& removed) {
    if (!removed) return answer_error(call, removed.error());
    if (!*removed)
      return answer_error(call, Error{Code::not_found, "no such vouch", {}, "weir vouch --list"});
    answer_json(call, 200, R"({"ok":true})");
  });
}

}  // namespace

void handle_vouches(Gateway& gateway, const CallPtr& call, const std::string& path) {
  constexpr std::string_view kOne = "/weir/vouches/";
  const std::string& method = call->method();
  if (method == "GET" && path == "/weir/vouches") return list(gateway, call);
  if (method == "POST" && path == "/weir/vouches") return add(gateway, call);
  if (method == "DELETE" && path.starts_with(kOne)) return remove(gateway, call, path.substr(kOne.size()));
  answer_error(call, Error{Code::not_found, "no such page", path, {}});
}

}  // namespace weir::gateway
