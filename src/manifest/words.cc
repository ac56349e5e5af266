#include "manifest/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::manifest {
namespace {

using Verb = std::pair<std::string_view, Effect>;

// Sorted by word. A verb that means two things stands for the worse.
constexpr std::array kVerbs = {
    Verb{"accept", Effect::write},      Verb{"add", Effect::write},        Verb{"append", Effect::write},
    Verb{"apply", Effect::write},       Verb{"approve", Effect::write},    Verb{"archive", Effect::delete_},
    Verb{"assign", Effect::write},      Verb{"book", Effect::pay},         Verb{"broadcast", Effect::send},
    Verb{"build", Effect::execute},     Verb{"buy", Effect::pay},          Verb{"call", Effect::execute},
    Verb{"cancel", Effect::delete_},    Verb{"change", Effect::write},     Verb{"charge", Effect::pay},
    Verb{"checkout", Effect::pay},      Verb{"clear", Effect::delete_},    Verb{"click", Effect::execute},
    Verb{"clone", Effect::write},       Verb{"close", Effect::write},      Verb{"comment", Effect::send},
    Verb{"commit", Effect::write},      Verb{"configure", Effect::write},  Verb{"copy", Effect::write},
    Verb{"create", Effect::write},      Verb{"delete", Effect::delete_},   Verb{"deploy", Effect::execute},
    Verb{"destroy", Effect::delete_},   Verb{"disable", Effect::delete_},  Verb{"donate", Effect::pay},
    Verb{"download", Effect::write},    Verb{"draft", Effect::write},      Verb{"drag", Effect::execute},
    Verb{"drop", Effect::delete_},      Verb{"duplicate", Effect::write},  Verb{"edit", Effect::write},
    Verb{"email", Effect::send},        Verb{"enable", Effect::write},     Verb{"erase", Effect::delete_},
    Verb{"eval", Effect::execute},      Verb{"evaluate", Effect::execute}, Verb{"exec", Effect::execute},
    Verb{"execute", Effect::execute},   Verb{"export", Effect::send},      Verb{"fill", Effect::execute},
    Verb{"forget", Effect::delete_},    Verb{"fork", Effect::write},       Verb{"forward", Effect::send},
    Verb{"grant", Effect::send},        Verb{"import", Effect::write},     Verb{"insert", Effect::write},
    Verb{"install", Effect::execute},   Verb{"invite", Effect::send},      Verb{"invoice", Effect::pay},
    Verb{"invoke", Effect::execute},    Verb{"kill", Effect::delete_},     Verb{"label", Effect::write},
    Verb{"launch", Effect::execute},    Verb{"like", Effect::send},        Verb{"link", Effect::write},
    Verb{"lock", Effect::write},        Verb{"log", Effect::write},        Verb{"mail", Effect::send},
    Verb{"make", Effect::write},        Verb{"manage", Effect::delete_},   Verb{"mark", Effect::write},
    Verb{"merge", Effect::write},       Verb{"message", Effect::send},     Verb{"migrate", Effect::execute},
    Verb{"modify", Effect::write},      Verb{"move", Effect::write},       Verb{"navigate", Effect::execute},
    Verb{"notify", Effect::send},       Verb{"open", Effect::execute},     Verb{"order", Effect::pay},
    Verb{"patch", Effect::write},       Verb{"pay", Effect::pay},          Verb{"payment", Effect::pay},
    Verb{"pin", Effect::write},         Verb{"post", Effect::send},        Verb{"press", Effect::execute},
    Verb{"process", Effect::execute},   Verb{"prune", Effect::delete_},    Verb{"publish", Effect::send},
    Verb{"pull", Effect::write},        Verb{"purchase", Effect::pay},     Verb{"purge", Effect::delete_},
    Verb{"push", Effect::send},         Verb{"put", Effect::write},        Verb{"react", Effect::send},
    Verb{"rebase", Effect::write},      Verb{"record", Effect::write},     Verb{"refund", Effect::pay},
    Verb{"register", Effect::write},    Verb{"reject", Effect::delete_},   Verb{"remember", Effect::write},
    Verb{"remove", Effect::delete_},    Verb{"rename", Effect::write},     Verb{"replace", Effect::write},
    Verb{"reply", Effect::send},        Verb{"request", Effect::send},     Verb{"reset", Effect::delete_},
    Verb{"restart", Effect::execute},   Verb{"restore", Effect::write},    Verb{"revert", Effect::delete_},
    Verb{"revoke", Effect::delete_},    Verb{"run", Effect::execute},      Verb{"save", Effect::write},
    Verb{"schedule", Effect::write},    Verb{"script", Effect::execute},   Verb{"send", Effect::send},
    Verb{"set", Effect::write},         Verb{"share", Effect::send},       Verb{"shell", Effect::execute},
    Verb{"spawn", Effect::execute},     Verb{"star", Effect::write},       Verb{"start", Effect::execute},
    Verb{"stop", Effect::delete_},      Verb{"store", Effect::write},      Verb{"submit", Effect::send},
    Verb{"subscribe", Effect::pay},     Verb{"sync", Effect::write},       Verb{"tag", Effect::write},
    Verb{"terminate", Effect::delete_}, Verb{"toggle", Effect::write},     Verb{"transfer", Effect::pay},
    Verb{"trash", Effect::delete_},     Verb{"trigger", Effect::execute},  Verb{"truncate", Effect::delete_},
    Verb{"tweet", Effect::send},        Verb{"type", Effect::execute},     Verb{"unlink", Effect::delete_},
    Verb{"uninstall", Effect::delete_}, Verb{"unsubscribe", Effect::send}, Verb{"update", Effect::write},
    Verb{"upgrade", Effect::execute},   Verb{"upload", Effect::send},      Verb{"upsert", Effect::write},
    Verb{"webhook", Effect::send},      Verb{"wipe", Effect::delete_},     Verb{"withdraw", Effect::pay},
    Verb{"write", Effect::write},
};

constexpr std::array<std::string_view, 24> kReading = {
    "browse",  "check",    "count",   "describe", "diff",   "fetch",     "find",  "get",
    "has",     "info",     "inspect", "list",     "lookup", "peek",      "query", "read",
    "resolve", "retrieve", "search",  "show",     "status", "summarize", "view",  "whoami"};

constexpr std::array<std::string_view, 28> kRecipients = {
    "address",   "addresses",  "assignee",  "assignees", "attendee",      "attendees",    "audience",
    "bcc",       "cc",         "channel",   "channels",  "collaborators", "email",        "emails",
    "guest",     "guests",     "invitees",  "member",    "members",       "participants", "phone",
    "recipient", "recipients", "reviewers", "to",        "username",      "users",        "webhook"};
constexpr std::array<std::string_view, 17> kCommands = {
    "args", "bash",     "cmd",        "code",    "command", "commands", "exec", "executable", "expression",
    "eval", "function", "javascript", "program", "script",  "shell",    "sql",  "statement"};
constexpr std::array<std::string_view, 8> kAmounts = {"amount", "budget",   "cost",  "currency",
                                                      "price",  "quantity", "total", "tip"};
constexpr std::array<std::string_view, 23> kContents = {
    "blocks", "body",     "caption", "comment", "content", "contents", "description",  "headline",
    "html",   "markdown", "memo",    "message", "note",    "notes",    "observations", "paragraph",
    "reason", "subject",  "summary", "text",    "thought", "title",    "topic"};

template <class List>
bool in(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

template <class List>
bool any_in(const List& list, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return in(list, word); });
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::optional<Effect> exact_verb(std::string_view word) {
  const auto* at =
      std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& verb) { return verb.first == word; });
  if (at != kVerbs.end()) return at->second;
  if (in(kReading, word)) return Effect::read;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is_upper(c)) {
      // "getURLs": a capital after a small letter begins a word, so does one before a small letter.
      const bool begins = i > 0 && (is_lower(name[i - 1]) ||
                                    (i + 1 < name.size() && is_lower(name[i + 1]) && is_upper(name[i - 1])));
      if (begins) end();
      word.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if (is_lower(c)) {
      word.push_back(c);
    } else {
      end();
    }
  }
  end();
  return words;
}

std::optional<Effect> effect_of_verb(std::string_view word) {
  if (const auto effect = exact_verb(word)) return effect;
  // "sends", "deletes", "deleting", "deleted", "running"
  for (const std::string_view ending : {"s", "es", "d", "ed", "ing"}) {
    if (word.size() < ending.size() + 3 || !word.ends_with(ending)) continue;
    std::string stem(word.substr(0, word.size() - ending.size()));
    if (const auto effect = exact_verb(stem)) return effect;
    if (const auto effect = exact_verb(stem + "e")) return effect;
    if (stem.size() > 3 && stem.back() == stem[stem.size() - 2]) {
      stem.pop_back();
      if (const auto effect = exact_verb(stem)) return effect;
    }
  }
  return std::nullopt;
}

bool only_a_verb(std::string_view word) {
  constexpr std::array<std::string_view, 30> kOnly = {
      "add",     "append", "apply",   "buy",    "clear",   "create", "delete", "destroy", "drop", "edit",
      "erase",   "eval",   "execute", "insert", "install", "invite", "kill",   "modify",  "move", "pay",
      "publish", "purge",  "remove",  "rename", "replace", "send",   "update", "upsert",  "wipe", "write"};
  return in(kOnly, word);
}

std::optional<ArgRole> role_of_name(const std::vector<std::string>& words) {
  if (any_in(kCommands, words)) return ArgRole::command;
  if (any_in(kAmounts, words)) return ArgRole::amount;
  if (any_in(kRecipients, words)) return ArgRole::recipient;
  return std::nullopt;
}

bool names_content(const std::vector<std::string>& words) {
  return !words.empty() && in(kContents, words.back());
}

}  // namespace weir::manifest
