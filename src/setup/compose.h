// weir.toml as weir init writes it.
//
// The text is TOML for config::load; the caller loads it before it is written. Secrets of MCP servers that
// stood in the client's config stand in it too: it is to be written readable by its owner alone.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/manifests.h"
#include "setup/client.h"

namespace weir::setup {

// A model API that weir init knows.
struct KnownUpstream {
  std::string_view name;  // "openai": --upstream, and the table's name
  std::string_view title;
  std::string_view url;
  std::string_view key_env;  // empty: no key
  int port = 0;              // of a server on this machine; 0: not there
  bool chat_completions = true;
  bool messages = false;
  bool responses = false;
  std::string_view gemini_url = {};  // where it speaks Gemini's own API

  bool speaks(std::string_view dialect) const;
};
std::span<const KnownUpstream> known_upstreams();
const KnownUpstream* find_upstream(std::string_view name);

// What a client speaks to that upstream (nullptr: one that weir init does not know).
std::string_view dialect_for(Client client, const KnownUpstream* upstream);

struct Upstream {
  std::string name;
  std::string url;
  std::string dialect;
  std::string key_env = {};
  bool client_key = false;
};

struct NamedServer {
  std::string name;      // as weir.toml has it
  std::string manifest;  // the manifest that describes it, where its name does not say so
  bool described = false;
  const Server* server = nullptr;
};

// Gives each server a name that weir.toml allows and that is not in `taken`, and its manifest.
std::vector<NamedServer> name_servers(const std::vector<Server>& servers, const std::vector<size_t>& chosen,
                                      const manifest::Manifests& manifests, std::vector<std::string> taken);

// What a person starts from: a shipped set of policies, and the trust rules that go with it.
struct Profile {
  std::string policies = {};   // its name; empty: the default set
  std::string workspace = {};  // an absolute folder that its owner trusts; "coding" only
};

// The whole file; or, with `add`, what is put at the end of one that is there (then without a profile).
std::string compose(Client client, std::string_view listen, const std::vector<Upstream>& upstreams,
                    const std::vector<NamedServer>& servers, bool add, const Profile& profile = {});

}  // namespace weir::setup
