// weir policy test: sessions with what must be decided of them (tests/dialogues/README.md), and how it
// differs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/bytes.h"
#include "base/json.h"
#include "cli/paint.h"
#include "cli/policy.h"
#include "replay/expect.h"
#include "replay/replay.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSession = ".jsonl";
constexpr std::string_view kTwin = ".twin";
constexpr size_t kTestsMax = 100'000;

// The file itself, or the sessions of a folder that have expectations, sorted.
Result<std::vector<std::string>> sessions_in(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().string();
    if (!name.ends_with(kSession)) continue;
    if (fs::exists(name.substr(0, name.size() - kSession.size()) + ".expect", error)) out.push_back(name);
    if (out.size() > kTestsMax) return too_large(fmt::format("more than {} sessions", kTestsMax), path);
  }
  if (error) return bad_input("cannot read it: " + error.message(), path);
  if (out.empty())
    return bad_input("no session with a file of expectations in it", path, "NAME.jsonl beside NAME.expect");
  std::sort(out.begin(), out.end());
  return out;
}

// Settings beside a session: its own, or of the session that it is the twin of.
std::string beside(const std::string& stem, std::string_view ending) {
  for (const std::string& name :
       {stem, stem.ends_with(kTwin) ? stem.substr(0, stem.size() - kTwin.size()) : stem}) {
    if (fs::exists(name + std::string(ending))) return name + std::string(ending);
  }
  return {};
}

// Without the expectations of what never came.
std::vector<replay::Difference> reached(std::vector<replay::Difference> differences) {
  std::erase_if(differences, [](const replay::Difference& each) { return each.got.empty(); });
  return differences;
}

Result<std::vector<replay::Difference>> run_one(const PolicyArgs& args, const std::string& file) {
  const std::string stem = file.ends_with(kSession) ? file.substr(0, file.size() - kSession.size()) : file;
  WEIR_TRY_ASSIGN(expected_text, read_file(stem + ".expect"));
  WEIR_TRY_ASSIGN(expected, replay::read_expectations(expected_text, stem + ".expect"));
  Common common;
  common.config_file = beside(stem, ".toml");
  PolicyArgs settings = args;
  if (const std::string manifest = beside(stem, ".manifest.toml"); !manifest.empty())
    settings.manifests.push_back(manifest);
  WEIR_TRY_ASSIGN(config, policy_config(common, settings, true));
  WEIR_TRY_ASSIGN(text, read_file(file, size_t{1} << 30));
  replay::Replay replay(config, {config.mode});
  std::vector<json::Document> decisions;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    ++number;
    auto lines = replay.feed(std::string_view(text).substr(at, end - at));
    if (!lines) {
      // What was decided otherwise is why the session cannot go on: a result of a call that was not made.
      if (auto so_far = reached(replay::differences(expected, decisions)); !so_far.empty()) return so_far;
      Error error = std::move(lines).error();
      error.where = fmt::format("{}:{}{}{}", file, number, error.where.empty() ? "" : ": ", error.where);
      return error;
    }
    for (std::string& line : *lines) {
      WEIR_TRY_ASSIGN(decision, json::parse(std::move(line)));
      decisions.push_back(std::move(decision));
    }
    at = end + 1;
  }
  return replay::differences(expected, decisions);
}

void print_differences(const std::string& file, const std::vector<replay::Difference>& differences) {
  fmt::print("{} {}\n", painted(Paint::bad, "FAILED"), shown(file, 300));
  std::string id;
  for (const replay::Difference& each : differences) {
    const bool head = !each.expected.starts_with(' ') && !each.got.starts_with(' ');
    if (!head && each.id != id) fmt::print("    {}\n", shown(each.id, 100));
    id = each.id;
    if (!each.expected.empty()) fmt::print("  {}\n", painted(Paint::bad, "- " + shown(each.expected, 600)));
    if (!each.got.empty()) fmt::print("  {}\n", painted(Paint::good, "+ " + shown(each.got, 600)));
  }
}

void write(json::Writer& writer, const std::string& file, const std::vector<replay::Difference>& differences,
           const std::string& error) {
  writer.begin_object().field("file", file).key("passed").boolean(differences.empty() && error.empty());
  if (!error.empty()) writer.field("error", error);
  writer.key("differences").begin_array();
  for (const replay::Difference& each : differences)
    writer.begin_object()
        .field("id", each.id)
        .field("expected", each.expected)
        .field("got", each.got)
        .end_object();
  writer.end_array().end_object();
}

}  // namespace

int run_policy_test(const Common& common, const PolicyArgs& args) {
  std::vector<std::string> files;
  for (const std::string& path : args.files) {
    auto found = sessions_in(path);
    if (!found) return fail(found.error());
    files.insert(files.end(), found->begin(), found->end());
  }
  size_t passed = 0, failed = 0;
  int code = kDone;
  json::Writer writer;
  writer.begin_object().key("tests").begin_array();
  for (const std::string& file : files) {
    const auto differences = run_one(args, file);
    const std::string error = differences ? "" : differences.error().text();
    const std::vector<replay::Difference> none;
    write(writer, file, differences ? *differences : none, error);
    if (differences && differences->empty()) {
      ++passed;
      continue;
    }
    ++failed;
    code = std::max(code, differences ? kNo : exit_code(differences.error()));
    if (common.json) continue;
    if (differences) {
      print_differences(file, *differences);
    } else {
      fmt::print("{} {}\n  {}\n", painted(Paint::bad, "FAILED"), shown(file, 300), shown(error, 600));
    }
  }
  writer.end_array()
      .key("passed")
      .integer(static_cast<int64_t>(passed))
      .key("failed")
      .integer(static_cast<int64_t>(failed));
  if (common.json) {
    fmt::print("{}\n", writer.end_object().take());
  } else {
    fmt::print("{} passed, {}\n", passed,
               painted(failed == 0 ? Paint::good : Paint::bad, fmt::format("{} failed", failed)));
  }
  return code;
}

}  // namespace weir::cli
