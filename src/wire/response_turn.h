// One turn of the planner in Responses, and how it is written for the upstream again. For this folder.
#pragma once

#include <string>
#include <vector>

#include "wire/dialect.h"
#include "wire/items.h"
#include "wire/reply.h"

namespace weir::wire {

// A text of a message's content.
struct ItemText {
  std::string own = {};    // as the planner wrote it
  std::string shown = {};  // as the client gets it
};

// An item of a response's output.
struct ResponseItem {
  ItemKind kind = ItemKind::message;
  std::string raw = {};              // the whole item's JSON, as the planner wrote it
  std::vector<ItemText> texts = {};  // of a message: of its content's parts, in order
  exchange::Call call = {};
  Verdict verdict = {};  // of a call; settled()
  int64_t index = 0;     // in the client's output

  bool is_call() const { return kind == ItemKind::call; }
  // The client does not get it: denied or answered.
  bool withheld() const { return is_call() && !verdict.allow; }
  // The client gets it as it is.
  bool untouched() const;
  // The JSON that the client gets, unless it is withheld.
  std::string client_raw() const;
};

struct ResponseTurn {
  std::vector<ResponseItem> items = {};

  bool any_call() const;
  bool withheld_any() const;
  bool allowed_any() const;
  bool any_text() const;  // for the client
  bool untouched() const;
};

// Several rounds of one reply to a request; for both forms of it.
class ResponseRounds {
 public:
  // `body` is what was sent upstream.
  explicit ResponseRounds(std::string body);

  std::vector<ResponseTurn> turns = {ResponseTurn{}};
  bool failed = false;  // the upstream said so: weir says nothing about it

  ResponseTurn& last() { return turns.back(); }
  const ResponseTurn& last() const { return turns.back(); }
  // The client has all as the planner wrote it, in one round.
  bool untouched() const { return turns.size() == 1 && turns[0].untouched(); }
  bool all_denied() const { return !failed && last().any_call() && !last().allowed_any(); }
  // The request for the next round; begins its turn.
  std::string next_body();
  // What the client has, as an output list's elements.
  std::string client_items() const;
  // All text that the client has, for a reply's "output_text".
  std::string client_text() const;
  // What to say when nothing else reached the client; empty when something did.
  std::string stopped_text() const;
  // What a response must say instead: of its output (if that is not what the client has, or `anew`), of the
  // tokens of `earlier` rounds, and of its id where an earlier round (raw) had another.
  void mend(json::Value response, bool anew, const std::string& id, int64_t earlier,
            Replacements& changes) const;
  exchange::Message client_message() const;
  std::optional<Shadow> shadow(bool keep_own) const;

 private:
  // A turn as the planner wrote it, and what became of the calls that the client did not get.
  std::string history(const ResponseTurn& turn) const;

  std::string body_;
  bool stored_ = true;
};

// The message item that says `stopped`.
std::string stopped_item(std::string_view stopped);

// Whether a reply may hold that item.
Status check_reply_item(json::Value item, const std::string& where);
// What stands beside the output in a response must be nothing that could be a call.
Status check_response(json::Value response, const std::string& where);

std::unique_ptr<Reply> make_response_stream(std::string body, const Options& options);
std::unique_ptr<Reply> make_response_whole(std::string body, const Options& options);

}  // namespace weir::wire
