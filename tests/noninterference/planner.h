// Planner: all that it does follows from what it was shown, so that any difference grows.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "demo/speak.h"
#include "seal/reference.h"
#include "world.h"

namespace weir::noninterference {

inline constexpr const char* kTools[] = {"list", "get", "raw", "page", "know", "note", "send"};

class Planner {
 public:
  explicit Planner(std::string shown, uint64_t session)
      : dice_(mix(session, shown)), references_(seal::references_in(shown)), n_(dice_.next()) {}

  demo::Turn turn() {
    demo::Turn turn;
    const size_t choice = dice_.below(10);
    if (choice < 2) {
      turn.text = "Here it is: " + content() + " and " + content() + ".";
      return turn;
    }
    if (dice_.one_in(3)) turn.text = "Let me see " + content();
    const size_t calls = 1 + dice_.below(2);
    for (size_t i = 0; i < calls; ++i) turn.calls.push_back(choice < 5 ? ask(i) : call(i));
    return turn;
  }

 private:
  std::string reference() {
    if (references_.empty()) return "{{weir:v1}}";
    seal::Reference one = references_[dice_.below(references_.size())];
    if (dice_.one_in(4)) one.path.emplace_back(dice_.one_in(2) ? "text" : "0");
    return one.text();
  }

  std::string content() { return dice_.one_in(3) ? "words of my own" : reference(); }

  demo::WantedCall ask(size_t i) {
    static constexpr const char* kTypes[] = {
        "bool",    "text", "list", "int:0..6", "enum:red,green,blue", "text", "date:2024-01-01..2024-01-07",
        "nonsense"};
    json::Writer writer;
    writer.begin_object().key("refs").begin_array().string(reference()).end_array();
    writer.field("question", fmt::format("What is it in {:x} {}?", n_, i))
        .field("answer_type", kTypes[dice_.below(8)])
        .end_object();
    return {id(i), "weir_ask", writer.take()};
  }

  demo::WantedCall call(size_t i) {
    const std::string tool = kTools[dice_.below(7)];
    json::Writer writer;
    writer.begin_object();
    if (tool == "list") writer.field("query", "all");
    if (tool == "get") writer.field("id", reference());
    if (tool == "raw") writer.field("path", dice_.one_in(2) ? "/srv/a.txt" : reference());
    if (tool == "page") writer.field("url", dice_.one_in(2) ? "https://news.example/a" : reference());
    if (tool == "know") writer.field("topic", content());
    if (tool == "note")
      writer.field("path", "/srv/n" + std::to_string(dice_.below(3))).field("text", content());
    if (tool == "send")
      writer.field("to", dice_.one_in(3) ? reference() : "bob@ours.example").field("body", content());
    return {id(i), "box__" + tool, writer.end_object().take()};
  }

  std::string id(size_t i) const { return fmt::format("call_{:x}_{}", n_, i); }

  Dice dice_;
  std::vector<seal::Reference> references_;
  uint64_t n_;
};

}  // namespace weir::noninterference
