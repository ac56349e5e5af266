// weir vouch: a person vouches for a source, or for one sealed value, for a time and with a reason.
#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "config/config.h"

namespace weir::cli {
namespace {

constexpr std::string_view kLasts = "8h";

// "v7" or "{{weir:v7}}" → 7; 0 for what is none. A member is not vouched for alone: "v7.subject" is none.
int64_t value_number(std::string_view text) {
  if (text.starts_with("{{weir:") && text.ends_with("}}")) text = text.substr(7, text.size() - 9);
  if (!text.starts_with('v')) return 0;
  int64_t number = 0;
  const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && number > 0 ? number : 0;
}

int list(const Common& common) {
  auto reply = ask_weir(common, "GET", "/weir/vouches");
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto document = json::parse(*reply);
  if (!document) return fail(document.error());
  if ((*document)["vouches"].size() == 0) fmt::print("no vouches\n");
  for (const json::Value vouch : (*document)["vouches"].elements()) {
    const std::string what = vouch["origin"].is_string()
                                 ? shown(vouch["origin"].string_or(""), 200)
                                 : fmt::format("v{} of session {}", vouch["value"].integer().value_or(0),
                                               shown(vouch["session"].string_or(""), 80));
    fmt::print("{}  {}  until {}  {}\n", vouch["id"].string_or(""), what,
               rfc3339(vouch["expires"].integer().value_or(0)), shown(vouch["reason"].string_or(""), 500));
  }
  return kDone;
}

}  // namespace

int run_vouch(const Common& common, const VouchArgs& args) {
  if (!args.revoke.empty()) {
    auto reply = ask_weir(common, "DELETE", "/weir/vouches/" + args.revoke);
    if (!reply) return fail(reply.error());
    fmt::print("{}\n", common.json ? *reply : args.revoke + " is gone");
    return kDone;
  }
  if (args.list || args.what.empty()) return list(common);
  if (args.reason.empty())
    return fail(bad_input("a vouch needs a reason", "--reason", "who checked what: it goes into the ledger"));
  json::Writer body;
  body.begin_object();
  if (!args.session.empty()) {
    const int64_t number = value_number(args.what);
    if (number == 0)
      return fail(bad_input(fmt::format("not a sealed value: {}", shown(args.what)), "WHAT",
                            "v7, as weir log --session shows it"));
    body.field("session", args.session).key("value").integer(number);
  } else if (value_number(args.what) != 0) {
    return fail(bad_input("a sealed value belongs to a session", "--session", "weir log --sessions"));
  } else {
    body.field("origin", args.what);
  }
  const auto lasts = config::parse_duration(args.lasts.empty() ? kLasts : std::string_view(args.lasts));
  if (!lasts) return fail(lasts.error());
  body.field("reason", args.reason).key("expires").integer(SystemClock().now().wall_ms + *lasts);
  auto reply = ask_weir(common, "POST", "/weir/vouches", body.end_object().take());
  if (!reply) return fail(reply.error());
  fmt::print("{}\n", *reply);
  return kDone;
}

}  // namespace weir::cli
