#include "exchange/exchange.h"

#include "base/json.h"

namespace weir::exchange {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Length-prefixed fields, so that no two different lists of fields give the same bytes.
class Fields {
 public:
  explicit Fields(std::string_view kind) { add(kind); }
  Fields& add(std::string_view field) {
    const uint64_t size = field.size();
    for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(size >> shift));
    bytes_.append(field);
    return *this;
  }
  Digest digest() const { return sha256(bytes_); }

 private:
  std::string bytes_;
};

std::string canonical_arguments(const Call& call) {
  if (!call.is_json) return call.arguments;
  // A call without arguments comes as "" or as "{}", by client.
  if (trimmed(call.arguments).empty()) return "{}";
  auto parsed = json::parse(call.arguments);
  return parsed ? json::canonical(parsed->root()) : call.arguments;
}

}  // namespace

std::string plain_id(std::string_view id) {
  std::string out;
  for (const char c : id) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) out.push_back(c);
  }
  return out;
}

std::string_view dialect_name(Dialect dialect) {
  switch (dialect) {
    case Dialect::chat_completions:
      return "chat_completions";
    case Dialect::messages:
      return "messages";
    case Dialect::responses:
      return "responses";
    case Dialect::ollama:
      return "ollama";
    case Dialect::gemini:
      return "gemini";
  }
  return {};
}

namespace {

Digest text_digest(std::string_view text) {
  return Fields("text").add(trimmed(text)).digest();
}

}  // namespace

Digest part_digest(const Part& part) {
  if (const auto* text = std::get_if<Text>(&part)) return text_digest(text->text);
  if (const auto* call = std::get_if<Call>(&part)) {
    return Fields(call->is_json ? "call" : "custom")
        .add(plain_id(call->id))
        .add(call->name)
        .add(canonical_arguments(*call))
        .digest();
  }
  if (const auto* result = std::get_if<Result>(&part)) {
    // One that is known to be a call's is labelled otherwise than one that may be another's.
    const bool several = !result->other_calls.empty();
    Fields fields(several ? "result of several" : "result");
    if (several) fields.add(std::to_string(result->other_calls.size()));
    for (const std::string& call : result->other_calls) fields.add(plain_id(call));
    fields.add(plain_id(result->call_id)).add(result->name).add(result->is_error ? "error" : "ok");
    fields.add(std::to_string(result->media));
    for (const std::string& text : result->texts) fields.add(text);
    return fields.digest();
  }
  if (const auto* media = std::get_if<Media>(&part)) return Fields("media").add(media->text).digest();
  const std::string& sealed = std::get<Thinking>(part).sealed;
  return sealed.empty() ? Fields("thinking").digest() : Fields("sealed").add(sealed).digest();
}

Digest message_digest(const Message& message) {
  Fields fields(std::to_string(static_cast<int>(message.role)));
  std::string_view text;  // of one part, or of several that are joined
  std::string joined;
  const auto flush = [&] {
    if (!trimmed(text).empty()) fields.add(as_bytes(text_digest(text)));
    text = {};
  };
  for (const Part& part : message.parts) {
    if (std::holds_alternative<Thinking>(part)) continue;
    if (const auto* piece = std::get_if<Text>(&part)) {
      if (!text.empty()) {
        if (text.data() != joined.data()) joined = text;
        text = joined += piece->text;
      } else {
        text = piece->text;
      }
      continue;
    }
    flush();
    fields.add(as_bytes(part_digest(part)));
  }
  flush();
  return fields.digest();
}

Digest conversation_start() {
  return sha256("weir conversation v1");
}

Digest extend(const Digest& prefix, const Message& message) {
  const Digest digest = message_digest(message);
  return sha256({as_bytes(prefix), as_bytes(digest)});
}

size_t spoken_index(const Message& message, size_t part) {
  size_t spoken = 0;
  for (size_t i = 0; i < part && i < message.parts.size(); ++i)
    spoken += std::holds_alternative<Thinking>(message.parts[i]) ? 0 : 1;
  return spoken;
}

size_t part_at(const Message& message, size_t spoken) {
  for (size_t i = 0; i < message.parts.size(); ++i) {
    if (std::holds_alternative<Thinking>(message.parts[i])) continue;
    if (spoken-- == 0) return i;
  }
  return std::string::npos;
}

std::string text_of(const Message& message) {
  std::string all;
  for (const Part& part : message.parts) {
    const auto* text = std::get_if<Text>(&part);
    if (text == nullptr) continue;
    if (!all.empty()) all += '\n';
    all += text->text;
  }
  return all;
}

}  // namespace weir::exchange
