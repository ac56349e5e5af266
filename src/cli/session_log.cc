// weir log --session, --sessions: drawn from the data folder alone, whether weir runs or not.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/ledger_files.h"
#include "cli/paint.h"
#include "review/session_draw.h"
#include "store/store.h"

namespace weir::cli {
namespace {

constexpr size_t kColumnsElsewhere = 120;  // not a terminal
constexpr size_t kColumnsMax = 200;
constexpr size_t kLinesElsewhere = 200;

struct Screen {
  size_t columns = kColumnsElsewhere, lines = kLinesElsewhere;
};

Screen screen() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {std::min<size_t>(size.ws_col, kColumnsMax), std::max<size_t>(size.ws_row, 12) - 1};
}

void print(const review::Line& line) {
  std::string out;
  for (const review::Span& span : line) {
    switch (span.tone) {
      case review::Tone::plain:
        out += span.text;
        break;
      case review::Tone::good:
        out += painted(Paint::good, span.text);
        break;
      case review::Tone::bad:
        out += painted(Paint::bad, span.text);
        break;
      case review::Tone::warn:
        out += painted(Paint::warn, span.text);
        break;
      case review::Tone::dim:
        out += painted(Paint::dim, span.text);
        break;
      case review::Tone::strong:
        out += painted(Paint::strong, span.text);
        break;
    }
  }
  fmt::print("{}\n", out);
}

// Entries and arrivals by session. Answers have no session of their own: they go with their decision.
struct Recorded {
  struct Session {
    std::vector<std::pair<uint64_t, std::string>> entries = {};
    std::vector<std::string> arrivals = {};
    std::string last = {};  // time
  };
  std::map<std::string, Session> sessions = {};
};

void read_entry(Recorded& out, std::map<int64_t, std::string>& session_of, uint64_t index,
                std::string_view text) {
  const auto entry = json::parse(std::string(text));
  if (!entry) return;
  const std::string_view type = (*entry)["type"].string_or("");
  std::string session((*entry)["session"].string_or(""));
  if (type == "answer") {
    const auto of = session_of.find((*entry)["decision"].integer().value_or(-1));
    if (of == session_of.end()) return;
    session = of->second;
  } else if (type == "decision") {
    session_of[static_cast<int64_t>(index)] = session;
  } else if (type != "effect") {
    return;
  }
  Recorded::Session& into = out.sessions[session];
  into.entries.emplace_back(index, text);
  into.last = std::max(into.last, std::string((*entry)["time"].string_or("")));
}

Result<Recorded> read_all(const LedgerPlace& place, Store& store) {
  Recorded out;
  std::map<int64_t, std::string> session_of;
  WEIR_TRY(each_entry(
      place, [&](uint64_t index, std::string_view entry) { read_entry(out, session_of, index, entry); }));
  WEIR_TRY(store.each_arrival("", [&](std::string_view session, std::string_view json) {
    Recorded::Session& into = out.sessions[std::string(session)];
    into.arrivals.emplace_back(json);
    if (const auto arrival = json::parse(std::string(json)))
      into.last = std::max(into.last, std::string((*arrival)["time"].string_or("")));
  }));
  return out;
}

// As GET /weir/log writes it, with what is kept beside the entries.
Result<review::SessionView> view_of(const std::string& id, const Recorded::Session& session, Store& store,
                                    bool details) {
  json::Writer writer;
  writer.begin_array();
  for (const auto& [index, entry] : session.entries) {
    writer.begin_object().key("index").integer(static_cast<int64_t>(index)).key("entry").raw(entry);
    if (details) {
      WEIR_TRY_ASSIGN(detail, store.details(index, 1));
      if (!detail.empty()) writer.key("detail").raw(detail.front().second);
    }
    writer.end_object();
  }
  WEIR_TRY_ASSIGN(document, json::parse(writer.end_array().take()));
  return review::view_session(id, document.root(), session.arrivals);
}

// The session that is meant: its id, the only one that begins so, or the last.
Result<std::string> find_session(const Recorded& recorded, const std::string& named) {
  std::vector<std::string> found;
  std::string newest;
  for (const auto& [id, session] : recorded.sessions) {
    if (id == named) return id;
    if (id.starts_with(named)) found.push_back(id);
    if (newest.empty() || session.last > recorded.sessions.at(newest).last) newest = id;
  }
  if (named == "last" && !newest.empty()) return newest;
  if (found.size() == 1) return found.front();
  return Error{Code::not_found,
               found.empty() ? fmt::format("no session {} is on record", shown(named))
                             : fmt::format("{} sessions begin with {}", found.size(), shown(named)),
               {},
               "weir log --sessions"};
}

int list_sessions(const Common& common, const LogArgs& args, const Recorded& recorded, Store& store) {
  std::vector<std::pair<std::string, const Recorded::Session*>> newest;
  for (const auto& [id, session] : recorded.sessions) newest.emplace_back(id, &session);
  std::stable_sort(newest.begin(), newest.end(),
                   [](const auto& a, const auto& b) { return a.second->last > b.second->last; });
  const size_t all = newest.size();
  newest.resize(std::min<size_t>(all, args.last));
  json::Writer writer;
  writer.begin_object().key("all").integer(static_cast<int64_t>(all)).key("sessions").begin_array();
  for (const auto& [id, session] : newest) {
    auto view = view_of(id, *session, store, true);
    if (!view) return fail(view.error());
    if (common.json) {
      writer.raw(review::summary_json(*view));
    } else {
      print(review::draw_summary(*view, screen().columns));
    }
  }
  if (common.json) {
    fmt::print("{}\n", writer.end_array().end_object().take());
  } else {
    fmt::print("{} of {} sessions; weir log --session ID draws one\n", newest.size(), all);
  }
  return kDone;
}

}  // namespace

int run_log_session(const Common& common, const LogArgs& args) {
  auto place = find_ledger(common);
  if (!place) return fail(place.error());
  const std::string file = place->data_dir + "/store.db";
  if (access(file.c_str(), R_OK) != 0)
    return fail(Error{Code::not_found, "there is no store", file, "weir up makes one"});
  auto store = Store::open(file);
  if (!store) return fail(store.error());
  auto recorded = read_all(*place, **store);
  if (!recorded) return fail(recorded.error());
  if (args.sessions) return list_sessions(common, args, *recorded, **store);
  auto id = find_session(*recorded, args.session);
  if (!id) return fail(id.error());
  auto view = view_of(*id, recorded->sessions.at(*id), **store, true);
  if (!view) return fail(view.error());
  if (common.json) {
    fmt::print("{}\n", review::view_json(*view));
    return kDone;
  }
  const Screen size = screen();
  for (const review::Line& line : review::draw_session(*view, {size.columns, args.all ? 0 : size.lines}))
    print(line);
  return kDone;
}

}  // namespace weir::cli
