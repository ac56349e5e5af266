// weir init: writes weir.toml for an agent, and points the agent at it.
#include "cli/init.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/embedded.h"
#include "base/limits.h"
#include "gateway/auth.h"

namespace weir::cli {
namespace {

std::string home_short(const std::string& path) {
  const std::string home = sources().env("HOME").value_or("");
  return !home.empty() && path.starts_with(home + "/") ? "~" + path.substr(home.size()) : path;
}

class Init {
 public:
  Init(const Common& common, const InitArgs& args)
      : common_(common), args_(args), questions_(args.yes, args.dry_run), around_(surroundings()) {}

  Status run() {
    WEIR_TRY_ASSIGN(place, find_config(common_));
    place_ = std::move(place);
    if (place_.text && !args_.force && !args_.add) {
      return Error{Code::denied, "there is a weir.toml already, and it stays as it is", place_.path,
                   "weir init --add puts what is new at its end; --force replaces it and keeps a copy"};
    }
    WEIR_TRY(choose_client());
    WEIR_TRY(read_client());
    WEIR_TRY(read_old());
    WEIR_TRY(choose_upstreams());
    WEIR_TRY(choose_servers());
    WEIR_TRY(compose());
    WEIR_TRY(wire());
    say();
    if (args_.dry_run) return {};
    if (!questions_.confirm(changes_.empty() ? "Write weir.toml?" : "Write all of this?", true))
      return Error{Code::denied, "nothing was written", {}, {}};
    return write();
  }

 private:
  Status choose_client() {
    if (!args_.client.empty()) {
      const auto client = setup::parse_client(args_.client);
      std::string names;
      for (const setup::Client each : setup::kClients)
        names += (names.empty() ? "" : ", ") + std::string(setup::client_name(each));
      if (!client)
        return bad_input(fmt::format("no such client: {}", shown(args_.client)), "--client", names);
      client_ = *client;
      return {};
    }
    std::vector<setup::Client> there;
    std::vector<std::string> names;
    for (const setup::Client each : setup::kClients) {
      bool found = false;
      for (const setup::File& file : setup::files_of(each, around_))
        found = found || (file.role != setup::Role::project && access(file.path.c_str(), F_OK) == 0);
      if (found) there.push_back(each);
    }
    if (questions_.may_ask()) {
      for (const setup::Client each : setup::kClients) {
        if (std::find(there.begin(), there.end(), each) == there.end()) there.push_back(each);
      }
    } else if (there.size() != 1) {
      return bad_input(
          there.empty() ? "no known client has a config here" : "more than one client has a config here", {},
          "weir init --client claude-code, codex, openclaw, goose, opencode, qwen-code, gemini-cli or "
          "openai-compatible");
    }
    for (const setup::Client each : there) names.emplace_back(setup::client_name(each));
    client_ = there[questions_.choose("Which client is to go through weir?", names)];
    return {};
  }

  Status read_client() {
    files_ = setup::files_of(client_, around_);
    for (setup::File& file : files_) {
      WEIR_TRY_ASSIGN(text, read_if_there(file.path, limits::kSetupFileBytesMax));
      file.text = std::move(text);
    }
    WEIR_TRY_ASSIGN(state, setup::read_state(client_, files_, around_));
    state_ = std::move(state);
    return {};
  }

  Status read_old() {
    WEIR_TRY_ASSIGN(config, config::defaults());
    old_ = std::move(config);
    if (!place_.text || !args_.add) return {};
    WEIR_TRY_ASSIGN(loaded, load_text(*place_.text, place_.path, nullptr));
    old_ = std::move(loaded);
    return {};
  }

  // A name that weir.toml does not have yet.
  std::string free_name(const std::string& wanted) const {
    std::string name = wanted;
    const auto taken = [&] {
      return std::any_of(old_->upstreams.begin(), old_->upstreams.end(),
                         [&](const config::Upstream& upstream) { return upstream.name == name; });
    };
    for (int n = 2; taken(); ++n) name = fmt::format("{}-{}", wanted, n);
    return name;
  }

  Status choose_upstreams() {
    if (client_ == setup::Client::codex && args_.dialect.empty() && !weir_speaks("responses")) {
      model_api_ = false;
      notes_.emplace_back(
          "Codex speaks the Responses API, which this weir does not know: only its MCP servers go "
          "through weir, its model is asked directly");
      return {};
    }
    // What weir.toml has already is good enough.
    for (const config::Upstream& upstream : old_->upstreams) {
      if (!args_.upstream.empty() ||
          exchange::dialect_name(upstream.dialect) != setup::dialect_for(client_, nullptr))
        continue;
      dialect_ = exchange::dialect_name(upstream.dialect);
      own_key_ = upstream.key_source == config::KeySource::client;
      return {};
    }
    WEIR_TRY_ASSIGN(upstream, choose_upstream(client_, args_, questions_));
    dialect_ = upstream.dialect;
    own_key_ = upstream.client_key;
    for (const config::Upstream& each : old_->upstreams) {
      if (each.url == upstream.url && exchange::dialect_name(each.dialect) == upstream.dialect) return {};
    }
    upstream.name = free_name(upstream.name);
    upstreams_.push_back(std::move(upstream));
    return {};
  }

  Status choose_servers() {
    std::vector<size_t> project;
    for (size_t i = 0; i < state_.servers.size(); ++i) {
      const setup::Server& server = state_.servers[i];
      if (!server.enabled || server.is_weir) continue;
      if (!server.left_alone.empty()) {
        if (client_ != setup::Client::goose || !server.command.empty() || !server.url.empty())
          notes_.push_back(
              fmt::format("MCP server {} is left alone: {}", shown(server.name, 60), server.left_alone));
        continue;
      }
      if (server.file == setup::Role::project) {
        project.push_back(i);
      } else {
        wrapped_.push_back(i);
      }
    }
    if (project.empty()) return {};
    // Whoever wrote this folder wrote these commands. weir would run them without asking.
    std::string names;
    for (const size_t i : project) {
      const setup::Server& server = state_.servers[i];
      names += fmt::format(
          "  {}: {}\n", shown(server.name, 60),
          shown(server.url.empty() ? fmt::format("{}", fmt::join(server.command, " ")) : server.url, 200));
    }
    if (args_.project ||
        (questions_.may_ask() &&
         questions_.confirm("This folder's .mcp.json names MCP servers:\n" + names + "Is weir to run them?",
                            false))) {
      wrapped_.insert(wrapped_.end(), project.begin(), project.end());
    } else {
      notes_.push_back(
          fmt::format("{} MCP servers of this folder's .mcp.json are left alone; --project takes them too",
                      project.size()));
    }
    return {};
  }

  // A server that weir.toml has already is not written again.
  bool known_already(const setup::Server& server) const {
    return std::any_of(old_->servers.begin(), old_->servers.end(), [&](const config::Server& other) {
      return other.command == server.command && other.url == server.url &&
             other.env.size() == server.env.size();
    });
  }

  Status compose() {
    std::vector<size_t> fresh;
    for (const size_t i : wrapped_) {
      if (!known_already(state_.servers[i])) fresh.push_back(i);
      for (const std::string& note : state_.servers[i].notes)
        notes_.push_back(fmt::format("{}: {}", shown(state_.servers[i].name, 60), note));
    }
    std::vector<std::string> taken{"weir"};
    for (const config::Server& server : old_->servers) taken.push_back(server.name);
    named_ = setup::name_servers(state_.servers, fresh, old_->manifests, taken);
    for (const setup::NamedServer& named : named_) {
      if (named.name != named.server->name)
        notes_.push_back(
            fmt::format("{} is called {} behind weir", shown(named.server->name, 60), named.name));
    }
    const bool add = place_.text && args_.add;
    const std::string listen = args_.listen.empty() ? "127.0.0.1:7447" : args_.listen;
    std::string text = add ? *place_.text : "";
    if (add && !text.empty() && text.back() != '\n') text += "\n";
    if (!add || !upstreams_.empty() || !named_.empty())
      text += setup::compose(client_, listen, upstreams_, named_, add, profile());
    std::vector<std::string> missing;
    auto loaded = load_text(text, place_.path, &missing);
    if (!loaded) {
      Error error = loaded.error();
      if (add) error.hint += ". What weir init adds stands at the end; nothing was written";
      return error;
    }
    config_ = std::move(*loaded);
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    for (const std::string& name : missing)
      notes_.push_back(fmt::format("weir up needs ${} in its environment", name));
    if (text != place_.text.value_or("") || !place_.text)
      changes_.push_back({place_.path, place_.text, std::move(text)});
    return {};
  }

  setup::Profile profile() {
    setup::Profile profile{args_.profile, {}};
    if (args_.profile != "coding") return profile;
    char here[4096];
    const std::string folder = getcwd(here, sizeof(here)) == nullptr ? "" : here;
    // Nobody means to trust all of their home by starting in it.
    if (folder == sources().env("HOME").value_or("") || folder.size() < 2 || folder.front() != '/') {
      notes_.emplace_back("this folder is no workspace: say in weir.toml which one you trust");
    } else {
      profile.workspace = folder;
      notes_.push_back(fmt::format("{} is trusted, but for what tools fetch into it", home_short(folder)));
    }
    return profile;
  }

  Status wire() {
    const std::string host = config_->listen_host.find(':') == std::string::npos
                                 ? config_->listen_host
                                 : "[" + config_->listen_host + "]";
    wiring_.url = fmt::format("http://{}:{}", host, config_->listen_port);
    wiring_.own_key = own_key_;
    wiring_.model_api = model_api_;
    wiring_.dialect = dialect_;
    wiring_.model = args_.model.empty() ? state_.model.substr(state_.model.find('/') + 1) : args_.model;
    wiring_.mcp_command = mcp_command();
    if (args_.dry_run) {
      wiring_.token = "(what weir token prints)";
    } else {
      WEIR_TRY_ASSIGN(dir, data_dir(*config_));
      SystemRandom random;
      WEIR_TRY_ASSIGN(tokens, gateway::load_tokens(dir, random));
      wiring_.token = tokens.client;
      data_dir_ = dir;
    }
    if (!args_.apply && questions_.may_ask() && client_ != setup::Client::openai_compatible)
      apply_ = questions_.confirm(fmt::format("Is weir init to edit {}'s config (--undo puts it back)?",
                                              setup::client_title(client_)),
                                  false);
    if (!apply_) return {};
    WEIR_TRY_ASSIGN(planned, setup::plan(client_, files_, state_, wrapped_, wiring_, around_));
    for (setup::Change& change : planned) changes_.push_back(std::move(change));
    return {};
  }

  // "weir" when that is this program, else where this program is.
  std::vector<std::string> mcp_command() const {
    char self[4096];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof(self));
    const std::string here(self, length > 0 ? static_cast<size_t>(length) : 0);
    const auto found = find_program("weir");
    const auto real = found ? real_path(*found) : Result<std::string>(bad_input(""));
    std::vector<std::string> command{real && *real == here ? "weir" : here, "mcp"};
    if (!place_.by_default) command.insert(command.end(), {"--config", place_.path});
    return command;
  }

  void say() const {
    for (const setup::Change& change : changes_)
      fmt::print("{} {}\n", args_.dry_run ? "would write" : "writes", home_short(change.path));
    if (args_.dry_run && !changes_.empty() && changes_.front().path == place_.path)
      fmt::print("\n{}\n", masked());
    for (const std::string& note : notes_) fmt::print("note: {}\n", note);
    if (!apply_ && (model_api_ || !wrapped_.empty())) {
      fmt::print("\nFor {} (or let weir init --apply do it):\n\n{}\n", setup::client_title(client_),
                 setup::lines_to_paste(client_, files_, state_, wrapped_, wiring_));
    }
  }

  // The new text without the secrets in it.
  std::string masked() const {
    std::string text = changes_.front().after;
    for (const setup::NamedServer& named : named_) {
      for (const auto* table : {&named.server->env, &named.server->headers}) {
        for (const auto& [key, value] : *table) {
          if (value.empty() || value.starts_with('$')) continue;
          for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + 3))
            text.replace(at, value.size(), "…");
        }
      }
    }
    return text;
  }

  Status write() {
    if (changes_.empty()) {
      fmt::print("nothing to change\n");
      return {};
    }
    WEIR_TRY(write_all(data_dir_, setup::client_name(client_), changes_));
    fmt::print("done. Next: weir up, and in another terminal weir doctor. Back: weir init --undo\n");
    return {};
  }

  const Common& common_;
  const InitArgs& args_;
  const Questions questions_;
  const setup::Surroundings around_;
  Place place_ = {};
  setup::Client client_ = setup::Client::openai_compatible;
  std::vector<setup::File> files_ = {};
  setup::State state_ = {};
  std::optional<config::Config> old_ = {};     // what weir.toml says now, with --add
  std::optional<config::Config> config_ = {};  // what it will say
  std::vector<setup::Upstream> upstreams_ = {};
  std::vector<size_t> wrapped_ = {};
  std::vector<setup::NamedServer> named_ = {};
  std::string dialect_ = "chat_completions";
  bool own_key_ = false;
  bool model_api_ = true;
  bool apply_ = args_.apply;
  setup::Wiring wiring_ = {};
  std::vector<setup::Change> changes_ = {};
  std::vector<std::string> notes_ = {};
  std::string data_dir_ = {};
};

}  // namespace

int run_init(const Common& common, const InitArgs& args) {
  if (args.undo) return run_undo(common, args);
  if (args.force && args.add) return fail(bad_input("--force and --add exclude each other"));
  if (!args.profile.empty() && embedded_file("policies/" + args.profile + ".cedar").empty())
    return fail(bad_input(fmt::format("no such profile: {}", shown(args.profile)), "--profile",
                          config::policy_set_names()));
  if (!args.profile.empty() && args.add)
    return fail(
        bad_input("--profile is for a new weir.toml", "--add",
                  fmt::format("put policies = [\"{}\"] at the top of the one that is there", args.profile)));
  if (auto done = Init(common, args).run(); !done) return fail(done.error());
  return kDone;
}

}  // namespace weir::cli
