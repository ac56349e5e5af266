// Replies in frames: JSON values one after the other, each of which says some of the planner's turn, a call
// whole within one. Ollama's lines and Gemini's events; a reply in one piece is a single frame. For the files
// of this folder.
//
// What a dialect says about its frames (FrameDialect) is apart from how a reply goes (frame_stream.cc,
// frame_whole.cc): frames flow until the first call; from there on all wait for the end of the turn, where
// its calls are decided.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/dialect.h"
#include "wire/reply.h"

namespace weir::wire {

enum class SpokenKind : uint8_t { text, thinking, call, other };

// What becomes of a part of a frame on its way to the client.
struct PartChange {
  enum class Kind : uint8_t { keep, cut, text, arguments };
  Kind kind = Kind::keep;
  std::string with = {};  // the text, or the arguments as JSON
};

struct FramePart {
  SpokenKind kind = SpokenKind::other;
  json::Value value = {};      // the part itself
  exchange::Call call = {};    // its id as on the wire, which may have none
  std::string_view text = {};  // of a text or thinking; in the document
  PartChange change = {};
};

struct Frame {
  std::string raw;          // as it came, with what frames it
  json::Document document;  // none: it says nothing, and passes
  std::vector<FramePart> parts = {};
  bool ends = false;        // the planner has said all
  bool failed = false;      // it is the upstream's error
  bool spelt = false;       // it repeats what is said, token by token or as citations
  std::string before = {};  // text for the client, ahead of it

  bool any_call() const;
  bool changed() const;
  bool says() const;  // something that is not cut
  // Puts more text behind its last text; whether it has one.
  bool append_text(const std::string& text);
};

// A part of the planner's turn.
struct SpokenPart {
  SpokenKind kind = SpokenKind::text;
  std::string raw = {};    // the part's JSON
  std::string text = {};   // of a text or thinking
  std::string shown = {};  // the text as the client gets it
  exchange::Call call = {};
  Verdict verdict = {};  // settled()

  bool is_call() const { return kind == SpokenKind::call; }
  bool withheld() const { return is_call() && !verdict.allow; }
  const std::string& client_arguments() const {
    return verdict.arguments ? *verdict.arguments : call.arguments;
  }
};

struct FrameTurn {
  std::vector<SpokenPart> parts = {};

  bool any_call() const;
  bool withheld_any() const;
  bool allowed_any() const;
  bool rewritten_any() const;
  bool untouched() const;  // the client gets all as the planner wrote it
  bool silent() const;     // it says nothing that a request could carry
  std::string text() const;
  std::string shown() const;
};

struct FrameEdit {
  bool open = false;                                // takes out that the turn has ended
  bool cut_spelt = false;                           // and what repeats the text
  const std::vector<FrameTurn>* earlier = nullptr;  // rounds whose words are to stand in this frame too
  std::string behind = {};                          // a text behind all others
  std::vector<std::pair<std::string, int64_t>> counts = {};  // numbers to put, by JSON pointer
};

// An upstream's error passes as it is, so that nothing of the planner's may stand beside it.
Status check_failed(const Frame& frame);

// Cuts a stream into frames.
class FrameCutter {
 public:
  virtual ~FrameCutter() = default;
  virtual Status feed(std::string_view bytes, std::vector<Frame>& out) = 0;
  // The body has ended: what is left, if that can be a frame. Error: unavailable, when it cannot.
  virtual Status end(std::vector<Frame>& out) = 0;
};

class FrameDialect {
 public:
  virtual ~FrameDialect() = default;
  virtual std::unique_ptr<FrameCutter> cutter() const = 0;
  // Fills what the document says. Errors: unsupported (hosted, unknown), unavailable (malformed).
  virtual Status read(Frame& frame, const Options& options) const = 0;
  // The document with the changes of its parts.
  virtual std::string rewrite(const Frame& frame, const FrameEdit& edit) const = 0;
  // A document of the same reply that holds a text and nothing else.
  virtual std::string text_json(const Frame& like, std::string_view text) const = 0;
  // As a stream carries it.
  virtual std::string framed(std::string_view json) const = 0;
  // Numbers that are summed over the rounds, by JSON pointer.
  virtual std::vector<std::string_view> counts() const = 0;

  // The planner's message in its own words; what tells of the calls that the client does not get.
  virtual std::string message_json(const FrameTurn& turn) const = 0;
  virtual std::string results_json(const FrameTurn& turn) const = 0;
  // Whether results are parts of the user's next message; else they are messages of their own.
  virtual bool results_are_parts() const = 0;
  // As messages of a request.
  virtual std::string results_messages(const std::string& results) const = 0;
  virtual std::string append(const std::string& body, std::string_view messages) const = 0;
  // What the client has after the rounds; `said`: what weir said in the place of all.
  virtual exchange::Message client_message(const std::vector<FrameTurn>& rounds,
                                           const std::string& said) const = 0;
};

// The rounds of one reply.
class FrameRounds {
 public:
  FrameRounds(const FrameDialect& dialect, const Options& options, std::string body)
      : dialect_(dialect), options_(options), body_(std::move(body)), text_(options_.text_filters) {}

  FrameTurn& last() { return turns_.back(); }
  const FrameTurn& last() const { return turns_.back(); }
  const std::vector<FrameTurn>& turns() const { return turns_; }
  bool first() const { return turns_.size() == 1; }

  // The frame's parts become the turn's; its texts go through the filter. Error: too_large.
  Status take(Frame& frame);
  // The planner says no more: what the filter kept back.
  std::string rest();
  // The calls that wait.
  std::vector<HeldCall> calls() const;
  Status decide(const std::vector<Verdict>& verdicts);
  // Puts the verdicts into the frames' parts, in order of the calls.
  void change(std::vector<Frame>& frames) const;
  bool all_denied() const { return last().any_call() && !last().allowed_any(); }
  std::string next_body();
  std::string stopped() const;  // what to say when nothing else reached the client
  exchange::Message client_message() const { return dialect_.client_message(turns_, stopped()); }
  std::optional<Shadow> shadow(bool keep_own) const;

  // What is true of a frame that is sent now.
  bool cut_spelt() const { return options_.text_filters || last().withheld_any() || last().rewritten_any(); }
  // Adds the round's numbers, which the frame that ends it has; what the client gets, past the first round.
  std::vector<std::pair<std::string, int64_t>> counts(const Frame& end);

 private:
  const FrameDialect& dialect_;
  const Options options_;
  std::string body_;
  FilteredText text_;
  std::vector<FrameTurn> turns_{1};
  std::vector<std::pair<std::string, int64_t>> counts_;
};

std::unique_ptr<Reply> make_frame_stream(std::unique_ptr<const FrameDialect> dialect, std::string body,
                                         const Options& options);
std::unique_ptr<Reply> make_frame_whole(std::unique_ptr<const FrameDialect> dialect, std::string body,
                                        const Options& options);

// `generate`: of /api/generate, whose text stands beside no message.
std::unique_ptr<const FrameDialect> ollama_frames(bool generate);
std::unique_ptr<const FrameDialect> gemini_frames();

}  // namespace weir::wire
