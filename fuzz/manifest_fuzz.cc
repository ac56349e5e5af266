// A manifest, a client profile, a trust pattern, a call's arguments and a result, one after the other with
// "\x01" lines between. What is checked beyond not crashing: a result has a label; without trust rules and
// without a manifest nothing is trusted; the segments of a message cover it.
#include <cstdlib>

#include "client/profile.h"
#include "manifest/label_result.h"
#include "manifest/manifests.h"

namespace {

using namespace weir;

std::string_view next_part(std::string_view& rest) {
  const size_t end = rest.find("\n\x01\n");
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 3);
  return part;
}

void check(bool holds) {
  if (!holds) std::abort();
}

void check_labels(const manifest::ToolFacts& facts, json::Value args, std::string_view text,
                  const manifest::TrustRules& rules, bool nothing_trusted) {
  Labels labels;
  exchange::Result result;
  result.texts.emplace_back(text);
  const auto pieces = manifest::label_result(facts, "s/t", args, result, rules, labels);
  check(!pieces.empty());
  for (const manifest::LabelledText& piece : pieces) {
    check(piece.label != kNoLabel);
    if (nothing_trusted) check(!labels.trusted(piece.label));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  const std::string_view toml = next_part(rest);
  const std::string_view profile = next_part(rest);
  const std::string_view pattern = next_part(rest);
  const std::string_view args = next_part(rest);

  manifest::TrustRules rules;
  (void)rules.add({std::string(pattern), true, {}, "w"}).has_value();
  auto arguments = json::parse(std::string(args));
  const json::Value call = arguments.has_value() ? arguments->root() : json::Value();
  if (call.exists()) (void)manifest::recipient_readers("s", call);

  manifest::Manifests manifests;
  if (manifests.add(toml, "m.toml").has_value()) {
    for (const std::string_view server : manifests.servers()) {
      const manifest::ToolFacts& facts = manifests.facts(server, "t");
      (void)facts.role_of(args);
      check_labels(facts, call, rest, rules, false);
    }
  }
  check_labels(manifest::ToolFacts(), call, rest, manifest::TrustRules(), true);

  static const client::Profiles shipped = *client::Profiles::shipped();  // read only
  client::Profiles profiles = shipped;
  (void)profiles.add(profile, "c.toml").has_value();
  exchange::Message message;
  message.parts.emplace_back(exchange::Text{std::string(rest)});
  for (const char* name : {"generic", "claude-code", "codex", "x"}) {
    const client::Profile* known = profiles.find(name);
    if (known == nullptr) continue;
    std::string whole;
    for (const client::Segment& segment : known->cut(message, 0)) whole += segment.text;
    check(whole == rest);
    check(known->tool_name(pattern).find('/') != std::string::npos || pattern.size() > 64);
  }
  return 0;
}
