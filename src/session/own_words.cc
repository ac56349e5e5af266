#include "session/own_words.h"

#include "session/workspace.h"

namespace weir::session {

using Run = std::vector<const exchange::Part*>;

bool says_nothing(const exchange::Part& part) {
  const auto* text = std::get_if<exchange::Text>(&part);
  return std::holds_alternative<exchange::Thinking>(part) || (text != nullptr && text->text.empty());
}

std::vector<Run> runs_of(const exchange::Message& message) {
  std::vector<Run> runs;
  bool open = false;
  for (const exchange::Part& part : message.parts) {
    if (says_nothing(part)) continue;
    const bool text = std::holds_alternative<exchange::Text>(part);
    if (!text || !open) runs.emplace_back();
    runs.back().push_back(&part);
    open = text;
  }
  return runs;
}

namespace {

size_t text_bytes(const exchange::Part& part) {
  const auto* text = std::get_if<exchange::Text>(&part);
  return text != nullptr ? text->text.size() : std::string::npos;
}

Digest digest_of(const Run& run, size_t begin, size_t end) {
  if (end == begin + 1) return exchange::part_digest(*run[begin]);
  std::string text;
  for (size_t i = begin; i < end; ++i) text += std::get<exchange::Text>(*run[i]).text;
  return exchange::part_digest(exchange::Text{std::move(text)});
}

// Where the pieces from `begin` on end that are together what the client was given; `begin`: nowhere.
size_t end_of(const Run& run, size_t begin, const Digest& as_client_has, size_t bytes) {
  if (digest_of(run, begin, begin + 1) == as_client_has) return begin + 1;
  if (bytes == std::string::npos) return begin;
  size_t end = begin;
  for (size_t sum = 0; end < run.size() && sum < bytes; ++end) sum += text_bytes(*run[end]);
  return end > begin && digest_of(run, begin, end) == as_client_has ? end : begin;
}

struct FirstCall {
  std::string id = {};  // plain; empty: the message has none
  size_t at = 0;        // among the runs
};

FirstCall first_call(const std::vector<Run>& runs) {
  FirstCall first;
  for (const Run& run : runs) {
    const auto* call = std::get_if<exchange::Call>(run.front());
    if (call != nullptr && !call->id.empty()) {
      first.id = exchange::plain_id(call->id);
      return first;
    }
    ++first.at;
  }
  return first;
}

// What names a turn: its first call, and where it has none the conversation before it. No id has a NUL.
std::string turn_name(const FirstCall& first, const Conversation& conversation) {
  if (!first.id.empty()) return first.id;
  return std::string(1, '\0') + std::string(as_bytes(conversation.prefix()));
}

}  // namespace

std::vector<Digest> joined_digests(const exchange::Message& message) {
  std::vector<Digest> digests;
  for (const Run& run : runs_of(message))
    digests.resize(digests.size() + run.size(), digest_of(run, 0, run.size()));
  return digests;
}

// What a client put behind a text or changed in it is no word of the planner's, and so is what follows: what
// only looks like its words would do so by the content that was put into them.
void Workspace::match_run(const Run& run, const std::vector<OwnPart>& own, std::vector<Back>& backs) {
  const auto same = [&](size_t piece, size_t at) {
    const bool is = at < own.size() && exchange::part_digest(*run[piece]) == own[at].as_client_has;
    backs.push_back({is ? &own[at] : nullptr, false});
  };
  if (run.size() == own.size()) {
    for (size_t i = 0; i < run.size(); ++i) same(i, i);
    return;
  }
  size_t piece = 0;
  for (const OwnPart& part : own) {
    const size_t end = piece < run.size() ? end_of(run, piece, part.as_client_has, part.text_bytes) : piece;
    if (end == piece) break;
    for (bool more = false; piece < end; ++piece, more = true) backs.push_back({&part, more});
  }
  // What agents send as one message may have another text in front.
  const bool in_front = piece == 0 && run.size() > own.size();
  for (; piece < run.size(); ++piece) {
    if (in_front) {
      same(piece, piece + own.size() - run.size());  // wraps for what stands before the turn
    } else {
      backs.emplace_back();
    }
  }
}

// Turns are counted from their first call, where they have one. Where a turn has none it begins where its
// conversation ends, and so it is counted.
std::vector<Workspace::Back> Workspace::own_words(const Conversation& conversation,
                                                  const exchange::Message& message,
                                                  const OwnWords*& turn) const {
  std::vector<Back> words;
  const std::vector<Run> runs = runs_of(message);
  const FirstCall first = first_call(runs);
  const auto found = own_words_.find(turn_name(first, conversation));
  if (found == own_words_.end() || found->second.times != 1) return words;
  turn = &found->second;
  const size_t before = first.id.empty() ? 0 : turn->first_call - first.at;
  for (size_t i = 0; i < runs.size(); ++i) {
    const size_t at = i + before;  // wraps for what stands before the turn
    static const std::vector<OwnPart> kNone;
    match_run(runs[i], at < turn->runs.size() ? turn->runs[at] : kNone, words);
  }
  return words;
}

// A turn without a call that comes back under another history has no name: it stays sealed.
void Workspace::remember_own_words(const Conversation& conversation, const exchange::Message& message,
                                   const WrittenOf& written) {
  if (conversation.vault_ == nullptr || !written) return;
  const std::vector<Run> runs = runs_of(message);
  const FirstCall first = first_call(runs);
  const std::string name = turn_name(first, conversation);
  const auto [at, added] = own_words_.try_emplace(name);
  OwnWords& own = at->second;
  if (added) own_words_order_.push_back(name);
  if (++own.times > 1) {
    own.runs.clear();
    return;
  }
  own.first_call = first.at;
  own.vault = conversation.vault_;
  own.session = conversation.session_;
  for (const Run& run : runs) {
    own.runs.emplace_back();
    for (const exchange::Part* part : run) {
      const Written said = written(*part);
      own.runs.back().push_back(
          {said.original, exchange::part_digest(*part), text_bytes(*part), emitted_in(conversation, said)});
    }
  }
  if (own_words_.size() <= limits_.emitted_max) return;
  own_words_.erase(own_words_order_.front());
  own_words_order_.pop_front();
}

}  // namespace weir::session
