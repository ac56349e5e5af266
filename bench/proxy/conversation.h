// A conversation as an agent's loop sends it to Chat Completions: ten tools, a system prompt, and turns of
// user text, calls, results and answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "words.h"

namespace weir::bench {

// refer: a call whose argument is the last reference that weir showed (seal mode), else as tool.
enum class Answer { text, tool, refer };

class Conversation {
 public:
  // About `bytes` of messages (the tools come on top), all of it made from `seed`.
  Conversation(uint64_t seed, size_t bytes);

  // `model` is what a proxy calls the mock's model of that answer; empty: as the mock does.
  std::string request(Answer answer, bool stream, std::string_view model = {}) const;
  // Appends what the model answered to request(), and what the user or the tool (about `result_bytes`) says
  // to that. False: the reply is not what was asked for.
  bool go_on(std::string_view reply, Answer answer, bool stream, size_t result_bytes = 300);
  size_t bytes() const { return messages_.size(); }

 private:
  void add_tool_turn(std::string_view id, std::string_view arguments, size_t result_bytes);

  Words words_;
  std::string messages_;
};

}  // namespace weir::bench
