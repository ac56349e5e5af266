// For tests of this folder: requests and replies as they go through a translation.
#pragma once

#include <gtest/gtest.h>

#include "wire/testing.h"
#include "wire/translate/translate.h"

namespace weir::wire::translate {

using exchange::Dialect;

inline constexpr Dialect kAll[] = {Dialect::chat_completions, Dialect::messages, Dialect::responses};
// What a reply is told to in the tests of replies.
inline constexpr Dialect kClients[] = {Dialect::chat_completions, Dialect::messages, Dialect::responses,
                                       Dialect::gemini};

inline ParsedRequest parsed(Dialect dialect, const std::string& body) {
  Options options;
  options.path = request_path(dialect, false, "m", body.find("\"stream\":true") != std::string::npos);
  auto request = parse_request(dialect, body, options);
  EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().text()) << "\n" << body;
  return request ? std::move(*request) : ParsedRequest{};
}

inline std::string translated(Dialect from, Dialect to, const std::string& body) {
  auto translation = Translation::begin(parsed(from, body), to);
  return translation ? translation->body() : translation.error().text();
}

// What a client of the Gemini API makes of a reply.
inline testing::Seen seen_gemini(bool stream, const std::string& bytes) {
  testing::Seen out;
  const auto reader = read_gemini_reply(stream);
  Events events;
  for (const Status& status : {reader->feed(bytes, events), reader->end(events)})
    if (!status) out.problem += status.error().text();
  for (const Event& event : events) {
    if (const auto* delta = std::get_if<Delta>(&event); delta != nullptr && delta->kind == Kind::text)
      out.text += delta->text;
    if (const auto* call = std::get_if<exchange::Call>(&event)) out.calls.push_back(*call);
    if (const auto* usage = std::get_if<Usage>(&event)) out.output_tokens = usage->output;
    if (std::holds_alternative<Failure>(event)) out.problem += "failed";
  }
  return out;
}

// What a client makes of a reply in its dialect.
inline testing::Seen seen(Dialect dialect, bool stream, const std::string& bytes) {
  switch (dialect) {
    case Dialect::chat_completions:
      return stream ? testing::read_chat_stream(bytes) : testing::read_chat_whole(bytes);
    case Dialect::messages:
      return stream ? testing::read_messages_stream(bytes) : testing::read_messages_whole(bytes);
    case Dialect::gemini:
      return seen_gemini(stream, bytes);
    default:
      return stream ? testing::read_responses_stream(bytes) : testing::read_responses_whole(bytes);
  }
}

inline std::string reply_through(Translation& translation, const std::string& reply, size_t size) {
  translation.reply_begins("0a", 1);
  std::string out;
  for (size_t at = 0; at < reply.size(); at += size) {
    auto fed = translation.feed(std::string_view(reply).substr(at, size));
    if (!fed) return fed.error().text();
    out += *fed;
  }
  auto rest = translation.reply_ended();
  return rest ? out + *rest : rest.error().text();
}

// Bytes of wire::Reply through a translation, `size` at a time.
inline std::string reply_in(Dialect from, Dialect to, bool stream, const std::string& reply, size_t size) {
  if (from == Dialect::gemini) {
    const auto request = parse_request(from, R"({"contents":[{"parts":[{"text":"x"}]}]})",
                                       {.path = request_path(from, false, "m", stream)});
    EXPECT_TRUE(request.has_value());
    auto translation = Translation::begin(*request, to);
    return translation ? reply_through(*translation, reply, size) : translation.error().text();
  }
  const std::string body = from == Dialect::responses
                               ? R"({"model":"m","input":"x")"
                               : R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}])";
  auto translation = Translation::begin(
      parsed(from, body + (stream ? R"(,"stream":true,"stream_options":{"include_usage":true}})" : "}")), to);
  return translation ? reply_through(*translation, reply, size) : translation.error().text();
}

inline std::string said(const testing::Seen& seen) {
  std::string all = seen.problem + "|" + seen.text + "|" + seen.reason + "|";
  for (const exchange::Call& call : seen.calls) {
    const auto arguments = json::parse(call.arguments);
    all += call.id + " " + call.name + " " +
           (arguments && call.is_json ? json::canonical(arguments->root()) : call.arguments) + ";";
  }
  return all + "|" + std::to_string(seen.output_tokens);
}

}  // namespace weir::wire::translate
