// Events: what a planner's reply says, whatever its dialect, whole or streamed: the middle between two
// dialects. One reader a dialect makes them of bytes that wire::Reply has let through, one writer makes the
// client's bytes of them. For this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/dialect.h"
#include "wire/translate/names.h"

namespace weir::wire::translate {

enum class Kind : uint8_t { text, thinking, refusal };

// A piece of a text. It belongs to the one before it when that has its kind and no End came between.
struct Delta {
  Kind kind = Kind::text;
  std::string text;
};
struct End {};
// exchange::Call: a whole call; it ends a text.

// Of the whole reply; counted up to now, so that the last one counts.
struct Usage {
  int64_t input = 0;  // all of it, `cached` and `cache_written` too
  int64_t cached = 0;
  int64_t cache_written = 0;
  int64_t output = 0;  // all of it, `thinking` too
  int64_t thinking = 0;
};

enum class StopReason : uint8_t { end, calls, length, sequence, refused };
struct Stop {
  StopReason reason = StopReason::end;
  std::string sequence = {};  // where the API says which
};

// The upstream broke off.
struct Failure {
  std::string message;
};

using Event = std::variant<Delta, End, exchange::Call, Usage, Stop, Failure>;
using Events = std::vector<Event>;

// Reads a reply as a client would. Errors: unavailable, for what cannot be told in another API.
class ReplyReader {
 public:
  virtual ~ReplyReader() = default;
  // Bytes of a streamed reply, in any pieces.
  virtual Status feed(std::string_view bytes, Events& out) = 0;
  // Its end, or the whole of one that is not streamed.
  virtual Status end(Events& out) = 0;
};

// What the client's reply says of itself.
struct ReplyFrame {
  std::string id;  // letters and digits; made known nowhere else
  std::string model;
  int64_t created_s = 0;
  bool stream = false;
  bool usage = true;  // a stream ends with the count of tokens
  Names names = {};
};

// Writes the client's reply.
class ReplyWriter {
 public:
  virtual ~ReplyWriter() = default;
  // The client's bytes; nothing until the end for a reply that is not streamed.
  virtual std::string write(const Event& event) = 0;
  virtual std::string end() = 0;
  // After end(): the planner's message as the client sends it back, as elements of the request's list.
  virtual std::string sent_back() const = 0;
};

std::unique_ptr<ReplyReader> read_chat_reply(bool stream);
std::unique_ptr<ReplyReader> read_messages_reply(bool stream);
std::unique_ptr<ReplyReader> read_responses_reply(bool stream);
std::unique_ptr<ReplyReader> read_ollama_reply(bool stream);
std::unique_ptr<ReplyReader> read_gemini_reply(bool stream);
std::unique_ptr<ReplyWriter> write_chat_reply(ReplyFrame frame);
std::unique_ptr<ReplyWriter> write_messages_reply(ReplyFrame frame);
std::unique_ptr<ReplyWriter> write_responses_reply(ReplyFrame frame);
std::unique_ptr<ReplyWriter> write_ollama_reply(ReplyFrame frame);
std::unique_ptr<ReplyWriter> write_gemini_reply(ReplyFrame frame);

// For readers: of a body that is one JSON document.
class WholeReader : public ReplyReader {
 public:
  Status feed(std::string_view bytes, Events&) override {
    body_ += bytes;
    return {};
  }
  Status end(Events& out) override;

 protected:
  virtual Status read(json::Value root, Events& out) = 0;

 private:
  std::string body_;
};

// For writers: what a reply comes to, of all its events.
struct Piece {
  Kind kind = Kind::text;
  std::string text = {};
  bool is_call = false;
  ClientCall call = {};
};
class Collected {
 public:
  // Whether the event begins a piece of its own.
  bool add(const Event& event, const ReplyFrame& frame);

  std::vector<Piece> pieces = {};
  Usage usage = {};
  Stop stop = {};
  bool failed = false;
  bool any_call = false;
  bool open = false;  // the last piece may go on
};

}  // namespace weir::wire::translate
