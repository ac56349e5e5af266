#include <fmt/format.h>

#include "config/config.h"
#include "config/keys.h"

namespace weir::config {
namespace {

constexpr Key kKeys[] = {
    {"", "listen", "string", "\"127.0.0.1:7447\"",
     "Address and port. Another address than loopback needs `auth = \"token\"`."},
    {"", "mode", "string", "\"guard\"",
     "`watch` decides and records but never interferes; `guard` enforces; `seal` also keeps untrusted "
     "content "
     "from the model."},
    {"", "policies", "list of strings", "[\"default\"]",
     "Names of shipped policy sets, or `.cedar` files. All of them apply."},
    {"", "manifests", "list of strings", "[]",
     "Further manifest files; one for a server that is known replaces what was known."},
    {"", "ask_timeout", "duration", "\"120s\"",
     "How long a call waits for a person. Nobody answered: it is denied. `\"0s\"` denies at once."},
    {"", "responses_kept", "duration", "\"24h\"",
     "How long weir keeps responses that a client of the Responses API leaves to the server (`store`, "
     "`previous_response_id`, `conversation`). `\"0s\"` keeps none and refuses what goes on from one."},
    {"", "notify", "list of strings", "",
     "A command (no shell) that is run for each question that waits: the ask as JSON on its standard input, "
     "`WEIR_ASK_TEXT` and `WEIR_ASK_LINK` in its environment."},
    {"", "client", "string", "\"auto\"",
     "The client profile: how the agent wraps what it sends. `auto` goes by the User-Agent."},
    {"", "data_dir", "string", "\"~/.local/share/weir\"", "Ledger, store, keys and token."},
    {"", "auth", "string", "\"token\"",
     "Weakening: `\"none\"` lets every process on this machine use weir (loopback only)."},
    {"", "unknown_items", "string", "\"refuse\"",
     "Weakening: `\"untrusted\"` lets items that weir does not know pass with the worst label."},
    {"", "hosted_tools", "string", "\"refuse\"",
     "`\"strip\"` removes tools that the model's provider would run itself; by default such a request is "
     "refused."},
    {"upstream.NAME", "url", "string", "",
     "The API's root, for example `https://api.openai.com/v1`, `http://localhost:11434/api` or "
     "`https://generativelanguage.googleapis.com/v1beta`."},
    {"upstream.NAME", "dialect", "string", "\"chat_completions\"",
     "`chat_completions`, `messages`, `responses`, `ollama` or `gemini`."},
    {"upstream.NAME", "key_env", "string", "", "Environment variable with the API key."},
    {"upstream.NAME", "key_file", "string", "", "File with the API key."},
    {"upstream.NAME", "key", "string", "",
     "Only `\"client\"`: the client's own credential is passed on (weir's token then comes as `Weir-Token` "
     "header or in the path)."},
    {"upstream.NAME", "models", "list of strings", "[\"*\"]",
     "Patterns of model names that go here; `*` stands for any text. `[]`: none, it is for `seal.reader`."},
    {"upstream.NAME", "ca_file", "string", "", "Further certificate authorities (PEM) for this upstream."},
    {"[server]", "name", "string", "", "The server's name in origins, policies and tool names."},
    {"[server]", "command", "list of strings", "", "How to start it, when it speaks MCP on stdio."},
    {"[server]", "env", "table of strings", "",
     "Environment of its process, besides `PATH`, `HOME`, `LANG` and the like; `\"$NAME\"` is taken from "
     "weir's own."},
    {"[server]", "cwd", "string", "", "Folder that it runs in."},
    {"[server]", "url", "string", "", "Where it is, when it speaks MCP over HTTP."},
    {"[server]", "headers", "table of strings", "",
     "Header fields for `url`, such as `Authorization`; `\"$NAME\"` is taken from weir's environment."},
    {"[server]", "prefix", "boolean", "true",
     "Clients see its tools and prompts as `name__tool`; `false`: by their own names."},
    {"[server]", "labels", "string", "\"stricter\"",
     "Labels that it puts into its results' `_meta` can make weir's own only worse; `\"trusted\"`: they "
     "stand "
     "in place of what the manifest says."},
    {"[server]", "manifest", "string", "",
     "The manifest that describes it. Without: your own of its name; else the one for the package that the "
     "command "
     "runs, or for the URL's host; else a shipped one of its name."},
    {"[server]", "sandbox", "string", "\"mcp-server\"",
     "What its process may touch: a preset, or a `[sandbox.NAME]`. `\"fetched\"` is the default for `npx`, "
     "`uvx` "
     "and the like: all public hosts. Weakening: `\"none\"`, whatever you can."},
    {"sandbox.NAME", "like", "string", "\"mcp-server\"",
     "Where it starts from: `mcp-server`, `mcp-reader`, `skill`, `shell`, `build`, `fetched`, or a sandbox "
     "further up. "
     "Lists below add "
     "to its lists."},
    {"sandbox.NAME", "read", "list of strings", "[]",
     "Files and folders that may be read: absolute, `~/…`, or `.` for the folder that it starts in. No "
     "symbolic "
     "link may be on the way."},
    {"sandbox.NAME", "write", "list of strings", "[]",
     "Files and folders that may be changed; `command`: the folders that the server's command names (in "
     "`mcp-server` and `fetched`). What runs later in them (`.git/hooks`, agents' and editors' "
     "configuration, …) stays as it is unless it is named itself."},
    {"sandbox.NAME", "net", "list of strings", "[]",
     "What it may reach, through weir's proxy: `example.org` (port 443), `example.org:8443`, "
     "`*.example.org`, an IP address; `example.org=10.0.0.7:443` for one that is at a private address; "
     "`tcp://example.org:22` for what is neither TLS nor HTTP. `\"none\"`: nothing. Weakening: "
     "`\"host\"`, all of the machine's network."},
    {"sandbox.NAME", "env", "list of strings", "[]",
     "Variables of weir's environment that are passed on, beside `PATH`, `LANG`, `TERM` and the like."},
    {"sandbox.NAME", "secrets", "table", "{}",
     "`{ TOKEN = { env = \"TOKEN\", host = \"api.example.org\" } }`: the sandbox gets `TOKEN` with a word "
     "that means nothing; in requests to that host, which is granted with it, the proxy puts the secret of "
     "weir's environment (`env`) or of a file (`file`) in its place."},
    {"sandbox.NAME", "run_written", "boolean", "",
     "Programs that it wrote itself may be run: on in `shell` and `build`."},
    {"sandbox.NAME", "terminal", "boolean", "",
     "It may open terminals of its own: on in `shell` and `build`."},
    {"sandbox.NAME.limits", "memory", "size", "\"2GiB\"",
     "Private and shared memory of all its processes together; past it they are killed."},
    {"sandbox.NAME.limits", "processes", "integer", "512", "Processes and threads."},
    {"sandbox.NAME.limits", "open_files", "integer", "4096", "Of one process."},
    {"sandbox.NAME.limits", "file", "size", "\"1GiB\"", "Of one file."},
    {"sandbox.NAME.limits", "scratch", "size", "\"256MiB\"",
     "All that it writes to its own `/tmp`, home and `/dev/shm`, which are memory and end with it."},
    {"sandbox.NAME.limits", "scratch_files", "integer", "20000", "Files there."},
    {"sandbox.NAME.limits", "wall", "duration", "\"0s\"",
     "How long it may run; `\"0s\"`: as long as it likes."},
    {"sandbox.NAME.limits", "cpu", "duration", "\"0s\"", "Computing time of all its processes."},
    {"sandbox.NAME.limits", "output", "size", "0", "Standard output and error together; `0`: any."},
    {"mcp", "elicit", "boolean", "false",
     "Asks about MCP calls go to the client as elicitations: say so only where a person sits there."},
    {"mcp", "alone", "boolean", "false",
     "With an upstream configured, a call at `/mcp` that the model proxy has not decided counts as made "
     "after "
     "reading untrusted text. Weakening: `true` starts such clients clean."},
    {"intent", "check", "boolean", "false",
     "Before a person is asked about a call, a model that has read nothing untrusted is asked whether the "
     "user's own words include it; see [the intent check](intent.md)."},
    {"intent", "judge", "string", "",
     "The upstream that is asked; by default the one that the request goes to."},
    {"intent", "judge_model", "string", "", "The model that is asked; by default the one of the request."},
    {"intent", "plan", "boolean", "false",
     "Before anything untrusted is read, the same model is asked once which side effects the user's request "
     "needs; each becomes a grant for one call with exactly these values."},
    {"seal", "page", "integer", "10", "How many references a sealed list shows, whatever it holds."},
    {"seal", "budget_bits", "number", "64",
     "What may be revealed to the model of sealed content in one session, in bits."},
    {"seal", "reveal", "boolean", "false",
     "Shows the model, in every sealed result, the leaves that a manifest lets out by type (`reveal`), and "
     "charges "
     "them. By default it asks for what it needs with `weir_ask`."},
    {"seal", "open", "list of strings", "[]",
     "Weakening: patterns, as in `[[trust]]`, of origins whose content the model is shown although nobody "
     "vouches for it, as in guard mode: `tool:client:claude-code/Read`, `file:/home/me/notes/**`."},
    {"seal", "attachments", "string", "\"sealed\"",
     "Weakening: `\"open\"` shows the model pictures and files that the user hands over."},
    {"seal", "reader", "string", "",
     "The upstream that reads sealed content for `weir_ask`; by default the one that the request goes to, at "
     "`/mcp` the first."},
    {"seal", "reader_model", "string", "",
     "The reader's model; by default the request's, at `/mcp` the first in `models` without a `*`."},
    {"skills", "folder", "string", "\"~/.agents/skills\"",
     "Where `weir skill add` puts what you accept; see [skills](skills.md)."},
    {"skills", "known", "list of strings", "[]",
     "Further folders of skills, beside `.agents/skills` and `.CLIENT/skills` of the home: weir knows their "
     "text when an agent reads it out, and says whose it is."},
    {"skills", "advisories", "list of strings", "[]",
     "OSV files, or folders of them: a skill that one of them means is quarantined."},
    {"skills", "advisories_max_age", "duration", "",
     "How old the newest of them may be before no new skill is taken. Without: any age."},
    {"skills.allow", "tools", "list of strings", "",
     "The most that any skill may have, whatever it declares and you said yes to: the tools that its words "
     "may "
     "ask for. Without the key: what you said yes to."},
    {"skills.allow", "effects", "list of strings", "", "The same of effects."},
    {"skills.allow", "hosts", "list of strings", "",
     "The same of hosts that its scripts reach: `api.example.com`, `*.example.com:8443`, `*`."},
    {"skills.allow", "secrets", "list of strings", "", "The same of secrets: `NAME`, or `NAME@HOST:PORT`."},
    {"skills.allow", "read", "list of strings", "",
     "The same of what its scripts read; a folder covers what is in it."},
    {"skills.allow", "write", "list of strings", "", "The same of what they write."},
    {"skills.signer.NAME", "key", "string", "",
     "File with the signer's public key (PEM, ECDSA), its certificate authority (PEM), or a minisign public "
     "key."},
    {"skills.signer.NAME", "integrity", "string", "\"untrusted\"",
     "`\"trusted\"`: what its skills say counts like your own instructions, as far as their permissions go. "
     "`\"untrusted\"`: it is data; their scripts run all the same."},
    {"skills.signer.NAME", "skills", "list of strings", "[\"*\"]",
     "Patterns of names of skills that it may sign."},
    {"skills.signer.NAME", "identity", "string", "",
     "With an authority: the name (mail address, URI, DNS or common name) that the signing certificate must "
     "have."},
    {"skills.catalogue.NAME", "url", "string", "",
     "Where a catalogue's files are: an http(s) URL, or a folder."},
    {"skills.catalogue.NAME", "key", "string", "",
     "Its public key, as `weir skill catalogue key` prints it."},
    {"[trust]", "origin", "string", "",
     "A pattern: `mailto:*@mycorp.example`, `file:/srv/docs/**`, `tool:wiki/*`."},
    {"[trust]", "integrity", "string", "", "`trusted` or `untrusted`."},
    {"[trust]", "readers", "list of strings", "",
     "Who may see what comes from there; `[\"public\"]` for everyone."},
};

}  // namespace

std::span<const Key> keys() {
  return kKeys;
}

std::string reference_markdown() {
  std::string out =
      "# weir.toml\n\nMade from the code (`weir config reference`); a test keeps it so. weir looks for the "
      "file at `--config`, in "
      "`WEIR_CONFIG`, then at `~/.config/weir/weir.toml`, never in the current folder: a cloned repository "
      "must not configure the "
      "wall. Precedence: defaults < file < environment (`WEIR_LISTEN`, `WEIR_MODE`, `WEIR_DATA`) < flags. A "
      "key that is not in this list is refused.\n";
  std::string_view section = "-";
  for (const Key& key : kKeys) {
    if (key.section != section) {
      section = key.section;
      out += section.empty() ? "\n## Top level\n"
             : section.starts_with('[')
                 ? fmt::format("\n## `[[{}]]`, any number\n", section.substr(1, section.size() - 2))
             : section.find('.') == std::string_view::npos
                 ? fmt::format("\n## `[{}]`\n", section)
                 : fmt::format("\n## `[{}]`, any number\n", section);
      out += "\n| key | type | default | |\n|---|---|---|---|\n";
    }
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, key.type,
                       key.otherwise.empty() ? "" : fmt::format("`{}`", key.otherwise), key.says);
  }
  return out;
}

}  // namespace weir::config
