#include "client/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/embedded.h"
#include "base/limits.h"
#include "client/profile_data.h"

namespace weir::client {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.-@/:").find(c) != std::string_view::npos;
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (is_plain(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// A cut name says so, and is no other tool's.
std::string bounded(std::string name) {
  constexpr std::string_view kCut = "%cut";
  if (name.size() <= limits::kToolNameBytesMax) return name;
  name.resize(limits::kToolNameBytesMax - kCut.size());
  return name.append(kCut);
}

}  // namespace

Profile::Profile(std::shared_ptr<const detail::ProfileData> data) : data_(std::move(data)) {}

std::string_view Profile::name() const {
  return data_->name;
}

std::string Profile::tool_name(std::string_view wire_name) const {
  std::string_view rest = wire_name;
  for (const std::string& prefix : data_->mcp_prefixes) {
    if (!rest.starts_with(prefix) || rest.size() == prefix.size()) continue;
    if (prefix != data_->mcp_prefixes.back() &&
        rest.substr(prefix.size()).find("__") == std::string_view::npos) {
      continue;
    }
    rest.remove_prefix(prefix.size());
    break;
  }
  const size_t split = rest.find("__");
  const bool has_server = split != std::string_view::npos && split > 0 && split + 2 < rest.size();
  const std::string_view server = has_server ? rest.substr(0, split) : std::string_view();
  // A server may not pass for another agent's own tools, nor hide where its name ends.
  if (has_server && server.find_first_of(":/") == std::string_view::npos) {
    return bounded(escaped(server) + "/" + escaped(rest.substr(split + 2)));
  }
  return bounded("client:" + data_->name + "/" + escaped(wire_name));
}

std::vector<Segment> Profile::cut(const exchange::Message& message, size_t part_index) const {
  if (part_index >= message.parts.size()) return {};
  std::string_view text;
  if (const auto* part = std::get_if<exchange::Text>(&message.parts[part_index])) {
    text = part->text;
  } else if (const auto* media = std::get_if<exchange::Media>(&message.parts[part_index])) {
    text = media->text;
  }
  if (text.empty()) return {};
  switch (message.role) {
    case exchange::Role::user:
      if (part_index > 0) {
        const auto* before = std::get_if<exchange::Text>(&message.parts[part_index - 1]);
        if (const std::string* origin = before ? detail::origin_after(*data_, before->text) : nullptr)
          return {{text, Voice::outside, {*origin}}};
      }
      return detail::cut_text(*data_, text, true);
    case exchange::Role::operator_text:
      return detail::cut_text(*data_, text, false);
    case exchange::Role::planner:
      return {{text, Voice::agent, {}}};
    case exchange::Role::tool:
      break;
  }
  return {{text, Voice::outside, {"tool:client:" + data_->name + "/unknown"}}};
}

std::vector<std::string_view> Profile::summaries(std::string_view text) const {
  std::vector<std::string_view> out;
  for (const detail::Pair& pair : data_->summaries) {
    const size_t open = text.find(pair.open);
    const size_t begin = open == std::string_view::npos ? open : open + pair.open.size();
    const size_t close = begin == std::string_view::npos ? begin : text.find(pair.close, begin);
    if (close != std::string_view::npos) out.push_back(text.substr(begin, close - begin));
  }
  return out;
}

bool Profile::matches(std::string_view user_agent) const {
  return std::any_of(data_->user_agents.begin(), data_->user_agents.end(),
                     [&](const std::string& prefix) { return user_agent.starts_with(prefix); });
}

Profiles::Profiles() {
  detail::ProfileData data;
  data.name = "generic";
  data.mcp_prefixes = {"mcp__weir__", "mcp__"};
  profiles_.emplace_back(std::make_shared<const detail::ProfileData>(std::move(data)));
}

Result<Profiles> Profiles::shipped() {
  Profiles profiles;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path.starts_with("clients/") && file.path.ends_with(".toml")) {
      WEIR_TRY(profiles.add(file.bytes, file.path));
    }
  }
  return profiles;
}

Status Profiles::add(std::string_view toml, std::string_view file_name) {
  WEIR_TRY_ASSIGN(data, detail::read_profile(toml, file_name));
  Profile profile(std::make_shared<const detail::ProfileData>(std::move(data)));
  for (Profile& known : profiles_) {
    if (known.name() != profile.name()) continue;
    known = std::move(profile);
    return {};
  }
  profiles_.push_back(std::move(profile));
  return {};
}

const Profile* Profiles::find(std::string_view name) const {
  for (const Profile& profile : profiles_) {
    if (profile.name() == name) return &profile;
  }
  return nullptr;
}

const Profile& Profiles::detect(std::string_view user_agent) const {
  for (const Profile& profile : profiles_) {
    if (profile.matches(user_agent)) return profile;
  }
  return generic();
}

}  // namespace weir::client
