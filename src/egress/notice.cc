#include "egress/notice.h"

#include "base/bytes.h"
#include "base/json.h"

namespace weir::egress {
namespace {

constexpr std::string_view kKinds[] = {"opening", "refused", "ended"};
constexpr size_t kSecretsMax = 32;

void write_count(json::Writer& out, std::string_view key, uint64_t count) {
  if (count > 0) out.key(key).integer(static_cast<int64_t>(count));
}

uint64_t read_count(json::Value root, std::string_view key) {
  const int64_t count = root[key].integer().value_or(0);
  return count > 0 ? static_cast<uint64_t>(count) : 0;
}

}  // namespace

std::string notice_text(const Notice& notice) {
  json::Writer out;
  out.begin_object().field("kind", kKinds[static_cast<size_t>(notice.kind)]);
  write_count(out, "number", notice.number);
  if (!notice.program.empty()) out.field("program", shown(notice.program, 200));
  out.field("host", shown(notice.host, 260));
  write_count(out, "port", notice.port);
  if (!notice.address.empty()) out.field("address", shown(notice.address, 60));
  out.key("allowed").boolean(notice.allowed);
  if (!notice.why.empty()) out.field("why", shown(notice.why, 400));
  out.key("secrets").begin_array();
  for (size_t i = 0; i < notice.secrets.size() && i < kSecretsMax; ++i)
    out.string(shown(notice.secrets[i], 100));
  out.end_array();
  write_count(out, "out_bytes", notice.out_bytes);
  write_count(out, "in_bytes", notice.in_bytes);
  write_count(out, "requests", notice.requests);
  write_count(out, "left_out", notice.left_out);
  return out.end_object().take();
}

Result<Notice> parse_notice(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text), {.bytes_max = kNoticeBytesMax}));
  const json::Value root = document.root();
  Notice out;
  const std::string_view kind = root["kind"].string_or("");
  size_t at = 0;
  while (at < std::size(kKinds) && kKinds[at] != kind) ++at;
  if (at == std::size(kKinds)) return bad_input("no notice of a sandbox's network");
  out.kind = static_cast<Notice::Kind>(at);
  out.number = read_count(root, "number");
  out.program = root["program"].string_or("");
  out.host = root["host"].string_or("");
  const uint64_t port = read_count(root, "port");
  if (port > 65'535) return bad_input("no port", "/port");
  out.port = static_cast<uint16_t>(port);
  out.address = root["address"].string_or("");
  out.allowed = root["allowed"].boolean().value_or(false);
  out.why = root["why"].string_or("");
  for (const json::Value secret : root["secrets"].elements()) out.secrets.emplace_back(secret.string_or(""));
  out.out_bytes = read_count(root, "out_bytes");
  out.in_bytes = read_count(root, "in_bytes");
  out.requests = read_count(root, "requests");
  out.left_out = read_count(root, "left_out");
  return out;
}

std::string noted_text(const Noted& noted) {
  json::Writer out;
  out.begin_object().key("number").integer(static_cast<int64_t>(noted.number));
  if (noted.index) out.key("index").integer(static_cast<int64_t>(*noted.index));
  return out.end_object().take();
}

Result<Noted> parse_noted(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text), {.bytes_max = kNoticeBytesMax}));
  Noted out{.number = read_count(document.root(), "number")};
  const auto index = document.root()["index"].integer();
  if (index && *index >= 0) out.index = static_cast<uint64_t>(*index);
  return out;
}

}  // namespace weir::egress
